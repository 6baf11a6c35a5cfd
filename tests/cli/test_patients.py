"""Patients on the command line: from tables with gaps to answers, and one clear line for what cannot be."""

import csv
import io
import json

import numpy as np
import pytest

QUICK = (
    "--hidden-size",
    "8",
    "--threads",
    "1",
    "--epochs",
    "6",
    "--batch-size",
    "8",
    "--learning-rate",
    "0.02",
)
LONG = ("--label", "dead", "--sequence", "stay", "--time", "hour", "--static", "age")
FLAGS = ("--front", "none", "--valid-fraction", "0.25", *QUICK)


def rows(stays=32, seed=0):
    """Yield stays in hours: pulse and lactate, measured now and then; those who die have a high pulse."""
    random = np.random.default_rng(seed)
    for stay in range(stays):
        dead = stay % 2
        for hour in sorted(random.choice(30, size=int(random.integers(3, 8)), replace=False)):
            pulse = f"{random.normal(70 + 40 * dead, 4):.1f}" if random.random() < 0.8 else ""
            lactate = f"{random.normal(2, 1):.2f}" if random.random() < 0.4 or not pulse else "NA"
            yield f"s{stay}", str(hour), str(40 + stay), pulse, lactate, str(dead)


@pytest.fixture
def wide(tmp_path):
    """Return a long table of stays."""
    lines = ["stay,hour,age,pulse,lactate,dead", *(",".join(row) for row in rows())]
    path = tmp_path / "stays.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture
def events(tmp_path):
    """Return an event table and its outcomes."""
    lines, told = ["stay,hour,what,much"], {}
    for stay, hour, age, pulse, lactate, dead in rows():
        told[stay] = (age, dead, str(int(int(age) % 3 == 0)))
        lines += [f"{stay},{hour},pulse,{pulse}"] if pulse else []
        lines += [f"{stay},{hour},lactate,{lactate}"] if lactate != "NA" else []
    (tmp_path / "events.csv").write_text("\n".join(lines) + "\n")
    outcomes = ["stay,age,dead,third", *(",".join((stay, *row)) for stay, row in told.items())]
    (tmp_path / "outcomes.csv").write_text("\n".join(outcomes) + "\n")
    return tmp_path / "events.csv", tmp_path / "outcomes.csv"


@pytest.mark.parametrize("missing", ["forward-fill", "mask", "decay"])
def test_stays_with_gaps_are_learnt_judged_and_answered(ostinato, wide, tmp_path, missing):
    options = ("--missing", missing, "--threshold", "f1", "--metric", "roc_auc")
    process = ostinato("train", "classify", wide, "--out", tmp_path / "m", *LONG, *FLAGS, *options)
    assert process.returncode == 0, process.stderr
    assert "% of the values missing" in process.stdout
    report = tmp_path / "report.html"
    judged = ostinato("evaluate", tmp_path / "m", wide, "--json", "--report", report)
    assert judged.returncode == 0, judged.stderr
    found = json.loads(judged.stdout)
    assert found["roc_auc"] > 0.9
    assert 0 < found["threshold"] < 1
    assert "As it is heard" in report.read_text()
    answered = ostinato("predict", tmp_path / "m", wide)
    assert len(list(csv.DictReader(io.StringIO(answered.stdout)))) == 32
    assert f"missing values: {missing}" in ostinato("inspect", tmp_path / "m").stdout


def test_integrated_gradients_stand_in_the_report(ostinato, wide, tmp_path):
    ostinato("train", "classify", wide, "--out", tmp_path / "m", *LONG, *FLAGS, "--missing", "mask")
    report = tmp_path / "report.html"
    judged = ostinato("evaluate", tmp_path / "m", wide, "--report", report, "--explain", "gradients")
    assert judged.returncode == 0, judged.stderr
    assert "Integrated gradients" in report.read_text()
    assert (
        ostinato("evaluate", tmp_path / "m", wide, "--report", report, "--explain", "magic").returncode == 2
    )


def test_events_and_outcomes_go_together(ostinato, events, tmp_path):
    table, outcomes = events
    roles = (
        "--sequence",
        "stay",
        "--time",
        "hour",
        "--parameter",
        "what",
        "--value",
        "much",
        "--static",
        "age",
    )
    options = ("--missing", "mask", "--outcomes", outcomes, *roles, *FLAGS)
    process = ostinato("train", "classify", table, "--out", tmp_path / "m", "--label", "dead", *options)
    assert process.returncode == 0, process.stderr
    judged = ostinato("evaluate", tmp_path / "m", table, outcomes, "--json")
    assert json.loads(judged.stdout)["sequences"] == 32
    answered = ostinato("predict", tmp_path / "m", table, "--outcomes", outcomes)
    assert answered.stdout.startswith("id,label,probability_0,probability_1\n")
    process = ostinato(
        "train", "classify", table, "--out", tmp_path / "n", "--labels", "dead,third", *options
    )
    assert process.returncode == 0, process.stderr
    judged = ostinato("evaluate", tmp_path / "n", table, outcomes, "--json", "--report", tmp_path / "n.html")
    assert [row["label"] for row in json.loads(judged.stdout)["labels"]] == ["dead", "third"]
    answered = ostinato("predict", tmp_path / "n", table, "--outcomes", outcomes)
    assert answered.stdout.startswith("id,dead,third,probability_dead,probability_third\n")


def test_a_number_a_step_is_told_from_a_table_without_names(ostinato, tmp_path):
    random = np.random.default_rng(0)
    lines = [
        f"{unit} {cycle} {life - cycle} {cycle / life + random.normal() / 50:.4f}"
        for unit in range(12)
        for life in [int(random.integers(6, 14))]
        for cycle in range(life + 1)
    ]
    (tmp_path / "engines.txt").write_text("\n".join(lines) + "\n")
    roles = ("--names", "unit,cycle,left,wear", "--sequence", "unit", "--time", "cycle", "--target", "left")
    options = ("--per-step", "--cap", "8", "--asymmetric", "cmapss", "--valid-fraction", "0.25", *QUICK)
    process = ostinato(
        "train", "regress", tmp_path / "engines.txt", "--out", tmp_path / "m", *roles, *options
    )
    assert process.returncode == 0, process.stderr
    judged = ostinato(
        "evaluate", tmp_path / "m", tmp_path / "engines.txt", "--json", "--report", tmp_path / "r.html"
    )
    found = json.loads(judged.stdout)
    assert {"rmse", "mae", "r2", "cmapss", "rmse_last"} <= set(found)
    assert "Step by step" in (tmp_path / "r.html").read_text()
    answered = ostinato("predict", tmp_path / "m", tmp_path / "engines.txt")
    assert answered.stdout.splitlines()[:2][0] == "id,step,left"
    assert "one number a step" in ostinato("inspect", tmp_path / "m").stdout


def refused(process):
    """Return the one line of a refusal; the exit code is 1."""
    assert process.returncode == 1, process.stderr
    (line,) = process.stderr.splitlines()
    return line


def test_what_cannot_be_is_one_line_and_exit_1(ostinato, wide, tmp_path):
    text = wide.read_text()
    header, *lines = text.splitlines()

    def run(content, *options):
        (tmp_path / "bad.csv").write_text(content)
        return refused(
            ostinato(
                "train", "classify", tmp_path / "bad.csv", "--out", tmp_path / "m", *LONG, *FLAGS, *options
            )
        )

    cells = [line.split(",") for line in lines]
    nothing = "\n".join([header, *(",".join([*row[:4], "NA", row[5]]) for row in cells)]) + "\n"
    assert "channel 'lactate' has no value in the training data" in run(nothing, "--missing", "mask")
    unmeasured = (
        "\n".join(
            [header, *(",".join([*row[:3], "", "", row[5]] if row[0] == "s3" else row) for row in cells)]
        )
        + "\n"
    )
    assert "the sequence has no measurement" in run(unmeasured, "--missing", "mask")
    backwards = "\n".join([header, lines[1], lines[0], *lines[2:]]) + "\n"
    assert "sort the rows by time" in run(backwards, "--missing", "mask")
    assert "--missing" in run(text)
    assert "leave cell out" in run(text, "--missing", "decay", "--cell", "lstm")
    assert not (tmp_path / "m").exists()


def test_stays_are_not_taken_for_sound(ostinato, tmp_path):
    for number in range(4):
        stay = tmp_path / "stays" / ("died", "lived")[number % 2] / f"{132539 + number}.txt"
        stay.parent.mkdir(parents=True, exist_ok=True)
        stay.write_text("Time,Parameter,Value\n00:00,RecordID,1\n00:07,HR,73\n")
    process = ostinato("train", "classify", tmp_path / "stays", "--out", tmp_path / "m")
    line = refused(process)
    assert f"holds stays, such as {tmp_path / 'stays' / 'died' / '132539.txt'}, " in line
    assert line.endswith("(--missing forward-fill, mask or decay).")
