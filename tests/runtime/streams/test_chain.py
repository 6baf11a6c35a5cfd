"""The native chain says what the network says op by op, for any streams; overflow leaves no trace."""

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import model_files
from networks import ONE_WAY
from ostinato.errors import DataError
from ostinato.runtime.network import Network
from ostinato.runtime.streams.chain import ChainEngine, engine_of
from ostinato.runtime.streams.engine import NetworkEngine
from ostinato.spec.network import Convolution, Head, Pool, Recurrent
from ostinato.spec.network import Network as Spec
from ostinato.spec.preprocessing import Series
from streaming import KINDS, classifier

OPS = {"embedding", "dropout", "convolution", "recurrent", "pool", "head"}
CHAINS = {
    name: spec
    for name, spec in ONE_WAY.items()
    if {op.op for op in spec.ops} <= OPS
    and [op.op for op in spec.ops].count("recurrent") == 1
    and all(op.op != "convolution" or (op.stride == 1 and op.activation == "relu") for op in spec.ops)
}
SERIES = Series(channels=("x", "y", "z"), scale="standard", center=(0.5, -1.0, 2.0), spread=(2.0, 0.5, 1.0))
STREAMS = 7


def tensors_of(spec):
    described = model_files.SERIES.model_copy(update={"network": spec})
    return {name: 2 * array for name, array in model_files.weights(described).items()}


def engines(spec, streams=STREAMS, until=None, series=None, probabilities=False):
    """Return a chain, and what takes the same network on op by op."""
    chained = engine_of(Network(spec, tensors_of(spec)), streams, until, series, probabilities)
    plain = NetworkEngine(
        Network(spec, tensors_of(spec), kernels="numpy"), streams, until, series, probabilities
    )
    return chained, plain


def rows_of(spec, steps, streams, seed=0):
    random = np.random.default_rng(seed)
    if spec.input == "tokens":
        return random.integers(0, spec.input_size, (steps, streams))
    return random.normal(size=(steps, streams, spec.input_size)).astype(np.float32)


def same(chained, plain):
    for stream in range(STREAMS):
        one, other = chained.take(stream), plain.take(stream)
        assert one.keys() == other.keys()
        for name, array in other.items():
            np.testing.assert_allclose(one[name], array, rtol=1e-5, atol=1e-5)
            assert one[name].dtype == array.dtype
            assert one[name].shape == array.shape


@pytest.mark.parametrize("spec", CHAINS.values(), ids=CHAINS.keys())
def test_it_says_what_the_network_says_op_by_op(spec):
    chained, plain = engines(spec)
    assert isinstance(chained, ChainEngine)
    for number, which in enumerate([None, [3, 0, 6], [1], None, [*range(STREAMS)][::-1]]):
        chosen = None if which is None else np.array(which)
        rows = rows_of(spec, number + 1, STREAMS if which is None else len(which), number)
        said, expected = chained.advance(rows, chosen), plain.advance(rows, chosen)
        np.testing.assert_allclose(said, expected, rtol=1e-6, atol=1e-5)  # rectified numbers grow
        assert said.dtype == np.float32
        same(chained, plain)


def test_ops_that_no_chain_has_are_run_by_the_network():
    others = ("crf", "language model", "tagger one way", "embedding", "listener")
    for name in (*others, "convolution without a rectifier", "classifier of video"):
        assert isinstance(engines(ONE_WAY[name])[0], NetworkEngine)
    only = Network(CHAINS["one lstm"], tensors_of(CHAINS["one lstm"]), kernels="numpy")
    assert isinstance(engine_of(only, 1), NetworkEngine)


FULL = Spec(
    input="steps",
    input_size=3,
    ops=(
        Convolution(name="front_1", channels=5, kernel_size=4),
        Convolution(name="front_2", channels=18, kernel_size=2, normalization="none"),
        Recurrent(cell="lstm", hidden_size=17, layers=2),
        Pool(kinds=KINDS, attention_size=70),
        Head(size=4),
    ),
)


@pytest.mark.parametrize("streams", [1, 2, 47, 48, 49, 130])
def test_any_number_of_streams_with_scaling_and_probabilities(streams):
    chained, plain = engines(FULL, streams, series=SERIES, probabilities=True)
    for seed in range(3):
        rows = rows_of(FULL, 2, streams, seed)
        said = chained.advance(rows, None)
        assert said.dtype == np.float64
        np.testing.assert_allclose(said.sum(axis=2), 1)
        np.testing.assert_allclose(said, plain.advance(rows, None), rtol=0, atol=1e-5)


def test_threads_change_nothing(monkeypatch):
    rows = rows_of(FULL, 20, 400)
    said = []
    for threads in ("1", "2", "3"):
        monkeypatch.setenv("OSTINATO_NUM_THREADS", threads)
        said.append(engines(FULL, 400)[0].advance(rows, None))
    np.testing.assert_array_equal(said[0], said[1])
    np.testing.assert_array_equal(said[0], said[2])


@settings(max_examples=25, deadline=None)
@given(moves=st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=8))
def test_states_are_moved_between_streams_and_engines(moves):
    chained, plain = engines(FULL)
    rows = rows_of(FULL, 3, STREAMS)
    chained.advance(rows, None), plain.advance(rows, None)
    for source, target in moves:
        state = plain.take(source)
        chained.put(state, target)
        plain.put(state, target)
    same(chained, plain)
    np.testing.assert_allclose(chained.advance(rows, None), plain.advance(rows, None), rtol=0, atol=1e-5)
    chained.fill(chained.fresh), plain.fill(plain.fresh)
    same(chained, plain)


def test_one_step_of_floats_takes_the_shortest_way_and_all_else_the_other():
    model = classifier(Recurrent(cell="lstm", hidden_size=5), Pool(kinds=("last",)))
    engine = model.stream()._streams._engine
    row = np.array([0.1, -0.2, 0.3])
    quick = engine.quick(row)
    assert quick is not None
    for other in (row.astype(np.float32), row.tolist(), row[::-1][::-1], row[None], row.astype(">f8")):
        found = model.stream().push(other)
        np.testing.assert_allclose(found.reshape(-1), quick, rtol=0, atol=1e-6)
    nan = np.array([0, np.nan, 1.0])
    for refused in (row.tolist(), row[:2], row[None], row.astype(int), "text", None, nan):
        assert engine.quick(refused) is None
    assert model.streams(2)._engine.quick(row) is None


@pytest.mark.parametrize("value", [1e10, 3e38, np.float32(np.finfo(np.float32).max)])
@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn_tanh", "rnn_relu"])
def test_large_numbers_overflow_never_or_leave_no_trace(cell, value):
    model = classifier(
        Convolution(channels=4, kernel_size=2), Recurrent(cell=cell, hidden_size=5), Pool(kinds=KINDS)
    )
    stream, streams = model.stream(), model.streams(3)
    for row in (np.full(3, 0.1), np.full(3, value), np.full(3, -value), np.full(3, 0.2)):
        before, all_before = stream.state(), [streams.state(number) for number in range(3)]
        try:
            assert np.isfinite(stream.push(row)).all()
        except DataError:
            assert stream.state() == before
        try:
            assert np.isfinite(streams.push(np.stack([row, row / 2, row]), [2, 0, 1])).all()
        except DataError:
            assert [streams.state(number) for number in range(3)] == all_before
    assert np.isfinite(stream.push(np.zeros(3))).all()


def test_a_state_that_no_input_leads_to_overflows_without_a_trace():
    model = classifier(Recurrent(cell="lstm", hidden_size=5), Pool(kinds=("last",)))
    streams = model.streams(2)
    engine = streams._engine
    engine.put(engine.fresh | {"recurrent.c": np.full((1, 5), np.finfo(np.float32).max, np.float32)}, 1)
    kept = engine.take(1)
    assert engine._wild
    for row in (np.ones(3), np.full(3, 1e30), -np.ones(3)):
        before = [streams.state(number) for number in range(2)]
        try:
            assert np.isfinite(streams.push(np.stack([row, row]))).all()
        except DataError:
            assert [streams.state(number) for number in range(2)] == before
    engine.put(kept, 0)
    streams.reset()
    assert not engine._wild


def test_an_engine_is_pickled_as_what_it_is_made_from():
    model = classifier(Recurrent(cell="gru", hidden_size=5), Pool(kinds=("max",)))
    rows = np.random.default_rng(0).normal(size=(4, 3))
    expected = model.stream().push(rows)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).stream().push(rows), expected)
