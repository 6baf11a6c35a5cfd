"""Sequences cut where their state restarts: the pieces, run as sequences of their own, give the whole."""

from itertools import pairwise

import pytest
import torch
from torch import Tensor

from helpers import assert_same, normal
from ostinato.kernels.dispatch import Weights
from ostinato.kernels.gru import reference
from ostinato.kernels.segments import segments

LENGTHS = [9, 7, 7, 4, 1]
SIZES = torch.tensor([sum(length > t for length in LENGTHS) for t in range(9)])
ROWS = int(SIZES.sum())
OFFSETS = [0, *SIZES.cumsum(0).tolist()[:-1]]


def random_resets(seed: int, chance: float = 0.35) -> Tensor:
    return torch.rand(ROWS, generator=torch.Generator().manual_seed(seed)) < chance


def pieces(resets: Tensor) -> list[tuple[int, int, int]]:
    """Return (sequence, first step, step behind the last) of every piece."""
    found = []
    for sequence, length in enumerate(LENGTHS):
        inside = [t for t in range(1, length) if resets[OFFSETS[t] + sequence]]
        found += [(sequence, *ends) for ends in pairwise([0, *inside, length])]
    return found


@pytest.mark.parametrize("seed", range(5))
def test_the_segments_are_the_pieces_and_stand_by_falling_length(seed):
    resets = random_resets(seed)
    cuts = segments(SIZES, resets)
    lengths = sorted((end - start for _, start, end in pieces(resets)), reverse=True)
    assert cuts.batch_sizes.tolist() == [sum(n > t for n in lengths) for t in range(lengths[0])]
    steps = cuts.rows.split(cuts.batch_sizes.tolist())
    found = sorted([step[s].item() for step in steps if s < len(step)] for s in range(len(lengths)))
    assert found == sorted([OFFSETS[t] + b for t in range(i, j)] for b, i, j in pieces(resets))


@pytest.mark.parametrize("seed", range(5))
def test_joining_undoes_cutting(seed):
    cuts, rows = segments(SIZES, random_resets(seed)), torch.arange(ROWS)[:, None]
    assert torch.equal(cuts.join(cuts.cut(rows)), rows)


@pytest.mark.parametrize("seed", range(5))
def test_the_oracle_run_on_the_pieces_is_the_oracle_that_restarts(seed):
    torch.manual_seed(seed)
    resets = random_resets(seed)
    weights = [Weights(normal((12, 3)), normal((12, 4)), normal((12,)), normal((12,))) for _ in range(2)]
    x, h = normal((ROWS, 3)), normal((2, len(LENGTHS), 4))
    cuts = segments(SIZES, resets)
    (entered,) = cuts.enter((h,))
    output, last = reference.gru(cuts.cut(x), cuts.batch_sizes, entered, weights)
    expected = reference.gru(x, SIZES, h, weights, resets)
    assert_same([cuts.join(output), *cuts.leave((last,))], expected, torch.float64)


def test_a_restart_at_the_first_step_drops_the_forward_initial_state_alone():
    resets = torch.zeros(ROWS, dtype=torch.bool)
    resets[1] = True
    cuts, state = segments(SIZES, resets), torch.arange(1.0, 11.0).view(2, 5, 1)
    (entered,) = cuts.enter((state,))
    assert entered.flatten().tolist() == [1, 0, 3, 4, 5, 6, 7, 8, 9, 10]


def test_without_restarts_nothing_is_cut():
    cuts, x, h = segments(SIZES, torch.zeros(ROWS, dtype=torch.bool)), normal((ROWS, 3)), normal((2, 5, 4))
    assert torch.equal(cuts.batch_sizes, SIZES)
    assert torch.equal(cuts.cut(x), x)
    assert torch.equal(cuts.enter((h,))[0], h)
    assert torch.equal(cuts.leave((h,))[0], h)


def test_restarts_everywhere_leave_single_steps():
    cuts = segments(SIZES, torch.ones(ROWS, dtype=torch.bool))
    assert cuts.batch_sizes.tolist() == [ROWS]
    (entered,) = cuts.enter((torch.ones(2, 5, 1),))
    assert not entered[0].any()
    assert entered[1].sum() == 5  # in reverse, a sequence's initial state comes in at its last step
