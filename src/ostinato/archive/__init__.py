"""The model directory on disk: written whole or not at all, verified when read, nothing in it executed.

SPEC.md beside this file describes the format byte by byte.
"""
