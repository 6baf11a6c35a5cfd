"""A followed series' state as bytes: the same stream goes on from them, and from nothing else."""

from dataclasses import replace

import numpy as np
import pytest

import forecasters
from ostinato.errors import StreamError
from ostinato.runtime.forecast import SeriesModel
from ostinato.runtime.series_kept import _even
from ostinato.runtime.series_stream import kept_rows
from ostinato.runtime.streams.kept import from_bytes, to_bytes


def followed(kind, steps=60, start=None):
    """Return a model and a stream that has heard so many rows of the first series."""
    data, model = forecasters.model(kind)
    rows = data.values[0][: steps + model.horizon].copy()
    rows[steps - 1, : len(data.targets)] = 10.0
    rows[steps:, : len(data.targets)] = np.nan
    static = [data.static[0]] if data.static else [()]
    return model, model.follow(model.panel([rows], [forecasters.START if start is None else start], static))


@pytest.mark.parametrize("kind", forecasters.KINDS)
def test_a_stream_goes_on_from_its_bytes(kind):
    model, stream = followed(kind)
    again = model.resume(model.kept(stream))
    assert again is not None
    assert (again.time, again.static) == (stream.time, stream.static)
    for name, array in stream.state().items():
        np.testing.assert_array_equal(again.state()[name], array)
    np.testing.assert_array_equal(again.forecast().point, stream.forecast().point)


def test_the_bytes_are_as_many_however_much_was_heard():
    model, stream = followed("direct")
    _, short = followed("direct", steps=6)
    assert len({len(model.kept(one)) for one in (None, short, stream)}) == 1


def test_a_series_may_begin_before_1970():
    model, stream = followed("direct", start=-86_400_000_000)
    assert model.resume(model.kept(stream)).time == stream.time < forecasters.START


def test_a_stream_that_has_heard_nothing_is_none():
    model, _ = followed("everything")
    assert model.resume(model.kept(None)) is None


def test_other_bytes_are_refused():
    model, stream = followed("everything")
    data = model.kept(stream)
    other, _ = followed("direct")
    for bad, word in ((data[:-1], "damaged"), (b"", "no stream's state")):
        with pytest.raises(StreamError, match=word):
            model.resume(bad)
    with pytest.raises(StreamError, match="of another model"):
        other.resume(data)


def test_a_model_that_leaves_the_linear_one_out_is_another_model():
    model, stream = followed("direct")
    recipe = model.spec.recipe
    network = recipe.network.model_copy(update={"linear": not recipe.network.linear})
    spec = model.spec.model_copy(update={"recipe": recipe.model_copy(update={"network": network})})
    other = SeriesModel(spec, model.network, model.preprocessor)
    with pytest.raises(StreamError, match="of another model"):
        other.resume(model.kept(stream))


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"steps": 10_000}, "more rows"),
        ({"held": b"\xff"}, "does not tell what describes"),
        ({"held": b"[1]"}, "does not tell what describes"),
        ({"held": b"[]"}, "describes a series otherwise"),
    ],
    ids=str,
)
def test_bytes_that_say_what_no_stream_does_are_refused(change, word):
    model, stream = followed("everything")
    form = _even(stream.state(), kept_rows(model.teller))
    kept = from_bytes(model.fingerprint(), form, model.kept(stream))
    with pytest.raises(StreamError, match=word):
        model.resume(to_bytes(model.fingerprint(), replace(kept, **change)))


def test_a_copy_goes_on_by_itself():
    _, stream = followed("direct")
    before, other = stream.forecast().point, stream.copy()
    other.update(np.array([99.0] * 6))
    np.testing.assert_array_equal(stream.forecast().point, before)
    assert (other.forecast().point != before).any()
