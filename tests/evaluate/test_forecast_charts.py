"""The charts of a forecast's report: what is drawn, and that the words in them are safe."""

import xml.etree.ElementTree as ET

import numpy as np
import pytest

from ostinato.evaluate.forecast import Example
from ostinato.evaluate.forecast_charts import by_step, window


def example(**changes):
    given = {
        "name": "a <b> & c",
        "origin": "2024-01-01",
        "history": np.array([1.0, np.nan, 3.0]),
        "truth": np.array([4.0, np.nan]),
        "forecast": np.array([3.5, 4.5]),
        "bands": {0.8: (np.array([3.0, 4.0]), np.array([4.0, 5.0])),
                  0.95: (np.array([2.0, 3.0]), np.array([5.0, 6.0]))},
    }  # fmt: skip
    return Example(**(given | changes))


def test_a_window_shows_its_bands_and_names_them():
    drawn = window(example(), "window0")
    ET.fromstring(drawn)
    for word in ("80%", "95%", "what came", "forecast", "steps ahead"):
        assert word in drawn
    assert "a &lt;b&gt; &amp; c" in drawn
    assert "from 2024-01-01, 2 steps" in drawn
    bare = window(example(bands={}), "window0")
    assert "80%" not in bare
    assert bare.count("<path") < drawn.count("<path")


@pytest.mark.parametrize("steps", [1, 5])
def test_errors_by_step_show_every_method_from_the_first_step_to_the_last(steps):
    errors = {"model": np.linspace(0.5, 2, steps), "last value": np.full(steps, 3.0)}
    drawn = by_step(errors)
    ET.fromstring(drawn)
    assert "last value" in drawn
    last = errors["model"][-1]
    assert (
        f"the model&#x27;s from 0.5 to {last:.3g}" in drawn or f"the model's from 0.5 to {last:.3g}" in drawn
    )
