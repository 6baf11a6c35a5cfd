"""Show what a model is."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from ostinato.spec.model import Model
    from ostinato.spec.network import Network
    from ostinato.spec.record import TrainingRecord

SELECTIONS = {
    "validation": "weights of epoch {best}, the best of {epochs} on the validation part",
    "folds": "trained on all sequences for {best} epochs, the best number in cross-validation",
    "none": "weights of the last epoch, {best}; not validated",
}


def inspect(
    model: Annotated[Path | None, typer.Argument(metavar="MODEL", help="model directory")] = None,
    backends: Annotated[
        bool, typer.Option("--backends", help="list the kernel backends, and why one cannot run here")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="print JSON, not a table")] = False,
) -> None:
    """Print what MODEL is: task, network, sizes, training recipe and validation scores."""
    from ostinato.cli.options import UsageError
    from ostinato.cli.output import result, result_json

    if backends == (model is not None):
        raise UsageError("inspect takes a MODEL or --backends; give one of them.")
    if model is None:
        rows = _backends()
        result_json(rows) if json else result(_backend_table(rows))
        return

    from ostinato.archive.model import describe

    described = describe(model)
    result_json(described) if json else result(_summary(model, described))


def _summary(path: Path, described: dict[str, Any]) -> str:
    """Return everything about a model, in lines."""
    from ostinato.answers.plain import plain
    from ostinato.spec.model import from_header

    model = from_header(described["model"])
    size = sum(described["files"].values())
    parts = [
        (
            "model",
            f"{path} (format {described['format_version']}, written by ostinato {described['ostinato']})",
        ),
        ("task", _task(model)),
        ("reads", _reads(model)),
        ("size", f"{described['parameters']:,} weights ({described['dtype']}), {size:,} bytes"),
        ("streams", _streams(model)),
        *_training(model),
    ]
    lines = [f"{name:<10}{plain(text)}\n" for name, text in parts]
    blocks = [
        "".join(lines),
        "network\n" + _network(model.network),
        "recipe\n" + _recipe(model),
        "scores on the validation part\n" + _scores(model.training),
    ]
    return "\n".join(blocks)


def _task(model: "Model") -> str:
    from ostinato.spec.model import (
        ClassifyModel,
        ForecastModel,
        LabelsModel,
        RegressModel,
        RollModel,
        TagModel,
        TranscribeModel,
    )

    if isinstance(model, LabelsModel):
        return f"{model.task}: any of {len(model.answer.labels)} labels: {_some(model.answer.labels)}"
    if isinstance(model, RegressModel):
        answer = model.answer
        when = "one number a step" if answer.per_step else "one number a sequence"
        return f"{model.task}: {answer.name}, {when} (mean {answer.center:g}, deviation {answer.spread:g})"
    if isinstance(model, RollModel):
        return f"{model.task}: logits of {model.preprocessing.keys} keys"
    if isinstance(model, TagModel):
        tags, sentence = model.answer, model.sentence
        scheme = "" if tags.scheme == "none" else f" ({tags.scheme})"
        label = "" if sentence is None else f"; {len(sentence.labels)} labels: {_some(sentence.labels)}"
        return f"{model.task}: {len(tags.labels)} tags{scheme}: {_some(tags.labels)}{label}"
    if isinstance(model, ForecastModel):
        windows = model.preprocessing
        told = f"{model.answer.says} of the next {windows.horizon} steps of {_some(windows.targets)}"
        return f"{model.task}: {told}"
    if isinstance(model, TranscribeModel):
        return f"{model.task}: {len(model.answer.letters)} letters: {_some(model.answer.letters, 40)}"
    if model.network.encoder is not None:
        return f"{model.task}: scores of {model.network.input_size:,} tokens, told from an encoded source"
    if not isinstance(model, ClassifyModel):
        return f"{model.task}: scores of {model.network.flows()[-1].size:,} tokens"
    return f"{model.task}: {len(model.answer.labels)} classes: {_some(model.answer.labels)}"


def _reads(model: "Model") -> str:
    from ostinato.read.grid import written

    prepared = model.preprocessing
    if prepared.kind == "windows":
        steps = written(prepared.frequency)
        return f"series: {prepared.context} steps of {steps}, {prepared.segment} at once"
    if prepared.kind == "words":
        length = prepared.word_length
        return f"sentences: {prepared.words - 1:,} known words, and words' letters, {length} at most"
    if prepared.kind == "pair":
        read, said = prepared.source, prepared.target
        known = f"{read.vocabulary_size:,} of them known"
        if prepared.shared:
            return f"text as {read.tokens} tokens, {known}, and says the same ones"
        return f"text as {read.tokens} tokens, {known}, and says {said.vocabulary_size:,} others"
    if prepared.kind == "text":
        case = "lower-cased " if prepared.lowercase else ""
        return f"{case}text as {prepared.tokens} tokens, {prepared.vocabulary_size:,} of them known"
    if prepared.kind == "notes":
        return f"music as {prepared.scheme.scheme} tokens, {prepared.vocabulary_size:,} of them"
    if prepared.kind == "video":
        from ostinato.evaluate.words import read_in_words

        return read_in_words(prepared)
    if prepared.kind == "rolls":
        return f"piano rolls: frames of {prepared.keys} keys"
    if prepared.kind == "audio":
        frames = f"frames of {prepared.window:g} ms every {prepared.shift:g} ms"
        return f"sound at {prepared.sample_rate:,} samples a second, as {frames}, {prepared.bands} mel bands"
    gaps = "" if prepared.missing == "forbid" else f", missing values: {prepared.missing}"
    static = "" if prepared.static is None else f"; descriptors: {_some(prepared.static.names)}"
    channels = f"{len(prepared.channels)} channels ({prepared.scale} scale{gaps})"
    return f"series of {channels}: {_some(prepared.channels)}{static}"


def _streams(model: "Model") -> str:
    if model.network.encoder is not None:
        return "no: it reads the whole source before it speaks"
    if model.preprocessing.kind == "text" and model.task == "classify":
        return "no: it reads whole texts"
    reason = model.network.why_not_stream()
    return "yes, step by step" if reason is None else f"no: {reason}"


def _training(model: "Model") -> list[tuple[str, str]]:
    from ostinato.evaluate.words import unit

    record = model.training
    epochs = sum(row.stage in ("train", "fold 1") for row in record.history)
    how = SELECTIONS[record.selection].format(best=record.best_epoch, epochs=epochs)
    data = f"{record.sequences:,} {unit(model)}, {record.steps:,} steps, in {record.seconds:.1f} s"
    versions = ", ".join(f"{name} {version}" for name, version in record.versions.items())
    return [("trained", f"{data}, {record.threads} threads ({versions})"), ("kept", how)]


def _network(network: "Network") -> str:
    from ostinato.answers.plain import table

    rows = [] if network.encoder is None else _rows(network.encoder, "encoder.")
    rows += _rows(network)
    for branch in network.branches:
        rows.append([f"  {branch.name}:", f"after {branch.after}", "", ""])
        rows += _rows(network.branch(branch))
    return table(["  op", "settings", "gives", "weights"], rows, texts=3)


def _rows(network: "Network", prefix: str = "") -> list[list[str]]:
    """Return a row for every op of a chain."""
    flows, rows = network.flows(), []
    for op, into, out in zip(network.ops, flows, flows[1:], strict=False):
        weights = f"{sum(_product(shape) for shape in op.tensors(into).values()):,}"
        name = f"  {prefix}{op.name}"
        rows.append([name, _settings(op.model_dump()), f"{out.kind} of {out.size}", weights])
    return rows


def _recipe(model: "Model") -> str:
    from ostinato.answers.plain import plain, table
    from ostinato.spec.fields import fields, flat

    groups = fields(type(model.recipe))
    rows = [
        [f"  {groups[name].group}", name, plain(_word(value))] for name, value in flat(model.recipe).items()
    ]
    return table(["  group", "option", "value"], [row for row in rows if row[2] != "-"], texts=3)


def _scores(record: "TrainingRecord") -> str:
    if not record.scores:
        return "  none: the model was not validated\n"
    from ostinato.cli.output import score_lines

    return "".join(line + "\n" for line in score_lines(record.scores))


def _settings(op: dict[str, Any]) -> str:
    given = {name: value for name, value in op.items() if name not in ("op", "name") and value is not False}
    return ", ".join(f"{name} {_word(value)}" for name, value in given.items())


def _word(value: Any) -> str:
    if value is None or value == ():
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return f"of {len(value)}" if isinstance(value[0], float) else ",".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _some(names: tuple[str, ...], most: int = 10) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def _product(shape: tuple[int, ...]) -> int:
    from math import prod

    return prod(shape)


def _backends() -> list[dict[str, str | None]]:
    """Return every backend, with the reason where it cannot run here and what else there is to say of it."""
    return [_native(), *_torch()]


def _native() -> dict[str, str | None]:
    """Return whether there are native kernels, and the instruction sets that they can use here."""
    from ostinato.runtime import native

    module = native.module()
    if module is None:
        return _backend("any", "native", native.why_not())
    found = f"{module.cpu()} in use; this processor runs {', '.join(module.levels())}"
    return _backend("any", "native", None, found)


def _torch() -> list[dict[str, str | None]]:
    """Return the backends of every recurrence in torch, asked whether they can run a training step."""
    from dataclasses import replace

    from ostinato import checks
    from ostinato.errors import MissingExtraError

    try:
        torch = checks.extra("torch", "train", "it")
    except MissingExtraError as error:
        return [_backend("any", name, str(error)) for name in ("aten", "reference")]
    from ostinato.kernels import elman, gru, lstm
    from ostinato.kernels.dispatch import Call

    usual = Call(
        op="elman",
        steps=8,
        batch=4,
        rows=32,
        input_size=16,
        hidden_size=16,
        projection=0,
        directions=1,
        bias=True,
        dtype=torch.float32,
        device=torch.device("cpu"),
        derivatives=2,
        resets=False,
    )
    found = []
    for op, backends in (("elman", elman.BACKENDS), ("gru", gru.BACKENDS), ("lstm", lstm.BACKENDS)):
        call = replace(usual, op=op)
        found += [_backend(op, name, backend.why_not(call)) for name, backend in backends.items()]
    return found


def _backend(op: str, name: str, why_not: str | None, detail: str | None = None) -> dict[str, str | None]:
    return {"op": op, "backend": name, "why_not": why_not, "detail": detail}


def _backend_table(rows: list[dict[str, str | None]]) -> str:
    from ostinato.answers.plain import table

    cells = [[str(row["op"]), str(row["backend"]), _state(row)] for row in rows]
    return table(["op", "backend", "state"], cells, texts=3)


def _state(row: dict[str, str | None]) -> str:
    if row["why_not"] is not None:
        return row["why_not"]
    return "runs here" if row["detail"] is None else f"runs here: {row['detail']}"
