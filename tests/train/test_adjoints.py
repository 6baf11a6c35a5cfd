"""The recursions of ``adjoints`` against automatic differentiation through the reference's own steps."""

from functools import partial

import numpy as np
import pytest
import torch

from ostinato.kernels import ragged
from ostinato.kernels.dispatch import Weights
from ostinato.kernels.elman import reference as elman
from ostinato.kernels.gru import reference as gru
from ostinato.kernels.lstm import reference as lstm
from ostinato.train import adjoints

CELLS = {
    "tanh": (elman.step, 1),
    "relu": (partial(elman.step, nonlinearity="relu"), 1),
    "gru": (gru.step, 3),
    "lstm": (lstm.step, 4),
}
SIZES = {1: [4], 2: [3, 3], 7: [5, 5, 4, 2, 2, 1, 1], 65: [3] * 40 + [1] * 25}


def drawn(*shape):
    return torch.randn(*shape, dtype=torch.float64)


def by_autograd(step, rows, sizes, weights, direct):
    """Add a zero to every state and return the outputs and the gradients of the zeros."""
    probe = torch.zeros_like(direct, requires_grad=True)
    probes = iter(probe.split(sizes))

    def probed(x, state, weights):
        h, *cell = step(x, state, weights)
        return h + next(probes), *cell

    zeros = (direct.new_zeros(sizes[0], direct.shape[1]),) * (2 if step is lstm.step else 1)
    states = list(ragged.walk(probed, rows.split(sizes), zeros, weights, reverse=False))
    output = torch.cat([h for h, *_ in states])
    (gradient,) = torch.autograd.grad(output, probe, direct)
    return output.detach(), gradient


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("steps", SIZES)
def test_gradient_is_that_of_autograd(name, steps):
    torch.manual_seed(steps)
    (step, gates), sizes, size = CELLS[name], SIZES[steps], 6
    shapes = (gates * size, 3), (gates * size, size), (gates * size,), (gates * size,)
    weights = Weights(*(0.5 * drawn(*shape) for shape in shapes))
    rows, direct = drawn(sum(sizes), 3), drawn(sum(sizes), size)
    output, expected = by_autograd(step, rows, sizes, weights, direct)
    before = direct.clone()
    layer = adjoints.Layer(rows.numpy(), output.numpy(), np.array(sizes), *(w.numpy() for w in weights[:4]))
    actual = getattr(adjoints, name)(layer, direct.numpy())
    np.testing.assert_allclose(actual, expected.numpy(), rtol=1e-9, atol=1e-12)
    assert torch.equal(direct, before)
