"""The options of ``language``: the shared groups and what this task adds."""

from typing import Literal

from pydantic import Field

from ostinato.spec.option import option
from ostinato.spec.options import DataOptions, NetworkOptions, Positive, TaskOptions, TrainingOptions


class LanguageData(DataOptions):
    """What is read, and what a token of it is."""

    text: str | None = option(None, "tables: column that holds the text, one document a row", about=("text",))
    documents: Literal["file", "paragraph", "line"] = option(
        "file",
        "text files: what is a document of its own, before which the state restarts",
        about=("text",),
    )
    level: Literal["char", "word", "bpe"] = option("char", "what a token is", about=("text",))
    tokenized: bool | None = option(
        None,
        "word: only white space separates words; else punctuation does too. If open, the text decides",
        about=("text",),
        needs={"level": ("word",)},
    )
    lowercase: bool = option(False, "lower-case the text first", about=("text",))
    vocabulary_size: Positive | None = option(
        None, "tokens kept at most, the most frequent first", about=("text",)
    )
    minimum_count: Positive | None = option(
        None,
        "char and word: tokens seen less often in training are unknown ones, which so are learnt too",
        about=("text",),
    )


class LanguageNetwork(NetworkOptions):
    """The network's shape, and what keeps it from learning by heart."""

    embedding_size: Positive | None = option(None, "features of one token")
    tie_weights: bool | None = option(None, "score tokens by the very vectors that they are read as")
    input_dropout: float | None = option(None, "dropout rate of token vectors", ge=0.0, lt=1.0)
    embedding_dropout: float | None = option(
        None, "rate at which tokens are dropped from a batch altogether", ge=0.0, lt=1.0
    )
    weight_dropout: float | None = option(
        None, "dropout rate of the recurrent weights themselves", ge=0.0, lt=1.0
    )
    locked_dropout: bool = option(
        True, "one dropout mask for all steps of a chunk, not one for each; piano rolls: only on request"
    )
    softmax: Literal["full", "adaptive"] | None = option(
        None, "adaptive: rare tokens in clusters of their own, for large vocabularies"
    )


class LanguageTraining(TrainingOptions):
    """How weights are found: by backpropagation through time, cut into chunks."""

    optimizer: Literal["adam", "adamw", "sgd", "rmsprop", "asgd"] = option("adamw", "optimiser")
    bptt: Positive | None = option(None, "steps that the gradient goes back; the state goes on from there")
    chunks: Literal["carried", "random"] | None = option(
        None, "carried: a chunk begins where the one before ended, in its state; random: anywhere, in none"
    )
    random_bptt: bool = option(False, "chunks of random lengths around bptt, as AWD-LSTM has them")
    activation_penalty: float = option(0.0, "AR: penalty on large outputs of the recurrent layers", ge=0.0)
    change_penalty: float = option(0.0, "TAR: penalty on changes of them from step to step", ge=0.0)
    sampled_softmax: int = option(
        0, "train against so many sampled tokens and not all of a large vocabulary; 0: all", ge=0
    )


class LanguageOptions(TaskOptions):
    """All options of ``ostinato train language``."""

    data: LanguageData = Field(default_factory=LanguageData)
    network: LanguageNetwork = Field(default_factory=LanguageNetwork)
    training: LanguageTraining = Field(default_factory=LanguageTraining)
