"""Walking a ragged batch step by step, as every reference does, whatever its mathematics."""

from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor

from ostinato.kernels.dispatch import Weights

State = tuple[Tensor, ...]
"""What a recurrence carries: (h,) or (h, c), each (b, ·) with one row per sequence."""

Step = Callable[[Tensor, State, Weights], State]
"""From x_t (b, I), the state before it and the weights to the state after it."""


def walk(
    step: Step,
    rows: Sequence[Tensor],
    initial: State,
    weights: Weights,
    resets: Sequence[Tensor] | None = None,
    *,
    reverse: bool,
) -> Iterator[State]:
    """Yield the state after every step, in the order in which they are computed.

    Forward, sequences leave as they end; in reverse, each joins with its initial state at its own last step.

    Args:
        step: the mathematics of one step.
        rows: T tensors (b_t, I), b_t never rising.
        initial: the states before the first step, each (B, ·).
        weights: of this direction.
        resets: T boolean tensors (b_t,), True where no state crosses from step t - 1 to t; None for nowhere.
        reverse: from the last step to the first.
    """
    state = tuple(x[:0] for x in initial) if reverse else initial
    crossed = None
    for t in range(len(rows))[::-1] if reverse else range(len(rows)):
        x, cut = rows[t], None if resets is None else resets[t]
        state = _zeroed(state, crossed if reverse else cut)
        here = tuple(
            torch.cat([s[: len(x)], s0[len(s) : len(x)]]) for s, s0 in zip(state, initial, strict=True)
        )
        state, crossed = step(x, here, weights), cut
        yield state


def _zeroed(state: State, where: Tensor | None) -> State:
    """Return the first rows of a state, with zeros in those where ``where`` is True."""
    if where is None:
        return state
    return tuple(s[: len(where)].masked_fill(where[:, None], 0.0) for s in state)


def states(
    step: Step,
    input: Tensor,
    batch_sizes: Tensor,
    initial: State,
    weights: Sequence[Weights],
    resets: Tensor | None = None,
) -> list[list[State]]:
    """Return the states by direction and step: ``states[d][t]`` is (h_t,) or (h_t, c_t), each (b_t, ·).

    Args:
        step: the mathematics of one step.
        input: (N, I).
        batch_sizes: (T,).
        initial: each (D, B, ·).
        weights: one for each direction.
        resets: (N,) boolean, True where the state restarts at zero before the row's step; None for nowhere.
    """
    sizes = batch_sizes.tolist()
    rows = input.split_with_sizes(sizes)
    cuts = None if resets is None else resets.split_with_sizes(sizes)
    forward = list(walk(step, rows, tuple(x[0] for x in initial), weights[0], cuts, reverse=False))
    if len(weights) == 1:
        return [forward]
    reverse = walk(step, rows, tuple(x[1] for x in initial), weights[1], cuts, reverse=True)
    return [forward, [*reverse][::-1]]


def collect(states: Sequence[Sequence[State]]) -> tuple[Tensor, State]:
    """Return all outputs (N, D*H) and the last states, each (D, B, ·), from what ``states`` returned."""
    output = torch.cat([torch.cat([state[0] for state in step], dim=1) for step in zip(*states, strict=True)])
    last = [_at_the_ends(states[0]), *(direction[0] for direction in states[1:])]
    return output, tuple(torch.stack(parts) for parts in zip(*last, strict=True))


def _at_the_ends(forward: Sequence[State]) -> State:
    """Return every sequence's state after its own last step, each (B, ·)."""
    going_on = [len(state[0]) for state in forward[1:]] + [0]
    ends = [tuple(x[n:] for x in state) for state, n in zip(forward, going_on, strict=True)]
    return tuple(torch.cat(parts) for parts in zip(*reversed(ends), strict=True))
