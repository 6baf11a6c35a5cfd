"""What is said to a request that a stream does not take."""

from ostinato.errors import OstinatoError, ServeError
from ostinato.serve.streams.asks import Ask, Id
from ostinato.serve.streams.session import Ended, Session

REASONS = {
    "ended": "it has ended",
    "expired": "it expired: nobody used it for too long",
    "evicted": "it had to give way to others",
    "lost": "its state was lost when the model failed",
}


def of(error: OstinatoError) -> ServeError:
    """Return what a client is told of an error that its input caused."""
    return error if isinstance(error, ServeError) else ServeError(400, str(error))


def unknown(ask: Ask, model: str, ended: Ended | None) -> ServeError:
    """Return the refusal of a request for a stream that is not live, in words that Triton's clients know."""
    known = "it is unknown: it never began, or was lost when the server started"
    reason = known if ended is None else REASONS[ended.reason]
    return ServeError(
        400,
        f"inference request for sequence {shown(ask.id)} to model '{model}' must specify the START flag on "
        f"the first request of the sequence ({reason})",
    )


def gap(ask: Ask, session: Session) -> ServeError:
    """Return the refusal of a request that is not the next one."""
    last = f"the last committed step of sequence {shown(ask.id)} is {session.number}"
    if ask.number is None:
        return ServeError(
            409,
            f"the server was restarted, and {last}; if that is yours too, go on with sequence_step "
            f"{session.number + 1}, else begin again with the START flag.",
        )
    if ask.number == session.number:
        return ServeError(409, f"{last}, and its answer is not kept; go on with {session.number + 1}.")
    return ServeError(
        409, f"sequence_step is {ask.number}, and {last}; send {session.number + 1}, or begin again."
    )


def shown(id: Id) -> str:
    """Return a stream's name as it may stand in a message."""
    return str(id)
