"""What ``ostinato evaluate`` and ``ostinato predict`` do with models of translation and dialogue."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ostinato.answers.language import Nats
from ostinato.answers.translate import TranslationScores
from ostinato.decode.beam import Beam
from ostinato.errors import ArgumentError, DataError
from ostinato.evaluate.chat import ChatEvaluation, Exchange
from ostinato.evaluate.translate import Example, TranslateEvaluation
from ostinato.read.dialogue_files import read_dialogues
from ostinato.read.parallel import Pairs, read_pairs
from ostinato.runtime.chat import Chatter
from ostinato.runtime.translate import BEAM, Translation, Translator

EXAMPLES = 6
"""So many translations, or answers, are shown in a report."""

STANDARD_INPUT = Path("-")


class Translations(NamedTuple):
    """The translations of a file, a line each, in its order."""

    texts: list[str]


def evaluate_translator(
    model: Translator, files: Sequence[Path], name: str, explain: bool
) -> TranslateEvaluation:
    """Judge a translation model on pairs: two files of lines, or one table."""
    pairs = read_pairs(files, model.spec.columns, labelled=True)
    references = _references(model, pairs)
    found = [best for best, *_ in model.search(pairs.sources, BEAM)]
    options = model.spec.recipe.data
    return TranslateEvaluation(
        model=model.spec,
        name=name,
        source=" and ".join(file.name for file in files),
        pairs=len(pairs),
        scores=TranslationScores.of(
            [one.text for one in found], references, tokenized=bool(options.tokenized)
        ),
        perplexity=perplexity(model.score(pairs.sources, pairs.targets or [])),
        unknown_rate=model.unknown_rate(pairs.sources),
        examples=_examples(pairs.sources, found, references) if explain else (),
    )


def translate_file(model: Translator, file: Path, beam: Beam) -> Translations:
    """Translate every line of a text file, of a table's column, or of the standard input (``-``).

    Raises:
        DataError: the file cannot be read, or a text is blank; with its line.
    """
    if file == STANDARD_INPUT:
        sources = _standard_input()
    else:
        sources = read_pairs([file], model.spec.columns, labelled=False).sources
    return Translations([" ".join(text.splitlines()) for text in model.translate(sources, beam)])


def evaluate_chatter(model: Chatter, files: Sequence[Path], name: str, explain: bool) -> ChatEvaluation:
    """Judge a dialogue model on the answers of dialogues, with their true histories and with others'."""
    found = read_dialogues(files).pairs(model.spec.recipe.data.turns)
    histories = [[turn.text for turn in history] for history in found.histories]
    own = model.score(histories, found.targets)
    others = model.score(exchanged(histories), found.targets)
    return ChatEvaluation(
        model=model.spec,
        name=name,
        source=" and ".join(file.name for file in files),
        answers=len(found),
        tokens=sum(map(len, own)),
        perplexity=perplexity(own),
        shuffled=perplexity(others),
        told_apart=told_apart(own, others),
        examples=_exchanges(model, histories, found.targets) if explain else (),
    )


def exchanged(histories: Sequence[list[str]]) -> list[list[str]]:
    """Return the histories in another order, the same every time, in which none stays in its place.

    Raises:
        DataError: there is one only.
    """
    if len(histories) < 2:
        raise DataError("the dialogues have one answer; expected two at least, to exchange their histories.")
    order = np.random.default_rng(0).permutation(len(histories))
    moved: list[list[str]] = [[]] * len(histories)
    for place, other in zip(order, np.roll(order, 1), strict=True):
        moved[place] = histories[other]
    return moved


def perplexity(losses: Sequence[Nats]) -> float:
    """Return the exponential of the mean of all tokens' nats."""
    tokens = np.concatenate(losses)
    if not len(tokens):
        raise ArgumentError("no token of the answers is known to the model; give others.")
    return float(np.exp(min(float(tokens.mean()), 700.0)))


def told_apart(own: Sequence[Nats], others: Sequence[Nats]) -> float:
    """Return how many of the answers are likelier with their own history than with another; a tie is half."""
    gains = np.array([other.sum() - mine.sum() for mine, other in zip(own, others, strict=True)])
    return float(np.mean((gains > 0) + 0.5 * (gains == 0)))


def spread(count: int, most: int) -> list[int]:
    """Return at most so many of ``count`` positions, evenly spread."""
    return sorted(set(np.linspace(0, count - 1, min(most, count)).round().astype(int).tolist()))


def _references(model: Translator, pairs: Pairs) -> list[str]:
    lower = model.spec.recipe.data.lowercase
    return [text.lower() if lower else text for text in pairs.targets or []]


def _examples(sources: list[str], found: list[Translation], references: list[str]) -> list[Example]:
    return [
        Example(
            sources[i],
            found[i].text,
            references[i],
            found[i].source_tokens,
            found[i].tokens,
            found[i].attention,
        )
        for i in spread(len(sources), EXAMPLES)
    ]


def _exchanges(model: Chatter, histories: list[list[str]], answers: list[str]) -> list[Exchange]:
    return [
        Exchange(histories[i], model.answer(histories[i]), answers[i])
        for i in spread(len(histories), EXAMPLES)
    ]


def _standard_input() -> list[str]:
    """Return the lines of the standard input, none of them blank."""
    try:
        lines = sys.stdin.buffer.read().decode().splitlines()
    except UnicodeDecodeError as error:
        raise DataError(f"standard input: byte {error.start + 1} is no UTF-8; convert the text.") from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            raise DataError(f"standard input, line {number}: the text is blank; leave such lines out.")
    return lines
