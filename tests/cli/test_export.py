"""`ostinato export`: a model of 8-bit weights, and what it costs."""

import json

import numpy as np

from ostinato import runtime


def test_a_model_of_8_bit_weights_is_written_and_judged(ostinato, trained, series, tmp_path):
    model, _ = trained
    out = tmp_path / "small"
    process = ostinato("export", model, "--to", "int8", "--out", out, "--data", series[1], "--json")
    assert process.returncode == 0, process.stderr
    found = json.loads(process.stdout)
    assert found["scores"]["accuracy"]["before"] - found["scores"]["accuracy"]["after"] <= 0.05
    assert found["bytes"] == [sum(f.stat().st_size for f in place.iterdir()) for place in (model, out)]
    before, after = runtime.load(model), runtime.load(out)
    assert (before.network.kernels, after.network.kernels) == ("native", "int8")
    rows = np.random.default_rng(0).normal(size=(9, 2))
    np.testing.assert_allclose(after.stream().push(rows), before.stream().push(rows), atol=0.05)


def test_what_is_there_is_replaced_on_request_alone(ostinato, trained, tmp_path):
    model, _ = trained
    out = tmp_path / "small"
    assert ostinato("export", model, "--to", "int8", "--out", out).returncode == 0
    process = ostinato("export", model, "--to", "int8", "--out", out)
    assert process.returncode == 1
    assert "exists" in process.stderr
    process = ostinato("export", model, "--to", "int8", "--out", out, "--overwrite")
    assert process.returncode == 0
    assert process.stdout.splitlines()[0].split() == ["before", "after"]


def test_an_unknown_form_is_a_matter_of_usage(ostinato, trained, tmp_path):
    process = ostinato("export", trained[0], "--to", "wax", "--out", tmp_path / "x")
    assert process.returncode == 2
