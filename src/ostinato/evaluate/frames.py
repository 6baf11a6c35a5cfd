"""The evaluation of a model of piano rolls: what its JSON, its table and its report show."""

import json
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from ostinato.answers.plain import plain
from ostinato.answers.rolls import RollScores
from ostinato.evaluate.pages import about, rendered, training_charts
from ostinato.evaluate.rolls import picture
from ostinato.read.rolls import Roll
from ostinato.spec.model import RollModel


@dataclass(frozen=True)
class Foretold:
    """A sequence of the data, and what the model said of each frame before it saw it.

    Args:
        name: the sequence's.
        roll: (T, 88).
        belief: (T, 88), the probability of each key.
    """

    name: str
    roll: Roll
    belief: NDArray[Any]


@dataclass(frozen=True)
class RollEvaluation:
    """A model of piano rolls judged on some.

    Args:
        model: what was evaluated, with its training record.
        name, source: the model's and the data's name; of data in parts, which one.
        sequences: how many.
        scores: of all their frames.
        played: a roll that the model played; None where none was asked for.
        foretold: a sequence beside what the model foretold; None where none was asked for.
    """

    model: RollModel
    name: str
    source: str
    sequences: int
    scores: RollScores
    played: Roll | None = None
    foretold: Foretold | None = None

    def to_dict(self) -> dict[str, object]:
        """Return everything that JSON can hold."""
        scores = {
            "nats_per_frame": self.scores.nats_per_frame,
            "accuracy": self.scores.accuracy,
            "frames": self.scores.frames,
            "sequences": self.sequences,
        }
        return {"model": self.name, "data": self.source, "scores": scores}

    def to_json(self) -> str:
        """Return the evaluation as JSON."""
        return json.dumps(self.to_dict(), indent=2, ensure_ascii=False)

    def to_table(self) -> str:
        """Return the scores for a terminal, one a line."""
        lines = [f"{plain(self.name)} on {plain(self.source)}", ""]
        lines += [f"  {title:<20}{value}" for title, value in self.rows()]
        return "\n".join(lines) + "\n"

    def rows(self) -> list[tuple[str, str]]:
        """Return the scores, each with its name, as they are shown."""
        accuracy = self.scores.accuracy
        return [
            ("nats per frame", f"{self.scores.nats_per_frame:.4f}"),
            ("frame accuracy", "undefined" if accuracy is None else f"{accuracy:.2%}"),
            ("frames", f"{self.scores.frames:,}"),
            ("sequences", f"{self.sequences:,}"),
        ]


def to_html(evaluation: RollEvaluation) -> str:
    """Return an evaluation's report; the same evaluation gives the same text."""
    model, played, foretold = evaluation.model, evaluation.played, evaluation.foretold
    return rendered(
        "rolls.html",
        **about(model, evaluation.name),
        **training_charts(model),
        source=evaluation.source,
        tiles=[(title, value, "") for title, value in evaluation.rows()],
        played=None if played is None else picture(played, "played"),
        foretold=None if foretold is None else picture(foretold.roll, "foretold", belief=foretold.belief),
        sequence="" if foretold is None else foretold.name,
    )
