"""The check of a chain's export: it says what the runtime says, whole and in chunks."""

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any, Final, NamedTuple

import numpy as np

from ostinato.answers.classify import softmax
from ostinato.answers.rolls import probabilities
from ostinato.decode.logs import log_softmax
from ostinato.decode.tags import Chain, TagDecoder
from ostinato.export.onnx.answers import ANSWERED
from ostinato.export.onnx.compare import SIZES, lengths_of, padded, same
from ostinato.export.onnx.inputs import LENGTHS
from ostinato.export.onnx.session import Session
from ostinato.preprocess.pack import Packed, unpacked
from ostinato.preprocess.rolls import before
from ostinato.preprocess.scale import scale_rows
from ostinato.runtime.base import Array
from ostinato.runtime.crf import Crf
from ostinato.runtime.model import ChainModel, packed
from ostinato.spec import model as spec
from ostinato.spec.preprocessing import PianoRoll, Series, Words

TAILS: Final = ("tags",)
"""Answers for single steps that later steps may change: of chunks, those of the last are compared."""

Answers = Mapping[str, Array]


class Drawn(NamedTuple):
    """Sequences for a check, longest first.

    Args:
        name: of the graph's input.
        given: what the graph is given of each.
        prepared: what the network is given of each.
    """

    name: str
    given: list[Array]
    prepared: list[Array]


def check_chain(model: ChainModel, content: bytes) -> None:
    """Compare a graph with the model that it was made of.

    Args:
        model: loaded.
        content: the file's bytes.

    Raises:
        ExportError: they differ; the message says where.
        MissingExtraError: onnxruntime is not installed.
    """
    session = Session(content)
    ragged = LENGTHS in session.inputs
    for steps, sequences in SIZES:
        lengths = lengths_of(steps, sequences) if ragged else np.full(sequences, steps)
        drawn = draw(model.spec, lengths)
        expected = _expected(model, drawn.prepared)
        borders = {"whole": [0, steps], "in chunks": sorted({0, 1, steps // 3, steps})}
        for how, places in borders.items():
            if how == "whole" or session.states:
                where = f"{steps} steps of {sequences} sequences, {how}"
                _check(model, session, drawn, expected, places, where)


def draw(model: spec.Model, lengths: Array) -> Drawn:
    """Return random sequences that a model might be given."""
    random, network = np.random.default_rng(len(lengths)), model.network
    prepared: list[Array]
    if isinstance(model.preprocessing, Series):
        series = model.preprocessing
        normal = [random.normal(size=(length, len(series.channels))) for length in lengths]
        raw = [(rows * series.spread + series.center).astype(np.float32) for rows in normal]
        return Drawn("series", [*raw], [scale_rows(series, rows) for rows in raw])
    if isinstance(model.preprocessing, PianoRoll):
        prepared = [before(random.integers(0, 2, (length, 88)).astype(np.uint8)) for length in lengths]
    elif isinstance(model.preprocessing, Words):
        prepared = [_words(model.preprocessing, random, int(length)) for length in lengths]
    elif network.input == "tokens":
        prepared = [random.integers(0, network.input_size, length) for length in lengths]
    else:
        prepared = [random.normal(size=(n, network.input_size)).astype(np.float32) for n in lengths]
    return Drawn(network.input, prepared, prepared)


def _words(words: Words, random: np.random.Generator, length: int) -> Array:
    """Return words of no letters to the most, (T, 1 + K)."""
    letters = random.integers(1, words.letters, (length, words.word_length))
    letters[np.arange(words.word_length) >= random.integers(0, words.word_length + 1, (length, 1))] = 0
    return np.concatenate([random.integers(0, words.words, (length, 1)), letters], axis=1)


class Expected(NamedTuple):
    """What the runtime says.

    Args:
        said: of each sequence, by the name of a branch, ``""`` for the chain.
        states: of the first stream, after its last step; none where it cannot run as one.
    """

    said: list[dict[str, Array]]
    states: Answers


def _expected(model: ChainModel, prepared: list[Array]) -> Expected:
    network, batch = model.network, packed(prepared)
    chain, branches = network.answers(batch)
    parts = {name: _by_sequence(flow) for name, flow in {"": chain, **branches}.items()}
    said = [{name: rows[index] for name, rows in parts.items()} for index in range(len(prepared))]
    if network.spec.why_not_stream():
        return Expected(said, {})
    return Expected(said, network.push(network.start(1), prepared[0][:, None])[0])


def _by_sequence(flow: Packed | Array) -> list[Array]:
    return unpacked(flow.data, flow.batch_sizes) if isinstance(flow, Packed) else list(flow)


def _check(
    model: ChainModel, session: Session, drawn: Drawn, expected: Expected, borders: list[int], where: str
) -> None:
    answers, states = _heard(session, drawn, borders)
    for given, said in zip(answers, expected.said, strict=True):
        for name, answer in EXPECTED[type(model.spec)](model, said, given).items():
            tail = answer[len(answer) - len(given[name]) :] if name in TAILS else answer
            same(name, given[name], tail, where)
    for name in states.keys() & expected.states.keys():
        wanted = expected.states[name][0]
        same(f"state {name}", states[name][0].reshape(wanted.shape), wanted, where)


def _heard(session: Session, drawn: Drawn, borders: list[int]) -> tuple[list[dict[str, Array]], Answers]:
    """Return what a graph answers for each sequence, heard in chunks, and the states after the last."""
    whole, lengths = padded(drawn.given), np.array([len(rows) for rows in drawn.given])
    states, found = session.start(len(lengths)), [dict[str, Array]() for _ in lengths]
    for first, end in pairwise(borders):
        here = np.clip(lengths - first, 0, end - first)
        answers = session.run({drawn.name: whole[:, first:end], LENGTHS: here} | states)
        states = session.next(answers)
        for index, count in enumerate(answers.get(ANSWERED, here).tolist()):
            for name in session.outputs.keys() - set(session.states.values()):
                part = answers[name][index]
                if not _is_steps(session, name):
                    found[index][name] = np.asarray(part)
                elif count:
                    before = [] if name in TAILS or name not in found[index] else [found[index][name]]
                    found[index][name] = np.concatenate([*before, part[:count]])
    return found, states


def _is_steps(session: Session, name: str) -> bool:
    return session.outputs[name].shape[1:2] in (["time"], [ANSWERED])


def _classify(model: Any, said: Answers, given: Answers) -> dict[str, Array]:
    return _labelled(said[""], model.spec.answer.labels, "probabilities", given)


def _labelled(scores: Array, labels: tuple[str, ...], name: str, given: Answers) -> dict[str, Array]:
    """Return the probabilities, and the label of the graph's own ones: of two that are equal, either is."""
    best = labels[int(given[name].argmax())]
    return {name: softmax(scores), "label": np.array(best, object)}


def _language(model: Any, said: Answers, given: Answers) -> dict[str, Array]:
    return {"log_probabilities": log_softmax(said[""])}


def _transcribe(model: Any, said: Answers, given: Answers) -> dict[str, Array]:
    return {"log_probabilities": log_softmax(said[""])}


def _rolls(model: Any, said: Answers, given: Answers) -> dict[str, Array]:
    return {"probabilities": probabilities(said[""])}


def _tag(model: Any, said: Answers, given: Answers) -> dict[str, Array]:
    """Return scores, and the tags of the graph's own ones: of two that are equal, either is."""
    labels, crf = model.spec.answer.labels, model.network.ops.get("crf")
    chain = Chain(*crf.weights) if isinstance(crf, Crf) else None
    decoder = TagDecoder(labels, model.spec.answer.scheme, chain)
    best = decoder.best(given["scores"], np.ones(len(given["scores"]), np.int64))
    found = {"scores": said[""], "tags": np.array(labels, object)[best]}
    if model.spec.sentence is None:
        return found
    return found | _labelled(said["label"], model.spec.sentence.labels, "label_probabilities", given)


EXPECTED: Final[dict[type[spec.Model], Callable[[Any, Answers, Answers], dict[str, Array]]]] = {
    spec.ClassifyModel: _classify,
    spec.LanguageModel: _language,
    spec.RollModel: _rolls,
    spec.TranscribeModel: _transcribe,
    spec.TagModel: _tag,
}
"""What the runtime answers for one sequence, by the names of the outputs."""
