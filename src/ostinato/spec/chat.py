"""The options of ``chat``: those of translation, on turns of a dialogue."""

from pydantic import Field

from ostinato.spec.option import option
from ostinato.spec.options import Positive, TaskOptions
from ostinato.spec.translate import PairNetwork, PairTokens, PairTraining


class ChatData(PairTokens):
    """How much of a dialogue an answer is given to read."""

    turns: Positive = option(3, "turns before an answer that it is told from, at most")
    history: Positive = option(80, "tokens of these turns at most; what is furthest back goes first")
    longest: Positive = option(80, "answers of more tokens than that are left out of training")


class ChatOptions(TaskOptions):
    """All options of ``ostinato train chat``."""

    data: ChatData = Field(default_factory=ChatData)
    network: PairNetwork = Field(default_factory=PairNetwork)
    training: PairTraining = Field(default_factory=PairTraining)
