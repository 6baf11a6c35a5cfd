"""The evaluation of a model of several labels: what its JSON, its table and its report show."""

import json
from dataclasses import asdict, dataclass
from typing import Any

from ostinato.answers.curves import RocCurve, roc_curve
from ostinato.answers.labels import Flags, LabelAnswer, LabelScores, by_label, flags_of, scores
from ostinato.answers.plain import plain, shown, table
from ostinato.evaluate import charts
from ostinato.evaluate.pages import about, rendered, training_charts
from ostinato.read.sequences import Sequences
from ostinato.spec.model import LabelsModel

TITLES = {
    "roc_auc": "ROC area",
    "pr_auc": "Precision-recall area",
    "f1_macro": "F1, macro",
    "accuracy": "Labels right",
    "exact": "All labels right",
    "log_loss": "Log loss",
    "calibration_error": "Calibration error",
}
"""The scores, with their titles on a report."""

HEADS = ("precision", "recall", "f1", "roc_auc", "pr_auc", "calibration_error")


@dataclass(frozen=True)
class LabelsEvaluation:
    """A model's answers on sequences of which the labels are known, judged.

    Args:
        model: what was evaluated, with its training record.
        name, source: the model's and the data's name.
        scores: as ``answers.labels.scores`` returns them.
        labels: each label by itself.
        roc: a curve a label; undefined ones are left out.
    """

    model: LabelsModel
    name: str
    source: str
    scores: dict[str, float | None]
    labels: tuple[LabelScores, ...]
    roc: tuple[RocCurve, ...]

    @classmethod
    def of(
        cls,
        model: LabelsModel,
        sequences: Sequences,
        answer: LabelAnswer,
        *,
        name: str = "",
        source: str = "",
    ) -> "LabelsEvaluation":
        """Judge a model's answers for sequences of which the labels are known.

        Raises:
            DataError: the data does not tell these labels.
        """
        true: Flags = flags_of(sequences, answer.labels)
        columns = zip(answer.labels, true.T, answer.probabilities.T, strict=True)
        curves = (roc_curve(positive, risk, label) for label, positive, risk in columns)
        return cls(
            model,
            name,
            source,
            scores(answer, true),
            by_label(answer, true),
            tuple(curve for curve in curves if curve is not None),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return everything that JSON can hold; null stands for what is undefined."""
        thresholds = self.model.answer.thresholds
        rows = [
            asdict(one) | {"threshold": threshold}
            for one, threshold in zip(self.labels, thresholds, strict=True)
        ]
        described = {"task": self.model.task, "model": self.name, "data": self.source}
        return described | self.scores | {"labels": rows, "roc": [asdict(one) for one in self.roc]}

    def to_json(self) -> str:
        """Return the evaluation as JSON."""
        return json.dumps(self.to_dict(), ensure_ascii=False, allow_nan=False)

    def to_table(self) -> str:
        """Return the scores for a terminal, then one line a label."""
        rows = [[name, shown(value)] for name, value in self.scores.items()]
        labels = [[plain(one.label, 24), *_numbers(one), str(one.support)] for one in self.labels]
        heads = ["label", *HEADS, "sequences"]
        return f"{table(['score', 'value'], rows, texts=1)}\n{table(heads, labels, texts=1)}"


def to_html(evaluation: LabelsEvaluation) -> str:
    """Return an evaluation's report; the same evaluation gives the same text."""
    found, thresholds = evaluation.scores, evaluation.model.answer.thresholds
    tiles = [(title, shown(found[name]), "") for name, title in TITLES.items()]
    tiles.append(("Sequences", f"{found['sequences']:,}", f"of {len(evaluation.labels)} labels"))
    return rendered(
        "labels.html",
        **about(evaluation.model, evaluation.name),
        **training_charts(evaluation.model),
        source=evaluation.source,
        tiles=tiles,
        labels=[
            (one.label, _numbers(one), one.support, shown(threshold))
            for one, threshold in zip(evaluation.labels, thresholds, strict=True)
        ],
        roc=charts.roc(evaluation.roc) if evaluation.roc else None,
    )


def _numbers(one: LabelScores) -> list[str]:
    return [shown(getattr(one, name)) for name in HEADS]
