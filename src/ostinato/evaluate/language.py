"""The evaluation of a language model: what its JSON, its table and its report show."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ostinato.answers.language import TokenScores
from ostinato.answers.plain import plain
from ostinato.evaluate import charts
from ostinato.evaluate.pages import about, rendered, training_charts
from ostinato.evaluate.rolls import picture
from ostinato.read.rolls import Roll
from ostinato.spec.model import LanguageModel

OCTAVES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
"""Tokens of context for which the table gives the loss."""

ROWS = {
    "nats_per_token": ("nats per token", ".4f"),
    "bits_per_token": ("bits per token", ".4f"),
    "nats_per_character": ("nats per character", ".4f"),
    "bits_per_character": ("bits per character", ".4f"),
    "perplexity": ("perplexity", ".2f"),
    "tokens": ("tokens", ",.0f"),
    "characters": ("characters", ",.0f"),
    "unknown_rate": ("unknown tokens", ".2%"),
}
"""The scores with their names and forms, in the order in which they are shown."""

LEARNING = ("nats_per_token", "nats_per_character", "perplexity")
"""Those that are also shown of a model that goes on learning."""

WIDTH = 30
"""Of the first column of a table in a terminal."""


@dataclass(frozen=True)
class LanguageEvaluation:
    """A language model judged on a text, or on music.

    Args:
        model: what was evaluated, with its training record.
        name, source: the model's and the data's name.
        scores: of every document, every token once.
        by_memory: (K,) mean nats of a token after 1, 2, 3 … tokens since the state's start.
        samples: texts that the model wrote, each with its temperature; none where none were asked for.
        played: a roll of music that the model wrote; None where none was asked for.
        learning: the scores while the model goes on learning from what it has scored; None where that was not
            asked for.
    """

    model: LanguageModel
    name: str
    source: str
    scores: TokenScores
    by_memory: NDArray[np.float64]
    samples: Sequence[tuple[float, str]] = ()
    played: Roll | None = None
    learning: TokenScores | None = None

    def to_dict(self) -> dict[str, object]:
        """Return everything that JSON can hold."""
        return {
            "model": self.name,
            "data": self.source,
            "scores": self.scores.named(),
            **({} if self.learning is None else {"learning": self.learning.named()}),
            "nats_by_context": {str(n): self.by_memory[n - 1] for n in self._octaves()},
            "samples": [{"temperature": heat, "text": text} for heat, text in self.samples],
        }

    def to_json(self) -> str:
        """Return the evaluation as JSON."""
        return json.dumps(self.to_dict(), indent=2, ensure_ascii=False)

    def to_table(self) -> str:
        """Return the scores for a terminal, one a line."""
        lines = [f"{plain(self.name)} on {plain(self.source)}", ""]
        lines += [f"  {title:<{WIDTH}}{value}" for title, value in self.rows()]
        lines += ["", f"  {'tokens of context':<{WIDTH}}nats per token"]
        lines += [f"  {n:<{WIDTH}}{self.by_memory[n - 1]:.4f}" for n in self._octaves()]
        return "\n".join(lines) + "\n"

    def rows(self) -> list[tuple[str, str]]:
        """Return the scores, each with its name, as they are shown."""
        shown = _shown(self.scores, [*ROWS])
        if self.learning is not None:
            shown += [(f"{title}, learning", value) for title, value in _shown(self.learning, LEARNING)]
        return shown

    def _octaves(self) -> list[int]:
        return [n for n in OCTAVES if n <= len(self.by_memory)]


def to_html(evaluation: LanguageEvaluation) -> str:
    """Return an evaluation's report; the same evaluation gives the same text."""
    model = evaluation.model
    return rendered(
        "language.html",
        **about(model, evaluation.name),
        **training_charts(model),
        source=evaluation.source,
        tiles=[(title, value, "") for title, value in evaluation.rows()],
        memory=charts.memory(evaluation.by_memory),
        samples=[(f"{heat:g}", _lines(text)) for heat, text in evaluation.samples],
        played=None if evaluation.played is None else picture(evaluation.played, "played"),
    )


def _shown(scores: TokenScores, names: Sequence[str]) -> list[tuple[str, str]]:
    """Return those of the scores that there are, by these names, as they are shown."""
    named = scores.named()
    return [(ROWS[name][0], format(named[name], ROWS[name][1])) for name in names if name in named]


def _lines(text: str) -> list[str]:
    """Return a text's lines, without what could steer a page."""
    return [plain(line, 2_000) for line in text.split("\n")]
