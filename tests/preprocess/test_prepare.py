"""The whole preparation: fitted on the training part alone, channels matched by name."""

import numpy as np
import pytest

from ostinato.errors import DataError
from ostinato.preprocess.prepare import fit, from_spec
from ostinato.read.sequences import Sequences
from ostinato.spec.options import SequenceData


def series(channels=("x", "y", "z"), seed=0):
    generator = np.random.default_rng(seed)
    values = [generator.normal(5, 2, (length, len(channels))).astype(np.float32) for length in (4, 2)]
    return Sequences("series", values, ["a", "b"], channels=tuple(channels))


def texts(*values):
    return Sequences("text", list(values), [str(i) for i in range(len(values))])


def test_other_data_leaves_what_was_fitted_as_it_was():
    fitted = fit(series(), SequenceData())
    before = fitted.spec.model_dump_json()
    fitted.apply(series(seed=1))
    assert fitted.spec.model_dump_json() == before
    assert fit(series(), SequenceData()).spec == fitted.spec


def test_options_reach_scaling_and_tokens():
    assert fit(series(), SequenceData(scale="minmax")).spec.scale == "minmax"
    spec = fit(texts("Ab Ab", "c"), SequenceData(tokens="char", lowercase=False, vocabulary_size=3)).spec
    assert (spec.tokens, spec.lowercase, spec.vocabulary_size) == ("char", False, 3)


def test_channels_in_another_order_are_matched_by_name():
    data = series()
    fitted = fit(data, SequenceData())
    turned = Sequences("series", [v[:, [2, 0, 1]] for v in data.values], data.ids, channels=("z", "x", "y"))
    for found, expected in zip(fitted.apply(turned), fitted.apply(data), strict=True):
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    ("channels", "words"),
    [
        (("x", "y"), "lacks 'z'"),
        (("x", "y", "z", "w"), "has 'w', which the model does not know"),
        (("x", "y", "w"), "lacks 'z' and has 'w'"),
        (("x", "y", "z", "z"), "the model reads the channels 'x', 'y', 'z'"),
    ],
)
def test_channels_that_differ_are_named(channels, words):
    fitted = fit(series(), SequenceData())
    with pytest.raises(DataError, match=words):
        fitted.apply(series(channels))


def test_series_and_text_are_not_mistaken_for_each_other():
    with pytest.raises(DataError, match="the data is text; this model reads series"):
        fit(series(), SequenceData()).apply(texts("a"))
    with pytest.raises(DataError, match="the data is series; this model reads text"):
        fit(texts("a"), SequenceData()).apply(series())


def test_the_unknown_rate_counts_tokens():
    fitted = fit(texts("a b c"), SequenceData())
    assert fitted.unknown_rate(texts("a b", "c d")) == 0.25
    assert fitted.unknown_rate(texts("never seen")) == 1.0
    assert fit(series(), SequenceData()).unknown_rate(series()) is None


@pytest.mark.parametrize("data", [series(), texts("one two", "two")], ids=["series", "text"])
def test_a_saved_preprocessor_prepares_the_same(data):
    fitted = fit(data, SequenceData())
    loaded = from_spec(fitted.spec, fitted.tokenizer_json())
    for found, expected in zip(loaded.apply(data), fitted.apply(data), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_a_tokenizer_too_many_or_too_few_is_refused():
    text, numbers = fit(texts("a"), SequenceData()), fit(series(), SequenceData())
    with pytest.raises(DataError, match=r"no tokenizer\.json"):
        from_spec(text.spec, None)
    with pytest.raises(DataError, match=r"has a tokenizer\.json"):
        from_spec(numbers.spec, text.tokenizer_json())
