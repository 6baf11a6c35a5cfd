"""Batches of pairs hold every token once, in the order that each side needs."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ostinato.data.pairs import PairExamples
from ostinato.data.sampler import token_batches
from ostinato.preprocess.pack import by_sequence

TOKENS = st.lists(st.integers(0, 8), min_size=1, max_size=5)


def unpacked(packed):
    """Return a packed batch's sequences."""
    sizes = packed.batch_sizes.numpy()
    lengths = [int((sizes > i).sum()) for i in range(int(sizes[0]))]
    rows = packed.data.numpy()[by_sequence(sizes)]
    return [part.tolist() for part in np.split(rows, np.cumsum(lengths)[:-1])]


@given(st.lists(st.tuples(TOKENS, TOKENS), min_size=1, max_size=6), st.randoms())
def test_every_target_finds_its_source_and_is_shifted_by_one(pairs, random):
    sources, targets = ([np.array(side) for side in sides] for sides in zip(*pairs, strict=True))
    examples = PairExamples(sources, targets, 9)
    indices = list(range(len(pairs)))
    random.shuffle(indices)
    batch = examples.batch(np.array(indices))
    read, inputs = unpacked(batch.source), unpacked(batch.input)
    said = unpacked(batch.input._replace(data=batch.target))
    assert all(tokens[0] == 9 for tokens in inputs)
    assert all(tokens[-1] == 9 for tokens in said)
    assert [tokens[1:] for tokens in inputs] == [tokens[:-1] for tokens in said]
    found = [(read[place], tokens[1:]) for place, tokens in zip(batch.order, inputs, strict=True)]
    assert sorted(found) == sorted(pairs)


@given(st.lists(st.integers(1, 12), min_size=1, max_size=60), st.integers(1, 40), st.integers(0, 3))
def test_batches_by_tokens_hold_every_pair_once_and_not_too_many_tokens(lengths, most, epoch):
    tokens = np.array(lengths)
    drawn = token_batches(tokens, tokens, most, 0, epoch)
    assert sorted(np.concatenate(drawn).tolist()) == list(range(len(tokens)))
    for batch in drawn:
        assert tokens[batch].sum() <= most or len(batch) == 1
        assert (np.diff(tokens[batch]) <= 0).all()
    again = token_batches(tokens, tokens, most, 0, epoch)
    assert [batch.tolist() for batch in again] == [batch.tolist() for batch in drawn]
