"""The frame convolution op against a dumb loop: values, and every gradient."""

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_sequence

from ostinato.errors import ArgumentError
from ostinato.nn.frame_convolution import FrameConvolution
from ostinato.spec.flow import Flow
from ostinato.spec.network import FrameConvolution as Spec

HEIGHT, WIDTH, FEATURES = 5, 4, 2


def made(**options):
    torch.manual_seed(0)
    spec = Spec(height=HEIGHT, width=WIDTH, channels=3, **options)
    return FrameConvolution(spec, Flow("steps", HEIGHT * WIDTH * FEATURES)).double()


def batch(*lengths):
    torch.manual_seed(1)
    return pack_sequence([torch.randn(n, HEIGHT * WIDTH * FEATURES, dtype=torch.double) for n in lengths])


def by_loops(op, rows):
    """Return what the op says, pixel by pixel, as its equation has it; without normalisation."""
    spec = op.spec
    frames = rows.view(-1, HEIGHT, WIDTH, FEATURES)
    pad = spec.kernel_size // 2
    said = []
    for i in range(spec.grid[0]):
        for j in range(spec.grid[1]):
            pixel = op.bias
            for k in range(spec.kernel_size):
                for m in range(spec.kernel_size):
                    row, column = spec.stride * i + k - pad, spec.stride * j + m - pad
                    if 0 <= row < HEIGHT and 0 <= column < WIDTH:
                        pixel = pixel + frames[:, row, column] @ op.weight[:, :, k, m].T
            said.append(pixel.expand(len(frames), -1))
    return torch.cat(said, dim=1)


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_values_and_gradients_are_those_of_the_equation(size, stride):
    op = made(kernel_size=size, stride=stride, normalization="none")
    input = batch(3, 1)
    leaves = [input.data.requires_grad_(), op.weight, op.bias]
    expected, actual = by_loops(op, input.data).relu(), op(input).data
    cotangent = torch.randn_like(expected)
    torch.testing.assert_close(actual, expected)
    torch.testing.assert_close(
        torch.autograd.grad(actual, leaves, cotangent), torch.autograd.grad(expected, leaves, cotangent)
    )


def test_normalisation_is_over_all_pixels_of_all_frames():
    op = made(kernel_size=3)
    input = batch(4, 2)
    pixels = by_loops(op, input.data).view(-1, op.spec.channels)
    expected = nn.BatchNorm1d(op.spec.channels).double()(pixels).relu().view(6, -1)
    torch.testing.assert_close(op(input).data, expected)
    assert op.norm.running_mean.abs().max() > 0


def test_it_learns_without_knowing_how_its_input_was_made():
    op = made(kernel_size=3)
    op(batch(2)).data.sum().backward()
    assert op.weight.grad.abs().max() > 0


def test_steps_that_hold_no_whole_pixels_are_refused():
    with pytest.raises(
        ArgumentError, match="size 41; expected a multiple of the 20 pixels of a frame, 5 by 4"
    ):
        made(kernel_size=3).spec.flow(Flow("steps", 41))
