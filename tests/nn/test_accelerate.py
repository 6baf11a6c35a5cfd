"""Swapping the recurrent layers inside a user's model."""

import copy

import pytest
import torch
from torch.nn.utils import prune
from torch.nn.utils.rnn import PackedSequence

from ostinato import nn


class Tagger(torch.nn.Module):
    """A user's model: a layer used twice, one in a list, a cell, and something that is not recurrent."""

    def __init__(self) -> None:
        super().__init__()
        self.encode = torch.nn.LSTM(3, 3, batch_first=True)
        self.again = self.encode
        self.others = torch.nn.ModuleList([torch.nn.RNN(3, 4), torch.nn.GRU(4, 4, 2)])
        self.cell = torch.nn.GRUCell(4, 4)
        self.head = torch.nn.Linear(4, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x, _ = self.again(self.encode(x)[0])
        for layer in self.others:
            x, _ = layer(x)
        return self.head(self.cell(x[-1]))


def test_every_layer_and_cell_is_swapped_and_the_result_stays():
    model, x = Tagger(), torch.randn(5, 2, 3)
    expected = model(x)
    report = nn.accelerate(model)
    assert report.swapped == ("encode", "others.0", "others.1", "cell")
    assert report.left == ()
    assert [type(m) for m in (model.encode, *model.others, model.cell, model.head)] == [
        nn.LSTM,
        nn.RNN,
        nn.GRU,
        nn.GRUCell,
        torch.nn.Linear,
    ]
    torch.testing.assert_close(model(x), expected)


def test_a_layer_used_twice_stays_one_layer():
    model = Tagger()
    nn.accelerate(model)
    assert model.again is model.encode


def test_parameters_stay_the_same_objects_so_that_an_optimizer_still_holds_them():
    model = Tagger()
    before, names = list(model.parameters()), list(model.state_dict())
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    nn.accelerate(model)
    assert all(a is b for a, b in zip(model.parameters(), before, strict=True))
    assert list(model.state_dict()) == names
    old = before[0].detach().clone()
    model(torch.randn(5, 2, 3)).sum().backward()
    optimizer.step()
    assert not torch.equal(model.encode.weight_ih_l0, old)


def test_hooks_stay_and_see_ours():
    model, seen = Tagger(), []
    model.others[1].register_forward_hook(lambda module, args, result: seen.append(type(module)))
    model.others[1].register_forward_pre_hook(lambda module, args: seen.append("before"))
    model.others[1].weight_ih_l0.register_hook(lambda gradient: seen.append("gradient"))
    nn.accelerate(model)
    model(torch.randn(5, 2, 3)).sum().backward()
    assert seen == ["before", nn.GRU, "gradient"]


def test_mode_sizes_and_copies_stay():
    model = Tagger().eval()
    nn.accelerate(model)
    twin = copy.deepcopy(model)
    assert not twin.encode.training
    assert twin.encode.batch_first
    assert type(twin.encode) is nn.LSTM
    x = torch.randn(5, 2, 3)
    torch.testing.assert_close(twin(x), model(x))


def test_the_model_itself_may_be_a_layer():
    model = torch.nn.GRU(3, 4)
    assert str(nn.accelerate(model)) == "swapped the model itself"
    assert type(model) is nn.GRU


def test_swapped_layers_take_lengths():
    model = torch.nn.Sequential(torch.nn.GRU(3, 4))
    nn.accelerate(model)
    output, _ = model[0](torch.ones(5, 2, 3), lengths=[5, 2])
    assert (output[2:, 1] == 0).all()


class Residual(torch.nn.LSTM):
    def forward(self, input, hx=None):
        output, last = super().forward(input, hx)
        return (output if isinstance(output, PackedSequence) else output + input), last


def test_subclasses_are_left_alone_and_named():
    model = torch.nn.ModuleDict({"own": Residual(3, 3), "plain": torch.nn.GRU(3, 3)})
    report = nn.accelerate(model)
    assert type(model["own"]) is Residual
    assert report.swapped == ("plain",)
    assert report.left == (("own", "Residual is a class of its own, and what it overrides is not known"),)
    assert str(report).splitlines() == [
        "swapped plain",
        "left own alone: Residual is a class of its own, and what it overrides is not known",
    ]


def test_parametrised_layers_are_left_alone():
    layer = torch.nn.GRU(3, 3)
    torch.nn.utils.parametrizations.orthogonal(layer, "weight_hh_l0", use_trivialization=False)
    kind = type(layer)
    report = nn.accelerate(layer)
    assert type(layer) is kind
    assert report.left == (("", "it is parametrised"),)


def test_pruned_layers_are_left_alone():
    layer = torch.nn.GRU(3, 3)
    prune.l1_unstructured(layer, "weight_hh_l0", 0.5)
    report = nn.accelerate(layer)
    assert type(layer) is torch.nn.GRU
    assert "weight_hh_l0 is not a parameter but computed" in str(report)


def test_a_layer_whose_forward_was_replaced_is_left_alone():
    layer = torch.nn.GRU(3, 3)
    layer.forward = lambda x: x
    assert nn.accelerate(layer).left == (("", "its forward was replaced on the instance"),)


def test_swapping_twice_swaps_once():
    model = Tagger()
    nn.accelerate(model)
    assert nn.accelerate(model) == nn.Acceleration((), ())
    assert str(nn.accelerate(model)) == "swapped no layer"


@pytest.mark.parametrize("shared", ["weight_hh_l0", "bias_ih_l0"])
def test_tied_parameters_stay_tied(shared):
    first, second = torch.nn.GRU(3, 3), torch.nn.GRU(3, 3)
    setattr(second, shared, getattr(first, shared))
    model = torch.nn.ModuleList([first, second])
    assert len(nn.accelerate(model).swapped) == 2
    assert getattr(model[1], shared) is getattr(model[0], shared)
