"""Forecasting as a user does it: train, evaluate, forecast; one line and exit 1 where something is wrong."""

import csv
import io
import json

import numpy as np
import pytest

QUICK = ("--horizon", "6", "--epochs", "2", "--hidden-size", "8", "--threads", "1", "--context", "24")


def write(path, steps, begin=0, known=True, target=True):
    """Write a table of hours, with a wave, and whether it is weekend, known ahead."""
    random = np.random.default_rng(0)
    noise = random.normal(size=400) / 5
    lines = ["time" + (",load" if target else "") + (",free" if known else "")]
    for step in range(begin, begin + steps):
        stamp = str(np.datetime64("2024-03-01T00:00") + np.timedelta64(step, "h")).replace("T", " ")
        free = step // 24 % 7 > 4
        value = 10 + 3 * np.sin(step * 2 * np.pi / 24) - 2 * free + noise[step]
        lines.append(stamp + (f",{value:.4f}" if target else "") + (f",{free}" if known else ""))
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture(scope="module")
def trained(ostinato, tmp_path_factory):
    """Return the folder of a trained model, a history and a file that goes on."""
    folder = tmp_path_factory.mktemp("forecast")
    data = write(folder / "data.csv", 240)
    options = ("--time", "time", "--target", "load", "--known-future", "free", *QUICK)
    process = ostinato("train", "forecast", data, "--out", folder / "model", *options)
    assert process.returncode == 0, process.stderr
    assert "a series of 240 steps of 1h, to foretell load" in process.stdout
    return folder


def test_the_next_steps_are_printed_with_their_times_and_intervals(ostinato, trained):
    write(trained / "future.csv", 6, begin=240, target=False)
    process = ostinato(
        "forecast", trained / "model", trained / "data.csv", "--future", trained / "future.csv"
    )
    assert process.returncode == 0, process.stderr
    rows = list(csv.DictReader(io.StringIO(process.stdout)))
    assert [row["time"] for row in rows] == [f"2024-03-11 {hour:02}:00:00" for hour in range(6)]
    for row in rows:
        ends = [float(row[name]) for name in ("low_95", "low_80", "forecast", "high_80", "high_95")]
        assert ends == sorted(ends)


def test_forecasts_are_written_in_every_format(ostinato, trained):
    write(trained / "future.csv", 6, begin=240, target=False)
    for ending in (".csv", ".jsonl", ".parquet"):
        out = trained / f"out{ending}"
        process = ostinato(
            "forecast", trained / "model", trained / "data.csv", "--future", trained / "future.csv",
            "--out", out,
        )  # fmt: skip
        assert process.returncode == 0, process.stderr
        assert process.stdout == ""
        assert out.stat().st_size
    assert len((trained / "out.jsonl").read_text().splitlines()) == 6


def test_a_backtest_says_how_good_the_model_is_beside_simple_ones(ostinato, trained):
    more = write(trained / "more.csv", 300)
    process = ostinato("evaluate", trained / "model", more, "--json")
    found = json.loads(process.stdout)
    assert found["windows"] == 55
    assert found["simple"].keys() == {"last value", "seasonal naive", "linear"}
    assert found["scores"]["mae"] < found["simple"]["last value"]["mae"]
    assert found["coverage"].keys() == {"0.8", "0.95"}
    process = ostinato("evaluate", trained / "model", more, "--stride", "6", "--report", trained / "r.html")
    assert "10 windows" in process.stdout
    assert found["verdict"].split(":")[0] in process.stdout or "simple" in process.stdout
    page = (trained / "r.html").read_text()
    assert "Beside simple methods" in page
    assert page.count("<svg") >= 6


def test_a_model_without_torch_forecasts(ostinato, trained):
    write(trained / "future.csv", 6, begin=240, target=False)
    arguments = ("forecast", trained / "model", trained / "data.csv", "--future", trained / "future.csv")
    process = ostinato(*arguments, without=("torch",))
    assert process.returncode == 0, process.stderr


def test_a_file_of_the_users_validates(ostinato, trained):
    write(trained / "later.csv", 40, begin=240)
    command = ("train", "forecast", trained / "data.csv", "--time", "time", "--target", "load",
               "--known-future", "free", *QUICK)  # fmt: skip
    process = ostinato(*command, "--valid", trained / "later.csv", "--out", trained / "own")
    assert process.returncode == 0, process.stderr
    assert "Scores on the validation part" in process.stdout
    more = write(trained / "yet.csv", 300)
    process = ostinato("evaluate", trained / "own", more, "--json")
    found = json.loads(process.stdout)
    assert found["windows"] == 300 - 280 - 6 + 1  # what validated is not tested on
    assert found["coverage"].keys() == {"0.8", "0.95"}
    whole = (*command, "--until", "2024-03-10", "--valid", trained / "data.csv", "--out", trained / "until")
    assert ostinato(*whole).returncode == 0  # the file that validates is read to its end
    both = ostinato(*command, "--valid", more, "--valid-fraction", "0.1", "--out", trained / "both")
    assert both.returncode == 2
    assert "--valid and --valid-fraction are both given" in both.stderr


def test_inspect_says_what_the_model_is(ostinato, trained):
    process = ostinato("inspect", trained / "model")
    assert "forecast: point of the next 6 steps of load" in process.stdout
    assert "24 steps of 1h, 24 at once" in process.stdout


@pytest.mark.parametrize(
    ("command", "code", "message"),
    [
        (("forecast", "model", "data.csv"), 1, "line 2: 'free' is not known at 2024-03-11"),
        (("forecast", "model", "data.csv", "--out", "x.txt"), 2, "expected a name that ends in"),
        (("evaluate", "model", "data.csv"), 1, "after what the model was trained on"),
        (("predict", "model", "data.csv"), 1, "ostinato forecast"),
        (("train", "forecast", "data.csv", "--time", "time", "--out", "m"), 1, "horizon is missing"),
        (("train", "forecast", "data.csv", "--horizon", "6", "--quantiles", "0.1,x", "--out", "m"), 2,
         "--quantiles is '0.1,x'"),
        (("train", "forecast", "back.csv", "--time", "t", "--horizon", "2", "--out", "m"), 1, "is before"),
        (("train", "forecast", "nan.csv", "--time", "t", "--target", "y", "--horizon", "1", "--out", "m"), 1,
         "'y' has no value at all"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_one_line(ostinato, trained, command, code, message):
    (trained / "back.csv").write_text("t,y\n2024-01-02,1\n2024-01-01,2\n")
    (trained / "nan.csv").write_text("t,y\n2024-01-01,NaN\n2024-01-02,NaN\n2024-01-03,NaN\n")
    process = ostinato(*_in(trained, command))
    assert process.returncode == code
    assert message in process.stderr
    assert process.stderr.count("\n") == 1
    assert process.stdout == ""


def _in(folder, command):
    """Return a command whose files stand in a folder."""
    named = {"model", "data.csv", "back.csv", "nan.csv", "m", "x.txt"}
    return [folder / part if part in named else part for part in command]
