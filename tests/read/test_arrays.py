"""Sequences in memory."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse

from ostinato.errors import ArgumentError, DataError
from ostinato.read import Limits, from_arrays


@pytest.mark.parametrize(
    ("X", "shapes"),
    [
        ([np.ones((2, 3)), np.ones((5, 3))], [(2, 3), (5, 3)]),
        ([np.ones(2), np.ones((5, 1))], [(2, 1), (5, 1)]),
        (np.ones((2, 4, 3)), [(4, 3), (4, 3)]),
        (np.ones((2, 4)), [(4, 1), (4, 1)]),
        ([[1, 2, 3], [4]], [(3, 1), (1, 1)]),
        (([[1, 2], [3, 4]], [[5, 6]]), [(2, 2), (1, 2)]),
        (np.array([np.ones(2), np.ones(3)], dtype=object), [(2, 1), (3, 1)]),
        (np.ones((2, 4), dtype=bool), [(4, 1), (4, 1)]),
        (np.ones((2, 4), dtype=np.float16), [(4, 1), (4, 1)]),
        (pd.DataFrame(np.ones((2, 4))), [(4, 1), (4, 1)]),
        (np.asfortranarray(np.ones((2, 4, 3)))[:, ::-1], [(4, 3), (4, 3)]),
    ],
)
def test_series_become_float32_of_steps_and_features(X, shapes):
    sequences = from_arrays(X)
    assert sequences.kind == "series"
    assert [value.shape for value in sequences.values] == shapes
    assert {value.dtype for value in sequences.values} == {np.dtype(np.float32)}
    assert sequences.labels is None
    assert sequences.channels == tuple(f"channel_{i + 1}" for i in range(shapes[0][1]))
    assert sequences.ids == ["0", "1"]
    assert sequences.places == ["X[0]", "X[1]"]


@pytest.mark.parametrize(
    "X",
    [
        ["to be", "NA"],
        ("to be", "NA"),
        np.array(["to be", "NA"]),
        np.array(["to be", "NA"], dtype=object),
        pd.Series(["to be", "NA"]),
        pl.Series(["to be", "NA"]),
        [np.str_("to be"), "NA"],
    ],
    ids=lambda X: type(X).__name__,
)
def test_texts_stay_texts(X):
    sequences = from_arrays(X, [1, 2])
    assert sequences.kind == "text"
    assert sequences.values == ["to be", "NA"]
    assert {type(text) for text in sequences.values} == {str}
    assert sequences.channels == ()


@pytest.mark.parametrize(
    ("y", "labels"),
    [
        ([1, 2], ["1", "2"]),
        (np.array([1.0, 2.5]), ["1.0", "2.5"]),
        ([True, False], ["True", "False"]),
        (np.array(["NA", "007"]), ["NA", "007"]),
        (pd.Series(["a", "b"]), ["a", "b"]),
        (pl.Series([1, 2]), ["1", "2"]),
    ],
)
def test_labels_become_text(y, labels):
    assert from_arrays(np.ones((2, 3)), y).labels == labels


@pytest.mark.parametrize(
    ("y", "error", "why"),
    [
        ([1], ArgumentError, "y has 1 labels and X has 2 sequences"),
        (np.ones((2, 2)), ArgumentError, r"y has shape \(2, 2\)"),
        ([1, None], DataError, r"y\[1\]: the label is blank"),
        ([1, float("nan")], DataError, r"y\[1\]: the label is blank"),
        ([1, 1j], DataError, r"y\[1\] is a complex"),
        ([1, "x" * 5000], DataError, r"y\[1\]: the label 'x+… has 5,000 characters"),
        (3, ArgumentError, "y is a int; expected a list or an array of labels"),
    ],
)
def test_labels_that_do_not_fit_are_refused(y, error, why):
    with pytest.raises(error, match=why):
        from_arrays(np.ones((2, 3)), y)


@pytest.mark.parametrize(
    ("X", "error", "why"),
    [
        ("to be", ArgumentError, "X is a str"),
        ({"a": 1}, ArgumentError, "X is a dict"),
        (5, ArgumentError, "X is a int"),
        (np.ones(3), ArgumentError, r"X has shape \(3,\)"),
        (np.ones((1, 2, 3, 4)), ArgumentError, r"X has shape \(1, 2, 3, 4\)"),
        (scipy.sparse.csr_matrix(np.ones((2, 3))), ArgumentError, "sparse.*toarray"),
        (np.ones((2, 3), dtype=complex), DataError, "Complex data not supported"),
        (np.ones((2, 3), dtype=object), DataError, "X has dtype object.*astype"),
        (np.array([["a", "b"]]), DataError, "X has dtype <U1"),
        (np.array([["2024-05-01"]], dtype="datetime64[D]"), DataError, "X has dtype datetime64"),
        ([], DataError, "no sequences"),
        (np.ones((0, 3)), DataError, "no sequences"),
        ([np.ones(3), np.ones((2, 2))], DataError, r"X\[1\] has 2 features and X\[0\] has 1"),
        ([np.ones(3), np.ones(0)], DataError, r"X\[1\]: the sequence has no steps"),
        (np.ones((2, 0)), DataError, r"X\[0\]: the sequence has no steps"),
        (np.ones((2, 3, 0)), DataError, r"X\[0\] has shape \(3, 0\)"),
        ([np.ones(3), np.ones((1, 1, 1))], DataError, r"X\[1\] has shape \(1, 1, 1\)"),
        ([np.ones(3), 5], DataError, r"X\[1\] has shape \(\)"),
        ([np.ones(3), None], DataError, r"X\[1\] has dtype object"),
        ([np.ones(3), "to be"], DataError, r"X\[1\] is a text"),
        ([[1, 2], [[1], [2, 3]]], DataError, r"X\[1\]: its steps differ in length"),
        (
            [np.ones(3), [1, float("nan"), float("nan")]],
            DataError,
            r"X\[1\], step 1, channel 0: NaN .*2 such",
        ),
        ([np.ones(3), [1, float("inf")]], DataError, r"X\[1\], step 1, channel 0: inf is infinite"),
        ([np.ones(3), [1, 1e39]], DataError, r"X\[1\], step 1, channel 0: 1e\+39 is too large for a 32-bit"),
        (["to be", " "], DataError, r"X\[1\]: the text is blank"),
        (["to be", 5], DataError, r"X\[0\] is a text, but X has arrays"),
    ],
)
def test_what_is_no_sequence_is_refused(X, error, why):
    with pytest.raises(error, match=why) as caught:
        from_arrays(X)
    assert "\n" not in str(caught.value)


def test_d14_too_many_steps_are_refused():
    with pytest.raises(DataError, match=r"X\[1\]: the sequence has 5 steps, above the limit of 4"):
        from_arrays([np.ones(4), np.ones(5)], limits=Limits(steps=4))


def test_what_was_passed_is_not_changed_through_the_result():
    X = np.ones((1, 2, 1), dtype=np.float32)
    from_arrays(X).values[0][:] = 7
    assert X.tolist() == [[[1], [1]]]
