"""Translation in scikit-learn's shape."""

from collections.abc import Sequence
from pathlib import Path
from typing import Self

from ostinato import checks
from ostinato.answers.translate import TranslationScores
from ostinato.errors import ArgumentError, DataError
from ostinato.estimators.parameters import checked, constructor, documentation
from ostinato.estimators.saved import Estimator
from ostinato.read.parallel import Pairs
from ostinato.runtime.encoder_decoder import EncoderDecoder
from ostinato.runtime.loading import from_saved
from ostinato.runtime.translate import BEAM, Translator
from ostinato.spec import model as spec
from ostinato.spec.translate import TranslateOptions

SUMMARY = """Learn to say one text after having read another, from pairs of texts.

What ``ostinato train translate`` does, in scikit-learn's shape. X is a list of texts and y a list of their
translations. Translating needs no torch.

A parameter that is None is chosen from the data. ``model_`` after ``fit`` and ``load`` is the
``ostinato.Translator`` that answers, with its training record in ``model_.spec.training``.
"""

EXAMPLE = """
Example:
    >>> words = {"a": "eins", "b": "zwei", "c": "drei"}
    >>> X = [" ".join(pair) for pair in ("ab", "ba", "ca", "cb", "bc", "ac", "aa", "cc", "abc", "cba")] * 4
    >>> y = [" ".join(words[word] for word in text.split()) for text in X]
    >>> model = SequenceTranslator(tokens="word", hidden_size=32, embedding_size=16, epochs=15, dropout=0.0,
    ...     valid_fraction=0.0, learning_rate=0.02).fit(X, y)
    >>> model.predict(["b c"])
    ['zwei drei']
"""


class SequenceTranslator(Estimator):
    __doc__ = documentation(SUMMARY, TranslateOptions, EXAMPLE)

    model_: Translator

    __init__ = constructor(TranslateOptions)

    def fit(self, X: Sequence[str], y: Sequence[str]) -> Self:
        """Train on texts and their translations; nothing is written to disk.

        Args:
            X: N texts.
            y: N texts.

        Raises:
            ArgumentError: a parameter does not fit, or X and y are not of one length.
            DataError: a text is blank or no text.
        """
        from ostinato.tasks.translate import TRANSLATE
        from ostinato.train.fit import fit

        options = checked(TranslateOptions, self.get_params(deep=False))
        trained = fit(TRANSLATE, _pairs(X, y), options)
        network = EncoderDecoder(trained.model.network, trained.tensors)
        self.model_ = Translator(_translation(trained.model), network, trained.preprocessor)
        self._tensors = trained.tensors
        return self

    def predict(self, X: Sequence[str], *, beam_size: int = 5, length_penalty: float = 0.6) -> list[str]:
        """Return the best translation of every text: see ``Translator.translate``, ``decode.beam.Beam``."""
        beam = BEAM.model_copy(update={"beam_size": beam_size, "length_penalty": length_penalty})
        return self._fitted().translate(_texts("X", X), beam)

    def score(self, X: Sequence[str], y: Sequence[str]) -> float:
        """Return the BLEU of the translations of X beside y, from 0 to 100."""
        return self.evaluate(X, y).bleu

    def evaluate(self, X: Sequence[str], y: Sequence[str]) -> TranslationScores:
        """Return BLEU and chrF of the translations of X beside y, with sacrebleu's signatures."""
        pairs = _pairs(X, y)
        tokenized = bool(self._fitted().spec.recipe.data.tokenized)
        return TranslationScores.of(self.predict(pairs.sources), pairs.targets or [], tokenized=tokenized)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Return the estimator that was saved, or one for a model that the command line trained.

        Raises:
            ModelFileError: there is no sound model.
            ArgumentError: it is no translation model.
        """
        from ostinato.archive.model import load

        saved = load(path)
        loaded = cls._as_trained(_translation(saved.model))
        model = from_saved(path, saved)
        if not isinstance(model, Translator):
            raise TypeError("a translation model is loaded as a Translator")
        loaded.model_, loaded._tensors = model, saved.tensors
        return loaded

    def _fitted(self) -> Translator:
        self._check_is_fitted()
        return self.model_


def _pairs(X: Sequence[str], y: Sequence[str]) -> Pairs:
    """Return texts and translations as pairs, if they are some."""
    sources, targets = _texts("X", X), _texts("y", y)
    if len(sources) != len(targets):
        raise ArgumentError(f"X has {len(sources)} texts and y {len(targets)}; expected as many of both.")
    names = [str(number) for number in range(1, len(sources) + 1)]
    return Pairs(sources, targets, names, [f"pair {name}" for name in names])


def _texts(name: str, values: Sequence[str]) -> list[str]:
    """Return a list of texts, none of them blank, at least one."""
    if isinstance(values, str):
        raise ArgumentError(f"{name} is one text; expected a list of texts.")
    texts = list(values)
    if not texts:
        raise DataError(f"{name} is empty; expected at least one text.")
    for number, text in enumerate(texts, start=1):
        if not isinstance(text, str) or not text.strip():
            raise DataError(
                f"{name}, text {number} is {checks.shown(text)}; expected a text that is not blank."
            )
    return texts


def _translation(model: spec.Model) -> spec.TranslateModel:
    """Return the model, which must be one of translation."""
    if not isinstance(model, spec.TranslateModel):
        raise ArgumentError(f"this is a {model.task} model; expected one of translation.")
    return model
