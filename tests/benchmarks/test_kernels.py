"""The benchmark of the kernels measures what it says, refuses a wrong side, and runs as a user runs it."""

import json
from statistics import fmean
from types import SimpleNamespace

import pytest
import torch
from benchmarks.kernels import layers, peers, sequences, steps
from benchmarks.kernels.__main__ import main
from benchmarks.kernels.layers import Setting
from benchmarks.kernels.products import fma_rate, products
from benchmarks.kernels.report import geometric_mean
from benchmarks.kernels.shapes import GATES, PROBE, QUICK, SHAPES, Shape, shapes_of
from benchmarks.kernels.timing import Side, take_turns

from ostinato.runtime import native

ATEN = Setting(torch.float32, "aten", 1)
RAGGED = Shape(6, 20, 8, 16, ragged=True)


def test_the_list_of_shapes_covers_what_the_project_promises():
    assert len(PROBE) == 9
    assert len({shape.name for shape in SHAPES}) == len(SHAPES)
    for size, lowest, highest in (("batch", 1, 128), ("steps", 20, 1000), ("input_size", 1, 512)):
        values = [getattr(shape, size) for shape in SHAPES]
        assert (min(values), max(values)) == (lowest, highest)
    hidden = {shape.hidden_size for shape in SHAPES}
    assert {32, 37, 50, 100, 250, 1024} <= hidden
    assert {(shape.num_layers, shape.directions) for shape in SHAPES} == {(1, 1), (2, 1), (1, 2), (2, 2)}
    assert {shape.name for shape in peers.peer_shapes(quick=False)} == set(peers.NAMES)


def test_lengths_are_the_same_every_time_and_reach_the_last_step():
    assert RAGGED.lengths == RAGGED.lengths
    assert max(RAGGED.lengths) == 20
    assert min(RAGGED.lengths) < 20
    assert sum(RAGGED.batch_sizes) == sum(RAGGED.lengths)
    assert RAGGED.batch_sizes == sorted(RAGGED.batch_sizes, reverse=True)


@pytest.mark.parametrize(
    ("cell", "shape"),
    [(cell, shape) for cell in GATES for shape in shapes_of(cell, QUICK)],
    ids=lambda value: value if isinstance(value, str) else value.name,
)
def test_the_products_are_the_operations_that_are_counted(cell, shape):
    for mode in ("training", "inference"):
        done = products(cell, shape, mode, torch.float32)
        assert sum(2 * a.numel() * b.shape[1] for a, b, _ in done) == shape.operations(cell, mode)


def test_operations_of_one_lstm_by_hand():
    assert Shape(2, 3, 5, 7).operations("LSTM", "inference") == 2 * (2 * 3) * (4 * 7) * (5 + 7)
    assert Shape(2, 3, 5, 7).operations("LSTM", "training") == 3 * 2 * (2 * 3) * (4 * 7) * (5 + 7)


@pytest.mark.parametrize("shape", [QUICK[1], RAGGED], ids=lambda shape: shape.name)
@pytest.mark.parametrize("spoilt", ["weight_hh_l0", "bias_ih_l0"])
def test_a_side_that_is_wrong_ends_the_program(shape, spoilt):
    theirs, ours = layers.place("GRU", shape, ATEN)
    layers.compare(theirs, ours, "training", "GRU")
    with torch.no_grad():
        getattr(ours.layer, spoilt)[0] += 0.01
    with pytest.raises(SystemExit, match=r"GRU: .* differs from torch"):
        layers.compare(theirs, ours, "training", "GRU")


def test_a_nan_is_a_difference():
    with pytest.raises(SystemExit, match="differs"):
        layers.check(torch.tensor([1.0, float("nan")]), torch.tensor([1.0, 1.0]), "it")


def test_all_gradients_are_compared_and_forgotten_after_each_call():
    theirs, _ = layers.place("LSTM", RAGGED, ATEN)
    names = theirs.results("training")
    wanted = {f"the gradient of {name}" for name, _ in theirs.layer.named_parameters()}
    assert names.keys() == wanted | {"the output", "h_n", "c_n", "the gradient of the input"}
    side = theirs.side("training")
    side.call()
    assert theirs.leaf.grad is not None
    side.seconds(2)
    assert theirs.leaf.grad is None
    assert all(parameter.grad is None for parameter in theirs.layer.parameters())


def test_sides_take_turns():
    order = []
    sides = {name: Side(lambda name=name: order.append(name)) for name in "AB"}
    turns = take_turns(sides, calls=2, seconds=0, least=3)
    assert len(turns) == 3
    assert "".join(order) == "A" + "AA" + "B" + "BB" + "AABB" + "AABB"


def test_forgetting_takes_no_time():
    slow = Side(lambda: None, forget=lambda: sum(range(200_000)))
    whole = Side(lambda: sum(range(200_000)))
    assert fmean(slow.seconds(5) for _ in range(3)) < 0.1 * whole.seconds(5)


def test_the_rate_of_multiply_adds_is_asked_of_the_native_module_if_it_can_tell(monkeypatch):
    monkeypatch.setattr(native, "module", lambda: SimpleNamespace(peak=lambda threads: threads * 1e11))
    assert fma_rate(2) == 2e11
    monkeypatch.setattr(native, "module", lambda: None)
    assert fma_rate(2) is None


def test_the_geometric_mean():
    assert geometric_mean([1.0, 4.0, 2.0]) == pytest.approx(2.0)


@pytest.mark.parametrize("cell", GATES)
def test_contenders_of_a_single_step_keep_their_state(cell):
    layer = layers.build(getattr(torch.nn, cell), Shape(2, 1, 32, 64), torch.float32)
    x = torch.randn(1, 2, 32)
    with torch.inference_mode():
        present, missing = steps.contenders(cell, layer, x, ATEN)
        expected = layer(x.expand(3, 2, 32))[0][-1]
        for step in present.values():
            last = [torch.as_tensor(step()).clone() for _ in range(3)][-1]
            torch.testing.assert_close(last.reshape(2, 64), expected, rtol=1e-5, atol=1e-6)
    assert {"torch.nn", "ostinato.nn"} <= present.keys()
    assert {*present, *missing} == {"torch.nn", "ostinato.nn", "Stack", "onnxruntime"}
    assert all(missing.values())


@pytest.mark.parametrize("cell", GATES)
@pytest.mark.parametrize(
    ("mode", "peer"), [(mode, peer) for mode, made in peers.MAKERS.items() for peer in made]
)
def test_peers_give_the_same_or_say_why_they_are_not_there(peer, cell, mode):
    if reason := peers.why_not(peer, ATEN):
        pytest.skip(reason)
    theirs, _ = layers.place(cell, QUICK[0], ATEN)
    with sequences.autograd(mode):
        peers.MAKERS[mode][peer](cell, theirs, ATEN, "a row").call()


def test_a_run_writes_the_table_and_all_figures(tmp_path, capsys):
    threads = torch.get_num_threads()
    try:
        arguments = ["--quick", "--cells", "lstm", "--shapes", "ragged,P4", "--modes", "training,steps"]
        files = ["--out", str(tmp_path / "table.md"), "--json", str(tmp_path / "all.json")]
        main([*arguments, "--threads", "1", "--backend", "aten", *files])
    finally:
        torch.set_num_threads(threads)
    page = (tmp_path / "table.md").read_text(encoding="utf-8")
    assert "## LSTM, training" in page
    assert "| B6 T20 I8 H16 ragged |" in page
    assert "## LSTM, one step from Python" in page
    figures = json.loads((tmp_path / "all.json").read_text(encoding="utf-8"))
    assert [row["name"] for row in figures["rows"]] == ["B6 T20 I8 H16 ragged", "B3 T8 I6 H16 P4"]
    assert all(row["lowest"] <= row["ratio"] <= row["highest"] for row in figures["rows"])
    assert [each["streams"] for each in figures["steps"]] == list(steps.STREAMS)
    assert "LSTM B6 T20 I8 H16 ragged, training" in capsys.readouterr().err


def test_part_of_the_table_goes_to_the_terminal(capsys):
    threads = torch.get_num_threads()
    try:
        main(["--quick", "--cells", "rnn", "--shapes", "B1", "--modes", "inference", "--threads", "1"])
    finally:
        torch.set_num_threads(threads)
    assert "| B1 T20 I5 H7 |" in capsys.readouterr().out


@pytest.mark.parametrize("wrong", [["--cells", "elman"], ["--modes", "speed"], ["--shapes", "H999"]])
def test_what_is_not_there_is_refused(wrong, capsys):
    with pytest.raises(SystemExit) as refused:
        main(wrong)
    assert refused.value.code == 2
    assert wrong[1].casefold() in capsys.readouterr().err.casefold()
