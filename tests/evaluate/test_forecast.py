"""The evaluation of a forecaster: its JSON, its table and its report, checked against its numbers."""

import json
from dataclasses import replace

import numpy as np
import pytest

import forecasters
from ostinato.answers.forecast import Backtest
from ostinato.answers.outlook import Forecasts
from ostinato.evaluate.forecast import Example, ForecastEvaluation, to_html

TRUTH = np.array([[[1.0], [2.0]], [[4.0], [np.nan]]])
POINT = np.array([[[1.5], [2.0]], [[3.0], [9.0]]])


def evaluation(intervals=True):
    """Return the evaluation of two windows of two steps, whose numbers are worked out by hand."""
    _, model = forecasters.model("direct")
    band = {0.8: (POINT - 0.75, POINT + 0.75)} if intervals else {}
    simple = {"last value": POINT + 10, "seasonal naive": POINT + 1, "linear": POINT - 20}
    backtest = Backtest(
        series=np.zeros(2, np.int64),
        origins=np.arange(2),
        truth=TRUTH,
        found=Forecasts(POINT, intervals=band),
        simple=simple,
        in_sample=np.full((2, 1), 0.25),
        target=np.zeros(2, np.int64),
    )
    example = Example(
        name="<s0>",
        origin="2024-01-04 07:00:00",
        history=np.array([2.0, 3.0, 1.0]),
        truth=TRUTH[0, :, 0],
        forecast=POINT[0, :, 0],
        bands={level: (low[0, :, 0], high[0, :, 0]) for level, (low, high) in band.items()},
    )
    return ForecastEvaluation(
        model=model.spec, name="de<mand", source="new.csv", backtest=backtest, examples=[example]
    )


def test_the_json_holds_what_the_windows_say():
    found = json.loads(evaluation().to_json())
    assert (found["model"], found["data"], found["windows"]) == ("de<mand", "new.csv", 2)
    assert found["scores"]["mae"] == pytest.approx(0.5)
    assert found["scores"]["mase"] == pytest.approx(2.0)
    assert found["coverage"] == {"0.8": pytest.approx(2 / 3)}
    assert found["width"] == {"0.8": pytest.approx(1.5)}
    assert found["mae_by_step"]["model"] == pytest.approx([0.75, 0.0])
    assert found["simple"].keys() == {"last value", "seasonal naive", "linear"}
    assert found["verdict"].startswith("The model beats every simple method")
    assert "NaN" not in evaluation().to_json()


def test_the_table_has_a_row_a_method_and_how_much_lay_inside():
    text = evaluation().to_table()
    lines = text.splitlines()
    assert lines[0] == "de<mand on new.csv, 2 windows"
    assert [line.split("  ")[0].strip() for line in lines[3:7]] == [
        "model", "last value", "seasonal naive", "linear"
    ]  # fmt: skip
    assert "inside the 80% interval" in text
    assert "66.7% (width 1.5)" in text
    assert lines[-1] == evaluation().backtest.verdict()


def test_a_model_without_intervals_says_nothing_of_them():
    found = evaluation(intervals=False)
    assert found.facts() == []
    assert found.to_dict()["coverage"] == {}
    assert found.to_dict()["scores"]["quantile_loss"] is None
    assert "values inside" not in to_html(found)


def test_an_error_that_nothing_scales_is_undefined_and_no_number():
    found = evaluation()
    unscaled = replace(found, backtest=replace(found.backtest, in_sample=np.zeros((2, 1))))
    assert unscaled.to_dict()["scores"]["mase"] is None
    assert unscaled.rows()[0][-1] == "undefined"
    assert "MASE" not in to_html(unscaled).split("Beside simple methods")[0]


def test_the_report_escapes_names_and_is_the_same_every_time():
    found = evaluation()
    page = to_html(found)
    assert to_html(found) == page
    assert "de&lt;mand" in page
    assert "<s0>" not in page
    assert "Foretold from 2024-01-04 07:00:00." in page
    assert found.backtest.verdict() in page
    assert "66.7%" in page
    bare = replace(found, examples=())
    assert "Windows, evenly spread" not in to_html(bare)
    assert page.count("<svg") == to_html(bare).count("<svg") + 1
