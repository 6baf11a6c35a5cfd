"""Models that read one text and say another."""

from typing import Literal, Self

from pydantic import model_validator

from ostinato.spec.chat import ChatOptions
from ostinato.spec.columns import PairColumns
from ostinato.spec.flow import Flow
from ostinato.spec.models.base import Model, check_made, check_taken
from ostinato.spec.preprocessing import (
    Columns,
    TokenPair,
)
from ostinato.spec.translate import TranslateOptions


class PairModel(Model):
    """A model that reads a text and says another one, token by token.

    The encoder reads the V tokens of the source's vocabulary and one more, number V, the mark: it ends the
    source, and each turn of a dialogue. The decoder reads the W tokens of the target's vocabulary and one
    more, number W, which begins every target; its scores are those of what comes next, number W for the end.
    """

    preprocessing: TokenPair

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        if self.network.encoder is None:
            raise ValueError("the network has no encoder")
        for side, network in (
            (self.preprocessing.source, self.network.encoder),
            (self.preprocessing.target, self.network),
        ):
            read = side.flow()
            check_taken(Flow(read.kind, read.size + 1), network.flows()[0])
        taken, *_, made = self.network.flows()
        check_made(made, Flow("steps", taken.size), "tokens")
        return self


class TranslateModel(PairModel):
    """A model that translates."""

    task: Literal["translate"] = "translate"
    columns: PairColumns
    recipe: TranslateOptions


class ChatModel(PairModel):
    """A model that answers in a dialogue."""

    task: Literal["chat"] = "chat"
    columns: Columns
    recipe: ChatOptions
