"""A data file's bytes, read once, whole, with limits; and the places in it.

Nothing is fetched from a network, no archive is unpacked, and only regular files are opened: a pipe would
block and a device would never end.
"""

import gzip
import os
import re
import stat
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from ostinato import checks
from ostinato.errors import ArgumentError, DataError
from ostinato.read.limits import Limits

_LINE_END = re.compile(r"\r\n|\n|\r")
_KEPT_LINE_END = re.compile(r"(\r\n|\n|\r)")
_MARK = b"\xef\xbb\xbf"
_SPACES = " \t"
_CHUNK = 2**20
_RATIO_FROM = 16 * 2**20
_BOMS = {b"\xff\xfe\x00\x00": "UTF-32", b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}
_MAGIC = {
    b"\x1f\x8b": "gzip-compressed; name it with .gz at the end",
    b"PK\x03\x04": "a zip archive; unpack it",
}


@dataclass(frozen=True)
class Source:
    """A file that was read.

    Args:
        name: the path as it was passed, fit for a message.
        data: all bytes, decompressed; of a text without its byte order mark.
        mark: the byte order mark that stood before them, or nothing.
    """

    name: str
    data: bytes
    mark: bytes = b""

    def line(self, number: int) -> str:
        """Return a place for messages; lines are counted from 1."""
        return f"{self.name}, line {number}"

    def reader(self, start: int = 0) -> Any:
        """Return a reader of the bytes from ``start`` on for pyarrow, of memory that is pyarrow's own.

        If a thread of pyarrow's lets go of Python's memory while the interpreter ends, the process aborts.
        """
        arrow = checks.extra("pyarrow", "tables", "reading tables")
        buffer = arrow.allocate_buffer(len(self.data) - start)
        with arrow.FixedSizeBufferWriter(buffer) as writer:
            writer.write(memoryview(self.data)[start:])
        return arrow.BufferReader(buffer)

    def lines(self) -> list[tuple[int, str]]:
        """Return the number and the text of every line that is not blank, without the spaces around it.

        A line ends with LF, CR LF or CR, whatever else Unicode calls a line end.
        """
        lines = enumerate(_LINE_END.split(self.data.decode()), start=1)
        return [(number, text) for number, line in lines if (text := line.strip(_SPACES))]

    def whole_lines(self) -> list[tuple[str, str]]:
        """Return every line as it stands, and its end: LF, CR LF, CR, or nothing after the last one.

        All of them joined are the text again.

        Example:
            >>> Source("a.txt", b"to be\\r\\n\\nor not").whole_lines()
            [('to be', '\\r\\n'), ('', '\\n'), ('or not', '')]
        """
        *parts, last = _KEPT_LINE_END.split(self.data.decode())
        lines = list(zip(parts[::2], parts[1::2], strict=True))
        return [*lines, (last, "")] if last else lines


def named(path: str | os.PathLike[str]) -> str:
    """Return a path as it may stand in a message: on one line, without control characters."""
    if not isinstance(path, str | os.PathLike) or not isinstance(os.fspath(path), str):
        raise ArgumentError(f"path is a {type(path).__name__}; expected a str or a pathlib.Path.")
    name = os.fspath(path)
    return name if name.isprintable() else checks.shown(name, limit=200)


def load(path: str | os.PathLike[str], limits: Limits, line_bytes: int | None = None) -> Source:
    """Read a file whole; one that ends in ``.gz`` is decompressed.

    Args:
        path: the file.
        limits: for the sizes.
        line_bytes: the longest line that a text file may have; None for a binary file.

    Raises:
        DataError: it cannot be read, is too large, or changed while it was read.
    """
    name = named(path)
    try:
        with opened(path, name) as file:
            before = os.fstat(file.fileno())
            data = b"".join(_chunks(file, path, before.st_size, limits, line_bytes))
            after = os.fstat(file.fileno())
    except OSError as error:
        raise DataError(f"{name}: {why(error)}.") from error
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise DataError(f"{name}: changed while it was read; wait until it is written, then start again.")
    return Source(name, data)


def load_text(path: str | os.PathLike[str], limits: Limits, line_bytes: int) -> Source:
    """Read a file of UTF-8 text whole, without its byte order mark.

    Raises:
        DataError: as for :func:`load`; or it is not UTF-8 or has a NUL byte, with the offset of the byte.
    """
    source = load(path, limits, line_bytes)
    _refuse_binary(source)
    data = source.data.removeprefix(_MARK)
    mark = source.data[: len(source.data) - len(data)]
    if (nul := source.data.find(b"\0")) >= 0:
        raise DataError(f"{_offset(source, nul)}: a NUL byte; is this UTF-16? Save it as UTF-8 text.")
    if not data.isascii():
        _check_utf8(source)
    return Source(source.name, data, mark)


def require_there(path: str | os.PathLike[str]) -> None:
    """Refuse a path where nothing is, before anything is said of what its name should be.

    Raises:
        DataError: nothing is there; an address is left to whoever opens it.
    """
    name = named(path)
    if "://" not in name and not os.path.exists(path):
        raise DataError(f"{name}: no such file; check the path.")


def opened(path: str | os.PathLike[str], name: str) -> IO[bytes]:
    """Open a regular file, without ever waiting for a pipe's other end."""
    if "://" in name:
        raise DataError(f"{name}: is an address; nothing is fetched from a network: download it first.")
    if "\0" in os.fspath(path):
        raise DataError(f"{name}: is no path; it has a NUL character.")
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        kind = "a directory" if stat.S_ISDIR(mode) else "a pipe, socket or device"
        raise DataError(f"{name}: is {kind}; expected a file.")
    return os.fdopen(descriptor, "rb")


def why(error: OSError) -> str:
    """Return in words why a file cannot be read, and what to do."""
    known: dict[type[OSError], str] = {
        FileNotFoundError: "no such file; check the path",
        PermissionError: "may not be read; check its permissions",
        IsADirectoryError: "is a directory; expected a file",
        gzip.BadGzipFile: "is damaged or not gzip-compressed; make it again",
    }
    return known.get(type(error), f"cannot be read ({error.strerror or error}); nothing of it is used")


def _chunks(
    file: IO[bytes], path: str | os.PathLike[str], size: int, limits: Limits, line_bytes: int | None
) -> Iterator[bytes]:
    """Yield the decompressed file, and stop where a limit is passed."""
    name, packed = named(path), Path(path).suffix.lower() == ".gz"
    stream: IO[bytes] = gzip.GzipFile(fileobj=file) if packed else file  # type: ignore[assignment]
    length = _CHUNK if line_bytes is None else max(1, min(_CHUNK, line_bytes))
    total = pending = 0
    try:
        while chunk := stream.read(length):
            total += len(chunk)
            _check_size(name, total, limits, size if packed else None)
            if line_bytes is not None:
                pending = _check_line(name, chunk, pending, line_bytes)
            yield chunk
    except (EOFError, zlib.error) as error:
        raise DataError(f"{name}: the compressed data is damaged or cut off; make the file again.") from error


def _check_size(name: str, total: int, limits: Limits, packed: int | None) -> None:
    if total > limits.bytes:
        raise DataError(
            f"{name}: has more than the limit of {limits.bytes:,} bytes; split it into smaller files."
        )
    if packed is not None and total > max(_RATIO_FROM, limits.compression_ratio * packed):
        raise DataError(
            f"{name}: unpacks to more than {limits.compression_ratio} times its size, like a decompression "
            "bomb; "
            "unpack it yourself if you trust it."
        )


def _check_line(name: str, chunk: bytes, pending: int, line_bytes: int) -> int:
    """Return how many bytes the last, unfinished line has so far."""
    chunk = chunk.replace(b"\r", b"\n")
    first = chunk.find(b"\n")
    longest = pending + (len(chunk) if first < 0 else first)
    if longest > line_bytes:
        raise DataError(
            f"{name}: a line is longer than the limit of {line_bytes:,} bytes; check its line ends and "
            "quotes."
        )
    return longest if first < 0 else len(chunk) - 1 - chunk.rfind(b"\n")


def _refuse_binary(source: Source) -> None:
    for mark, encoding in _BOMS.items():
        if source.data.startswith(mark):
            raise DataError(f"{_offset(source, 0)}: the file is {encoding}; save it as UTF-8.")
    for mark, kind in _MAGIC.items():
        if source.data.startswith(mark):
            raise DataError(f"{source.name}: is {kind}.")


def _check_utf8(source: Source) -> None:
    try:
        source.data.decode()
    except UnicodeDecodeError as error:
        raise DataError(
            f"{_offset(source, error.start)}: byte 0x{source.data[error.start]:02x} is not UTF-8; if the "
            "file is "
            "Latin-1 (Windows), save it as UTF-8, as by: iconv -f WINDOWS-1252 -t UTF-8."
        ) from error


def _offset(source: Source, offset: int) -> str:
    before = source.data[:offset]
    line = 1 + before.count(b"\n") + before.count(b"\r") - before.count(b"\r\n")
    return f"{source.line(line)}, byte offset {offset}"
