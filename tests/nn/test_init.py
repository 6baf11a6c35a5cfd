"""Initial values that help gradients through many steps."""

import pytest
import torch

from ostinato import nn
from ostinato.errors import ArgumentError
from ostinato.nn.init import forget_gate_bias_, orthogonal_recurrence_


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_every_gates_recurrence_is_orthogonal(kind):
    layer = getattr(nn, kind)(3, 6, 2, bidirectional=True)
    inputs = layer.weight_ih_l0.clone()
    assert orthogonal_recurrence_(layer) is layer
    for name in ("weight_hh_l0", "weight_hh_l0_reverse", "weight_hh_l1", "weight_hh_l1_reverse"):
        for gate in getattr(layer, name).split(6):
            torch.testing.assert_close(gate @ gate.T, torch.eye(6), rtol=0, atol=1e-5)
    assert torch.equal(layer.weight_ih_l0, inputs)
    assert layer.weight_hh_l0.requires_grad


def test_gates_are_drawn_apart():
    first, second = orthogonal_recurrence_(nn.GRU(3, 6)).weight_hh_l0.split(6)[:2]
    assert not torch.allclose(first, second)


@pytest.mark.parametrize("kind", ["RNNCell", "LSTMCell", "GRUCell"])
def test_cells_take_orthogonal_recurrence_too(kind):
    gate = orthogonal_recurrence_(getattr(nn, kind)(3, 6)).weight_hh[:6]
    torch.testing.assert_close(gate @ gate.T, torch.eye(6), rtol=0, atol=1e-5)


def test_with_a_projection_columns_are_orthonormal():
    gate = orthogonal_recurrence_(nn.LSTM(3, 6, proj_size=2)).weight_hh_l0[:6]
    torch.testing.assert_close(gate.T @ gate, torch.eye(2), rtol=0, atol=1e-5)


def test_forget_gate_bias_is_set_and_nothing_else():
    layer = nn.LSTM(3, 4, 2, bidirectional=True)
    before = {name: weight.clone() for name, weight in layer.state_dict().items()}
    assert forget_gate_bias_(layer, 2.0) is layer
    forget = slice(4, 8)
    for name, weight in layer.state_dict().items():
        if name.startswith("bias"):
            assert (weight[forget] == (2.0 if "bias_ih" in name else 0.0)).all()
            weight[forget] = before[name][forget]
        assert torch.equal(weight, before[name])


def test_an_open_forget_gate_remembers():
    cell = forget_gate_bias_(nn.LSTMCell(1, 4), 50.0)
    with torch.no_grad():
        cell.weight_ih.zero_()
        cell.weight_hh.zero_()
        cell.bias_ih[8:12] = 0  # g: nothing new
        cell.bias_hh[8:12] = 0
    c = torch.randn(2, 4)
    torch.testing.assert_close(cell(torch.ones(2, 1), (torch.zeros(2, 4), c))[1], c)


@pytest.mark.parametrize("layer", [nn.GRU(3, 4), nn.LSTM(3, 4, bias=False)], ids=["GRU", "no bias"])
def test_layers_without_a_forget_gate_bias_are_refused(layer):
    with pytest.raises(ArgumentError, match="has no forget-gate bias"):
        forget_gate_bias_(layer)
