"""The model card: what a model is, for those who find it (Mitchell et al. 2019, arXiv:1810.03993)."""

from collections.abc import Callable
from typing import Any

from ostinato import checks
from ostinato.evaluate.words import read_in_words, unit
from ostinato.read.grid import written
from ostinato.spec.audio import Audio
from ostinato.spec.model import (
    ChatModel,
    ClassifyModel,
    ForecastModel,
    LabelsModel,
    LanguageModel,
    Model,
    RegressModel,
    RollModel,
    TagModel,
    TranscribeModel,
    TranslateModel,
)
from ostinato.spec.network import AnyOp
from ostinato.spec.preprocessing import Notes, Series, TokenPair, Tokens, Words
from ostinato.spec.video import Video
from ostinato.spec.windows import Windows

LIMITS = {
    "classify": (
        "- It always answers with one of its labels, also for a sequence that belongs to none of them.",
        "- Its probabilities are only as good as the training data resembles what it is given.",
    ),
    "labels": (
        "- It tells each label by itself, whatever it says of the others.",
        "- Its probabilities are only as good as the training data resembles what it is given.",
    ),
    "regress": (
        "- It always answers with a number, also for a sequence unlike all that it was trained on.",
        "- It does not say how sure it is.",
    ),
    "rolls": (
        "- It takes the keys of a frame for independent of each other, given the frames before.",
        "- It may repeat passages of the training music note by note.",
    ),
    "language": (
        "- What it writes sounds like what it was trained on; nothing in it needs to be true.",
        "- It may repeat passages of the training text word by word.",
    ),
    "tag": (
        "- It always answers with one of its tags, also for words of a language that it has never read.",
        "- Its answers are only as good as the training sentences resemble what it is given.",
    ),
    "translate": (
        "- It always answers, in fluent words that need not mean what the source means: names, numbers and "
        "rare words most of all.",
        "- Sources much longer than those it was trained on are translated in part.",
    ),
    "forecast": (
        "- It takes the future for like the past that it was trained on, whatever has changed since.",
        "- Its intervals hold for errors like those of the validation part.",
    ),
    "chat": (
        "- What it says sounds like the dialogues that it was trained on; nothing in it needs to be true.",
        "- It may say what its training data says, harm and prejudice among it.",
    ),
    "transcribe": (
        "- It writes down something of whatever it hears, noise and other languages too.",
        "- It hears voices, rooms and microphones best that its training recordings resemble.",
    ),
}
CHOSEN = "- The epoch was chosen by the scores above, which so flatter it a little; judge it on a test set."
USES = {
    "classify": "ostinato evaluate {name} DATA\nostinato predict {name} DATA",
    "labels": "ostinato evaluate {name} DATA\nostinato predict {name} DATA",
    "regress": "ostinato evaluate {name} DATA\nostinato predict {name} DATA",
    "translate": "ostinato evaluate {name} SOURCE TARGET\nostinato predict {name} SOURCE",
    "forecast": "ostinato evaluate {name} DATA\nostinato forecast {name} HISTORY",
    "chat": "ostinato evaluate {name} DIALOGUES\nostinato chat {name}",
    "rolls": "ostinato evaluate {name} ROLLS\nostinato generate {name} --out song.mid",
    "language": "ostinato evaluate {name} TEXT\nostinato generate {name} --prompt TEXT",
    "tag": "ostinato evaluate {name} DATA\nostinato predict {name} DATA",
    "transcribe": "ostinato evaluate {name} MANIFEST\nostinato transcribe {name} FILE",
}
MUSIC = "ostinato evaluate {name} PIECE.mid\nostinato generate {name} --out song.mid"
"""By task: what to beware of, and the commands that use the model."""

READ = {
    "text": "a text",
    "series": "a sequence of numbers",
    "audio": "a recording",
    "video": "a video",
}
"""What is read, by the kind of preprocessing."""

SHOWN = 20
"""Names of channels or labels that the card lists at most."""


def card(model: Model, name: str) -> str:
    """Return the card as Markdown.

    Args:
        model: everything about the model but its weights.
        name: what its directory is called.
    """
    sections = {
        "Data": _data(model),
        "Network": _network(model),
        "Recipe": _recipe(model),
        "Scores": _scores(model),
        "Limits": _limits(model),
        "Use": _use(model, name),
    }
    parts = [f"# {_plain(name)}", _what(model)]
    parts += [f"## {title}\n\n{text}" for title, text in sections.items()]
    return "\n\n".join(parts) + "\n"


def _what(model: Model) -> str:
    made = f"Made by Ostinato {model.training.versions.get('ostinato', '')}."
    return f"{WHAT[type(model)](model)} {made}"


def _classifies(model: ClassifyModel) -> str:
    labels = model.answer.labels
    return (
        f"A recurrent classifier: it reads {READ[model.preprocessing.kind]} and answers with one of "
        f"{len(labels)} labels ({_listed(labels)}) and a probability for each."
    )


def _labels(model: LabelsModel) -> str:
    read, labels = READ[model.preprocessing.kind], model.answer.labels
    return f"It reads {read} and says which of {len(labels)} labels it has ({_listed(labels)})."


def _regresses(model: RegressModel) -> str:
    read, name = READ[model.preprocessing.kind], _listed((model.answer.name,))
    when = "after every step" if model.answer.per_step else "in the end"
    return f"A recurrent regression model: it reads {read} and tells {name} {when}."


def _foretells_frames(model: RollModel) -> str:
    return (
        "A recurrent model of piano rolls: it reads frames of 88 keys and says which will sound in the next "
        "one."
    )


def _tags(model: TagModel) -> str:
    tags, sentence = model.answer.labels, model.sentence
    label = "" if sentence is None else f", and the sentence with one of {_listed(sentence.labels)}"
    return (
        "A recurrent tagger: it reads a sentence and answers with one of "
        f"{len(tags)} tags for every word ({_listed(tags)}){label}."
    )


def _forecasts(model: ForecastModel) -> str:
    windows = model.preprocessing
    return (
        f"A recurrent forecaster: it reads {windows.context} steps of a series and says the next "
        f"{windows.horizon} of {_listed(windows.targets)}."
    )


def _translates(model: TranslateModel) -> str:
    return "A recurrent translation model: it reads a text and says another one, token by token."


def _transcribes(model: TranscribeModel) -> str:
    return (
        "A recurrent transcriber: it listens to a recording and writes down what is said with "
        f"{len(model.answer.letters)} letters."
    )


def _talks(model: ChatModel) -> str:
    return "A recurrent dialogue model: it reads the last turns and says what may come next."


def _continues(model: LanguageModel) -> str:
    read = "a text" if isinstance(model.preprocessing, Tokens) else "music"
    return f"A recurrent language model: it reads {read} and says what comes next, token by token."


WHAT: dict[type[Model], Callable[[Any], str]] = {
    ClassifyModel: _classifies,
    LabelsModel: _labels,
    RegressModel: _regresses,
    RollModel: _foretells_frames,
    TagModel: _tags,
    ForecastModel: _forecasts,
    TranslateModel: _translates,
    TranscribeModel: _transcribes,
    ChatModel: _talks,
    LanguageModel: _continues,
}
"""What says of each kind of model what it is."""


def _data(model: Model) -> str:
    training, preprocessing = model.training, model.preprocessing
    lines = [f"- trained on {training.sequences:,} {unit(model)}, {training.steps:,} steps in all"]
    if isinstance(preprocessing, Tokens | TokenPair):
        lines += _vocabularies(preprocessing)
        if training.unknown_rate is not None:
            lines.append(f"- unknown tokens in the validation part: {training.unknown_rate:.1%}")
    elif isinstance(preprocessing, Words):
        lines.append(f"- known words: {preprocessing.words - 1:,}, letters: {preprocessing.letters - 2:,}")
        if training.unknown_rate is not None:
            lines.append(f"- unknown words in the validation part: {training.unknown_rate:.1%}")
    elif isinstance(preprocessing, Notes):
        scheme = preprocessing.scheme
        lines.append(f"- tokens: notes by {scheme.scheme}; vocabulary of {preprocessing.vocabulary_size:,}")
    elif isinstance(preprocessing, Windows):
        read = (*preprocessing.targets, *(one.name for one in (*preprocessing.past, *preprocessing.known)))
        lines.append(f"- columns: {_listed(read)}; steps of {written(preprocessing.frequency)}")
    elif isinstance(preprocessing, Audio):
        rate, bands = preprocessing.sample_rate, preprocessing.bands
        lines.append(f"- recordings at {rate:,} samples a second, in frames of {bands} bands")
    elif isinstance(preprocessing, Series):
        count = len(preprocessing.channels)
        lines.append(f"- {count} channel{'s' * (count > 1)}: {_listed(preprocessing.channels)}")
        lines.append(f"- scaling, fitted on the training part alone: {preprocessing.scale}")
        if preprocessing.missing != "forbid":
            lines.append(f"- missing values: {preprocessing.missing}")
        if preprocessing.static is not None:
            lines.append(f"- descriptors of a sequence: {_listed(preprocessing.static.names)}")
    elif isinstance(preprocessing, Video):
        lines.append(f"- {read_in_words(preprocessing)}; their scaling was fitted on the training part alone")
    return "\n".join([*lines, f"- fingerprint of the data: sha256 {training.data_sha256}"])


def _vocabularies(read: Tokens | TokenPair) -> list[str]:
    """Return what a token of each side is."""
    if isinstance(read, Tokens):
        sides = {"tokens": read}
    elif read.shared:
        sides = {"tokens of both sides": read.source}
    else:
        sides = {"tokens read": read.source, "tokens said": read.target}
    return [
        f"- {what}: {side.tokens}{', lower-cased' if side.lowercase else ''}; vocabulary of "
        f"{side.vocabulary_size:,}"
        for what, side in sides.items()
    ]


def _network(model: Model) -> str:
    encoder = model.network.encoder
    ops = [(f"encoder.{op.name}", op) for op in encoder.ops] if encoder is not None else []
    ops += [(op.name, op) for op in model.network.ops]
    lines = [f"{number}. `{name}`: {_op(op)}" for number, (name, op) in enumerate(ops, start=1)]
    for branch in model.network.branches:
        parts = ", ".join(map(_op, branch.ops))
        lines.append(f"- branch `{branch.name}`, after `{branch.after}`: {parts}")
    return "\n".join([*lines, "", f"{model.training.parameters:,} parameters."])


def _op(op: AnyOp) -> str:
    fields = op.model_dump(mode="json", exclude={"name", "op"})
    values = ", ".join(f"{name} {_value(value)}" for name, value in fields.items())
    return f"{op.op} ({values})"


def _recipe(model: Model) -> str:
    options = model.recipe.training.model_dump(mode="json")
    rows = [f"| {name} | {_plain(_value(value))} |" for name, value in options.items()]
    return "\n".join(["| option | value |", "| --- | --- |", *rows])


def _scores(model: Model) -> str:
    training = model.training
    how = {
        "validation": f"On the validation part, with the weights of epoch {training.best_epoch}:",
        "folds": (
            f"Means over the folds of epoch {training.best_epoch}, each judged by a "
            "network that had not seen it; the weights here were then trained on all sequences for as long:"
        ),
        "none": "Nothing was held out, so nothing was measured: evaluate the model on data new to it.",
    }[training.selection]
    rows = [f"| {_plain(name)} | {value:.4f} |" for name, value in training.scores.items()]
    table = "\n".join(["| score | value |", "| --- | --- |", *rows])
    return f"{how}\n\n{table}" if rows else how


def _limits(model: Model) -> str:
    lines = [*LIMITS[model.task], CHOSEN]
    if model.training.selection == "none":
        lines.pop()
    if reason := model.network.why_not_stream():
        lines.append(f"- It cannot answer step by step: {reason}.")
    return "\n".join(lines)


def _use(model: Model, name: str) -> str:
    name = _plain(name)
    music = isinstance(model.preprocessing, Notes)
    verbs = (MUSIC if music else USES[model.task]).format(name=name)
    return f'```\n{verbs}\n```\n\n```python\nimport ostinato\n\nmodel = ostinato.load("{name}")\n```'


def _listed(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(_plain(checks.shown(name)[1:-1]) for name in names[:SHOWN]) + more


def _value(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(str(item) for item in value) or "none"
    return "none" if value is None else str(value)


def _plain(text: str) -> str:
    """Return text in which nothing is Markdown or HTML."""
    return "".join(f"\\{letter}" if letter in "\\`*_[]<>|#!" else letter for letter in text)
