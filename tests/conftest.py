"""Fixtures that several tests share."""

import os

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
