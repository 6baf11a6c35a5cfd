"""The embedding op: vectors of tokens, and whole tokens that fall while training."""

import pytest
import torch
from torch.nn.utils.rnn import PackedSequence

from ostinato.nn.embedding import Embedding
from ostinato.spec.flow import Flow
from ostinato.spec.network import Embedding as Spec


def embedding(vocabulary=40, size=6, dropout=0.0):
    torch.manual_seed(0)
    return Embedding(Spec(size=size, dropout=dropout), Flow("tokens", vocabulary))


def batch(tokens):
    return PackedSequence(torch.as_tensor(tokens), torch.ones(len(tokens), dtype=torch.int64))


def test_a_token_is_its_row():
    op = embedding()
    assert torch.equal(op(batch([3, 0, 3])).data, op.weight[[3, 0, 3]])


def test_a_token_falls_wherever_it_stands_and_the_others_are_scaled():
    op, tokens = embedding(dropout=0.25), torch.randint(40, (400,))
    factor = op(batch(tokens)).data / op.weight[tokens]
    for token in tokens.unique():
        mine = factor[tokens == token]
        torch.testing.assert_close(mine, mine[:1, :1].expand_as(mine))
    kept = factor[:, 0] != 0
    torch.testing.assert_close(factor[kept], torch.full_like(factor[kept], 4 / 3))
    assert 0 < kept.sum() < len(tokens)


def test_tokens_fall_at_the_rate_and_anew_in_every_batch():
    op, tokens = embedding(vocabulary=4000, size=1, dropout=0.3), torch.arange(4000)
    first, second = (op(batch(tokens)).data == 0 for _ in range(2))
    assert first.float().mean().item() == pytest.approx(0.3, abs=0.03)
    assert not torch.equal(first, second)


def test_a_fallen_token_learns_nothing_and_the_others_more():
    op, tokens = embedding(dropout=0.5), torch.tensor([1, 2, 3, 1, 5, 6, 7, 8])
    rows = op(batch(tokens)).data
    rows.sum().backward()
    kept = (rows != 0).all(dim=1)
    assert 0 < kept.sum() < len(tokens)
    expected = torch.zeros_like(op.weight).index_add_(0, tokens[kept], torch.full((int(kept.sum()), 6), 2.0))
    torch.testing.assert_close(op.weight.grad, expected)


def test_outside_training_no_token_falls():
    op = embedding(dropout=0.9).eval()
    assert torch.equal(op(batch([3, 0])).data, op.weight[[3, 0]])
