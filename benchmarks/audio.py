"""What the defaults of ``ostinato train classify`` reach on spoken digits, and in what time.

    OSTINATO_DATA=… python -m benchmarks.audio [--seeds 0,1,2] [--threads 1]

The official rule of the Free Spoken Digit Dataset: recordings 0 to 4 of each speaker and digit are the test
part, all others the training part, of which a share chosen by the seed validates. Every run is a user's:
``ostinato train classify`` on a table of the training part with no option but the columns, the seed and the
threads, then ``ostinato evaluate`` on a table of the test part.
"""

import argparse
import os
import tempfile
from pathlib import Path

from benchmarks.commands import evaluated, machine, trained

TEST = 5
"""Recordings below this number are the test part."""

WANTED = 0.985


def tables(recordings: Path, folder: Path) -> tuple[Path, Path]:
    """Write the tables of the training and the test part, and return their paths."""
    rows: dict[str, list[str]] = {"train": [], "test": []}
    for file in sorted(recordings.glob("*.wav")):
        digit, _, number = file.stem.split("_")
        rows["test" if int(number) < TEST else "train"].append(f"{file.resolve()},{digit}\n")
    for part, lines in rows.items():
        (folder / f"{part}.csv").write_text("audio,digit\n" + "".join(lines))
    return folder / "train.csv", folder / "test.csv"


def run(recordings: Path, seed: int, threads: int) -> str:
    """Train and judge once, and return a line about it."""
    with tempfile.TemporaryDirectory() as name:
        train, test = tables(recordings, Path(name))
        model = Path(name, "model")
        columns = ("--audio", "audio", "--label", "digit")
        _, spent = trained("classify", train, "--out", model, *columns, "--seed", seed, "--threads", threads)
        found = evaluated(model, test)
    low, high = found["accuracy_interval"]
    return (
        f"| {seed} | {WANTED:.3f} | {found['accuracy']:.4f} ({low:.3f} to {high:.3f}) "
        f"| {spent.processor / 60:.1f} | {spent.seconds / 60:.1f} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    if "OSTINATO_DATA" not in os.environ:
        raise SystemExit("set OSTINATO_DATA to the folder that holds speech_fsdd")
    recordings = Path(os.environ["OSTINATO_DATA"], "speech_fsdd", "recordings")
    print(f"Spoken digits; {machine(options.threads)}.\n")
    print("| seed | wanted | accuracy (95 % interval) | minutes of the processor | on the clock |")
    print("| --- | --- | --- | --- | --- |")
    for seed in options.seeds.split(","):
        print(run(recordings, int(seed), options.threads), flush=True)


if __name__ == "__main__":
    main()
