"""The options of ``tag``: the shared groups and what this task adds."""

from typing import Literal

from pydantic import Field

from ostinato.spec.option import option
from ostinato.spec.options import DataOptions, NetworkOptions, Positive, TaskOptions, TrainingOptions


class TagData(DataOptions):
    """What is read, and how words are prepared."""

    format: Literal["columns", "conllu", "jsonl", "lines"] | None = option(
        None, "what the file is, where its name does not tell"
    )
    words: str | None = option(None, "what holds the words: a column's number, a JSON key, a file's name")
    tags: str | None = option(None, "what holds the tags, likewise; of CoNLL-U a field, such as xpos")
    label: str | None = option(None, "what holds the label of the whole sentence: a comment's or key's name")
    id: str | None = option(None, "what holds the sentence's name: a comment's or key's name")
    comments: bool | None = option(None, "columns: lines that begin with # before a sentence are comments")
    separator: Literal["tab", "space"] | None = option(None, "columns: what stands between them")
    scheme: Literal["none", "IOB1", "IOB2", "IOBES", "BILOU", "BMES"] | None = option(
        None, "how tags mark entities; none: every tag stands for itself. If open, the tags decide"
    )
    joint: bool | None = option(
        None, "also tell the label of the whole sentence. If open, where the data has one"
    )
    lowercase: bool = option(True, "lower-case words before they are looked up; letters stay as they are")
    fold_digits: bool = option(True, "take all digits of a word for 0 before it is looked up")
    vocabulary_size: Positive = option(50_000, "words kept at most, the most frequent first")
    minimum_count: Positive | None = option(
        None, "words seen less often in training are unknown ones, which so are learnt too"
    )
    word_length: int = option(20, "letters of a word that are read: its beginning and its end", ge=1, le=1024)


class TagNetwork(NetworkOptions):
    """The network's shape, from words and their letters to tags."""

    cell: Literal["rnn", "lstm", "gru"] = option("lstm", "recurrent cell, of words and letters")
    bidirectional: bool = option(True, "read in both directions (else the model can stream)")
    embedding_size: Positive | None = option(None, "features of a word's own vector")
    letter_size: Positive | None = option(None, "features of a letter")
    letter_hidden_size: Positive | None = option(
        None, "features of the state that reads a word's letters, in each direction"
    )
    word_dropout: float | None = option(
        None, "rate at which a word is read as unknown, by its letters alone", ge=0.0, lt=1.0
    )
    output: Literal["crf", "softmax"] | None = option(
        None, "crf: the tags of a sentence as a whole; softmax: each tag for itself"
    )


class TagTraining(TrainingOptions):
    """How weights are found."""

    label_weight: float = option(
        3.0, "weight of the sentence's label in the loss; a word weighs 1", needs={"joint": (True,)}, gt=0.0
    )


class TagOptions(TaskOptions):
    """All options of ``ostinato train tag``."""

    data: TagData = Field(default_factory=TagData)
    network: TagNetwork = Field(default_factory=TagNetwork)
    training: TagTraining = Field(default_factory=TagTraining)
