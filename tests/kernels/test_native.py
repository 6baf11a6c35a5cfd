"""The native layer under autograd: what it reads, keeps and gives back, and when it steps aside."""

import gc
import weakref
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, NamedTuple

import pytest
import torch
from torch import Tensor

from helpers import assert_same, normal
from ostinato.errors import BackendError
from ostinato.kernels.dispatch import Weights
from ostinato.kernels.elman import elman
from ostinato.kernels.gru import BACKENDS, gru
from ostinato.kernels.lstm import lstm
from ostinato.kernels.native_calls import ALL, CELL_STATES, NOTHING, Layer, saved_size
from ostinato.runtime import native

pytestmark = [
    pytest.mark.skipif(native.why_not() is not None, reason="there are no native kernels here"),
    # torch says so once in a process of every float32 LSTM with a projection, ours or its own
    pytest.mark.filterwarnings("ignore:LSTM with projections is not supported with oneDNN"),
]

INPUT, HIDDEN, BATCH = 3, 5, 4
FULL, RAGGED = torch.full((6,), BATCH), torch.tensor([4, 4, 3, 2, 2, 1])
BITS = {"rtol": 0, "atol": 0}


class Kind(NamedTuple):
    """How to call a recurrence: its op, its gates, its states and the width of its projection."""

    op: Callable[..., Any]
    gates: int
    states: int
    projection: int = 0


KINDS = {
    "elman_tanh": Kind(elman, 1, 1),
    "elman_relu": Kind(partial(elman, nonlinearity="relu"), 1, 1),
    "gru": Kind(gru, 3, 1),
    "lstm": Kind(lstm, 4, 2),
    "lstm_projected": Kind(lstm, 4, 2, 2),
}
every_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)


def leaves(
    kind: Kind, sizes: Tensor, directions: int = 1, hidden: int = HIDDEN, dtype: torch.dtype = torch.float64
) -> list[Tensor]:
    """Return input, states and weights, random, all of which want gradients."""
    state, rows = kind.projection or hidden, kind.gates * hidden
    shapes = [
        (int(sizes.sum()), INPUT),
        *((directions, int(sizes[0]), n) for n in (state, hidden)[: kind.states]),
    ]
    for _ in range(directions):
        shapes += [(rows, INPUT), (rows, state), (rows,), (rows,)]
        shapes += [(kind.projection, hidden)] if kind.projection else []
    return [(0.5 * normal(shape)).to(dtype).requires_grad_() for shape in shapes]


def run(
    kind: Kind,
    sizes: Tensor,
    tensors: Sequence[Tensor],
    resets: Tensor | None = None,
    backend: str = "native",
) -> list[Tensor]:
    """Return output and last states from what ``leaves`` returned."""
    input, states, flat = tensors[0], tensors[1 : 1 + kind.states], tensors[1 + kind.states :]
    each = 5 if kind.projection else 4
    weights = [Weights(*flat[i : i + each]) for i in range(0, len(flat), each)]
    state = states[0] if kind.states == 1 else tuple(states)
    output, last = kind.op(input, sizes, state, weights, resets, backend=backend)
    return [output, *([last] if kind.states == 1 else last)]


def gradients(results: Sequence[Tensor], tensors: Sequence[Tensor], **options: Any) -> list[Tensor]:
    """Return the gradients for cotangents that are the same for the same shapes."""
    generator = torch.Generator().manual_seed(1)
    cotangents = [torch.randn(x.shape, generator=generator, dtype=torch.float64).to(x.dtype) for x in results]
    return list(torch.autograd.grad(results, tensors, cotangents, **options))


def spread(x: Tensor) -> Tensor:
    """Return the same numbers, between each two of which stands NaN."""
    wide = torch.full((*x.shape, 2), torch.nan, dtype=x.dtype)
    wide[..., 1] = x.detach()
    return wide[..., 1]


def turned(x: Tensor) -> Tensor:
    """Return the same numbers, columns before rows."""
    return x.detach() if x.dim() == 1 else x.detach().transpose(-1, -2).contiguous().transpose(-1, -2)


@pytest.mark.parametrize("change", [spread, turned])
@every_kind
def test_arrays_need_not_be_contiguous(kind, change):
    torch.manual_seed(0)
    tensors = leaves(kind, RAGGED, 2)
    strided = [change(x).requires_grad_() for x in tensors]
    assert not any(x.is_contiguous() for x in strided if x.dim() > 1)
    resets = torch.rand(int(RAGGED.sum())) < 0.3
    expected = run(kind, RAGGED, tensors, resets)
    actual = run(kind, RAGGED.repeat_interleave(2)[::2], strided, resets.repeat_interleave(2)[::2])
    torch.testing.assert_close(actual, expected, **BITS)
    torch.testing.assert_close(gradients(actual, strided), gradients(expected, tensors), **BITS)


@every_kind
def test_cotangents_need_not_be_contiguous(kind):
    torch.manual_seed(0)
    tensors = leaves(kind, FULL)
    results = run(kind, FULL, tensors)
    cotangents = [normal(x.shape) for x in results]
    expected = torch.autograd.grad(results, tensors, cotangents, retain_graph=True)
    actual = torch.autograd.grad(results, tensors, [spread(x) for x in cotangents], retain_graph=True)
    torch.testing.assert_close(actual, expected, **BITS)


@every_kind
def test_one_number_may_stand_for_a_whole_cotangent(kind):
    torch.manual_seed(0)
    tensors = leaves(kind, RAGGED)
    found = [
        torch.autograd.grad(run(kind, RAGGED, tensors, backend=name)[0].sum(), tensors)
        for name in ("native", "reference")
    ]
    assert_same(*found, torch.float64)


@every_kind
def test_gradients_of_each_result_alone_are_right(kind):
    """Where the loss says nothing of a result, its cotangent is None."""
    torch.manual_seed(0)
    tensors = leaves(kind, RAGGED, 2)
    for i in range(1 + kind.states):
        found = [
            torch.autograd.grad(
                run(kind, RAGGED, tensors, backend=name)[i].square().sum(), tensors, materialize_grads=True
            )
            for name in ("native", "reference")
        ]
        assert_same(*found, torch.float64)


@every_kind
def test_each_gradient_alone_is_the_one_among_all(kind):
    torch.manual_seed(0)
    tensors = leaves(kind, RAGGED)
    expected = gradients(run(kind, RAGGED, tensors), tensors)
    for i, gradient in enumerate(expected):
        alone = [x.detach().requires_grad_(i == j) for j, x in enumerate(tensors)]
        (actual,) = gradients(run(kind, RAGGED, alone), [alone[i]])
        torch.testing.assert_close(actual, gradient, **BITS)


@every_kind
def test_frozen_weights_leave_the_other_gradients_as_they_are(kind):
    torch.manual_seed(0)
    tensors = leaves(kind, RAGGED)
    count = 1 + kind.states
    expected = gradients(run(kind, RAGGED, tensors), tensors)[:count]
    frozen = [*tensors[:count], *(x.detach() for x in tensors[count:])]
    torch.testing.assert_close(gradients(run(kind, RAGGED, frozen), frozen[:count]), expected, **BITS)


@every_kind
def test_a_graph_can_be_walked_twice(kind):
    tensors = leaves(kind, RAGGED)
    results = run(kind, RAGGED, tensors)
    first = gradients(results, tensors, retain_graph=True)
    torch.testing.assert_close(gradients(results, tensors), first, **BITS)
    with pytest.raises(RuntimeError, match="second time"):
        gradients(results, tensors)


@pytest.mark.parametrize("index", range(8))
def test_changing_what_the_backward_needs_is_an_error(index):
    """Input, states, weights, output: of each the version is watched."""
    tensors = leaves(KINDS["lstm"], FULL)
    results = run(KINDS["lstm"], FULL, tensors)
    with torch.no_grad():
        [*tensors, results[0]][index].mul_(2)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        gradients(results, tensors)


class Silent(torch.autograd.Function):
    """The identity, through which no gradient flows back."""

    @staticmethod
    def forward(ctx, x):
        return x.clone()

    @staticmethod
    def backward(ctx, gradient):
        return None


@pytest.mark.parametrize("again", [False, True])
def test_a_loss_that_says_nothing_gives_no_gradient(again):
    tensors = leaves(KINDS["gru"], FULL)
    results = [Silent.apply(x) for x in run(KINDS["gru"], FULL, tensors)]
    for gradient in gradients(results, tensors, create_graph=again, allow_unused=True):
        assert gradient is None or not gradient.any()


@pytest.mark.parametrize("resets", [False, True])
@every_kind
def test_second_derivatives_are_right(kind, resets):
    torch.manual_seed(3)
    kind, sizes = kind._replace(projection=min(kind.projection, 1)), torch.tensor([2, 2, 1])
    where = torch.tensor([False, True, True, False, False]) if resets else None
    tensors = leaves(kind, sizes, 2, hidden=2)
    assert torch.autograd.gradgradcheck(lambda *x: tuple(run(kind, sizes, x, where)), tensors, fast_mode=True)


@every_kind
def test_the_gradient_of_a_gradients_norm_is_the_references(kind):
    torch.manual_seed(0)
    tensors = leaves(kind, RAGGED, 2)
    found = []
    for name in ("native", "reference"):
        first = gradients(run(kind, RAGGED, tensors, backend=name), tensors, create_graph=True)
        norm = torch.stack([x.square().sum() for x in first]).sum()
        found.append(torch.autograd.grad(norm, tensors))
    assert_same(*found, torch.float64)


@every_kind
def test_the_same_call_gives_the_same_bits(kind):
    torch.manual_seed(0)
    sizes = torch.full((40,), 9)
    tensors = leaves(kind, sizes, 2, hidden=70, dtype=torch.float32)
    results = run(kind, sizes, tensors)
    expected = [*results, *gradients(results, tensors)]
    for _ in range(3):
        results = run(kind, sizes, tensors)
        torch.testing.assert_close([*results, *gradients(results, tensors)], expected, **BITS)


@every_kind
def test_python_threads_at_once_get_what_one_alone_gets(kind):
    torch.manual_seed(0)
    sizes = torch.full((40,), 9)
    problems = [leaves(kind, sizes, 2, hidden=40, dtype=torch.float32) for _ in range(8)]

    def solved(tensors: list[Tensor]) -> list[Tensor]:
        results = run(kind, sizes, tensors)
        return [*results, *gradients(results, tensors)]

    expected = [solved(problem) for problem in problems]
    with ThreadPoolExecutor(4) as pool:
        for _ in range(3):
            torch.testing.assert_close(list(pool.map(solved, problems)), expected, **BITS)


def bytes_saved(results: Callable[[], Any], without: Sequence[Tensor]) -> int:
    """Return how much memory a call keeps for its backward beside what it was given."""
    held = {}

    def hold(x: Tensor) -> Tensor:
        held[x.untyped_storage().data_ptr()] = x.untyped_storage().nbytes()
        return x

    with torch.autograd.graph.saved_tensors_hooks(hold, lambda x: x):
        kept = results()  # alive, or its memory would be given out again
    for x in without:
        held.pop(x.untyped_storage().data_ptr(), None)
    assert kept is not None
    return sum(held.values())


@pytest.mark.parametrize("sizes", [torch.full((40,), 8), torch.arange(40, 0, -1)], ids=["full", "ragged"])
@every_kind
def test_no_more_is_saved_than_torch_saves_and_less_to_be_computed_again(kind, sizes):
    """At a hidden size of whole vectors; else activations are padded to one."""
    kind = kind._replace(projection=kind.projection and 16)
    tensors = leaves(kind, sizes, hidden=32, dtype=torch.float32)
    saved = {
        name: bytes_saved(partial(run, kind, sizes, tensors, backend=name), [*tensors, sizes])
        for name in ("native", "native_recompute", "aten")
    }
    assert saved["native"] <= saved["aten"]
    if kind.gates > 1:
        assert saved["native_recompute"] < 0.6 * saved["native"]


@every_kind
def test_recomputing_gives_the_same_gradients(kind):
    torch.manual_seed(0)
    sizes = torch.arange(40, 0, -1)
    tensors = leaves(kind, sizes, 2, hidden=17)
    found = [
        gradients(run(kind, sizes, tensors, backend=name), tensors) for name in ("native", "native_recompute")
    ]
    assert_same(*found, torch.float64)


def test_what_is_kept_is_what_the_constants_say():
    numbers = [
        saved_size(Layer(3, keep), (6, 4, 24, 3, 16, 0, 2), torch.float32)
        for keep in (NOTHING, CELL_STATES, ALL)
    ]
    assert numbers == [0, 2 * 24 * 16, 5 * 2 * 24 * 16]


def alive(kind: Kind, tensors: Sequence[Tensor]) -> list[Any]:
    """Return weak references to what a call makes, which its caller forgets."""
    results = run(kind, RAGGED, tensors)
    found = gradients(results, tensors, retain_graph=True)
    return [weakref.ref(x) for x in (*results, *found, results[0].grad_fn)]


@every_kind
def test_nothing_outlives_its_last_reference(kind):
    """A cycle of references would keep activations until the garbage collector comes."""
    tensors = leaves(kind, RAGGED)
    gc.collect()
    gc.disable()
    try:
        assert [x() for x in alive(kind, tensors)] == [None] * (1 + kind.states + len(tensors) + 1)
    finally:
        gc.enable()


@every_kind
def test_memory_does_not_grow(kind):
    """What is kept idle for later calls is bounded, and comes back whole."""
    module = native.module()
    sizes = torch.full((50,), 30)
    tensors = leaves(kind, sizes, hidden=32, dtype=torch.float32)
    module.release_buffers()
    idle = []
    for _ in range(200):
        gradients(run(kind, sizes, tensors), tensors)
        idle.append(module.idle_bytes())
    assert idle[-1] <= 2 * idle[20]
    module.release_buffers()
    assert module.idle_bytes() == 0


def test_gradients_survive_the_buffers_that_they_stand_in():
    """What is handed out is not given back, whoever holds it."""
    sizes = torch.full((50,), 30)
    tensors = leaves(KINDS["gru"], sizes, hidden=64, dtype=torch.float32)
    held = gradients(run(KINDS["gru"], sizes, tensors), tensors)
    copies = [x.clone() for x in held]
    others = leaves(KINDS["gru"], sizes, hidden=64, dtype=torch.float32)
    for _ in range(5):
        native.module().release_buffers()
        gradients(run(KINDS["gru"], sizes, others), others)
    torch.testing.assert_close(held, copies, **BITS)


REFUSED = {
    "an empty batch": (torch.zeros(3, dtype=torch.int64), torch.float64, "the batch is empty"),
    "half precision": (FULL, torch.bfloat16, "float32 and float64, and the input is torch.bfloat16"),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_what_it_cannot_run_goes_to_torchs_own_backend_and_it_says_why(case):
    sizes, dtype, words = case
    kind = KINDS["gru"]
    tensors = leaves(kind, sizes, dtype=dtype)
    output, last = run(kind, sizes, tensors, backend="auto")
    assert output.shape == (int(sizes.sum()), HIDDEN)
    assert last.shape == (1, int(sizes[0]), HIDDEN)
    with pytest.raises(BackendError, match=words):
        run(kind, sizes, tensors)


def test_it_is_asked_first():
    assert next(iter(BACKENDS)) == "native"
