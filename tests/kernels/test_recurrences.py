"""Each backend of each recurrence against the reference: outputs, last states, every gradient."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import pytest
import torch
from torch import Tensor

from conftest import NATIVE
from helpers import assert_same, normal, outputs_and_gradients
from ostinato.kernels import native
from ostinato.kernels.dispatch import Weights
from ostinato.kernels.elman import elman
from ostinato.kernels.elman import reference as elman_reference
from ostinato.kernels.gru import gru
from ostinato.kernels.gru import reference as gru_reference
from ostinato.kernels.lstm import lstm
from ostinato.kernels.lstm import reference as lstm_reference

# torch says so once in a process of every float32 LSTM with a projection, ours or its own
pytestmark = pytest.mark.filterwarnings("ignore:LSTM with projections is not supported with oneDNN")

INPUT, HIDDEN, PROJECTION = 4, 5, 3


class Op(NamedTuple):
    run: Callable[..., Any]
    reference: Callable[..., Any]
    gates: int
    states: int
    projection: int = 0
    input: int = INPUT
    hidden: int = HIDDEN


OPS = {
    "elman_tanh": Op(elman, elman_reference.elman, 1, 1),
    "elman_relu": Op(
        partial(elman, nonlinearity="relu"), partial(elman_reference.elman, nonlinearity="relu"), 1, 1
    ),
    "gru": Op(gru, gru_reference.gru, 3, 1),
    "lstm": Op(lstm, lstm_reference.lstm, 4, 2),
    "lstm_projected": Op(lstm, lstm_reference.lstm, 4, 2, PROJECTION),
}


def tensors(op: Op, batch_sizes: Tensor, directions: int, bias: bool) -> list[Tensor]:
    """Return input, initial states and all weights, random, in float64."""
    batch, rows, out = int(batch_sizes[0]), op.gates * op.hidden, op.projection or op.hidden
    states = [normal((directions, batch, size)) for size in (out, op.hidden)[: op.states]]
    weights = []
    for _ in range(directions):
        weights += [normal((rows, op.input)), normal((rows, out))]
        weights += [normal((rows,)), normal((rows,))] if bias else []
        weights += [normal((op.projection, op.hidden))] if op.projection else []
    spread = 0.25 if op.hidden <= HIDDEN else 0.5 / op.hidden**0.5  # else rounding grows from step to step
    return [normal((int(batch_sizes.sum()), op.input)), *states, *(spread * w for w in weights)]


def called(fn: Callable[..., Any], op: Op, batch_sizes: Tensor, directions: int, bias: bool) -> Any:
    """Return fn as a function of the tensors alone."""

    def call(input: Tensor, *rest: Tensor) -> Any:
        state = rest[0] if op.states == 1 else rest[:2]
        flat = rest[op.states :]
        each = len(flat) // directions
        groups = [flat[i : i + each] for i in range(0, len(flat), each)]
        if not bias:
            groups = [(*group[:2], None, None, *group[2:]) for group in groups]
        return fn(input, batch_sizes, state, [Weights(*group) for group in groups])

    return call


def compare(fn: Callable[..., Any], op: Op, batch_sizes: Tensor, dtype: torch.dtype, *form: Any) -> None:
    """Compare fn with op's reference."""
    torch.manual_seed(len(batch_sizes))
    inputs = tensors(op, batch_sizes, *form)
    expected = outputs_and_gradients(called(op.reference, op, batch_sizes, *form), inputs)
    actual = outputs_and_gradients(called(fn, op, batch_sizes, *form), [x.to(dtype) for x in inputs])
    assert all(x.dtype == dtype for x in actual)
    assert_same(actual, expected, dtype)


def ragged(steps: int) -> Tensor:
    """Return the batch sizes of four sequences: two of all steps, one of half of them, one of one."""
    lengths = torch.tensor([steps, steps, (steps + 1) // 2, 1])
    return torch.stack([(lengths > t).sum() for t in range(steps)])


def full(steps: int) -> Tensor:
    return torch.full((steps,), 3)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=str)
@pytest.mark.parametrize("sizes", [full, ragged])
@pytest.mark.parametrize("steps", [1, 2, 7, 64, 65])
@pytest.mark.parametrize("name", OPS)
def test_backend_matches_reference(backend, name, steps, sizes, dtype):
    op = OPS[name]
    compare(partial(op.run, backend=backend), op, sizes(steps), dtype, 1, True)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=str)
@pytest.mark.parametrize("hidden", [15, 17, 70])
@pytest.mark.parametrize("name", OPS)
def test_backend_matches_reference_at_sizes_beside_those_of_vectors(backend, name, hidden, dtype):
    """Blocks of units, their last one, and tiles of rows: 9 sequences of up to 21 steps."""
    op = OPS[name]._replace(hidden=hidden, input=hidden // 2 + 1)
    op = op._replace(projection=hidden - 4 if op.projection else 0)
    lengths = torch.tensor([21, 21, 20, 15, 11, 11, 7, 2, 1])
    sizes = torch.stack([(lengths > t).sum() for t in range(21)])
    compare(partial(op.run, backend=backend), op, sizes, dtype, 2, True)


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("batch", [1, 2, 40])
@pytest.mark.parametrize("name", ["elman_tanh", "gru", "lstm"])
def test_native_matches_reference_on_several_threads(name, batch, threads):
    """Sequences dealt to threads, and a team that shares one: the layer is large enough for both."""
    if not NATIVE:
        pytest.skip("there are no native kernels here")
    op, before = OPS[name]._replace(hidden=200, input=9), torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        compare(partial(op.run, backend="native"), op, torch.full((5,), batch), torch.float64, 1, True)
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize("directions", [1, 2])
@pytest.mark.parametrize("sizes", [full, ragged])
@pytest.mark.parametrize("name", OPS)
def test_backend_matches_reference_with_resets(backend, name, sizes, directions):
    op, count = OPS[name], int(sizes(9).sum())
    resets = torch.rand(count, generator=torch.Generator().manual_seed(3)) < 0.3
    op = op._replace(reference=partial(op.reference, resets=resets))
    compare(partial(op.run, resets=resets, backend=backend), op, sizes(9), torch.float64, directions, True)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("sizes", [full, ragged])
@pytest.mark.parametrize("name", OPS)
def test_backend_matches_reference_in_both_directions(backend, name, sizes, bias):
    op = OPS[name]
    compare(partial(op.run, backend=backend), op, sizes(7), torch.float64, 2, bias)


class Spoiled(torch.autograd.Function):
    """The identity, with what ``spoil`` makes of its gradient."""

    @staticmethod
    def forward(ctx, x, spoil):
        ctx.spoil = spoil
        return x.clone()

    @staticmethod
    def backward(ctx, gradient):
        return ctx.spoil(gradient), None


def on_output(x, n, h, w, change):
    output, last = gru(x, n, h, w)
    return change(output), last


def on_last(x, n, h, w, change):
    output, last = gru(x, n, h, w)
    return output, change(last)


def on_bias(x, n, h, w, change):
    return gru(x, n, h, [w[0]._replace(bias_hh=change(w[0].bias_hh))])


def small_lstm(monkeypatch: pytest.MonkeyPatch, name: str, wrong: Callable[..., Any]) -> None:
    """Compare the native LSTM with the reference while ``wrong`` stands in one function's place."""
    if not NATIVE:
        pytest.skip("there are no native kernels here")
    op = OPS["lstm_projected"]
    compare(partial(op.run, backend="native"), op, ragged(7), torch.float64, 2, True)
    monkeypatch.setattr(native, name, partial(wrong, getattr(native, name)))
    with pytest.raises(AssertionError):
        compare(partial(op.run, backend="native"), op, ragged(7), torch.float64, 2, True)


@pytest.mark.parametrize("index", range(13))
def test_the_comparison_sees_a_defect_planted_in_any_native_gradient(monkeypatch, index):
    """One number of input's, h0's, c0's or a weight's, off by a thousandth."""

    def wrong(right: Callable[..., Any], *arguments: Any) -> Any:
        found = right(*arguments)
        [found.input, found.h0, found.c0, *found.weights][index].view(-1)[-1] *= 1.001
        return found

    small_lstm(monkeypatch, "backward", wrong)


@pytest.mark.parametrize("index", range(3))
def test_the_comparison_sees_a_defect_planted_in_any_native_result(monkeypatch, index):
    """One number of output, h_n or c_n, off by a millionth."""

    def wrong(right: Callable[..., Any], *arguments: Any) -> Any:
        found = right(*arguments)
        found[index].view(-1)[-1] *= 1 + 1e-6
        return found

    small_lstm(monkeypatch, "forward", wrong)


DEFECTS = {
    "last state's gradient dropped": partial(on_last, change=lambda x: Spoiled.apply(x, torch.zeros_like)),
    "output's gradient replaced by ones": partial(
        on_output, change=lambda x: Spoiled.apply(x, torch.ones_like)
    ),
    "one bias's gradient doubled": partial(on_bias, change=lambda x: Spoiled.apply(x, lambda g: 2 * g)),
    "output rounded to float32": partial(on_output, change=lambda x: x.float().double()),
    "initial state ignored": lambda x, n, h, w: gru(x, n, torch.zeros_like(h), w),
    "initial state's gradient doubled": lambda x, n, h, w: gru(x, n, Spoiled.apply(h, lambda g: 2 * g), w),
}


@pytest.mark.parametrize("defect", DEFECTS.values(), ids=DEFECTS)
def test_the_comparison_sees_a_planted_defect(defect):
    with pytest.raises(AssertionError):
        compare(defect, OPS["gru"], ragged(7), torch.float64, 1, True)


def test_plain_recurrence_is_the_textbooks_equation():
    weights = Weights(*(normal(shape) for shape in [(2, 3), (2, 2), (2,), (2,)]))
    x, h0 = normal((2, 3)), normal((1, 1, 2))
    h1 = torch.tanh(
        weights.weight_ih @ x[0] + weights.bias_ih + weights.weight_hh @ h0[0, 0] + weights.bias_hh
    )
    h2 = torch.tanh(weights.weight_ih @ x[1] + weights.bias_ih + weights.weight_hh @ h1 + weights.bias_hh)
    output, last = elman_reference.elman(x, torch.tensor([1, 1]), h0, [weights])
    torch.testing.assert_close(output, torch.stack([h1, h2]))
    torch.testing.assert_close(last[0, 0], h2)


@pytest.mark.parametrize("name", OPS)
def test_backend_takes_steps_of_sequences_as_long_as_it_takes_rows(backend, name):
    op = OPS[name]

    def run(input: Tensor, *rest: Any) -> Any:
        output, last = op.run(input.view(4, 3, op.input), *rest, backend=backend)
        assert output.shape[:2] == (4, 3)
        return output.flatten(0, 1), last

    compare(run, op, full(4), torch.float64, 2, True)
