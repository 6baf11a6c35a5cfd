"""The evaluation of a translation model: what its JSON, its table and its report show."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from numpy.typing import NDArray

from ostinato.answers.plain import plain
from ostinato.answers.translate import TranslationScores
from ostinato.evaluate import pictures
from ostinato.evaluate.pages import about, rendered, training_charts
from ostinato.spec.model import TranslateModel

SHOWN = 600
"""So many letters of a text are shown in a report."""


class Example(NamedTuple):
    """One translation, with what it rested on.

    Args:
        source, translation, reference: the texts.
        source_tokens, tokens: the S and T tokens that the attention is over.
        attention: (T, S), or None where the model says nothing of it.
    """

    source: str
    translation: str
    reference: str
    source_tokens: Sequence[str]
    tokens: Sequence[str]
    attention: NDArray[Any] | None


@dataclass(frozen=True)
class TranslateEvaluation:
    """A translation model judged on pairs.

    Args:
        model: what was evaluated, with its training record.
        name, source: the model's and the data's name.
        pairs: how many there were.
        scores: of the translations beside their references.
        perplexity: of the references' tokens, ends among them.
        unknown_rate: the part of the sources' tokens that the vocabulary lacks.
        examples: a few translations; none where none were asked for.
    """

    model: TranslateModel
    name: str
    source: str
    pairs: int
    scores: TranslationScores
    perplexity: float
    unknown_rate: float
    examples: Sequence[Example] = ()

    def to_dict(self) -> dict[str, object]:
        """Return everything that JSON can hold."""
        return {
            "model": self.name,
            "data": self.source,
            "scores": {
                "bleu": self.scores.bleu,
                "chrf": self.scores.chrf,
                "perplexity": self.perplexity,
                "length_ratio": self.scores.length_ratio,
                "unknown_rate": self.unknown_rate,
                "pairs": self.pairs,
            },
            "signatures": {"bleu": self.scores.bleu_signature, "chrf": self.scores.chrf_signature},
            "examples": [
                {"source": one.source, "translation": one.translation, "reference": one.reference}
                for one in self.examples
            ],
        }

    def to_json(self) -> str:
        """Return the evaluation as JSON."""
        return json.dumps(self.to_dict(), indent=2, ensure_ascii=False)

    def to_table(self) -> str:
        """Return the scores for a terminal, one a line, and how they were computed."""
        lines = [f"{plain(self.name)} on {plain(self.source)}", ""]
        lines += [f"  {title:<20}{value}" for title, value, _ in self.rows()]
        lines += ["", f"  BLEU  {self.scores.bleu_signature}", f"  chrF  {self.scores.chrf_signature}"]
        return "\n".join(lines) + "\n"

    def rows(self) -> list[tuple[str, str, str]]:
        """Return the scores, each with its name and a few words, as they are shown."""
        found = self.scores
        return [
            ("BLEU", f"{found.bleu:.2f}", ""),
            ("chrF", f"{found.chrf:.2f}", ""),
            ("perplexity", f"{self.perplexity:.2f}", ""),
            ("length ratio", f"{found.length_ratio:.3f}", ""),
            ("unknown tokens", f"{self.unknown_rate:.2%}", ""),
            ("pairs", f"{self.pairs:,}", ""),
        ]


def to_html(evaluation: TranslateEvaluation) -> str:
    """Return an evaluation's report; the same evaluation gives the same text."""
    return rendered(
        "translate.html",
        **about(evaluation.model, evaluation.name),
        **training_charts(evaluation.model),
        source=evaluation.source,
        tiles=evaluation.rows(),
        signatures=[evaluation.scores.bleu_signature, evaluation.scores.chrf_signature],
        examples=[_shown(number, one) for number, one in enumerate(evaluation.examples, start=1)],
    )


def _shown(number: int, one: Example) -> dict[str, str | None]:
    """Return an example as the page shows it."""
    picture = None
    if one.attention is not None:
        picture = pictures.attention(one.attention, one.source_tokens, one.tokens, f"attention{number}")
    texts = {"source": one.source, "translation": one.translation, "reference": one.reference}
    return {name: plain(text, SHOWN) for name, text in texts.items()} | {"picture": picture}
