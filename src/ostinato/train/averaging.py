"""Averaged SGD: when averaging begins, and how the averages stand in for the weights.

Source: Polyak & Juditsky 1992; the start is that of Merity et al. 2018, section 3 (arXiv:1708.02182).
"""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import optim

INTERVAL = 5
"""Epochs whose losses do not count when the last one is judged: n in the paper."""


def begins(losses: Sequence[float | None], interval: int) -> int | None:
    """Return after how many epochs averaging begins, or None where it has not: a function of the curve alone.

    It begins after the first epoch whose loss is above the lowest one of all epochs but itself and the
    ``interval`` before it, as in the authors' program: losses that are worse for once begin nothing, but a
    lack of progress over several epochs does. What has begun never ends.

    Args:
        losses: the loss after each epoch; None where it was no finite number, which counts as highest.
        interval: n, such as ``INTERVAL``.

    Example:
        >>> begins([3.0, 2.0, 1.9, 2.1, 2.05], interval=2), begins([3.0, 2.0, 1.9, 1.95, 1.8], interval=2)
        (5, None)
    """
    known = [math.inf if loss is None else loss for loss in losses]
    for epoch in range(interval + 1, len(known)):
        if known[epoch] > min(known[: epoch - interval]):
            return epoch + 1
    return None


def keep(optimizer: optim.Optimizer) -> optim.Optimizer:
    """Have an optimiser average its iterates once ``begin`` says so, and return it.

    Its state then holds, of each weight, ``average``, the mean of all iterates since, and ``averaged``, their
    number.
    """
    begin(optimizer, False)
    optimizer.register_step_post_hook(_update)
    return optimizer


def begin(optimizer: optim.Optimizer, begun: bool) -> None:
    """Have the averages begin with the next step, if they have not, or say that they have not begun."""
    for group in optimizer.param_groups:
        group["averaging"] = begun


@contextmanager
def averages(optimizer: optim.Optimizer) -> Iterator[None]:
    """While the block lasts, weights that have an average are their averages; then they are as before.

    Where none is kept, or none has begun, nothing happens.
    """
    pairs = [(weight, state["average"]) for weight, state in optimizer.state.items() if "average" in state]
    before = [weight.detach().clone() for weight, _ in pairs]
    try:
        with torch.no_grad():
            for weight, average in pairs:
                weight.copy_(average)
        yield
    finally:
        with torch.no_grad():
            for (weight, _), value in zip(pairs, before, strict=True):
                weight.copy_(value)


@torch.no_grad()
def _update(optimizer: optim.Optimizer, args: Any, kwargs: Any) -> None:
    """Take the weights, as a step has left them, into their averages; torch calls it after every step."""
    weights = [w for group in optimizer.param_groups if group["averaging"] for w in group["params"]]
    for weight in weights:
        state = optimizer.state[weight]
        if "average" not in state:
            state["average"], state["averaged"] = torch.zeros_like(weight), weight.new_zeros(())
        state["averaged"] += 1
        state["average"] += (weight - state["average"]) / state["averaged"]
