"""Single decisions of a classifier: what was said of a sequence, and what that rested on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.answers.classify import Classification, Targets
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

Attribution = SeriesAttribution | TextAttribution | Watched

EXPLAINED = 3
"""So many right decisions, and so many of the worst mistakes, are explained."""


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

    def to_dict(self) -> dict[str, Any]:
        """Return what was said of it."""
        found = {
            "id": self.id,
            "true": self.true,
            "predicted": self.predicted,
            "probability": self.probability,
            "probability_of_true": self.probability_of_true,
            "length": self.length,
        }
        return found | ({"text": self.value} if isinstance(self.value, str) else {})

    def rested_on(self) -> dict[str, Any]:
        """Return what the decision rested on; empty where that was not asked for."""
        found = self.attribution
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


class Decisions:
    """The decisions of one evaluation, by their number.

    Args:
        model: what was evaluated.
        sequences: N of them.
        answer: what was said of them.
        targets: (N,) what is true.
        lengths: (N,) their steps.
        courses: (T, C) the probabilities after every step of each sequence, or None.
    """

    def __init__(
        self,
        model: ClassifyModel,
        sequences: Sequences,
        answer: Classification,
        targets: Targets,
        lengths: NDArray[np.int64],
        courses: Sequence[Numbers] | None,
    ) -> None:
        self.model = model
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

    def explained(
        self,
        right: list[int],
        wrong: list[int],
        beliefs_of: BeliefsOf | None,
        gradients_of: GradientsOf | None,
        probabilities_of: ProbabilitiesOf | None,
    ) -> tuple[Decision, ...]:
        """Return a few decisions with what they rested on, by the first means that is given; else none.

        Args:
            right, wrong: their numbers, the most confident first.
            beliefs_of, gradients_of, probabilities_of: as ``Evaluation.of`` has them.
        """
        if beliefs_of is not None:
            return self._watch(_chosen(right, wrong), beliefs_of)
        if probabilities_of is None:
            return ()
        if gradients_of is not None:
            return self._follow(_chosen(right, wrong), gradients_of)
        return self._explain(_chosen(right, wrong), probabilities_of)

    def _explain(self, indices: Sequence[int], probabilities_of: ProbabilitiesOf) -> tuple[Decision, ...]:
        """Return these decisions with what they rested on."""
        baseline = _baseline(self.model, self.sequences)
        values = cast(list[Values | str], self.sequences.values)
        return tuple(
            self.at(index, occlusion(self._judge(index, probabilities_of), values[index], baseline))
            for index in indices
        )

    def _follow(self, indices: Sequence[int], gradients_of: GradientsOf) -> tuple[Decision, ...]:
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

    def _watch(self, indices: Sequence[int], beliefs_of: BeliefsOf) -> tuple[Decision, ...]:
        """Return these decisions on clips with what was believed along time."""
        decisions = []
        for index in indices:
            clip, one = cast(Clip, self.sequences.values[index]), self.at(index)
            frames, labels = some_frames(clip, SHOWN), self.answer.labels
            watched = Watched(frames, beliefs_of(clip), labels, one.true, one.predicted)
            decisions.append(replace(one, attribution=watched))
        return tuple(decisions)


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
