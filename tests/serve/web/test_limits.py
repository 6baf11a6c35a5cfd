"""Who is slow, too large or broken is cut off, and the next request is answered as ever."""

import contextlib
import gzip
import json
import socket
import time
import zlib

import psutil
import pytest

import serving

GOOD = b'{"inputs":[{"name":"steps","shape":[1,1,3],"datatype":"FP32","data":[1,2,3]}]}'
INFER = "/v2/models/series/infer"
MOST = 2**22
"""Bytes that the server of these tests reads of a body."""


@pytest.fixture(autouse=True)
def alive(server):
    """Check, after each test, that a good request is answered and that memory has not run away."""
    process = psutil.Process(server.process.pid)
    before = process.memory_info().rss
    yield
    assert server.get(INFER, data=GOOD)[0] == 200
    assert process.memory_info().rss < before + 64 * 2**20


def raw(server, data=b"", seconds=30):
    """Return what comes back on a connection until it is closed, and how many seconds that took."""
    started, found = time.monotonic(), b""
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.settimeout(seconds)
        connection.sendall(data)
        with contextlib.suppress(ConnectionError):
            while part := connection.recv(65536):
                found += part
    return found, time.monotonic() - started


def head(path=INFER, *lines, method="POST"):
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: localhost", *lines, "", ""]).encode()


def refused(server, status, data=None, path=INFER, **options):
    found, _, body = server.get(path, data=data, **options)
    assert found == status, body
    error = json.loads(body)["error"]
    assert "Traceback" not in error
    assert "site-packages" not in error
    assert "/tmp" not in error
    return error


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"POST /v2/models/series/infer HTTP/1.1\r\nHost: loc",
        head(INFER, "Content-Length: 100") + b'{"inp',
    ],
)
def test_a_client_that_stops_half_way_is_cut_off(server, data):
    _, seconds = raw(server, data)
    assert 1 < seconds < 20


def test_a_byte_at_a_time_does_not_hold_the_door_open(server):
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.settimeout(0.25)
        started = time.monotonic()
        for byte in head(INFER, "Content-Length: 5"):
            with contextlib.suppress(TimeoutError):
                connection.sendall(bytes([byte]))
                if connection.recv(1) == b"":
                    break
        assert time.monotonic() - started < 20


def test_many_slow_clients_do_not_delay_a_good_one(server):
    with contextlib.ExitStack() as stack:
        for _ in range(200):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            connection.sendall(b"GET / HT")
        started = time.monotonic()
        assert server.get(INFER, data=GOOD)[0] == 200
        assert time.monotonic() - started < 2


def test_a_body_that_is_too_large_is_refused_before_it_is_read(server):
    found, seconds = raw(server, head(INFER, f"Content-Length: {10**12}") + b"x" * 1000)
    assert b" 413 " in found.splitlines()[0]
    assert seconds < 5


def test_a_chunked_body_that_is_too_large_is_refused_while_it_is_read(server):
    chunk = b"100000\r\n" + b"0" * 2**20 + b"\r\n"
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.settimeout(30)
        connection.sendall(head(INFER, "Transfer-Encoding: chunked"))
        with contextlib.suppress(ConnectionError):
            for _ in range(8):
                connection.sendall(chunk)
        with contextlib.suppress(ConnectionError):
            assert b" 413 " in connection.recv(65536).splitlines()[0]


def test_tiny_chunks_are_counted(server):
    chunks = b"1\r\n0\r\n" * 20_000
    found = b""
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.settimeout(60)
        connection.sendall(head(INFER, "Transfer-Encoding: chunked"))
        with contextlib.suppress(ConnectionError):
            connection.sendall(chunks)
            found = connection.recv(65536)
    assert b" 413 " in found


def test_two_lengths_are_refused(server):
    found, _ = raw(server, head(INFER, "Content-Length: 5", "Transfer-Encoding: chunked") + b"0\r\n\r\n")
    assert b" 200 " not in found.splitlines()[0]
    found, _ = raw(server, head(INFER, "Content-Length: 5", "Content-Length: 6") + b"12345")
    assert b" 400 " in found.splitlines()[0]


def test_headers_are_few_and_short(server):
    assert b" 431 " in raw(server, head("/v2", f"X: {'x' * 200_000}", method="GET"))[0].splitlines()[0]
    assert b" 4" in raw(server, head("/" + "x" * 10**6, method="GET"))[0].splitlines()[0]
    refused(server, 431, path="/v2", headers=[(f"X-{n}", "1") for n in range(100)])
    refused(server, 414, path="/v2?" + "x" * 9000)


@pytest.mark.parametrize(
    ("body", "encoding", "status"),
    [
        (gzip.compress(b"[" * (MOST + 1)), "gzip", 413),
        (zlib.compress(b"0" * (50 * MOST)), "deflate", 413),
        (gzip.compress(b"0") * 20, "gzip", 413),
        (gzip.compress(GOOD)[:-9], "gzip", 400),
        (b"not gzip", "gzip", 400),
        (GOOD, "br", 415),
        (gzip.compress(GOOD), "gzip, gzip", 415),
    ],
    ids=["gzip bomb", "deflate bomb", "many members", "cut off", "damaged", "unknown", "twice"],
)
def test_what_is_compressed_is_bounded_too(server, body, encoding, status):
    refused(server, status, body, headers=[("Content-Encoding", encoding)])


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "gzip, deflate, br", "identity"])
def test_answers_are_compressed_only_where_it_is_asked_for_by_name(server, encoding):
    _, headers, _ = server.get(INFER, data=GOOD, headers=[("Accept-Encoding", encoding)])
    assert headers.get("Content-Encoding") == (encoding if encoding in ("gzip", "deflate") else None)
    assert server.get("/v2", headers=[("Accept-Encoding", "gzip")])[1].get("Content-Encoding") is None


def test_json_is_read_up_to_its_own_limit(server):
    assert "1048576" in refused(server, 413, b"[" + b"0.1," * 300_000 + b"0]")
    assert "levels" in refused(server, 400, b"[" * 100_000)


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/v2/",
        "/v2/models",
        "/v2/models/series/",
        "/v2/models/../v2",
        "/v2/models/%2e%2e/config",
        "/v2/models/a%2Fconfig",
        "/v2/models/%00/ready",
        "/v2/models/series%5C/ready",
        "/v2/systemsharedmemory/status",
        "/v2/trace/setting",
        "/v2/logging",
        "/v2/models/" + "x" * 500,
        "/v2/models/%C3%A4",
    ],
)
def test_other_addresses_are_not_there(server, path):
    if path == "/v2/":
        assert server.get(path)[0] == 200
    else:
        refused(server, 404, path=path)


def test_other_methods_are_refused(server):
    for method in ("DELETE", "PUT", "PATCH", "OPTIONS"):
        refused(server, 405, path=INFER, method=method)
    refused(server, 405, path=INFER)


def test_what_follows_on_the_same_connection_is_answered(server):
    one = head("/v2/health/live", method="GET")
    found, _ = raw(server, one + one + head("/v2/health/live", "Connection: close", method="GET"))
    assert found.count(b" 200 ") == 3


def test_who_waits_for_leave_to_send_gets_it(server):
    lines = f"Content-Length: {len(GOOD)}", "Expect: 100-continue", "Connection: close"
    found, _ = raw(server, head(INFER, *lines) + GOOD)
    assert b" 100 " in found
    assert b" 200 " in found


def test_who_hangs_up_is_not_missed(server):
    for _ in range(50):
        with socket.create_connection(("127.0.0.1", server.port)) as connection:
            connection.sendall(head(INFER, f"Content-Length: {len(GOOD)}") + GOOD)
    started = time.monotonic()
    assert server.get(INFER, data=GOOD)[0] == 200
    assert time.monotonic() - started < 5


def test_files_and_threads_do_not_stay(server):
    process = psutil.Process(server.process.pid)
    for _ in range(20):
        assert server.get(INFER, data=GOOD)[0] == 200
    before = process.num_fds(), process.num_threads()
    for _ in range(200):
        server.get(INFER, data=GOOD)
    time.sleep(0.5)
    after = process.num_fds(), process.num_threads()
    assert after[0] <= before[0] + 5
    assert after[1] <= before[1] + 2


def test_plain_routes_say_which_tasks_they_are_for(server):
    for route in ("forecast", "transcribe"):
        assert "classify model" in refused(server, 400, b"{}", path=f"/v1/models/series/{route}")
    assert "classify model" in refused(server, 400, b"{}", path="/v1/models/series/generate")
    assert "generate" in refused(server, 400, b"{}", path="/v1/models/language/predict")
    refused(server, 400, b'{"prompt": "\xe4\xb8\x80"}', path="/v1/models/language/generate")
    refused(server, 400, b'{"length": "5"}', path="/v1/models/language/generate")


def test_plain_answers(server):
    values = serving.steps(2, 4)
    _, _, body = server.get(
        "/v1/models/series/predict", data=json.dumps({"sequences": values.tolist()}).encode()
    )
    answers = json.loads(body)["answers"]
    expected = serving.series_model().predict([*values])
    assert [one["label"] for one in answers] == expected.best()
    _, _, body = server.get("/v1/models/language/generate", data=b'{"prompt":"to","length":9,"stream":false}')
    whole = json.loads(body)["text"]
    _, headers, body = server.get("/v1/models/language/generate", data=b'{"prompt":"to","length":9}')
    assert headers["Content-Type"].startswith("text/event-stream")
    pieces = [
        json.loads(line[6:]).get("text", "")
        for line in body.decode().splitlines()
        if line.startswith("data:")
    ]
    assert "".join(pieces) == whole == serving.language_model().generate("to", 9)[0]
