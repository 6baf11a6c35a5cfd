"""Labels of frames: learnt, saved, answered for one by one, and the same as a stream says them."""

from dataclasses import replace

import numpy as np
import pytest

import ostinato
import videos
from networks import WHOLE_MODEL
from ostinato.errors import ArgumentError, DataError
from ostinato.spec.classify import ClassifyNetwork, ClassifyOptions, ClassifyTraining
from ostinato.spec.options import SequenceData
from ostinato.tasks.frames import CLASSIFY_FRAMES
from ostinato.train.fit import fit

OPTIONS = ClassifyOptions(
    data=SequenceData(folds=0, valid_fraction=0.0, per_frame=True),
    network=ClassifyNetwork(hidden_size=12, dropout=0.0),
    training=ClassifyTraining(epochs=40, batch_size=4, learning_rate=1e-2, patience=0, schedule="constant"),
)


def labelled():
    """Return clips of which every frame says which way its bar moves."""
    data = videos.clips()
    said = [[label] * len(clip) for label, clip in zip(data.labels, data.values, strict=True)]
    return replace(data, labels=None, step_labels=said)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "model"
    return fit(CLASSIFY_FRAMES, labelled(), OPTIONS, out=path), ostinato.load(path)


def test_every_frame_has_an_answer_the_same_as_in_a_stream(trained):
    data, (_, model) = labelled(), trained
    answers = model.probabilities(data)
    assert len(answers) == sum(map(len, data.values))
    alone = np.concatenate([model.beliefs(clip) for clip in data.values])
    np.testing.assert_allclose(answers, alone, rtol=0, atol=WHOLE_MODEL)


def test_frames_are_learnt(trained):
    data, (result, model) = labelled(), trained
    right = [label for said in data.step_labels for label in said]
    said = model.predict(data).best()
    assert np.mean([one == other for one, other in zip(said, right, strict=True)]) > 0.8
    assert result.model.per_step


def test_clips_without_labels_of_frames_are_refused():
    with pytest.raises(DataError, match="the frames have no labels"):
        CLASSIFY_FRAMES.resolve(videos.clips(), OPTIONS)
    with pytest.raises(DataError, match="every frame has the label 'x'"):
        CLASSIFY_FRAMES.resolve(replace(labelled(), step_labels=[["x"]] * 8), OPTIONS)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"network": ClassifyNetwork(pool=("last",))}, "pool and threshold are for one label a clip"),
        ({"training": ClassifyTraining(threshold="f1")}, "pool and threshold are for one label a clip"),
        ({"data": SequenceData(per_frame=True, window=3)}, "window is 3, and the data is video"),
    ],
)
def test_what_is_for_whole_clips_or_for_numbers_is_refused(given, message):
    with pytest.raises(ArgumentError, match=message):
        CLASSIFY_FRAMES.resolve(labelled(), OPTIONS.model_copy(update=given))
