"""The common checks for a classifier that hears: whole or as it is heard, alone or not, saved or not."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import ostinato
from networks import WHOLE_MODEL
from ostinato.data.examples import Examples
from ostinato.errors import DataError, StreamError
from ostinato.nn.network import Network, import_tensors
from ostinato.preprocess.pack import falling
from ostinato.tasks.classify import CLASSIFY
from ostinato.train.fit import fit
from sounds import options, recordings


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Return recordings, what training ended with, and the same model saved and loaded."""
    path, data = tmp_path_factory.mktemp("models") / "model", recordings()
    return data, fit(CLASSIFY, data, options(), out=path), ostinato.load(path)


@pytest.fixture(scope="module")
def both_ways(tmp_path_factory):
    path, chosen = tmp_path_factory.mktemp("models") / "model", options(epochs=1)
    network = chosen.network.model_copy(update={"bidirectional": True})
    fit(CLASSIFY, recordings(), chosen.model_copy(update={"network": network}), out=path)
    return ostinato.load(path)


def test_it_overfits_eight_examples(trained):
    data, _, model = trained
    assert model.predict(data).best() == data.labels


def test_it_tells_new_tones_apart(trained):
    _, _, model = trained
    new = recordings(20, seed=1)
    assert model.predict(new).best() == new.labels
    assert model.predict(new.values).best() == new.labels


def test_the_saved_model_gives_the_answers_of_training(trained):
    data, result, model = trained
    network = Network(result.model.network).eval()
    import_tensors(network, result.tensors)
    examples = Examples(result.preprocessor.apply(data))
    order = falling(examples.lengths)
    with torch.inference_mode():
        answer = network(examples.batch(order)).softmax(dim=1).numpy()
    np.testing.assert_allclose(model.probabilities(data)[order], answer, rtol=0, atol=WHOLE_MODEL)


def test_a_recording_alone_gets_the_answer_that_it_gets_in_a_batch(trained, both_ways):
    for data, model in ((trained[0], trained[2]), (trained[0], both_ways)):
        together = model.probabilities(data)
        alone = [model.probabilities(data.select(np.array([i])))[0] for i in range(len(data))]
        np.testing.assert_allclose(alone, together, rtol=0, atol=WHOLE_MODEL)


def test_what_is_said_after_a_frame_is_the_answer_for_the_recording_so_far(trained):
    data, _, model = trained
    samples, audio = data.values[3], model.spec.preprocessing
    said = model.stream().push(samples)
    assert len(said) == audio.frames(len(samples)) > 3
    for frame in range(len(said)):
        heard = samples[: audio.width + frame * audio.hop]
        np.testing.assert_allclose(said[frame], model.probabilities([heard])[0], rtol=0, atol=WHOLE_MODEL)


@settings(max_examples=15, deadline=None)
@given(cuts=st.lists(st.integers(0, 480), max_size=6).map(sorted))
def test_pieces_of_any_size_say_what_the_whole_says(trained, cuts):
    data, _, model = trained
    samples = data.values[3]
    pieces = [piece for piece in np.split(samples, cuts) if len(piece)]
    whole, stream = model.stream().push(samples), model.stream()
    said = np.concatenate([stream.push(piece) for piece in pieces])
    np.testing.assert_allclose(said, whole, rtol=0, atol=WHOLE_MODEL)


def test_the_state_is_a_value_of_one_size(trained):
    data, _, model = trained
    samples, stream, other = data.values[3], model.stream(), model.stream()
    sizes = {name: array.shape for name, array in stream.state().items()}
    stream.push(samples[:333])
    kept = stream.state()
    assert {name: array.shape for name, array in kept.items()} == sizes
    expected = stream.push(samples[333:])
    other.push(samples[::-1].copy())
    other.restore(kept)
    np.testing.assert_array_equal(other.push(samples[333:]), expected)
    stream.reset()
    np.testing.assert_array_equal(stream.push(samples), model.stream().push(samples))


def test_what_is_refused_leaves_a_stream_as_it_was(trained):
    data, _, model = trained
    samples, stream = data.values[3], model.stream()
    stream.push(samples[:333])
    expected = model.stream()
    expected.restore(stream.state())
    for bad in (np.full(300, np.nan), samples[:, None], np.zeros(9, np.int16)):
        with pytest.raises(DataError, match="samples"):
            stream.push(bad)
    for state in (None, {}, expected.state() | {"sound.position": np.array(-1)}):
        with pytest.raises(StreamError):
            stream.restore(state)
    np.testing.assert_array_equal(stream.push(samples[333:]), expected.push(samples[333:]))


def test_a_model_that_reads_both_ways_does_not_stream(both_ways):
    with pytest.raises(StreamError, match="step by step"):
        both_ways.stream()
