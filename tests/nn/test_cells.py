"""RNNCell, LSTMCell and GRUCell in torch.nn's place."""

from typing import Any

import pytest
import torch
from torch.testing._internal.common_modules import ModuleInput, module_db

from helpers import assert_same, layer_outputs_and_gradients
from ostinato import nn

CELLS = ["RNNCell", "LSTMCell", "GRUCell"]
SAMPLED = [info for info in module_db if info.module_cls.__name__ in CELLS]


def pair(kind: str, *args: Any, **options: Any) -> tuple[torch.nn.Module, torch.nn.Module]:
    """Return our cell and torch's with the same weights."""
    ours, theirs = getattr(nn, kind)(*args, **options), getattr(torch.nn, kind)(*args, **options)
    ours.load_state_dict(theirs.state_dict())
    theirs.load_state_dict(ours.state_dict())
    return ours, theirs


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("states", [True, False])
@pytest.mark.parametrize("batch", [(), (3,)])
@pytest.mark.parametrize(
    ("kind", "options"), [*((c, {}) for c in CELLS), ("RNNCell", {"nonlinearity": "relu"})]
)
def test_results_and_gradients_are_torchs(backend, kind, options, batch, states, bias, dtype):
    cells = pair(kind, 5, 4, bias=bias, dtype=dtype, **options)
    x, count = torch.randn(*batch, 5, dtype=dtype), 2 if kind == "LSTMCell" else 1
    hx = [torch.randn(*batch, 4, dtype=dtype) for _ in range(count)] if states else []
    actual = layer_outputs_and_gradients(cells[0], x, hx, backend=backend)
    expected = layer_outputs_and_gradients(cells[1], x, hx)
    assert [a.shape for a in actual] == [e.shape for e in expected]
    assert_same(actual, expected, dtype)


@pytest.mark.parametrize("info", SAMPLED, ids=lambda info: info.name)
def test_torchs_own_samples_give_torchs_results(info):
    for sample in info.module_inputs_func(info, "cpu", torch.float64, requires_grad=False, training=True):
        constructor = sample.constructor_input
        cells = pair(info.module_cls.__name__, *constructor.args, **constructor.kwargs, dtype=torch.float64)
        input, hx = sample.forward_input.args
        states = list(hx) if isinstance(hx, tuple) else [hx]
        assert_same(*(layer_outputs_and_gradients(cell, input, states) for cell in cells), torch.float64)


@pytest.mark.parametrize("info", SAMPLED, ids=lambda info: info.name)
def test_torchs_own_error_samples_are_refused_in_torchs_words(info):
    samples = info.module_error_inputs_func(
        info, device="cpu", dtype=torch.float32, requires_grad=False, training=False
    )
    assert samples
    for sample in samples:
        with pytest.raises(sample.error_type, match=sample.error_regex):
            built_and_called(getattr(nn, info.module_cls.__name__), sample.module_error_input)


def built_and_called(kind: type[torch.nn.Module], sample: ModuleInput) -> Any:
    cell = kind(*sample.constructor_input.args, **sample.constructor_input.kwargs)
    return cell(*sample.forward_input.args, **sample.forward_input.kwargs)


@pytest.mark.parametrize("kind", CELLS)
@pytest.mark.parametrize("shape", [(3, 3, 3), (3, 6)])
def test_wrong_input_is_refused_in_torchs_words(kind, shape):
    ours, theirs = pair(kind, 5, 4)
    with pytest.raises((RuntimeError, ValueError)) as expected:
        theirs(torch.zeros(shape))
    with pytest.raises(type(expected.value)) as actual:
        ours(torch.zeros(shape))
    assert str(actual.value) == str(expected.value)


def test_unknown_nonlinearity_is_refused_as_by_torch():
    with pytest.raises(RuntimeError, match="Unknown nonlinearity: sine"):
        nn.RNNCell(3, 4, nonlinearity="sine")(torch.ones(3))


@pytest.mark.parametrize("kind", CELLS)
def test_cell_is_torchs_in_all_else(kind):
    ours, theirs = pair(kind, 5, 4)
    assert isinstance(ours, type(theirs))
    assert repr(ours) == repr(theirs)


@pytest.mark.parametrize(("kind", "layer"), [("RNNCell", "RNN"), ("LSTMCell", "LSTM"), ("GRUCell", "GRU")])
def test_a_cell_called_step_by_step_gives_the_layers_output(kind, layer):
    torch.manual_seed(0)
    cell, whole, x = getattr(nn, kind)(3, 4), getattr(nn, layer)(3, 4), torch.randn(6, 2, 3)
    whole.load_state_dict({f"{name}_l0": weight for name, weight in cell.state_dict().items()})
    state, outputs = None, []
    for row in x:
        state = cell(row, state)
        outputs.append(state[0] if kind == "LSTMCell" else state)
    torch.testing.assert_close(torch.stack(outputs), whole(x)[0], rtol=1e-6, atol=1e-6)
