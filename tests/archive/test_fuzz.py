"""M30: whatever stands in a model's files, loading gives a model or one ModelFileError.

Checksums are made anew after each change, as an attacker would; otherwise nothing behind them were reached.
The bytes stay in memory, so that a case costs well under a millisecond of ours.
"""

import json
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model_files import SERIES, TEXT, from_memory, parts, safetensors_of
from mutations import SEEDS, mutated, replaced
from ostinato.archive import manifest, model, tensors
from ostinato.errors import ModelFileError

MANY = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
EACH = 60  # cases of one example; three times 60 x 60, and 1200 of values: 12,000 in all
PLACE = Path("memory")


def attempt(load):
    """Return what is loaded, or None if it is refused; any other error is a failure."""
    try:
        return load()
    except ModelFileError as error:
        message = str(error)
    assert len(message) < 1200
    assert message.isprintable()
    return None


def attempt_model(load):
    """Like `attempt`; a model that is loaded must be one."""
    saved = attempt(load)
    if saved is not None:
        assert {name: array.shape for name, array in saved.tensors.items()} == saved.model.network.tensors()
        assert all(np.isfinite(array).all() for array in saved.tensors.values())
    return saved


@pytest.mark.parametrize("spec", [SERIES, TEXT], ids=["series", "text"])
@settings(max_examples=600, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_m30_any_value_anywhere_in_the_manifest(spec, data):
    header, files = parts(spec)
    whole = replaced(header, data)
    attempt_model(lambda: from_memory(manifest.encode(whole, files, model.MODEL), files))


@MANY
@given(seed=SEEDS)
def test_m30_any_bytes_in_the_manifest(seed):
    header, files = parts(SERIES)
    good = manifest.encode(header, files, model.MODEL)
    zeroed = good.replace(json.loads(good)["sha256"].encode(), manifest.ZEROS.encode())
    random = Random(seed)
    for _ in range(EACH):
        changed = mutated(zeroed[:-82], random) + zeroed[-82:]
        sealed = changed[:-68] + manifest.digest(changed).encode() + changed[-4:]
        attempt_model(lambda sealed=sealed: from_memory(sealed, files))


@MANY
@given(seed=SEEDS)
def test_m30_any_bytes_in_the_weights(seed):
    _, files = parts(SERIES)
    shapes = SERIES.network.tensors()
    random = Random(seed)
    for _ in range(EACH):
        data = mutated(files[model.WEIGHTS], random)
        found = attempt(lambda data=data: tensors.decode(PLACE, data, shapes=shapes))
        assert found is None or {name: array.shape for name, array in found.items()} == shapes


@MANY
@given(seed=SEEDS)
def test_m30_any_bytes_in_the_header_of_the_weights(seed):
    weights = parts(SERIES)[1][model.WEIGHTS]
    size = int.from_bytes(weights[:8], "little")
    random = Random(seed)
    for _ in range(EACH):
        data = safetensors_of(mutated(weights[8 : 8 + size], random), weights[8 + size :])
        attempt(lambda data=data: tensors.decode(PLACE, data, dtypes=tensors.NUMBERS))  # as for checkpoints


def test_the_attempt_above_tells_good_from_bad():
    header, files = parts(SERIES)
    assert attempt_model(lambda: model.parse(PLACE, header, files)) is not None
    assert attempt_model(lambda: model.parse(PLACE, {}, files)) is None
    with pytest.raises(KeyError):
        attempt(lambda: files["nothing"])
