"""Moving digits as video, and skeletons in windows: what the defaults reach.

    OSTINATO_DATA=… python -m benchmarks.video digits [--seed 0] [--clips 200] [--keep FOLDER]
    OSTINATO_DATA=… python -m benchmarks.video skeletons [--seed 0] [--plain] [--mended] [--together 1]

``digits``: clips of 16 frames of 64 by 64, in which a digit moves in one of eight directions at one of two
speeds: sixteen classes, whichever digit it is. Clips to train on show digits of MNIST's training part, those
to test on digits of its test part. They are written as mp4 (H.264), and read as any user's.

``skeletons``: three actions in 18 recordings of the CMU motion capture, in windows of 60 frames, every 30th.
Each recording is left out in turn, and its windows are told by a model of the 17 others. How training varies
those is chosen without the one that is left out (``benchmarks/skeletons.py``); ``--plain``: not at all.
``--mended``: without joints that are measured wrongly. ``--together``: told by several models of 12 others,
which saw neither the recording nor its block.
"""

import argparse
import os
import tempfile
import time
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks import prepare
from benchmarks.commands import evaluated, machine, trained
from benchmarks.skeletons import VARIATIONS, blocks, chosen, heard, left_out, recordings, together

SIDE, FRAMES, RATE = 64, 16, 10
DIRECTIONS = {
    "e": (1, 0),
    "ne": (1, -1),
    "n": (0, -1),
    "nw": (-1, -1),
    "w": (-1, 0),
    "sw": (-1, 1),
    "s": (0, 1),
    "se": (1, 1),
}
SPEEDS = {"slow": 1.0, "fast": 2.0}
"""Pixels a frame."""

Pixels = NDArray[np.uint8]


def moving(digit: Pixels, direction: str, speed: str, random: np.random.Generator) -> Pixels:
    """Return frames (T, SIDE, SIDE) through which a digit moves; it begins where it can stay inside."""
    way = np.array(DIRECTIONS[direction], float)
    path = np.outer(np.arange(FRAMES), SPEEDS[speed] * way / np.linalg.norm(way))
    room = SIDE - len(digit)
    places = np.rint(path + random.uniform(-path.min(axis=0), room - path.max(axis=0))).astype(int)
    frames = np.zeros((FRAMES, SIDE, SIDE), np.uint8)
    for frame, (x, y) in zip(frames, places, strict=True):
        frame[y : y + len(digit), x : x + len(digit)] = digit
    return frames


def write_mp4(path: Path, frames: Pixels) -> None:
    """Write grey frames as H.264."""
    import av

    with av.open(path, "w") as container:
        stream = container.add_stream("libx264", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = SIDE, SIDE, "yuv420p"
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="gray")))
        container.mux(stream.encode(None))


def render(digits: Pixels, folder: Path, clips: int, seed: int) -> None:
    """Write so many clips of each class, of digits drawn at random."""
    random = np.random.default_rng(seed)
    for direction, speed in product(DIRECTIONS, SPEEDS):
        place = folder / f"{direction} {speed}"
        place.mkdir(parents=True)
        for number, index in enumerate(random.integers(len(digits), size=clips)):
            write_mp4(place / f"{number:04}.mp4", moving(digits[index], direction, speed, random))


def digits(data: Path, work: Path, options: argparse.Namespace) -> None:
    """Train on moving digits and say what the test part gives."""
    for part, name, clips, seed in (("train", "train", options.clips, 1), ("test", "t10k", 50, 2)):
        if not (work / part).exists():
            render(prepare.read_idx(data / f"seq_mnist/{name}-images-idx3-ubyte"), work / part, clips, seed)
    model = work / f"model-{options.seed}"
    arguments = ("--out", model, "--overwrite", "--seed", options.seed, "--threads", options.threads)
    seconds = trained("classify", work / "train", *arguments, *options.more)
    report = work / f"report-{options.seed}.html"
    scores = evaluated(model, work / "test", "--report", report)
    interval = "{:.4f} to {:.4f}".format(*scores["accuracy_interval"])
    print(
        f"| moving digits | {16 * options.clips:,} clips | {scores['accuracy']:.4f} | {interval} |"
        f" {seconds:.0f} s |"
    )


def skeletons(data: Path, work: Path, options: argparse.Namespace) -> None:
    """Say how many windows and recordings are told rightly, each recording left out in turn."""
    began, given = time.process_time(), recordings(data, options.seed, options.mended)
    offered = VARIATIONS[:1] if options.plain else VARIATIONS
    if options.together:
        right, windows, whole = together(given, offered, options.together)
    else:
        which = [0] * len(blocks(given.actions))
        if not options.plain:
            which = chosen(given, [heard(given, one) for one in offered])
        right, windows, whole = left_out(given, [offered[one] for one in which])
    print(
        f"| CMU skeletons | {windows} windows | {right / windows:.4f} | recordings {whole} of"
        f" {len(given.actions)} | {time.process_time() - began:.0f} s |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["digits", "skeletons"])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--clips", type=int, default=200, help="digits: clips of each class to train on")
    parser.add_argument("--plain", action="store_true", help="skeletons: train on them as they are")
    parser.add_argument("--mended", action="store_true", help="skeletons: without joints that leap")
    parser.add_argument(
        "--together",
        type=int,
        default=0,
        metavar="SEEDS",
        help="skeletons: by the mean of models of four blocks, of so many seeds each",
    )
    parser.add_argument("--keep", type=Path, help="keep what is made here, and use it again")
    parser.add_argument("more", nargs="*", help="after --: options for ostinato train classify")
    options = parser.parse_args()
    if "OSTINATO_DATA" not in os.environ:
        raise SystemExit("set OSTINATO_DATA to the folder that holds seq_mnist and skeleton_cmu_mocap.")
    print(machine(options.threads))
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder) if options.keep is None else options.keep
        run = {"digits": digits, "skeletons": skeletons}[options.what]
        run(Path(os.environ["OSTINATO_DATA"]), work, options)


if __name__ == "__main__":
    main()
