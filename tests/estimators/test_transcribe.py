"""The transcriber in scikit-learn's shape."""

import pytest

import ostinato
from ostinato.errors import ArgumentError, DataError
from ostinato.estimators.transcribe import SequenceTranscriber
from utterances import FRAMES, PLAIN, QUICK, RATE, SMALL, utterances


def made(**changed):
    options = FRAMES | SMALL | PLAIN | QUICK | {"valid_fraction": 0.0, "sample_rate": RATE, "live": True}
    return SequenceTranscriber(**(options | changed))


@pytest.fixture(scope="module")
def fitted():
    data = utterances(20)
    return made(epochs=60, schedule="constant").fit(data.samples, data.texts), data


def test_it_hears_what_it_learnt(fitted):
    model, data = fitted
    assert model.score(data.samples, data.texts) > 0.8
    assert model.predict(data.samples[:1]) == [model.model_.transcribe(data.samples[:1])[0].text]


def test_it_is_saved_and_loaded_as_the_command_line_does(fitted, tmp_path):
    model, data = fitted
    model.save(tmp_path / "model")
    again = ostinato.SequenceTranscriber.load(tmp_path / "model")
    assert again.predict(data.samples) == model.predict(data.samples)
    assert again.get_params()["live"] is True
    assert isinstance(ostinato.load(tmp_path / "model"), ostinato.Transcriber)


@pytest.mark.parametrize(
    ("changed", "part", "message"),
    [
        ({"sample_rate": None}, lambda d: (d.samples, d.texts), "sample_rate is None"),
        ({}, lambda d: (d.samples, d.texts[:-1]), "expected as many"),
        ({}, lambda d: (d.samples, [1, *d.texts[1:]]), "y has 1; expected texts"),
        ({}, lambda d: (d.samples, [" ", *d.texts[1:]]), "text is blank"),
        ({}, lambda d: ([d.samples[0].astype(int), *d.samples[1:]], d.texts), "floating-point"),
    ],
)
def test_what_cannot_be_used_is_one_sentence(changed, part, message):
    with pytest.raises((ArgumentError, DataError), match=message) as caught:
        made(**changed).fit(*part(utterances(3)))
    assert "\n" not in str(caught.value)
