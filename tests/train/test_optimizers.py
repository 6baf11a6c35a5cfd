"""Optimisers: torch's mathematics, no decay of vectors, and a state that survives as plain values."""

import copy

import pytest
import torch
from torch import nn

from ostinato.errors import ArgumentError, ResumeError
from ostinato.spec.options import TrainingOptions
from ostinato.train.optimizers import load_state, make, set_rate, state_tensors

NAMES = ["adam", "adamw", "sgd", "rmsprop", "asgd"]
PLAIN = {
    "adam": lambda p: torch.optim.Adam(p, lr=0.01, foreach=False),
    "adamw": lambda p: torch.optim.AdamW(p, lr=0.01, weight_decay=0.0, foreach=False),
    "sgd": lambda p: torch.optim.SGD(p, lr=0.01, momentum=0.8, foreach=False),
    "rmsprop": lambda p: torch.optim.RMSprop(p, lr=0.01, momentum=0.8, foreach=False),
    "asgd": lambda p: torch.optim.SGD(p, lr=0.01, foreach=False),
}


def options(name, decay=0.0):
    return TrainingOptions(optimizer=name, learning_rate=0.01, weight_decay=decay, momentum=0.8)


def network():
    torch.manual_seed(0)
    return nn.ModuleDict({"recurrent": nn.GRU(3, 5), "norm": nn.BatchNorm1d(5), "head": nn.Linear(5, 2)})


def give_gradients(module, step):
    generator = torch.Generator().manual_seed(step)
    for parameter in module.parameters():
        parameter.grad = torch.randn(parameter.shape, generator=generator)


def run(module, optimizer, steps):
    for step in steps:
        give_gradients(module, step)
        optimizer.step()


def weights(module):
    return [parameter.detach().clone() for parameter in module.parameters()]


@pytest.mark.parametrize("name", NAMES)
def test_steps_are_those_of_torch(name):
    ours, plain = network(), network()
    run(ours, make(ours.named_parameters(), options(name)), range(5))
    run(plain, PLAIN[name](plain.parameters()), range(5))
    torch.testing.assert_close(weights(ours), weights(plain), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("name", NAMES)
def test_two_runs_are_equal_bit_for_bit(name):
    first, second = network(), network()
    for module in (first, second):
        run(module, make(module.named_parameters(), options(name, 0.1)), range(5))
    assert all(torch.equal(a, b) for a, b in zip(weights(first), weights(second), strict=True))


@pytest.mark.parametrize("name", NAMES)
def test_weight_decay_shrinks_matrices_and_leaves_vectors(name):
    module = network()
    before = weights(module)
    for parameter in module.parameters():
        parameter.grad = torch.zeros_like(parameter)
    make(module.named_parameters(), options(name, 0.1)).step()
    for old, new in zip(before, weights(module), strict=True):
        if old.ndim > 1:
            assert new.norm() < old.norm()
        else:
            assert torch.equal(new, old)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("done", [0, 3])
def test_state_survives_as_plain_values_bit_for_bit(name, done):
    module = network()
    optimizer = make(module.named_parameters(), options(name, 0.1))
    run(module, optimizer, range(done))
    tensors, numbers = copy.deepcopy(state_tensors(optimizer))
    other = copy.deepcopy(module)
    fresh = make(other.named_parameters(), options(name, 0.1))
    load_state(fresh, tensors, numbers)
    run(module, optimizer, range(done, 6))
    run(other, fresh, range(done, 6))
    assert all(torch.equal(a, b) for a, b in zip(weights(module), weights(other), strict=True))


def test_state_is_named_by_parameter_and_copied_when_loaded():
    module = network()
    optimizer = make(module.named_parameters(), options("adamw"))
    run(module, optimizer, range(1))
    tensors, numbers = state_tensors(optimizer)
    assert tensors["head.weight/exp_avg"].shape == (2, 5)
    assert len(tensors) == 3 * len(list(module.parameters()))
    assert numbers == {}
    load_state(optimizer, tensors, numbers)
    held = tensors["head.weight/exp_avg"].clone()
    run(module, optimizer, range(1, 2))
    assert torch.equal(tensors["head.weight/exp_avg"], held)


@pytest.mark.parametrize("key", ["tail.weight/exp_avg", "head.weight/exp_avg"])
def test_state_that_fits_no_weight_is_refused_and_changes_nothing(key):
    module = network()
    optimizer = make(module.named_parameters(), options("adam"))
    run(module, optimizer, range(1))
    before = copy.deepcopy(state_tensors(optimizer)[0])
    with pytest.raises(ResumeError, match=key):
        load_state(optimizer, {key: torch.zeros(2, 6)}, {})
    assert all(torch.equal(before[k], v) for k, v in state_tensors(optimizer)[0].items())


def test_frozen_weights_are_left_out():
    module = network()
    module["recurrent"].requires_grad_(False)
    optimizer = make(module.named_parameters(), options("adamw"))
    assert sum(len(group["params"]) for group in optimizer.param_groups) == 4
    module.requires_grad_(False)
    with pytest.raises(ArgumentError, match="every weight is frozen"):
        make(module.named_parameters(), options("adamw"))


def test_rate_is_set_for_every_group():
    optimizer = make(network().named_parameters(), options("sgd", 0.1))
    set_rate(optimizer, 0.5)
    assert [group["lr"] for group in optimizer.param_groups] == [0.5, 0.5]


@pytest.mark.parametrize("name", NAMES)
def test_a_rate_holds_for_the_next_step_already(name):
    slow, fast = network(), network()
    optimizers = [make(module.named_parameters(), options(name)) for module in (slow, fast)]
    for module, optimizer in zip((slow, fast), optimizers, strict=True):
        run(module, optimizer, range(1))
    set_rate(optimizers[0], 0.0)
    before = weights(slow)
    run(slow, optimizers[0], range(1, 2))
    run(fast, optimizers[1], range(1, 2))
    assert all(torch.equal(a, b) for a, b in zip(before, weights(slow), strict=True))
    assert not torch.equal(before[0], weights(fast)[0])


def test_unresolved_options_are_refused():
    with pytest.raises(ArgumentError, match="learning_rate is None"):
        make(network().named_parameters(), TrainingOptions())
