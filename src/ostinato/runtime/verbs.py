"""From a model's and a file's path to what ``ostinato evaluate`` and ``ostinato predict`` print."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

from ostinato.answers import tagged
from ostinato.answers.language import LossesOf
from ostinato.answers.tag import Tagged
from ostinato.decode.beam import Beam
from ostinato.errors import ArgumentError
from ostinato.evaluate.decisions import GradientsOf
from ostinato.evaluate.tag import TagEvaluation
from ostinato.evaluate.write import AnyEvaluation
from ostinato.read.tagged import load_tagged, parse_tagged, read_tagged
from ostinato.runtime.chat import Chatter
from ostinato.runtime.classify import Classifier
from ostinato.runtime.forecast import SeriesModel
from ostinato.runtime.labels import Labeler
from ostinato.runtime.language import TextModel
from ostinato.runtime.loading import AnyModel, load
from ostinato.runtime.music import MusicModel
from ostinato.runtime.regress import Regressor
from ostinato.runtime.rolls import FrameModel
from ostinato.runtime.sequences import SequenceModel
from ostinato.runtime.tag import Tagger
from ostinato.runtime.tokens import TokenModel
from ostinato.runtime.transcribe import Decoding, Transcriber
from ostinato.runtime.translate import BEAM, Translator
from ostinato.runtime.verb_forecast import evaluate_series
from ostinato.runtime.verb_music import evaluate_language, evaluate_music, evaluate_rolls
from ostinato.runtime.verb_pairs import (
    STANDARD_INPUT,
    Translations,
    evaluate_chatter,
    evaluate_translator,
    translate_file,
)
from ostinato.runtime.verb_sequences import Answered, answer_file, evaluate_sequences
from ostinato.runtime.verb_speech import evaluate_transcriber


class TaggedFiles(NamedTuple):
    """The files that were read, with the answers in the places of tags and labels.

    Args:
        answer: the answers themselves.
        files: what each file then holds, by its name: one, or those of a folder.
        folder: whether they stand in a folder.
    """

    answer: Tagged
    files: dict[str, bytes]
    folder: bool


@dataclass(frozen=True)
class Asked:
    """What is asked of an evaluation; as ``evaluate`` has it.

    Args:
        name: the model's.
    """

    files: Sequence[Path]
    name: str
    explain: bool
    decoding: Decoding | None
    stride: int | None
    per_window: bool
    gradients_of: GradientsOf | None
    learner: LossesOf | None

    @property
    def file(self) -> Path:
        """Return the file, of a task that reads one alone."""
        return self.files[0]


def evaluate(
    model: Path,
    data: Path | Sequence[Path],
    *,
    explain: bool = False,
    decoding: Decoding | None = None,
    stride: int | None = None,
    per_window: bool = False,
    gradients_of: GradientsOf | None = None,
    learner: LossesOf | None = None,
) -> AnyEvaluation:
    """Judge a model on data, whose columns are found by the names that the model was trained with.

    Args:
        model: a model directory.
        data: one file, or several: labelled sequences; tagged sentences; for a language model a text, MIDI
            or piano rolls (the test part, if the file has parts); for a translation model two text files or
            a table; for a dialogue model dialogues; for a transcriber a manifest. Beside a table of events,
            that of its outcomes.
        explain: also find out what a report shows beside the scores: what a few decisions rested on, or what
            a model of texts writes; takes longer.
        stride: of a forecasting model, steps from an origin to the next; None: as small as is bearable.
        decoding: how a transcriber finds letters; None: greedily.
        per_window: judge every window of a sequence by itself, of a classifier that reads windows.
        gradients_of: explain a classifier's decisions by this, such as ``nn.integrated.explainer``, and not
            by hiding parts.
        learner: also score texts or music by this, such as ``nn.dynamic.learner``, which goes on learning
            from what it has scored.

    Raises:
        ModelFileError: the model cannot be loaded.
        DataError: the file cannot be read, lacks a column, or has a label that the model does not know.
        ArgumentError: there are more or fewer files than the task reads, or the model decodes nothing.
    """
    loaded, files = load(model), [data] if isinstance(data, Path) else list(data)
    asked = Asked(files, model.name, explain, decoding, stride, per_window, gradients_of, learner)
    _check_asked(loaded, asked)
    return JUDGES[type(loaded)](loaded, asked)


def predict(
    model: "Path | AnyModel",
    data: Path,
    beam: Beam | None = None,
    outcomes: Path | None = None,
    *,
    per_window: bool = False,
) -> Answered | TaggedFiles | Translations:
    """Answer for every sequence of a file; labels in it are not needed and not looked at.

    Args:
        model: a model directory, or what ``load`` made of it.
        data: the file; ``-``, for a translation model, is the standard input.
        beam: how a translation model searches; None: as wide as usual.
        outcomes: of a table of events, where descriptors stand.
        per_window: answer for every window of a sequence, by a classifier that reads windows.

    Raises:
        ModelFileError: the model cannot be loaded.
        DataError: the file cannot be read, or lacks a column.
        ArgumentError: the model has no answer for a file, or does not search.
    """
    loaded = load(model) if isinstance(model, Path) else model
    if beam is not None and not isinstance(loaded, Translator):
        raise ArgumentError(f"this is a {loaded.spec.task} model, which does not search; give no beam.")
    if per_window:
        _check_windows(loaded)
    if isinstance(loaded, Translator):
        return translate_file(loaded, data, beam or BEAM)
    if data == STANDARD_INPUT:
        raise ArgumentError(f"this is a {loaded.spec.task} model, which reads files, not the standard input.")
    if isinstance(loaded, Tagger):
        return _tag(loaded, data)
    if not isinstance(loaded, SequenceModel):
        raise ArgumentError(f"this is a {loaded.spec.task} model, which {INSTEAD[type(loaded)]}.")
    return answer_file(loaded, data, outcomes, per_window=per_window)


def _check_asked(loaded: AnyModel, asked: Asked) -> None:
    """Refuse what a model of this task has no use for."""
    this = f"this is a {loaded.spec.task} model, which"
    if asked.stride is not None and not isinstance(loaded, SeriesModel):
        raise ArgumentError(f"{this} has no origins; give no stride.")
    if asked.decoding is not None and not isinstance(loaded, Transcriber):
        raise ArgumentError(f"{this} is not decoded; give no options of it.")
    if asked.learner is not None and not isinstance(loaded, TokenModel):
        raise ArgumentError(f"{this} learns nothing while it is scored; give no learner.")
    if asked.per_window:
        _check_windows(loaded)
    count, most = len(asked.files), _most_files(loaded)
    if most is not None and not 1 <= count <= most:
        raise ArgumentError(f"a {loaded.spec.task} model is evaluated on one file; {count} are given.")


def _check_windows(loaded: AnyModel) -> None:
    if not isinstance(loaded, Classifier):
        raise ArgumentError(f"this is a {loaded.spec.task} model, which reads no windows.")


def _most_files(loaded: AnyModel) -> int | None:
    """Return how many files a model is evaluated on at most: a table of events has its outcomes beside it."""
    if isinstance(loaded, Translator | Chatter):
        return None
    return 2 if isinstance(loaded, SequenceModel) and loaded.spec.columns.parameter else 1


def _tag(model: Tagger, data: Path) -> TaggedFiles:
    document = load_tagged(data, model.spec.columns)
    sentences = parse_tagged(document, model.spec.columns, labelled=False)
    answer = model.predict(sentences.words)
    files = tagged.rewritten(document, sentences, answer.tags, answer.labels)
    return TaggedFiles(answer, files, document.format == "lines")


def _evaluate_tagger(loaded: Tagger, data: Path, name: str) -> TagEvaluation:
    sentences = read_tagged(data, loaded.spec.columns, labelled=True)
    return TagEvaluation.of(
        loaded.spec,
        sentences,
        loaded.predict(sentences.words),
        unknown_rate=loaded.words.unknown_rate(sentences.words),
        name=name,
        source=data.name,
    )


def _judge_sequences(loaded: SequenceModel, asked: Asked) -> AnyEvaluation:
    return evaluate_sequences(
        loaded, asked.files, asked.name, asked.explain, asked.gradients_of, asked.per_window
    )


JUDGES: Final[dict[type[AnyModel], Callable[[Any, Asked], AnyEvaluation]]] = {
    Classifier: _judge_sequences,
    Labeler: _judge_sequences,
    Regressor: _judge_sequences,
    TextModel: lambda model, asked: evaluate_language(
        model, asked.file, asked.name, asked.explain, asked.learner
    ),
    MusicModel: lambda model, asked: evaluate_music(
        model, asked.file, asked.name, asked.explain, asked.learner
    ),
    FrameModel: lambda model, asked: evaluate_rolls(model, asked.file, asked.name, asked.explain),
    Tagger: lambda model, asked: _evaluate_tagger(model, asked.file, asked.name),
    Translator: lambda model, asked: evaluate_translator(model, asked.files, asked.name, asked.explain),
    Chatter: lambda model, asked: evaluate_chatter(model, asked.files, asked.name, asked.explain),
    Transcriber: lambda model, asked: evaluate_transcriber(
        model, asked.file, asked.name, asked.decoding or Decoding()
    ),
    SeriesModel: lambda model, asked: evaluate_series(
        model, asked.file, asked.name, asked.explain, asked.stride
    ),
}
"""What judges a model of each kind."""

INSTEAD: Final[dict[type[AnyModel], str]] = {
    Chatter: "answers turns; talk with it: ostinato chat",
    SeriesModel: "says what follows a history: ostinato forecast",
    Transcriber: "writes down what is said: ostinato transcribe",
    TextModel: "has no answer for a file; let it write: ostinato generate",
    MusicModel: "has no answer for a file; let it write: ostinato generate",
    FrameModel: "has no answer for a file; let it write: ostinato generate",
}
"""What a model does that answers for no file."""
