"""Steps of time: inferred, advanced, checked."""

from datetime import datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostinato.errors import ArgumentError
from ostinato.read import grid
from ostinato.spec.windows import Frequency


def times(*stamps):
    return np.array(stamps, "M8[us]").astype(np.int64)


@pytest.mark.parametrize("text", ["s", "30min", "h", "6h", "D", "W", "M", "3M", "Y"])
def test_a_frequency_is_written_as_it_is_read(text):
    assert grid.written(grid.parse(text)) in (text, f"1{text}")


@pytest.mark.parametrize("text", ["", "0h", "1.5h", "hour", "-1D", "1H"])
def test_what_is_no_frequency_is_refused(text):
    with pytest.raises(ArgumentError, match="expected a number and one of"):
        grid.parse(text)


@given(
    st.sampled_from(["7min", "h", "D", "W", "M", "3M", "Y"]),
    st.integers(0, 2_000),
    st.datetimes(min_value=datetime(1950, 1, 1), max_value=datetime(2040, 1, 1)),
)
def test_times_that_were_advanced_are_even_and_stand_where_they_should(text, steps, begin):
    if begin.day > 28 and text[-1] in "MY":
        begin = begin.replace(day=28)  # the 30th of every month is no even grid
    frequency, start = grid.parse(text), int(np.datetime64(begin, "us").astype(np.int64))
    found = grid.after(start, np.arange(steps + 1), frequency)
    assert grid.is_even(found, frequency).all()
    np.testing.assert_array_equal(grid.positions(found, frequency), np.arange(steps + 1))
    if steps > 1:
        assert grid.inferred([found], stamps=True) in (frequency, grid.parse("7D"))


def test_ends_of_months_are_followed_by_ends_of_months():
    ends = times("2023-11-30", "2023-12-31", "2024-01-31", "2024-02-29")
    assert grid.inferred([ends], stamps=True) == grid.parse("M")
    assert grid.is_even(ends, grid.parse("M")).all()
    np.testing.assert_array_equal(grid.after(int(ends[0]), np.arange(4), grid.parse("M")), ends)


def test_the_step_is_the_one_that_most_rows_have():
    stamps = times("2024-01-01", "2024-01-02", "2024-01-03", "2024-01-06")
    assert grid.inferred([stamps[:1], stamps], stamps=True) == grid.parse("D")
    assert grid.is_even(stamps, grid.parse("D")).tolist() == [True, True, False]
    assert grid.inferred([np.array([0, 5, 10])], stamps=False) == Frequency(count=5)
    assert grid.inferred([np.array([3])], stamps=False) is None
