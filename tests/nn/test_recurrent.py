"""The recurrent op: the drop-in layers' results, weights that are dropped for a batch, locked masks."""

import copy

import pytest
import torch
from torch.nn import functional as F
from torch.nn.utils.rnn import PackedSequence, pack_sequence, pad_packed_sequence

from helpers import TOLERANCE
from ostinato import nn
from ostinato.nn.recurrent import Recurrent
from ostinato.spec.flow import Flow
from ostinato.spec.network import Recurrent as Spec

CELLS = ("rnn_tanh", "rnn_relu", "lstm", "gru")
RATE = 0.4


def recurrent(cell="lstm", seed=0, **options):
    torch.manual_seed(seed)
    return Recurrent(Spec(cell=cell, hidden_size=5, **options), Flow("steps", 3)).double()


def drop_in(op):
    """Return the drop-in layer with the op's weights."""
    kinds = {"LSTM": nn.LSTM, "GRU": nn.GRU, "RNN_TANH": nn.RNN, "RNN_RELU": nn.RNN}
    options = {} if op.mode in ("LSTM", "GRU") else {"nonlinearity": op.mode[4:].lower()}
    layer = kinds[op.mode](3, 5, op.num_layers, bidirectional=op.bidirectional, **options).double()
    layer.load_state_dict(op.state_dict())
    return layer


def batch(*lengths):
    torch.manual_seed(1)
    return pack_sequence([torch.randn(length, 3, dtype=torch.double) for length in lengths])


@pytest.mark.parametrize("options", [{}, {"layers": 3}, {"layers": 2, "bidirectional": True}], ids=str)
@pytest.mark.parametrize("cell", CELLS)
def test_it_says_what_the_drop_in_layer_says(cell, options):
    op = recurrent(cell, **options)
    input = batch(6, 4, 4, 1)
    (expected, last), (actual, states) = drop_in(op)(input), op(input)
    assert torch.equal(actual.data, expected.data)
    for state, other in zip(states, last if cell == "lstm" else (last,), strict=True):
        assert torch.equal(state, other)


def test_its_first_weights_are_those_that_the_drop_in_layer_would_draw():
    op = recurrent("gru", layers=2)
    torch.manual_seed(0)
    other = nn.GRU(3, 5, 2).double()
    assert op.state_dict().keys() == other.state_dict().keys()
    assert all(torch.equal(value, other.state_dict()[name]) for name, value in op.state_dict().items())


def thinned(op):
    """Return the drop-in layer with the weights that the op's next call will leave, and their factors."""
    layer, factors = drop_in(op), {}
    torch.manual_seed(7)
    for name, weight in layer.named_parameters():
        if name.startswith("weight_hh"):
            factors[name] = F.dropout(torch.ones_like(weight), RATE)
            weight.data *= factors[name]
    return layer, factors


@pytest.mark.parametrize("options", [{}, {"layers": 2}, {"layers": 2, "bidirectional": True}], ids=str)
@pytest.mark.parametrize("cell", CELLS)
def test_recurrent_weights_drop_once_for_all_steps_with_right_gradients(backend, cell, options):
    op = recurrent(cell, weight_dropout=RATE, **options)
    layer, factors = thinned(op)
    input = batch(9, 7, 7, 2)
    inputs = [PackedSequence(input.data.clone().requires_grad_(), input.batch_sizes) for _ in range(2)]
    expected, _ = layer(inputs[0], backend="reference")
    torch.manual_seed(7)
    with nn.backend(backend):
        actual, _ = op(inputs[1])
    cotangent = torch.randn_like(expected.data)
    expected.data.backward(cotangent)
    actual.data.backward(cotangent)
    tolerance = TOLERANCE[torch.float64]
    torch.testing.assert_close(actual.data, expected.data, **tolerance)
    torch.testing.assert_close(inputs[1].data.grad, inputs[0].data.grad, **tolerance)
    for name, weight in op.named_parameters():
        gradient = layer.get_parameter(name).grad * factors.get(name, 1.0)
        torch.testing.assert_close(weight.grad, gradient, **tolerance, msg=name)


def test_the_raw_weights_stay_as_they_are_and_the_mask_is_another_every_time():
    op, input = recurrent(weight_dropout=RATE), batch(5, 3)
    before = copy.deepcopy(op.state_dict())
    first, second = op(input)[0].data, op(input)[0].data
    assert not torch.equal(first, second)
    assert all(torch.equal(value, before[name]) for name, value in op.state_dict().items())


def test_no_weight_drops_when_it_answers():
    op, input = recurrent(weight_dropout=RATE, layers=2, dropout=0.5, locked=True).eval(), batch(5, 3)
    assert torch.equal(op(input)[0].data, drop_in(op)(input)[0].data)


def between(op, input):
    """Return what a first layer that copies its state hands to the second, by what the second makes of it."""
    seen = []
    op._between, kept = lambda rows, sizes: seen.append(kept(rows, sizes)) or seen[-1], op._between
    op(input)
    return PackedSequence(seen[0], input.batch_sizes)


@pytest.mark.parametrize("both", [False, True])
def test_between_layers_a_locked_mask_is_the_same_at_every_step(both):
    op = recurrent(layers=2, dropout=0.5, locked=True, bidirectional=both)
    padded, lengths = pad_packed_sequence(between(op, batch(8, 8, 5)))
    for b, length in enumerate(lengths):
        zero = padded[:length, b] == 0
        assert torch.equal(zero, zero[:1].expand_as(zero))
        assert zero.any()
    assert not torch.equal(padded[0, 0] == 0, padded[0, 1] == 0)


def test_between_layers_numbers_fall_one_by_one_unless_locked():
    op = recurrent(layers=2, dropout=0.5)
    padded, _ = pad_packed_sequence(between(op, batch(8, 8)))
    zero = padded[:, 0] == 0
    assert not torch.equal(zero, zero[:1].expand_as(zero))


@pytest.mark.parametrize("locked", [False, True])
def test_the_output_of_the_last_layer_never_drops(locked):
    op = recurrent(layers=2, dropout=0.9, locked=locked)
    assert (op(batch(8, 8))[0].data != 0).all()


@pytest.mark.parametrize("cell", CELLS)
def test_it_goes_on_from_states_and_restarts_where_it_is_told(cell):
    op, input = recurrent(cell, layers=2), batch(6, 6)
    resets = torch.zeros(12, dtype=torch.bool)
    resets[5] = True  # the second sequence, before its third step
    states = tuple(torch.randn(2, 2, 5).double() for _ in range(2 if cell == "lstm" else 1))
    mask = torch.zeros(6, 2, dtype=torch.bool)
    mask[2, 1] = True
    hx = states if cell == "lstm" else states[0]
    expected, _ = drop_in(op)(input, hx, reset=mask)
    assert torch.equal(op(input, states, resets)[0].data, expected.data)
