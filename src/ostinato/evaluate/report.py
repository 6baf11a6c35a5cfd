"""Reports for people: one HTML file each, which needs nothing else, runs nothing and asks no server."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ostinato.answers.classify import Details, interval
from ostinato.answers.files import checked_place, write_file
from ostinato.answers.plain import plain, shown
from ostinato.evaluate import charts, film, pictures
from ostinato.evaluate.attribution import SeriesAttribution, TextAttribution
from ostinato.evaluate.classify import Evaluation
from ostinato.evaluate.decisions import Decision
from ostinato.evaluate.film import Watched
from ostinato.evaluate.lengths import LengthGroup
from ostinato.evaluate.pages import about, rendered, training_charts
from ostinato.read.clip import Clip
from ostinato.spec.model import Model

HEADLINES = {
    "bleu": "BLEU",
    "chrf": "chrF",
    "perplexity": "Perplexity",
    "accuracy": "Accuracy",
    "precision_macro": "Precision, macro",
    "recall_macro": "Recall, macro",
    "f1_macro": "F1, macro",
    "f1": "Entity F1",
    "precision": "Entity precision",
    "recall": "Entity recall",
    "label_accuracy": "Label accuracy",
    "exact": "Whole sentences",
    "roc_auc": "ROC area",
    "pr_auc": "Precision-recall area",
    "log_loss": "Log loss",
    "rmse": "RMSE",
    "mae": "MAE",
    "r2": "R\N{SUPERSCRIPT TWO}",
    "cmapss": "C-MAPSS score",
    "rmse_last": "RMSE, last steps",
    "calibration_error": "Calibration error",
}
"""The validation scores that a training report shows, and their titles."""

CONFUSED = 15
"""So many of the most frequent confusions are listed where a matrix would be too large."""

CLASSES = 40
"""At most so many classes are listed, those with the lowest F1."""

_TIGHT = "\N{NO-BREAK SPACE}"

TEXT = 600
"""So many letters of a mistaken text are shown."""


def write_training_html(model: Model, path: Path, name: str = "") -> None:
    """Write the report of a training: learning curves, gradient flow, recipe, validation scores."""
    checked_place(path)
    write_file(path, training_html(model, name).encode())


def to_html(evaluation: Evaluation) -> str:
    """Return an evaluation's report; the same evaluation gives the same text."""
    model, found, alike = evaluation.model, evaluation.details, _alike(evaluation)
    return rendered(
        "evaluation.html",
        **about(model, evaluation.name),
        **training_charts(model),
        evaluation=evaluation,
        tiles=_tiles(evaluation),
        confusion=_matrix(found),
        confused=_confused(found),
        classes=_classes(found),
        roc=charts.roc(evaluation.roc) if evaluation.roc else None,
        calibration=charts.calibration(found.calibration, found.scores["calibration_error"]),
        lengths=_lengths(evaluation),
        groups=[_group(group) for group in evaluation.by_length],
        risk=_risk(evaluation),
        method=next((a.method for a in _attributions(evaluation)), "occlusion"),
        mistakes=[_decision(one, f"mistake{i}", alike) for i, one in enumerate(evaluation.mistakes)],
        watched=model.preprocessing.kind == "video",
        explained=[_explained(one, evaluation, i) for i, one in enumerate(evaluation.explained)],
    )


def training_html(model: Model, name: str = "") -> str:
    """Return the report of a training; the same model gives the same text."""
    found = model.training.scores
    scores = [(title, shown(found[name])) for name, title in HEADLINES.items() if name in found]
    return rendered("training.html", **about(model, name), **training_charts(model), scores=scores)


def _tiles(evaluation: Evaluation) -> list[tuple[str, str, str]]:
    """Return the headline numbers, each with its name and a few words."""
    scores = evaluation.details.scores
    low, high = evaluation.accuracy_interval
    tiles = [
        (
            "Accuracy",
            shown(scores["accuracy"]),
            f"95{_TIGHT}%: {low:.3f}{_TIGHT}to{_TIGHT}{high:.3f}",
        ),
        ("F1, macro", shown(scores["f1_macro"]), f"weighted {shown(scores['f1_weighted'])}"),
        ("ROC area", shown(scores["roc_auc"]), "0.5 is chance"),
        ("Precision-recall area", shown(scores["pr_auc"]), _chance(evaluation)),
        ("Log loss", shown(scores["log_loss"]), f"{np.log(len(evaluation.details.classes)):.2f} is chance"),
        ("Calibration error", shown(scores["calibration_error"]), "0 is perfect"),
        ("Sequences", f"{int(scores['sequences'] or 0):,}", f"of {len(evaluation.details.classes)} classes"),
    ]
    if evaluation.model.answer.threshold is not None:
        tiles.append(("Threshold", shown(evaluation.model.answer.threshold), "tuned on the validation part"))
    if evaluation.unknown_rate is not None:
        tiles.append(("Unknown tokens", f"{evaluation.unknown_rate:.1%}", "all read as one"))
    return tiles


def _classes(found: Details) -> list[dict[str, Any]]:
    classes = list(found.classes)
    if len(classes) > CLASSES:
        classes = sorted(classes, key=lambda one: one.f1 or 0.0)[:CLASSES]
    return [
        {
            "label": one.label,
            "support": one.support,
            "scores": [shown(value) for value in (one.precision, one.recall, one.f1, one.roc_auc)],
        }
        for one in classes
    ]


def _matrix(found: Details) -> str | None:
    if found.confusion is None or len(found.classes) > charts.MATRIX:
        return None
    return charts.confusion(found, found.confusion)


def _confused(found: Details) -> list[tuple[str, str, int]]:
    if found.confusion is None:
        return []
    mistakes = found.confusion.copy()
    np.fill_diagonal(mistakes, 0)
    order = np.argsort(-mistakes, axis=None, kind="stable")[:CONFUSED]
    pairs = [divmod(int(place), len(mistakes)) for place in order]
    labels = [one.label for one in found.classes]
    return [(labels[t], labels[p], int(mistakes[t, p])) for t, p in pairs if mistakes[t, p]]


def _lengths(evaluation: Evaluation) -> str | None:
    groups = evaluation.by_length
    if len(groups) == 1:
        return None
    return charts.by_length(groups, [interval(group.right, group.count) for group in groups])


def _group(group: LengthGroup) -> list[str]:
    low, high = interval(group.right, group.count)
    steps = f"{group.low:,}" if group.low == group.high else f"{group.low:,} to {group.high:,}"
    return [steps, f"{group.count:,}", shown(group.accuracy), f"{low:.3f} to {high:.3f}"]


def _decision(decision: Decision, name: str, alike: bool) -> dict[str, Any]:
    text = decision.value if isinstance(decision.value, str) else None
    return {
        "title": f"Sequence {decision.id}" if decision.id.isdigit() else decision.id,
        "true": decision.true,
        "predicted": decision.predicted,
        "right": decision.true == decision.predicted,
        "probability": f"{decision.probability:.3f}",
        "probability_of_true": f"{decision.probability_of_true:.3f}",
        "length": decision.length,
        "text": None if text is None else plain(_spaced(text), TEXT),
        "picture": _picture(decision, name, alike),
    }


def _alike(evaluation: Evaluation) -> bool:
    """Return whether all channels are in one unit: the bands of sound."""
    return evaluation.model.preprocessing.kind == "audio"


def _picture(decision: Decision, name: str, alike: bool) -> str | None:
    if isinstance(decision.value, str):
        return None
    if isinstance(decision.value, Clip):
        return film.thumbnail(decision.value, name)
    return pictures.thumbnail(decision.value, name, alike=alike)


def _risk(evaluation: Evaluation) -> str | None:
    answer = evaluation.model.answer
    return charts.risk(evaluation.risk, answer.labels[1], answer.threshold) if evaluation.risk else None


def _attributions(evaluation: Evaluation) -> list[SeriesAttribution]:
    found = [one.attribution for one in evaluation.explained]
    return [one for one in found if isinstance(one, SeriesAttribution)]


def _chance(evaluation: Evaluation) -> str:
    """Return what a precision-recall area is to be compared with, where there are two classes."""
    classes = evaluation.details.classes
    if len(classes) != 2:
        return "mean of the classes"
    return f"{classes[1].support / max(1, sum(one.support for one in classes)):.3f}{_TIGHT}is{_TIGHT}chance"


def _explained(decision: Decision, evaluation: Evaluation, number: int) -> dict[str, Any]:
    found, value, channels = decision.attribution, decision.value, evaluation.channels
    alike = _alike(evaluation)
    about = _decision(decision, f"explained{number}", alike) | {"chart": None, "pieces": [], "course": None}
    if decision.course is not None:
        answer = evaluation.model.answer
        drawn = pictures.course(decision.course, answer.labels, answer.threshold, f"course{number}")
        about |= {"course": drawn}
    if isinstance(found, Watched):
        return about | {"chart": film.film(found, f"film{number}"), "strongest": ""}
    if isinstance(found, SeriesAttribution) and not isinstance(value, str | Clip):
        chart = pictures.series_attribution(
            value, found, tuple(channels), f"attribution{number}", alike=alike
        )
        return about | {"chart": chart, "strongest": _strongest_channels(found, channels)}
    if isinstance(found, TextAttribution):
        return about | {"pieces": _pieces(found), "strongest": _strongest_words(found)}
    return about


def _pieces(found: TextAttribution) -> list[tuple[str, str, str, str, str]]:
    """Return each piece of a text: word, space after it, side, strength from 0 to 1, loss."""
    strongest = float(np.abs(found.losses).max(initial=0.0)) or 1.0
    shown_pieces = []
    for piece, loss in zip(found.pieces, found.losses.tolist(), strict=True):
        side = "for" if loss >= 0 else "against"
        strength = f"{abs(loss) / strongest:.2f}"
        word = plain(_spaced(piece.strip()), 200)
        shown_pieces.append((word, " " * (piece != piece.strip()), side, strength, f"{loss:+.3f}"))
    return shown_pieces


def _spaced(text: str) -> str:
    """Return text with one space for every stretch of spaces and line ends."""
    return re.sub(r"\s+", " ", text)


def _strongest_words(found: TextAttribution) -> str:
    return _strongest([piece.strip() for piece in found.pieces], found.losses)


def _strongest_channels(found: SeriesAttribution, channels: Sequence[str]) -> str:
    if len(found.blocks) == 1:
        return ""
    names = [channels[a] if b - a == 1 else f"{channels[a]} – {channels[b - 1]}" for a, b in found.blocks]
    return _strongest(names, found.by_block)


def _strongest(names: Sequence[str], losses: NDArray[Any], most: int = 3) -> str:
    order = [i for i in np.argsort(-losses, kind="stable") if losses[i] >= 0.0005]
    first = {names[i]: losses[i] for i in reversed(order)}  # of equal words the one that counts most
    strongest = sorted(first, key=lambda name: -first[name])[:most]
    return ", ".join(f"{plain(name, 24)} ({first[name]:.3f})" for name in strongest)
