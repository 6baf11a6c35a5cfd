"""Sequences cut where their state restarts, so that each piece is a sequence of its own.

It serves a backend that can only run sequences from end to end.
"""

from dataclasses import dataclass
from typing import final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ostinato.kernels.ragged import State
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

    def enter(self, state: State) -> State:
        """Return the segments' initial states (D, S, ·) from the sequences', (D, B, ·)."""
        with_zeros = (torch.cat([x, x.new_zeros(x.shape[0], 1, x.shape[2])], dim=1) for x in state)
        return tuple(_pick(x, self.sources) for x in with_zeros)

    def leave(self, state: State) -> State:
        """Return the sequences' last states (D, B, ·) from the segments', (D, S, ·)."""
        return tuple(_pick(x, self.ends) for x in state)


def _pick(state: Tensor, indices: tuple[Tensor, Tensor]) -> Tensor:
    """Return (D, n, ·) with the columns ``indices[d]`` of each direction."""
    picked = zip(state.unbind(), indices, strict=False)
    return torch.stack([direction.index_select(0, index) for direction, index in picked])


def segments(batch_sizes: Tensor, resets: Tensor) -> Segments:
    """Return the pieces of a ragged batch.

    Args:
        batch_sizes: (T,).
        resets: (N,) boolean, True where the state restarts at zero before the row's step.
    """
    sizes, flat = batch_sizes.numpy(), resets.cpu().numpy()
    mask = np.zeros((len(sizes), int(sizes[0])), np.bool_)
    mask[np.arange(mask.shape[1]) < sizes[:, None]] = flat
    return _segments(mask, sizes, resets.device)


def _segments(mask: NDArray[np.bool_], sizes: Integers, device: torch.device) -> Segments:
    """Return the segments that begin at step 0 and wherever mask (T', B) is True."""
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
        return torch.from_numpy(indices).to(device)

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
