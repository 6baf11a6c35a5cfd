"""A store that several servers share, over Redis' protocol: any of them goes on with any stream."""

import hashlib
import struct
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from typing import Any

from ostinato import checks
from ostinato.errors import ArgumentError, ServeError
from ostinato.serve.streams.store import Key, Row, Store, done

_HEAD = struct.Struct("<B16sQdII")
FORMAT = 1
LOST = 4294967295
"""The length that stands for an answer that was too large to be kept."""


class RedisStore(Store):
    """Rows under keys of their own, which go by themselves when nobody uses them.

    A row is read before each step and replaced after it only if it is still the one that was read
    (``WATCH``), so that two servers that take the same stream on at once cannot both be right.

    Args:
        url: ``redis://HOST:PORT/N``.
        idle: seconds after which a row goes.

    Raises:
        ArgumentError: nobody answers at the address.
        MissingExtraError: the redis library is not installed.
    """

    shared = True

    def __init__(self, url: str, idle: float) -> None:
        self._redis = checks.extra("redis", "redis", "a store that servers share")
        self._idle = max(1, round(idle))
        self._client: Any = self._redis.Redis.from_url(url, socket_timeout=5.0, socket_connect_timeout=5.0)
        try:
            self._client.ping()
        except self._redis.RedisError as error:
            raise ArgumentError(
                f"{_shown(url)} does not answer: {error}; start Redis there, or name another."
            ) from error

    def load(self, keys: Sequence[Key]) -> list[Row | None]:
        """Return the rows of these streams."""
        found = self._do(lambda: self._client.mget([_name(key) for key in keys]))
        return [None if data is None else _row(data) for data in found]

    def save(self, rows: Mapping[Key, Row]) -> Future[None]:
        """Do nothing: what is committed was kept by ``swap``."""
        return done()

    def delete(self, keys: Iterable[Key]) -> Future[None]:
        """Forget streams, at once."""
        names = [_name(key) for key in keys]
        self._do(lambda: self._client.delete(*names))
        return done()

    def swap(self, key: Key, row: Row, expected: bytes | None) -> bool:
        """Keep a row if the one that is there has the expected stamp."""
        return bool(self._do(lambda: self._swapped(_name(key), row, expected)))

    def close(self, clean: bool) -> None:
        """Leave the rows where they are."""
        self._client.close()

    def _swapped(self, name: bytes, row: Row, expected: bytes | None) -> bool:
        with self._client.pipeline() as pipe:
            pipe.watch(name)
            data = pipe.get(name)
            if (None if data is None else _row(data).stamp) != expected:
                return False
            pipe.multi()
            pipe.set(name, _bytes(row), ex=self._idle)
            try:
                pipe.execute()
            except self._redis.WatchError:
                return False
        return True

    def _do(self, work: Any) -> Any:
        """Return what is asked of Redis; who cannot be reached now may be later."""
        try:
            return work()
        except self._redis.RedisError as error:
            raise ServeError(
                503, f"the store of streams does not answer ({type(error).__name__}).", 1
            ) from error


def _name(key: Key) -> bytes:
    """Return the key in Redis: a hash, for clients' names may hold anything."""
    kind = "i" if isinstance(key.id, int) else "s"
    parts = [key.model.encode(), key.fingerprint, key.client.encode(), f"{kind}{key.id}".encode()]
    whole = hashlib.sha256()
    for part in parts:
        whole.update(struct.pack("<I", len(part)) + part)
    return b"ostinato:" + whole.hexdigest().encode()


def _bytes(row: Row) -> bytes:
    kept = LOST if row.kept is None else len(row.kept)
    head = _HEAD.pack(FORMAT, row.stamp, row.number, row.touched, len(row.state), kept)
    return head + row.state + (row.kept or b"")


def _row(data: bytes) -> Row:
    version, stamp, number, touched, size, kept = _HEAD.unpack_from(data)
    if version != FORMAT:
        raise ServeError(503, f"the store holds streams of format {version}; this server reads {FORMAT}.")
    state = data[_HEAD.size : _HEAD.size + size]
    return Row(number, state, None if kept == LOST else data[_HEAD.size + size :], touched, True, stamp)


def _shown(url: str) -> str:
    """Return an address without the password in it."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"
