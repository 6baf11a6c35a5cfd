"""From a model's and a file's path to what ``ostinato evaluate`` and ``ostinato predict`` print."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple, cast

from ostinato.answers import tagged
from ostinato.answers.classify import Classification
from ostinato.answers.labels import LabelAnswer
from ostinato.answers.regress import Estimates
from ostinato.answers.rolls import probabilities
from ostinato.answers.rolls import score as rolls_score
from ostinato.answers.tag import Tagged
from ostinato.decode.beam import Beam
from ostinato.errors import ArgumentError
from ostinato.evaluate.attribution import ProbabilitiesOf
from ostinato.evaluate.classify import Evaluation
from ostinato.evaluate.decisions import GradientsOf
from ostinato.evaluate.frames import Foretold, RollEvaluation
from ostinato.evaluate.labels import LabelsEvaluation
from ostinato.evaluate.language import LanguageEvaluation
from ostinato.evaluate.regress import RegressEvaluation
from ostinato.evaluate.tag import TagEvaluation
from ostinato.evaluate.write import AnyEvaluation
from ostinato.preprocess.base import Prepared
from ostinato.read import read
from ostinato.read.audio import read_audio
from ostinato.read.corpus import read_corpus
from ostinato.read.midi import read_scores
from ostinato.read.roll_notes import roll_of
from ostinato.read.rolls import KEYS, LOWEST, Roll, read_rolls
from ostinato.read.sequences import Sequences
from ostinato.read.tagged import load_tagged, parse_tagged, read_tagged
from ostinato.read.video import read_videos
from ostinato.runtime.chat import Chatter
from ostinato.runtime.classify import Classifier
from ostinato.runtime.forecast import SeriesModel
from ostinato.runtime.labels import Labeler
from ostinato.runtime.language import TextModel
from ostinato.runtime.loading import AnyModel, load
from ostinato.runtime.music import MusicModel
from ostinato.runtime.regress import Regressor
from ostinato.runtime.rolls import FrameModel
from ostinato.runtime.tag import Tagger
from ostinato.runtime.transcribe import Decoding, Transcriber
from ostinato.runtime.translate import BEAM, Translator
from ostinato.runtime.verb_forecast import evaluate_series
from ostinato.runtime.verb_pairs import Translations, evaluate_chatter, evaluate_translator, translate_file
from ostinato.runtime.verb_speech import evaluate_transcriber
from ostinato.runtime.video import steps_of
from ostinato.spec.audio import Audio
from ostinato.spec.sampling import Sampling
from ostinato.spec.video import Video

TEMPERATURES, SAMPLE = (0.5, 0.8, 1.0), 400
"""What a language model's report shows of its writing: a text at each temperature, of so many tokens."""


PLAYED_FRAMES, PLAYED_TOKENS, FRAME_BEATS = 96, 600, 0.25
"""What a report shows of the music that a model makes: frames of a roll; or tokens of notes, and how many
quarter notes a frame of their picture lasts."""


class Predictions(NamedTuple):
    """The answers for a file.

    Args:
        ids: the sequences' names, N.
        answer: their probabilities and labels, in the same order.
    """

    ids: list[str]
    answer: Classification


class Estimated(NamedTuple):
    """The numbers for a file.

    Args:
        ids: the sequences' names, N.
        answer: their numbers, in the same order.
    """

    ids: list[str]
    answer: Estimates


class Labelled(NamedTuple):
    """Which labels the sequences of a file have.

    Args:
        ids: the sequences' names, N.
        answer: their labels, in the same order.
    """

    ids: list[str]
    answer: LabelAnswer


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


def evaluate(
    model: Path,
    data: Path | Sequence[Path],
    *,
    explain: bool = False,
    decoding: Decoding | None = None,
    stride: int | None = None,
    per_window: bool = False,
    gradients_of: GradientsOf | None = None,
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

    Raises:
        ModelFileError: the model cannot be loaded.
        DataError: the file cannot be read, lacks a column, or has a label that the model does not know.
        ArgumentError: there are more or fewer files than the task reads, or the model decodes nothing.
    """
    loaded, files = load(model), [data] if isinstance(data, Path) else list(data)
    if stride is not None and not isinstance(loaded, SeriesModel):
        raise ArgumentError(f"this is a {loaded.spec.task} model, which has no origins; give no stride.")
    if decoding is not None and not isinstance(loaded, Transcriber):
        raise ArgumentError(
            f"this is a {loaded.spec.task} model, which is not decoded; give no options of it."
        )
    if per_window and not isinstance(loaded, Classifier):
        raise ArgumentError(f"this is a {loaded.spec.task} model, which reads no windows.")
    if isinstance(loaded, Translator):
        return evaluate_translator(loaded, files, model.name, explain)
    if isinstance(loaded, Chatter):
        return evaluate_chatter(loaded, files, model.name, explain)
    if (
        isinstance(loaded, Classifier | Labeler | Regressor)
        and len(files) == 2
        and loaded.spec.columns.parameter
    ):
        return _evaluate_sequences(loaded, files[0], model.name, explain, files[1], gradients_of)
    if len(files) != 1:
        raise ArgumentError(f"a {loaded.spec.task} model is evaluated on one file; {len(files)} are given.")
    if isinstance(loaded, SeriesModel):
        return evaluate_series(loaded, files[0], model.name, explain, stride)
    if isinstance(loaded, TextModel):
        return _evaluate_language(loaded, files[0], model.name, explain)
    if isinstance(loaded, MusicModel):
        return _evaluate_music(loaded, files[0], model.name, explain)
    if isinstance(loaded, FrameModel):
        return _evaluate_rolls(loaded, files[0], model.name, explain)
    if isinstance(loaded, Tagger):
        return _evaluate_tagger(loaded, files[0], model.name)
    if isinstance(loaded, Transcriber):
        return evaluate_transcriber(loaded, files[0], model.name, decoding or Decoding())
    return _evaluate_sequences(loaded, files[0], model.name, explain, None, gradients_of, per_window)


def predict(
    model: "Path | AnyModel",
    data: Path,
    beam: Beam | None = None,
    outcomes: Path | None = None,
    *,
    per_window: bool = False,
) -> Predictions | Labelled | Estimated | TaggedFiles | Translations:
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
    if isinstance(loaded, Translator):
        return translate_file(loaded, data, beam or BEAM)
    if per_window and not isinstance(loaded, Classifier):
        raise ArgumentError(f"this is a {loaded.spec.task} model, which reads no windows.")
    if beam is not None:
        raise ArgumentError(f"this is a {loaded.spec.task} model, which does not search; give no beam.")
    if isinstance(loaded, Tagger):
        return _tag(loaded, data)
    if isinstance(loaded, Regressor):
        sequences = read(data, loaded.spec.columns, labelled=False, outcomes=outcomes)
        return Estimated(sequences.ids, loaded.predict(sequences))
    if isinstance(loaded, Labeler):
        sequences = read(data, loaded.spec.columns, labelled=False, outcomes=outcomes)
        return Labelled(sequences.ids, loaded.predict(sequences))
    if isinstance(loaded, Chatter):
        raise ArgumentError("this is a chat model, which answers turns; talk with it: ostinato chat.")
    if isinstance(loaded, SeriesModel):
        raise ArgumentError("this is a forecast model; it says what follows a history: ostinato forecast.")
    if isinstance(loaded, Transcriber):
        raise ArgumentError("this is a transcriber, which writes down what is said: ostinato transcribe.")
    if not isinstance(loaded, Classifier):
        raise ArgumentError(
            f"this is a {loaded.spec.task} model, which has no answer for a file; "
            "let it write: ostinato generate."
        )
    sequences = _sequences(loaded, data, outcomes, labelled=False, per_window=per_window)
    asked = _steps(loaded, sequences) if loaded.spec.per_step else sequences
    return Predictions(asked.ids, loaded.predict(sequences))


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


def _sequences(
    loaded: Classifier | Labeler | Regressor,
    data: Path,
    outcomes: Path | None,
    *,
    labelled: bool,
    per_window: bool = False,
) -> Sequences:
    """Return what a model is to answer for, read as its training data was."""
    prepared, columns = loaded.spec.preprocessing, loaded.spec.columns
    if isinstance(prepared, Audio):
        sequences = read_audio(data, columns, prepared.sample_rate, labelled=labelled)
    elif isinstance(prepared, Video):
        sequences = read_videos(data, columns, prepared, labelled=labelled)
    else:
        sequences = read(data, columns, labelled=labelled, outcomes=outcomes)
    return loaded.windows(sequences) if per_window and isinstance(loaded, Classifier) else sequences


def _steps(loaded: Classifier, sequences: Sequences) -> Sequences:
    return steps_of(sequences, loaded.preprocessor.lengths(sequences))


def _evaluate_sequences(
    loaded: Classifier | Labeler | Regressor,
    data: Path,
    name: str,
    explain: bool,
    outcomes: Path | None,
    gradients_of: GradientsOf | None,
    per_window: bool = False,
) -> Evaluation | LabelsEvaluation | RegressEvaluation:
    sequences = _sequences(loaded, data, outcomes, labelled=True, per_window=per_window)
    if isinstance(loaded, Regressor):
        answer = loaded.predict(sequences)
        return RegressEvaluation.of(loaded.spec, sequences, answer, name=name, source=data.name)
    if isinstance(loaded, Labeler):
        told = loaded.predict(sequences)
        return LabelsEvaluation.of(loaded.spec, sequences, told, name=name, source=data.name)
    if loaded.spec.per_step:
        steps, answers = _steps(loaded, sequences), loaded.probabilities(sequences)
        lengths = [1] * len(steps)
        return Evaluation.of(loaded.spec, steps, answers, lengths=lengths, name=name, source=data.name)
    shown, video = sequences, sequences.kind == "video"
    answers_of: ProbabilitiesOf = loaded.probabilities
    if isinstance(loaded.spec.preprocessing, Audio):
        shown, answers_of = _spectrograms(loaded, sequences, loaded.preprocessor.apply(sequences))
    return Evaluation.of(
        loaded.spec,
        shown,
        loaded.probabilities(sequences),
        probabilities_of=answers_of if explain and not video else None,
        beliefs_of=loaded.beliefs if explain and video and not loaded.spec.network.why_not_stream() else None,
        courses=loaded.course(sequences) if explain and _streams(loaded) else None,
        gradients_of=gradients_of,
        lengths=loaded.preprocessor.lengths(sequences),
        unknown_rate=loaded.preprocessor.unknown_rate(sequences),
        name=name,
        source=data.name,
    )


def _streams(loaded: Classifier) -> bool:
    """Return whether belief can be followed step by step."""
    return loaded.preprocessor.spec.kind == "series" and loaded.spec.network.why_not_stream() is None


def _spectrograms(
    loaded: Classifier, recordings: Sequences, prepared: Prepared
) -> tuple[Sequences, ProbabilitiesOf]:
    """Return recordings as a report shows them, the highest band on top, and what answers such frames."""
    audio = cast(Audio, loaded.spec.preprocessing)
    frames = [rows[:, ::-1] for rows in prepared]
    return (
        replace(recordings, kind="series", values=frames, channels=audio.names()[::-1]),
        lambda values: loaded.probabilities_of_prepared([rows[:, ::-1] for rows in values]),
    )


def _evaluate_language(loaded: TextModel, data: Path, name: str, explain: bool) -> LanguageEvaluation:
    options = loaded.spec.recipe.data
    corpus = read_corpus([data], text=options.text, documents=options.documents)
    samples = [
        (heat, loaded.generate(length=SAMPLE, sampling=Sampling(temperature=heat))[0])
        for heat in (TEMPERATURES if explain else ())
    ]
    return LanguageEvaluation(
        model=loaded.spec,
        name=name,
        source=data.name,
        scores=loaded.score(corpus.documents),
        by_memory=loaded.losses_by_memory(corpus.documents),
        samples=samples,
    )


def _evaluate_music(loaded: MusicModel, data: Path, name: str, explain: bool) -> LanguageEvaluation:
    pieces = read_scores([data])
    return LanguageEvaluation(
        model=loaded.spec,
        name=name,
        source=data.name,
        scores=loaded.score(pieces),
        by_memory=loaded.memory(loaded.encode(pieces)),
        played=_played(loaded) if explain else None,
    )


def _played(loaded: MusicModel) -> Roll | None:
    """Return the roll of a piece that the model writes: of its notes those that a piano has, if any."""
    score, _ = loaded.generate(length=PLAYED_TOKENS)[0]
    for track in score.tracks:
        track.notes = track.notes.filter(lambda note: LOWEST <= note.pitch < LOWEST + KEYS)
    pitched = any(not track.is_drum and track.note_num() for track in score.tracks)
    return roll_of(score, FRAME_BEATS) if pitched else None


def _evaluate_rolls(loaded: FrameModel, data: Path, name: str, explain: bool) -> RollEvaluation:
    found = read_rolls(data)
    rolls = found if found.parts is None else found.part("test")
    logits = loaded.logits(rolls.values)
    return RollEvaluation(
        model=loaded.spec,
        name=name,
        source=data.name if found.parts is None else f"{data.name}, test part",
        sequences=len(rolls),
        scores=rolls_score(logits, rolls.values),
        played=loaded.generate(PLAYED_FRAMES)[0] if explain else None,
        foretold=Foretold(rolls.ids[0], rolls.values[0], probabilities(logits[0])) if explain else None,
    )
