"""The facts that a file carries with it: what ONNX cannot express of a model."""

import hashlib
import json

from ostinato.archive.model import TOKENIZER, Saved
from ostinato.export.onnx.forecast import levels_of
from ostinato.export.onnx.parts import States, after
from ostinato.spec.answers import Classes
from ostinato.spec.model import (
    ClassifyModel,
    ForecastModel,
    LabelsModel,
    LanguageModel,
    PairModel,
    RegressModel,
    TagModel,
    TranscribeModel,
)
from ostinato.version import __version__


def metadata(saved: Saved, states: States | None) -> dict[str, str]:
    """Return facts by name; all but the version and the task are JSON.

    ``ostinato.version``, ``ostinato.task``; ``ostinato.preprocessing``, what makes of data what the graph is
    given, as the model's manifest has it; ``ostinato.vocabulary``, the file of the model directory that holds
    it, with its SHA-256; ``ostinato.states``, of each state the output that becomes its input; and what the
    answers are over: ``ostinato.labels`` with ``ostinato.threshold`` or ``ostinato.thresholds``;
    ``ostinato.name``; ``ostinato.says``, ``ostinato.targets``, ``ostinato.quantiles``, ``ostinato.levels``;
    ``ostinato.tags``, ``ostinato.symbols``, ``ostinato.boundary``.

    Args:
        saved: the model.
        states: what is kept between two calls of the graph.
    """
    facts: dict[str, object] = {"preprocessing": saved.model.preprocessing.model_dump(mode="json")}
    if saved.tokenizer_json is not None:
        digest = hashlib.sha256(saved.tokenizer_json).hexdigest()
        facts["vocabulary"] = {"file": TOKENIZER, "sha256": digest}
    facts["states"] = {} if states is None else {name: after(name) for name in states.taken}
    facts |= _answers(saved)
    told = {"ostinato.version": __version__, "ostinato.task": saved.model.task}
    return told | {f"ostinato.{name}": json.dumps(fact, ensure_ascii=False) for name, fact in facts.items()}


def _answers(saved: Saved) -> dict[str, object]:
    model = saved.model
    if isinstance(model, ClassifyModel):
        return _classes(model.answer)
    if isinstance(model, LabelsModel):
        return {"labels": model.answer.labels, "thresholds": model.answer.thresholds}
    if isinstance(model, RegressModel):
        return {"name": model.answer.name}
    if isinstance(model, ForecastModel):
        answer, targets = model.answer, model.preprocessing.targets
        told = {"quantiles": answer.quantiles, "levels": levels_of(answer)}
        return {"says": answer.says, "targets": targets, **told}
    if isinstance(model, TagModel):
        return {"tags": model.answer.labels, **({} if model.sentence is None else _classes(model.sentence))}
    if isinstance(model, LanguageModel):
        return {"boundary": model.preprocessing.boundary}
    if isinstance(model, TranscribeModel):
        return {"symbols": model.answer.symbols()}
    if isinstance(model, PairModel):
        sides = model.preprocessing.source, model.preprocessing.target
        return {"mark": sides[0].boundary, "boundary": sides[1].boundary}
    return {}


def _classes(answer: Classes) -> dict[str, object]:
    """Return the labels and, where one was tuned, the threshold of the second."""
    tuned = {} if answer.threshold is None else {"threshold": answer.threshold}
    return {"labels": answer.labels, **tuned}
