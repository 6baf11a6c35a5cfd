"""Servers that share a store serve one population: each goes on where another stopped, never beside it."""

import shutil
import socket
import subprocess
import threading
from contextlib import contextmanager

import numpy as np
import pytest

pytest.importorskip("redis", reason="this needs ostinato[redis]")
pytest.importorskip("fakeredis", reason="this needs fakeredis, which stands for a Redis server")

import fakeredis
import redis
from redis.backoff import ConstantBackoff
from redis.retry import Retry

import serving
from ostinato.errors import ArgumentError, ServeError
from ostinato.serve.streams.asks import Said
from ostinato.serve.streams.redis import RedisStore
from ostinato.serve.streams.store import Key, Row
from serving import ask, population, probabilities, steps


@contextmanager
def imitation():
    """Give the address of something in this process that speaks Redis' protocol."""
    server = fakeredis.TcpFakeServer(("127.0.0.1", 0), server_type="redis")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"redis://127.0.0.1:{server.server_address[1]}/0"
    server.shutdown()
    server.server_close()


@contextmanager
def installed():
    """Give the address of a Redis server of our own, which keeps nothing on the disk."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("redis-server is not installed")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    process = subprocess.Popen([program, *options], stdout=subprocess.DEVNULL)
    client = redis.Redis(
        port=port, retry=Retry(ConstantBackoff(0.1), 100), retry_on_error=[redis.ConnectionError]
    )
    client.ping()
    client.close()
    yield f"redis://127.0.0.1:{port}/0"
    process.terminate()
    process.wait(30)


@pytest.fixture(scope="module", params=[imitation, installed])
def address(request):
    """Return the address of a Redis server, or of what stands for one."""
    with request.param() as found:
        yield found


@pytest.fixture
def stores(address):
    """Return two stores, as two servers have them."""
    both = [RedisStore(address, 600) for _ in range(2)]
    both[0]._client.flushall()
    yield both
    for store in both:
        store.close(clean=True)


def one(streams, *arguments, **options):
    (reply,) = streams.advance([ask(*arguments, **options)])
    return reply


def test_rows_come_back_as_they_were(stores):
    here, there = stores
    key, row = Key("m", b"f" * 32, "me", 42), Row(7, b"state", None, 4e9, True, b"s" * 16)
    assert here.swap(key, row, None)
    assert there.load([key, key._replace(id="42")]) == [row, None]
    assert not there.swap(key, row._replace(number=8), None)
    assert there.swap(key, row._replace(number=8, kept=b""), b"s" * 16)
    assert here.load([key])[0].kept == b""
    here.delete([key]).result()
    assert there.load([key]) == [None]


def test_a_stream_goes_on_wherever_its_requests_arrive(stores):
    servers = [population(store=store) for store in stores]
    values, said = steps(8), []
    for t in range(8):
        said.append(probabilities(one(servers[t % 2], 1, values[t : t + 1], start=t == 0, number=t + 1)))
    np.testing.assert_allclose(np.concatenate(said), serving.series_model().stream().push(values), atol=1e-6)
    assert one(servers[0], 1, number=8).repeated
    one(servers[0], 1, end=True)
    assert isinstance(one(servers[1], 1), ServeError)
    assert len(servers[1].table) == 0


def test_a_stream_that_begins_anew_elsewhere_is_not_gone_on_with(stores):
    here, there = (population(store=store) for store in stores)
    values = steps(3)
    one(here, 1, steps(5, seed=3), start=True)
    one(there, 1, values[:1], start=True)
    expected = serving.series_model().stream().push(values)
    np.testing.assert_allclose(probabilities(one(here, 1, values[1:])), expected[1:], atol=1e-6)


def test_two_servers_at_once_cannot_both_be_right(stores, monkeypatch):
    here, there = (population(store=store) for store in stores)
    values = steps(3)
    one(here, 1, values[:1], start=True)
    push, raced = type(here.newest.face).push, []

    def slow(self, streams, given, numbers):
        if not raced:
            raced.append(True)
            raced.append(one(there, 1, values[1:2]))
        return push(self, streams, given, numbers)

    monkeypatch.setattr(type(here.newest.face), "push", slow)
    reply = one(here, 1, values[1:2])
    assert isinstance(raced[1], Said)
    assert isinstance(reply, ServeError)
    assert reply.status == 409
    expected = serving.series_model().stream().push(values)
    np.testing.assert_allclose(probabilities(one(here, 1, values[2:])), expected[2:], atol=1e-6)


def test_where_nobody_answers_it_is_said():
    with pytest.raises(ArgumentError, match="does not answer") as caught:
        RedisStore("redis://user:secret@127.0.0.1:1/0", 600)
    assert "secret" not in str(caught.value)
