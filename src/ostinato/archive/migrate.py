"""From older versions of the model format to the newest, one step at a time.

A change of the format raises ``archive.model.MODEL.version``, adds one function here, and adds a directory
of the old version to ``tests/formats``; files of every released version load for ever.
"""

from collections.abc import Callable, Mapping
from typing import Any

Header = dict[str, Any]
Migration = Callable[[Header], Header]

MIGRATIONS: Mapping[int, Migration] = {}
"""From a version's number to the function that turns its header into the next version's."""


def migrate(
    header: Header, version: int, newest: int, migrations: Mapping[int, Migration] = MIGRATIONS
) -> Header:
    """Return the header as the newest version has it.

    Example:
        >>> renamed = {1: lambda header: {"classes": header["labels"]}}
        >>> migrate({"labels": ["a", "b"]}, version=1, newest=2, migrations=renamed)
        {'classes': ['a', 'b']}
    """
    for step in range(version, newest):
        header = migrations[step](header)
    return header
