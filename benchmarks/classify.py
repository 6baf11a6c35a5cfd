"""What the defaults of ``ostinato train classify`` reach on public data: three seeds, its own test part.

    OSTINATO_DATA=… python -m benchmarks.classify [--seeds 3] [--only GunPoint,TREC] [--out FILE.json]

Every run is a user's: ``ostinato train`` with no option but the column names and the seed, then
``ostinato evaluate`` on the test part. Seconds are of the whole training process, start-up included.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import mean, stdev

from benchmarks import prepare

OSTINATO = str(Path(sys.executable).with_name("ostinato"))
Prepared = tuple[Path, Path, list[str]]


@dataclass(frozen=True)
class Benchmark:
    """One data set: how its two files are made from the raw ones, and what is asked for."""

    files: Callable[[Path, Path], Prepared]
    wanted: float


def archive(name: str) -> Callable[[Path, Path], Prepared]:
    """Return the maker of a UCR/UEA set, which is read as it is."""

    def files(data: Path, _: Path) -> Prepared:
        folder = data / "tsc_ucr_uea" / name
        return folder / f"{name}_TRAIN.ts", folder / f"{name}_TEST.ts", []

    return files


def labelled_lines(train: str, test: str, encoding: str) -> Callable[[Path, Path], Prepared]:
    """Return the maker of a set of "label text" lines."""

    def files(data: Path, work: Path) -> Prepared:
        for part, name in (("train", train), ("test", test)):
            prepare.lines(data / name, work / f"{part}.csv", encoding)
        return work / "train.csv", work / "test.csv", ["--label", "label", "--text", "text"]

    return files


def image_rows(data: Path, work: Path) -> Prepared:
    """Make MNIST's rows: 28 steps of 28 pixels."""
    for part, name in (("train", "train"), ("test", "t10k")):
        folder = data / "seq_mnist"
        prepare.idx(
            folder / f"{name}-images-idx3-ubyte",
            folder / f"{name}-labels-idx1-ubyte",
            work / f"{part}.parquet",
        )
    return work / "train.parquet", work / "test.parquet", ["--label", "label"]


BENCHMARKS = {
    "JapaneseVowels": Benchmark(archive("JapaneseVowels"), 0.97),
    "BasicMotions": Benchmark(archive("BasicMotions"), 0.95),
    "ItalyPowerDemand": Benchmark(archive("ItalyPowerDemand"), 0.95),
    "GunPoint": Benchmark(archive("GunPoint"), 0.93),
    "ArrowHead": Benchmark(archive("ArrowHead"), float("nan")),
    "TREC": Benchmark(labelled_lines("text_trec/TREC.train.all", "text_trec/TREC.test.all", "latin-1"), 0.86),
    "SST-2": Benchmark(
        labelled_lines("text_sst2/stsa.binary.train", "text_sst2/stsa.binary.test", "utf-8"), 0.79
    ),
    "MNIST rows": Benchmark(image_rows, 0.95),
}


def run(files: Prepared, seed: int, work: Path) -> tuple[float, float]:
    """Train once and return the test accuracy and the seconds of training."""
    train, test, columns = files
    model = work / f"model-{seed}"
    command = [OSTINATO, "train", "classify", str(train), "--out", str(model), "--seed", str(seed), *columns]
    begin = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    seconds = time.perf_counter() - begin
    answer = subprocess.run(
        [OSTINATO, "evaluate", str(model), str(test), "--json"], check=True, capture_output=True
    )
    return json.loads(answer.stdout)["accuracy"], seconds


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", default=",".join(BENCHMARKS))
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    if "OSTINATO_DATA" not in os.environ:
        raise SystemExit(
            "set OSTINATO_DATA to the folder that holds tsc_ucr_uea, text_trec, text_sst2 and seq_mnist."
        )
    data = Path(os.environ["OSTINATO_DATA"])
    versions = ", ".join(f"{name} {version(name)}" for name in ("ostinato", "torch", "numpy"))
    print(f"{versions}, Python {platform.python_version()}, {os.cpu_count()} processors\n")
    print("| data | wanted | accuracy, mean | spread (std) | each seed | seconds of training, mean |")
    print("| --- | --- | --- | --- | --- | --- |")
    rows = {}
    for name in options.only.split(","):
        with tempfile.TemporaryDirectory() as folder:
            work = Path(folder)
            files = BENCHMARKS[name].files(data, work)
            runs = [run(files, seed, work) for seed in range(options.seeds)]
        accuracies, seconds = zip(*runs, strict=True)
        rows[name] = {"accuracies": accuracies, "seconds": seconds}
        spread = stdev(accuracies) if len(accuracies) > 1 else float("nan")
        each = ", ".join(f"{accuracy:.4f}" for accuracy in accuracies)
        print(
            f"| {name} | {BENCHMARKS[name].wanted} | {mean(accuracies):.4f} | {spread:.4f} | {each} "
            f"| {mean(seconds):.0f} |",
            flush=True,
        )
    if options.out:
        options.out.write_text(json.dumps({"versions": versions, "rows": rows}, indent=2))


if __name__ == "__main__":
    main()
