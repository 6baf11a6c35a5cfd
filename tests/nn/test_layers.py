"""RNN, LSTM and GRU in torch.nn's place: the same results, gradients, state_dict and errors."""

import copy
import pickle
from functools import partial
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence
from torch.testing._internal.common_modules import ModuleInput, module_db

from helpers import assert_same, layer_outputs_and_gradients
from ostinato import nn
from ostinato.errors import OstinatoError

# torch says so once in a process of every float32 LSTM with a projection, ours or its own
pytestmark = pytest.mark.filterwarnings("ignore:LSTM with projections is not supported with oneDNN")

KINDS = ["RNN", "LSTM", "GRU"]


def pair(kind: str, *args: Any, **options: Any) -> tuple[torch.nn.Module, torch.nn.Module]:
    """Return our layer and torch's with the same weights."""
    ours, theirs = getattr(nn, kind)(*args, **options), getattr(torch.nn, kind)(*args, **options)
    ours.load_state_dict(theirs.state_dict())
    return ours, theirs


def states_of(layer: torch.nn.RNNBase, *batch: int) -> list[torch.Tensor]:
    count, dtype = layer.num_layers * (2 if layer.bidirectional else 1), layer.weight_ih_l0.dtype
    h = torch.randn(count, *batch, layer.proj_size or layer.hidden_size, dtype=dtype)
    c = torch.randn(count, *batch, layer.hidden_size, dtype=dtype)
    return [h, c] if layer.mode == "LSTM" else [h]


@st.composite
def configurations(draw) -> dict[str, Any]:
    kind = draw(st.sampled_from(["RNN", "RNN relu", "LSTM", "GRU"]))
    options = {
        "hidden_size": draw(st.integers(2, 5)),
        "num_layers": draw(st.integers(1, 3)),
        "bias": draw(st.booleans()),
        "batch_first": draw(st.booleans()),
        "bidirectional": draw(st.booleans()),
        "dtype": draw(st.sampled_from([torch.float32, torch.float64])),
    }
    if options["num_layers"] > 1:
        options["dropout"] = draw(st.sampled_from([0.0, 0.4]))
    if kind == "LSTM":
        options["proj_size"] = draw(st.integers(0, options["hidden_size"] - 1))
    if kind == "RNN relu":
        options["nonlinearity"] = "relu"
    form = draw(st.sampled_from(["full", "unbatched", "packed", "packed unsorted"]))
    sizes = {"steps": draw(st.integers(1, 6)), "batch": draw(st.integers(1, 4))}
    flags = {"states": draw(st.booleans()), "training": draw(st.booleans())}
    return {"kind": kind[:4].strip(), "options": options, "form": form, **sizes, **flags}


@settings(max_examples=150, deadline=None)
@given(configurations(), st.integers(0, 2**31))
def test_results_and_gradients_are_torchs_on_random_configurations(case, seed):
    torch.manual_seed(seed)
    layers = pair(case["kind"], 3, **case["options"])
    steps, batch = case["steps"], case["batch"]
    shape = (batch, steps) if layers[0].batch_first else (steps, batch)
    lengths = torch.randint(1, steps + 1, (batch,))
    forms = {
        "full": lambda x: x,
        "unbatched": lambda x: x,
        "packed": lambda x: pack_padded_sequence(
            x, lengths.sort(descending=True).values, layers[0].batch_first
        ),
        "packed unsorted": lambda x: pack_padded_sequence(
            x, lengths, layers[0].batch_first, enforce_sorted=False
        ),
    }
    shape, batches = ((steps,), ()) if case["form"] == "unbatched" else (shape, (batch,))
    input = torch.randn(*shape, 3, dtype=case["options"]["dtype"])
    states = states_of(layers[0], *batches) if case["states"] else []
    results = []
    for layer in layers:
        torch.manual_seed(seed)  # the same steps are dropped
        layer.train(case["training"])
        results.append(layer_outputs_and_gradients(layer, input, states, forms[case["form"]]))
    assert [x.shape for x in results[0]] == [x.shape for x in results[1]]
    assert_same(*results, case["options"]["dtype"])


SAMPLED = [info for info in module_db if info.module_cls.__name__ in KINDS]


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("info", SAMPLED, ids=lambda info: info.name)
def test_torchs_own_samples_give_torchs_results(info, dtype, training):
    torch.manual_seed(0)
    samples = info.module_inputs_func(
        info, device="cpu", dtype=dtype, requires_grad=False, training=training, with_packed_sequence=True
    )
    assert len(samples) >= 8
    for sample in samples:
        kwargs = sample.constructor_input.kwargs | {"dtype": dtype}
        layers = pair(info.module_cls.__name__, **kwargs)
        input, *hx = sample.forward_input.args
        states = list(hx[0]) if hx and isinstance(hx[0], tuple) else hx
        data, form = input, lambda x: x
        if isinstance(input, PackedSequence):
            data, form = input.data, partial(repacked, like=input)
        results = [layer_outputs_and_gradients(x.train(training), data, states, form) for x in layers]
        assert_same(*results, dtype)


def repacked(data: torch.Tensor, like: PackedSequence) -> PackedSequence:
    return PackedSequence(data, like.batch_sizes, like.sorted_indices, like.unsorted_indices)


@pytest.mark.parametrize("info", SAMPLED, ids=lambda info: info.name)
def test_torchs_own_error_samples_are_refused_in_torchs_words(info):
    samples = info.module_error_inputs_func(
        info, device="cpu", dtype=torch.float32, requires_grad=False, training=False
    )
    for sample in samples:
        arguments = sample.module_error_input
        with pytest.raises(sample.error_type, match=sample.error_regex):
            built_and_called(getattr(nn, info.module_cls.__name__), arguments)


def built_and_called(kind: type[torch.nn.Module], sample: ModuleInput) -> Any:
    layer = kind(*sample.constructor_input.args, **sample.constructor_input.kwargs)
    return layer(*sample.forward_input.args, **sample.forward_input.kwargs)


def zeros(*sizes: int) -> torch.Tensor:
    return torch.zeros(*sizes)


BAD_CALLS = {
    "four dimensions": ((5, 2, 3, 1), None),
    "one dimension": ((3,), None),
    "wrong input size": ((5, 2, 4), None),
    "batched input, unbatched state": ((5, 2, 3), (1, 4)),
    "unbatched input, batched state": ((5, 3), (1, 1, 4)),
    "state of another batch": ((5, 2, 3), (1, 3, 4)),
    "state of another size": ((5, 2, 3), (1, 2, 5)),
    "no steps": ((0, 2, 3), None),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("case", BAD_CALLS.values(), ids=BAD_CALLS)
def test_wrong_shapes_are_refused_in_torchs_words(kind, case):
    ours, theirs = pair(kind, 3, 4)
    shape, state = case
    hx = None if state is None else zeros(*state) if kind != "LSTM" else (zeros(*state), zeros(*state))
    with pytest.raises((RuntimeError, ValueError)) as expected:
        theirs(zeros(*shape), hx)
    with pytest.raises(type(expected.value)) as actual:
        ours(zeros(*shape), hx)
    assert str(actual.value) == str(expected.value)


def test_wrong_shapes_are_ostinatos_errors_too():
    with pytest.raises(OstinatoError):
        nn.GRU(3, 4)(zeros(5, 2, 3), zeros(1, 4))


@pytest.mark.parametrize("kind", KINDS)
def test_construction_draws_the_same_weights_and_names(kind):
    torch.manual_seed(3)
    ours = getattr(nn, kind)(3, 4, 2, bidirectional=True)
    torch.manual_seed(3)
    theirs = getattr(torch.nn, kind)(3, 4, 2, bidirectional=True)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    torch.testing.assert_close(ours.state_dict(), theirs.state_dict(), rtol=0, atol=0)
    theirs.load_state_dict(ours.state_dict())
    assert repr(ours) == repr(theirs)


@pytest.mark.parametrize("kind", KINDS)
def test_layer_is_an_instance_of_torchs(kind):
    assert isinstance(getattr(nn, kind)(3, 4), getattr(torch.nn, kind))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_a_copy_is_independent_and_gives_the_same(kind, copied):
    layer = getattr(nn, kind)(3, 4, 2)
    twin, x = copied(layer), torch.randn(5, 2, 3)
    expected = layer(x)[0].detach()
    with torch.no_grad():
        layer.weight_ih_l0.zero_()
    torch.testing.assert_close(twin(x)[0].detach(), expected, rtol=0, atol=0)
    assert type(twin) is type(layer)


@pytest.mark.parametrize("kind", KINDS)
def test_flattening_and_moving_change_nothing(kind):
    ours, theirs = pair(kind, 3, 4, 2)
    ours.flatten_parameters()
    x = torch.ones(2, 1, 3, dtype=torch.float64)
    torch.testing.assert_close(ours.double()(x), theirs.double()(x))


@pytest.mark.parametrize("kind", KINDS)
def test_parametrised_weights_are_seen(kind):
    layer = getattr(nn, kind)(3, 4)
    torch.nn.utils.parametrize.register_parametrization(layer, "weight_hh_l0", torch.nn.Softplus())
    twin = getattr(nn, kind)(3, 4)
    twin.load_state_dict({name: getattr(layer, name).detach() for name in layer._flat_weights_names})
    x = torch.randn(5, 2, 3)
    torch.testing.assert_close(layer(x)[0], twin(x)[0])


@pytest.mark.parametrize("kind", KINDS)
def test_empty_batch_gives_what_torch_gives(kind):
    ours, theirs = pair(kind, 3, 4, 2, bidirectional=True, dtype=torch.float64)
    x = torch.zeros(5, 0, 3, dtype=torch.float64)
    torch.testing.assert_close(ours(x), theirs(x))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("lengths", [None, [4, 2]])
def test_second_derivatives_are_right(backend, kind, training, lengths):
    torch.manual_seed(1)
    layer = getattr(nn, kind)(2, 2, dtype=torch.float64).train(training)
    x, states = torch.randn(4, 2, 2, dtype=torch.float64), states_of(layer, 2)

    def call(x, *hx):
        output, last = layer(x, hx if kind == "LSTM" else hx[0], lengths=lengths, backend=backend)
        return output, *(last if kind == "LSTM" else (last,))

    inputs = [tensor.requires_grad_() for tensor in (x, *states)]
    assert torch.autograd.gradcheck(call, inputs)
    assert torch.autograd.gradgradcheck(call, inputs)


def curvature(layer: torch.nn.Module, x: torch.Tensor) -> list[torch.Tensor]:
    """Return the gradients of the squared norm of a gradient."""
    leaf = x.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(layer(leaf)[0].square().sum(), leaf, create_graph=True)
    return list(torch.autograd.grad(gradient.square().sum(), [leaf, *layer.parameters()]))


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("layers", [1, 2])
def test_second_derivatives_of_onednns_float32_lstm_are_right(layers, training):
    torch.manual_seed(1)
    layer, x = nn.LSTM(3, 4, layers, bidirectional=True).train(training), torch.randn(6, 2, 3)
    actual = curvature(layer, x)
    with nn.backend("reference"):
        expected = curvature(layer.double(), x.double())
    assert_same(actual, expected, torch.float32)


@pytest.mark.parametrize("kind", KINDS)
def test_context_manager_chooses_the_backend(kind, monkeypatch):
    layer, x = getattr(nn, kind)(3, 4), torch.randn(5, 2, 3)
    expected = layer(x)
    for name in ("lstm", "gru", "rnn_tanh"):
        monkeypatch.setattr(torch._VF, name, None)
    with nn.backend("reference"):
        torch.testing.assert_close(layer(x), expected)


@pytest.mark.parametrize("kind", KINDS)
def test_unknown_backend_is_refused(kind):
    with pytest.raises(ValueError, match="unknown backend 'cuda'; choose one of auto, native, aten"):
        getattr(nn, kind)(3, 4)(torch.ones(5, 2, 3), backend="cuda")
