"""Every network as an ONNX graph says what the runtime says: whole, in chunks, and with its states."""

import numpy as np
import pytest

pytest.importorskip("onnxruntime", reason="exporting needs ostinato[onnx]")

from networks import ALL, WHOLE_MODEL, branches_numpy, executors, pack, sequences
from onnx_graphs import chunked, exported_of, whole
from ostinato.export.onnx.network import EMITTERS
from ostinato.preprocess.pack import unpacked
from ostinato.spec.network import OPS, GruD

LENGTHS = {"ragged": [65, 64, 7, 2, 1, 1], "equal": [7, 7, 7], "one step": [1]}
STREAMS = {name: spec for name, spec in ALL.items() if not spec.why_not_stream()}

networks = pytest.mark.parametrize("spec", ALL.values(), ids=ALL.keys())
streams = pytest.mark.parametrize("spec", STREAMS.values(), ids=STREAMS.keys())


def expected(spec, network, arrays):
    """Return what the runtime says, by name: one array a sequence."""
    packed = pack(arrays)
    said, sizes = branches_numpy(network, packed), packed.batch_sizes[:: spec.stride]
    return {
        name or "said": list(rows) if _made(spec, name).kind == "summary" else unpacked(rows, sizes)
        for name, rows in said.items()
    }


def _made(spec, name):
    parts = {branch.name: spec.branch(branch) for branch in spec.branches}
    return parts.get(name, spec).flows()[-1]


def assert_same(actual, wanted):
    assert actual.keys() == wanted.keys()
    for name, arrays in wanted.items():
        for given, array in zip(actual[name], arrays, strict=True):
            np.testing.assert_allclose(given, array, rtol=0, atol=WHOLE_MODEL)


@networks
def test_a_graph_says_what_the_runtime_says(spec):
    in_torch, in_runtime = executors(spec)
    session = exported_of(in_torch)
    for lengths in LENGTHS.values():
        arrays = sequences(spec, lengths)
        assert_same(whole(session, arrays)[0], expected(spec, in_runtime, arrays))


@streams
@pytest.mark.parametrize("borders", [[0, 1, 2, 3, 20, 65], [0, 64, 65]], ids=str)
def test_a_graph_that_hears_chunks_says_what_it_says_of_the_whole(spec, borders):
    in_torch, in_runtime = executors(spec)
    arrays = sequences(spec, LENGTHS["ragged"])
    assert_same(chunked(exported_of(in_torch), arrays, borders)[0], expected(spec, in_runtime, arrays))


@streams
def test_the_states_of_a_graph_are_the_runtimes(spec):
    in_torch, in_runtime = executors(spec)
    (array,) = sequences(spec, [9])
    session = exported_of(in_torch)
    _, states = chunked(session, [array], [0, 4, 9])
    wanted, _ = in_runtime.push(in_runtime.start(1), array[:, None])
    for op in spec.ops:
        if isinstance(op, GruD):  # a graph's states begin with zeros, and what was observed with the means
            wanted[f"{op.name}.beyond"] = wanted.pop(f"{op.name}.last") - np.array(op.means, np.float32)
    without = {name for name, kept in wanted.items() if "crf" in name or not kept.size}
    assert states.keys() == wanted.keys() - without
    for name, state in states.items():
        assert state.dtype == wanted[name].dtype
        np.testing.assert_allclose(state.reshape(wanted[name].shape), wanted[name], rtol=0, atol=WHOLE_MODEL)


def test_padding_of_nothing_but_nan_changes_nothing():
    spec = ALL["classifier of series"]
    in_torch, _ = executors(spec)
    session, arrays = exported_of(in_torch), sequences(spec, [6, 3])
    clean, spoilt = np.zeros((2, 6, 3), np.float32), np.full((2, 6, 3), np.nan, np.float32)
    for row, array in enumerate(arrays):
        clean[row, : len(array)] = spoilt[row, : len(array)] = array
    lengths = {"lengths": np.array([6, 3])} | session.start(2)
    for name, answer in session.run({"x": clean} | lengths).items():
        np.testing.assert_array_equal(session.run({"x": spoilt} | lengths)[name], answer)


def test_every_op_has_an_emitter():
    assert set(EMITTERS) == set(OPS)
