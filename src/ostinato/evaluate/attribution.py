"""Which steps and channels, or which words, a decision rested on: hide each and see what the model then says.

Source: occlusion, Zeiler & Fergus 2014, section 4.2 (arXiv:1311.2901), here along time and
channels and over words. It asks the model itself, needs no gradient and holds for any network; what it cannot
show is evidence that stands twice, for hiding one copy leaves the other.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.errors import ArgumentError

Numbers = NDArray[np.float64]
ProbabilitiesOf = Callable[..., NDArray[Any]]
Spans = tuple[tuple[int, int], ...]

BUDGET = 512
"""One example costs at most so many runs of the model."""

STEPS = 2**17
"""One example costs about so many steps at most: longer sequences are hidden in coarser parts."""

FEWEST = 32
"""The fewest runs for one example, however long it is."""

BLOCKS, WINDOWS = 32, 48
"""Channels are hidden in at most so many blocks, steps in at most so many windows."""


@dataclass(frozen=True)
class SeriesAttribution:
    """How much of the predicted class's probability is lost when a part of a series is hidden.

    Args:
        predicted: the class, by its number.
        windows: the W spans of steps, (first, one past the last).
        blocks: the K spans of channels.
        by_window: (W,) the loss when a window is hidden in all channels.
        by_block: (K,) the loss when a block of channels is hidden at all steps.
        cells: (W, K) the loss when a block is hidden in a window.
        method: ``"occlusion"``; or ``"gradients"``: the numbers are sums of integrated gradients.
    """

    predicted: int
    windows: Spans
    blocks: Spans
    by_window: Numbers
    by_block: Numbers
    cells: Numbers
    method: Literal["occlusion", "gradients"] = "occlusion"


@dataclass(frozen=True)
class TextAttribution:
    """How much of the predicted class's probability is lost without each piece of a text.

    Args:
        predicted: the class, by its number.
        pieces: the text, cut: a word and the space after it (several in a very long text).
        losses: one number a piece.
    """

    predicted: int
    pieces: tuple[str, ...]
    losses: Numbers


def occlusion(
    probabilities_of: ProbabilitiesOf, value: NDArray[np.float32] | str, baseline: Numbers | None = None
) -> SeriesAttribution | TextAttribution:
    """Return what the decision on one sequence rested on; see occlude_series and occlude_text."""
    if isinstance(value, str):
        return occlude_text(probabilities_of, value)
    return occlude_series(probabilities_of, value, baseline)


def occlude_series(
    probabilities_of: ProbabilitiesOf,
    values: NDArray[np.float32],
    baseline: Numbers | None = None,
    budget: int = BUDGET,
) -> SeriesAttribution:
    """Return how the prediction for one series changes when windows and channels are hidden.

    Args:
        probabilities_of: from N series to their probabilities (N, C).
        values: (T, I), as the model takes it.
        baseline: (I,) what hides: the training mean of each channel; None: the series' own mean.
        budget: runs of the model at most.

    Example:
        >>> def last_step(batch):
        ...     return np.array([[1 - x[-1, 0], x[-1, 0]] for x in batch])
        >>> found = occlude_series(last_step, np.ones((3, 1), np.float32), np.zeros(1))
        >>> found.predicted, found.by_window.tolist()
        (1, [0.0, 0.0, 1.0])
    """
    checks.shape("values", values, ("T", "I"))
    hidden = np.asarray(values.mean(axis=0) if baseline is None else baseline, dtype=values.dtype)
    checks.shape("baseline", hidden, (values.shape[1],))
    windows, blocks = _grid(values.shape[0], values.shape[1], budget)
    masks = [(window, (0, values.shape[1])) for window in windows]
    masks += [((0, values.shape[0]), block) for block in blocks]
    masks += [(window, block) for window in windows for block in blocks]
    changed = [_hide(values, hidden, window, block) for window, block in masks]
    predicted, losses = _losses(probabilities_of, values, changed)
    by_window, by_block, cells = np.split(losses, [len(windows), len(windows) + len(blocks)])
    shape = len(windows), len(blocks)
    return SeriesAttribution(predicted, windows, blocks, by_window, by_block, cells.reshape(shape))


def gathered(attributions: NDArray[Any], predicted: int) -> SeriesAttribution:
    """Return attributions of single values (T, I) summed in the windows and blocks of a picture.

    Args:
        attributions: what each channel at each step gives to the predicted class's probability: integrated
            gradients (Sundararajan et al. 2017, arXiv:1703.01365), which sum to what all give together.
        predicted: the class, by its number.

    Example:
        >>> gathered(np.array([[0.25, 0.0], [0.5, -0.25]]), 1).by_block.tolist()
        [0.75, -0.25]
    """
    steps, channels = attributions.shape
    windows, blocks = _spans(steps, min(steps, WINDOWS)), _spans(channels, min(channels, BLOCKS))
    rows = np.add.reduceat(attributions.astype(np.float64), [first for first, _ in windows], axis=0)
    cells = np.add.reduceat(rows, [first for first, _ in blocks], axis=1)
    return SeriesAttribution(
        predicted, windows, blocks, cells.sum(axis=1), cells.sum(axis=0), cells, "gradients"
    )


def occlude_text(probabilities_of: ProbabilitiesOf, text: str, budget: int = BUDGET) -> TextAttribution:
    """Return how the prediction for one text changes when each word is taken out.

    Args:
        probabilities_of: from N texts to their probabilities (N, C).
        text: the text; one without spaces is cut into letters.
        budget: runs of the model at most.

    Example:
        >>> def liked(batch):
        ...     return np.array([[0.9, 0.1] if "not" in x else [0.2, 0.8] for x in batch])
        >>> found = occlude_text(liked, "not good")
        >>> found.pieces, found.losses.round(2).tolist()
        (('not ', 'good'), [0.7, 0.0])
    """
    pieces = _pieces(text, budget)
    without = ["".join(pieces[:i] + pieces[i + 1 :]) for i in range(len(pieces))]
    predicted, losses = _losses(probabilities_of, text, without)
    return TextAttribution(predicted, tuple(pieces), losses)


def _losses(probabilities_of: ProbabilitiesOf, value: Any, changed: Sequence[Any]) -> tuple[int, Numbers]:
    probabilities = np.asarray(probabilities_of([value, *changed]), dtype=np.float64)
    if probabilities.ndim != 2 or len(probabilities) != len(changed) + 1:
        raise ArgumentError(
            f"probabilities_of gave shape {probabilities.shape} for {len(changed) + 1} sequences; "
            "expected (N, C), one row each."
        )
    predicted = int(probabilities[0].argmax())
    return predicted, probabilities[0, predicted] - probabilities[1:, predicted]


def _grid(steps: int, channels: int, budget: int) -> tuple[Spans, Spans]:
    """Return windows and blocks so that all of them, their cells and the whole series fit the budget."""
    budget = _affordable(steps, budget)
    blocks = min(channels, BLOCKS, max(1, budget // 16))
    windows = min(steps, WINDOWS, max(1, (budget - 1 - blocks) // (blocks + 1)))
    return _spans(steps, windows), _spans(channels, blocks)


def _affordable(steps: int, budget: int) -> int:
    return min(budget, max(FEWEST, STEPS // steps))


def _spans(size: int, parts: int) -> Spans:
    edges = np.linspace(0, size, parts + 1).round().astype(int).tolist()
    return tuple(pairwise(edges))


def _hide(
    values: NDArray[np.float32], hidden: NDArray[np.float32], window: tuple[int, int], block: tuple[int, int]
) -> NDArray[np.float32]:
    changed = values.copy()
    changed[slice(*window), slice(*block)] = hidden[slice(*block)]
    return changed


def _pieces(text: str, budget: int) -> list[str]:
    """Return the text cut into few enough pieces: words with the space after them, or letters."""
    cut = re.findall(r"^\s+\S*\s*|\S+\s*", text)
    if len(cut) < 2:
        cut = list(text)
    if not cut:
        return []
    spans = _spans(len(cut), min(len(cut), _affordable(len(cut), budget) - 1))
    return ["".join(cut[first:last]) for first, last in spans]
