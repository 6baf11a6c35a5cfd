"""The head op; a tied one has its weight from the embedding, once, wherever the network goes."""

import copy

import numpy as np
import torch

from networks import ALL, executors
from ostinato.nn.network import Network
from ostinato.spec.network import Embedding, Head
from ostinato.spec.network import Network as Spec

TIED = Spec(input="tokens", input_size=7, ops=(Embedding(name="words", size=3), Head(size=7, tied="words")))


def tied(seed=0):
    torch.manual_seed(seed)
    return Network(TIED).double()


def batch(*tokens):
    return torch.nn.utils.rnn.pack_sequence([torch.tensor(tokens)])


def test_the_shared_weight_is_one_parameter_under_one_name():
    network = tied()
    assert list(network.state_dict()) == ["words.weight", "head.bias"]
    assert [name for name, _ in network.named_parameters()] == ["words.weight", "head.bias"]
    assert len(list(network.parameters())) == 2


def test_a_tied_head_scores_by_the_vectors_that_are_read():
    network = tied()
    weight, bias = network.words.weight, network.head.bias
    torch.testing.assert_close(network(batch(4, 2)).data, weight[[4, 2]] @ weight.T + bias)


def test_the_gradient_is_the_sum_of_both_uses():
    network = tied()
    network(batch(4, 2, 4)).data.square().sum().backward()
    weight = network.words.weight.detach().clone().requires_grad_()
    read, said = weight.clone(), weight.clone()
    (read[[4, 2, 4]] @ said.T + network.head.bias.detach()).square().sum().backward()
    torch.testing.assert_close(network.words.weight.grad, weight.grad)


def test_a_copy_ties_its_head_to_its_own_embedding():
    network = tied()
    other = copy.deepcopy(network)
    with torch.no_grad():
        other.words.weight.fill_(1.0)
    assert (network.words.weight != 1.0).all()
    torch.testing.assert_close(other(batch(4)).data, torch.full((1, 7), 3.0).double() + other.head.bias)


def test_weights_that_stand_in_for_a_call_reach_the_head_too():
    network = tied()
    swapped = {"words.weight": torch.ones(7, 3).double(), "head.bias": torch.zeros(7).double()}
    said = torch.func.functional_call(network, swapped, (batch(4),))
    torch.testing.assert_close(said.data, torch.full((1, 7), 3.0).double())


def test_the_runtime_holds_the_shared_weight_once():
    _, network = executors(ALL["language model"])
    assert np.shares_memory(network.ops["head"].weight, network.ops["embedding"].weight)
