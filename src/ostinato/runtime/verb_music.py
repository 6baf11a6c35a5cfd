"""What ``ostinato evaluate`` does with models that write: texts, music in tokens, and piano rolls."""

from pathlib import Path

from ostinato.answers.language import LossesOf
from ostinato.answers.rolls import probabilities
from ostinato.answers.rolls import score as rolls_score
from ostinato.evaluate.frames import Foretold, RollEvaluation
from ostinato.evaluate.language import LanguageEvaluation
from ostinato.read.corpus import read_corpus
from ostinato.read.midi import read_scores
from ostinato.read.roll_notes import roll_of
from ostinato.read.rolls import KEYS, LOWEST, Roll, read_rolls
from ostinato.runtime.language import TextModel
from ostinato.runtime.music import MusicModel
from ostinato.runtime.rolls import FrameModel
from ostinato.spec.sampling import Sampling

TEMPERATURES, SAMPLE = (0.5, 0.8, 1.0), 400
"""What a language model's report shows of its writing: a text at each temperature, of so many tokens."""

PLAYED_FRAMES, PLAYED_TOKENS, FRAME_BEATS = 96, 600, 0.25
"""What a report shows of the music that a model makes: frames of a roll; or tokens of notes, and how many
quarter notes a frame of their picture lasts."""


def evaluate_language(
    loaded: TextModel, data: Path, name: str, explain: bool, learner: LossesOf | None = None
) -> LanguageEvaluation:
    """Judge a model of texts; the arguments are those of ``verbs.evaluate``, the model loaded."""
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
        learning=None if learner is None else loaded.score(corpus.documents, learner),
    )


def evaluate_music(
    loaded: MusicModel, data: Path, name: str, explain: bool, learner: LossesOf | None = None
) -> LanguageEvaluation:
    """Judge a model of music in tokens; the arguments are those of ``verbs.evaluate``, the model loaded."""
    pieces = read_scores([data])
    return LanguageEvaluation(
        model=loaded.spec,
        name=name,
        source=data.name,
        scores=loaded.score(pieces),
        by_memory=loaded.memory(loaded.encode(pieces)),
        played=_played(loaded) if explain else None,
        learning=None if learner is None else loaded.score(pieces, learner),
    )


def evaluate_rolls(loaded: FrameModel, data: Path, name: str, explain: bool) -> RollEvaluation:
    """Judge a model of piano rolls; the arguments are those of ``verbs.evaluate``, the model loaded."""
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


def _played(loaded: MusicModel) -> Roll | None:
    """Return the roll of a piece that the model writes: of its notes those that a piano has, if any."""
    score, _ = loaded.generate(length=PLAYED_TOKENS)[0]
    for track in score.tracks:
        track.notes = track.notes.filter(lambda note: LOWEST <= note.pitch < LOWEST + KEYS)
    pitched = any(not track.is_drum and track.note_num() for track in score.tracks)
    return roll_of(score, FRAME_BEATS) if pitched else None
