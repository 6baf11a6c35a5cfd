"""The evaluation of a tagger: what its JSON, its table and its report show."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ostinato.answers import tag as answers
from ostinato.answers.entities import EntityScores
from ostinato.answers.plain import plain, shown, table
from ostinato.answers.tag import Tagged, TagScores, tag_counts
from ostinato.errors import DataError
from ostinato.evaluate.pages import about, rendered, training_charts
from ostinato.read.sentences import TaggedSentences
from ostinato.spec.model import TagModel

TITLES = {
    "f1": "Entity F1",
    "precision": "Entity precision",
    "recall": "Entity recall",
    "accuracy": "Tag accuracy",
    "label_accuracy": "Label accuracy",
    "exact": "Whole sentences",
}
"""The scores, with their titles on a report."""

CONFUSED = 15
"""So many of the most frequent confusions are shown."""

MISTAKES = 12
"""So many mistaken sentences are shown, those with the most wrong tags."""

LISTED = 40
"""A page lists at most so many tags, those with the lowest F1."""

WORDS = 60
"""So many words of a mistaken sentence are shown."""


@dataclass(frozen=True)
class Mistake:
    """A sentence in which something is wrong.

    Args:
        place: where it stands.
        words, true, answer: of the same length.
        true_label, label: of the sentence, or None.
    """

    place: str
    words: Sequence[str]
    true: Sequence[str]
    answer: Sequence[str]
    true_label: str | None
    label: str | None

    @property
    def wrong(self) -> int:
        """Return how many tags are wrong."""
        return sum(a != b for a, b in zip(self.true, self.answer, strict=True))


@dataclass(frozen=True)
class TagEvaluation:
    """A tagger's answers on tagged sentences, judged.

    Args:
        model: what was evaluated, with its training record.
        name, source: the model's and the data's name.
        scores: of all sentences.
        tags, labels: how well each tag, and each label of sentences, is found.
        confused, confused_labels: (true, answer, how often) of the most frequent confusions.
        mistakes: sentences with the most wrong tags.
        unknown_rate: the part of words that the vocabulary lacks.
    """

    model: TagModel
    name: str
    source: str
    scores: TagScores
    tags: Mapping[str, EntityScores]
    labels: Mapping[str, EntityScores]
    confused: Sequence[tuple[str, str, int]]
    confused_labels: Sequence[tuple[str, str, int]]
    mistakes: Sequence[Mistake]
    unknown_rate: float

    @classmethod
    def of(
        cls,
        model: TagModel,
        sentences: TaggedSentences,
        answer: Tagged,
        *,
        unknown_rate: float,
        name: str = "",
        source: str = "",
    ) -> "TagEvaluation":
        """Judge a tagger's answers for tagged sentences.

        Raises:
            DataError: the sentences have no tags or, of a joint model, no labels.
        """
        if sentences.tags is None or (answer.labels is not None and sentences.labels is None):
            lacking = "tags" if sentences.tags is None else "labels of sentences, which this model tells"
            raise DataError(f"{sentences.name}: has no {lacking}; a tagger is judged by them.")
        true = Tagged(sentences.tags, sentences.labels if answer.labels is not None else None)
        singly = [[[label] for label in one.labels or []] for one in (true, answer)]
        return cls(
            model=model,
            name=name,
            source=source,
            scores=TagScores.of(true, answer, entities=model.answer.scheme != "none"),
            tags=tag_counts(true.tags, answer.tags),
            labels=tag_counts(*singly),
            confused=_confused(true.tags, answer.tags),
            confused_labels=_confused(*singly),
            mistakes=_mistakes(sentences, true, answer),
            unknown_rate=unknown_rate,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return everything that JSON can hold; null stands for what is undefined."""
        found = self.scores
        return {
            "task": self.model.task,
            "model": self.name,
            "data": self.source,
            **found.named(),
            "sentences": found.sentences,
            "words": found.words,
            "unknown_rate": self.unknown_rate,
            "entities": {kind: _count(one) for kind, one in self.kinds.items()},
            "tags": {tag: _count(one) for tag, one in self.tags.items()},
            "labels": {label: _count(one) for label, one in self.labels.items()},
            "confused": [list(row) for row in self.confused],
            "confused_labels": [list(row) for row in self.confused_labels],
            "mistakes": [vars(one) for one in self.mistakes],
        }

    def to_json(self) -> str:
        """Return the evaluation as JSON."""
        return json.dumps(self.to_dict(), ensure_ascii=False, allow_nan=False)

    def to_table(self) -> str:
        """Return the scores for a terminal, then one line an entity type, or tag, and label."""
        rows = [[name, f"{value:.4f}"] for name, value in self.scores.named().items()]
        rows += [["sentences", f"{self.scores.sentences:,}"], ["words", f"{self.scores.words:,}"]]
        rows.append(["unknown words", f"{self.unknown_rate:.2%}"])
        parts = [f"{plain(self.name)} on {plain(self.source)}\n", table(["score", "value"], rows, texts=1)]
        for what, counts in (
            ("entity", self.kinds) if self.kinds else ("tag", self.tags),
            ("label", self.labels),
        ):
            if counts:
                parts.append(_table(what, counts))
        return "\n".join(parts)

    @property
    def kinds(self) -> Mapping[str, EntityScores]:
        """Return how well entities are found by their type; nothing where tags mark none."""
        return {} if self.scores.entities is None else self.scores.entities.kinds


def to_html(evaluation: TagEvaluation) -> str:
    """Return an evaluation's report; the same evaluation gives the same text."""
    found = evaluation.scores
    tiles = [(TITLES[name], shown(value), "") for name, value in found.named().items()]
    tiles.append(("Sentences", f"{found.sentences:,}", f"{found.words:,} words"))
    tiles.append(("Unknown words", f"{evaluation.unknown_rate:.1%}", "read by their letters"))
    hardest = sorted(evaluation.tags.items(), key=lambda row: row[1].f1 or 0.0)[:LISTED]
    tables = [
        ("Entities", "entity", evaluation.kinds),
        ("Tags", "tag", dict(hardest)),
        ("Labels of sentences", "label", evaluation.labels),
    ]
    confusions = [
        ("Tags taken for each other", evaluation.confused),
        ("Labels taken for each other", evaluation.confused_labels),
    ]
    return rendered(
        "tag.html",
        **about(evaluation.model, evaluation.name),
        **training_charts(evaluation.model),
        source=evaluation.source,
        tiles=tiles,
        tables=[(title, what, [*map(_cells, rows.items())]) for title, what, rows in tables if rows],
        confusions=[row for row in confusions if row[1]],
        mistakes=[_shown_mistake(one) for one in evaluation.mistakes],
    )


def _confused(true: Sequence[Sequence[str]], answer: Sequence[Sequence[str]]) -> list[tuple[str, str, int]]:
    pairs = [(a, b, count) for (a, b), count in answers.confusions(true, answer).items() if a != b]
    return sorted(pairs, key=lambda row: (-row[2], row[0], row[1]))[:CONFUSED]


def _mistakes(sentences: TaggedSentences, true: Tagged, answer: Tagged) -> list[Mistake]:
    labels = zip(true.labels or [], answer.labels or [], strict=True)
    pairs: list[tuple[str | None, str | None]] = [*labels] or [(None, None)] * len(true)
    every = [
        Mistake(place, words, tags, answered, *pair)
        for place, words, tags, answered, pair in zip(
            sentences.places, sentences.words, true.tags, answer.tags, pairs, strict=True
        )
    ]
    wrong = [one for one in every if one.wrong or one.label != one.true_label]
    return sorted(wrong, key=lambda one: (-one.wrong, len(one.words)))[:MISTAKES]


def _count(one: EntityScores) -> dict[str, Any]:
    return {
        "precision": one.precision,
        "recall": one.recall,
        "f1": one.f1,
        "support": one.support,
        "predicted": one.predicted,
    }


def _cells(row: tuple[str, EntityScores]) -> tuple[str, list[str]]:
    name, one = row
    return name or "(no type)", [*map(shown, (one.precision, one.recall, one.f1)), f"{one.support:,}"]


def _table(what: str, counts: Mapping[str, EntityScores]) -> str:
    cells = [[plain(name, 32), *numbers] for name, numbers in map(_cells, counts.items())]
    return table([what, "precision", "recall", "f1", "support"], cells, texts=1)


def _shown_mistake(one: Mistake) -> dict[str, Any]:
    words = list(zip(one.words, one.answer, one.true, strict=True))
    return {
        "place": one.place,
        "words": [(plain(word, 40), said, true) for word, said, true in words[:WORDS]],
        "more": len(words) > WORDS,
        "label": one.label,
        "true_label": one.true_label,
    }
