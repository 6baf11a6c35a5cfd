"""Files that come as bytes: written where a reader finds them, and gone when it has read."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from ostinato.errors import DataError
from ostinato.serve.faces.base import Inputs, one

T = TypeVar("T")


def files_of(inputs: Inputs, name: str) -> list[bytes]:
    """Return the files that an input (B,) holds, as they are.

    Raises:
        DataError: it holds none.
    """
    files: list[bytes] = one(inputs, name).reshape(-1).tolist()
    if not files:
        raise DataError(f"{name} is empty; expected at least one file.")
    return files


def read_from(data: bytes, name: str, read: Callable[[Path], T]) -> T:
    """Return what a reader makes of a file's bytes.

    Args:
        data: the bytes.
        name: what the file is called in messages, such as ``"the sound"``.
        read: takes the file's path.

    Raises:
        DataError: it cannot be read; no path stands in the message.
    """
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        try:
            return read(Path(file.name))
        except DataError as error:  # its message begins with a path that nobody knows
            found = str(error).replace(file.name, name).replace(Path(file.name).name, name)
            raise DataError(found) from error
