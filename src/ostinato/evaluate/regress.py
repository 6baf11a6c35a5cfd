"""The evaluation of a regression model: what its JSON, its table and its report show."""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ostinato.answers.plain import plain, shown, table
from ostinato.answers.regress import Estimates, scores, targets_of
from ostinato.evaluate.pages import about, rendered, training_charts
from ostinato.evaluate.regress_charts import errors, scatter, trajectory
from ostinato.read.sequences import Sequences, Targets
from ostinato.spec.model import RegressModel

TITLES = {
    "rmse": "RMSE",
    "mae": "MAE",
    "r2": "R\N{SUPERSCRIPT TWO}",
    "cmapss": "C-MAPSS score",
    "rmse_last": "RMSE, last steps",
    "mae_last": "MAE, last steps",
    "r2_last": "R\N{SUPERSCRIPT TWO}, last steps",
    "cmapss_last": "C-MAPSS, last steps",
}
"""The scores, with their titles on a report."""

WORST = 12
"""So many sequences with the largest errors are listed."""

DRAWN = 6
"""So many sequences are drawn step by step: spread from the smallest error to the largest."""


@dataclass(frozen=True)
class Told:
    """One sequence: what is true, and what was told of it.

    Args:
        id: its name.
        true, told: (1,) or (T,); true is NaN where nothing is known.
    """

    id: str
    true: Targets
    told: NDArray[np.float64]

    @property
    def error(self) -> float:
        """Return the root mean square error over what is known."""
        return float(np.sqrt(np.nanmean(np.square(self.told - self.true))))


@dataclass(frozen=True)
class RegressEvaluation:
    """A regression model's answers on sequences with targets, judged.

    Args:
        model: what was evaluated, with its training record.
        name, source: the model's and the data's name.
        scores: as ``answers.regress.scores`` returns them.
        by_mean: the RMSE of always telling the training mean, to compare with.
        told: every sequence.
    """

    model: RegressModel
    name: str
    source: str
    scores: dict[str, float]
    by_mean: float
    told: tuple[Told, ...]

    @classmethod
    def of(
        cls, model: RegressModel, sequences: Sequences, answer: Estimates, *, name: str = "", source: str = ""
    ) -> "RegressEvaluation":
        """Judge a model's answers for sequences with targets.

        Raises:
            DataError: the data has no targets, or not as many as there must be.
        """
        true = targets_of(sequences, answer.per_step)
        mean = [np.full(len(one), model.answer.center) for one in true]
        told = map(Told, sequences.ids, true, answer.values)
        found = scores(answer.values, true, model.recipe.data.asymmetric)
        return cls(model, name, source, found, scores(mean, true)["rmse"], tuple(told))

    def worst(self) -> list[Told]:
        """Return the sequences with the largest errors, largest first."""
        return sorted(self.told, key=lambda one: -one.error)[:WORST]

    def to_dict(self) -> dict[str, Any]:
        """Return everything that JSON can hold.

        Keys: ``task``, ``model``, ``data``, ``target``, the scores by name, ``rmse_of_mean``, ``worst``.
        """
        return {
            "task": self.model.task,
            "model": self.name,
            "data": self.source,
            "target": self.model.answer.name,
            **self.scores,
            "rmse_of_mean": self.by_mean,
            "worst": [{"id": one.id, "rmse": one.error} for one in self.worst()],
        }

    def to_json(self) -> str:
        """Return the evaluation as JSON."""
        return json.dumps(self.to_dict(), ensure_ascii=False, allow_nan=False)

    def to_table(self) -> str:
        """Return the scores for a terminal, then the sequences with the largest errors."""
        rows = [[name, _number(value)] for name, value in self.scores.items()]
        rows.append(["rmse of the mean", f"{self.by_mean:.4f}"])
        worst = [[plain(one.id, 32), *_ends(one), f"{one.error:.4f}"] for one in self.worst()]
        heads = ["sequence", "true", "told", "rmse"]
        parts = [f"{plain(self.name)} on {plain(self.source)}\n", table(["score", "value"], rows, texts=1)]
        return "\n".join([*parts, table(heads, worst, texts=1)])


def to_html(evaluation: RegressEvaluation) -> str:
    """Return an evaluation's report; the same evaluation gives the same text."""
    found, answer = evaluation.scores, evaluation.model.answer
    tiles = [(title, shown(found[name]), "") for name, title in TITLES.items() if name in found]
    tiles.append(("RMSE of the mean", shown(evaluation.by_mean), "always telling the training mean"))
    tiles.append(("Sequences", f"{len(evaluation.told):,}", f"{found['count']:,} targets"))
    drawn = _spread(evaluation) if answer.per_step else []
    return rendered(
        "regress.html",
        **about(evaluation.model, evaluation.name),
        **training_charts(evaluation.model),
        source=evaluation.source,
        tiles=tiles,
        target=answer.name,
        measure=f"{evaluation.model.recipe.training.loss.capitalize()} error, scaled",
        per_step=answer.per_step,
        scatter=scatter(_pairs(evaluation), answer.name),
        errors=errors(_pairs(evaluation)),
        worst=[(one.id, *_ends(one), shown(one.error)) for one in evaluation.worst()],
        drawn=[
            (one.id, shown(one.error), trajectory(one.true, one.told, answer.name, f"trajectory{number}"))
            for number, one in enumerate(drawn)
        ],
    )


def _pairs(evaluation: RegressEvaluation) -> NDArray[np.float64]:
    """Return (true, told) of every target that is known, (n, 2)."""
    true, told = (
        np.concatenate(part) for part in zip(*((one.true, one.told) for one in evaluation.told), strict=True)
    )
    return np.asarray(np.stack([true, told], axis=1)[np.isfinite(true)])


def _spread(evaluation: RegressEvaluation) -> list[Told]:
    """Return a few sequences, from the smallest error to the largest."""
    ranked = sorted(evaluation.told, key=lambda one: one.error)
    places = np.linspace(0, len(ranked) - 1, min(DRAWN, len(ranked))).round().astype(int)
    return [ranked[place] for place in dict.fromkeys(places.tolist())]


def _ends(one: Told) -> tuple[str, str]:
    """Return what is true and what was told at the last step of which something is known."""
    step = int(np.flatnonzero(np.isfinite(one.true))[-1])
    return f"{one.true[step]:.4g}", f"{one.told[step]:.4g}"


def _number(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.4f}"
