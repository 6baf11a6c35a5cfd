"""What is asked of one stream, and what is answered."""

from typing import NamedTuple

from ostinato.errors import ServeError
from ostinato.serve.faces import Inputs, Outputs

Id = int | str
"""What a client calls its stream: 42 and "42" are two streams."""


class Ask(NamedTuple):
    """One step, or chunk of steps, of one stream.

    Args:
        client: who asks; streams of different clients never meet.
        id: what the client calls the stream.
        inputs: what the stream hears.
        start: whether a new stream begins with it.
        end: whether it is the last.
        number: the request's number, one more than the last one's; None: the client does not count.
        version: of the model; None: the one that the stream began with, or the newest.
    """

    client: str
    id: Id
    inputs: Inputs
    start: bool = False
    end: bool = False
    number: int | None = None
    version: str | None = None


class Said(NamedTuple):
    """What a stream answers.

    Args:
        outputs: the model's answer.
        number: that of the request: how many the stream has taken.
        version: of the model.
        repeated: whether it was asked before, and this is the answer that was kept.
    """

    outputs: Outputs
    number: int
    version: str
    repeated: bool = False


Reply = Said | ServeError
