"""Files that appear whole or not at all."""

import os
import secrets
from pathlib import Path

from ostinato.errors import ArgumentError


def write_file(path: Path, content: bytes) -> None:
    """Write a file beside its place, then move it there: a reader sees the old file or the new one, whole.

    A link is followed, so that the file that it names is replaced. The file's permissions follow the umask.

    Raises:
        ArgumentError: the folder is missing, or the system refuses; nothing is left behind.
    """
    place = checked_place(path)
    beside = place.with_name(f".{place.name[:80]}.{secrets.token_hex(8)}")
    try:
        _write_through(beside, content)
        os.replace(beside, place)
    except OSError as error:
        raise ArgumentError(f"cannot write {path}: {error.strerror}; name another place.") from error
    finally:
        beside.unlink(missing_ok=True)


def checked_place(path: Path) -> Path:
    """Return where a file would be written, links followed; call it before the work that the file holds.

    Raises:
        ArgumentError: the folder is missing, or a folder stands there.
    """
    place = Path(os.path.realpath(path))
    if not place.parent.is_dir():
        raise ArgumentError(f"cannot write {path}: folder {place.parent} does not exist; create it first.")
    if place.is_dir():
        raise ArgumentError(f"cannot write {path}: it is a folder; name a file.")
    return place


def _write_through(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
