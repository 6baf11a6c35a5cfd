"""Errors that are scikit-learn's too."""

from ostinato import checks
from ostinato.errors import OstinatoError

_exceptions = checks.extra("sklearn.exceptions", "train", "SequenceClassifier")


class NotFittedError(OstinatoError, _exceptions.NotFittedError):  # type: ignore[misc, name-defined]
    """An estimator was asked before it was fitted or loaded."""
