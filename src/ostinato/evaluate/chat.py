"""The evaluation of a dialogue model: what its JSON, its table and its report show."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ostinato.answers.plain import plain
from ostinato.evaluate.pages import about, rendered, training_charts
from ostinato.spec.model import ChatModel

SHOWN = 600
"""So many letters of a turn are shown in a report."""


class Exchange(NamedTuple):
    """One answer of the model's, beside the one that was given.

    Args:
        history: the turns before it.
        answer: the model's.
        reference: the one in the data.
    """

    history: Sequence[str]
    answer: str
    reference: str


@dataclass(frozen=True)
class ChatEvaluation:
    """A dialogue model judged on the answers of dialogues.

    Args:
        model: what was evaluated, with its training record.
        name, source: the model's and the data's name.
        answers, tokens: how many there were; tokens with the answers' ends, and without unknown ones.
        perplexity: of the answers' tokens, given what was said before them.
        shuffled: the same, given the history of another answer each: what the history is worth.
        told_apart: the part of the answers that are likelier with their own history than with that other; 0.5
            is chance.
        examples: a few answers of the model's; none where none were asked for.
    """

    model: ChatModel
    name: str
    source: str
    answers: int
    tokens: int
    perplexity: float
    shuffled: float
    told_apart: float
    examples: Sequence[Exchange] = ()

    def to_dict(self) -> dict[str, object]:
        """Return everything that JSON can hold."""
        return {
            "model": self.name,
            "data": self.source,
            "scores": {
                "perplexity": self.perplexity,
                "perplexity_shuffled": self.shuffled,
                "told_apart": self.told_apart,
                "answers": self.answers,
                "tokens": self.tokens,
            },
            "examples": [one._asdict() for one in self.examples],
        }

    def to_json(self) -> str:
        """Return the evaluation as JSON."""
        return json.dumps(self.to_dict(), indent=2, ensure_ascii=False)

    def to_table(self) -> str:
        """Return the scores for a terminal, one a line."""
        lines = [f"{plain(self.name)} on {plain(self.source)}", ""]
        return "\n".join([*lines, *(f"  {title:<28}{value}" for title, value, _ in self.rows())]) + "\n"

    def rows(self) -> list[tuple[str, str, str]]:
        """Return the scores, each with its name and a few words, as they are shown."""
        return [
            ("perplexity", f"{self.perplexity:.2f}", "given the true history"),
            ("with another's history", f"{self.shuffled:.2f}", "the same answers"),
            ("histories told apart", f"{100 * self.told_apart:.1f} %", "answers likelier with their own"),
            ("answers", f"{self.answers:,}", ""),
            ("tokens", f"{self.tokens:,}", ""),
        ]


def to_html(evaluation: ChatEvaluation) -> str:
    """Return an evaluation's report; the same evaluation gives the same text."""
    return rendered(
        "chat.html",
        **about(evaluation.model, evaluation.name),
        **training_charts(evaluation.model),
        source=evaluation.source,
        tiles=evaluation.rows(),
        examples=[_shown(one) for one in evaluation.examples],
    )


def _shown(one: Exchange) -> dict[str, object]:
    """Return an exchange as the page shows it."""
    return {
        "history": [plain(turn, SHOWN) for turn in one.history],
        "answer": plain(one.answer, SHOWN),
        "reference": plain(one.reference, SHOWN),
    }
