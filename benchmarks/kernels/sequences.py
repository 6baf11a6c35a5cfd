"""Whole sequences against torch.nn: one row a shape, in training and in inference."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any, Final

import torch

from benchmarks.kernels.layers import Placed, Setting, compare, place, taken
from benchmarks.kernels.products import Beside, Rates
from benchmarks.kernels.shapes import Shape
from benchmarks.kernels.timing import Pace, Turn, calls_a_block, middle, ratios, take_turns

MODES: Final = ("training", "inference")
HELD_FROM: Final = {"batch": 32, "hidden": 128}
"""From these sizes on a row is held against torch.mm on its own products."""

Round = tuple[Rates, list[Turn]]
"""What the machine gave at one moment, and the turns right after."""


@dataclass(frozen=True)
class Row:
    """One shape in one mode.

    Args:
        cell: RNN, GRU or LSTM.
        mode: training or inference.
        shape: its sizes.
        name: of the shape.
        group: full, ragged or projection.
        backend: that ran our side.
        operations: of one call.
        theirs: median seconds of torch.nn's call.
        ours: median seconds of ours.
        ratio: the median of theirs / ours, pair by pair.
        lowest: of the pairs' ratios.
        highest: of the pairs' ratios.
        pairs: how many.
        square: operations a second of torch.mm on 1024 x 1024.
        products: on the row's own products.
        fma: of multiply-adds in registers, or None.
        of_square: our rate as a part of the square's, the median over rounds.
        of_fma: as a part of the multiply-adds', or None.
        of_products: as a part of the rate on the row's products, or None for small shapes.
        of_free: the same, where calling torch.mm so often cost no time.
    """

    cell: str
    mode: str
    shape: dict[str, Any]
    name: str
    group: str
    backend: str
    operations: int
    theirs: float
    ours: float
    ratio: float
    lowest: float
    highest: float
    pairs: int
    square: float
    products: float
    fma: float | None
    of_square: float
    of_fma: float | None
    of_products: float | None
    of_free: float | None


def measure(cell: str, shape: Shape, mode: str, setting: Setting, pace: Pace) -> Row:
    """Compare the two sides' results, then time them in turns.

    Raises:
        SystemExit: the results differ.
    """
    theirs, ours = place(cell, shape, setting, mode)
    with autograd(mode):
        compare(theirs, ours, mode, f"{cell} {shape.name}, {mode}")
        return _summary(
            cell, shape, mode, taken(cell, shape, ours), _rounds(cell, shape, mode, theirs, ours, pace)
        )


def autograd(mode: str) -> AbstractContextManager[Any]:
    """Return the context of a mode; both sides stay inside it all the time."""
    return torch.inference_mode() if mode == "inference" else nullcontext()


def _rounds(cell: str, shape: Shape, mode: str, theirs: Placed, ours: Placed, pace: Pace) -> list[Round]:
    beside = Beside(cell, shape, mode, theirs.leaf.dtype)
    sides = {"theirs": theirs.side(mode), "ours": ours.side(mode)}
    calls = calls_a_block(sides)
    each = pace.seconds / pace.rounds
    # The rates are taken anew before each round, for the machine has slow phases.
    return [(beside.sample(), take_turns(sides, calls, each)) for _ in range(pace.rounds)]


def _summary(cell: str, shape: Shape, mode: str, backend: str, rounds: list[Round]) -> Row:
    turns = [turn for _, some in rounds for turn in some]
    each = ratios(turns, "theirs", "ours")
    operations = shape.operations(cell, mode)
    shares = [_shares(operations / middle(some, "ours"), rates) for rates, some in rounds]
    large = shape.batch >= HELD_FROM["batch"] and shape.hidden_size >= HELD_FROM["hidden"]
    return Row(
        cell=cell,
        mode=mode,
        shape=asdict(shape),
        name=shape.name,
        group=shape.group,
        backend=backend,
        operations=operations,
        theirs=middle(turns, "theirs"),
        ours=middle(turns, "ours"),
        ratio=median(each),
        lowest=min(each),
        highest=max(each),
        pairs=len(turns),
        square=median(rates.square for rates, _ in rounds),
        products=median(rates.products for rates, _ in rounds),
        fma=_median([rates.fma for rates, _ in rounds]),
        of_square=median(share["square"] for share in shares),
        of_fma=_median([share.get("fma") for share in shares]),
        of_products=median(share["products"] for share in shares) if large else None,
        of_free=median(share["free"] for share in shares) if large else None,
    )


def _shares(rate: float, rates: Rates) -> dict[str, float]:
    return {name: rate / of for name, of in asdict(rates).items() if of is not None}


def _median(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None
