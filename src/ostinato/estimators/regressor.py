"""Sequence regression in scikit-learn's shape."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.answers.regress import Estimates
from ostinato.errors import ArgumentError, DataError
from ostinato.estimators.inputs import listed, named_as
from ostinato.estimators.parameters import checked, constructor, documentation
from ostinato.estimators.saved import Estimator
from ostinato.read.arrays import from_arrays
from ostinato.read.sequences import Sequences, Targets
from ostinato.runtime.loading import from_saved
from ostinato.runtime.network import Network
from ostinato.runtime.regress import Regressor
from ostinato.spec import model as spec
from ostinato.spec.regress import RegressOptions

_base = checks.extra("sklearn.base", "train", "SequenceRegressor")

SUMMARY = """Tell a number of each sequence, or of each of its steps, with a recurrent network.

What ``ostinato train regress`` does, in scikit-learn's shape. X is a list of (T, I) arrays of any lengths,
one (N, T, I) array, an (N, T) array of univariate sequences, or a list of texts. Prediction needs no torch.

A parameter that is None is chosen from the data. ``model_`` after ``fit`` and ``load`` is the
``ostinato.Regressor`` that answers, with its training record in ``model_.spec.training``.
"""

EXAMPLE = """
Example:
    >>> X = [np.linspace(0, height, 6) for height in range(20)]
    >>> y = [2.0 * x[-1] for x in X]
    >>> model = SequenceRegressor(hidden_size=16, valid_fraction=0.0, epochs=60).fit(X, y)
    >>> bool(abs(model.predict([np.linspace(0, 10, 6)])[0] - 20) < 2)
    True
"""


class SequenceRegressor(_base.RegressorMixin, Estimator):  # type: ignore[misc, name-defined]
    __doc__ = documentation(SUMMARY, RegressOptions, EXAMPLE)

    model_: Regressor

    __init__ = constructor(RegressOptions)

    def fit(self, X: Any, y: Any, *, times: Any = None, static: Any = None) -> Self:
        """Train on sequences with numbers to tell; nothing is written to disk.

        Args:
            X: N sequences or texts; see the class.
            y: (N,) numbers; with ``per_step`` N arrays (T,), NaN at a step that has none.
            times: when each step was: N arrays (T,) of rising numbers.
            static: (N, S) numbers that describe each sequence.

        Raises:
            ArgumentError: a parameter does not fit.
            DataError: a sequence or a number cannot be used; the message names it.
        """
        from ostinato.tasks.regress import REGRESS
        from ostinato.train.fit import fit

        options = checked(RegressOptions, self.get_params(deep=False))
        sequences = self._sequences(X, times, static)
        columns = sequences.columns.model_copy(update={"per_step": self.per_step})
        told = _targets(y, len(sequences), self.per_step)
        trained = fit(REGRESS, replace(sequences, targets=told, columns=columns), options)
        network = Network(trained.model.network, trained.tensors, np.float64)
        self.model_ = Regressor(_regressor(trained.model), network, trained.preprocessor)
        self._tensors = trained.tensors
        return self

    def predict(
        self, X: Any, *, times: Any = None, static: Any = None
    ) -> NDArray[np.float64] | list[NDArray[np.float64]]:
        """Return the number of every sequence, (N,); with ``per_step`` N arrays (T,); see ``fit``."""
        found = self.estimates(X, times=times, static=static)
        return found.values if found.per_step else found.last()

    def estimates(self, X: Any, *, times: Any = None, static: Any = None) -> Estimates:
        """Return the same as one object; arguments as for ``fit``."""
        self._check_is_fitted()
        given = self._sequences(X, times, static)
        return self.model_.predict(named_as(self.model_.spec.preprocessing, given))

    def score(self, X: Any, y: Any, *, times: Any = None, static: Any = None) -> float:
        """Return R2 over all numbers that are known."""
        from ostinato.answers.regress import scores

        found = self.estimates(X, times=times, static=static)
        named = scores(found.values, _targets(y, len(found), found.per_step))
        if "r2" not in named:
            raise DataError("R2 is undefined: all numbers in y are equal.")
        return named["r2"]

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Return the estimator that was saved, or one for a model that the command line trained.

        Raises:
            ModelFileError: there is no sound model.
            ArgumentError: it is no regression model.
        """
        from ostinato.archive.model import load

        saved = load(path)
        model = _regressor(saved.model)
        loaded = cls._as_trained(model)
        network = Network(model.network, saved.tensors, np.float64)
        loaded.model_ = Regressor(model, network, from_saved(path, saved).preprocessor)
        loaded._tensors = saved.tensors
        return loaded

    def _sequences(self, X: Any, times: Any, static: Any) -> Sequences:
        values = listed(X)
        missing = self.missing != "forbid"
        return from_arrays(X if values is None else values, times=times, static=static, missing=missing)


def _targets(y: Any, count: int, per_step: bool) -> list[Targets]:
    """Return the numbers to tell: (1,) a sequence, or one a step."""
    if not isinstance(y, Sequence | np.ndarray) or len(y) != count:
        raise ArgumentError(f"y is {checks.shown(y)}; expected one entry for each of the {count} sequences.")
    targets = [np.atleast_1d(np.asarray(one, dtype=np.float64)) for one in y]
    for number, one in enumerate(targets):
        known = np.isfinite(one)
        if one.ndim != 1 or np.isinf(one).any() or not (known.any() if per_step else known.all()):
            raise DataError(
                f"y[{number}] is {checks.shown(one.tolist())}; expected "
                f"{'numbers, one a step, some of them known' if per_step else 'a finite number'}."
            )
    return targets


def _regressor(model: spec.Model) -> spec.RegressModel:
    """Return the model, which must be one of regression."""
    if not isinstance(model, spec.RegressModel):
        raise ArgumentError(f"this is a {model.task} model; expected one of regression.")
    return model
