"""The options of ``translate``: the shared groups and what this task adds."""

from typing import Literal

from pydantic import Field

from ostinato.spec.option import option
from ostinato.spec.options import DataOptions, NetworkOptions, Positive, TaskOptions, TrainingOptions


class PairTokens(DataOptions):
    """What a token of the two sides is."""

    tokens: Literal["bpe", "word", "char"] = option("bpe", "what a token is")
    lowercase: bool = option(False, "lower-case the text first")
    vocabulary_size: Positive | None = option(None, "tokens kept at most, the most frequent first")
    minimum_count: Positive | None = option(
        None, "char and word: tokens seen less often in training are unknown ones, which are never said"
    )


class TranslateData(PairTokens):
    """What is read, and what a token of it is."""

    source: str | None = option(None, "tables: column that holds what is translated")
    target: str | None = option(None, "tables: column that holds the translations")
    drop_blank: bool = option(False, "leave pairs out of which a side is blank, and say how many")
    tokenized: bool | None = option(
        None, "white space alone separates words, so that scores take them as they are; else the text decides"
    )
    shared_vocabulary: bool = option(False, "one vocabulary for both sides, learnt from both")
    longest: Positive = option(200, "pairs with more tokens than that on a side are left out of training")


class PairNetwork(NetworkOptions):
    """An encoder that reads, and a decoder that looks back at what was read."""

    embedding_size: Positive | None = option(None, "features of one token")
    bidirectional: bool = option(True, "the encoder reads both ways, with half of the hidden size each")
    attention: Literal["luong", "bahdanau"] = option(
        "luong", "luong: look back after each step, trained at all steps at once; bahdanau: before each step"
    )
    attention_score: Literal["dot", "general", "additive"] = option(
        "general", "luong: how steps are compared", needs={"attention": ("luong",)}
    )
    attention_size: Positive = option(256, "additive scores: features of the comparison")
    bridge: Literal["last", "mean", "none"] = option(
        "last", "what the decoder begins with: the encoder's last states, their mean, or nothing"
    )
    tie_weights: bool = option(True, "score tokens by the very vectors that the decoder reads them as")
    locked_dropout: bool = option(True, "one dropout mask for all steps of a sequence, not one for each")


class PairTraining(TrainingOptions):
    """How weights are found: the decoder is told the right tokens so far."""

    batch_tokens: Positive | None = option(
        None, "batches of so many tokens at most, both sides counted, instead of so many pairs"
    )
    label_smoothing: float | None = option(None, "part of the target spread over all tokens", ge=0.0, lt=1.0)
    scheduled_sampling: float = option(
        0.0, "part of the tokens, in the last epoch, that the decoder is told as it said them itself",
        ge=0.0, le=1.0,
    )  # fmt: skip


class TranslateOptions(TaskOptions):
    """All options of ``ostinato train translate``."""

    data: TranslateData = Field(default_factory=TranslateData)
    network: PairNetwork = Field(default_factory=PairNetwork)
    training: PairTraining = Field(default_factory=PairTraining)
