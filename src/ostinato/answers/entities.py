"""How well entities are found: exact matches of words and type, as the CoNLL evaluations count them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ostinato.errors import ArgumentError
from ostinato.read.iob import entities


@dataclass(frozen=True)
class EntityScores:
    """How well the entities of one type, or of all, are found. A number is None where it is undefined.

    Args:
        support: entities in the data.
        predicted: entities in the answers.
        right: those in both, with the same words and the same type.
    """

    support: int
    predicted: int
    right: int

    @property
    def precision(self) -> float | None:
        """Return right / predicted."""
        return self.right / self.predicted if self.predicted else None

    @property
    def recall(self) -> float | None:
        """Return right / support."""
        return self.right / self.support if self.support else None

    @property
    def f1(self) -> float | None:
        """Return 2 right / (predicted + support)."""
        total = self.predicted + self.support
        return 2 * self.right / total if total else None


@dataclass(frozen=True)
class EntityReport:
    """All types together (the micro average), and each one.

    Args:
        overall: of all entities.
        kinds: of the entities of each type, in alphabetical order.
    """

    overall: EntityScores
    kinds: dict[str, EntityScores]


def score_entities(true: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]]) -> EntityReport:
    """Return how many entities the answers have found.

    Entities are those that :func:`ostinato.read.iob.entities` finds in the tags of any scheme, by the rules
    of the CoNLL-2000 evaluation, also in answers that break their scheme.

    Args:
        true: of every sentence, one tag a word.
        predicted: the same of the answers.

    Raises:
        ArgumentError: the two have different lengths.

    Example:
        >>> report = score_entities([["B-city", "I-city", "O"]], [["B-city", "O", "B-city"]])
        >>> report.overall
        EntityScores(support=1, predicted=2, right=0)
        >>> report.overall.f1, report.overall.recall
        (0.0, 0.0)
    """
    if [len(tags) for tags in true] != [len(tags) for tags in predicted]:
        raise ArgumentError("true and predicted tags differ in number; expected one each for every word.")
    support, found, right = Counter[str](), Counter[str](), Counter[str]()
    for expected, answered in zip(true, predicted, strict=True):
        wanted, given = set(entities(expected)), set(entities(answered))
        for counter, some in ((support, wanted), (found, given), (right, wanted & given)):
            counter.update(entity.kind for entity in some)
    kinds = {
        kind: EntityScores(support[kind], found[kind], right[kind]) for kind in sorted({*support, *found})
    }
    overall = EntityScores(support.total(), found.total(), right.total())
    return EntityReport(overall, kinds)
