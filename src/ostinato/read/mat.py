"""Cell arrays of numeric matrices in MATLAB's own files (``.mat`` of level 5: versions 5, 6 and 7).

scipy.io.loadmat reads far more, but one changed byte of an uncompressed file can end the whole process in it
(seen with scipy 1.17). Here every size is checked before it is used, and the rest of the format is refused.

The format, in short: a header of 128 bytes, then elements of (type, size, bytes), filled up to 8 bytes. A
variable is an element that holds elements: flags, dimensions, name, and its numbers or its cells.
"""

import math
import struct
import zlib
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.errors import DataError
from ostinato.read.limits import Limits
from ostinato.read.source import Source

_HEADER = 128
_MATRIX, _COMPRESSED = 14, 15
_TYPES = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
_CELL = 1
_NUMERIC = range(6, 16)
_CLASSES = {2: "a struct", 3: "an object", 4: "text", 5: "a sparse matrix"}
_COMPLEX = 0x08
_LEAST_ROOM = 16 * 2**20


class _Variable(NamedTuple):
    """A variable, or a cell of one: its class, whether it is complex, its dimensions, name and contents."""

    kind: int
    complex: bool
    dimensions: tuple[int, ...]
    name: str
    contents: list[tuple[int, memoryview]]


def read_cells(source: Source, names: Sequence[str], limits: Limits) -> dict[str, list[NDArray[Any]]]:
    """Return the matrices in the cell arrays of these names, in MATLAB's order of cells.

    Variables of other names are not looked at; a name that the file lacks is missing in the answer.

    Raises:
        DataError: the file is of another version, damaged or cut off, unpacks to too much, or one of these
            variables is no cell array of real matrices.
    """
    reader = _Reader(source, limits)
    found: dict[str, list[NDArray[Any]]] = {}
    for variable in reader.variables():
        if variable.name in found:
            raise reader.damaged(f"{checks.shown(variable.name)} stands in it twice")
        if variable.name in names:
            found[variable.name] = list(reader.cells(variable))
    return found


class _Reader:
    """A file's elements, every size checked."""

    def __init__(self, source: Source, limits: Limits) -> None:
        self._name = source.name
        self._data = memoryview(source.data)
        self._room = min(limits.bytes, max(_LEAST_ROOM, limits.compression_ratio * len(source.data)))
        self._order = self._byte_order(source)

    def damaged(self, reason: str) -> DataError:
        """Return the error that says why the file cannot be used."""
        return DataError(f"{self._name}: is damaged or cut off ({reason}); make it again.")

    def variables(self) -> Iterator[_Variable]:
        """Yield every variable of the file."""
        for kind, body in self._elements(self._data[_HEADER:]):
            inner = self._elements(self._inflated(body)) if kind == _COMPRESSED else iter([(kind, body)])
            for kind, body in inner:
                if kind == _MATRIX:
                    yield self._variable(body)

    def cells(self, variable: _Variable) -> Iterator[NDArray[Any]]:
        """Yield the matrices of a cell array."""
        if variable.kind != _CELL:
            raise DataError(f"{self._name}: {variable.name} is no cell array; expected one cell a sequence.")
        if math.prod(variable.dimensions) != len(variable.contents):
            raise self.damaged(f"{variable.name} lacks cells")
        for number, (kind, body) in enumerate(variable.contents, start=1):
            if kind != _MATRIX:
                raise self.damaged(f"cell {number} of {variable.name} is no variable")
            yield self._numbers(self._variable(body), f"{self._name}, {variable.name}, cell {number}")

    def _byte_order(self, source: Source) -> str:
        head = source.data[:_HEADER]
        if head[:10] == b"MATLAB 7.3":
            raise DataError(
                f"{self._name}: is a MATLAB 7.3 file (HDF5), which is not read; save it with -v7."
            )
        order = {b"\x00\x01IM": "<", b"\x01\x00MI": ">"}.get(head[124:128])
        if order is None:
            raise DataError(f"{self._name}: is no MATLAB file of version 5 to 7; save it with -v7.")
        return order

    def _elements(self, data: memoryview) -> Iterator[tuple[int, memoryview]]:
        """Yield the type and the bytes of every element."""
        place = 0
        while place < len(data):
            if len(data) - place < 8:
                raise self.damaged("an element has no size")
            kind, size = struct.unpack_from(f"{self._order}II", data, place)
            small = kind >> 16  # up to four bytes stand in the place of the size
            if small:
                kind, size = kind & 0xFFFF, small
            start = place + (4 if small else 8)
            if start + size > len(data) or small > 4:
                raise self.damaged("an element is longer than what holds it")
            yield kind, data[start : start + size]
            place = start + size if kind == _COMPRESSED else -(-(start + size) // 8) * 8

    def _inflated(self, body: memoryview) -> memoryview:
        unpacker = zlib.decompressobj()
        try:
            content = unpacker.decompress(body, self._room + 1)
        except zlib.error as error:
            raise self.damaged("its compressed data") from error
        if len(content) > self._room:
            raise DataError(f"{self._name}: unpacks to too much; save it uncompressed, with -v6.")
        if not unpacker.eof:
            raise self.damaged("its compressed data ends early")
        self._room -= len(content)
        return memoryview(content)

    def _variable(self, body: memoryview) -> _Variable:
        parts = list(self._elements(body))
        if len(parts) < 3 or len(parts[0][1]) < 8 or len(parts[1][1]) % 4:
            raise self.damaged("a variable has no flags, dimensions or name")
        (flags,) = struct.unpack_from(f"{self._order}I", parts[0][1])
        dimensions = struct.unpack(f"{self._order}{len(parts[1][1]) // 4}i", parts[1][1])
        name = bytes(parts[2][1]).decode("latin-1")
        return _Variable(flags & 0xFF, bool(flags >> 8 & _COMPLEX), dimensions, name, parts[3:])

    def _numbers(self, variable: _Variable, place: str) -> NDArray[Any]:
        """Return a variable's matrix."""
        if variable.kind not in _NUMERIC or variable.complex:
            what = "complex" if variable.complex else _CLASSES.get(variable.kind, "no matrix")
            raise DataError(f"{place}: is {what}; expected a full matrix of real numbers.")
        kind, body = variable.contents[0] if variable.contents else (2, memoryview(b""))
        if kind not in _TYPES or min(variable.dimensions, default=-1) < 0:
            raise self.damaged(f"the type or the size of {place}")
        dtype = np.dtype(self._order + _TYPES[kind])
        if math.prod(variable.dimensions) * dtype.itemsize != len(body):
            raise self.damaged(f"{place} has not as many numbers as it says")
        return np.frombuffer(body, dtype).reshape(variable.dimensions, order="F")
