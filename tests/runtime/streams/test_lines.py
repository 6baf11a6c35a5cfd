"""Lines of numbers are heard by every model of series: gaps, thresholds, several labels, a number."""

import numpy as np
import pytest

import ostinato
from ostinato.errors import ArgumentError, DataError
from ostinato.runtime.streams.lines import pipe_of
from saved_models import labeler, observed, regressor, save, transcriber, watcher


def loaded(place, described):
    return ostinato.load(save(place / "model", *described))


@pytest.mark.parametrize(
    "line", ["0.5,,-1", "0.5,NA,-1", "0.5, nan ,-1", "[0.5, null, -1]", '{"x":0.5,"y":null,"z":-1}']
)
def test_a_gap_is_heard_by_a_model_that_takes_some(tmp_path, line):
    model = loaded(tmp_path, observed("mask"))
    said = pipe_of(model).hear(line)
    expected = model.stream().push([0.5, np.nan, -1])
    assert [*said.data["probabilities"].values()] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("line", ["0.5,,-1", "[0.5, null, -1]"])
def test_a_gap_is_refused_by_a_model_that_takes_none(tmp_path, line):
    with pytest.raises(DataError, match="is no step; expected"):
        pipe_of(loaded(tmp_path, observed("forbid"))).hear(line)


def test_the_label_is_the_one_that_predict_says(tmp_path):
    rows = np.random.default_rng(0).normal(size=(1, 3))
    yes = ostinato.load(save(tmp_path / "half", *observed("forbid"))).stream().push(rows[0])[1]
    for name, threshold in (("low", yes - 1e-4), ("high", yes + 1e-4)):
        model = ostinato.load(save(tmp_path / name, *observed("forbid", threshold=float(threshold))))
        said = pipe_of(model).hear(",".join(map(str, rows[0])))
        assert said.data["label"] == model.predict([rows]).best()[0] == ("yes" if name == "low" else "no")
        assert said.text.startswith(said.data["label"])


def test_several_labels_are_said_at_once(tmp_path):
    model = loaded(tmp_path, labeler())
    said = pipe_of(model).hear("0.1,0.2,0.3")
    assert tuple(said.data["labels"]) == model.predict([np.array([[0.1, 0.2, 0.3]])]).said()[0]
    assert [*said.data["probabilities"]] == ["a", "b", "c"]


@pytest.mark.parametrize("per_step", [False, True])
def test_a_number_is_told_after_each_line(tmp_path, per_step):
    model = loaded(tmp_path, regressor(per_step=per_step))
    lines, stream = pipe_of(model), model.stream()
    for row in ([1.0, 2.0, 3.0], [0.0, -1.0, 2.0]):
        said, number = lines.hear(",".join(map(str, row))), float(stream.push(row))
        assert (said.data, said.text) == ({"value": pytest.approx(number)}, f"{number:.6g}")


def test_a_rate_is_about_sound(tmp_path):
    with pytest.raises(ArgumentError, match="a rate is about sound, and this model hears none; leave --rate"):
        pipe_of(loaded(tmp_path, regressor(per_step=True)), rate=8_000)


def test_what_comes_in_no_lines_is_refused_with_what_to_do(tmp_path):
    with pytest.raises(ArgumentError, match="when each step was, which a line does not say; push"):
        pipe_of(ostinato.load(save(tmp_path / "timed", *observed("mask", unit=2.0))))
    with pytest.raises(ArgumentError, match="video sees frames, which have no lines; push them"):
        pipe_of(ostinato.load(save(tmp_path / "video", *watcher())))
    with pytest.raises(ArgumentError, match="give them to: ostinato transcribe MODEL -"):
        pipe_of(ostinato.load(save(tmp_path / "speech", *transcriber(live=True))))
