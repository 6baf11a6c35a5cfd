"""The pool op as data."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from ostinato.spec.flow import Flow, Stream
from ostinato.spec.ops.base import Name, Op, Shapes, Size

PoolKind = Literal["last", "mean", "max", "attention"]


class Pool(Op):
    """Turn the steps of a sequence into one vector: the parts named in ``kinds``, side by side.

    last       h_T (with two directions: the forward half at T and the reverse half at 1)
    mean       (1 / T) sum_t h_t
    max        max_t h_t, feature by feature
    attention  sum_t a_t h_t,  a = softmax_t(v . tanh(W h_t + b))     (Yang et al. 2016, section 2.2)
    """

    op: Literal["pool"] = "pool"
    name: Name = "pool"
    kinds: Annotated[
        tuple[Literal["last", "mean", "max", "attention"], ...], Field(min_length=1, max_length=4)
    ]
    attention_size: Size = 64
    directions: Literal[1, 2] = 1

    def flow(self, into: Flow) -> Flow:
        self._take(into, "steps")
        return Flow("summary", len(self.kinds) * into.size)

    def tensors(self, into: Flow) -> Shapes:
        if "attention" not in self.kinds:
            return {}
        return {
            "attention.weight": (self.attention_size, into.size),
            "attention.bias": (self.attention_size,),
            "attention.query": (self.attention_size,),
        }

    def stream(self, into: Flow) -> Stream | None:
        if self.directions == 2:
            return None
        size = into.size
        kept: dict[str, Shapes] = {
            "last": {"last": (size,)},
            "mean": {"sum": (size,)},
            "max": {"max": (size,)},
            "attention": {"weighted": (size,), "total": (), "peak": ()},
        }
        state: Shapes = {"count": ()}
        for kind in self.kinds:
            state |= kept[kind]
        return Stream(state)

    @model_validator(mode="after")
    def _no_kind_twice(self) -> Self:
        if len(set(self.kinds)) != len(self.kinds):
            raise ValueError(f"pool kinds {', '.join(self.kinds)} name one twice")
        return self
