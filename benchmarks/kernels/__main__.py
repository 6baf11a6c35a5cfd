"""The recurrent layers against torch.nn, onnxruntime and JAX: training, inference and single steps.

    python -m benchmarks.kernels                              all of it, into benchmarks/kernels.md
    python -m benchmarks.kernels --cells gru --shapes H1024   some of it, onto the terminal
    python -m benchmarks.kernels --quick                      a few small shapes, to try the script

The shapes are a fixed list (shapes.py). Both sides run in this process with the same weights and take turns;
a row is measured only after both gave the same. Nothing else should run on the machine meanwhile.
"""

import argparse
import sys
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from itertools import product
from pathlib import Path
from typing import Final

import torch

from benchmarks.kernels import machine, peers, sequences, steps
from benchmarks.kernels.layers import Setting
from benchmarks.kernels.peers import peer_shapes
from benchmarks.kernels.report import Measured, Results
from benchmarks.kernels.shapes import GATES, QUICK, SHAPES, Shape, shapes_of
from benchmarks.kernels.timing import FULL, Pace
from benchmarks.kernels.timing import QUICK as HASTY

OUT: Final = Path(__file__).parents[1] / "kernels.md"
MODES: Final = (*sequences.MODES, "steps", "peers")
DTYPES: Final = {"float32": torch.float32, "float64": torch.float64}

Job = tuple[str, Callable[[Setting, Pace], Measured]]
"""What is measured next, in words, and what measures it."""


def options() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.kernels",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--cells", default="RNN,GRU,LSTM", help="which, by commas")
    parser.add_argument("--shapes", default="", help="only shapes whose name holds one of these, by commas")
    parser.add_argument("--modes", default=",".join(MODES), help="which, by commas")
    parser.add_argument("--quick", action="store_true", help="a few small shapes, for a moment each")
    parser.add_argument("--threads", type=int, default=min(2, machine.cores()), help="of torch and its peers")
    parser.add_argument("--dtype", choices=DTYPES, default="float32")
    parser.add_argument("--backend", default="auto", help="of ostinato.nn")
    parser.add_argument("--out", type=Path, help=f"the table; else {OUT.name} if complete, or the terminal")
    parser.add_argument("--json", type=Path, help="all figures")
    return parser


def main(arguments: list[str] | None = None) -> None:
    parser = options()
    asked = parser.parse_args(arguments)
    cells = _chosen(parser, "--cells", asked.cells.upper(), tuple(GATES))
    modes = _chosen(parser, "--modes", asked.modes.lower(), MODES)
    shapes = [shape for shape in (QUICK if asked.quick else SHAPES) if _wanted(shape.name, asked.shapes)]
    if not shapes:
        parser.error(f"--shapes {asked.shapes}: no shape has such a name.")
    setting = Setting(DTYPES[asked.dtype], asked.backend, asked.threads)
    complete = (cells, modes, shapes) == (list(GATES), list(MODES), list(SHAPES))
    usual = asked.dtype == parser.get_default("dtype") and asked.backend == parser.get_default("backend")
    out = asked.out or (OUT if complete and usual else None)
    torch.set_num_threads(asked.threads)
    warnings.filterwarnings("ignore", "LSTM with projections is not supported with oneDNN")
    results = Results(_header(setting))
    for cell in cells:
        for what, measure in jobs(cell, modes, shapes, asked.quick):
            print(what, file=sys.stderr, flush=True)
            results.add(measure(setting, HASTY if asked.quick else FULL))
        _write(results, out, asked.json)  # after each cell, for a run that ends early
    if out is None:
        print(results.to_markdown(), end="")


def jobs(cell: str, modes: list[str], shapes: list[Shape], quick: bool) -> Iterator[Job]:
    """Yield all that is to be measured of one cell."""
    for mode in modes:
        if mode == "steps":
            for streams in steps.STREAMS:
                yield f"{cell}, single steps, streams: {streams}", partial(steps.measure, cell, streams)
        elif mode == "peers":
            for shape, run in product(peer_shapes(quick), sequences.MODES):
                what = f"{cell} {shape.name}, {run}, beside other libraries"
                yield what, partial(peers.measure, cell, shape, run)
        else:
            for shape in shapes_of(cell, tuple(shapes)):
                yield f"{cell} {shape.name}, {mode}", partial(sequences.measure, cell, shape, mode)


def _header(setting: Setting) -> dict[str, str]:
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "machine": machine.processor(),
        "versions": ", ".join(f"{name} {found}" for name, found in machine.versions().items()),
        "threads": f"{setting.threads}",
        "dtype": str(setting.dtype).removeprefix("torch."),
        "backend": setting.backend,
        "instructions": f"ours {machine.native_level()}, torch.nn {machine.torch_level()}",
    }


def _chosen(parser: argparse.ArgumentParser, option: str, given: str, among: tuple[str, ...]) -> list[str]:
    names = given.split(",")
    if unknown := [name for name in names if name not in among]:
        parser.error(f"{option}: {', '.join(unknown)} is unknown; choose among {', '.join(among)}.")
    return names


def _wanted(name: str, filters: str) -> bool:
    """Return whether a name holds one of the words, each of them whole: H1 does not find H128."""
    return any(set(words.split()) <= set(name.split()) for words in filters.split(","))


def _write(results: Results, out: Path | None, json: Path | None) -> None:
    if json is not None:
        json.write_text(results.to_json() + "\n", encoding="utf-8")
    if out is not None:
        out.write_text(results.to_markdown(), encoding="utf-8")


if __name__ == "__main__":
    main()
