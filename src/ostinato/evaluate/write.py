"""The report of any evaluation, written to a file."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ostinato.answers.files import checked_place, write_file
from ostinato.evaluate import (
    chat,
    classify,
    forecast,
    frames,
    labels,
    language,
    regress,
    report,
    tag,
    transcribe,
    translate,
)

AnyEvaluation = (
    classify.Evaluation
    | labels.LabelsEvaluation
    | regress.RegressEvaluation
    | language.LanguageEvaluation
    | frames.RollEvaluation
    | tag.TagEvaluation
    | translate.TranslateEvaluation
    | chat.ChatEvaluation
    | forecast.ForecastEvaluation
    | transcribe.TranscribeEvaluation
)

PAGES: Mapping[type, Callable[[Any], str]] = {
    classify.Evaluation: report.to_html,
    labels.LabelsEvaluation: labels.to_html,
    regress.RegressEvaluation: regress.to_html,
    language.LanguageEvaluation: language.to_html,
    frames.RollEvaluation: frames.to_html,
    tag.TagEvaluation: tag.to_html,
    translate.TranslateEvaluation: translate.to_html,
    chat.ChatEvaluation: chat.to_html,
    forecast.ForecastEvaluation: forecast.to_html,
    transcribe.TranscribeEvaluation: transcribe.to_html,
}
"""What makes the page of each kind of evaluation."""


def write_html(evaluation: AnyEvaluation, path: Path) -> None:
    """Write an evaluation's report.

    Raises:
        ArgumentError: the file cannot be written; nothing is left behind.
        MissingExtraError: matplotlib or Jinja2 is not installed.
    """
    checked_place(path)
    write_file(path, PAGES[type(evaluation)](evaluation).encode())
