"""GRU-D is what its equations say: values, and the gradient of every weight."""

import numpy as np
import pytest
import torch
from torch.nn.utils.rnn import pack_sequence

from helpers import assert_same, outputs_and_gradients
from ostinato.nn.gru_d import GruD
from ostinato.spec.flow import Flow
from ostinato.spec.network import GruD as Spec

MEANS = (0.5, -1.0, 0.0)
STATIC = 2


def patient(length, generator):
    """Return values, masks, times and descriptors of one sequence, (T, 2 I + 1 + S), in float64."""
    values = torch.randn(length, len(MEANS), generator=generator, dtype=torch.float64)
    masks = (torch.rand(values.shape, generator=generator) < 0.4).double()
    times = torch.rand(length, 1, generator=generator, dtype=torch.float64) * 3
    times[0] = 0
    static = torch.randn(STATIC, generator=generator, dtype=torch.float64).expand(length, -1)
    return torch.cat([values * masks, masks, times, static], dim=1)


def reference(rows, weights):
    """Return the states of one sequence: the equations of the spec, a line each."""
    means, size = torch.tensor(MEANS, dtype=torch.float64), len(MEANS)
    w_ih, w_hh, b_ih, b_hh, w_a, b_a, w_b, b_b = weights
    h, d, last, mask, states = (
        torch.zeros(w_hh.shape[1]).double(),
        torch.zeros(size).double(),
        means,
        None,
        [],
    )
    for row in rows:
        x, m, s, static = row.split([size, size, 1, STATIC])
        d = s + (torch.ones(size) if mask is None else 1 - mask) * d
        a = torch.exp(-torch.clamp(w_a * d + b_a, min=0))
        b = torch.exp(-torch.clamp(w_b @ d + b_b, min=0))
        seen = m * x + (1 - m) * (a * last + (1 - a) * means)
        h = b * h
        x_r, x_z, x_n = (w_ih @ torch.cat([seen, m, static]) + b_ih).chunk(3)
        h_r, h_z, h_n = (w_hh @ h + b_hh).chunk(3)
        r, z = torch.sigmoid(x_r + h_r), torch.sigmoid(x_z + h_z)
        h = (1 - z) * torch.tanh(x_n + r * h_n) + z * h
        last, mask = m * x + (1 - m) * last, m
        states.append(h)
    return torch.stack(states)


@pytest.mark.parametrize("lengths", [[1], [2, 1], [7, 7, 3], [65, 64, 2, 1]], ids=str)
def test_it_is_what_the_equations_say(lengths):
    generator = torch.Generator().manual_seed(0)
    sequences = [patient(length, generator) for length in lengths]
    op = GruD(Spec(hidden_size=5, means=MEANS), Flow("steps", 2 * len(MEANS) + 1 + STATIC)).double()
    names = [name for name, _ in op.named_parameters()]

    def ours(*weights):
        said = torch.func.functional_call(
            op, dict(zip(names, weights, strict=True)), (pack_sequence(sequences),)
        )
        return list(torch.nn.utils.rnn.unpack_sequence(said))

    def theirs(*weights):
        return [reference(rows, weights) for rows in sequences]

    weights = [*op.parameters()]
    assert names == [
        *(f"cell.{name}" for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")),
        *("input_decay.weight", "input_decay.bias", "hidden_decay.weight", "hidden_decay.bias"),
    ]
    actual, expected = outputs_and_gradients(ours, weights), outputs_and_gradients(theirs, weights)
    assert_same(actual, expected, torch.float64)


def test_long_after_an_observation_its_channel_is_at_its_mean():
    op = GruD(Spec(hidden_size=4, means=(2.0,)), Flow("steps", 3))
    with torch.no_grad():
        op.input_decay.weight.fill_(1.0)
        op.input_decay.bias.zero_()
        late = pack_sequence([torch.tensor([[9.0, 1, 0], [0.0, 0, 1000]])])
        other = pack_sequence([torch.tensor([[9.0, 1, 0], [0.0, 0, 1000]]), torch.tensor([[-9.0, 1, 0]])])
        op.hidden_decay.weight.fill_(1.0)
        op.hidden_decay.bias.zero_()
        faded = op(late).data[1]
        never = op(pack_sequence([torch.tensor([[0.0, 0, 0]])])).data[0]
    np.testing.assert_allclose(faded, never, atol=1e-6)
    assert op(other).data.shape == (3, 4)


def test_too_few_features_are_refused():
    with pytest.raises(ValueError, match="expected 3 values, as many masks, a time"):
        Spec(hidden_size=4, means=MEANS).flow(Flow("steps", 6))
