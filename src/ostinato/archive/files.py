"""Files and directories as the store needs them: nothing is followed, nothing hangs, all is on disk.

Every file is named by an open directory and a bare name, so that no path can lead elsewhere, and is opened
once: what is checked is what is used.
"""

import errno
import os
import stat
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ostinato.errors import ModelFileError

READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
WRITE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


@contextmanager
def opened(directory: Path) -> Iterator[int]:
    """Open a directory; the number stands for it, even while it is renamed."""
    descriptor = os.open(directory, DIRECTORY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def read(directory: int, path: Path, limit: int) -> bytes:
    """Return the first ``limit + 1`` bytes, at most, of the regular file ``path.name`` in an open directory.

    Links are not followed, and a pipe or device is refused without waiting for it. A file that has a second
    name elsewhere (a hard link) is read with a warning.
    """
    descriptor = _open(directory, path)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise ModelFileError(path, "unsafe file", "it is a directory, pipe or device; expected a file.")
        if status.st_nlink > 1:
            warnings.warn(f"{path} has another name elsewhere (a hard link).", stacklevel=2)
        with open(descriptor, "rb", closefd=False) as file:
            return file.read(min(status.st_size, limit) + 1)
    finally:
        os.close(descriptor)


def _open(directory: int, path: Path) -> int:
    try:
        return os.open(path.name, READ, dir_fd=directory)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise ModelFileError(path, "unsafe file", "it is a symbolic link; expected a file.") from None
        raise


def write(directory: int, name: str, data: bytes) -> None:
    """Write a new file into an open directory and wait until it is on disk; the umask holds."""
    with open(os.open(name, WRITE, 0o666, dir_fd=directory), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def remove(directory: Path, names: list[str]) -> None:
    """Remove the named files and then the directory; whatever else it holds stays, and so does it."""
    with opened(directory) as descriptor:
        for name in sorted(set(names) & set(os.listdir(descriptor))):
            os.unlink(name, dir_fd=descriptor)
    directory.rmdir()


def sync(directory: Path) -> None:
    """Wait until a directory's names are on disk."""
    with opened(directory) as descriptor:
        os.fsync(descriptor)
