"""Whole sequences against onnxruntime and JAX, where they are installed."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from statistics import median
from typing import Final

import torch

from benchmarks.kernels.jax_peer import jax_side
from benchmarks.kernels.layers import Placed, Setting, check, compare, place, rows
from benchmarks.kernels.onnx_peer import session_side
from benchmarks.kernels.sequences import autograd
from benchmarks.kernels.shapes import QUICK, SHAPES, Shape
from benchmarks.kernels.timing import Pace, Side, calls_a_block, middle, ratios, take_turns

REST: Final = 0.01
"""Seconds before each block: other libraries' threads spin for a while after their work."""

NAMES: Final = (
    "B1 T300 I24 H48",
    "B32 T100 I64 H128",
    "B128 T200 I1 H128",
    "B64 T50 I512 H512",
)


@dataclass(frozen=True)
class Peers:
    """One shape in one mode beside everybody.

    Args:
        cell: RNN, GRU or LSTM.
        mode: training or inference.
        name: of the shape.
        seconds: the median of each contender by name.
        ratios: each contender's seconds over ours, the median turn by turn.
        missing: why a contender is not there, by name.
    """

    cell: str
    mode: str
    name: str
    seconds: dict[str, float]
    ratios: dict[str, float]
    missing: dict[str, str]


def peer_shapes(quick: bool) -> list[Shape]:
    """Return the few shapes that peers run: one layer, one direction, one length."""
    among = QUICK[:1] if quick else SHAPES
    return [shape for shape in among if quick or shape.name in NAMES]


def measure(cell: str, shape: Shape, mode: str, setting: Setting, pace: Pace) -> Peers:
    """Check that all contenders give what torch.nn gives, and time them in turns."""
    theirs, ours = place(cell, shape, setting, mode)
    what = f"{cell} {shape.name}, {mode}"
    with autograd(mode):
        compare(theirs, ours, mode, what)
        sides = {"torch.nn": theirs.side(mode), "ostinato.nn": ours.side(mode)}
        missing = {}
        for peer, make in MAKERS[mode].items():
            reason = why_not(peer, setting)
            if reason is None:
                sides[peer] = make(cell, theirs, setting, what)
            else:
                missing[peer] = reason
        turns = take_turns(sides, calls_a_block(sides), pace.seconds, least=5, rest=REST)
    return Peers(
        cell=cell,
        mode=mode,
        name=shape.name,
        seconds={name: middle(turns, name) for name in sides},
        ratios={name: median(ratios(turns, name, "ostinato.nn")) for name in sides},
        missing=missing,
    )


def why_not(peer: str, setting: Setting) -> str | None:
    """Return why a peer takes no part, or None if it does."""
    for package in {"onnxruntime": ("onnxruntime", "onnx"), "JAX": ("jax",)}[peer]:
        if find_spec(package) is None:
            return f"{package} is not installed"
    return None if setting.dtype == torch.float32 else "it is measured in float32 only"


def _onnxruntime(cell: str, theirs: Placed, setting: Setting, what: str) -> Side:
    input = rows(theirs.plain)
    run = session_side(cell, theirs.layer, input, setting.threads)
    check(torch.from_numpy(run()[0]), theirs.infer()[0], f"{what}: onnxruntime's output")
    return Side(run)


def _jax(mode: str) -> Callable[[str, Placed, Setting, str], Side]:
    def make(cell: str, theirs: Placed, setting: Setting, what: str) -> Side:
        expected = theirs.results(mode)
        run = jax_side(cell, theirs.layer, rows(theirs.plain), theirs.gradient, mode)
        for name, array in run().items():
            check(torch.tensor(array), expected[name], f"{what}: JAX's {name}")
        return Side(run)

    return make


MAKERS: Final[dict[str, dict[str, Callable[[str, Placed, Setting, str], Side]]]] = {
    "training": {"JAX": _jax("training")},
    "inference": {"onnxruntime": _onnxruntime, "JAX": _jax("inference")},
}
