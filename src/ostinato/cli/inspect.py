"""Show what a model is."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from ostinato.spec.audio import Audio
    from ostinato.spec.model import ForecastModel, Model, PairModel, RegressModel, TagModel
    from ostinato.spec.network import Network
    from ostinato.spec.preprocessing import Series, TokenPair, Tokens
    from ostinato.spec.record import TrainingRecord
    from ostinato.spec.video import Video
    from ostinato.spec.windows import Windows

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
        from ostinato.cli.backends import backend_table, backends_here

        rows = backends_here()
        result_json(rows) if json else result(backend_table(rows))
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
    """Return the task, and what models of it answer with."""
    from ostinato.spec import model as spec

    told: dict[type[spec.Model], Callable[[Any], str]] = {
        spec.ClassifyModel: lambda m: f"{len(m.answer.labels)} classes: {_some(m.answer.labels)}",
        spec.LabelsModel: lambda m: f"any of {len(m.answer.labels)} labels: {_some(m.answer.labels)}",
        spec.RegressModel: _number,
        spec.LanguageModel: lambda m: f"scores of {m.network.flows()[-1].size:,} tokens",
        spec.RollModel: lambda m: f"logits of {m.preprocessing.keys} keys",
        spec.TagModel: _tags,
        spec.TranslateModel: _pairs,
        spec.ChatModel: _pairs,
        spec.ForecastModel: _ahead,
        spec.TranscribeModel: lambda m: f"{len(m.answer.letters)} letters: {_some(m.answer.letters, 40)}",
    }
    return f"{model.task}: {told[type(model)](model)}"


def _number(model: "RegressModel") -> str:
    answer = model.answer
    when = "one number a step" if answer.per_step else "one number a sequence"
    return f"{answer.name}, {when} (mean {answer.center:g}, deviation {answer.spread:g})"


def _tags(model: "TagModel") -> str:
    tags, sentence = model.answer, model.sentence
    scheme = "" if tags.scheme == "none" else f" ({tags.scheme})"
    label = "" if sentence is None else f"; {len(sentence.labels)} labels: {_some(sentence.labels)}"
    return f"{len(tags.labels)} tags{scheme}: {_some(tags.labels)}{label}"


def _pairs(model: "PairModel") -> str:
    return f"scores of {model.network.input_size:,} tokens, told from an encoded source"


def _ahead(model: "ForecastModel") -> str:
    windows = model.preprocessing
    return f"{model.answer.says} of the next {windows.horizon} steps of {_some(windows.targets)}"


def _reads(model: "Model") -> str:
    """Return what a model reads, and how."""
    told: dict[str, Callable[[Any], str]] = {
        "series": _series,
        "windows": _windows,
        "text": _text,
        "pair": _pair_read,
        "words": lambda p: (
            f"sentences: {p.words - 1:,} known words, and words' letters, {p.word_length} at most"
        ),
        "notes": lambda p: f"music as {p.scheme.scheme} tokens, {p.vocabulary_size:,} of them",
        "rolls": lambda p: f"piano rolls: frames of {p.keys} keys",
        "audio": _sound,
        "video": _video,
    }
    return told[model.preprocessing.kind](model.preprocessing)


def _series(read: "Series") -> str:
    gaps = "" if read.missing == "forbid" else f", missing values: {read.missing}"
    static = "" if read.static is None else f"; descriptors: {_some(read.static.names)}"
    channels = f"{len(read.channels)} channels ({read.scale} scale{gaps})"
    return f"series of {channels}: {_some(read.channels)}{static}"


def _windows(read: "Windows") -> str:
    from ostinato.read.grid import written

    return f"series: {read.context} steps of {written(read.frequency)}, {read.segment} at once"


def _text(read: "Tokens") -> str:
    case = "lower-cased " if read.lowercase else ""
    return f"{case}text as {read.tokens} tokens, {read.vocabulary_size:,} of them known"


def _pair_read(read: "TokenPair") -> str:
    source = f"text as {read.source.tokens} tokens, {read.source.vocabulary_size:,} of them known"
    said = "the same ones" if read.shared else f"{read.target.vocabulary_size:,} others"
    return f"{source}, and says {said}"


def _sound(read: "Audio") -> str:
    frames = f"frames of {read.window:g} ms every {read.shift:g} ms"
    return f"sound at {read.sample_rate:,} samples a second, as {frames}, {read.bands} mel bands"


def _video(read: "Video") -> str:
    from ostinato.evaluate.words import read_in_words

    return read_in_words(read)


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
