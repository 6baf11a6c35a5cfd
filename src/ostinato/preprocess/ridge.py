"""Linear models with a penalty on their size, in closed form."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

PENALTIES = tuple(10.0**power for power in range(-5, 3))


class Linear(NamedTuple):
    """y = x W + b.

    Args:
        weight: W, (F, Y).
        bias: b, (Y,).
    """

    weight: Numbers
    bias: Numbers

    def __call__(self, x: Numbers) -> Numbers:
        """Map rows (n, F) to rows (n, Y)."""
        mapped: Numbers = x @ self.weight + self.bias
        return mapped


class Ridge:
    """The linear models of some rows, one for each penalty (Hoerl & Kennard 1970).

        W = argmin_W  mean_i v_i |y_i - x_i W - b|^2 + penalty |W|^2

    Args:
        x: (n, F).
        y: (n, Y).
        weight: (n,), v.

    Example:
        >>> x = np.arange(5.0)[:, None]
        >>> Ridge(x, 2 * x + 1, np.ones(5)).model(0.0).weight.round(6).tolist()
        [[2.0]]
    """

    def __init__(self, x: Numbers, y: Numbers, weight: Numbers) -> None:
        share = weight / weight.sum()
        self._center, self._level = share @ x, share @ y
        moved = x - self._center
        heavy = moved * share[:, None]
        self._values, self._vectors = np.linalg.eigh(moved.T @ heavy)
        self._values = np.maximum(self._values, 0.0)
        self._turned = self._vectors.T @ (heavy.T @ (y - self._level))

    def model(self, penalty: float) -> Linear:
        """Return the model of a penalty, in units of the rows' variance."""
        floor = 1e-12 * max(1.0, float(self._values[-1]))
        weight = self._vectors @ (self._turned / (self._values + max(penalty, floor))[:, None])
        return Linear(weight, self._level - self._center @ weight)


def best_penalty(
    train: tuple[Numbers, Numbers, Numbers], held: tuple[Numbers, Numbers, Numbers]
) -> tuple[float, float]:
    """Return the penalty whose model errs least on rows held out, and its mean squared error there.

    Args:
        train, held: x (n, F), y (n, Y) and weights (n,).
    """
    ridge = Ridge(*train)
    x, y, weight = held
    errors = {
        penalty: float(weight @ np.square(y - ridge.model(penalty)(x)).mean(axis=1)) / weight.sum()
        for penalty in PENALTIES
    }
    best = min(errors, key=lambda penalty: errors[penalty])
    return best, errors[best]
