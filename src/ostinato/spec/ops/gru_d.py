"""The recurrent op for values that may be missing, as data."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from ostinato.errors import ArgumentError
from ostinato.spec.flow import Flow, Stream
from ostinato.spec.ops.base import Name, Op, Shapes, Size


class GruD(Op):
    """GRU-D: a GRU in which the last observation fades towards the mean, and the hidden state fades, too.

    A step brings the values x_t (I), their masks m_t (I), 1 where observed, the time s_t since the step
    before, and descriptors d (S), side by side. With d_t the time since each channel's last observation and
    x' that observation (before the first one the mean):

        d_t   = s_t + (1 - m_(t-1)) * d_(t-1),   d_1 = 0
        a_t   = exp(-max(0, w_a * d_t + b_a))             how much of the last observation is left, (I)
        b_t   = exp(-max(0, W_b d_t + b_b))               how much of the state is left, (H)
        x^_t  = m_t * x_t + (1 - m_t) * (a_t * x' + (1 - a_t) * mean)
        h_t   = GRU([x^_t; m_t; d], b_t * h_(t-1))

    Source: Che et al. 2018, equations 3 to 12 (Scientific Reports 8:6085, arXiv:1606.01865). The GRU has
    torch.nn's form, whose reset gate works after the matrix product and whose update gate keeps where it is
    1; the paper's works before it, and keeps where it is 0. Descriptors are not in the paper.

    ``means`` are what x' fades to: the channels' means in training, scaled as the values are.

    A stream keeps ``last`` (I,), the last observations, ``since`` (I,), how long before the last step they
    were, and ``h`` (1, H).
    """

    op: Literal["gru_d"] = "gru_d"
    name: Name = "gru_d"
    hidden_size: Size
    means: Annotated[tuple[float, ...], Field(min_length=1)]

    @property
    def values(self) -> int:
        """Return I, the number of channels."""
        return len(self.means)

    def flow(self, into: Flow) -> Flow:
        self._take(into, "steps")
        if into.size < 2 * self.values + 1:
            raise ArgumentError(
                f"op {self.name!r} is given {into.size} features; expected {self.values} values, as many "
                "masks, a time, and descriptors if there are some."
            )
        return Flow("steps", self.hidden_size)

    def tensors(self, into: Flow) -> Shapes:
        rows = 3 * self.hidden_size
        return {
            "cell.weight_ih": (rows, into.size - 1),
            "cell.weight_hh": (rows, self.hidden_size),
            "cell.bias_ih": (rows,),
            "cell.bias_hh": (rows,),
            "input_decay.weight": (self.values,),
            "input_decay.bias": (self.values,),
            "hidden_decay.weight": (self.hidden_size, self.values),
            "hidden_decay.bias": (self.hidden_size,),
        }

    def stream(self, into: Flow) -> Stream | None:
        values = {"last": (self.values,), "since": (self.values,)}
        return Stream({**values, "h": (1, self.hidden_size)})

    @model_validator(mode="after")
    def _means_are_finite(self) -> Self:
        if not all(abs(mean) < float("inf") for mean in self.means):
            raise ValueError("a mean is not finite")
        return self
