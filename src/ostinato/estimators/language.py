"""A language model in scikit-learn's shape."""

from collections.abc import Sequence
from pathlib import Path
from typing import Self

from ostinato import checks
from ostinato.answers.language import TextScores
from ostinato.errors import ArgumentError, DataError
from ostinato.estimators.parameters import checked, constructor, documentation
from ostinato.estimators.saved import Estimator
from ostinato.read.corpus import Corpus
from ostinato.runtime.language import TextModel
from ostinato.runtime.loading import from_saved
from ostinato.runtime.network import Network
from ostinato.spec import model as spec
from ostinato.spec.language import LanguageOptions
from ostinato.spec.sampling import Sampling

SUMMARY = """Learn what comes next in texts, and write more of them.

What ``ostinato train language`` does, in scikit-learn's shape. X is one text or a list of texts, each a
document of its own. Scoring and writing need no torch.

A parameter that is None is chosen from the data. ``model_`` after ``fit`` and ``load`` is the
``ostinato.TextModel`` that answers, with its training record in ``model_.spec.training``.
"""

EXAMPLE = """
Example:
    >>> text = "to be or not to be, that is the question. " * 20
    >>> model = LanguageModel(hidden_size=32, layers=1, dropout=0.0, epochs=30, batch_size=4, bptt=16)
    >>> model.fit(text).generate("to be", length=10, temperature=0.0)
    ' or not to'
"""


class LanguageModel(Estimator):
    __doc__ = documentation(SUMMARY, LanguageOptions, EXAMPLE)

    model_: TextModel

    __init__ = constructor(LanguageOptions)

    def fit(self, X: str | Sequence[str], y: None = None) -> Self:
        """Train on texts; nothing is written to disk.

        Args:
            X: one text, or one a document.
            y: ignored, for pipelines.

        Raises:
            ArgumentError: a parameter does not fit.
            DataError: a text is empty or no text.
        """
        from ostinato.tasks.language import LANGUAGE
        from ostinato.train.fit import fit

        options = checked(LanguageOptions, self.get_params(deep=False))
        trained = fit(LANGUAGE, _corpus(_texts(X)), options)
        network = Network(trained.model.network, trained.tensors)
        self.model_ = TextModel(_language(trained.model), network, trained.preprocessor)
        self._tensors = trained.tensors
        return self

    def score(self, X: str | Sequence[str], y: None = None) -> float:
        """Return the mean log-likelihood of a token, in nats: higher is better."""
        return -self.evaluate(X).named()["nats_per_token"]

    def evaluate(self, X: str | Sequence[str]) -> TextScores:
        """Return how well texts are foretold, every token once."""
        return self._fitted().score(_texts(X))

    def generate(
        self,
        prompt: str = "",
        length: int = 200,
        *,
        temperature: float = 1.0,
        top_k: int | None = None,
        top_p: float = 1.0,
        repetition_penalty: float = 1.0,
        seed: int = 0,
        stop: str | None = None,
    ) -> str:
        """Return text that goes on from a prompt: see ``TextModel.generate``, ``decode.sample.Sampling``."""
        sampling = Sampling(
            temperature=temperature,
            top_k=top_k,
            top_p=top_p,
            repetition_penalty=repetition_penalty,
            seed=seed,
        )
        return self._fitted().generate(prompt, length, sampling, stop=stop)[0]

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Return the estimator that was saved, or one for a model that the command line trained.

        Raises:
            ModelFileError: there is no sound model.
            ArgumentError: it is no language model.
        """
        from ostinato.archive.model import load

        saved = load(path)
        loaded = cls._as_trained(_language(saved.model))
        model = from_saved(path, saved)
        if not isinstance(model, TextModel):
            raise TypeError("a language model is loaded as a TextModel")
        loaded.model_, loaded._tensors = model, saved.tensors
        return loaded

    def _fitted(self) -> TextModel:
        self._check_is_fitted()
        return self.model_


def _texts(X: str | Sequence[str]) -> list[str]:
    return [X] if isinstance(X, str) else list(X)


def _corpus(texts: list[str]) -> Corpus:
    """Return the texts as documents, if they are some."""
    for number, text in enumerate(texts, start=1):
        if not isinstance(text, str) or not text.strip():
            raise DataError(f"text {number} is {checks.shown(text)}; expected a text that is not blank.")
    return Corpus(documents=texts, ids=[str(number) for number in range(1, len(texts) + 1)])


def _language(model: spec.Model) -> spec.LanguageModel:
    """Return the model, which must be a language model."""
    if not isinstance(model, spec.LanguageModel):
        raise ArgumentError(f"this is a {model.task} model; expected a language model.")
    return model
