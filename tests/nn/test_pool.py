"""The pool op against one line of mathematics a sequence, values and gradients."""

import pytest
import torch
from torch.nn.utils.rnn import PackedSequence, pack_sequence

from ostinato.nn.pool import Pool
from ostinato.spec.flow import Flow
from ostinato.spec.network import Pool as Spec

LENGTHS = [(65, 64, 7, 2, 1, 1), (7, 7, 7), (1,), (1, 1)]


def attend(op, h):
    a = torch.softmax(torch.tanh(h @ op.attention.weight.T + op.attention.bias) @ op.attention.query, dim=0)
    return a @ h


REFERENCE = {
    "last": lambda op, h: h[-1],
    "mean": lambda op, h: h.mean(0),
    "max": lambda op, h: h.amax(0),
    "attention": attend,
}


def pool(*kinds, features=4, directions=1):
    torch.manual_seed(1)
    return Pool(Spec(kinds=kinds, attention_size=3, directions=directions), Flow("steps", features)).double()


@pytest.mark.parametrize("lengths", LENGTHS, ids=str)
@pytest.mark.parametrize("kinds", [("last",), ("mean",), ("max",), ("attention",), tuple(REFERENCE)], ids=str)
def test_values_and_gradients_are_those_of_the_mathematics(kinds, lengths):
    op = pool(*kinds)
    sequences = [torch.randn(length, 4, dtype=torch.double, requires_grad=True) for length in lengths]
    leaves = [*sequences, *op.parameters()]
    expected = torch.stack([torch.cat([REFERENCE[k](op, h) for k in kinds]) for h in sequences])
    actual = op(pack_sequence(sequences))
    cotangent = torch.randn_like(expected)
    torch.testing.assert_close(actual, expected)
    torch.testing.assert_close(
        torch.autograd.grad(actual, leaves, cotangent), torch.autograd.grad(expected, leaves, cotangent)
    )


def test_the_reverse_direction_ends_at_the_first_step():
    sequences = [torch.randn(5, 4, dtype=torch.double), torch.randn(2, 4, dtype=torch.double)]
    expected = torch.stack([torch.cat([h[-1, :2], h[0, 2:]]) for h in sequences])
    torch.testing.assert_close(pool("last", directions=2)(pack_sequence(sequences)), expected)


def test_equal_highest_values_share_the_gradient():
    h = torch.tensor([[2.0], [2.0], [1.0]], requires_grad=True)
    op = Pool(Spec(kinds=("max",)), Flow("steps", 1))
    op(pack_sequence([h])).sum().backward()
    assert h.grad.tolist() == [[0.5], [0.5], [0.0]]


def test_attention_survives_a_worth_that_exp_would_not():
    op = pool("attention")
    with torch.no_grad():
        op.attention.query.fill_(1e4)
    h = torch.randn(9, 4, dtype=torch.double, requires_grad=True)
    answer = op(pack_sequence([h]))
    answer.sum().backward()
    assert torch.isfinite(answer).all()
    assert torch.isfinite(h.grad).all()


@pytest.mark.parametrize("threads", [1, 2])
def test_gradients_are_the_same_bits_in_every_run(threads):
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        op = Pool(Spec(kinds=("mean", "max", "attention")), Flow("steps", 32))
        rows = torch.randn(2000, 32)
        found = []
        for _ in range(3):
            leaf = rows.clone().requires_grad_()
            op(PackedSequence(leaf, torch.full((100,), 20))).square().sum().backward()
            found.append(leaf.grad)
        assert torch.equal(found[0], found[1])
        assert torch.equal(found[0], found[2])
    finally:
        torch.set_num_threads(before)
