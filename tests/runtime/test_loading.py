"""M30, the whole way: whatever stands in the files of a model of any task, loading gives it or one error."""

import json
import tracemalloc
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytest.importorskip("tokenizers", reason="reading text needs ostinato[text]")
pytest.importorskip("symusic", reason="music needs ostinato[music]")

import model_files
from mutations import SEEDS, mutated, places, replaced
from ostinato.archive import model as archive
from ostinato.archive import tensors
from ostinato.errors import ModelFileError
from ostinato.runtime.loading import from_saved
from saved_models import CASES

PLACE = Path("memory")
FUZZ = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
cases = pytest.mark.parametrize("name", CASES)


def parts(name):
    """Return the header and the files of a good model of a kind."""
    spec, tokenizer = CASES[name]()
    random = np.random.default_rng(0)
    weights = {
        key: (array + random.normal(scale=0.1, size=array.shape) ** 2).astype(np.float32)
        for key, array in model_files.weights(spec).items()
    }
    files = {archive.WEIGHTS: tensors.encode("x", weights), archive.CARD: model_files.CARD.encode()}
    if tokenizer is not None:
        files[archive.TOKENIZER] = tokenizer
    return json.loads(spec.model_dump_json()), files


def attempt(header, files):
    """Return the model that is loaded, or None if it is refused in one line; all else is a failure."""
    try:
        model = from_saved(PLACE, archive.parse(PLACE, header, files))
    except ModelFileError as error:
        message = str(error)
    else:
        if model.why_not_stream() is None:  # what streams begins, and gives its state
            model.restore(model.stream().state())
        return model
    assert len(message) < 1200
    assert message.isprintable()
    return None


@cases
def test_the_attempt_tells_good_from_bad(name):
    header, files = parts(name)
    assert attempt(header, files) is not None
    assert attempt(header | {"task": "other"}, files) is None


@cases
@FUZZ
@given(data=st.data())
def test_m30_any_value_anywhere_in_the_description_of_any_model(name, data):
    header, files = parts(name)
    attempt(replaced(header, data), files)


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case()[1] is not None])
@FUZZ
@given(seed=SEEDS, data=st.data())
def test_m30_any_bytes_and_any_value_in_the_vocabulary(name, seed, data):
    header, files = parts(name)
    good = files[archive.TOKENIZER]
    attempt(header, files | {archive.TOKENIZER: mutated(good, Random(seed))})
    changed = replaced(json.loads(good), data)
    attempt(header, files | {archive.TOKENIZER: json.dumps(changed).encode()})


@pytest.mark.parametrize("name", ["classify, series", "language", "transcribe, live", "chat"])
@pytest.mark.parametrize("number", [2**20, 2**24, 2**31, 2**62])
def test_a_number_that_is_too_large_takes_no_memory(name, number):
    header, files = parts(name)
    way = [(path, key) for path, key in places(header) if type(path[key]) is int]
    tracemalloc.start()
    try:
        for container, key in way:
            before, container[key] = container[key], number
            tracemalloc.reset_peak()
            attempt(header, files)
            assert tracemalloc.get_traced_memory()[1] < 64 * 2**20, (key, number)
            container[key] = before
    finally:
        tracemalloc.stop()
