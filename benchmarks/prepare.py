"""Turn files of other forms into tables that Ostinato reads.

python -m benchmarks.prepare idx IMAGES LABELS OUT.parquet     one image a row, its rows the steps
python -m benchmarks.prepare lines FILE OUT.csv                "label text" lines, as TREC and SST-2 come
"""

import argparse
import csv
import gzip
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet
from numpy.typing import NDArray

IDX_BYTES = 0x08


def read_idx(path: Path) -> NDArray[np.uint8]:
    """Return the array of an idx file of bytes (LeCun's format: magic, sizes, big-endian; then the bytes)."""
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    zero, kind, rank = struct.unpack(">HBB", data[:4])
    if zero != 0 or kind != IDX_BYTES:
        raise SystemExit(f"{path}: not an idx file of bytes.")
    sizes = struct.unpack(f">{rank}I", data[4 : 4 + 4 * rank])
    return np.frombuffer(data, np.uint8, offset=4 + 4 * rank).reshape(sizes)


def idx(images: Path, labels: Path, out: Path, limit: int | None = None) -> None:
    """Write one image a row: ``label``, and ``values``, a list of the image's rows in 0 … 1."""
    pixels = read_idx(images)[:limit].astype(np.float32) / 255
    rows = pa.array(pixels.reshape(-1, pixels.shape[2]).tolist(), pa.list_(pa.float32()))
    starts = pa.array(np.arange(len(pixels) + 1, dtype=np.int32) * pixels.shape[1])
    table = pa.table(
        {
            "label": pa.array([str(label) for label in read_idx(labels)[:limit]]),
            "values": pa.ListArray.from_arrays(starts, rows),
        }
    )
    pyarrow.parquet.write_table(table, out)


def lines(source: Path, out: Path, encoding: str = "utf-8") -> None:
    """Write ``label,text`` rows from lines that hold a label, a blank and a text."""
    with source.open(encoding=encoding) as text, out.open("w", encoding="utf-8", newline="") as table:
        writer = csv.writer(table)
        writer.writerow(["label", "text"])
        writer.writerows(line.rstrip("\n").split(" ", 1) for line in text if line.strip())


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    forms = parser.add_subparsers(required=True, dest="form")
    images = forms.add_parser("idx")
    images.add_argument("images", type=Path)
    images.add_argument("labels", type=Path)
    images.add_argument("out", type=Path)
    images.add_argument("--limit", type=int)
    texts = forms.add_parser("lines")
    texts.add_argument("source", type=Path)
    texts.add_argument("out", type=Path)
    texts.add_argument("--encoding", default="utf-8")
    options = vars(parser.parse_args())
    prepare: dict[str, Callable[..., None]] = {"idx": idx, "lines": lines}
    prepare[options.pop("form")](**options)


if __name__ == "__main__":
    main()
