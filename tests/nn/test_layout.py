"""Padded batches with lengths: what packing gives, without packing."""

import pytest
import torch
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from helpers import assert_same, layer_outputs_and_gradients, normal
from ostinato import nn
from ostinato.errors import ArgumentError

KINDS = ["RNN", "LSTM", "GRU"]
STEPS, LENGTHS = 7, [3, 6, 1, 5]


def layer_of(kind: str, batch_first: bool = False, **options):
    return getattr(nn, kind)(
        3, 4, 2, batch_first=batch_first, bidirectional=True, dtype=torch.float64, **options
    )


def states_of(kind: str, batch: int) -> list[torch.Tensor]:
    return [normal((4, batch, 4)) for _ in range(2 if kind == "LSTM" else 1)]


@pytest.mark.parametrize("batch_first", [False, True])
@pytest.mark.parametrize(
    "lengths", [LENGTHS, torch.tensor(LENGTHS, dtype=torch.int32)], ids=["list", "tensor"]
)
@pytest.mark.parametrize("kind", KINDS)
def test_lengths_give_what_packing_gives(backend, kind, lengths, batch_first):
    torch.manual_seed(0)
    layer = layer_of(kind, batch_first)
    x, states = normal((4, STEPS, 3) if batch_first else (STEPS, 4, 3)), states_of(kind, 4)
    actual = layer_outputs_and_gradients(layer, x, states, lengths=lengths, backend=backend)
    packed = layer_outputs_and_gradients(
        layer, x, states, lambda x: pack_padded_sequence(x, LENGTHS, batch_first, enforce_sorted=False)
    )
    assert_same(actual[1 : 1 + len(states)], packed[1 : 1 + len(states)], torch.float64)
    hx = tuple(states) if kind == "LSTM" else states[0]
    padded = layer(pack_padded_sequence(x, LENGTHS, batch_first, enforce_sorted=False), hx)[0]
    expected = pad_packed_sequence(padded, batch_first, total_length=STEPS)[0]
    assert_same([actual[0]], [expected], torch.float64)


@pytest.mark.parametrize("kind", KINDS)
def test_a_sequence_gives_the_same_alone_and_padded_in_a_batch(backend, kind):
    torch.manual_seed(0)
    layer, x = layer_of(kind), normal((STEPS, 4, 3))
    output, last = layer(x, lengths=LENGTHS, backend=backend)
    for index, length in enumerate(LENGTHS):
        alone, alone_last = layer(x[:length, index], backend=backend)
        torch.testing.assert_close(output[:length, index], alone)
        pairs = zip(last, alone_last, strict=True) if kind == "LSTM" else [(last, alone_last)]
        for ours, theirs in pairs:
            torch.testing.assert_close(ours[:, index], theirs)


@pytest.mark.parametrize("kind", KINDS)
def test_padding_is_not_read_and_its_output_is_zero(kind):
    layer, clean = layer_of(kind), normal((STEPS, 4, 3))
    behind = torch.arange(STEPS)[:, None] >= torch.tensor(LENGTHS)
    dirty = clean.masked_fill(behind[..., None], float("nan"))
    results = [layer_outputs_and_gradients(layer, x, lengths=LENGTHS) for x in (clean, dirty)]
    torch.testing.assert_close(*results, rtol=0, atol=0)
    output, input_gradient = results[1][0], results[1][2 + (kind == "LSTM")]
    assert (output[behind] == 0).all()
    assert (input_gradient[behind] == 0).all()
    assert (input_gradient[~behind] != 0).all()


@pytest.mark.parametrize("kind", KINDS)
def test_full_lengths_give_what_no_lengths_give(kind):
    layer, x = layer_of(kind, batch_first=True), normal((4, STEPS, 3))
    torch.testing.assert_close(layer(x, lengths=[STEPS] * 4), layer(x), rtol=0, atol=0)


@pytest.mark.parametrize(
    ("lengths", "words"),
    [
        ([3, 2, 1], r"shape \(3,\); expected a whole number for each of the 4"),
        ([3.0, 2.0, 1.0, 1.0], "torch.float32 of shape"),
        ([True] * 4, "torch.bool of shape"),
        ([3, 0, 1, 1], "lengths go from 0 to 3; expected 1 to 7"),
        ([8, 1, 1, 1], "lengths go from 1 to 8; expected 1 to 7"),
    ],
)
def test_lengths_that_do_not_fit_are_refused(lengths, words):
    with pytest.raises(ArgumentError, match=words):
        layer_of("GRU")(normal((STEPS, 4, 3)), lengths=lengths)


def test_lengths_are_refused_where_there_is_nothing_to_cut():
    layer, x = layer_of("GRU"), normal((STEPS, 4, 3))
    with pytest.raises(ArgumentError, match="one unbatched sequence"):
        layer(x[:, 0], lengths=[3])
    with pytest.raises(ArgumentError, match="PackedSequence, which holds its own"):
        layer(pack_padded_sequence(x, [7, 7, 6, 1]), lengths=[7, 7, 6, 1])
