"""The dropout op: the kept is scaled up, whole steps fall together, nothing falls outside training."""

import pytest
import torch
from torch.nn.utils.rnn import pack_sequence

from ostinato.nn.dropout import Dropout
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


@pytest.mark.parametrize("op", [dropout().eval(), dropout(rate=0.0)], ids=["eval", "rate 0"])
def test_nothing_falls_outside_training_or_at_rate_0(op):
    input = ones(4, 2)
    assert op(input) is input
