"""The adaptive head: a distribution, whose cheap path says what the full one says."""

import pytest
import torch
from torch.nn.utils.rnn import PackedSequence

from ostinato.nn.adaptive_head import AdaptiveHead
from ostinato.spec.flow import Flow
from ostinato.spec.network import AdaptiveHead as Spec

SPEC = Spec(size=30, cutoffs=(5, 12, 29), factor=1.5)


def head(spec=SPEC, features=8):
    torch.manual_seed(0)
    return AdaptiveHead(spec, Flow("steps", features)).double()


def test_weights_have_the_names_and_shapes_of_the_spec():
    shapes = {name: tuple(weight.shape) for name, weight in head().state_dict().items()}
    assert shapes == SPEC.tensors(Flow("steps", 8))


def test_the_probabilities_of_all_words_sum_to_one():
    rows = torch.randn(7, 8).double() * 3
    said = head()(PackedSequence(rows, torch.tensor([4, 3])))
    assert said.data.shape == (7, 30)
    torch.testing.assert_close(said.data.exp().sum(1), torch.ones(7).double())
    assert torch.equal(head()(rows), said.data)


def test_probabilities_are_those_of_the_equation():
    op = head()
    rows = torch.randn(3, 8).double()
    frequent = (rows @ op.softmax.head.weight.T + op.softmax.head.bias).softmax(1)
    narrow, wide = (op.softmax.tail[1][i].weight for i in (0, 1))
    inside = (rows @ narrow.T @ wide.T).softmax(1)
    torch.testing.assert_close(op(rows)[:, :5].exp(), frequent[:, :5])
    torch.testing.assert_close(op(rows)[:, 12:29].exp(), frequent[:, 6:7] * inside)


@pytest.mark.parametrize(
    "targets", [list(range(30)), [0], [29], [5, 11], [4, 4, 4]], ids=lambda targets: f"{len(targets)} rows"
)
def test_the_cheap_path_says_what_the_full_one_says_values_and_gradients(targets):
    op = head()
    targets = torch.tensor(targets)
    rows = torch.randn(len(targets), 8, dtype=torch.double, requires_grad=True)
    leaves = [rows, *op.parameters()]
    full = op(rows).gather(1, targets[:, None])[:, 0]
    cheap = op.log_likelihood(rows, targets)
    torch.testing.assert_close(cheap, full)
    options = {"allow_unused": True, "materialize_grads": True}
    torch.testing.assert_close(
        torch.autograd.grad(cheap.sum(), leaves, **options),
        torch.autograd.grad(full.sum(), leaves, **options),
    )


def test_clusters_without_a_target_are_not_computed():
    op = head()
    with torch.no_grad():
        op.softmax.tail[2][0].weight.fill_(torch.nan)
    targets = torch.arange(29)
    assert op.log_likelihood(torch.randn(29, 8).double(), targets).isfinite().all()
