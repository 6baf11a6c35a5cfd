"""Streams of every task: cut anywhere, they say what the whole says; their state is a value and moves."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("tokenizers", reason="reading text needs ostinato[text]")
pytest.importorskip("miditok", reason="music needs ostinato[music]")

import pair_models
from networks import WHOLE_MODEL
from ostinato.errors import DataError, StreamError
from streaming import CASES, chunks, finishing

cases = pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
MODELS = {
    name: {kernels: case.make(kernels=kernels) for kernels in ("native", "numpy")}
    for name, case in CASES.items()
}
ALL = {case.make: MODELS[name] for name, case in CASES.items()}


def model_of(case, kernels="native"):
    return ALL[case.make][kernels]


def heard(case, stream, parts):
    """Push parts and end the stream; return one row a step, and what was said at the end."""
    rows = [case.rows(stream.push(part)) for part in parts]
    answer = stream.finish()
    if hasattr(answer, "nats"):
        rows.append(case.rows(answer))
    return np.concatenate(rows), finishing(answer)


@cases
@pytest.mark.parametrize("kernels", ["native", "numpy"])
def test_a_stream_says_what_the_whole_says(case, kernels):
    model = model_of(case, kernels)
    rows, last = heard(case, model.stream(), [case.given])
    np.testing.assert_allclose(rows, case.expected(model)[: len(rows)], rtol=0, atol=WHOLE_MODEL)
    np.testing.assert_allclose(last, case.last(model), rtol=0, atol=WHOLE_MODEL)


@cases
def test_step_by_step_it_says_the_same(case):
    model = model_of(case)
    steps = [case.given[t : t + 1] for t in range(len(case.given))]
    rows, last = heard(case, model.stream(), steps)
    np.testing.assert_allclose(rows, case.expected(model)[: len(rows)], rtol=0, atol=WHOLE_MODEL)
    np.testing.assert_allclose(last, case.last(model), rtol=0, atol=WHOLE_MODEL)


@cases
@settings(max_examples=15, deadline=None)
@given(cuts=st.lists(st.integers(0, 200), max_size=8))
def test_cut_anywhere_and_moved_at_every_cut_it_says_the_same(case, cuts):
    model = model_of(case)
    stream, rows = model.stream(), []
    for part in chunks(case.given, [cut % len(case.given) for cut in cuts]):
        rows.append(case.rows(stream.push(part)))
        stream = model.restore(stream.state())
    rows, answer = np.concatenate(rows), finishing(stream.finish())
    np.testing.assert_allclose(rows, case.expected(model)[: len(rows)], rtol=0, atol=WHOLE_MODEL)
    np.testing.assert_allclose(answer, case.last(model), rtol=0, atol=WHOLE_MODEL)


@cases
def test_a_state_goes_on_under_other_kernels(case):
    native, numpy = model_of(case, "native"), model_of(case, "numpy")
    assert native.fingerprint() == numpy.fingerprint()
    half = len(case.given) // 2
    stream = native.stream()
    stream.push(case.given[:half])
    moved = numpy.restore(stream.state())
    assert moved.steps == stream.steps
    assert moved.state() == stream.state()
    moved.push(case.given[half:])
    np.testing.assert_allclose(finishing(moved.finish()), case.last(numpy), rtol=0, atol=WHOLE_MODEL)


@cases
def test_many_streams_taken_on_together_say_what_each_says_alone(case):
    model, count = model_of(case), 5
    streams = model.streams(count)
    alone = [model.stream() for _ in range(count)]
    third = max(1, len(case.given) // 3)
    for first in range(0, 2 * third, third):
        part = case.given[first : first + third]
        chosen = [3, 0, 4] if first else None
        numbers = chosen or range(count)
        answers = pushed(streams, part, chosen, len(numbers))
        for number, answer in zip(numbers, answers, strict=True):
            expected = case.rows(alone[number].push(part))
            np.testing.assert_allclose(case.rows(answer), expected, rtol=0, atol=WHOLE_MODEL)
    for number, stream in enumerate(alone):
        assert streams.steps(number) == stream.steps
        expected = finishing(stream.finish())
        np.testing.assert_allclose(finishing(streams.finish(number)), expected, rtol=0, atol=WHOLE_MODEL)


def pushed(streams, part, chosen, count):
    """Give the same part to streams; return one answer a stream."""
    if isinstance(part, np.ndarray) and part.ndim == 2:
        return streams.push(np.repeat(part[:, None], count, axis=1), chosen).swapaxes(0, 1)
    return streams.push([part] * count, chosen)


@cases
def test_streams_are_put_in_taken_out_and_reset_one_by_one(case):
    model = model_of(case)
    half = len(case.given) // 2
    stream = model.stream()
    fresh = stream.state()
    stream.push(case.given[:half])
    kept = stream.state()
    streams = model.streams(3)
    streams.restore(kept, 1)
    assert [streams.state(number) for number in range(3)] == [fresh, kept, fresh]
    streams.reset(1)
    assert streams.state(1) == fresh
    streams.restore(kept, 2)
    streams.reset()
    assert [streams.state(number) for number in range(3)] == [fresh] * 3


@cases
def test_what_is_refused_leaves_the_state_as_it_was(case):
    model = model_of(case)
    stream, streams = model.stream(), model.streams(2)
    stream.push(case.given[:5])
    before, both = stream.state(), [streams.state(0), streams.state(1)]
    for wrong in (None, 7.5, [None], b"\xff", {"a": 1}):
        with pytest.raises(DataError):
            stream.push(wrong)
        assert stream.state() == before
        with pytest.raises(DataError):
            streams.push([case.given[:1], wrong])
        assert [streams.state(0), streams.state(1)] == both


@cases
def test_a_stream_that_has_ended_hears_nothing_until_it_is_reset(case):
    model = model_of(case)
    stream = model.stream()
    stream.push(case.given)
    stream.finish()
    ended = model.restore(stream.state())
    for closed in (stream, ended):
        with pytest.raises(StreamError, match="has ended"):
            closed.push(case.given[:1])
        with pytest.raises(StreamError, match="has ended"):
            closed.finish()
    stream.reset()
    assert stream.state() == model.stream().state()


@cases
def test_there_are_no_other_streams(case):
    streams = model_of(case).streams(2)
    with pytest.raises(ValueError, match="stream is 2; expected a whole number from 0 to 1"):
        streams.state(2)
    with pytest.raises(ValueError, match="streams is"):
        pushed(streams, case.given[:1], [0, 2], 2)
    with pytest.raises(ValueError, match="twice"):
        pushed(streams, case.given[:1], [1, 1], 2)
    with pytest.raises(ValueError, match="count is 0"):
        model_of(case).streams(0)


def test_states_are_of_one_model_alone():
    states = {name: models["native"].stream().state() for name, models in MODELS.items()}
    assert len({models["native"].fingerprint() for models in MODELS.values()}) == len(MODELS)
    for name, models in MODELS.items():
        for other in states.keys() - {name}:
            with pytest.raises(StreamError, match="of another model"):
                models["native"].restore(states[other])


@pytest.mark.parametrize("make", [pair_models.translator, pair_models.chatter])
def test_models_of_pairs_say_why_they_cannot_stream(make):
    model = make()
    with pytest.raises(StreamError, match=r"cannot stream; give \w+\(\)") as caught:
        model.stream()
    assert str(caught.value) == model.why_not_stream()
