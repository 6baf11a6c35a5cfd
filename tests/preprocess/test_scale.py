"""Scaling: fitted on what it is given alone, exact for hostile numbers, and finite or refused."""

import numpy as np
import pytest

from ostinato.errors import ArgumentError, DataError
from ostinato.preprocess.observed import whole
from ostinato.preprocess.scale import fit_series, scale_rows
from ostinato.read.sequences import Sequences

METHODS = ["standard", "minmax", "none"]


def series(*arrays):
    values = [np.array(array, np.float32) for array in arrays]
    channels = tuple(f"c{i}" for i in range(values[0].shape[1]))
    return Sequences("series", values, [str(i) for i in range(len(values))], channels=channels)


def scaled(data, method):
    return np.concatenate(whole(fit_series(data, method), data.values, None, None))


def random(seed=0):
    generator = np.random.default_rng(seed)
    return series(*(generator.normal(3, [1, 1e-6, 1e6], (length, 3)) for length in (5, 40, 1)))


def test_standard_gives_mean_0_and_deviation_1_over_all_steps():
    rows = scaled(random(), "standard")
    np.testing.assert_allclose(rows.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(rows.std(axis=0), 1, atol=1e-5)


def test_minmax_gives_0_to_1():
    rows = scaled(random(), "minmax")
    assert rows.min(axis=0).tolist() == [0, 0, 0]
    assert rows.max(axis=0).tolist() == [1, 1, 1]


def test_none_changes_nothing():
    data = random()
    np.testing.assert_array_equal(scaled(data, "none"), np.concatenate(data.values))


@pytest.mark.parametrize("method", METHODS)
def test_results_are_float32_one_a_sequence(method):
    data = random()
    rows = whole(fit_series(data, method), data.values, None, None)
    assert [r.shape for r in rows] == [v.shape for v in data.values]
    assert {r.dtype for r in rows} == {np.dtype(np.float32)}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("constant", [0.0, 0.1, -3e38, 1e-45])
def test_a_constant_channel_has_spread_1(method, constant):
    fitted = fit_series(series([[constant], [constant]], [[constant]]), method)
    assert fitted.spread == (1.0,)


@pytest.mark.parametrize("method", ["standard", "minmax"])
@pytest.mark.parametrize("values", [(1e8, 1e8 + 8), (-3e38, 3e38), (1e-45, 3e-45)], ids=str)
def test_numbers_at_the_ends_of_float32_are_told_apart(method, values):
    rows = scaled(series([[values[0]], [values[1]]]), method)
    np.testing.assert_allclose(rows[:, 0], [-1, 1] if method == "standard" else [0, 1], atol=1e-6)


def test_other_sequences_change_nothing_in_what_was_fitted():
    data = random()
    fitted = fit_series(data, "standard")
    whole(fitted, random(seed=1).values, None, None)
    assert fitted == fit_series(data, "standard")


def test_one_row_is_scaled_as_it_is_among_others():
    data = random()
    fitted = fit_series(data, "standard")
    rows = scale_rows(fitted, data.values[1])
    np.testing.assert_array_equal(np.concatenate([scale_rows(fitted, r[None]) for r in data.values[1]]), rows)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_numbers_that_are_not_finite_are_refused(bad):
    with pytest.raises(DataError, match="NaN or infinity"):
        fit_series(series([[1.0], [bad]]), "standard")
    fitted = fit_series(series([[1.0], [2.0]]), "standard")
    with pytest.raises(DataError, match=f"sequence 2, step 3, channel 'c0' is {bad}"):
        whole(fitted, series([[1.0]], [[1.0], [2.0], [bad]]).values, None, None)


def test_a_number_that_overflows_when_scaled_is_refused():
    fitted = fit_series(series([[1e-20], [2e-20]]), "standard")
    with pytest.raises(DataError, match="step 1, channel 'c0'"):
        whole(fitted, series([[3e38]]).values, None, None)


@pytest.mark.parametrize("shape", [(2,), (2, 2), (0, 1), (1, 1, 1)], ids=str)
def test_wrong_shapes_are_refused(shape):
    fitted = fit_series(series([[1.0], [2.0]]), "none")
    with pytest.raises(DataError, match=r"sequence 1 has shape .* expected \(T, 1\)"):
        whole(fitted, [np.zeros(shape, np.float32)], None, None)


def test_text_and_nothing_cannot_be_fitted():
    for data in (Sequences("text", ["a"], ["1"]), Sequences("series", [], [])):
        with pytest.raises(DataError, match="numeric sequences"):
            fit_series(data, "standard")


def test_an_unknown_method_is_refused():
    with pytest.raises(ArgumentError, match="scale is 'robust'"):
        fit_series(random(), "robust")
