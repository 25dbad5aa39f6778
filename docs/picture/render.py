#!/usr/bin/env python3
"""Draws `predict.svg`, the picture at the top of the README, from a real run on the sample.

    python3 tests/notebook.py            # makes the environment that this needs
    target/venv/bin/python docs/picture/render.py [--check]

With `--check` nothing is written; it fails when the picture is not what the program prints today.
"""

import io
import os
import re
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

ROOT = Path(__file__).resolve().parent.parent.parent
PICTURE = ROOT / "docs" / "picture" / "predict.svg"
COMMAND = ["forecast", "predict", "data/sample"]
# A window of its own dark colour, so that it reads the same on white and on dark pages.
THEME = TerminalTheme(
    (22, 27, 34),
    (226, 232, 240),
    # Black, red, green, yellow, blue, magenta, cyan, white; then their bright forms.
    [(72, 79, 88), (255, 133, 123), (86, 211, 100), (227, 179, 65)]
    + [(108, 182, 255), (210, 168, 255), (86, 212, 221), (226, 232, 240)],
    [(110, 118, 129), (255, 161, 152), (126, 231, 135), (242, 204, 96)]
    + [(150, 208, 255), (226, 197, 255), (118, 227, 234), (255, 255, 255)],
)
FONTS = "ui-monospace, 'SFMono-Regular', Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', monospace"


def printed() -> str:
    """What the program prints, colours included, on a terminal of 80 columns."""
    program = os.environ.get("FORECAST_BIN") or ROOT / "target" / "debug" / "forecast"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FORECAST_")}
    kept.pop("NO_COLOR", None)
    run = subprocess.run(
        [program, *COMMAND[1:], "--color", "always"],
        cwd=ROOT,
        env=kept | {"COLUMNS": "80"},
        check=True,
        capture_output=True,
        text=True,
    )
    return run.stdout


def drawn(text: str) -> str:
    """The text as a picture of a terminal, the same bytes for the same text."""
    lines = Text.from_ansi(text.rstrip("\n"))
    # As wide as its longest line: an empty margin makes the letters smaller.
    width = max(line.cell_len for line in lines.split("\n"))
    console = Console(record=True, width=width, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    # The empty last line leaves room for the tails of letters.
    console.print(Text(f"$ {' '.join(COMMAND)}", style="bold"), "", lines, "", sep="\n")
    svg = console.export_svg(title="", theme=THEME, unique_id="forecast")
    # Fonts of the reader's machine instead of one that a page would have to fetch.
    svg = re.sub(r"\s*@font-face \{.*?\n\s*\}", "", svg, flags=re.DOTALL)
    svg = svg.replace("Fira Code, monospace", FONTS)
    return "\n".join(line.rstrip() for line in svg.splitlines()) + "\n"


def main() -> int:
    svg = drawn(printed())
    if "--check" in sys.argv[1:]:
        if PICTURE.read_text(encoding="utf-8") == svg:
            print("the picture is up to date")
            return 0
        print("the picture is not what the program prints; run docs/picture/render.py", file=sys.stderr)
        return 1
    PICTURE.write_text(svg, encoding="utf-8")
    print(f"wrote {PICTURE.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
