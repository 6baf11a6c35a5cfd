"""The options of ``regress``: the shared groups and what this task adds."""

from typing import Literal

from ostinato.spec.classify import ClassifyNetwork
from ostinato.spec.option import option
from ostinato.spec.options import InputData, TaskOptions, TrainingOptions
from ostinato.spec.series_options import SeriesAugmentation


class RegressData(InputData):
    """Which columns to read, and which number is to be told."""

    target: str | None = option(None, "column that holds the number to tell")
    per_step: bool = option(False, "tell one number a step, not one a sequence")
    asymmetric: Literal["none", "cmapss"] = option(
        "none", "an asymmetric score beside the others; cmapss: answers too high cost more than those too low"
    )


class RegressTraining(TrainingOptions, SeriesAugmentation):
    """How weights are found, how errors count, and how series are varied."""

    loss: Literal["squared", "absolute", "huber"] = option("squared", "how an error counts in training")
    cap: float | None = option(
        None, "targets above this count as this, in training and on the validation part; not in evaluate"
    )


class RegressOptions(TaskOptions):
    """All options of ``ostinato train regress``."""

    data: RegressData = RegressData()
    network: ClassifyNetwork = ClassifyNetwork()
    training: RegressTraining = RegressTraining()
