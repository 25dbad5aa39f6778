"""Damaged inputs for every reader of the program."""
