"""Tracing every step's state, and what torch.compile makes of a layer."""

import pytest
import torch
from torch._dynamo.utils import counters
from torch.nn.utils.rnn import pack_sequence

from helpers import assert_same, normal
from ostinato import nn
from ostinato.kernels.dispatch import Weights
from ostinato.kernels.gru import gru
from ostinato.nn import stack

KINDS = ["RNN", "LSTM", "GRU"]


@pytest.mark.parametrize("kind", KINDS)
def test_trace_gives_the_layers_output_and_every_state(kind):
    layer = getattr(nn, kind)(3, 4, 2, bidirectional=True, dtype=torch.float64)
    packed = pack_sequence([normal((5, 3)), normal((2, 3))])
    output, states = stack.traced(layer, packed)
    torch.testing.assert_close(output.data, layer(packed)[0].data)
    assert [len(directions) for directions in states] == [2, 2]
    assert [len(state) for state in states[0][0]] == [2 if kind == "LSTM" else 1] * 5
    assert [tuple(state[0].shape) for state in states[0][1]] == [(2, 4), (2, 4), (1, 4), (1, 4), (1, 4)]
    top = [torch.cat([f[0], r[0]], dim=1) for f, r in zip(*states[1], strict=True)]
    torch.testing.assert_close(torch.cat(top), output.data)


@pytest.mark.parametrize("kind", KINDS)
def test_traced_states_are_what_the_loss_depends_on(kind):
    layer = getattr(nn, kind)(3, 4, dtype=torch.float64)
    x = normal((6, 1, 3))
    output, states = stack.traced(layer, pack_sequence([x[:, 0]]))
    early = states[0][0][2]
    actual = torch.autograd.grad(output.data[-1].square().sum(), early[0])

    leaves = [state.detach().requires_grad_() for state in early]
    hx = tuple(leaf[None] for leaf in leaves)
    rest, _ = layer(x[3:], hx if kind == "LSTM" else hx[0])
    assert_same(actual, torch.autograd.grad(rest[-1].square().sum(), leaves[0]), torch.float64)


def test_a_trace_drops_out_between_layers_as_the_layer_does():
    layer = nn.GRU(3, 4, 2, dropout=0.5)
    packed = pack_sequence([torch.randn(5, 3), torch.randn(2, 3)])
    torch.manual_seed(0)
    expected = layer(packed)[0].data
    torch.manual_seed(0)
    torch.testing.assert_close(stack.traced(layer, packed).output.data, expected)


@pytest.fixture
def fresh_dynamo():
    torch._dynamo.reset()
    counters.clear()
    yield counters
    torch._dynamo.reset()
    counters.clear()


@pytest.mark.parametrize("kind", KINDS)
def test_compiled_model_breaks_its_graph_at_a_layer_and_is_right(fresh_dynamo, kind):
    model = torch.nn.Sequential(torch.nn.Linear(3, 3), getattr(nn, kind)(3, 4, 2))
    compiled = torch.compile(model, backend="aot_eager")
    for steps in (5, 8, 9):
        x = torch.randn(steps, 2, 3)
        torch.testing.assert_close(compiled(x), model(x))
    assert any("RNN, GRU, or LSTM" in reason for reason in fresh_dynamo["graph_break"])
    assert fresh_dynamo["stats"]["unique_graphs"] == 0  # nothing inside the layer was compiled bit by bit


@pytest.mark.parametrize("kind", ["RNNCell", "LSTMCell", "GRUCell"])
def test_a_cell_compiles_whole(fresh_dynamo, kind):
    cell, x = getattr(nn, kind)(3, 4), torch.randn(2, 3)
    torch.testing.assert_close(torch.compile(cell, backend="aot_eager", fullgraph=True)(x), cell(x))


@pytest.mark.parametrize("kind", KINDS)
def test_layer_compiles_whole_where_the_user_allows_it(fresh_dynamo, kind):
    model = torch.nn.Sequential(torch.nn.Linear(3, 3), getattr(nn, kind)(3, 4))
    x = torch.randn(5, 2, 3)
    with torch._dynamo.config.patch(allow_rnn=True):
        compiled = torch.compile(model, backend="aot_eager", fullgraph=True)
        torch.testing.assert_close(compiled(x), model(x))


def test_compiled_layer_listens_to_the_context_manager(fresh_dynamo):
    layer, x = nn.GRU(3, 4), torch.randn(5, 2, 3)
    with torch._dynamo.config.patch(allow_rnn=True):
        compiled = torch.compile(layer, backend="aot_eager")
        compiled(x)
        with nn.backend("no such"), pytest.raises(ValueError, match="unknown backend 'no such'"):
            compiled(x)


def test_bare_op_compiles_whole_for_sequences_of_one_length(fresh_dynamo):
    weights = [Weights(*nn.GRU(3, 4).parameters())]
    x, h, sizes = torch.randn(10, 3), torch.zeros(1, 2, 4), torch.full((5,), 2)

    def call(x, h, sizes):
        return gru(x, sizes, h, weights)

    compiled = torch.compile(call, backend="aot_eager", fullgraph=True)
    torch.testing.assert_close(compiled(x, h, sizes), call(x, h, sizes))
