"""What ``ostinato evaluate`` and ``ostinato predict`` do with models of whole sequences."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple, cast

from ostinato.answers.classify import Classification
from ostinato.answers.labels import LabelAnswer
from ostinato.answers.regress import Estimates
from ostinato.errors import DataError
from ostinato.evaluate.attribution import ProbabilitiesOf
from ostinato.evaluate.classify import Evaluation
from ostinato.evaluate.decisions import GradientsOf
from ostinato.evaluate.labels import LabelsEvaluation
from ostinato.evaluate.regress import RegressEvaluation
from ostinato.preprocess.base import Prepared
from ostinato.read import read
from ostinato.read.audio import read_audio
from ostinato.read.files import FORMATS
from ostinato.read.physionet import ID
from ostinato.read.sequences import Sequences
from ostinato.read.source import named
from ostinato.read.video import read_videos
from ostinato.runtime.classify import Classifier
from ostinato.runtime.labels import Labeler
from ostinato.runtime.regress import Regressor
from ostinato.runtime.sequences import SequenceModel
from ostinato.runtime.video import steps_of
from ostinato.spec.audio import Audio
from ostinato.spec.video import Video


class Answered(NamedTuple):
    """The answers for a file.

    Args:
        ids: the sequences' names, N.
        answer: their labels, numbers, or probabilities of several labels, in the same order.
    """

    ids: list[str]
    answer: Classification | LabelAnswer | Estimates


def answer_file(
    model: SequenceModel, data: Path, outcomes: Path | None = None, *, per_window: bool = False
) -> Answered:
    """Answer for every sequence of a file; arguments and errors as for ``verbs.predict``."""
    sequences = sequences_of(model, data, outcomes, labelled=False, per_window=per_window)
    steps = isinstance(model, Classifier) and model.spec.per_step
    ids = _steps(model, sequences).ids if steps else sequences.ids
    return Answered(ids, model.predict(sequences))


def evaluate_sequences(
    model: SequenceModel,
    files: Sequence[Path],
    name: str,
    explain: bool,
    gradients_of: GradientsOf | None,
    per_window: bool,
) -> Evaluation | LabelsEvaluation | RegressEvaluation:
    """Judge a model on labelled sequences: one file or, of a table of events, with its outcomes beside it."""
    data, outcomes = files[0], files[1] if len(files) > 1 else None
    sequences = sequences_of(model, data, outcomes, labelled=True, per_window=per_window)
    if isinstance(model, Regressor):
        told = model.predict(sequences)
        return RegressEvaluation.of(model.spec, sequences, told, name=name, source=data.name)
    if isinstance(model, Labeler):
        said = model.predict(sequences)
        return LabelsEvaluation.of(model.spec, sequences, said, name=name, source=data.name)
    if not isinstance(model, Classifier):
        raise TypeError(f"models of {model.spec.task} are judged elsewhere")
    if model.spec.per_step:
        return _evaluate_steps(model, sequences, name, data.name)
    return _evaluate_classifier(model, sequences, name, data.name, explain, gradients_of)


def sequences_of(
    model: SequenceModel,
    data: Path,
    outcomes: Path | None,
    *,
    labelled: bool,
    per_window: bool = False,
) -> Sequences:
    """Return what a model is to answer for, read as its training data was."""
    prepared, columns = model.spec.preprocessing, model.spec.columns
    if isinstance(prepared, Audio):
        sequences = read_audio(data, columns, prepared.sample_rate, labelled=labelled)
    elif isinstance(prepared, Video):
        sequences = read_videos(data, columns, prepared, labelled=labelled)
    else:
        if data.is_dir():
            _check_folder(model, data)
        sequences = read(data, columns, labelled=labelled, outcomes=outcomes)
    return model.windows(sequences) if per_window and isinstance(model, Classifier) else sequences


def _check_folder(model: SequenceModel, folder: Path) -> None:
    """Refuse a folder for a model that was trained on no folder: numbers come in one as stays alone."""
    if model.spec.columns.sequence != ID and not model.spec.columns.parameter:
        what = "texts" if model.spec.preprocessing.kind == "text" else "series of numbers"
        raise DataError(
            f"{named(folder)}: is a folder; this model reads {what} from one file, as it was trained: "
            f"{', '.join(FORMATS)}."
        )


def _evaluate_steps(model: Classifier, sequences: Sequences, name: str, source: str) -> Evaluation:
    """Judge every step of sequences by itself."""
    steps, answers = _steps(model, sequences), model.probabilities(sequences)
    return Evaluation.of(model.spec, steps, answers, lengths=[1] * len(steps), name=name, source=source)


def _evaluate_classifier(
    model: Classifier,
    sequences: Sequences,
    name: str,
    source: str,
    explain: bool,
    gradients_of: GradientsOf | None,
) -> Evaluation:
    shown, video = sequences, sequences.kind == "video"
    answers_of: ProbabilitiesOf = model.probabilities
    if isinstance(model.spec.preprocessing, Audio):
        prepared = model.preprocessor.apply(sequences)
        shown, answers_of = _spectrograms(model, sequences, prepared)
        found = model.probabilities_of_prepared(prepared)
    else:
        found = model.probabilities(sequences)
    return Evaluation.of(
        model.spec,
        shown,
        found,
        probabilities_of=answers_of if explain and not video else None,
        beliefs_of=model.beliefs if explain and video and not model.spec.network.why_not_stream() else None,
        courses=model.course(sequences) if explain and _streams(model) else None,
        gradients_of=gradients_of,
        lengths=model.preprocessor.lengths(sequences),
        unknown_rate=model.preprocessor.unknown_rate(sequences),
        name=name,
        source=source,
    )


def _steps(model: SequenceModel, sequences: Sequences) -> Sequences:
    return steps_of(sequences, model.preprocessor.lengths(sequences))


def _streams(model: Classifier) -> bool:
    """Return whether belief can be followed step by step."""
    return model.preprocessor.spec.kind == "series" and model.spec.network.why_not_stream() is None


def _spectrograms(
    model: Classifier, recordings: Sequences, prepared: Prepared
) -> tuple[Sequences, ProbabilitiesOf]:
    """Return recordings as a report shows them, the highest band on top, and what answers such frames."""
    audio = cast(Audio, model.spec.preprocessing)
    frames = [rows[:, ::-1] for rows in prepared]
    return (
        replace(recordings, kind="series", values=frames, channels=audio.names()[::-1]),
        lambda values: model.probabilities_of_prepared([rows[:, ::-1] for rows in values]),
    )
