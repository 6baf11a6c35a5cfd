"""A server that was used in all ways holds no more afterwards; ten minutes of it every night."""

import os

import pytest

pytest.importorskip("websockets", reason="the clients need ostinato[bench]")
pytest.importorskip("hypercorn", reason="serving needs ostinato[serve]")

from benchmarks import serving as clients
from benchmarks import soak

SECONDS, IDLE = (600.0, 20.0) if "OSTINATO_NIGHTLY" in os.environ else (3.0, 5.0)


@pytest.mark.slow
def test_nothing_has_grown_when_all_rest_again(tmp_path):
    assert soak.soak(clients.trained(tmp_path), tmp_path, SECONDS, IDLE) == []


@pytest.mark.parametrize(
    ("change", "grown"),
    [
        ({}, []),
        ({"memory": 100.0 + soak.MEMORY + 1}, ["memory"]),
        ({"files": 13, "threads": 7}, ["files"]),
        ({"threads": 8, "streams": 1}, ["threads", "streams"]),
    ],
)
def test_what_has_grown_is_named(change, grown):
    before = soak.Held(100.0, 10, 5, 0)
    assert soak.grown(before, before._replace(**change)) == grown
