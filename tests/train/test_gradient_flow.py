"""Gradient flow: the numbers of paper and pencil, the textbook's trouble, and nothing disturbed."""

import math

import numpy as np
import pytest
import torch
from torch.nn import functional as F
from torch.nn.utils.rnn import pack_sequence

from ostinato.errors import TrainingError
from ostinato.evaluate.gradient_flow import trend
from ostinato.nn.network import Network
from ostinato.spec.network import Convolution, Dropout, Embedding, Head, Pool, Recurrent
from ostinato.spec.network import Network as Spec
from ostinato.train import gradient_flow
from ostinato.train.gradient_flow import measure


def network(*ops, inputs=2, kind="steps", seed=0):
    torch.manual_seed(seed)
    return Network(Spec(input=kind, input_size=inputs, ops=ops))


def batch(*lengths, features=2):
    generator = torch.Generator().manual_seed(1)
    return pack_sequence([torch.randn(length, features, generator=generator) for length in lengths])


def summed(scores, targets):
    return scores.sum(), torch.tensor(float(len(targets)))


def cross_entropy(scores, targets):
    return F.cross_entropy(scores, targets, reduction="sum"), torch.tensor(float(len(targets)))


def classifier(cell, **options):
    recurrent = Recurrent(cell=cell, hidden_size=8, **options)
    return network(recurrent, Pool(kinds=("last",), directions=recurrent.directions), Head(size=3))


def test_linear_recurrence_shrinks_by_its_weight_at_every_step():
    module = network(Recurrent(cell="rnn_relu", hidden_size=1), Pool(kinds=("last",)), Head(size=1), inputs=1)
    with torch.no_grad():
        for name, value in {"weight_ih_l0": 1, "weight_hh_l0": 0.5, "bias_ih_l0": 0, "bias_hh_l0": 0}.items():
            module.get_parameter(f"recurrent.{name}").fill_(value)
        module.get_parameter("head.weight").fill_(-3.0)
    steps = pack_sequence([torch.ones(9, 1), torch.ones(4, 1)])
    (flow,) = measure(module, steps, torch.zeros(2, dtype=torch.long), summed, epoch=7)
    assert (flow.epoch, flow.layer, flow.distances) == (7, 0, tuple(range(9)))
    assert flow.norms == pytest.approx([3 * 0.5**d for d in range(9)], rel=1e-12)


def test_orthogonal_linear_recurrence_keeps_the_norm():
    module = network(Recurrent(cell="rnn_relu", hidden_size=4), Pool(kinds=("last",)), Head(size=1))
    with torch.no_grad():
        weight = module.get_parameter("recurrent.weight_hh_l0")
        weight.copy_(torch.eye(4)[[1, 2, 3, 0]])
        module.get_parameter("recurrent.bias_ih_l0").fill_(100.0)  # so that no rectifier closes
        expected = module.get_parameter("head.weight").norm().item()
    (flow,) = measure(module, batch(30, 20), torch.zeros(2, dtype=torch.long), summed, epoch=1)
    assert flow.norms == pytest.approx([expected] * 30, rel=1e-6)


def test_a_tied_head_and_dropped_weights_are_measured_as_the_network_answers():
    recurrent = {"cell": "lstm", "hidden_size": 3, "layers": 2}
    dropping = Recurrent(**recurrent, dropout=0.5, locked=True, weight_dropout=0.5)
    tokens = pack_sequence([torch.tensor([4, 1, 2, 0]), torch.tensor([3, 3])])
    flows = []
    for layers in (Recurrent(**recurrent), dropping):
        module = network(Embedding(size=3), layers, Head(size=5, tied="embedding"), inputs=5, kind="tokens")
        flows.append(measure(module, tokens, torch.zeros(2, dtype=torch.long), summed, epoch=1))
    assert len(flows[0]) == 2
    assert flows[0] == flows[1]


def test_sequences_enter_as_root_mean_square_of_their_own_losses():
    module = network(Recurrent(cell="gru", hidden_size=4), Pool(kinds=("last",)), Head(size=3))
    targets = torch.tensor([0, 2])
    sequences = [torch.randn(6, 2), torch.randn(3, 2)]
    (both,) = measure(module, pack_sequence(sequences), targets, cross_entropy, 1)
    alone = [
        measure(module, pack_sequence([s]), t[None], cross_entropy, 1)[0].norms
        for s, t in zip(sequences, targets, strict=True)
    ]
    for d, norm in enumerate(both.norms):
        assert norm == pytest.approx(math.sqrt(np.mean([a[d] ** 2 for a in alone if d < len(a)])))


@pytest.mark.parametrize("cell", ["rnn_tanh", "rnn_relu", "gru", "lstm"])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_norms_are_finite_differences_of_the_loss(cell, bidirectional):
    """h_t is moved by hand, in a copy of the chain written here, and the loss is seen to follow."""
    module = classifier(cell, layers=2, bidirectional=bidirectional).double()
    steps, target = torch.randn(5, 2, dtype=torch.float64), torch.tensor([1])
    flows = measure(module, pack_sequence([steps]), target, cross_entropy, 1)
    assert [flow.layer for flow in flows] == [0, 1]
    for layer, flow in enumerate(flows):
        for distance in (0, 3):
            gradient = [moved_loss(module, steps, target, layer, 4 - distance, unit) for unit in range(8)]
            assert flow.norms[distance] == pytest.approx(np.linalg.norm(gradient), rel=1e-3)


def moved_loss(module, steps, target, layer, step, unit, by=1e-4):
    """Return the slope of the loss when one unit of one forward state is moved."""

    def loss(shift):
        probe = torch.zeros(5, 8, dtype=torch.float64)
        probe[step, unit] = shift
        probes = [torch.zeros_like(probe), torch.zeros_like(probe)]
        probes[layer] = probe
        return float(F.cross_entropy(scores(module, steps, probes), target))

    return (loss(by) - loss(-by)) / (2 * by)


def scores(module, steps, probes):
    stack = module.ops["recurrent"]
    rows = steps
    for layer, probe in enumerate(probes):
        halves = [one_direction(stack, layer, "", rows, probe)]
        if stack.bidirectional:
            halves.append(one_direction(stack, layer, "_reverse", rows.flip(0), 0 * probe).flip(0))
        rows = torch.cat(halves, dim=1)
    last = rows[-1, :8] if not stack.bidirectional else torch.cat([rows[-1, :8], rows[0, 8:]])
    with torch.no_grad():
        return module.ops["head"](last[None])


def one_direction(stack, layer, suffix, rows, probe):
    cells = {"RNN_TANH": torch.nn.RNNCell, "RNN_RELU": torch.nn.RNNCell, "GRU": torch.nn.GRUCell}
    cell = cells.get(stack.mode, torch.nn.LSTMCell)(rows.shape[1], 8, dtype=torch.float64)
    if stack.mode == "RNN_RELU":
        cell.nonlinearity = "relu"
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    cell.load_state_dict({n: getattr(stack, f"{n}_l{layer}{suffix}") for n in names})
    h, c, found = torch.zeros(1, 8, dtype=torch.float64), torch.zeros(1, 8, dtype=torch.float64), []
    with torch.no_grad():
        for x, shift in zip(rows, probe, strict=True):
            if stack.mode == "LSTM":
                h, c = cell(x[None], (h, c))
            else:
                h = cell(x[None], h)
            h = h + shift
            found.append(h[0])
    return torch.stack(found)


def test_plain_rnn_vanishes_and_lstm_with_an_open_forget_gate_does_not():
    torch.manual_seed(0)
    targets = torch.zeros(4, dtype=torch.long)
    steps = batch(100, 100, 100, 100)
    (plain,) = measure(classifier("rnn_tanh"), steps, targets, cross_entropy, 1)
    gated = classifier("lstm")
    with torch.no_grad():
        gated.get_parameter("recurrent.bias_ih_l0")[8:16] = 6.0  # rows of f
    (open_gate,) = measure(gated, steps, targets, cross_entropy, 1)
    assert trend(plain).kind == "vanishes"
    assert trend(open_gate).kind == "healthy"
    assert plain.norms[-1] < 1e-6 * plain.norms[0]
    assert open_gate.norms[-1] > 0.01 * open_gate.norms[0]


def test_nothing_of_the_training_is_disturbed():
    ops = (
        Embedding(size=4),
        Dropout(name="noise", rate=0.5),
        Convolution(channels=5, kernel_size=3),
        Recurrent(cell="lstm", hidden_size=8, layers=2, dropout=0.5),
        Pool(kinds=("attention", "max")),
        Head(size=3),
    )
    module = network(*ops, inputs=11, kind="tokens")
    tokens = pack_sequence([torch.randint(11, (7,)), torch.randint(11, (5,))])
    module.train()
    module.ops["convolution"].eval()
    cross_entropy(module(tokens), torch.tensor([0, 1]))[0].backward()
    state = {name: value.clone() for name, value in module.state_dict().items()}
    gradients = [p.grad.clone() for p in module.parameters()]
    modes = [m.training for m in module.modules()]
    random = torch.get_rng_state()
    with torch.no_grad():
        flows = measure(module, tokens, torch.tensor([0, 1]), cross_entropy, 1)
    assert len(flows) == 2
    assert torch.equal(torch.get_rng_state(), random)
    assert [m.training for m in module.modules()] == modes
    assert all(torch.equal(state[name], value) for name, value in module.state_dict().items())
    assert all(torch.equal(g, p.grad) for g, p in zip(gradients, module.parameters(), strict=True))


def test_frozen_network_is_measured_all_the_same():
    module, steps = classifier("gru"), batch(5, 4)
    before = measure(module, steps, torch.tensor([0, 1]), cross_entropy, 1)
    module.requires_grad_(False)
    assert measure(module, steps, torch.tensor([0, 1]), cross_entropy, 1) == before


def test_long_and_many_sequences_are_measured_in_part(monkeypatch):
    monkeypatch.setattr(gradient_flow, "STEPS", 80)
    module, lengths = classifier("gru"), range(200, 100, -5)
    targets = torch.arange(20) % 3
    (flow,) = measure(module, batch(*lengths), targets, cross_entropy, 1)
    assert len(flow.distances) == 64
    assert (flow.distances[0], flow.distances[-1]) == (0, 79)
    steps = torch.nn.utils.rnn.unpack_sequence(batch(*lengths))
    chosen = [0, 3, 5, 8, 11, 14, 16, 19]
    cut = pack_sequence([steps[i][-80:] for i in chosen])
    assert measure(module, cut, targets[chosen], cross_entropy, 1)[0].norms == pytest.approx(flow.norms)


def test_norms_beyond_all_numbers_are_left_out():
    module = classifier("rnn_relu").double()
    with torch.no_grad():
        module.get_parameter("recurrent.weight_ih_l0").zero_()
        module.get_parameter("recurrent.weight_hh_l0").fill_(0.5)  # every step times 4
        module.get_parameter("recurrent.bias_hh_l0").zero_()
        module.get_parameter("recurrent.bias_ih_l0").fill_(1e-240)  # so that the states themselves stay small
    (flow,) = measure(module, batch(400), torch.tensor([0]), summed, 1)
    assert 250 < flow.distances[-1] < 260
    assert flow.norms[-1] > 1e150


def test_scores_that_are_no_numbers_are_an_error():
    module = classifier("gru")
    with torch.no_grad():
        module.get_parameter("head.bias").fill_(math.nan)
    with pytest.raises(TrainingError, match="not finite after epoch 3"):
        measure(module, batch(3), torch.tensor([0]), cross_entropy, 3)
