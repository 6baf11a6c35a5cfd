"""Sequences that are still being heard, and their states as bytes: one file for each kind of input."""
