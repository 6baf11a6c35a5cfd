"""Batches of varied series: functions of the seed, the epoch and the sequence; gaps filled as always."""

import numpy as np
import pytest

from ostinato.data.examples import Examples
from ostinato.data.series import VariedSeries, series_or_tokens
from ostinato.preprocess.pack import unpacked
from ostinato.preprocess.prepare import fit
from ostinato.preprocess.series import SeriesPreprocessor
from ostinato.read.sequences import Sequences
from ostinato.spec.options import InputData
from ostinato.spec.series_options import SeriesAugmentation
from patients import engines, patients

ALL = SeriesAugmentation(channel_offset=0.5, channel_scaling=0.3, channel_noise=0.1, channel_mask=0.2)
NONE = SeriesAugmentation()
POLICIES = ["forward-fill", "mask", "decay"]


def series(options, seed=0, data=None, missing="forbid"):
    data = engines() if data is None else data
    return VariedSeries(SeriesPreprocessor.fit(data, "standard", missing), data, options, seed)


def rows(made, indices, epoch):
    """Return what each sequence became, by its position."""
    indices = np.array(sorted(indices, key=lambda index: -made.lengths[index]))
    batch, order = made.drawn(indices, epoch)
    found = unpacked(batch.data.numpy(), batch.batch_sizes.numpy())
    return dict(zip(indices[order].tolist(), found, strict=True))


@pytest.mark.parametrize("missing", POLICIES)
def test_without_variation_a_batch_holds_what_the_network_is_always_given(missing):
    data = patients()
    found = rows(series(NONE, data=data, missing=missing), range(8), 2)
    for index, expected in enumerate(SeriesPreprocessor.fit(data, "standard", missing).apply(data)):
        np.testing.assert_allclose(found[index], expected, rtol=1e-4, atol=1e-6)


def test_a_sequence_is_varied_by_seed_epoch_and_itself_alone():
    first = rows(series(ALL, 7), range(8), 3)
    again = rows(series(ALL, 7), [2, 1], 3)
    np.testing.assert_array_equal(first[1], again[1])
    np.testing.assert_array_equal(first[2], again[2])
    for other in (rows(series(ALL, 7), [1], 4), rows(series(ALL, 8), [1], 3)):
        assert (other[1] != first[1]).any()


def test_masks_gaps_and_descriptors_do_not_vary_where_no_channel_is_hidden():
    data, options = patients(), ALL.model_copy(update={"channel_mask": 0.0})
    expected = SeriesPreprocessor.fit(data, "standard", "mask").apply(data)
    for index, found in rows(series(options, data=data, missing="mask"), range(8), 0).items():
        np.testing.assert_allclose(found[:, 3:], expected[index][:, 3:])
        assert (found[:, :3] != expected[index][:, :3]).any()


@pytest.mark.parametrize("missing", POLICIES)
def test_whatever_is_missing_the_network_is_given_numbers(missing):
    for found in rows(series(ALL, data=patients(), missing=missing), range(8), 0).values():
        assert np.isfinite(found).all()


def test_a_value_that_is_carried_on_is_the_varied_one():
    data = patients(static=False, times=False)
    made = series(SeriesAugmentation(channel_noise=1.0), data=data, missing="forward-fill")
    for index, found in rows(made, range(8), 0).items():
        gaps = np.isnan(data.values[index][1:])
        np.testing.assert_array_equal(found[1:][gaps], found[:-1][gaps])


def test_sequences_vary_only_where_options_say_so():
    data = engines()
    preprocessor = SeriesPreprocessor.fit(data, "standard")
    assert isinstance(series_or_tokens(preprocessor, data, NONE, 0), Examples)
    assert isinstance(series_or_tokens(preprocessor, data, ALL, 0), VariedSeries)
    texts = Sequences("text", ["to be", "or not"], ["a", "b"])
    assert isinstance(series_or_tokens(fit(texts, InputData()), texts, NONE, 0), Examples)
