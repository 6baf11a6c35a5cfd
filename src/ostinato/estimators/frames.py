"""Labels for the frames of video, in scikit-learn's shape."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ostinato.errors import ArgumentError, ModelFileError
from ostinato.estimators.classifier import form_of
from ostinato.estimators.inputs import Array, are_clips, classes_of, label_type, listed, restored
from ostinato.estimators.parameters import checked, constructor, documentation
from ostinato.estimators.saved import Estimator
from ostinato.read.arrays import clips_from_arrays
from ostinato.read.clip import Clip
from ostinato.read.sequences import Sequences
from ostinato.runtime.classify import Classifier
from ostinato.runtime.loading import from_saved
from ostinato.runtime.network import Network
from ostinato.spec import model as spec
from ostinato.spec.answers import Classes
from ostinato.spec.classify import ClassifyOptions
from ostinato.spec.video import FrameForm, Video

SUMMARY = """Label every frame of clips with a recurrent network.

What ``ostinato train classify --per-frame`` does, in scikit-learn's shape. X is a list of clips, arrays of
uint8 (T, height, width) or (T, height, width, 3), T of each its own; y is a list of as many arrays (T,) of
labels. Prediction needs no torch.

A parameter that is None is chosen from the data. Attributes after ``fit`` and ``load``: ``classes_`` (C,),
the labels in sorted order; ``model_``, the ``ostinato.Classifier`` that answers, also as a stream, with its
training record in ``model_.spec.training``.
"""

EXAMPLE = """
Example:
    >>> X = [np.full((6, 8, 8), 40 * (number % 2), np.uint8) for number in range(8)]
    >>> y = [["dark", "light"][number % 2 : number % 2 + 1] * 6 for number in range(8)]
    >>> model = FrameClassifier(frame_size=8, hidden_size=8, epochs=10, folds=0).fit(X, y)
    >>> [labels.shape for labels in model.predict(X[:2])]
    [(6,), (6,)]
"""


class FrameClassifier(Estimator):
    __doc__ = documentation(SUMMARY, ClassifyOptions, EXAMPLE)

    classes_: Array
    model_: Classifier

    __init__ = constructor(ClassifyOptions)

    def fit(self, X: Any, y: Any) -> Self:
        """Train on clips whose frames have labels; nothing is written to disk.

        Args:
            X: N clips; see the class.
            y: N arrays (T,) of labels: texts, whole numbers, truth values.

        Raises:
            ArgumentError: a parameter does not fit, X is no list of clips, y has not a label for each frame,
                or there is one class only.
            DataError: a clip cannot be used; the message names it.
        """
        from ostinato.tasks.frames import CLASSIFY_FRAMES
        from ostinato.train.fit import fit

        options = checked(ClassifyOptions, self.get_params(deep=False))
        told = options.data.model_copy(update={"per_frame": True})
        options = options.model_copy(update={"data": told})
        clips = _clips(X, form_of(options))
        classes, texts = classes_of(_frame_labels(y, _lengths(clips)))
        said = [one.tolist() for one in np.split(np.array(texts, object), _ends(clips))]
        trained = fit(CLASSIFY_FRAMES, replace(clips, step_labels=said), options)
        model = _of_frames(trained.model)
        answer = Classes(labels=model.answer.labels, label_type=label_type(classes))
        network = Network(model.network, trained.tensors, np.float64)
        described = model.model_copy(update={"answer": answer})
        self.model_ = Classifier(described, network, trained.preprocessor)
        self.classes_, self._tensors = classes, trained.tensors
        return self

    def predict_proba(self, X: Any) -> list[NDArray[np.float64]]:
        """Return the probability of every class at each frame, (T, C) a clip, columns as in ``classes_``."""
        self._check_is_fitted()
        read = self.model_.preprocessor.spec
        if not isinstance(read, Video):
            raise TypeError("a model of frames reads video")
        clips = _clips(X, read)
        answer = self.model_.predict(clips)
        columns = {label: column for column, label in enumerate(answer.labels)}
        order = [columns[str(label)] for label in self.classes_.tolist()]
        return np.split(answer.probabilities[:, order], _ends(clips))

    def predict(self, X: Any) -> list[Array]:
        """Return the most probable class of each frame, (T,) a clip."""
        return [np.asarray(self.classes_[one.argmax(axis=1)]) for one in self.predict_proba(X)]

    def score(self, X: Any, y: Any) -> float:
        """Return the part of all frames whose class is the right one."""
        told = self.predict(X)
        right = _frame_labels(y, [len(one) for one in told])
        return float((np.concatenate(told) == right).mean())

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Return the estimator that was saved, or one for a model that the command line trained.

        Raises:
            ModelFileError: there is no sound model.
            ArgumentError: it labels no frames.
        """
        from ostinato.archive.model import load

        saved = load(path)
        model = _of_frames(saved.model)
        loaded = cls._as_trained(model)
        network = Network(model.network, saved.tensors, np.float64)
        loaded.model_ = Classifier(model, network, from_saved(path, saved).preprocessor)
        loaded._tensors = saved.tensors
        classes = restored(model.answer.labels, model.answer.label_type)
        if classes is None:
            hint = f"its labels are not all of the type {model.answer.label_type!r}; save the model again."
            raise ModelFileError(path, "wrong labels", hint)
        loaded.classes_ = classes
        return loaded


def _clips(X: Any, form: FrameForm) -> Sequences:
    values = listed(X)
    if values is None or not are_clips(values):
        raise ArgumentError(
            "X is no list of clips; expected arrays of uint8, (T, height, width) or (T, height, width, 3)."
        )
    return clips_from_arrays(values, None, form)


def _lengths(clips: Sequences) -> list[int]:
    return [one.steps for one in clips.values if isinstance(one, Clip)]


def _ends(clips: Sequences) -> Array:
    """Return where the frames of each clip but the last end among the frames of all."""
    return np.cumsum(_lengths(clips))[:-1]


def _frame_labels(y: Any, lengths: list[int]) -> Array:
    """Return the labels of all frames, those of the first clip first."""
    count = len(lengths)
    if not isinstance(y, Sequence | np.ndarray) or isinstance(y, str) or len(y) != count:
        raise ArgumentError(f"y is no list of {count} arrays of labels, one for each clip.")
    labels = [np.asarray(one) for one in y]
    for number, (one, length) in enumerate(zip(labels, lengths, strict=True)):
        if one.shape != (length,):
            raise ArgumentError(
                f"y[{number}] has shape {one.shape}, and X[{number}] has {length} frames; expected a label "
                "for each."
            )
    return np.concatenate(labels)


def _of_frames(model: spec.Model) -> spec.ClassifyModel:
    """Return the model, which must label frames."""
    if not isinstance(model, spec.ClassifyModel) or not model.per_step:
        raise ArgumentError(f"this is a {model.task} model that labels no frames; see SequenceClassifier.")
    return model
