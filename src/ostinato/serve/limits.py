"""How much a server takes from strangers; every limit can be set, and all are shown at ``/v2``."""

from ostinato.spec.base import Spec
from ostinato.spec.option import option

MEBIBYTE = 2**20


class BodyLimits(Spec):
    """How large a request may be, and how slow."""

    binary_body: int = option(64 * MEBIBYTE, "bytes of a request with binary tensors", ge=1024)
    json_body: int = option(8 * MEBIBYTE, "bytes of a JSON request: it needs 20 times as much", ge=1024)
    json_depth: int = option(64, "lists and objects within each other", ge=4, le=512)
    chunks: int = option(65_536, "parts of a request that comes in parts", ge=1)
    tensors: int = option(64, "tensors of a request", ge=1)
    header_seconds: float = option(10.0, "for a request's headers, and between requests", gt=0.0)
    body_seconds: float = option(30.0, "for a request's body", gt=0.0)
    deadline: float = option(50.0, "for an answer; clients wait 60", gt=0.0)
    message: int = option(MEBIBYTE, "bytes of a WebSocket message", ge=1024)


class StreamLimits(Spec):
    """How many streams there may be, and how they are taken on together."""

    streams: int = option(10_000, "streams of a model in memory", ge=1)
    streams_per_client: int = option(10_000, "streams of one client, by the name of its token", ge=1)
    steps: int = option(100_000, "steps, or bytes of text, of one request of a stream", ge=1)
    idle: float = option(600.0, "seconds after which a stream that nobody uses is ended", gt=0.0)
    evict_after: float = option(60.0, "seconds after which one gives way where there is no room", ge=0.0)
    waiting: int = option(8, "requests that may wait for the same stream", ge=1)
    queue: int = option(256, "requests that may wait for a model", ge=1)
    batch_wait: float = option(
        0.001, "seconds that a step waits for others to be computed with, if the last one had company", ge=0.0
    )
    sync: float = option(5.0, "seconds after which a stream's new state is in the store", gt=0.0)


class ClientLimits(Spec):
    """How much one client may ask for."""

    rate: float | None = option(
        None, "requests a second of one client; else as many as there is room", gt=0.0
    )
    sockets: int = option(1024, "open WebSockets", ge=1)
    sockets_per_client: int = option(64, "open WebSockets of one client", ge=1)
    grace: float = option(30.0, "seconds for running requests when the server stops", ge=0.0)


class Limits(Spec):
    """All limits; the command line makes its flags of them."""

    body: BodyLimits = BodyLimits()
    streams: StreamLimits = StreamLimits()
    clients: ClientLimits = ClientLimits()
