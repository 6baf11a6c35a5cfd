"""The recurrent op in NumPy against the drop-in layers in float64: every cell, length and direction."""

import numpy as np
import pytest
import torch

from networks import CELLS, ONE_LAYER, executors, pack, run_numpy, run_torch, sequences
from ostinato.runtime.cells import sigmoid
from ostinato.spec.network import Network, Recurrent


def network(cell, **shape):
    return Network(input="steps", input_size=3, ops=(Recurrent(cell=cell, hidden_size=5, **shape),))


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("bidirectional", [False, True], ids=["one way", "both ways"])
@pytest.mark.parametrize("steps", [1, 2, 7, 64, 65])
def test_one_layer_is_that_of_torch(cell, bidirectional, steps):
    in_torch, in_numpy = executors(network(cell, bidirectional=bidirectional), seed=steps)
    packed = pack(sequences(in_numpy.spec, [steps, steps, max(1, steps // 2), 1], seed=steps))
    expected = run_torch(in_torch.double(), packed._replace(data=packed.data.astype(np.float64)))
    np.testing.assert_allclose(run_numpy(in_numpy, packed), expected, rtol=0, atol=ONE_LAYER)


@pytest.mark.parametrize("cell", CELLS)
def test_the_state_after_a_stream_is_the_last_state_of_torch(cell):
    in_torch, in_numpy = executors(network(cell, layers=2))
    (array,) = sequences(in_numpy.spec, [9])
    state, _ = in_numpy.push(in_numpy.start(1), array[:, None])
    with torch.no_grad():
        _, last = in_torch.ops["recurrent"](torch.from_numpy(array))
    for name, expected in zip(("h", "c"), last if cell == "lstm" else (last,), strict=False):
        np.testing.assert_allclose(state[f"recurrent.{name}"][0], expected.numpy(), rtol=0, atol=1e-6)


def test_sigmoid_never_overflows():
    x = np.array([-np.inf, -1e38, -100.0, 0.0, 100.0, 1e38, np.inf], np.float32)
    assert sigmoid(x).tolist() == [0.0, 0.0, 0.0, 0.5, 1.0, 1.0, 1.0]
    x = np.linspace(-20, 20, 1001)
    np.testing.assert_allclose(sigmoid(x), 1 / (1 + np.exp(-x)), rtol=0, atol=1e-15)
