"""The dropout op: the kept is scaled up, whole steps fall together, nothing falls outside training."""

from itertools import combinations

import pytest
import torch
from torch.nn.utils.rnn import pack_sequence, pad_packed_sequence

from ostinato.nn.dropout import Dropout, locked_dropout
from ostinato.spec.flow import Flow
from ostinato.spec.network import Dropout as Spec


def dropout(rate=0.25, kind="steps", **options):
    return Dropout(Spec(rate=rate, **options), Flow(kind, 50))


def ones(*lengths):
    return pack_sequence([torch.ones(length, 50) for length in lengths])


def test_numbers_fall_one_by_one_and_the_rest_is_scaled():
    torch.manual_seed(0)
    rows = dropout()(ones(40, 30)).data
    torch.testing.assert_close(rows.unique(), torch.tensor([0.0, 4 / 3]))
    assert 0.2 < (rows == 0).float().mean().item() < 0.3
    assert not (rows == 0).all(dim=1).any()


def test_whole_steps_fall_together():
    torch.manual_seed(0)
    rows = dropout(whole_steps=True)(ones(40, 30)).data
    assert ((rows == 0).all(dim=1) | (rows != 0).all(dim=1)).all()
    assert 0 < (rows == 0).all(dim=1).sum().item() < 70


def test_a_summary_has_no_steps_to_drop_as_a_whole():
    torch.manual_seed(0)
    summary = dropout(kind="summary", whole_steps=True)(torch.ones(20, 50))
    assert not (summary == 0).all(dim=1).any()
    assert (summary == 0).any()


@pytest.mark.parametrize(
    "op",
    [dropout().eval(), dropout(rate=0.0), dropout(locked=True).eval(), dropout(rate=0.0, locked=True)],
    ids=["eval", "rate 0", "locked, eval", "locked, rate 0"],
)
def test_nothing_falls_outside_training_or_at_rate_0(op):
    input = ones(4, 2)
    assert op(input) is input


def test_a_locked_mask_is_the_same_at_every_step_of_a_sequence_and_another_in_the_next():
    torch.manual_seed(0)
    rows = dropout(locked=True)(ones(9, 9, 4, 1))
    padded, lengths = pad_packed_sequence(rows)
    masks = []
    for b, length in enumerate(lengths):
        steps = padded[:length, b]
        assert torch.equal(steps, steps[:1].expand_as(steps))
        masks.append(steps[0])
    assert all(not torch.equal(a, b) for a, b in combinations(masks, 2))
    torch.testing.assert_close(rows.data.unique(), torch.tensor([0.0, 4 / 3]))


def test_a_locked_mask_falls_at_its_rate_and_anew_in_every_batch():
    torch.manual_seed(0)
    op, batch = dropout(locked=True), ones(*[2] * 200)
    first, second = op(batch).data, op(batch).data
    assert (first == 0).float().mean().item() == pytest.approx(0.25, abs=0.02)
    assert not torch.equal(first, second)


def test_the_gradient_passes_where_a_locked_mask_lets_it():
    torch.manual_seed(0)
    rows = torch.randn(7, 3, dtype=torch.double, requires_grad=True)
    dropped = locked_dropout(rows, torch.tensor([3, 2, 2]), 0.5)
    (gradient,) = torch.autograd.grad(dropped.sum(), rows)
    torch.testing.assert_close(gradient * rows, dropped)
    assert set(gradient.unique().tolist()) == {0.0, 2.0}


def test_a_summary_has_no_steps_to_share_a_mask():
    torch.manual_seed(0)
    summary = dropout(kind="summary", locked=True)(torch.ones(20, 50))
    assert not torch.equal(summary[0], summary[1])
