"""Who has no token sees nothing; pages of other sites reach nothing; names of clients keep streams apart."""

import base64
import json
import os
import subprocess
import sys

import pytest

import serving
from ostinato.errors import ArgumentError, ServeError
from ostinato.serve.web.app import ASSETS, ROUTES
from ostinato.serve.web.auth import Buckets, Tokens, read_tokens

ALICE, BOB, ADMIN = "alice-token-0123456789", "bob-token-0123456789ab", "admin-token-0123456789"
INFER = "/v2/models/series/infer"


def bearer(token):
    return [("Authorization", f"Bearer {token}")]


def basic(name, token):
    return [("Authorization", "Basic " + base64.b64encode(f"{name}:{token}".encode()).decode())]


def body(**parameters):
    tensor = {"name": "steps", "shape": [1, 1, 3], "datatype": "FP32", "data": [1, 2, 3]}
    return json.dumps({"inputs": [tensor], "parameters": parameters}).encode()


@pytest.fixture(scope="module")
def guarded(directories, tmp_path_factory):
    """Return a server that asks for tokens."""
    file = tmp_path_factory.mktemp("tokens") / "tokens"
    file.write_text(f"# who may come\nalice:{ALICE}\nbob:{BOB}\nadmin:{ADMIN}\n")
    file.chmod(0o600)
    options = ("--token-file", str(file), "--state-store", "none", "--rate", "500")
    with serving.serving(directories / "series", options=options) as running:
        yield running


def test_every_route_but_two_needs_a_token(guarded):
    paths = {(method, path) for method, path, _ in ROUTES} | {("GET", path) for path in (*ASSETS, "/metrics")}
    paths.add(("GET", "/nothing"))
    for method, path in sorted(paths):
        address = path.format(model="series", version="1", id="1")
        status, _, said = guarded.get(
            address, method=method, data=b"{}" if method in ("POST", "PUT") else None
        )
        expected = 200 if path in ("/v2/health/live", "/v2/health/ready") else 401
        assert status == expected, (method, path, said)


@pytest.mark.parametrize(
    "headers",
    [
        bearer("wrong-token-0123456789"),
        bearer(""),
        basic("bob", ALICE),
        basic("", ALICE),
        [("Authorization", "Basic !!!")],
        [("Authorization", ALICE)],
        [("Authorization", "")],
    ],
)
def test_a_wrong_token_is_none(guarded, headers):
    status, answer, said = guarded.get("/v2", headers=headers)
    assert status == 401
    assert answer["WWW-Authenticate"].startswith("Basic")
    assert "token" in json.loads(said)["error"]
    assert guarded.get(f"/v2?token={ALICE}&access_token={ALICE}")[0] == 401


@pytest.mark.parametrize("headers", [bearer(ALICE), basic("alice", ALICE), basic("bob", BOB)])
def test_a_right_token_opens(guarded, headers):
    assert guarded.get("/v2", headers=headers)[0] == 200


def test_streams_of_two_clients_do_not_meet(guarded):
    assert guarded.get(INFER, data=body(sequence_id=1, sequence_start=True), headers=bearer(ALICE))[0] == 200
    status, _, said = guarded.get(INFER, data=body(sequence_id=1), headers=bearer(BOB))
    assert status == 400
    assert "START" in json.loads(said)["error"]
    assert guarded.get("/v1/models/series/streams/1/state", headers=bearer(BOB))[0] == 400
    assert guarded.get("/v1/models/series/streams/1/state", headers=basic("alice", ALICE))[0] == 200


def test_models_are_loaded_anew_by_the_admin_alone(guarded):
    path = "/v2/repository/models/series/load"
    assert guarded.get(path, data=b"{}", headers=bearer(ALICE))[0] == 403
    bomb = json.dumps({"parameters": {"config": "{}", "file:1/x": "AAAA"}}).encode()
    assert guarded.get(path, data=bomb, headers=bearer(ADMIN))[0] == 400
    assert guarded.get(path, data=b"", headers=bearer(ADMIN))[0] == 200
    _, _, said = guarded.get("/v2/models/series", headers=bearer(ALICE))
    assert json.loads(said)["versions"][-1] == "2"
    assert guarded.get(INFER, data=body(sequence_id=1), headers=bearer(ALICE))[0] in (200, 400)


def test_pages_of_other_sites_are_turned_away(server):
    assert server.get("/v2", headers=[("Host", "evil.example")])[0] == 403
    assert server.get(INFER, data=body(), headers=[("Origin", "http://evil.example")])[0] == 403
    for method in ("GET", "PUT", "DELETE", "POST"):
        path = (
            "/v1/models/series/streams/1/state" if method in ("GET", "PUT") else "/v1/models/series/streams/1"
        )
        assert server.get(path, method=method, headers=[("Origin", "http://evil.example")])[0] == 403
    status, headers, _ = server.get(
        INFER, data=body(), headers=[("Origin", server.url), ("Host", server.address)]
    )
    assert status == 200
    assert "Access-Control-Allow-Origin" not in headers


def test_guesses_have_to_wait():
    tokens = Tokens({"alice": ALICE})
    for _ in range(20):
        with pytest.raises(ServeError) as caught:
            tokens.client("Bearer wrong-token-0123456789", "10.0.0.1")
        assert caught.value.status == 401
    with pytest.raises(ServeError) as caught:
        tokens.client(f"Bearer {ALICE}", "10.0.0.1")
    assert caught.value.status == 429
    assert tokens.client(f"Bearer {ALICE}", "10.0.0.2") == "alice"


def test_who_asks_too_often_waits(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    buckets = Buckets(rate=2.0, size=4.0)
    assert [buckets.take("a") for _ in range(4)] == [0.0] * 4
    assert buckets.take("a") == 0.5
    assert buckets.take("b") == 0.0
    now[0] += 0.5
    assert buckets.take("a") == 0.0


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "no token"),
        ("# nothing\n", "no token"),
        ("alice\n", "line 1"),
        ("alice:short\n", "line 1"),
        (f":{ALICE}\n", "line 1"),
        (f"alice:{ALICE}\nalice:{BOB}\n", "line 2"),
        (f"alice:{ALICE}\nbob:{ALICE}\n", "line 2"),
    ],
)
def test_a_file_that_holds_no_tokens_is_refused(tmp_path, text, word):
    file = tmp_path / "tokens"
    file.write_text(text)
    file.chmod(0o600)
    with pytest.raises(ArgumentError, match=word):
        read_tokens(file)


def test_tokens_that_others_can_read_are_refused(tmp_path):
    file = tmp_path / "tokens"
    file.write_text(f"alice:{ALICE}\n")
    file.chmod(0o644)
    with pytest.raises(ArgumentError, match="chmod 600"):
        read_tokens(file)


def test_nobody_is_let_in_from_outside_by_mistake(directories, tmp_path):
    command = [
        sys.executable,
        "-c",
        "from ostinato.cli import main; main()",
        "serve",
        str(directories / "series"),
    ]
    found = subprocess.run(
        [*command, "--host", "0.0.0.0"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=os.environ,
        timeout=120,
    )
    assert found.returncode == 2
    assert "--insecure" in found.stderr
