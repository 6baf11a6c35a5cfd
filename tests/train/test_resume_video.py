"""A run on clips that was stopped anywhere ends as if it had not been, clips kept or decoded anew."""

import pytest

import videos
from ostinato.read.video import read_videos
from ostinato.spec.classify import ClassifyNetwork, ClassifyOptions, ClassifyTraining
from ostinato.spec.options import SequenceData
from ostinato.spec.preprocessing import Columns
from ostinato.tasks.classify import CLASSIFY
from ostinato.train.fit import fit
from train.test_resume import StopError, Stopping, results

OPTIONS = ClassifyOptions(
    data=SequenceData(valid_fraction=0.25),
    network=ClassifyNetwork(hidden_size=4),
    training=ClassifyTraining(epochs=2, batch_size=3, clip_flip=True, threads=1),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("videos")
    for number in range(8):
        kind = ("left", "right")[number % 2]
        (root / kind).mkdir(exist_ok=True)
        videos.write(root / kind / f"{number}.mp4", videos.moving(4, kind == "right", seed=number))
    return root


def train(folder, out, steps=None, memory=0):
    report = Stopping(steps)
    fit(
        CLASSIFY,
        read_videos(folder, Columns(), videos.FORM, labelled=True, memory=memory),
        OPTIONS,
        out=out,
        resume=steps is None and out.with_name(out.name + ".run").exists(),
        report=report,
        checkpoint_seconds=0.0,
    )
    return report.done


def test_it_ends_the_same_wherever_it_was_stopped(folder, tmp_path):
    steps = train(folder, tmp_path / "whole")
    expected = results(tmp_path / "whole")
    for stop in (1, steps - 1):
        out = tmp_path / f"stopped{stop}"
        with pytest.raises(StopError):
            train(folder, out, stop)
        train(folder, out)
        assert results(out) == expected


def test_clips_that_are_kept_train_as_those_that_are_decoded_anew(folder, tmp_path):
    train(folder, tmp_path / "anew", memory=0)
    train(folder, tmp_path / "kept", memory=2**20)
    assert results(tmp_path / "kept") == results(tmp_path / "anew")
