"""Fixtures that several tests share."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from ostinato.runtime import native

NATIVE = native.why_not() is None
PRESENT = {"native": NATIVE, "native_recompute": NATIVE, "aten": True, "reference": True}


@pytest.fixture(params=PRESENT)
def backend(request: pytest.FixtureRequest) -> str:
    """Return a backend's name; fail if CI says it must be here and it is not."""
    required = os.environ.get("OSTINATO_REQUIRE_BACKENDS", "").split(",")
    if not PRESENT[request.param]:
        (pytest.fail if request.param in required else pytest.skip)(f"no {request.param} backend here")
    return request.param


@pytest.fixture
def real() -> Callable[[str], Path]:
    """Return a function from a folder's name to the folder of real data, or skip the test."""

    def real(name: str) -> Path:
        if "OSTINATO_DATA" not in os.environ:
            pytest.skip("OSTINATO_DATA does not say where the real data is")
        return Path(os.environ["OSTINATO_DATA"], name)

    return real
