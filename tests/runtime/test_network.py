"""The NumPy network: what it refuses, and that it computes in float32 without warnings."""

import numpy as np
import pytest

from networks import ALL, executors, pack, run_numpy, sequences, spoil
from ostinato.errors import ArgumentError
from ostinato.nn.network import export_tensors
from ostinato.runtime.network import Network

SERIES, TEXT = ALL["classifier of series"], ALL["classifier of text"]


def weights(spec):
    return {name: np.ones(shape, np.float32) for name, shape in spec.tensors().items()}


@pytest.mark.parametrize("change", ["missing", "extra", "shape"])
def test_weights_that_do_not_fit_are_refused(change):
    tensors = weights(SERIES)
    spoil(tensors, change)
    with pytest.raises(ArgumentError, match=r"head\.bias|more\.weight"):
        Network(SERIES, tensors)


def test_float64_weights_give_float32_answers():
    in_torch, network = executors(SERIES)
    wide = {name: values.astype(np.float64) for name, values in export_tensors(in_torch).items()}
    packed = pack(sequences(SERIES, [5, 2]))
    answer = run_numpy(Network(SERIES, wide), packed)
    assert answer.dtype == np.float32
    np.testing.assert_array_equal(answer, run_numpy(network, packed))


def test_overflow_gives_no_warning_and_is_left_for_the_caller_to_see():
    tensors = {name: values * 1e38 for name, values in weights(SERIES).items()}
    answer = run_numpy(Network(SERIES, tensors), pack([np.full((3, 3), 1e38, np.float32)]))
    assert not np.isfinite(answer).all()


@pytest.mark.parametrize(
    "rows",
    [np.zeros((2, 1, 4)), np.zeros((2, 3)), np.zeros(3), np.zeros((1, 2, 1, 3))],
    ids=lambda rows: str(rows.shape),
)
def test_a_push_of_the_wrong_shape_is_refused(rows):
    _, network = executors(SERIES)
    with pytest.raises(ArgumentError, match=r"rows has shape .* expected \(T, n, 3\)"):
        network.push(network.start(1), rows.astype(np.float32))


@pytest.mark.parametrize("token", [-1, 11, 2**40], ids=str)
def test_a_push_of_no_token_is_refused(token):
    _, network = executors(TEXT)
    with pytest.raises(ArgumentError, match="expected whole numbers from 0 to 10"):
        network.push(network.start(1), np.array([[token]]))


def test_numbers_are_no_tokens():
    _, network = executors(TEXT)
    with pytest.raises(ArgumentError, match="no token"):
        network.push(network.start(1), np.array([[1.0]]))


@pytest.mark.parametrize("streams", [0, -1, 1.0])
def test_streams_are_counted_from_one(streams):
    _, network = executors(SERIES)
    with pytest.raises(ArgumentError, match="streams is"):
        network.start(streams)


def test_pushing_side_by_side_needs_as_many_sequences_as_were_started():
    _, network = executors(SERIES)
    with pytest.raises(ArgumentError, match="2 streams"):
        network.push(network.start(2), np.zeros((1, 3, 3), np.float32))


@pytest.mark.parametrize("until", ["recurrent", "pool", "front_1"])
def test_a_run_ends_before_the_op_that_is_named(until):
    _, network = executors(SERIES)
    packed = pack(sequences(SERIES, [5, 2]))
    flow = network.run(packed, until)
    for name in list(network.ops)[list(network.ops).index(until) :]:
        flow = network.ops[name].run(flow)
    np.testing.assert_array_equal(flow, run_numpy(network, packed))


def test_a_push_ends_before_the_op_that_is_named_and_those_behind_hear_nothing():
    _, network = executors(SERIES)
    (array,) = sequences(SERIES, [5])
    before, _ = network.push(network.start(1), array[:2, None])
    after, rows = network.push(before, array[2:, None], until="pool")
    assert rows.shape == (3, 1, 5)
    whole, _ = network.push(before, array[2:, None])
    assert after.keys() == whole.keys()
    for name, values in after.items():
        heard = not name.startswith("pool.")
        np.testing.assert_array_equal(values, (whole if heard else before)[name])


def test_an_op_that_is_not_there_cannot_be_stopped_at():
    _, network = executors(SERIES)
    with pytest.raises(ArgumentError, match=r"until is 'crf'; choose one of front_1, .*, head"):
        network.run(pack(sequences(SERIES, [2])), until="crf")
