"""The check of a chain's export: it says what the runtime says, whole and in chunks."""

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any, Final, NamedTuple

import numpy as np

from ostinato.answers.classify import softmax
from ostinato.answers.labels import sigmoid
from ostinato.answers.rolls import probabilities
from ostinato.decode.logs import log_softmax
from ostinato.decode.tags import Chain, TagDecoder
from ostinato.export.onnx.answers import ANSWERED
from ostinato.export.onnx.compare import SIZES, lengths_of, padded, same
from ostinato.export.onnx.draw import Drawn, draw
from ostinato.export.onnx.inputs import LENGTHS
from ostinato.export.onnx.session import Session
from ostinato.preprocess.pack import Packed, unpacked
from ostinato.runtime.base import Array
from ostinato.runtime.crf import Crf
from ostinato.runtime.model import ChainModel, packed
from ostinato.runtime.regress import told
from ostinato.spec import model as spec
from ostinato.spec.answers import Classes

TAILS: Final = ("tags",)
"""Answers for single steps that later steps may change: of chunks, those of the last are compared."""

Answers = Mapping[str, Array]


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
        for how, portions in _portions(session, lengths).items():
            where = f"{steps} steps of {sequences} sequences, {how}"
            _check(model, session, drawn, expected, portions, where)


def _portions(session: Session, lengths: Array) -> dict[str, list[Array]]:
    """Return in which portions sequences are heard: how many steps of each, (B,), call by call."""
    found = {"whole": [lengths]}
    if session.states:
        steps = int(lengths[0])
        borders = sorted({0, 1, steps // 3, steps})
        found["in chunks"] = [np.clip(lengths - a, 0, b - a) for a, b in pairwise(borders)]
        if LENGTHS in session.inputs:
            found["by turns"] = _by_turns(lengths)
    return found


def _by_turns(lengths: Array) -> list[Array]:
    """Return portions in which every other sequence is silent, and then goes on where it was."""
    portions, number, left, turn = list[Array](), np.arange(len(lengths)), lengths, 0
    while left.any():
        here = np.where((number + turn) % 2 == 0, np.minimum(left, 1 + (number + turn) % 3 * 4), 0)
        portions += [here] if here.any() else []
        left, turn = left - here, turn + 1
    return portions


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
    model: ChainModel, session: Session, drawn: Drawn, expected: Expected, portions: list[Array], where: str
) -> None:
    answers, states = _heard(session, drawn, portions)
    for given, said in zip(answers, expected.said, strict=True):
        for name, answer in EXPECTED[type(model.spec)](model, said, given).items():
            tail = answer[len(answer) - len(given[name]) :] if name in TAILS else answer
            same(name, given[name], tail, where)
    for name in states.keys() & expected.states.keys():
        wanted = expected.states[name][0]
        same(f"state {name}", states[name][0].reshape(wanted.shape), wanted, where)


def _heard(session: Session, drawn: Drawn, portions: list[Array]) -> tuple[list[dict[str, Array]], Answers]:
    """Return what a graph answers for each sequence, heard in portions, and the states after the last."""
    places = np.zeros_like(portions[0])
    states, found = session.start(len(places)), [dict[str, Array]() for _ in places]
    for here in portions:
        chunk = {name: _cut(arrays, places, here) for name, arrays in drawn.steps.items()}
        answers = session.run({**chunk, **drawn.beside, LENGTHS: here, **states})
        states, places = session.next(answers), places + here
        for index, count in enumerate(answers.get(ANSWERED, here).tolist()):
            for name in session.outputs.keys() - set(session.states.values()):
                part = answers[name][index]
                if not _is_steps(session, name):
                    found[index][name] = np.asarray(part)
                elif count:
                    before = [] if name in TAILS or name not in found[index] else [found[index][name]]
                    found[index][name] = np.concatenate([*before, part[:count]])
    return found, states


def _cut(arrays: list[Array], places: Array, counts: Array) -> Array:
    """Return of each sequence so many steps from its place on, as one array."""
    return padded([one[a : a + n] for one, a, n in zip(arrays, places, counts, strict=True)])


def _is_steps(session: Session, name: str) -> bool:
    return session.outputs[name].shape[1:2] in (["time"], [ANSWERED])


def _classify(model: Any, said: Answers, given: Answers) -> dict[str, Array]:
    return _labelled(said[""], model.spec.answer, "probabilities", given)


def _labelled(scores: Array, answer: Classes, name: str, given: Answers) -> dict[str, Array]:
    """Return the probabilities, and the labels of the graph's own ones: of two that are equal, either is."""
    best = given[name].argmax(axis=-1)
    if answer.threshold is not None:
        best = (given[name][..., 1] >= np.float32(answer.threshold)).astype(np.int64)
    return {name: softmax(scores), "label": np.array(np.array(answer.labels, object)[best])}


def _labels(model: Any, said: Answers, given: Answers) -> dict[str, Array]:
    thresholds = np.array(model.spec.answer.thresholds, np.float32)
    return {"probabilities": sigmoid(said[""]), "said": given["probabilities"] >= thresholds}


def _regress(model: Any, said: Answers, given: Answers) -> dict[str, Array]:
    return {"value": told(model.spec.answer, said[""][..., 0])}


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
    return found | _labelled(said["label"], model.spec.sentence, "label_probabilities", given)


EXPECTED: Final[dict[type[spec.Model], Callable[[Any, Answers, Answers], dict[str, Array]]]] = {
    spec.ClassifyModel: _classify,
    spec.LabelsModel: _labels,
    spec.RegressModel: _regress,
    spec.LanguageModel: _language,
    spec.RollModel: _rolls,
    spec.TranscribeModel: _transcribe,
    spec.TagModel: _tag,
}
"""What the runtime answers for one sequence, by the names of the outputs."""
