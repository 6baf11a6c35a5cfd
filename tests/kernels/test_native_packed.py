"""The packed weights of a frozen layer: kept while the weights are the same, and not a call longer."""

import copy
import gc
import pickle
import weakref
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from torch import Tensor

from ostinato import nn
from ostinato.kernels import native_packed
from ostinato.kernels.dispatch import Kept
from ostinato.nn import stack
from ostinato.runtime import native

pytestmark = pytest.mark.skipif(native.why_not() is not None, reason="there are no native kernels here")

KINDS = ["RNN", "LSTM", "GRU"]
every_kind = pytest.mark.parametrize("kind", KINDS)


def frozen(kind: str, **options: object) -> torch.nn.RNNBase:
    torch.manual_seed(0)
    return getattr(nn, kind)(3, 5, **options).requires_grad_(False)


def outputs(layer: torch.nn.RNNBase, x: Tensor, backend: str = "native") -> Tensor:
    return layer(x, backend=backend)[0]


@pytest.fixture
def packings(monkeypatch) -> list[int]:
    """Return a list that grows by one with every packing that is kept."""
    made, pack = [], native_packed.pack

    def counted(*arguments):
        made.append(1)
        return pack(*arguments)

    monkeypatch.setattr(native_packed, "pack", counted)
    return made


@every_kind
def test_a_frozen_layer_is_packed_once_and_computes_the_same(kind, packings):
    options = {"num_layers": 2, "bidirectional": True} | ({"proj_size": 2} if kind == "LSTM" else {})
    layer, x = frozen(kind, **options), torch.randn(4, 2, 3)
    expected = outputs(layer.requires_grad_(True), x).detach()
    layer.requires_grad_(False)
    for _ in range(3):
        torch.testing.assert_close(outputs(layer, x), expected, rtol=0, atol=0)
    assert len(packings) == 2  # layers
    torch.testing.assert_close(outputs(layer, x[:, :1]), expected[:, :1])  # whatever the batch
    assert len(packings) == 2


def doubled(layer: torch.nn.RNNBase) -> None:
    layer.weight_hh_l0.mul_(2)


def given_other_data(layer: torch.nn.RNNBase) -> None:
    layer.weight_hh_l0.data = 2 * layer.weight_hh_l0.data


def given_other_data_twice(layer: torch.nn.RNNBase) -> None:
    """The second may be given the memory of what was there first."""
    for factor in (3.0, 2.0 / 3.0):
        layer.weight_hh_l0.data = factor * layer.weight_hh_l0.data


def loaded(layer: torch.nn.RNNBase) -> None:
    layer.load_state_dict({name: 2 * x for name, x in layer.state_dict().items()})


def replaced(layer: torch.nn.RNNBase) -> None:
    layer.bias_hh_l0 = torch.nn.Parameter(layer.bias_hh_l0 + 1, requires_grad=False)


def widened(layer: torch.nn.RNNBase) -> None:
    layer.double().float().weight_ih_l0[0, 0] += 1


def turned(layer: torch.nn.RNNBase) -> None:
    """The same memory, read otherwise: no version and no address tells."""
    layer.weight_hh_l0.data = layer.weight_hh_l0.data[:5].T


CHANGES = [doubled, given_other_data, given_other_data_twice, loaded, replaced, widened]


@pytest.mark.parametrize("change", CHANGES)
@every_kind
def test_a_change_of_any_weight_is_seen_by_the_next_call(kind, change, packings):
    layer, x = frozen(kind), torch.randn(4, 2, 3)
    before = outputs(layer, x)
    change(layer)
    after = outputs(layer, x)
    torch.testing.assert_close(after, outputs(layer, x, "reference"))
    assert not torch.equal(before, after)
    assert len(packings) == 2


def test_a_weight_that_is_read_otherwise_is_seen(packings):
    layer, x = frozen("RNN"), torch.randn(4, 2, 3)
    outputs(layer, x)
    turned(layer)
    torch.testing.assert_close(outputs(layer, x), outputs(layer, x, "reference"))


@every_kind
def test_each_weight_is_watched(kind):
    layer, x = frozen(kind), torch.randn(4, 2, 3)
    for weight in layer.parameters():
        before = outputs(layer, x)
        weight.add_(0.5)
        after = outputs(layer, x)
        torch.testing.assert_close(after, outputs(layer, x, "reference"))
        assert not torch.equal(before, after)


@every_kind
def test_weights_that_may_be_trained_are_read_by_every_call(kind, packings):
    """Even what is written past torch's counters, as some optimisers do."""
    layer, x = frozen(kind).requires_grad_(True), torch.randn(4, 2, 3)
    with torch.no_grad():
        outputs(layer, x)
        layer.weight_hh_l0.data.mul_(2)
        torch.testing.assert_close(outputs(layer, x), outputs(layer, x, "reference"))
    assert packings == []


def unfrozen(layer: torch.nn.RNNBase) -> None:
    layer.bias_hh_l0.requires_grad_(True)


def shared(layer: torch.nn.RNNBase) -> None:
    layer.share_memory()


@pytest.mark.parametrize("change", [unfrozen, shared])
def test_what_others_may_change_unseen_is_not_kept(change):
    layer, x = frozen("GRU"), torch.randn(4, 2, 3)
    expected = outputs(layer, x)
    kept = stack.weights_of(layer)[0]
    assert isinstance(kept, Kept)
    assert kept.made is not None
    change(layer)
    with torch.no_grad():
        torch.testing.assert_close(outputs(layer, x), expected, rtol=0, atol=0)
    assert kept.made is None


def test_weights_made_in_inference_mode_have_no_versions_and_are_not_kept():
    with torch.inference_mode():
        layer, x = frozen("LSTM"), torch.randn(4, 2, 3)
        before = outputs(layer, x)
        layer.weight_hh_l0.mul_(2)
        torch.testing.assert_close(outputs(layer, x), outputs(layer, x, "reference"))
        assert not torch.equal(before, outputs(layer, x))


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda layer: pickle.loads(pickle.dumps(layer))])
@every_kind
def test_copies_have_nothing_of_it(kind, copied):
    layer, x = frozen(kind), torch.randn(4, 2, 3)
    fresh = pickle.dumps(layer), [*vars(layer)], [*layer.state_dict()]
    expected = outputs(layer, x)
    assert (pickle.dumps(layer), [*vars(layer)], [*layer.state_dict()]) == fresh
    other = copied(layer)
    torch.testing.assert_close(outputs(other, x), expected, rtol=0, atol=0)
    other.weight_hh_l0.mul_(2)
    assert not torch.equal(outputs(other, x), expected)
    torch.testing.assert_close(outputs(layer, x), expected, rtol=0, atol=0)


@every_kind
def test_it_goes_with_the_layer(kind):
    layer = frozen(kind)
    outputs(layer, torch.randn(4, 2, 3))
    held = [*stack.weights_of(layer)[0].made.held, layer.weight_hh_l0]
    alive = [weakref.ref(tensor) for tensor in held]
    gc.collect()
    gc.disable()
    try:
        del layer, held
        assert [tensor() for tensor in alive] == [None] * len(alive)
    finally:
        gc.enable()


def test_functional_call_sees_its_own_weights_and_leaves_the_layers(packings):
    layer, x = frozen("GRU"), torch.randn(4, 2, 3)
    expected = outputs(layer, x)
    others = {name: 2 * weight for name, weight in layer.named_parameters()}
    found = torch.func.functional_call(layer, others, (x,))[0]
    doubled = copy.deepcopy(layer)
    doubled.load_state_dict(others)
    torch.testing.assert_close(found, outputs(doubled, x))
    torch.testing.assert_close(outputs(layer, x), expected, rtol=0, atol=0)


@every_kind
def test_threads_that_meet_at_the_first_call_get_the_same(kind):
    x = torch.randn(30, 4, 3)
    for _ in range(20):
        layer = frozen(kind)
        expected = outputs(layer, x, "reference")
        with ThreadPoolExecutor(4) as pool:
            for found in pool.map(lambda _: outputs(layer, x), range(8)):  # noqa: B023
                torch.testing.assert_close(found, expected)


def test_a_cell_of_the_same_weights_is_packed_for_itself(packings):
    layer, x = frozen("RNN"), torch.randn(4, 2, 3)
    outputs(layer, x)
    layer.mode = "RNN_RELU"
    torch.testing.assert_close(outputs(layer, x), outputs(layer, x, "reference"))
    assert len(packings) == 2
