"""The options of training, in the three groups that every task shares.

The command line, recipe files, estimators and the manifest are all made from these classes; a task adds its
own fields in a subclass. A field that is None is chosen from the data by the task, and the choice is what
the manifest records. ``description`` is the help text everywhere.
"""

from typing import Annotated, Literal

from pydantic import Field

from ostinato.spec.audio_options import AudioOptions
from ostinato.spec.base import Spec
from ostinato.spec.option import option
from ostinato.spec.video_options import VideoOptions

Positive = Annotated[int, Field(ge=1)]


class DataOptions(Spec):
    """How the data is divided; a task adds what it reads and how it prepares that."""

    valid_fraction: float | None = option(
        None, "part of the data kept for validation; 0: none, last weights kept", ge=0.0, lt=1.0
    )


class InputData(DataOptions):
    """Which columns of a table to read as sequences, and how to prepare them."""

    sequence: str | None = option(
        None, "long tables: column that says which rows form one sequence", about=("series", "text", "audio")
    )
    time: str | None = option(
        None, "long tables: column by which rows are ordered; else the file's order", about=("series",)
    )
    inputs: tuple[str, ...] | None = option(
        None,
        "numeric columns to use; else every numeric column that is not label, id or time",
        about=("series",),
    )
    text: str | None = option(None, "column that holds text", about=("text",))
    static: tuple[str, ...] = option((), "numeric columns that describe a whole sequence", about=("series",))
    parameter: str | None = option(
        None, "event tables: column that says what was measured", about=("series",)
    )
    value: str | None = option(
        None, "event tables: column that says how much was measured", about=("series",)
    )
    every: float | None = option(
        None, "event tables: span of time that is one step; else each time is one", about=("series",), gt=0.0
    )
    names: tuple[str, ...] | None = option(
        None,
        "tables without a line of names: those of the columns, in order (.txt: spaces between fields)",
        about=("series", "text"),
    )
    missing: Literal["forbid", "forward-fill", "mask", "decay"] = option(
        "forbid",
        "missing values: forbid; forward-fill: the last one again; mask: also say what was observed, and how "
        "long ago; decay: GRU-D, which forgets what grows old",
        about=("series",),
    )
    scale: Literal["standard", "minmax", "none"] = option(
        "standard", "scaling of every numeric channel", about=("series",)
    )
    tokens: Literal["word", "char", "bpe"] = option("word", "what a token of text is", about=("text",))
    lowercase: bool = option(True, "lower-case text first", about=("text",))
    vocabulary_size: Positive = option(
        20_000, "text: tokens kept at most, the most frequent first", about=("text",)
    )
    minimum_count: Positive | None = option(
        None,
        "word: tokens seen less often in training are unknown ones, which so are learnt too",
        about=("text",),
    )


class SequenceData(InputData, AudioOptions, VideoOptions):
    """The same of sequences that have labels."""

    label: str | None = option(None, "column that holds the label")
    audio: str | None = option(
        None, "column that names sound files, by paths relative to the table", about=("audio",)
    )
    video: str | None = option(
        None, "column that names videos, by paths relative to the table", about=("video",)
    )
    per_frame: bool = option(
        False,
        "video: label each frame; a row of the table is a stretch of time, from --start to --end",
        about=("video",),
    )
    start: str | None = option(
        None, "per frame: column of the seconds at which a stretch begins", about=("video",)
    )
    end: str | None = option(None, "per frame: column of the seconds at which it ends", about=("video",))
    background: str | None = option(
        None, "per frame: label of frames outside of every stretch", about=("video",)
    )
    window: Positive | None = option(
        None,
        "series: cut long ones into windows of so many steps; the answer is the windows' mean",
        about=("series",),
    )
    stride: Positive | None = option(
        None, "series: steps from one window to the next; else half a window", about=("series",)
    )
    labels: tuple[str, ...] = option(
        (),
        "columns of 0 and 1: several labels at once, each by itself, in place of one",
        about=("series", "text"),
    )
    folds: int | None = option(
        None,
        "choose the stopping point by cross-validation in so many parts, then train on all; 0: do not",
        ge=0,
        le=100,
    )


class NetworkOptions(Spec):
    """The recurrent part of the network, which every task has."""

    cell: Literal["rnn", "lstm", "gru"] = option("gru", "recurrent cell")
    hidden_size: Positive | None = option(None, "features of the recurrent state")
    layers: Positive | None = option(None, "recurrent layers", le=64)
    dropout: float | None = option(None, "dropout rate", ge=0.0, lt=1.0)
    recurrent_init: Literal["uniform", "orthogonal"] = option(
        "uniform", "initial recurrent weights: torch's uniform, or orthogonal gate by gate"
    )
    forget_bias: float | None = option(
        None, "LSTM: initial bias of the forget gate; else torch's uniform", needs={"cell": ("lstm",)}
    )


class TrainingOptions(Spec):
    """How weights are found."""

    optimizer: Literal["adam", "adamw", "sgd", "rmsprop", "asgd"] = option(
        "adamw", "optimiser; asgd: sgd without momentum, averaged once the validation loss stalls"
    )
    learning_rate: float | None = option(None, "learning rate at its highest", gt=0.0)
    schedule: Literal["constant", "linear", "cosine", "plateau"] | None = option(
        None, "learning rate over the epochs"
    )
    momentum: float = option(
        0.9, "momentum of sgd and rmsprop", needs={"optimizer": ("sgd", "rmsprop")}, ge=0.0, lt=1.0
    )
    weight_decay: float | None = option(None, "weight decay", ge=0.0)
    clip_norm: float = option(1.0, "highest norm of the gradient; 0: no clipping", ge=0.0)
    epochs: Positive | None = option(None, "passes over the training part at most")
    batch_size: Positive | None = option(None, "sequences a batch")
    patience: int | None = option(None, "stop after so many epochs without progress; 0: never early", ge=0)
    metric: str | None = option(None, "what progress is measured by, on the validation part")
    freeze: tuple[str, ...] = option((), "ops whose weights stay as they are, by name")
    seed: int = option(0, "seed of every random choice", ge=0, lt=2**63)
    threads: Positive | None = option(None, "processor threads; else torch's own choice")
    device: Literal["cpu", "cuda"] = option("cpu", "where to train")


class TaskOptions(Spec):
    """All options of a task, in their groups; every task narrows them."""

    data: DataOptions
    network: NetworkOptions
    training: TrainingOptions
