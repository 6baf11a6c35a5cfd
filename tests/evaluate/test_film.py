"""Clips in a report: frames from all of its time, and the belief after each."""

import re

import numpy as np
import pytest

import videos
from evaluations import make_model
from ostinato.evaluate import report
from ostinato.evaluate.classify import Evaluation
from ostinato.evaluate.film import Watched, film, some_frames, thumbnail
from ostinato.preprocess.video import fit_video
from ostinato.spec.network import Head, Network, Pool

DATA = videos.clips()
LABELS = ("left", "right")


def beliefs(clip):
    """Return a stand-in for a model: the more it has seen, the more it believes in the second label."""
    sure = np.linspace(0.2, 0.9, len(clip))
    return np.stack([1 - sure, sure], axis=1)


@pytest.fixture(scope="module")
def evaluation():
    video = fit_video(DATA.values)
    network = Network(
        input="steps", input_size=video.size, ops=(Pool(kinds=("last",)), Head(size=len(LABELS)))
    )
    model = make_model(LABELS, 1).model_copy(update={"preprocessing": video, "network": network})
    answers = np.stack([beliefs(clip)[-1] for clip in DATA.values])
    return Evaluation.of(model, DATA, answers, beliefs_of=beliefs, name="bars", source="clips")


def test_frames_are_spread_over_the_whole_clip():
    clip = DATA.values[3]
    np.testing.assert_array_equal(some_frames(clip, 99), clip.frames())
    np.testing.assert_array_equal(some_frames(clip, 2), clip.frames()[[2, 6]])


def test_right_and_wrong_clips_are_shown_with_the_belief_along_time(evaluation):
    assert {one.predicted == one.true for one in evaluation.explained} == {True, False}
    for one in evaluation.explained:
        np.testing.assert_array_equal(one.attribution.belief, beliefs(one.value))
    found = evaluation.to_dict()["attributions"][0]
    assert len(found["belief"]) == found["length"]
    assert evaluation.to_json()


def test_the_page_holds_the_pictures_and_is_the_same_every_time(evaluation):
    page = report.to_html(evaluation)
    assert page.count("data:image/png;base64") == len(evaluation.explained) + len(evaluation.mistakes)
    assert "believed by more than half from frame" in page
    assert report.to_html(evaluation) == page
    assert "grey frames of 12 by 12" in page


def test_the_page_lets_the_browser_show_the_frames_and_fetch_nothing(evaluation):
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', report.to_html(evaluation))
    assert policy
    assert "img-src data:;" in policy[1]
    assert policy[1].startswith("default-src 'none';")


def test_a_label_that_was_never_believed_is_not_said_to_have_been():
    clip = DATA.values[0]
    belief = np.full((len(clip), 3), 1 / 3)
    shown = film(Watched(clip.frames(), belief, ("a", "b", "c"), "a", "b"), "film")
    assert "never believed by more than half at the end" in shown


def test_a_thumbnail_shows_a_few_frames():
    assert f"4 of the {len(DATA.values[1])} frames" in thumbnail(DATA.values[1], "small")
