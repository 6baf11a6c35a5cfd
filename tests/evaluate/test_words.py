"""A model in words."""

import pytest

pytest.importorskip("miditok", reason="music needs ostinato[music]")

import note_models
import piano_rolls
from evaluations import make_model
from ostinato.evaluate import words


def test_network_and_task_are_told_from_input_to_output():
    model = make_model(["a", "b", "c"], 1)
    assert words.task(model) == "Tells 3 classes apart in series of 1 channel"
    assert words.network(model) == (
        "convolution of 64, 5 steps wide → bidirectional GRU of 2 × 64 → attention and max pooling → 3 scores"
    )
    text = make_model(["a", "b"])
    assert words.task(text) == "Tells 2 classes apart in text, read as words"
    assert words.network(text).startswith("embedding of 100 →")


def test_the_recipe_leaves_out_options_for_other_data():
    series = dict(words.recipe(make_model(["a", "b"], 1)))
    text = dict(words.recipe(make_model(["a", "b"])))
    assert "vocabulary size" not in dict(series["data"])
    assert "scale" in dict(series["data"])
    assert "scale" not in dict(text["data"])
    assert dict(text["network"])["bidirectional"] == "yes"


@pytest.mark.parametrize(
    ("seconds", "told"), [(0.44, "0.4 s"), (59.4, "59 s"), (61, "1 min 1 s"), (3600, "1 h 0 min")]
)
def test_times_are_told_as_people_say_them(seconds, told):
    assert words.duration(seconds) == told


def test_music_is_told_by_what_is_read():
    rolls, notes = piano_rolls.model().spec, note_models.model().spec
    assert words.task(rolls) == "Foretells piano rolls, frame by frame"
    assert words.task(notes) == "Foretells music, read as notes"
    for spec in (rolls, notes):  # nothing was set in the group, and what is for text is left out
        assert "data" not in dict(words.recipe(spec))
