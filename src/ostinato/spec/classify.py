"""The options of ``classify``: the shared groups and what this task adds."""

from typing import Annotated, Literal

from pydantic import Field

from ostinato.spec.audio_options import Augmentation
from ostinato.spec.network import PoolKind
from ostinato.spec.option import option
from ostinato.spec.options import NetworkOptions, Positive, SequenceData, TaskOptions, TrainingOptions
from ostinato.spec.series_options import SeriesAugmentation
from ostinato.spec.video_options import ClipAugmentation


class ClassifyNetwork(NetworkOptions):
    """The network's shape, and how its steps become one answer."""

    bidirectional: bool = option(False, "read in both directions (such a model cannot stream)")
    front: Literal["none", "conv"] | None = option(None, "what stands before the recurrent layers")
    embedding_size: Positive | None = option(None, "text: features of one token", about=("text",))
    pool: Annotated[tuple[PoolKind, ...], Field(min_length=1)] | None = option(
        None, "how the steps become one vector: last, mean, max, attention, or several"
    )


class ClassifyTraining(TrainingOptions, SeriesAugmentation, Augmentation, ClipAugmentation):
    """How weights are found, how classes count, and how series, recordings and clips are varied."""

    class_weights: Literal["none", "balanced"] = option(
        "none", "balanced: a class counts the more in the loss the rarer it is"
    )
    focal: float = option(
        0.0,
        "focal loss: the higher, the less what is right already counts; 0: cross-entropy",
        ge=0.0,
        le=10.0,
    )
    threshold: Literal["half", "f1", "youden"] = option(
        "half",
        "two classes: the probability from which on the second is said; f1, youden: where that is highest on "
        "the validation part",
    )
    label_smoothing: float = option(0.0, "part of the target spread over all classes", ge=0.0, lt=1.0)


class ClassifyOptions(TaskOptions):
    """All options of ``ostinato train classify``."""

    data: SequenceData = Field(default_factory=SequenceData)
    network: ClassifyNetwork = Field(default_factory=ClassifyNetwork)
    training: ClassifyTraining = Field(default_factory=ClassifyTraining)
