"""A stream: what it says is the answer for the prefix, and nothing that it refuses leaves a trace."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import model_files
from ostinato.errors import DataError, StreamError
from ostinato.preprocess.series import SeriesPreprocessor
from ostinato.runtime import Classifier
from ostinato.runtime.network import Network
from ostinato.spec.network import Convolution, Head, Pool, Recurrent
from ostinato.spec.network import Network as NetworkSpec

KINDS = ("attention", "max", "last", "mean")


def build(*ops, weight=None):
    """Return a model of these ops; all its weights are ``weight``, if that is given."""
    network = NetworkSpec(input="steps", input_size=3, ops=(*ops, Head(size=2)))
    spec = model_files.SERIES.model_copy(update={"network": network})
    tensors = model_files.weights(spec)
    if weight is not None:
        tensors = {name: np.full_like(values, weight) for name, values in tensors.items()}
    return Classifier(spec, Network(network, tensors), SeriesPreprocessor(spec.preprocessing))


MODEL = build(
    Convolution(channels=4, kernel_size=3), Recurrent(cell="lstm", hidden_size=5, layers=2), Pool(kinds=KINDS)
)
STEPS = np.random.default_rng(0).normal(size=(20, 3)).astype(np.float32)


def test_each_answer_is_that_of_the_prefix():
    stream = MODEL.stream()
    for count, step in enumerate(STEPS, start=1):
        answer = stream.push(step)
        assert answer.shape == (2,)
        expected = MODEL.probabilities([STEPS[:count]])[0]
        np.testing.assert_allclose(answer, expected, rtol=0, atol=1e-5)


@settings(max_examples=20, deadline=None)
@given(cuts=st.lists(st.integers(1, 19), max_size=5, unique=True).map(sorted))
def test_chunks_say_what_single_steps_say(cuts):
    stream, single = MODEL.stream(), MODEL.stream()
    chunked = np.concatenate([stream.push(chunk) for chunk in np.split(STEPS, cuts)])
    np.testing.assert_allclose(chunked, [single.push(step) for step in STEPS], rtol=0, atol=1e-6)


def test_two_streams_of_a_model_share_nothing():
    one, other, expected = MODEL.stream(), MODEL.stream(), MODEL.stream().push(STEPS)
    for number, step in enumerate(STEPS):
        other.push(step * -3)
        np.testing.assert_allclose(one.push(step), expected[number], rtol=0, atol=1e-6)


def test_a_taken_state_is_a_value():
    stream = MODEL.stream()
    stream.push(STEPS[:5])
    state = stream.state()
    assert stream.state() == state
    stream.push(STEPS[5:])
    assert stream.state() != state
    assert MODEL.restore(state).state() == state


def test_a_restored_state_goes_on_where_it_was_taken():
    stream, other = MODEL.stream(), MODEL.stream()
    stream.push(STEPS[:9])
    state = stream.state()
    expected = stream.push(STEPS[9:])
    other.push(STEPS[::-1])
    other.restore(state)
    np.testing.assert_array_equal(other.push(STEPS[9:]), expected)


def test_reset_forgets_everything():
    stream = MODEL.stream()
    expected = stream.push(STEPS)
    stream.reset()
    assert stream.state() == MODEL.stream().state()
    np.testing.assert_array_equal(stream.push(STEPS), expected)


REFUSED = {
    "too few channels": np.zeros(2),
    "too many channels": np.zeros((4, 4)),
    "three axes": np.zeros((1, 1, 3)),
    "no axis": np.float32(1.0),
    "no step": np.zeros((0, 3)),
    "nan": [0.0, np.nan, 0.0],
    "infinity": [0.0, np.inf, 0.0],
    "beyond float32": [0.0, 1e39, 0.0],
    "nan in the last step": np.where(np.arange(12).reshape(4, 3) == 11, np.nan, 0.0),
    "texts": ["1", "2", "3"],
    "truth values": [True, False, True],
    "nothing": None,
    "ragged": [[1.0, 2.0, 3.0], [1.0]],
}


@pytest.mark.parametrize("steps", REFUSED.values(), ids=REFUSED.keys())
def test_what_is_refused_leaves_the_state_as_it_was(steps):
    stream = MODEL.stream()
    stream.push(STEPS[:4])
    before = stream.state()
    with pytest.raises(DataError, match="steps"):
        stream.push(steps)
    assert stream.state() == before


def test_an_answer_that_overflows_is_refused_and_leaves_the_state():
    stream = build(Pool(kinds=("max",)), weight=100.0).stream()
    before = stream.state()
    with pytest.raises(DataError, match="overflow"):
        stream.push(np.full(3, 1.5e38))
    assert stream.state() == before


def test_a_state_that_would_poison_the_stream_is_never_kept():
    """A later op may hide infinity in the state of an earlier one: here a tanh that of a rectifier."""
    hidden = Recurrent(name="hidden", cell="rnn_relu", hidden_size=2)
    hiding = Recurrent(name="hiding", cell="rnn_tanh", hidden_size=2)
    stream = build(hidden, hiding, Pool(kinds=("last",)), weight=1.0).stream()
    before = stream.state()
    with pytest.raises(DataError, match="overflow"):
        stream.push(np.full((3, 3), 1.5e38))
    assert stream.state() == before


def test_a_model_that_reads_both_ways_cannot_stream_and_says_why():
    recurrent = Recurrent(cell="gru", hidden_size=5, bidirectional=True)
    with pytest.raises(StreamError, match=r"op 'recurrent' reads the whole sequence .* bidirectional"):
        build(recurrent, Pool(kinds=("last",), directions=2)).stream()


def test_what_is_no_state_is_refused():
    with pytest.raises(StreamError, match="state is None; expected the bytes that a stream's state"):
        MODEL.stream().restore(None)
