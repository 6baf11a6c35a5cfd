"""Options that were given and say nothing: about such data, or beside the others."""

import pytest

from ostinato.errors import ArgumentError
from ostinato.spec.classify import ClassifyOptions
from ostinato.spec.fields import assemble
from ostinato.spec.given import check_fit, check_needs, unfit
from ostinato.spec.option import CALLED
from ostinato.spec.translate import TranslateOptions

ABOUT = {
    "series": {"scale": "none", "missing": "mask", "window": 8, "channel_noise": 0.3},
    "text": {"tokens": "char", "lowercase": False, "embedding_size": 8},
    "audio": {"sample_rate": 8_000, "mel_bands": 20, "speed_change": 0.3, "time_mask": 0.0},
    "video": {"colour": True, "frame_size": 8, "clip_shift": 0.3, "clip_flip": False},
}


@pytest.mark.parametrize("kind", list(ABOUT))
def test_options_that_were_given_must_say_something_about_the_data(kind):
    given = {name: value for values in ABOUT.values() for name, value in values.items()}
    assert set(unfit(assemble(ClassifyOptions, given), kind)) == set(given) - set(ABOUT[kind])
    check_fit(assemble(ClassifyOptions, ABOUT[kind]), kind)


def test_what_is_left_open_or_about_all_data_fits_everything():
    options = assemble(ClassifyOptions, {"frame_size": None, "epochs": 3, "label": "kind"})
    assert all(unfit(options, kind) == [] for kind in CALLED)


def test_an_option_about_other_data_is_named_with_its_value():
    options = assemble(ClassifyOptions, {"clip_shift": 0.05})  # its default, but given
    message = (
        r"^clip_shift is 0\.05, and the data is numeric series, about which it says nothing; leave it out\.$"
    )
    with pytest.raises(ArgumentError, match=message):
        check_fit(options, "series")


@pytest.mark.parametrize(
    ("options", "given", "message"),
    [
        (
            ClassifyOptions,
            {"momentum": 0.5},
            r"momentum is 0\.5 and optimizer is 'adamw', beside which momentum",
        ),
        (TranslateOptions, {"attention": "bahdanau", "attention_score": "dot"}, "attention is 'bahdanau'"),
    ],
)
def test_options_that_say_nothing_beside_the_others_are_refused(options, given, message):
    found = assemble(options, given)
    with pytest.raises(ArgumentError, match=message):
        check_needs(found, found)


def test_options_that_say_something_beside_the_others_pass():
    found = assemble(ClassifyOptions, {"momentum": 0.5, "optimizer": "sgd"})
    check_needs(found, found)
    check_needs(assemble(ClassifyOptions, {"momentum": 0.5}), found)  # what the task chose counts
    check_needs(ClassifyOptions(), ClassifyOptions())
