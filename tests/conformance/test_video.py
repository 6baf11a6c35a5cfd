"""The common checks of models that watch: saved and loaded, in a batch and alone, whole and as a stream."""

import numpy as np
import pytest
import torch

import ostinato
import videos
from networks import WHOLE_MODEL
from ostinato.data.clips import ClipExamples
from ostinato.errors import DataError
from ostinato.nn.network import Network, import_tensors
from ostinato.preprocess.pack import falling
from ostinato.runtime import video as runtime_video
from ostinato.spec.classify import ClassifyNetwork, ClassifyOptions, ClassifyTraining
from ostinato.spec.options import SequenceData
from ostinato.tasks.classify import CLASSIFY
from ostinato.train.fit import fit

OPTIONS = ClassifyOptions(
    data=SequenceData(folds=0, valid_fraction=0.0),
    network=ClassifyNetwork(hidden_size=12, dropout=0.0),
    training=ClassifyTraining(epochs=25, batch_size=4, learning_rate=1e-2, patience=0, schedule="constant"),
)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Return the clips, what training ended with, and the same model saved and loaded."""
    path = tmp_path_factory.mktemp("models") / "model"
    return videos.clips(), fit(CLASSIFY, videos.clips(), OPTIONS, out=path), ostinato.load(path)


def test_it_overfits_eight_examples(trained):
    data, _, model = trained
    assert model.predict(data).best() == data.labels


def test_the_saved_model_gives_the_answers_of_training(trained):
    data, result, model = trained
    network = Network(result.model.network).eval()
    import_tensors(network, result.tensors)
    examples = ClipExamples(data.values, result.preprocessor.spec)
    order = falling(examples.lengths)
    with torch.inference_mode():
        answer = network(examples.batch(order)).softmax(dim=1).numpy()
    np.testing.assert_allclose(model.probabilities(data)[order], answer, rtol=0, atol=WHOLE_MODEL)


def test_a_clip_alone_and_in_small_portions_gets_the_answer_that_it_gets_in_a_batch(trained, monkeypatch):
    data, _, model = trained
    together = model.probabilities(data)
    alone = [model.probabilities(data.select(np.array([i])))[0] for i in range(len(data))]
    np.testing.assert_allclose(alone, together, rtol=0, atol=WHOLE_MODEL)
    monkeypatch.setattr(runtime_video, "PORTION", 2000)
    assert len([*runtime_video.portions(data)]) > 3
    np.testing.assert_allclose(model.probabilities(data), together, rtol=0, atol=WHOLE_MODEL)


def test_what_is_said_after_a_frame_is_the_answer_for_the_prefix(trained):
    data, _, model = trained
    frames = data.values[7].frames()
    beliefs = model.beliefs(data.values[7])
    stream = model.stream()
    for t, frame in enumerate(frames, start=1):
        prefix = model.probabilities([frames[:t]])[0]
        np.testing.assert_allclose(stream.push(frame), prefix, rtol=0, atol=WHOLE_MODEL)
        np.testing.assert_allclose(beliefs[t - 1], prefix, rtol=0, atol=WHOLE_MODEL)


def test_frames_of_another_size_or_colour_are_made_to_fit(trained):
    _, _, model = trained
    large = np.repeat(np.repeat(videos.moving(3, True), 2, axis=1), 2, axis=2)
    grey = model.stream().push(large)
    colour = model.stream().push(np.stack([large] * 3, axis=-1))
    np.testing.assert_allclose(colour, grey, rtol=0, atol=1e-2)
    assert model.predict([large]).probabilities.shape == (1, 2)


@pytest.mark.parametrize(
    "frames", [np.zeros(5, np.uint8), np.zeros((2, 12, 12, 2), np.uint8), np.zeros((12, 12))]
)
def test_what_is_no_frame_is_refused_and_leaves_no_trace(trained, frames):
    stream = trained[2].stream()
    before = stream.state()
    with pytest.raises(DataError, match="expected"):
        stream.push(frames)
    assert stream.state() == before


def test_a_state_moves_and_streams_stand_beside_each_other(trained):
    data, _, model = trained
    clips = [clip.frames() for clip in data.values[:3]]
    together = model.streams(3)
    answers = together.push(clips)
    for number, (frames, answer) in enumerate(zip(clips, answers, strict=True)):
        alone = model.stream()
        alone.push(frames[:2])
        moved = model.restore(alone.state())
        moved.push(frames[2:])
        np.testing.assert_allclose(answer[-1], moved.finish(), rtol=0, atol=WHOLE_MODEL)
        np.testing.assert_allclose(together.finish(number), answer[-1], rtol=0, atol=WHOLE_MODEL)
