"""A torch network from its spec: names, weights in and out, initialisation."""

import numpy as np
import pytest
import torch
from torch.nn.utils.rnn import PackedSequence

from networks import ALL, executors, pack, run_torch, sequences, spoil
from ostinato.errors import ArgumentError
from ostinato.nn.network import Network, export_tensors, import_tensors, initialise
from ostinato.nn.recurrent import Recurrent
from ostinato.spec import network as spec
from ostinato.spec.options import NetworkOptions

networks = pytest.mark.parametrize("spec", ALL.values(), ids=ALL.keys())
LEARNT = {name: spec for name, spec in ALL.items() if spec.ops[-1].op != "crf"}
"""A CRF's weights stand in its likelihood alone, which ``test_crf`` differentiates."""


@networks
def test_weights_have_exactly_the_names_and_shapes_of_the_spec(spec):
    state = Network(spec).state_dict()
    assert {name: tuple(values.shape) for name, values in state.items()} == spec.tensors()


@networks
def test_weights_go_out_and_in_again(spec):
    network, _ = executors(spec, seed=1)
    other, _ = executors(spec, seed=2)
    packed = pack(sequences(spec, [5, 3, 1]))
    import_tensors(other, export_tensors(network))
    np.testing.assert_array_equal(run_torch(other, packed), run_torch(network, packed))


def test_exported_weights_are_copies():
    network, _ = executors(ALL["pool last"])
    exported = export_tensors(network)
    with torch.no_grad():
        network.head.bias.add_(1.0)
    assert not np.array_equal(exported["head.bias"], network.head.bias.detach().numpy())


@pytest.mark.parametrize("change", ["missing", "extra", "shape"])
def test_weights_that_do_not_fit_are_refused_and_change_nothing(change):
    network, _ = executors(ALL["pool last"])
    before = export_tensors(network)
    tensors = {name: values + 1 for name, values in before.items()}
    spoil(tensors, change)
    with pytest.raises(ArgumentError, match=r"head\.bias|more\.weight"):
        import_tensors(network, tensors)
    for name, values in export_tensors(network).items():
        np.testing.assert_array_equal(values, before[name])


@pytest.mark.parametrize("spec", LEARNT.values(), ids=LEARNT.keys())
def test_every_weight_gets_a_gradient(spec):
    network = Network(spec)
    packed = pack(sequences(spec, [6, 4, 4, 1]))
    batch = PackedSequence(torch.from_numpy(packed.data), torch.from_numpy(packed.batch_sizes))
    answer, branches = network.answers(batch)
    said = [one.data if isinstance(one, PackedSequence) else one for one in (answer, *branches.values())]
    rows = torch.cat([one.flatten() for one in said])
    (rows * torch.randn_like(rows)).sum().backward()
    assert all(parameter.grad is not None for parameter in network.parameters())


def test_ops_stand_by_name_first_to_last():
    network = Network(ALL["classifier of series"])
    assert list(network.ops) == ["front_1", "front_2", "dropout", "recurrent", "pool", "head"]
    assert isinstance(network.ops["recurrent"], Recurrent)


def test_a_name_that_torch_keeps_for_itself_is_refused():
    with pytest.raises(ArgumentError, match="'train' has a name that torch keeps"):
        Network(spec.Network(input="steps", input_size=2, ops=(spec.Head(name="train", size=2),)))


def test_orthogonal_recurrence_and_forget_bias_reach_the_layer():
    network = Network(ALL["three lstm"])
    initialise(network, NetworkOptions(recurrent_init="orthogonal", forget_bias=1.5))
    layer = network.ops["recurrent"]
    assert layer.mode == "LSTM"
    gate = layer.weight_hh_l2[5:10]
    torch.testing.assert_close(gate @ gate.T, torch.eye(5), atol=1e-5, rtol=0)
    assert (layer.bias_ih_l1 + layer.bias_hh_l1)[5:10].tolist() == [1.5] * 5


def test_without_options_initialisation_leaves_everything():
    network = Network(ALL["three lstm"])
    before = export_tensors(network)
    initialise(network, NetworkOptions())
    for name, values in export_tensors(network).items():
        np.testing.assert_array_equal(values, before[name])


def test_a_forget_bias_without_a_forget_gate_is_refused():
    with pytest.raises(ArgumentError, match="no forget-gate bias"):
        initialise(Network(ALL["one gru"]), NetworkOptions(forget_bias=1.0))
