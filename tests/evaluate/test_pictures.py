"""Series of any shape become a picture."""

import numpy as np
import pytest

from ostinato.evaluate.attribution import occlude_series
from ostinato.evaluate.pictures import attention, series_attribution, thumbnail


def first_step(batch):
    seen = np.array([rows[0, 0] for rows in batch])
    return np.stack([1 - seen, seen], axis=1)


@pytest.mark.parametrize("constant", [True, False])
@pytest.mark.parametrize("shape", [(1, 1), (2, 1), (1, 7), (300, 1), (20, 6), (90, 90)])
def test_series_of_any_shape_are_drawn(shape, constant):
    rng = np.random.default_rng(0)
    values = np.full(shape, 0.9) if constant else rng.random(shape)
    values[0] = 0.9
    values = values.astype(np.float32)
    names = tuple(f"c{i}" for i in range(shape[1]))
    found = occlude_series(first_step, values, np.zeros(shape[1]))
    assert f"{shape[0]} steps of {shape[1]} channels" in thumbnail(values, "a")
    assert "most on steps 1 to" in series_attribution(values, found, names, "b")


def test_channels_in_one_unit_share_a_range_so_that_a_loud_band_stands_out_of_faint_ones():
    values = np.random.default_rng(0).random((20, 9)).astype(np.float32)
    values[:, 4] += 50
    strengths, each_its_own = (thumbnail(values, "a", alike=alike).count("<path") for alike in (True, False))
    assert strengths == 2 < each_its_own


def test_a_decision_against_all_evidence_says_so():
    found = occlude_series(first_step, np.array([[0.6]], np.float32), np.array([0.9]))
    drawn = series_attribution(np.array([[0.6]], np.float32), found, ("c",), "a")
    assert "on no stretch of steps alone" in drawn


def test_a_picture_stays_small_however_long_the_series():
    values = np.random.default_rng(0).random((20_000, 200)).astype(np.float32)
    assert len(thumbnail(values, "a")) < 400_000


@pytest.mark.parametrize("shape", [(1, 1), (3, 40), (40, 3)])
def test_attention_of_any_shape_is_drawn_with_its_tokens(shape):
    said, read = shape
    values = np.full(shape, 1 / read)
    drawn = attention(values, [f"<r{i}>" for i in range(read)], [f" s{i}" for i in range(said)], "a")
    assert f"Attention of {said} tokens that were said to {read} that were read" in drawn
    assert "&lt;r0&gt;" in drawn
    assert f">s{said - 1}<" in drawn
