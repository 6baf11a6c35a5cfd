"""The evaluation of a classifier: everything that its JSON, its table and its report show."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.answers.classify import Classification, Details, Targets, details, interval, targets_of
from ostinato.answers.curves import RocCurve, roc_curve
from ostinato.answers.plain import plain, table
from ostinato.answers.risk import RiskCurve, risk_curves
from ostinato.errors import ArgumentError
from ostinato.evaluate.attribution import (
    Numbers,
    ProbabilitiesOf,
    SeriesAttribution,
    TextAttribution,
    gathered,
    occlusion,
)
from ostinato.evaluate.film import SHOWN, BeliefsOf, Watched, some_frames
from ostinato.read.clip import Clip
from ostinato.read.sequences import Sequences, Values
from ostinato.spec.audio import Audio
from ostinato.spec.model import ClassifyModel
from ostinato.spec.preprocessing import Series

GradientsOf = Callable[[Sequences, int], NDArray[Any]]
"""From one sequence and a class to what each value gives to the class's probability, (T, I)."""

MISTAKES = 12
"""So many of the worst mistakes are shown."""

LENGTHS = 6
"""Sequences are grouped by length into at most so many groups."""

Attribution = SeriesAttribution | TextAttribution | Watched

EXPLAINED = 3
"""So many right decisions, and so many of the worst mistakes, are explained."""


@dataclass(frozen=True)
class LengthGroup:
    """How well sequences of similar length are recognised: low to high steps, both included."""

    low: int
    high: int
    count: int
    right: int

    @property
    def accuracy(self) -> float:
        """Return the part that was right."""
        return self.right / self.count


@dataclass(frozen=True)
class Decision:
    """One sequence and what was said of it.

    Args:
        id: its name.
        true, predicted: labels.
        probability: of the predicted label.
        probability_of_true: of the true one.
        length: its number of steps.
        value: the sequence itself.
        attribution: what the decision rested on, where that was asked for; of a clip what was believed
            along time.
        course: (T, C) the probabilities after every step, where that was asked for.
    """

    id: str
    true: str
    predicted: str
    probability: float
    probability_of_true: float
    length: int
    value: Values | str | Clip
    attribution: Attribution | None = None
    course: Numbers | None = None


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
        steps = _lengths(sequences, lengths)
        decisions = _Decisions(sequences, answer, targets, steps, courses)
        wrong = decisions.order(answer.indices() != targets)
        explained: tuple[Decision, ...] = ()
        right = decisions.order(answer.indices() == targets)
        if beliefs_of is not None:
            explained = decisions.watch(_chosen(right, wrong), beliefs_of)
        elif gradients_of is not None and probabilities_of is not None:
            explained = decisions.explain_by_gradients(_chosen(right, wrong), gradients_of)
        elif probabilities_of is not None:
            baseline = _baseline(model, sequences)
            explained = decisions.explain(_chosen(right, wrong), probabilities_of, baseline)
        return cls(
            model=model,
            name=name,
            source=source,
            details=details(answer.probabilities, targets, answer.labels, answer.threshold),
            roc=_roc(answer, targets),
            by_length=_by_length(steps, answer.indices() == targets),
            mistakes=tuple(decisions.at(index) for index in wrong[:MISTAKES]),
            explained=explained,
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
            "mistakes": [_decision_dict(one) for one in self.mistakes],
            "attributions": [_decision_dict(one) | _attribution_dict(one) for one in self.explained],
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


def shown(value: float | None) -> str:
    """Return a metric as people read it: four digits, whole numbers whole, and undefined as what it is.

    Example:
        >>> shown(0.98765), shown(370), shown(None)
        ('0.9877', '370', 'undefined')
    """
    if value is None:
        return "undefined"
    return str(value) if isinstance(value, int) else f"{value:.4f}"


class _Decisions:
    """The decisions of one evaluation, by their number."""

    def __init__(
        self,
        sequences: Sequences,
        answer: Classification,
        targets: Targets,
        lengths: NDArray[np.int64],
        courses: Sequence[Numbers] | None,
    ) -> None:
        self.sequences = sequences
        self.answer = answer
        self.targets = targets
        self.lengths = lengths
        self.courses = courses

    def at(self, index: int, attribution: Attribution | None = None) -> Decision:
        """Return one decision."""
        row, labels = self.answer.probabilities[index], self.answer.labels
        predicted = int(self.answer.indices()[index])
        return Decision(
            id=self.sequences.ids[index],
            true=labels[self.targets[index]],
            predicted=labels[predicted],
            probability=float(row[predicted]),
            probability_of_true=float(row[self.targets[index]]),
            length=int(self.lengths[index]),
            value=self.sequences.values[index],
            attribution=attribution,
            course=None if self.courses is None else self.courses[index],
        )

    def order(self, wanted: NDArray[np.bool_]) -> list[int]:
        """Return the wanted ones' numbers, the most confident first, equals in the data's order."""
        chosen = np.flatnonzero(wanted)
        by_confidence = np.argsort(-self.answer.confidence()[chosen], kind="stable")
        return [int(index) for index in chosen[by_confidence]]

    def explain(
        self, indices: Sequence[int], probabilities_of: ProbabilitiesOf, baseline: Numbers | None
    ) -> tuple[Decision, ...]:
        """Return these decisions with what they rested on."""
        values = cast(list[Values | str], self.sequences.values)
        return tuple(
            self.at(index, occlusion(self._judge(index, probabilities_of), values[index], baseline))
            for index in indices
        )

    def explain_by_gradients(self, indices: Sequence[int], gradients_of: GradientsOf) -> tuple[Decision, ...]:
        """Return these decisions with what each value of theirs gave to the answer."""
        answers = self.answer.indices()
        return tuple(
            self.at(
                index,
                gathered(
                    gradients_of(self.sequences.select(np.array([index])), int(answers[index])),
                    int(answers[index]),
                ),
            )
            for index in indices
        )

    def _judge(self, index: int, probabilities_of: ProbabilitiesOf) -> ProbabilitiesOf:
        """Return what judges variants of one sequence, with its own times and descriptors."""
        times, static = self.sequences.times, self.sequences.static
        if times is None and static is None:
            return probabilities_of

        def judge(values: list[Any]) -> NDArray[Any]:
            beside = {
                "times": None if times is None else [times[index]] * len(values),
                "static": None
                if static is None
                else np.repeat(static[index : index + 1], len(values), axis=0),
            }
            return probabilities_of(values, **beside)

        return judge

    def watch(self, indices: Sequence[int], beliefs_of: BeliefsOf) -> tuple[Decision, ...]:
        """Return these decisions on clips with what was believed along time."""
        decisions = []
        for index in indices:
            clip, one = cast(Clip, self.sequences.values[index]), self.at(index)
            frames, labels = some_frames(clip, SHOWN), self.answer.labels
            watched = Watched(frames, beliefs_of(clip), labels, one.true, one.predicted)
            decisions.append(replace(one, attribution=watched))
        return tuple(decisions)


def _lengths(sequences: Sequences, lengths: Sequence[int] | None) -> NDArray[np.int64]:
    if lengths is None:
        counted = [max(1, len(x.split())) if isinstance(x, str) else len(x) for x in sequences.values]
        return np.array(counted, dtype=np.int64)
    if len(lengths) != len(sequences):
        raise ArgumentError(f"{len(lengths)} lengths are given for {len(sequences)} sequences.")
    return np.array(lengths, dtype=np.int64)


def _baseline(model: ClassifyModel, sequences: Sequences) -> Numbers | None:
    """Return what hides a channel: its training mean where the model knows it, else its mean in the data."""
    series = model.preprocessing
    if isinstance(series, Audio):
        return np.zeros(series.bands)
    if not isinstance(series, Series):
        return None
    if series.missing != "forbid":
        return np.full(len(sequences.channels), np.nan)  # what is hidden was not measured
    if series.scale != "standard":
        values = cast(list[Values], sequences.values)
        return np.asarray(np.concatenate(values).mean(axis=0), dtype=np.float64)
    means = dict(zip(series.channels, series.center, strict=True))
    if unknown := [name for name in sequences.channels if name not in means]:
        raise ArgumentError(
            f"channel {checks.shown(unknown[0])} is not one of the model's: "
            f"{checks.shown(', '.join(series.channels))}."
        )
    return np.array([means[name] for name in sequences.channels])


def _chosen(right: list[int], wrong: list[int]) -> list[int]:
    """Return the worst mistakes, then right answers spread from the most to the least confident."""
    places: list[float] = np.linspace(0, len(right) - 1, EXPLAINED).tolist() if right else []
    return wrong[:EXPLAINED] + [right[place] for place in dict.fromkeys(map(round, places))]


def _roc(answer: Classification, targets: Targets) -> tuple[RocCurve, ...]:
    classes = [1] if len(answer.labels) == 2 else range(len(answer.labels))
    curves = (roc_curve(targets == c, answer.probabilities[:, c], answer.labels[c]) for c in classes)
    return tuple(curve for curve in curves if curve is not None)


def _by_length(lengths: NDArray[np.int64], right: NDArray[np.bool_]) -> tuple[LengthGroup, ...]:
    """Return groups of about equal size; sequences of one length are never parted."""
    distinct = np.unique(lengths)
    starts = distinct
    if len(distinct) > LENGTHS:
        starts = np.unique(np.quantile(lengths, np.arange(LENGTHS) / LENGTHS, method="nearest"))
    places = np.searchsorted(starts, lengths, side="right") - 1
    groups = (places == place for place in range(len(starts)))
    return tuple(
        LengthGroup(
            int(lengths[group].min()), int(lengths[group].max()), int(group.sum()), int(right[group].sum())
        )
        for group in groups
    )


def _decision_dict(decision: Decision) -> dict[str, Any]:
    found = {
        "id": decision.id,
        "true": decision.true,
        "predicted": decision.predicted,
        "probability": decision.probability,
        "probability_of_true": decision.probability_of_true,
        "length": decision.length,
    }
    return found | ({"text": decision.value} if isinstance(decision.value, str) else {})


def _attribution_dict(decision: Decision) -> dict[str, Any]:
    found = decision.attribution
    if isinstance(found, TextAttribution):
        return {"pieces": list(found.pieces), "losses": found.losses.tolist()}
    if isinstance(found, Watched):
        return {"belief": found.belief.tolist()}
    if found is None:
        return {}
    return {
        "windows": [list(span) for span in found.windows],
        "channel_blocks": [list(span) for span in found.blocks],
        "by_window": found.by_window.tolist(),
        "method": found.method,
        "by_channel_block": found.by_block.tolist(),
        "cells": found.cells.tolist(),
    }
