"""The convolution op against torch.nn.functional.conv1d and torch.nn.BatchNorm1d, on ragged batches."""

import pytest
import torch
from torch import nn
from torch.nn.functional import conv1d, pad
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pack_sequence, pad_packed_sequence

from ostinato.nn.convolution import Convolution, Normalization, convolve
from ostinato.spec.flow import Flow
from ostinato.spec.network import Convolution as Spec


def batch(*lengths, features=2):
    torch.manual_seed(0)
    return pack_sequence([torch.randn(length, features, dtype=torch.double) for length in lengths])


def by_conv1d(input, weight, bias, stride):
    """Return the causal convolution of a packed batch by padding it."""
    padded, lengths = pad_packed_sequence(input)
    mapped = conv1d(pad(padded.permute(1, 2, 0), (weight.shape[2] - 1, 0)), weight, bias, stride)
    return pack_padded_sequence(mapped.permute(2, 0, 1), -(-lengths // stride)).data


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("size", [1, 2, 5, 70])
@pytest.mark.parametrize("lengths", [(65, 64, 7, 2, 1), (7, 7, 7), (1,)], ids=str)
def test_values_and_gradients_are_those_of_conv1d(size, lengths, stride):
    input = batch(*lengths)
    leaves = [
        input.data.requires_grad_(),
        torch.randn(3, 2, size, dtype=torch.double, requires_grad=True),
        torch.randn(3, dtype=torch.double, requires_grad=True),
    ]
    packed = PackedSequence(leaves[0], input.batch_sizes)
    expected, actual = by_conv1d(packed, *leaves[1:], stride), convolve(packed, *leaves[1:], stride)
    cotangent = torch.randn_like(expected)
    torch.testing.assert_close(actual, expected)
    torch.testing.assert_close(
        torch.autograd.grad(actual, leaves, cotangent), torch.autograd.grad(expected, leaves, cotangent)
    )


@pytest.mark.parametrize("stride", [1, 2])
def test_second_derivatives_are_right(stride):
    input = batch(4, 2, 1)
    weight, bias = torch.randn(3, 2, 3, dtype=torch.double), torch.randn(3, dtype=torch.double)

    def run(rows, weight, bias):
        return convolve(PackedSequence(rows, input.batch_sizes), weight, bias, stride)

    leaves = [x.requires_grad_() for x in (input.data, weight, bias)]
    assert torch.autograd.gradgradcheck(run, leaves)


def test_input_that_needs_no_gradient_gets_none():
    op = Convolution(Spec(channels=3, kernel_size=2), Flow("steps", 2)).double()
    input = batch(4, 2)
    op(input).data.sum().backward()
    assert input.data.grad is None
    assert op.weight.grad is not None


def test_normalisation_is_that_of_batchnorm1d_over_real_steps_alone():
    ours, theirs = Normalization(3), nn.BatchNorm1d(3)
    rows = torch.randn(20, 3) * 3 + 1
    for _ in range(3):
        torch.testing.assert_close(ours(rows), theirs(rows))
    torch.testing.assert_close(ours.running_mean, theirs.running_mean)
    torch.testing.assert_close(ours.running_var, theirs.running_var)
    torch.testing.assert_close(ours.eval()(rows), theirs.eval()(rows))


def test_a_single_row_trains_on_the_statistics_gathered_so_far_and_leaves_them():
    norm = Normalization(2)
    norm.running_mean.fill_(1.0)
    norm.running_var.fill_(4.0)
    out = norm(torch.tensor([[3.0, 1.0]]))
    torch.testing.assert_close(out, torch.tensor([[1.0, 0.0]]), atol=1e-5, rtol=0)
    assert norm.running_mean.tolist() == [1.0, 1.0]


def test_initial_weights_are_within_those_of_conv1d():
    op = Convolution(Spec(channels=50, kernel_size=4), Flow("steps", 9))
    assert 0.9 / 6 < op.weight.abs().max().item() <= 1 / 6
