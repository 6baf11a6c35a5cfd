"""The common checks for a classifier that hears: whole or as it is heard, alone or not, saved or not."""

from dataclasses import replace

import numpy as np
import pytest
import torch

import ostinato
from networks import WHOLE_MODEL
from ostinato.data.examples import Examples
from ostinato.errors import DataError, StreamError
from ostinato.nn.network import Network, import_tensors
from ostinato.preprocess.pack import falling
from ostinato.runtime.streams.kept import to_bytes
from ostinato.runtime.streams.lines import pipe_of
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


def test_a_state_that_no_samples_lead_to_is_refused(trained):
    data, _, model = trained
    stream = model.stream()
    stream.push(data.values[3][:333])
    before, kept = stream.state(), stream._streams._taken(0)
    for held in (bytes(3), bytes(4 * model.spec.preprocessing.width), np.float32(np.nan).tobytes()):
        with pytest.raises(StreamError, match="no beginning of a frame"):
            stream.restore(to_bytes(model.fingerprint(), replace(kept, held=held)))
        assert stream.state() == before


def test_a_model_that_reads_both_ways_does_not_stream(both_ways):
    with pytest.raises(StreamError, match="step by step"):
        both_ways.stream()


@pytest.mark.parametrize("portion", [1, 333, 100_000])
def test_raw_sound_from_a_pipe_is_heard_as_the_recording(trained, portion):
    data, _, model = trained
    raw = (np.clip(data.values[3], -1, 1) * 32_767).astype("<i2")
    pipe, said = pipe_of(model), []
    for piece in pieces(pipe, raw.tobytes(), portion):
        said.append(pipe.read(piece))
    whole = model.probabilities([raw.astype(np.float32) / 32_768])[0]
    last = pipe.end()
    assert said[0] is not None
    assert last.text.startswith(data.labels[3])
    np.testing.assert_allclose([*last.data["probabilities"].values()], whole, rtol=0, atol=WHOLE_MODEL)


def test_raw_sound_of_another_rate_is_resampled_to_its_end(trained):
    soxr = pytest.importorskip("soxr", reason="resampling needs ostinato[audio]")
    _, _, model = trained
    raw = (20_000 * np.sin(np.arange(4_000) / 9)).astype("<i2")
    pipe = pipe_of(model, rate=16_000)
    for piece in pieces(pipe, raw.tobytes(), 777):
        pipe.read(piece)
    samples = soxr.ResampleStream(16_000, 8_000, 1, dtype="float32").resample_chunk(
        raw.astype(np.float32) / 32_768, last=True
    )
    found = [*pipe.end().data["probabilities"].values()]
    np.testing.assert_allclose(found, model.probabilities([samples])[0], rtol=0, atol=WHOLE_MODEL)


def test_sound_that_ends_within_a_sample_is_refused_and_changes_nothing(trained):
    pipe = pipe_of(trained[2])
    pipe.read(bytes(1_600))
    before = pipe.stream.state()
    with pytest.raises(DataError, match="ends within a sample"):
        pipe.read(bytes(3))
    assert pipe.stream.state() == before


def pieces(pipe, given, portion):
    """Yield the pieces of what a pipe brings in portions."""
    rest = b""
    for first in range(0, len(given), portion):
        whole, rest = pipe.cut(rest + given[first : first + portion])
        yield from whole
    yield rest
