"""Taggers: the tags and labels of sentences, and how many of them are right."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ostinato.answers.entities import EntityReport, EntityScores, score_entities
from ostinato.errors import ArgumentError

Tags = Sequence[Sequence[str]]


@dataclass(frozen=True)
class Tagged:
    """A tagger's answer.

    Args:
        tags: of every sentence, one a word.
        labels: one a sentence; None where the model tells none.
    """

    tags: list[list[str]]
    labels: list[str] | None = None

    def __len__(self) -> int:
        return len(self.tags)


@dataclass(frozen=True)
class TagScores:
    """Answers compared with the truth.

    Args:
        words, right_words: how many words there are, and how many have the right tag.
        sentences, right_sentences: how many sentences, and of how many everything is right: tags and label.
        entities: of tags that mark entities, how well those are found; else None.
        right_labels: how many labels of sentences are right; None where there are none.

    Example:
        >>> answer = Tagged([["O", "B-x"], ["O"]], ["yes", "no"])
        >>> scores = TagScores.of(Tagged([["O", "B-x"], ["B-x"]], ["yes", "no"]), answer, entities=True)
        >>> {name: round(value, 2) for name, value in scores.named().items()}
        {'f1': 0.67, 'precision': 1.0, 'recall': 0.5, 'accuracy': 0.67, 'label_accuracy': 1.0, 'exact': 0.5}
    """

    words: int
    right_words: int
    sentences: int
    right_sentences: int
    entities: EntityReport | None
    right_labels: int | None

    @classmethod
    def of(cls, true: Tagged, answer: Tagged, *, entities: bool) -> "TagScores":
        """Compare answers with what is true.

        Args:
            true, answer: of the same sentences.
            entities: whether the tags mark entities.

        Raises:
            ArgumentError: there are more tags, or labels, on one side than on the other.
        """
        shapes = [[len(tags) for tags in one.tags] for one in (true, answer)]
        if shapes[0] != shapes[1] or not shapes[0]:
            raise ArgumentError("true and predicted tags differ in number; expected one each for every word.")
        right = [
            sum(a == b for a, b in zip(*pair, strict=True))
            for pair in zip(true.tags, answer.tags, strict=True)
        ]
        labels = _right_labels(true, answer)
        exact = [count == length for count, length in zip(right, shapes[0], strict=True)]
        return cls(
            words=sum(shapes[0]),
            right_words=sum(right),
            sentences=len(true),
            right_sentences=sum(exact if labels is None else map(bool.__and__, exact, labels)),
            entities=score_entities(true.tags, answer.tags) if entities else None,
            right_labels=None if labels is None else sum(labels),
        )

    def named(self) -> dict[str, float]:
        """Return the scores by name, the most telling first; what is undefined is left out."""
        found: dict[str, float | None] = {}
        if self.entities is not None:
            overall = self.entities.overall
            found = {"f1": overall.f1, "precision": overall.precision, "recall": overall.recall}
        found["accuracy"] = self.right_words / self.words
        if self.right_labels is not None:
            found["label_accuracy"] = self.right_labels / self.sentences
        found["exact"] = self.right_sentences / self.sentences
        return {name: value for name, value in found.items() if value is not None}


def tag_counts(true: Tags, answer: Tags) -> dict[str, EntityScores]:
    """Return how well each tag is found, in alphabetical order.

    Example:
        >>> [(tag, one.f1) for tag, one in tag_counts([["A", "B"]], [["A", "A"]]).items()]
        [('A', 0.6666666666666666), ('B', 0.0)]
    """
    pairs = confusions(true, answer)
    support, predicted = Counter[str](), Counter[str]()
    for (expected, answered), count in pairs.items():
        support[expected] += count
        predicted[answered] += count
    tags = sorted({*support, *predicted})
    return {tag: EntityScores(support[tag], predicted[tag], pairs[tag, tag]) for tag in tags}


def confusions(true: Tags, answer: Tags) -> Counter[tuple[str, str]]:
    """Return how often each answer was given for each true tag."""
    pairs: Counter[tuple[str, str]] = Counter()
    for expected, answered in zip(true, answer, strict=True):
        pairs.update(zip(expected, answered, strict=True))
    return pairs


def _right_labels(true: Tagged, answer: Tagged) -> list[bool] | None:
    if true.labels is None or answer.labels is None:
        return None
    return [a == b for a, b in zip(true.labels, answer.labels, strict=True)]
