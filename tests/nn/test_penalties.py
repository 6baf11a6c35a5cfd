"""AR and TAR over packed rows: what two lines a sequence say."""

import pytest
import torch
from torch.nn.utils.rnn import PackedSequence, pack_sequence

from ostinato.nn.network import Network
from ostinato.nn.penalties import activation_penalty, temporal_penalty
from ostinato.spec import network as spec

LENGTHS = [(5, 5, 3, 1), (4, 4), (1, 1), (7,)]


def sequences(lengths, features=3):
    torch.manual_seed(0)
    return [torch.randn(length, features, dtype=torch.double, requires_grad=True) for length in lengths]


@pytest.mark.parametrize("lengths", LENGTHS, ids=str)
def test_ar_is_the_mean_square_of_all_steps(lengths):
    arrays = sequences(lengths)
    every = torch.cat(arrays)
    expected = 2.0 * every.square().sum() / every.numel()
    torch.testing.assert_close(activation_penalty(pack_sequence(arrays), 2.0), expected)


@pytest.mark.parametrize("lengths", [(5, 5, 3, 1), (4, 4), (7,)], ids=str)
def test_tar_is_the_mean_square_of_differences_inside_sequences(lengths):
    arrays = sequences(lengths)
    differences = torch.cat([array[1:] - array[:-1] for array in arrays])
    expected = 0.5 * differences.square().mean()
    actual = temporal_penalty(pack_sequence(arrays), 0.5)
    torch.testing.assert_close(actual, expected)
    torch.testing.assert_close(
        torch.autograd.grad(actual, arrays, allow_unused=True, materialize_grads=True),
        torch.autograd.grad(expected, arrays, allow_unused=True, materialize_grads=True),
    )


def test_no_difference_is_taken_across_a_restart():
    whole, other = sequences((6, 4))
    resets = pack_sequence([torch.arange(6) == 2, torch.arange(4) == 0]).data
    pieces = [whole[:2], whole[2:], other]
    differences = torch.cat([piece[1:] - piece[:-1] for piece in pieces])
    actual = temporal_penalty(pack_sequence([whole, other]), 1.0, resets)
    torch.testing.assert_close(actual, differences.square().mean())


@pytest.mark.parametrize("resets", [None, torch.tensor([True, False])])
def test_where_there_is_no_difference_there_is_no_penalty(resets):
    packed = PackedSequence(torch.ones(2, 3), torch.tensor([2]))
    assert temporal_penalty(packed, 1.0, resets).item() == 0.0


def test_a_network_hands_out_what_they_read_in_the_pass_that_it_learns_from():
    torch.manual_seed(0)
    network = Network(
        spec.Network(
            input="steps",
            input_size=2,
            ops=(
                spec.Recurrent(cell="gru", hidden_size=3),
                spec.Dropout(rate=0.5, locked=True),
                spec.Head(size=2),
            ),
        )
    )
    seen, _ = network.activations(pack_sequence([torch.randn(4, 2), torch.randn(2, 2)]))
    raw, dropped = seen["recurrent"], seen["dropout"]
    kept = dropped.data != 0
    torch.testing.assert_close(dropped.data[kept], 2 * raw.data[kept])
    assert not kept.all()
    (activation_penalty(dropped, 2.0) + temporal_penalty(raw, 1.0)).backward()
    assert network.recurrent.weight_hh_l0.grad.abs().max() > 0
    assert not network.recurrent._forward_hooks
