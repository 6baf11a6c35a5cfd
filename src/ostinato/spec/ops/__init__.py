"""The registry of ops: one file each, here as data, and one of the same name in every executor."""

from typing import Annotated

from pydantic import Field

from ostinato.spec.ops.adaptive_head import AdaptiveHead
from ostinato.spec.ops.attention import Attention
from ostinato.spec.ops.attentive_recurrent import AttentiveRecurrent
from ostinato.spec.ops.base import Op
from ostinato.spec.ops.bridge import Bridge
from ostinato.spec.ops.convolution import Convolution
from ostinato.spec.ops.crf import Crf
from ostinato.spec.ops.dropout import Dropout
from ostinato.spec.ops.embedding import Embedding
from ostinato.spec.ops.frame_convolution import FrameConvolution
from ostinato.spec.ops.gru_d import GruD
from ostinato.spec.ops.head import Head
from ostinato.spec.ops.pool import Pool
from ostinato.spec.ops.recurrent import Recurrent
from ostinato.spec.ops.word_characters import WordCharacters

__all__ = [
    "OPS",
    "AdaptiveHead",
    "AnyOp",
    "Attention",
    "AttentiveRecurrent",
    "Bridge",
    "Convolution",
    "Crf",
    "Dropout",
    "Embedding",
    "FrameConvolution",
    "GruD",
    "Head",
    "Op",
    "Pool",
    "Recurrent",
    "WordCharacters",
]

AnyOp = Annotated[
    Embedding
    | Dropout
    | Convolution
    | FrameConvolution
    | Recurrent
    | Pool
    | Head
    | AdaptiveHead
    | Crf
    | WordCharacters
    | Attention
    | AttentiveRecurrent
    | Bridge
    | GruD,
    Field(discriminator="op"),
]
OPS: tuple[type[Op], ...] = (
    Embedding,
    Dropout,
    Convolution,
    FrameConvolution,
    Recurrent,
    Pool,
    Head,
    AdaptiveHead,
    Crf,
    WordCharacters,
    Attention,
    AttentiveRecurrent,
    Bridge,
    GruD,
)
