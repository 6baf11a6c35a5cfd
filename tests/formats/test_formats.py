"""Models of every released format version load and answer as they did when they were written."""

import json
from pathlib import Path

import numpy as np
import pytest

from ostinato import runtime
from ostinato.archive import model

HERE = Path(__file__).parent
GOLDEN = sorted(path.parent for path in HERE.glob("v*/*/manifest.json"))


def test_every_released_version_has_golden_models():
    versions = {int(path.parent.name[1:]) for path in GOLDEN}
    assert versions == set(range(1, model.MODEL.version + 1))
    assert len(GOLDEN) == 4


@pytest.mark.parametrize("place", GOLDEN, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_a_golden_model_says_what_it_said(place):
    described = model.describe(place)
    assert f"v{described['format_version']}" == place.parent.name
    assert model.load(place).card.startswith(f"# {place.name}\n")
    assert sum(described["files"].values()) < 30_000


@pytest.mark.parametrize("place", GOLDEN, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_a_golden_model_answers_as_it_did(place):
    expected = json.loads((place.parent / "expected.json").read_text())[place.name]
    inputs = expected["inputs"]
    if isinstance(inputs[0], list):
        inputs = [np.array(values, np.float32) for values in inputs]
    else:
        pytest.importorskip("tokenizers", reason="reading text needs ostinato[text]")
    np.testing.assert_allclose(runtime.load(place).scores(inputs), expected["scores"], rtol=0, atol=1e-5)
