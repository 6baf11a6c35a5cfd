"""The states that recurrent ops carry from one chunk of their sequences to the next, by name."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence

from ostinato import checks
from ostinato.errors import ArgumentError
from ostinato.nn.layout import State
from ostinato.spec.flow import Flow
from ostinato.spec.network import Op, Recurrent

States = dict[str, Tensor]
"""``op.h`` and, for an LSTM, ``op.c``, each (L, B, H)."""

Shapes = dict[str, tuple[int | str, ...]]


def part(states: States | None, op: str, sequences: int) -> State | None:
    """Return one op's state as its layer takes it, (h,) or (h, c), of the first sequences; None for none."""
    if states is None:
        return None
    kept = tuple(states[f"{op}.{name}"][:, :sequences] for name in "hc" if f"{op}.{name}" in states)
    return kept or None


def named(op: str, state: State) -> States:
    """Return one op's last state by name, cut off from the graph that it was computed in."""
    return {f"{op}.{name}": array.detach() for name, array in zip("hc", state, strict=False)}


def check(
    ops: Sequence[tuple[Op, Flow]], input: PackedSequence, states: States | None, resets: Tensor | None
) -> None:
    """Refuse ops that keep a past of another kind than a state, and states and resets that do not fit.

    Args:
        ops: those that will run, and what each is given.
        input: the chunk, N rows of B sequences.
        states: as an earlier chunk left them, of B sequences or more, or None.
        resets: (N,) or None.

    Raises:
        ArgumentError: one of them; the message says which.
    """
    shapes: Shapes = {}
    for op, into in ops:
        kept = op.stream(into)
        if kept is None or (kept.state and not isinstance(op, Recurrent)):
            raise ArgumentError(
                f"op {op.name!r} cannot go on where a chunk ended: only recurrent ops of one direction carry "
                "their state; give this network whole sequences."
            )
        for name, (layers, size) in kept.state.items():
            shapes[f"{op.name}.{name}"] = (layers, "B", size)
    if states is not None:
        _check_states(states, shapes, int(input.batch_sizes[0]))
    if resets is not None and (resets.dtype != torch.bool or resets.shape != (len(input.data),)):
        raise ArgumentError(
            f"resets is {resets.dtype} of shape {tuple(resets.shape)}; expected torch.bool of shape "
            f"({len(input.data)},), one for each packed row."
        )


def _check_states(states: States, shapes: Shapes, sequences: int) -> None:
    if differing := sorted(shapes.keys() ^ states.keys()):
        shown = ", ".join(map(checks.shown, differing))
        raise ArgumentError(f"states differ in {shown}; expected what an earlier chunk of this network left.")
    for name, shape in shapes.items():
        checks.shape(name, states[name], shape)
        if states[name].shape[1] < sequences:
            raise ArgumentError(
                f"{name} is of {states[name].shape[1]} sequences; expected {sequences}, as many as the chunk "
                "has, or more, of which the last have ended."
            )
