"""The native layer as an op of torch: what opcheck asks of it, and what torch.compile makes of it."""

from typing import Any

import pytest
import torch
from torch import Tensor
from torch.library import opcheck

from helpers import assert_same, normal
from ostinato.errors import ArgumentError, ShapeError
from ostinato.kernels import native_op
from ostinato.kernels.dispatch import Weights, describe
from ostinato.kernels.gru import BACKENDS, gru
from ostinato.kernels.lstm import lstm
from ostinato.kernels.native_calls import ALL, CELL_STATES, CELLS, GATES, NOTHING
from ostinato.runtime import native

pytestmark = pytest.mark.skipif(native.why_not() is not None, reason="there are no native kernels here")

INPUT, HIDDEN, BATCH = 5, 6, 3
RAGGED, FULL = torch.tensor([3, 2, 2, 1]), torch.full((4,), 3)


def leaf(*shape: int) -> Tensor:
    return normal(shape).requires_grad_()


def arguments(cell: str, sizes: Tensor, *, directions: int = 1, projection: int = 0, resets: bool = False):
    """Return what the op is called with."""
    torch.manual_seed(0)
    number = CELLS.index(cell)
    rows, state, count = GATES[number] * HIDDEN, projection or HIDDEN, int(sizes.sum())
    weights = []
    for _ in range(directions):
        weights += [leaf(rows, INPUT), leaf(rows, state), leaf(rows), leaf(rows)]
        weights += [leaf(projection, HIDDEN)] if projection else []
    c0 = leaf(directions, BATCH, HIDDEN) if cell == "lstm" else None
    where = torch.rand(count) < 0.3 if resets else None
    return number, ALL, leaf(count, INPUT), sizes, leaf(directions, BATCH, state), c0, weights, where


@pytest.mark.parametrize(
    "case",
    [
        arguments("rnn_tanh", FULL),
        arguments("rnn_relu", RAGGED, resets=True),
        arguments("gru", RAGGED, directions=2, resets=True),
        arguments("lstm", FULL),
        arguments("lstm", RAGGED, directions=2, projection=4, resets=True),
    ],
    ids=["rnn_tanh", "rnn_relu", "gru", "lstm", "lstm_projected"],
)
def test_op_is_what_torch_expects_of_an_op(case):
    assert set(opcheck(native_op.layer.default, case).values()) == {"SUCCESS"}


@pytest.mark.parametrize("sizes", [FULL, RAGGED], ids=["full", "ragged"])
def test_bare_op_compiles_into_one_graph_with_its_gradients(sizes):
    weights = [Weights(leaf(18, INPUT), leaf(18, HIDDEN), leaf(18), leaf(18))]
    x, h = leaf(int(sizes.sum()), INPUT), leaf(1, BATCH, HIDDEN)

    def loss(x: Tensor, sizes: Tensor, h: Tensor) -> Tensor:
        output, last = gru(x, sizes, h, weights)
        return output.square().sum() + last.sin().sum()

    torch._dynamo.reset()
    compiled = torch.compile(loss, backend="aot_eager", fullgraph=True)
    leaves = [x, h, *weights[0][:4]]
    expected = torch.autograd.grad(loss(x, sizes, h), leaves)
    assert_same(torch.autograd.grad(compiled(x, sizes, h), leaves), expected, torch.float64)
    torch._dynamo.reset()


def test_exported_program_holds_the_op_whole():
    class Model(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.cell = torch.nn.GRUCell(INPUT, HIDDEN)

        def forward(self, x: Tensor, h: Tensor) -> Tensor:
            weights = [Weights(*self.cell.parameters())]
            return gru(x, torch.full((4,), BATCH), h, weights)[0]

    x, h = torch.randn(12, INPUT), torch.zeros(1, BATCH, HIDDEN)
    program = torch.export.export(Model().eval(), (x, h))
    assert any("ostinato.layer" in str(node.target) for node in program.graph.nodes)
    torch.testing.assert_close(program.module()(x, h).shape, torch.Size([12, HIDDEN]))


def test_transforms_of_torch_func_go_to_torchs_own_backend_and_say_so():
    weights = [Weights(leaf(18, INPUT), leaf(18, HIDDEN), leaf(18), leaf(18))]
    x, h = normal((9, INPUT)), normal((1, BATCH, HIDDEN))
    sizes, reasons = torch.full((3,), BATCH), []

    def loss(x: Tensor) -> Tensor:
        call = describe("gru", x, sizes, (h,), weights)
        reasons.append(BACKENDS["native"].why_not(call))
        return gru(x, sizes, h, weights)[0].sum()

    x.requires_grad_()
    (expected,) = torch.autograd.grad(loss(x), x)
    actual = torch.func.grad(loss)(x.detach())
    assert_same([actual], [expected], torch.float64)
    assert reasons == [None, "it does not know torch.func's transforms"]


def call_lstm(**changed: Tensor) -> Tensor:
    given = {
        "input": normal((8, INPUT)),
        "sizes": RAGGED,
        "h": normal((1, BATCH, HIDDEN)),
        "c": normal((1, BATCH, HIDDEN)),
        "weight_ih": normal((24, INPUT)),
        "weight_hh": normal((24, HIDDEN)),
        "bias": normal((24,)),
    } | changed
    weights = [Weights(given["weight_ih"], given["weight_hh"], given["bias"], given["bias"])]
    return lstm(given["input"], given["sizes"], (given["h"], given["c"]), weights, backend="native")[0]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"weight_hh": normal((24, HIDDEN)).float()}, "weight_hh is torch.float32"),
        ({"weight_ih": normal((24, INPUT + 1))}, r"weight_ih is torch.float64 of shape \(24, 6\)"),
        ({"bias": normal((23,))}, r"bias_ih .* expected torch.float64 of shape \(24,\)"),
        ({"c": normal((1, BATCH + 1, HIDDEN))}, r"c0 .* expected torch.float64 of shape \(1, 3, 6\)"),
        ({"sizes": RAGGED.int()}, "batch_sizes is torch.int32"),
    ],
)
def test_tensors_that_do_not_fit_are_refused_by_name(changed, words):
    assert call_lstm().shape == (8, HIDDEN)
    with pytest.raises(ShapeError, match=words):
        call_lstm(**changed)


@pytest.mark.parametrize("sizes", [[1, 3, 2, 2], [3, 2, 2, 2], [3, 3, 2, 0], [2, 2, 2, 2]])
def test_batch_sizes_that_cannot_be_are_refused(sizes):
    with pytest.raises((ArgumentError, ValueError), match="batch_sizes"):
        call_lstm(sizes=torch.tensor(sizes))


def given(cell: str, **changed: Any) -> list[Any]:
    """Return the arguments of the op, some of them changed by name."""
    names = ("cell", "keep", "input", "sizes", "h", "c", "weights", "resets")
    return [*(dict(zip(names, arguments(cell, RAGGED), strict=True)) | changed).values()]


@pytest.mark.parametrize(
    ("cell", "changed", "words"),
    [
        ("gru", {"sizes": RAGGED.int()}, "batch_sizes is torch.int32"),
        ("gru", {"sizes": RAGGED[None]}, r"batch_sizes .* expected torch.int64 of shape \(1,\)"),
        ("gru", {"h": normal((2, BATCH, HIDDEN))}, r"weight_ih .* expected torch.float64 of shape \(18, 5\)"),
        ("gru", {"h": normal((BATCH, HIDDEN))}, r"shapes \(8, 5\), \(3, 6\); expected"),
        ("gru", {"c": normal((1, BATCH, HIDDEN))}, "only an LSTM has c0"),
        ("lstm", {"c": None}, "only an LSTM has c0 .* it needs c0"),
        ("gru", {"weights": [normal((18, INPUT)), normal((18, HIDDEN)), normal((6, 6))]}, "weight_hr"),
        (
            "gru",
            {"resets": torch.zeros(7, dtype=torch.bool)},
            r"resets .* expected torch.bool of shape \(8,\)",
        ),
    ],
)
def test_the_bare_op_refuses_what_does_not_fit(cell, changed, words):
    with pytest.raises(ShapeError, match=words):
        native_op.layer(*given(cell, **changed))


def test_a_weight_that_is_lacking_is_refused():
    weights = Weights(normal((18, INPUT)), None)
    with pytest.raises(ShapeError, match="weight_hh is None"):
        gru(normal((8, INPUT)), RAGGED, normal((1, BATCH, HIDDEN)), [weights], backend="native")


def test_gradients_of_an_lstm_that_kept_nothing_are_refused():
    output, *_ = native_op.layer(*given("lstm", keep=NOTHING))
    with pytest.raises(ArgumentError, match="keep was 0 in the forward"):
        output.sum().backward()


@pytest.mark.parametrize("index", range(5))
def test_the_gradients_op_refuses_what_is_not_the_forwards(index):
    called = [x.detach() if isinstance(x, Tensor) else x for x in given("lstm", keep=CELL_STATES)]
    output, h_n, c_n, saved = native_op.layer(*called)
    beside = [output, saved, torch.ones_like(output), h_n, c_n]
    backward = torch.ops.ostinato.layer_backward
    assert len(backward(*called, *beside)) == 4
    beside[index] = beside[index][..., :-1].contiguous()
    with pytest.raises(ShapeError, match=("output", "saved", "d_output", "d_h_n", "d_c_n")[index]):
        backward(*called, *beside)
