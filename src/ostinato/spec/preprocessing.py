"""What was fitted on the training data and is saved with the model, as data."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from ostinato.spec.base import Spec
from ostinato.spec.flow import Flow

Text = Annotated[str, Field(max_length=4096)]


class Columns(Spec):
    """Which columns of a table hold what; every reader takes this.

    Args:
        label: the label's column; None where the format has it built in, or where there is none.
        sequence: the column that says which rows form one sequence (long tables); None: one row a sequence.
        time: the column by which a long table's rows are ordered; None: the file's order.
        inputs: the numeric columns, in the model's order; None: every numeric column that is nothing else.
        text: the column that holds text, for models that read text.
    """

    label: Text | None = None
    sequence: Text | None = None
    time: Text | None = None
    inputs: tuple[Text, ...] | None = None
    text: Text | None = None


class Series(Spec):
    """Numeric sequences: channel c becomes (x - center[c]) / spread[c].

    Args:
        channels: the names of the I channels, in order.
        scale: how center and spread were chosen.
        center, spread: one number a channel; spread is above 0 (a constant channel has spread 1).
    """

    kind: Literal["series"] = "series"
    channels: Annotated[tuple[Text, ...], Field(min_length=1)]
    scale: Literal["standard", "minmax", "none"]
    center: tuple[float, ...]
    spread: tuple[Annotated[float, Field(gt=0.0)], ...]

    def flow(self) -> Flow:
        """Return what the network is given."""
        return Flow("steps", len(self.channels))

    @model_validator(mode="after")
    def _one_number_a_channel(self) -> Self:
        if not len(self.channels) == len(self.center) == len(self.spread):
            raise ValueError(
                f"{len(self.channels)} channels, {len(self.center)} centers, {len(self.spread)} spreads"
            )
        if len(set(self.channels)) != len(self.channels):
            raise ValueError("a channel is named twice")
        return self


class Tokens(Spec):
    """Text as tokens; the vocabulary itself stands in ``tokenizer.json`` beside the manifest.

    Args:
        tokens: what a token is.
        lowercase: whether text is lower-cased first.
        vocabulary_size: V, the unknown token (number 0) included.
    """

    kind: Literal["text"] = "text"
    tokens: Literal["word", "spaced", "char", "bpe"]
    lowercase: bool
    vocabulary_size: Annotated[int, Field(ge=1, le=2**24)]

    def flow(self) -> Flow:
        """Return what the network is given."""
        return Flow("tokens", self.vocabulary_size)


class Words(Spec):
    """Sentences as words and their letters; the vocabularies themselves stand in ``tokenizer.json``.

    A word is read as the row (w, c_1, …, c_K): its number, and those of its letters, 0 where it has no more.
    Of a longer word the first ⌈K/2⌉ and the last ⌊K/2⌋ letters are read.

    Args:
        lowercase, fold_digits: what is done before a word is looked up: lower-casing, and every digit 0. The
            letters are read as they are written.
        words: the numbers for words, the unknown one (number 0) included.
        letters: the numbers for letters, with none (0) and unknown (1).
        word_length: K.
    """

    kind: Literal["words"] = "words"
    lowercase: bool
    fold_digits: bool
    words: Annotated[int, Field(ge=1, le=2**24)]
    letters: Annotated[int, Field(ge=2, le=2**21)]
    word_length: Annotated[int, Field(ge=1, le=1024)]

    def flow(self) -> Flow:
        """Return what the network is given."""
        return Flow("words", 1 + self.word_length)


class TokenPair(Spec):
    """Two texts as tokens, such as a sentence and its translation.

    ``tokenizer.json`` holds the vocabulary that both share or, if they do not, an object of both under
    ``source`` and ``target``.

    Args:
        source: of what is read.
        target: of what is said.
        shared: whether the two are one and the same.
    """

    kind: Literal["pair"] = "pair"
    source: Tokens
    target: Tokens
    shared: bool

    def flow(self) -> Flow:
        """Return what the encoder is given."""
        return self.source.flow()

    @model_validator(mode="after")
    def _shared_is_the_same(self) -> Self:
        if self.shared and self.source != self.target:
            raise ValueError("the vocabulary is shared, and the two sides have different ones")
        return self


Preprocessing = Annotated[Series | Tokens | Words | TokenPair, Field(discriminator="kind")]
