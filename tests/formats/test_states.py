"""States of every released version are gone on from as when they were written."""

import json
from pathlib import Path

import numpy as np
import pytest

from ostinato import runtime
from ostinato.runtime.streams import kept

HERE = Path(__file__).parent
GOLDEN = sorted(HERE.glob("states_v*/*.state"))


def test_every_released_version_has_golden_states():
    versions = {int(path.parent.name.removeprefix("states_v")) for path in GOLDEN}
    assert versions == set(range(1, kept.VERSION + 1))
    assert len(GOLDEN) == 2


@pytest.mark.parametrize("kernels", ["auto", "numpy"])
@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_golden_state_is_gone_on_from(path, kernels):
    expected = json.loads((path.parent / "expected.json").read_text())[path.stem]
    if isinstance(expected["given"], str):
        pytest.importorskip("tokenizers", reason="reading text needs ostinato[text]")
    stream = runtime.load(HERE / expected["model"], kernels).restore(path.read_bytes())
    assert stream.state() == path.read_bytes()
    answer = stream.push(expected["given"])
    said = answer.nats if isinstance(expected["given"], str) else answer
    np.testing.assert_allclose(said, expected["said"], rtol=0, atol=1e-5)
    assert stream.steps == expected["steps"]
