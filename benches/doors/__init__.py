"""One folder of exports, asked through every command and compared with an independent oracle."""
