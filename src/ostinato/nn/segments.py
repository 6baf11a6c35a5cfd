"""Sequences cut where their state restarts, so that each piece is a sequence of its own.

Cutting once, before the first layer, serves every layer and both directions: no state crosses a cut.
"""

from dataclasses import dataclass
from typing import Any, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ostinato.errors import ArgumentError
from ostinato.nn.layout import Batch, State
from ostinato.preprocess import pack

Integers = NDArray[np.int64]


@final
@dataclass(frozen=True)
class Segments:
    """How to cut a batch of B sequences into S segments, and how to put it together again.

    Args:
        rows: (N,) which row of the batch stands at each row of the segments.
        batch_sizes: (T',) how many segments reach each step.
        sources: by direction (S,), the sequence whose initial state a segment starts from, B for zeros.
        ends: by direction (B,), the segment whose last state is the sequence's.
    """

    rows: Tensor
    batch_sizes: Tensor
    sources: tuple[Tensor, Tensor]
    ends: tuple[Tensor, Tensor]

    def cut(self, rows: Tensor) -> Tensor:
        """Return the batch's rows (N, ·) in the segments' order."""
        return rows.index_select(0, self.rows)

    def join(self, rows: Tensor) -> Tensor:
        """Return the segments' rows (N, ·) in the batch's order."""
        return rows.index_select(0, torch.argsort(self.rows))

    def enter(self, state: State, directions: int) -> State:
        """Return the segments' initial states (L*D, S, ·) from the sequences', (L*D, B, ·)."""
        with_zeros = (torch.cat([x, x.new_zeros(x.shape[0], 1, x.shape[2])], dim=1) for x in state)
        return tuple(_pick(x, self.sources[:directions]) for x in with_zeros)

    def leave(self, state: State, directions: int) -> State:
        """Return the sequences' last states (L*D, B, ·) from the segments', (L*D, S, ·)."""
        return tuple(_pick(x, self.ends[:directions]) for x in state)


def _pick(state: Tensor, indices: tuple[Tensor, ...]) -> Tensor:
    """Return (L*D, n, ·) with columns ``indices[d]`` of direction d's rows, which are every D-th."""
    directions = len(indices)
    parts = [state[d::directions].index_select(1, index) for d, index in enumerate(indices)]
    return parts[0] if directions == 1 else torch.stack(parts, dim=1).flatten(0, 1)


def segments(batch: Batch, reset: Any, *, batch_first: bool, batched: bool) -> Segments | None:
    """Return where ``reset`` cuts the batch, or None if it cuts nowhere.

    Args:
        batch: the sequences.
        reset: boolean, (T, B), (B, T) if ``batch_first``, or (T,) if not batched: True at a step before which
            the state restarts at zero. What it says behind a sequence's end is not read.
        batch_first: which of the two forms.
        batched: whether there is a batch dimension.
    """
    mask = _mask(batch, reset, batch_first, batched)
    return _segments(mask, batch) if mask.any() else None


def _mask(batch: Batch, reset: Any, batch_first: bool, batched: bool) -> NDArray[np.bool_]:
    """Return reset as (T', B) in the batch's order, False behind each sequence's end."""
    mask = torch.as_tensor(reset).cpu()
    sizes = batch.batch_sizes.numpy()
    form = {"T": batch.steps, "B": batch.sequences}
    letters = ("T",) if not batched else ("B", "T") if batch_first else ("T", "B")
    if mask.dtype != torch.bool or mask.shape != tuple(form[letter] for letter in letters):
        wanted = ", ".join(f"{letter} = {form[letter]}" for letter in letters)
        raise ArgumentError(
            f"reset is {mask.dtype} of shape {tuple(mask.shape)}; expected torch.bool of shape ({wanted})."
        )
    by_step = (mask.T if letters == ("B", "T") else mask).numpy().reshape(batch.steps, batch.sequences)
    ordered = by_step if batch.order is None else by_step[:, batch.order.cpu().numpy()]
    return ordered[: len(sizes)] & (np.arange(batch.sequences) < sizes[:, None])


def _segments(mask: NDArray[np.bool_], batch: Batch) -> Segments:
    """Return the segments that begin at step 0 and wherever mask (T', B) is True."""
    sizes = batch.batch_sizes.numpy()
    begins = mask.copy()
    begins[0] = True
    sequence, start = np.nonzero(begins.T)  # sequence by sequence, step by step
    is_first, is_last = start == 0, np.append(sequence[1:] != sequence[:-1], True)
    length = np.where(is_last, pack.lengths_of(sizes)[sequence], np.append(start[1:], 0)) - start
    order = pack.falling(length)
    place = np.argsort(order)
    zero = mask.shape[1]
    forward = np.where(is_first & ~mask[start, sequence], sequence, zero)
    reverse = np.where(is_last, sequence, zero)
    rows, batch_sizes = _gather(sequence[order], start[order], length[order], sizes)

    def on_device(indices: Integers) -> Tensor:
        return torch.from_numpy(indices).to(batch.rows.device)

    return Segments(
        on_device(rows),
        torch.from_numpy(batch_sizes),
        (on_device(forward[order]), on_device(reverse[order])),
        (on_device(place[is_last]), on_device(place[is_first])),
    )


def _gather(
    sequence: Integers, start: Integers, length: Integers, sizes: Integers
) -> tuple[Integers, Integers]:
    """Return the packed row of the batch for every packed row of the segments, and the segments' sizes."""
    batch_sizes = pack.batch_sizes_of(length)
    segment = pack.sequence_of_rows(batch_sizes)
    step = start[segment] + np.repeat(np.arange(len(batch_sizes)), batch_sizes)
    return (np.cumsum(sizes) - sizes)[step] + sequence[segment], batch_sizes
