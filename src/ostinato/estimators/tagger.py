"""Tagging in scikit-learn's shape."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.answers.tag import Tagged, TagScores
from ostinato.errors import ArgumentError, DataError
from ostinato.estimators.parameters import checked, constructor, documentation
from ostinato.estimators.saved import Estimator
from ostinato.read.sentences import TaggedSentences
from ostinato.runtime.loading import from_saved
from ostinato.runtime.network import Network
from ostinato.runtime.tag import Tagger
from ostinato.spec import model as spec
from ostinato.spec.tag import TagOptions

Sentences = Sequence[Sequence[str]]

SUMMARY = """Tag the words of sentences and, if asked, label the sentences, with one recurrent network.

What ``ostinato train tag`` does, in scikit-learn's shape. X is a list of sentences, each a list of words; y
has one list of tags a sentence, one tag a word. Prediction needs no torch.

A parameter that is None is chosen from the data. Attributes after ``fit`` and ``load``: ``classes_``, the
tags in sorted order; ``model_``, the ``ostinato.Tagger`` that answers, with its training record in
``model_.spec.training``.
"""

EXAMPLE = """
Example:
    >>> X = [["to", "Vienna"], ["from", "Graz", "please"], ["hello"]] * 20
    >>> y = [["O", "B-city"], ["O", "B-city", "O"], ["O"]] * 20
    >>> model = SequenceTagger(hidden_size=8, embedding_size=8, epochs=20, valid_fraction=0.0).fit(X, y)
    >>> model.predict([["to", "Graz"]])
    [['O', 'B-city']]
"""


class SequenceTagger(Estimator):
    __doc__ = documentation(SUMMARY, TagOptions, EXAMPLE)

    model_: Tagger
    classes_: NDArray[Any]

    __init__ = constructor(TagOptions)

    def fit(self, X: Sentences, y: Sentences, labels: Sequence[str] | None = None) -> Self:
        """Train on tagged sentences; nothing is written to disk.

        Args:
            X: N sentences in words.
            y: their tags.
            labels: (N,) one label a sentence, for a joint model.

        Raises:
            ArgumentError: a parameter does not fit.
            DataError: words and tags cannot be used; the message names the sentence.
        """
        from ostinato.tasks.tag import TAG
        from ostinato.train.fit import fit

        options = checked(TagOptions, self.get_params(deep=False))
        trained = fit(TAG, _sentences(X, y, labels), options)
        network = Network(trained.model.network, trained.tensors)
        self.model_ = Tagger(_tagger(trained.model), network, trained.preprocessor)
        self._tensors = trained.tensors
        self.classes_ = np.array(self.model_.tags)
        return self

    def predict(self, X: Sentences) -> list[list[str]]:
        """Return the tags of every sentence."""
        return self._fitted().predict(X).tags

    def predict_labels(self, X: Sentences) -> list[str]:
        """Return the label of every sentence.

        Raises:
            ArgumentError: the model was fitted without labels of sentences.
        """
        labels = self._fitted().predict(X).labels
        if labels is None:
            raise ArgumentError("this SequenceTagger tells no labels of sentences; pass labels to fit.")
        return labels

    def predict_marginals(self, X: Sentences) -> list[NDArray[np.float64]]:
        """Return the probability of every tag at each word, (T, C) a sentence, columns as in ``classes_``."""
        return self._fitted().marginals(X)

    def score(self, X: Sentences, y: Sentences) -> float:
        """Return the F1 of entities where tags mark some, else the part of words with the right tag."""
        model = self._fitted()
        true = Tagged(_sentences(X, y, None).tags or [])
        entities = model.spec.answer.scheme != "none"
        found = TagScores.of(true, Tagged(model.predict(X).tags), entities=entities).named()
        return found.get("f1", 1.0) if entities else found["accuracy"]

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Return the estimator that was saved, or one for a model that the command line trained.

        Raises:
            ModelFileError: there is no sound model.
            ArgumentError: it is no tagger.
        """
        from ostinato.archive.model import load

        saved = load(path)
        loaded = cls._as_trained(_tagger(saved.model))
        model = from_saved(path, saved)
        if not isinstance(model, Tagger):
            raise TypeError("a tagger is loaded as a Tagger")
        loaded.model_, loaded._tensors = model, saved.tensors
        loaded.classes_ = np.array(model.tags)
        return loaded

    def _fitted(self) -> Tagger:
        self._check_is_fitted()
        return self.model_


def _sentences(X: Sentences, y: Sentences, labels: Sequence[str] | None) -> TaggedSentences:
    """Return lists as sentences, if there is one tag a word."""
    words, tags = [list(one) for one in X], [list(one) for one in y]
    names = [f"sentence {number}" for number in range(1, len(words) + 1)]
    if not words or len(tags) != len(words):
        raise DataError(f"X has {len(words)} sentences and y {len(tags)}; expected as many, at least one.")
    for name, row, tagged in zip(names, words, tags, strict=True):
        if not row or len(row) != len(tagged):
            raise DataError(
                f"{name} has {len(row)} words and {len(tagged)} tags; expected as many, at least one."
            )
        if unfit := [one for one in (*row, *tagged) if not isinstance(one, str) or not one]:
            raise DataError(f"{name} has {checks.shown(unfit[0])}; expected words and tags that are texts.")
    if labels is not None and len(labels) != len(words):
        raise DataError(f"{len(labels)} labels are given for {len(words)} sentences; expected one each.")
    told = None if labels is None else [str(label) for label in labels]
    return TaggedSentences("X", words, tags, told, ids=names, places=names)


def _tagger(model: spec.Model) -> spec.TagModel:
    """Return the model, which must be a tagger."""
    if not isinstance(model, spec.TagModel):
        raise ArgumentError(f"this is a {model.task} model; expected a tagger.")
    return model
