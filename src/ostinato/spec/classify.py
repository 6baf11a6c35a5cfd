"""The options of ``classify``: the shared groups and what this task adds."""

from typing import Annotated, Literal

from pydantic import Field

from ostinato.spec.base import Spec
from ostinato.spec.network import PoolKind
from ostinato.spec.options import DataOptions, NetworkOptions, TrainingOptions, option


class ClassifyNetwork(NetworkOptions):
    """The network's shape, and how its steps become one answer."""

    pool: Annotated[tuple[PoolKind, ...], Field(min_length=1)] | None = option(
        None, "how the steps become one vector: last, mean, max, attention, or several"
    )


class ClassifyTraining(TrainingOptions):
    """How weights are found, and how classes count."""

    class_weights: Literal["none", "balanced"] = option(
        "none", "balanced: a class counts the more in the loss the rarer it is"
    )
    label_smoothing: float = option(0.0, "part of the target spread over all classes", ge=0.0, lt=1.0)


class ClassifyOptions(Spec):
    """All options of ``ostinato train classify``."""

    data: DataOptions = DataOptions()
    network: ClassifyNetwork = ClassifyNetwork()
    training: ClassifyTraining = ClassifyTraining()
