"""The options of training on piano rolls: the shared groups and what this task adds."""

from pydantic import Field

from ostinato.spec.option import option
from ostinato.spec.options import DataOptions, NetworkOptions, TaskOptions, TrainingOptions


class RollNetwork(NetworkOptions):
    """The network's shape, and what keeps it from learning by heart."""

    input_dropout: float | None = option(None, "dropout rate of the keys that are read", ge=0.0, lt=1.0)
    weight_dropout: float | None = option(
        None, "dropout rate of the recurrent weights themselves", ge=0.0, lt=1.0
    )
    locked_dropout: bool = option(False, "one dropout mask for all steps of a sequence, not one for each")


class RollTraining(TrainingOptions):
    """How weights are found: on whole sequences."""

    transpose: int | None = option(
        None, "piano rolls: move each by a random number of semitones, up to so many; 0: none", ge=0, le=87
    )


class RollOptions(TaskOptions):
    """All options of ``ostinato train language`` on piano rolls."""

    data: DataOptions = Field(default_factory=DataOptions)
    network: RollNetwork = Field(default_factory=RollNetwork)
    training: RollTraining = Field(default_factory=RollTraining)
