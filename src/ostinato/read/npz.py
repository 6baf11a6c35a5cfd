"""NumPy's own files: ``.npz`` with arrays ``X`` and ``y``, or ``.npy`` with X alone.

X is (N, T, I) or (N, T), y is (N,) labels, texts or numbers. Arrays of Python objects are pickles, which can
run code, and are refused.
"""

import io
import lzma
import os
import struct
import zipfile
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ostinato.errors import ArgumentError, DataError
from ostinato.read.arrays import from_arrays
from ostinato.read.limits import Limits
from ostinato.read.sequences import Sequences
from ostinato.read.source import Source, load
from ostinato.spec.preprocessing import Columns

_DAMAGED = (  # RuntimeError: a changed byte can say that a file is encrypted
    *(zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, lzma.LZMAError, struct.error),
    *(EOFError, OSError, RuntimeError, ValueError),
)
_EXPECTED = "expected an array X and, for labelled data, y"


def read_numpy(
    path: str | os.PathLike[str], columns: Columns, *, labelled: bool, limits: Limits
) -> Sequences:
    """Read an ``.npz`` or ``.npy`` file; ``columns`` is not looked at but for ``inputs``, which must be all.

    Raises:
        DataError: it is damaged, holds Python objects, or its arrays do not fit.
    """
    source = load(path, limits)
    arrays = unpacked(source, limits) if source.data.startswith(b"PK") else {"X": source.data}
    if "X" not in arrays or (labelled and "y" not in arrays):
        raise DataError(f"{source.name}: holds {', '.join(sorted(arrays)) or 'nothing'}; {_EXPECTED}.")
    X = array(source.name, "X", arrays["X"])
    y = array(source.name, "y", arrays["y"]) if "y" in arrays else None
    try:
        sequences = from_arrays(X, y, limits=limits)
    except (ArgumentError, DataError) as error:
        raise DataError(f"{source.name}: {error}") from error
    if columns.inputs is not None and columns.inputs != sequences.channels:
        raise DataError(
            f"{source.name}: its channels are called {', '.join(sequences.channels)}; expected "
            f"{', '.join(columns.inputs)}."
        )
    return sequences


def unpacked(source: Source, limits: Limits) -> dict[str, bytes]:
    """Return the bytes of an ``.npz`` file's arrays by name, after a look at how large they say they are."""
    try:
        with zipfile.ZipFile(io.BytesIO(source.data)) as archive:
            size = sum(member.file_size for member in archive.infolist())
            fits = size <= min(limits.bytes, max(16 * 2**20, limits.compression_ratio * len(source.data)))
            found = {name.removesuffix(".npy"): archive.read(name) for name in archive.namelist() if fits}
    except _DAMAGED as error:
        raise DataError(f"{source.name}: is damaged or cut off ({error}); make it again.") from error
    if not fits:
        raise DataError(f"{source.name}: unpacks to {size:,} bytes, above the limit; save it uncompressed.")
    return found


def array(file: str, name: str, data: bytes) -> NDArray[Any]:
    """Return the array in the bytes of an ``.npy`` file; ``file`` and ``name`` are for messages."""
    try:
        stream = io.BytesIO(data)
        version = np.lib.format.read_magic(stream)
        read_header = (
            np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        )
        shape, _, dtype = read_header(stream)
        if dtype.hasobject:
            raise DataError(
                f"{file}: {name} holds Python objects, which are never read; save numbers or texts."
            )
        if int(np.prod(shape, dtype=object)) * dtype.itemsize != len(data) - stream.tell():
            raise DataError(f"{file}: {name} declares shape {shape} and has another size; is it cut off?")
        content: NDArray[Any] = np.load(io.BytesIO(data), allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"{file}: {name} is no NumPy array ({error}); make it again.") from error
    return content
