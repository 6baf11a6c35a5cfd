"""What is read beside the targets of series: columns scaled once, and descriptors of whole series."""

import numpy as np

from ostinato import checks
from ostinato.errors import DataError
from ostinato.read.panel import Numbers, Panel
from ostinato.spec.windows import Described, Scaled


def fit_scaled(panel: Panel, names: tuple[str, ...]) -> tuple[Scaled, ...]:
    """Return the scaling of numeric covariates, from all rows of these series.

    Raises:
        DataError: a column has no value at all.
    """
    found = []
    for name in names:
        column = panel.columns().index(name)
        rows = np.concatenate([values[:, column] for values in panel.values])
        known = rows[np.isfinite(rows)]
        if not len(known):
            raise DataError(f"column {checks.shown(name)} has no value at all; leave it out.")
        center, deviation = float(known.mean()), float(known.std())
        masked = len(known) < len(rows)
        found.append(
            Scaled(name=name, center=center, spread=deviation if deviation > 0 else 1.0, masked=masked)
        )
    return tuple(found)


def fit_described(panel: Panel) -> tuple[Described, ...]:
    """Return how the descriptors of series are read: as numbers where all are, else word by word."""
    found = []
    for place, name in enumerate(panel.roles.static):
        words = [row[place] for row in panel.static]
        if all(_is_number(word) for word in words):
            numbers = np.array([float(word) for word in words])
            deviation = float(numbers.std())
            found.append(
                Described(name=name, center=float(numbers.mean()), spread=deviation if deviation > 0 else 1.0)
            )
        else:
            found.append(Described(name=name, words=tuple(sorted(set(words)))))
    return tuple(found)


def scaled_rows(rows: Numbers, scaled: tuple[Scaled, ...]) -> Numbers:
    """Return covariates scaled, 0 where missing, and behind them the masks of those that have one."""
    masks = [np.isnan(rows[:, place, None]) for place, one in enumerate(scaled) if one.masked]
    made = np.nan_to_num((rows - centers(scaled)) / spreads(scaled))
    return np.concatenate([made, *masks], axis=1)


def centers(scaled: tuple[Scaled, ...]) -> Numbers:
    """Return what is subtracted from each covariate."""
    return np.array([one.center for one in scaled])


def spreads(scaled: tuple[Scaled, ...]) -> Numbers:
    """Return what each covariate is divided by."""
    return np.array([one.spread for one in scaled])


def described_rows(panel: Panel, described: tuple[Described, ...]) -> Numbers:
    """Return what is told of each series, (n, ·).

    Raises:
        DataError: a word is unknown, or no number where numbers are told.
    """
    columns = []
    for place, one in enumerate(described):
        words = [row[place] for row in panel.static]
        if not one.words:
            columns.append((_descriptors(panel, one, words)[:, None] - one.center) / one.spread)
            continue
        unknown = [number for number, word in enumerate(words) if word not in one.words]
        if unknown:
            raise DataError(
                f"{panel.place(unknown[0])}: {checks.shown(one.name)} is {checks.shown(words[unknown[0]])}, "
                "which training never saw."
            )
        columns.append(np.array([[float(word == known) for known in one.words] for word in words]))
    return np.concatenate([np.zeros((len(panel), 0)), *columns], axis=1)


def _descriptors(panel: Panel, one: Described, words: list[str]) -> Numbers:
    for number, word in enumerate(words):
        if not _is_number(word):
            raise DataError(
                f"{panel.place(number)}: {checks.shown(one.name)} is {checks.shown(word)}; expected a number."
            )
    return np.array([float(word) for word in words])


def _is_number(word: str) -> bool:
    try:
        return bool(np.isfinite(float(word)))
    except ValueError:
        return False
