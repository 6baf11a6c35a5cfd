"""A model in words: what a report says of its network, its recipe and how it was trained."""

from collections.abc import Container, Iterable
from typing import Any

from ostinato.answers.plain import plain
from ostinato.spec.audio import Audio
from ostinato.spec.fields import fields
from ostinato.spec.model import (
    ChatModel,
    ClassifyModel,
    ForecastModel,
    LabelsModel,
    Model,
    RegressModel,
    RollModel,
    TagModel,
    TranscribeModel,
    TranslateModel,
)
from ostinato.spec.network import (
    Attention,
    AttentiveRecurrent,
    Bridge,
    Convolution,
    Crf,
    Dropout,
    Embedding,
    FrameConvolution,
    GruD,
    Head,
    Pool,
    Recurrent,
    WordCharacters,
)
from ostinato.spec.preprocessing import Notes, PianoRoll, Preprocessing, Series, TokenPair, Tokens, Words
from ostinato.spec.video import Video
from ostinato.spec.windows import Windows

CELLS = {"rnn_tanh": "RNN (tanh)", "rnn_relu": "RNN (ReLU)", "gru": "GRU", "lstm": "LSTM"}

TOKENS = {"word": "words", "spaced": "words", "char": "letters", "bpe": "word pieces"}

SELECTION = {
    "validation": "on a validation part",
    "folds": "by cross-validation; then trained on all",
    "none": "after the last epoch, without validation",
}


def task(model: Model) -> str:
    """Return what the model does, as the first words of a sentence."""
    read = read_in_words(model.preprocessing)
    match model:
        case ClassifyModel():
            return f"Tells {len(model.answer.labels)} classes apart in {read}"
        case LabelsModel():
            return f"Tells which of {len(model.answer.labels)} labels there are in {read}"
        case RegressModel():
            when = "at every step" if model.answer.per_step else "once"
            return f"Tells {plain(model.answer.name, 40)} {when} of {read}"
        case ForecastModel():
            ahead = model.preprocessing.horizon
            return f"Foretells the next {ahead} step{'s' if ahead > 1 else ''} of {read}"
        case RollModel():
            return "Foretells piano rolls, frame by frame"
        case TagModel():
            count = None if model.sentence is None else len(model.sentence.labels)
            labels = "" if count is None else f", and sentences with one of {count}"
            return f"Tags words with one of {len(model.answer.labels)}{labels}"
        case TranscribeModel():
            return f"Writes down what is said in {read}"
        case TranslateModel():
            return f"Translates {read}"
        case ChatModel():
            return f"Answers in a dialogue of {read}"
    return f"Foretells {read}"


def read_in_words(read: Preprocessing) -> str:
    """Return what a model reads, in words."""
    match read:
        case Tokens():
            return f"text, read as {TOKENS[read.tokens]}"
        case TokenPair():
            return read_in_words(read.source)
        case Words():
            return "sentences"
        case Series():
            channels = len(read.channels)
            gaps = "" if read.missing == "forbid" else ", with values missing"
            windows = "" if read.window is None else f", in windows of {read.window} steps"
            return f"series of {channels} channel{'s' if channels > 1 else ''}{gaps}{windows}"
        case Notes():
            return "music, read as notes"
        case Windows():
            count = len(read.targets)
            return f"series of {count} target{'s' if count > 1 else ''}"
        case PianoRoll():
            return f"frames of {read.keys} keys"
        case Audio():
            return f"sound of {read.sample_rate:,} samples a second"
        case Video():
            colour = "colour" if read.channels == 3 else "grey"
            rate = "" if read.frame_rate is None else f", {read.frame_rate:g} a second"
            return f"video of {colour} frames of {read.height} by {read.width}{rate}"


def unit(model: Model) -> str:
    """Return what a training's size is counted in."""
    units = {
        "language": "tokens",
        "tag": "sentences",
        "translate": "pairs",
        "chat": "answers",
        "forecast": "windows",
        "transcribe": "recordings",
    }
    return units.get(model.task, "sequences")


def network(model: Model) -> str:
    """Return the network in words, from input to output.

    Example: ``convolution of 64 → bidirectional GRU of 2 × 64 → attention and max pooling → 9 scores``.
    """
    chain, encoder = _chain(model.network.ops), model.network.encoder
    if encoder is not None:
        chain = f"encoder: {_chain(encoder.ops)}; decoder: {chain}"
    branches = [f"{one.name}: after {one.after} {_chain(one.ops)}" for one in model.network.branches]
    return "; ".join([chain, *branches])


def recipe(model: Model) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the options in their groups, each as (name, value).

    Options without a value, and those for other kinds of data, are left out, and so are groups without any.
    """
    known, read = fields(type(model.recipe)), model.preprocessing.kind
    fit = {name for name, field in known.items() if field.fits(read)}
    groups = model.recipe.model_dump()
    rows = [(group, _rows(options, fit)) for group, options in groups.items()]
    return [(group, found) for group, found in rows if found]


def facts(model: Model) -> list[tuple[str, str]]:
    """Return how the weights were found, as (name, value)."""
    training = model.training
    return [
        (unit(model), f"{training.sequences:,}"),
        ("steps", f"{training.steps:,}"),
        ("weights", f"{training.parameters:,}"),
        ("stopping point", SELECTION[training.selection]),
        ("progress measured by", training.metric),
        ("epoch kept", str(training.best_epoch)),
        ("time", duration(training.seconds)),
        ("threads", str(training.threads)),
        ("data fingerprint", training.data_sha256[:12]),
    ]


def duration(seconds: float) -> str:
    """Return a span of time as people say it.

    Example:
        >>> duration(0.4), duration(75), duration(7322)
        ('0.4 s', '1 min 15 s', '2 h 2 min')
    """
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def _chain(ops: Iterable[Any]) -> str:
    return " → ".join(filter(None, map(_op, ops)))


def _op(op: Any) -> str:
    match op:
        case Embedding():
            return f"embedding of {op.size}"
        case Convolution():
            every = f", every {op.stride} steps" if op.stride > 1 else ""
            return f"convolution of {op.channels}, {op.kernel_size} steps wide{every}"
        case FrameConvolution():
            return f"convolution of {op.channels} over each frame, {op.kernel_size} × {op.kernel_size}"
        case Recurrent():
            directions = "bidirectional " if op.bidirectional else ""
            layers = f"{op.layers} × " if op.layers > 1 else ""
            return f"{directions}{CELLS[op.cell]} of {layers}{op.hidden_size}"
        case GruD():
            return f"GRU-D of {op.hidden_size}"
        case Pool():
            return " and ".join("last step" if kind == "last" else kind for kind in op.kinds) + _pooling(op)
        case Head():
            return f"{op.size} scores"
        case WordCharacters():
            spelt = f"{CELLS[op.cell]} of 2 × {op.letter_hidden_size} over letters"
            return f"words of {op.size} beside bidirectional {spelt}"
        case Crf():
            return "conditional random field"
        case Attention():
            return f"{op.score} attention, {op.size} features"
        case AttentiveRecurrent():
            return f"{CELLS[op.cell]} of {op.hidden_size} with additive attention"
        case Bridge() | Dropout():
            return ""
    return str(op.name)


def _pooling(op: Pool) -> str:
    return "" if op.kinds == ("last",) else " pooling"


def _rows(options: dict[str, Any], fit: Container[str]) -> list[tuple[str, str]]:
    given = {name: value for name, value in options.items() if value is not None and name in fit}
    return [(name.replace("_", " "), _value(value)) for name, value in given.items()]


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple | list):
        return ", ".join(map(str, value)) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)
