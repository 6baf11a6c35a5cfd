"""Sequence classification in scikit-learn's shape."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.errors import ArgumentError, ModelFileError
from ostinato.estimators.inputs import (
    Array,
    are_clips,
    classes_of,
    dimensions,
    label_type,
    listed,
    named_as,
    restored,
)
from ostinato.estimators.parameters import checked, constructor, documentation
from ostinato.estimators.saved import Estimator
from ostinato.preprocess.base import Preprocessor
from ostinato.read.arrays import clips_from_arrays, from_arrays
from ostinato.read.audio import audio_from_arrays
from ostinato.read.sequences import Sequences
from ostinato.read.video import chosen_form
from ostinato.runtime.classify import Classifier
from ostinato.runtime.loading import from_saved
from ostinato.runtime.network import Network
from ostinato.spec import model as spec
from ostinato.spec.answers import Classes
from ostinato.spec.classify import ClassifyOptions
from ostinato.spec.preprocessing import Series
from ostinato.spec.video import FrameForm, Video

_base = checks.extra("sklearn.base", "train", "SequenceClassifier")
_validation = checks.extra("sklearn.utils.validation", "train", "SequenceClassifier")

SUMMARY = """Classify whole sequences with a recurrent network.

What ``ostinato train classify`` does, in scikit-learn's shape. X is a list of (T, I) arrays of any lengths,
one (N, T, I) array, a list of texts, or a two-dimensional array (N, T): univariate sequences, whose length is
then fixed (other lengths go in as a list of (T,) arrays). With ``sample_rate`` X is sound, a list of (n,)
arrays of samples from -1 to 1, so many a second. A list of arrays of uint8, (T, height, width) or
(T, height, width, 3), is one of clips. Prediction needs no torch.

A parameter that is None is chosen from the data. Attributes after ``fit`` and ``load``: ``classes_`` (C,),
the labels in sorted order; ``model_``, the ``ostinato.Classifier`` that answers, with its training record in
``model_.spec.training``; ``n_features_in_``, the width of a two-dimensional X, else I (not for texts).
"""

EXAMPLE = """
Example:
    >>> import numpy as np
    >>> X = [np.arange(steps) * (1 if steps % 2 else -1) for steps in range(3, 23)]
    >>> y = ["up" if x[-1] > 0 else "down" for x in X]
    >>> model = SequenceClassifier(hidden_size=8, epochs=20, folds=0).fit(X, y)
    >>> model.predict([np.arange(30)]).tolist()
    ['up']
"""


class SequenceClassifier(_base.ClassifierMixin, Estimator):  # type: ignore[misc, name-defined]
    __doc__ = documentation(SUMMARY, ClassifyOptions, EXAMPLE)

    classes_: Array
    model_: Classifier
    n_features_in_: int
    sample_rate: int | None

    __init__ = constructor(ClassifyOptions)

    def fit(self, X: Any, y: Any, *, times: Any = None, static: Any = None) -> Self:
        """Train on labelled sequences; nothing is written to disk.

        Args:
            X: N sequences or texts; see the class.
            y: (N,) labels: texts, whole numbers, truth values.
            times: when each step was: N arrays (T,) of rising numbers.
            static: (N, S) numbers that describe each sequence.

        Raises:
            ArgumentError: a parameter does not fit, or there is one class only.
            DataError: a sequence cannot be used; the message names it.
            ValueError: scikit-learn's own words about a two- or three-dimensional X, and y.
        """
        from ostinato.tasks.classify import CLASSIFY
        from ostinato.train.fit import fit

        options = checked(ClassifyOptions, self.get_params(deep=False))
        values = self._values(X, reset=True)
        classes, labels = classes_of(y)
        _validation.check_consistent_length(values, labels)
        sequences = self._sequences(values, labels, form_of(options), times, static)
        trained = fit(CLASSIFY, sequences, options)
        model = _classifier(trained.model)
        answer = Classes(labels=model.answer.labels, label_type=label_type(classes))
        described = model.model_copy(update={"answer": answer})
        self.model_ = _model(described, trained.tensors, trained.preprocessor)
        self.classes_, self._tensors = classes, trained.tensors
        if sequences.channels and not self._width_is_fixed:
            self.n_features_in_ = len(sequences.channels)
        return self

    def predict_proba(self, X: Any, *, times: Any = None, static: Any = None) -> NDArray[np.float64]:
        """Return the probability of every class for every sequence, (N, C), columns as in ``classes_``.

        Args:
            X, times, static: as for ``fit``.
        """
        self._check_is_fitted()
        read = self.model_.preprocessor.spec
        form = read if isinstance(read, Video) else None
        given = self._sequences(self._values(X, reset=False), None, form, times, static)
        answer = self.model_.predict(named_as(read, given))
        columns = {label: column for column, label in enumerate(answer.labels)}
        return answer.probabilities[:, [columns[str(label)] for label in self.classes_.tolist()]]

    def predict(self, X: Any, *, times: Any = None, static: Any = None) -> Array:
        """Return the most probable class of every sequence, (N,); arguments as for ``predict_proba``."""
        best = self.predict_proba(X, times=times, static=static).argmax(axis=1)
        return np.asarray(self.classes_[best])

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Return the estimator that was saved, or one for a model that the command line trained.

        Its parameters are the options that the model was trained with. How wide a two-dimensional X was is
        not saved; any width is taken.

        Raises:
            ModelFileError: there is no sound model.
        """
        from ostinato.archive.model import load

        saved = load(path)
        model = _classifier(saved.model)
        answer = model.answer
        loaded = cls._as_trained(model)
        loaded.model_ = _model(model, saved.tensors, from_saved(path, saved).preprocessor)
        loaded._tensors = saved.tensors
        classes = restored(answer.labels, answer.label_type)
        if classes is None:
            hint = f"its labels are not all of the type {answer.label_type!r}; save the model again."
            raise ModelFileError(path, "wrong labels", hint)
        loaded.classes_ = classes
        loaded._width_is_fixed = False
        if isinstance(saved.model.preprocessing, Series):
            loaded.n_features_in_ = len(saved.model.preprocessing.channels)
        return loaded

    def _sequences(
        self,
        values: list[Any],
        labels: list[str] | None,
        form: FrameForm | None,
        times: Any,
        static: Any,
    ) -> Sequences:
        """Return sequences of what was listed; clips are of this form."""
        if form is not None and are_clips(values):
            return clips_from_arrays(values, labels, form)
        if self.sample_rate is not None:
            return audio_from_arrays(values, labels, self.sample_rate)
        missing = self.missing != "forbid"
        return from_arrays(values, labels, times=times, static=static, missing=missing)

    def _values(self, X: Any, reset: bool) -> list[Any]:
        """Return X's sequences or texts; with ``reset`` X's form is learnt, else compared."""
        values = listed(X)
        if values is None and self.sample_rate is not None:
            values = list(np.asarray(X))
        wide = values is None and dimensions(X) <= 2
        if reset:
            for name in ("n_features_in_", "feature_names_in_"):
                self.__dict__.pop(name, None)
            self._width_is_fixed = wide
        if values is not None:
            return values
        if wide and self._width_is_fixed:
            return list(
                _validation.validate_data(
                    self, X, reset=reset, dtype=np.float32, ensure_all_finite=self._finite()
                )
            )
        return list(
            _validation.check_array(
                X, allow_nd=True, dtype=np.float32, input_name="X", ensure_all_finite=self._finite()
            )
        )

    def _finite(self) -> bool | str:
        """Return what scikit-learn is to say of NaN: that it may be there where a value may be missing."""
        return True if self.missing == "forbid" else "allow-nan"

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.input_tags.string = True
        return tags


def form_of(options: ClassifyOptions) -> FrameForm:
    """Return what the frames of clips in memory are made to be."""
    data = options.data
    return chosen_form((), data.frame_size, data.colour, data.frame_rate)


def _classifier(model: spec.Model) -> spec.ClassifyModel:
    """Return the model, which must be a classifier."""
    if not isinstance(model, spec.ClassifyModel):
        raise ArgumentError(f"this is a {model.task} model; expected a classifier.")
    if model.per_step:
        raise ArgumentError("this classifier labels frames, not sequences; load it as a FrameClassifier.")
    return model


def _model(
    described: spec.ClassifyModel, tensors: Mapping[str, Array], preprocessor: Preprocessor
) -> Classifier:
    """Return what answers, in float64: an answer must be the same to 1e-7 whatever else is asked with it."""
    return Classifier(described, Network(described.network, tensors, np.float64), preprocessor)
