"""What was heard: text with the times of its words, and how near it comes to what was said, by jiwer."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, NamedTuple

from ostinato import checks
from ostinato.errors import ArgumentError

Edit = Literal["equal", "substitute", "insert", "delete"]


class Heard(NamedTuple):
    """Letters in their order, as they became certain.

    Args:
        text: the letters.
        times: of each, the seconds from the beginning to where it begins, and to where it ends at the latest.
    """

    text: str
    times: tuple[tuple[float, float], ...]

    def __add__(self, other: "Heard") -> "Heard":  # type: ignore[override]
        """Return what was heard, and then the other."""
        return Heard(self.text + other.text, self.times + other.times)

    def words(self) -> list["Word"]:
        """Return the words, each from its first letter's beginning to its last one's end.

        Example:
            >>> Heard("a by", ((0.0, 0.1), (0.2, 0.3), (0.5, 0.6), (0.7, 0.8))).words()[1]
            Word(text='by', start=0.5, end=0.8)
        """
        gaps = [-1, *(i for i, letter in enumerate(self.text) if letter == " "), len(self.text)]
        return [
            Word(self.text[first + 1 : last], self.times[first + 1][0], self.times[last - 1][1])
            for first, last in pairwise(gaps)
            if last > first + 1
        ]

    def parted(self) -> tuple[list["Word"], "Heard"]:
        """Return the words that are over, since a space follows them, and what was heard of the next one.

        Example:
            >>> words, open_word = Heard("go to", ((0.0, 0.1),) * 5).parted()
            >>> [word.text for word in words], open_word.text
            (['go'], 'to')
        """
        over = self.text.rfind(" ") + 1
        done = Heard(self.text[:over], self.times[:over])
        return done.words(), Heard(self.text[over:], self.times[over:])


class Word(NamedTuple):
    """One word and when it was said, in seconds from the beginning."""

    text: str
    start: float
    end: float


class Transcript(NamedTuple):
    """What was said in one recording.

    Args:
        text: in words with single spaces between them.
        words: the same, each with its time.
    """

    text: str
    words: list[Word]

    @classmethod
    def of(cls, heard: Heard) -> "Transcript":
        """Return what was heard as words."""
        words = heard.words()
        return cls(" ".join(word.text for word in words), words)


class Aligned(NamedTuple):
    """A piece of a reference beside what was heard; one of the two is empty where words came in or went."""

    edit: Edit
    said: str
    heard: str


@dataclass(frozen=True)
class TranscribeScores:
    """How near transcripts come to what was said.

    Args:
        wer, cer: words, or characters, that must be changed, put in and taken out, by those that were said.
        words: that were said.
        substituted, inserted, deleted: words of each kind of error.
        alignments: of every utterance, its words beside those that were heard.
    """

    wer: float
    cer: float
    words: int
    substituted: int
    inserted: int
    deleted: int
    alignments: list[list[Aligned]]

    @classmethod
    def of(cls, said: Sequence[str], heard: Sequence[str]) -> "TranscribeScores":
        """Judge transcripts.

        Args:
            said: N texts, at least one, none of them blank.
            heard: as many, which may be empty.

        Raises:
            ArgumentError: there are none, or not as many of both.
            MissingExtraError: jiwer is not installed.

        Example:
            >>> scores = TranscribeScores.of(["go to bed", "yes"], ["go two bed now", "yes"])
            >>> scores.wer, scores.substituted, scores.inserted, scores.alignments[0][1]
            (0.5, 1, 1, Aligned(edit='substitute', said='to', heard='two'))
        """
        if not said or len(said) != len(heard):
            raise ArgumentError(
                f"there are {len(said)} references and {len(heard)} transcripts; expected as many of both, "
                "and at least one."
            )
        jiwer = checks.extra("jiwer", "audio", "scoring transcripts")
        found = jiwer.process_words([*said], [*heard])
        return cls(
            wer=found.wer,
            cer=jiwer.process_characters([*said], [*heard]).cer,
            words=found.hits + found.substitutions + found.deletions,
            substituted=found.substitutions,
            inserted=found.insertions,
            deleted=found.deletions,
            alignments=[
                [_aligned(chunk, *texts) for chunk in chunks]
                for *texts, chunks in zip(found.references, found.hypotheses, found.alignments, strict=True)
            ],
        )

    def named(self) -> dict[str, float]:
        """Return the scores by name."""
        return {"wer": self.wer, "cer": self.cer}


def _aligned(chunk: object, said: Sequence[str], heard: Sequence[str]) -> Aligned:
    """Return one of jiwer's chunks with its words."""
    kind, a, b, c, d = (
        getattr(chunk, name)
        for name in ("type", "ref_start_idx", "ref_end_idx", "hyp_start_idx", "hyp_end_idx")
    )
    return Aligned(kind, " ".join(said[a:b]), " ".join(heard[c:d]))
