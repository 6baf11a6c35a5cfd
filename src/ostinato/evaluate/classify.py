"""The evaluation of a classifier: everything that its JSON, its table and its report show."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ostinato.answers.classify import Classification, Details, Targets, details, interval, targets_of
from ostinato.answers.curves import RocCurve, roc_curve
from ostinato.answers.plain import plain, shown, table
from ostinato.answers.risk import RiskCurve, risk_curves
from ostinato.evaluate.attribution import Numbers, ProbabilitiesOf
from ostinato.evaluate.decisions import Decision, Decisions, GradientsOf
from ostinato.evaluate.film import BeliefsOf
from ostinato.evaluate.lengths import LengthGroup, by_length, lengths_of
from ostinato.read.sequences import Sequences
from ostinato.spec.model import ClassifyModel

MISTAKES = 12
"""So many of the worst mistakes are shown."""


@dataclass(frozen=True)
class Evaluation:
    """A classifier's answers on labelled data, judged.

    Args:
        model: what was evaluated, with its training record.
        name, source: the model's and the data's name, as the report's title and first line give them.
        details: all metrics.
        roc: one curve a class, of the second class alone where there are two; undefined ones are left out.
        by_length: accuracy by sequence length.
        mistakes: the most confident wrong answers, worst first.
        explained: a few decisions with their attribution; empty where none was asked for.
        channels: series: the names of the channels in the decisions' values.
        unknown_rate: text: the part of tokens that the vocabulary lacks.
        risk: of two classes, the mean probability of the second after every step by true class; empty where
            that was not asked for.
    """

    model: ClassifyModel
    name: str
    source: str
    details: Details
    roc: tuple[RocCurve, ...]
    by_length: tuple[LengthGroup, ...]
    mistakes: tuple[Decision, ...]
    explained: tuple[Decision, ...]
    channels: tuple[str, ...]
    unknown_rate: float | None
    risk: tuple[RiskCurve, ...] = ()

    @classmethod
    def of(
        cls,
        model: ClassifyModel,
        sequences: Sequences,
        probabilities: NDArray[Any],
        *,
        probabilities_of: ProbabilitiesOf | None = None,
        courses: Sequence[Numbers] | None = None,
        gradients_of: GradientsOf | None = None,
        beliefs_of: BeliefsOf | None = None,
        lengths: Sequence[int] | None = None,
        unknown_rate: float | None = None,
        name: str = "",
        source: str = "",
    ) -> "Evaluation":
        """Judge a model's answers for labelled sequences.

        Args:
            model: the model.
            sequences: N sequences with labels.
            probabilities: (N, C) the model's answers, in the model's order of labels.
            probabilities_of: from n values to (n, C); with it a few decisions are explained. Where sequences
                come with times or descriptors it is given those, too, by name.
            courses: (T, C) the probabilities after every step of each sequence, for a model that can stream.
            gradients_of: from one sequence and a class to what its values give to that class's probability,
                (T, I); with it decisions are explained by that, and not by hiding parts.
            beliefs_of: from a clip to (T, C); with it a few clips are shown, with what was believed when.
            lengths: the steps of each sequence; None: rows of a series, words of a text.
            unknown_rate: text: the part of tokens that the vocabulary lacks.
            name, source: what to call the model and the data.

        Raises:
            DataError: the data has no labels, or one that the model does not know.
        """
        wide = np.asarray(probabilities, dtype=np.float64)
        answer = Classification(wide, model.answer.labels, model.answer.threshold)
        targets = targets_of(sequences, answer.labels)
        steps = lengths_of(sequences, lengths)
        decisions = Decisions(model, sequences, answer, targets, steps, courses)
        wrong = decisions.order(answer.indices() != targets)
        right = decisions.order(answer.indices() == targets)
        return cls(
            model=model,
            name=name,
            source=source,
            details=details(answer.probabilities, targets, answer.labels, answer.threshold),
            roc=_roc(answer, targets),
            by_length=by_length(steps, answer.indices() == targets),
            mistakes=tuple(decisions.at(index) for index in wrong[:MISTAKES]),
            explained=decisions.explained(right, wrong, beliefs_of, gradients_of, probabilities_of),
            channels=sequences.channels,
            unknown_rate=unknown_rate,
            risk=() if courses is None else risk_curves(courses, targets, answer.labels),
        )

    @property
    def accuracy_interval(self) -> tuple[float, float]:
        """Return the 95 % interval of the accuracy."""
        right = sum(group.right for group in self.by_length)
        return interval(right, sum(group.count for group in self.by_length))

    def to_json(self) -> str:
        """Return the evaluation as one JSON object; null stands for what ``undefined`` explains."""
        return json.dumps(self.to_dict(), allow_nan=False)

    def to_dict(self) -> dict[str, Any]:
        """Return what ``to_json`` writes.

        Keys: ``task``, ``model``, ``data``; the flat metrics of ``answers.classify.scores`` and
        ``accuracy_interval``; ``undefined`` (sentences); ``unknown_rate``; ``labels``; ``classes``,
        ``confusion`` (rows: true, columns: predicted), ``calibration``, ``roc``, ``by_length``,
        ``threshold``, ``risk``, ``mistakes`` and ``attributions``.
        """
        found = self.details
        return {
            "task": self.model.task,
            "model": self.name,
            "data": self.source,
            **found.scores,
            "accuracy_interval": list(self.accuracy_interval),
            "undefined": list(found.undefined),
            "unknown_rate": self.unknown_rate,
            "labels": list(self.model.answer.labels),
            "classes": [asdict(one) for one in found.classes],
            "confusion": None if found.confusion is None else found.confusion.tolist(),
            "calibration": [asdict(one) for one in found.calibration],
            "roc": [asdict(one) for one in self.roc],
            "threshold": self.model.answer.threshold,
            "risk": [asdict(one) for one in self.risk],
            "by_length": [asdict(one) | {"accuracy": one.accuracy} for one in self.by_length],
            "mistakes": [one.to_dict() for one in self.mistakes],
            "attributions": [one.to_dict() | one.rested_on() for one in self.explained],
        }

    def to_table(self) -> str:
        """Return the evaluation as text for the terminal: the scores, then one line a class."""
        low, high = self.accuracy_interval
        names = {"accuracy": f"(95 % interval {low:.3f} to {high:.3f})"}
        scores = [[key, shown(value), names.get(key, "")] for key, value in self.details.scores.items()]
        if self.unknown_rate is not None:
            scores.append(["unknown_tokens", f"{self.unknown_rate:.4f}", ""])
        width = max(len(row[0]) for row in scores)
        lines = [f"{key:{width}}  {value:>9}  {note}".rstrip() for key, value, note in scores]
        return "\n".join(lines) + "\n\n" + self._class_table() + self._notes()

    def _class_table(self) -> str:
        rows = [
            [plain(one.label, 24), *map(shown, (one.precision, one.recall, one.f1)), str(one.support)]
            for one in self.details.classes
        ]
        return table(["class", "precision", "recall", "f1", "sequences"], rows, texts=1)

    def _notes(self) -> str:
        return "".join(f"\nundefined: {sentence}" for sentence in self.details.undefined) + (
            "\n" if self.details.undefined else ""
        )


def _roc(answer: Classification, targets: Targets) -> tuple[RocCurve, ...]:
    classes = [1] if len(answer.labels) == 2 else range(len(answer.labels))
    curves = (roc_curve(targets == c, answer.probabilities[:, c], answer.labels[c]) for c in classes)
    return tuple(curve for curve in curves if curve is not None)
