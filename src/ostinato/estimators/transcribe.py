"""Transcription in scikit-learn's shape."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from ostinato import checks
from ostinato.answers.transcribe import TranscribeScores
from ostinato.errors import ArgumentError, DataError
from ostinato.estimators.parameters import checked, constructor, documentation
from ostinato.estimators.saved import Estimator
from ostinato.read.audio import audio_from_arrays
from ostinato.read.utterances import Utterances, composed, spoken
from ostinato.runtime.loading import from_saved
from ostinato.runtime.network import Network
from ostinato.runtime.transcribe import Decoding, Transcriber
from ostinato.spec import model as spec
from ostinato.spec.transcribe import TranscribeOptions

SUMMARY = """Write down what is said in recordings, letter by letter, with one recurrent network.

What ``ostinato train transcribe`` does, in scikit-learn's shape. X is a list of recordings, each an array of
samples (n,), floating-point numbers in [-1, 1] at ``sample_rate``; y has one text a recording. Transcription
needs no torch.

A parameter that is None is chosen from the data. Attributes after ``fit`` and ``load``: ``model_``, the
``ostinato.Transcriber`` that answers, with its training record in ``model_.spec.training``.
"""

EXAMPLE = """
Example:
    >>> model = SequenceTranscriber(sample_rate=8000, live=True)
    >>> model.fit(recordings, texts).predict(recordings[:1])  # doctest: +SKIP
    ['two four two']
"""


class SequenceTranscriber(Estimator):
    __doc__ = documentation(SUMMARY, TranscribeOptions, EXAMPLE)

    model_: Transcriber
    sample_rate: int | None

    __init__ = constructor(TranscribeOptions)

    def fit(self, X: Sequence[Any], y: Sequence[str]) -> Self:
        """Train on recordings and what is said in them; nothing is written to disk.

        Args:
            X: N recordings.
            y: N texts.

        Raises:
            ArgumentError: a parameter does not fit.
            DataError: recordings and texts cannot be used; the message names the recording.
        """
        from ostinato.tasks.transcribe import TRANSCRIBE
        from ostinato.train.fit import fit

        options = checked(TranscribeOptions, self.get_params(deep=False))
        trained = fit(TRANSCRIBE, _utterances(X, y, options.data.sample_rate), options)
        network = Network(trained.model.network, trained.tensors)
        self.model_ = Transcriber(_transcriber(trained.model), network, trained.preprocessor)
        self._tensors = trained.tensors
        return self

    def predict(self, X: Sequence[Any], decoding: Decoding | None = None) -> list[str]:
        """Return what is said in every recording.

        Args:
            X: N recordings, at the model's rate.
            decoding: how letters are found; None: greedily.
        """
        self._check_is_fitted()
        return [one.text for one in self.model_.transcribe(X, decoding or Decoding())]

    def score(self, X: Sequence[Any], y: Sequence[str]) -> float:
        """Return 1 - WER: 1 where every word is heard; below 0 where more is wrong than was said."""
        said = [composed(text) for text in y]
        return 1.0 - TranscribeScores.of(said, self.predict(X)).wer

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Return the estimator that was saved, or one for a model that the command line trained.

        Raises:
            ModelFileError: there is no sound model.
            ArgumentError: it is no transcriber.
        """
        from ostinato.archive.model import load

        saved = load(path)
        loaded = cls._as_trained(_transcriber(saved.model))
        model = from_saved(path, saved)
        if not isinstance(model, Transcriber):
            raise TypeError("a transcriber is loaded as a Transcriber")
        loaded.model_, loaded._tensors = model, saved.tensors
        return loaded


def _utterances(X: Sequence[Any], y: Sequence[str], rate: int | None) -> Utterances:
    """Return recordings and texts as a reader does."""
    if rate is None:
        raise ArgumentError(
            "sample_rate is None; expected the samples a second of X, which it cannot say itself."
        )
    if not len(X) or len(X) != len(y):
        raise DataError(f"X has {len(X)} recordings and y {len(y)} texts; expected as many, at least one.")
    if unfit := [text for text in y if not isinstance(text, str)]:
        raise DataError(f"y has {checks.shown(unfit[0])}; expected texts.")
    sounds = audio_from_arrays(X, None, rate)
    return Utterances("X", sounds, spoken(y, [f"y[{number}]" for number in range(len(y))]))


def _transcriber(model: spec.Model) -> spec.TranscribeModel:
    """Return the model, which must be a transcriber."""
    if not isinstance(model, spec.TranscribeModel):
        raise ArgumentError(f"this is a {model.task} model; expected a transcriber.")
    return model
