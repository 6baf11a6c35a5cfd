"""The evaluation of a transcriber: what its JSON, its table and its report show."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ostinato.answers.plain import plain, table
from ostinato.answers.transcribe import Aligned, TranscribeScores
from ostinato.evaluate.pages import about, rendered, training_charts
from ostinato.spec.model import TranscribeModel

WORST, CONFUSED = 15, 15
"""So many utterances with the most wrong words, and so many of the most frequent errors, are shown."""

PIECE = 200
"""So many letters of a piece of an utterance are shown."""


@dataclass(frozen=True)
class Mistake:
    """An utterance in which something was heard wrongly.

    Args:
        place: where it stands.
        errors, words: words that are wrong, too many or missing; and words that were said.
        pieces: what was said beside what was heard.
    """

    place: str
    errors: int
    words: int
    pieces: Sequence[Aligned]


@dataclass(frozen=True)
class TranscribeEvaluation:
    """A transcriber's answers on recordings whose texts are known, judged.

    Args:
        model: what was evaluated, with its training record.
        name, source: the model's and the data's name.
        decoding: how letters were found, in words.
        recordings: how many there were.
        seconds: of sound, all together.
        scores: of all recordings.
        exact: the part of recordings that were heard without an error.
        confused: (said, heard, how often) of the most frequent errors.
        worst: the utterances with the most errors.
    """

    model: TranscribeModel
    name: str
    source: str
    decoding: str
    recordings: int
    seconds: float
    scores: TranscribeScores
    exact: float
    confused: Sequence[tuple[str, str, int]]
    worst: Sequence[Mistake]

    @classmethod
    def of(
        cls,
        model: TranscribeModel,
        said: Sequence[str],
        heard: Sequence[str],
        places: Sequence[str],
        *,
        seconds: float,
        decoding: str = "greedy",
        name: str = "",
        source: str = "",
    ) -> "TranscribeEvaluation":
        """Judge transcripts.

        Args:
            said, heard: N texts each.
            places: where each utterance stands.
            seconds, decoding, name, source: see above.
        """
        scores = TranscribeScores.of(said, heard)
        every = [_mistake(*pair) for pair in zip(places, scores.alignments, strict=True)]
        wrong = [one for one in every if one.errors]
        return cls(
            model=model,
            name=name,
            source=source,
            decoding=decoding,
            recordings=len(said),
            seconds=seconds,
            scores=scores,
            exact=1.0 - len(wrong) / len(every),
            confused=_confused(scores.alignments),
            worst=sorted(wrong, key=lambda one: (-one.errors, one.words))[:WORST],
        )

    def to_dict(self) -> dict[str, Any]:
        """Return everything that JSON can hold."""
        found = self.scores
        return {
            "task": self.model.task,
            "model": self.name,
            "data": self.source,
            "decoding": self.decoding,
            **found.named(),
            "exact": self.exact,
            "recordings": self.recordings,
            "seconds": self.seconds,
            "words": found.words,
            "substituted": found.substituted,
            "inserted": found.inserted,
            "deleted": found.deleted,
            "confused": [list(row) for row in self.confused],
            "worst": [vars(one) | {"pieces": [one._asdict() for one in one.pieces]} for one in self.worst],
        }

    def to_json(self) -> str:
        """Return the evaluation as JSON."""
        return json.dumps(self.to_dict(), ensure_ascii=False, allow_nan=False)

    def to_table(self) -> str:
        """Return the scores for a terminal, then the most frequent errors."""
        rows = [[title, number] for title, number, _ in self.rows()]
        parts = [f"{plain(self.name)} on {plain(self.source)}\n", table(["score", "value"], rows, texts=1)]
        if self.confused:
            cells = [[_word(said), _word(heard), str(count)] for said, heard, count in self.confused]
            parts.append(table(["said", "heard", "times"], cells, texts=2))
        return "\n".join(parts)

    def rows(self) -> list[tuple[str, str, str]]:
        """Return the scores, each with its name and a few words, as they are shown."""
        found = self.scores
        kinds = f"{found.substituted:,} wrong, {found.deleted:,} missing, {found.inserted:,} too many"
        return [
            ("word error rate", f"{found.wer:.2%}", kinds),
            ("character error rate", f"{found.cer:.2%}", ""),
            ("without an error", f"{self.exact:.1%}", f"of {self.recordings:,} recordings"),
            ("words", f"{found.words:,}", f"in {self.seconds / 60:.1f} minutes"),
            ("decoding", self.decoding, ""),
        ]


def to_html(evaluation: TranscribeEvaluation) -> str:
    """Return an evaluation's report; the same evaluation gives the same text."""
    return rendered(
        "transcribe.html",
        **about(evaluation.model, evaluation.name),
        **training_charts(evaluation.model),
        source=evaluation.source,
        tiles=evaluation.rows(),
        confused=[(_word(said), _word(heard), count) for said, heard, count in evaluation.confused],
        worst=[_shown(one) for one in evaluation.worst],
    )


def _mistake(place: str, pieces: Sequence[Aligned]) -> Mistake:
    errors = sum(_longest(one) for one in pieces if one.edit != "equal")
    return Mistake(place, errors, sum(len(one.said.split()) for one in pieces), pieces)


def _longest(piece: Aligned) -> int:
    return max(len(piece.said.split()), len(piece.heard.split()))


def _confused(alignments: Sequence[Sequence[Aligned]]) -> list[tuple[str, str, int]]:
    """Return the most frequent errors, word by word where as many were heard as were said."""
    counts: Counter[tuple[str, str]] = Counter()
    for piece in (one for pieces in alignments for one in pieces if one.edit != "equal"):
        said, heard = piece.said.split(), piece.heard.split()
        if piece.edit == "substitute":
            counts.update(zip(said, heard, strict=True))
        else:
            counts.update([*((word, "") for word in said), *(("", word) for word in heard)])
    rows = [(said, heard, count) for (said, heard), count in counts.items()]
    return sorted(rows, key=lambda row: (-row[2], row[0], row[1]))[:CONFUSED]


def _word(word: str) -> str:
    return plain(word, 40) or "(nothing)"


def _shown(one: Mistake) -> dict[str, Any]:
    pieces = [(piece.edit, plain(piece.said, PIECE), plain(piece.heard, PIECE)) for piece in one.pieces]
    return {"place": one.place, "errors": one.errors, "words": one.words, "pieces": pieces}
