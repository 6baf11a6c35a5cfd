"""The options of ``transcribe``: the shared groups and what this task adds."""

from ostinato.spec.audio_options import AudioOptions, Augmentation
from ostinato.spec.option import option
from ostinato.spec.options import DataOptions, NetworkOptions, Positive, TaskOptions, TrainingOptions


class TranscribeData(AudioOptions, DataOptions):
    """What is read, and what a letter is."""

    audio: str | None = option(None, "column that names the sound files; else audio, audio_filepath or path")
    text: str | None = option(None, "column that holds what is said; else text, sentence or transcript")
    lowercase: bool = option(False, "lower-case what is said")


class TranscribeNetwork(NetworkOptions):
    """The network's shape, from frames of sound to letters."""

    live: bool = option(False, "listen forwards alone, so that the model says text as it hears it")
    channels: Positive | None = option(None, "features of the convolutions that the frames go through first")
    kernel_size: Positive | None = option(None, "frames that a convolution sees at once", le=1024)
    stride: Positive | None = option(
        None, "frames that become one step of the recurrent layers; else 4, 2 or 1, as the texts leave room",
        le=16,
    )  # fmt: skip


class TranscribeTraining(Augmentation, TrainingOptions):
    """How weights are found: by connectionist temporal classification.

    What is hidden of a recording cannot be heard, so less is hidden than of one that is told as a whole.
    """

    time_mask: float = option(
        0.05, "sound: part of the frames that is hidden at most; 0: none", ge=0.0, lt=1.0
    )


class TranscribeOptions(TaskOptions):
    """All options of ``ostinato train transcribe``."""

    data: TranscribeData = TranscribeData()
    network: TranscribeNetwork = TranscribeNetwork()
    training: TranscribeTraining = TranscribeTraining()
