"""``ostinato train classify`` as a user has it, from a table to a model that others can use."""

import json
import os
import shutil
import signal
import time

import pytest

from ostinato.archive.model import load

QUICK = ("--hidden-size", "8", "--layers", "1", "--front", "none", "--epochs", "1")
TINY = ("--hidden-size", "4", "--layers", "1", "--front", "none", "--threads", "1")
LONG = ("--label", "kind", "--sequence", "id", "--time", "step")


def test_where_model_and_report_lie_and_how_good_it_is_goes_to_stdout(trained):
    model, process = trained
    lines = [line for line in process.stdout.splitlines() if line]
    assert "train.csv: 40 series of 2 channels ('a', 'b'), 216 steps in all, 2 classes" in lines[0]
    assert lines[1:3] == [f"Model    {model}", f"Report   {model}.run/report.html"]
    assert lines[3].startswith("Scores on the validation part with the weights of epoch ")
    scores = dict(line.split() for line in lines[4:])
    assert float(scores["accuracy"]) == 1.0
    assert (model / "manifest.json").is_file()
    assert "<html" in (model.parent / "model.run" / "report.html").read_text().lower()


def test_progress_and_the_next_command_go_to_stderr(trained, series):
    model, process = trained
    *progress, last = process.stderr.splitlines()
    assert any("epoch 8: loss" in line for line in progress)
    assert last == f"Next: ostinato evaluate {model} {series[1]} --report {model}.html"


def test_the_next_command_works(trained, ostinato):
    model, process = trained
    command = process.stderr.splitlines()[-1].removeprefix("Next: ostinato ").split()
    assert ostinato(*command).returncode == 0
    assert (model.parent / "model.html").is_file()


def test_json_stands_alone_on_stdout(ostinato, series, tmp_path):
    arguments = (*LONG, *TINY, "--epochs", "1", "--folds", "0", "--json")
    process = ostinato("train", "classify", series[0], "--out", tmp_path / "m", *arguments)
    found = json.loads(process.stdout)
    assert (found["model"], found["epoch"]) == (str(tmp_path / "m"), 1)
    assert 0 <= found["scores"]["accuracy"] <= 1


def test_flags_override_the_recipe(ostinato, series, tmp_path):
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(
        "data: {label: kind, sequence: id, inputs: [b, a], folds: 0}\n"
        "network:\n  cell: lstm\n  hidden_size: 4\n  pool: [last, mean]\n"
        "epochs: 1\nlearning_rate: 1e-2\n"
    )
    flags = ("--recipe", recipe, "--cell", "rnn", "--scale", "none")
    process = ostinato("train", "classify", series[0], "--out", tmp_path / "m", *flags)
    assert process.returncode == 0, process.stderr
    options = load(tmp_path / "m").model.recipe
    assert (options.network.cell, options.network.hidden_size, options.data.scale) == ("rnn", 4, "none")
    assert (options.network.pool, options.training.learning_rate) == (("last", "mean"), 0.01)
    assert load(tmp_path / "m").model.preprocessing.channels == ("b", "a")


def test_a_text_is_found_by_itself_and_a_label_that_looks_like_null_is_kept(ostinato, tmp_path):
    lines = ["sentence,mood", *["so fine,NA", "awful day,null"] * 10]
    (tmp_path / "texts.csv").write_text("\n".join(lines) + "\n")
    arguments = ("--label", "mood", "--epochs", "2", "--folds", "0", "--valid-fraction", "0")
    process = ostinato("train", "classify", tmp_path / "texts.csv", "--out", tmp_path / "m", *arguments)
    assert process.returncode == 0, process.stderr
    assert "Not validated; the weights of epoch 2 are kept." in process.stdout
    assert load(tmp_path / "m").model.answer.labels == ("NA", "null")


@pytest.mark.parametrize(
    ("text", "arguments", "message"),
    [
        ("", LONG, "train.csv"),
        ("id,step,a,kind\ns0,0,1.5\n", LONG, "line 2"),
        ("id,step,a,kind\ns0,0,abc,up\ns1,0,1,down\n", LONG, "line 2"),
        ("id,step,a,kind\ns0,0,1,up\ns1,0,1,up\n", LONG, "'up'"),
        ("id,step,a,kind\ns0,0,1,up\ns1,0,1,down\n", ("--label", "knd", "--sequence", "id"), "knd"),
        ("id,step,a,kind\ns0,0,1,up\ns1,0,1,down\n", (), "--label"),
        ("id,step,a,kind\ns0,0,1,up\ns1,0,1,down\n", (*LONG, "--metric", "luck"), "luck"),
        ("id,step,a,kind\ns0,0,1,up\ns1,0,1,down\n", (*LONG, "--freeze", "hed"), "hed"),
    ],
)
def test_bad_data_is_one_line_and_nothing_is_written(ostinato, tmp_path, text, arguments, message):
    (tmp_path / "train.csv").write_text(text)
    process = ostinato("train", "classify", tmp_path / "train.csv", "--out", tmp_path / "m", *arguments)
    assert (process.returncode, process.stdout) == (1, ""), process.stderr
    [line] = process.stderr.splitlines()
    assert line.startswith("Error: ")
    assert message in line
    assert [name for name in os.listdir(tmp_path) if not name.startswith("m.run")] == ["train.csv"]


def test_a_missing_data_file_is_one_line(ostinato, tmp_path):
    process = ostinato("train", "classify", tmp_path / "no.csv", "--out", tmp_path / "m", *LONG)
    assert process.returncode == 1
    assert len(process.stderr.splitlines()) == 1
    assert "no.csv" in process.stderr
    assert os.listdir(tmp_path) == []


def test_a_model_that_is_there_is_replaced_only_with_overwrite(ostinato, trained, series, tmp_path):
    model = shutil.copytree(trained[0], tmp_path / "m")
    before = (model / "manifest.json").read_bytes()
    command = ("train", "classify", series[0], "--out", model, *LONG, *TINY, "--folds", "0", "--epochs", "1")
    refused = ostinato(*command)
    assert refused.returncode == 1
    assert len(refused.stderr.splitlines()) == 1
    assert "overwrite" in refused.stderr
    assert (model / "manifest.json").read_bytes() == before
    assert ostinato(*command, "--overwrite").returncode == 0
    assert load(model).model.recipe.training.epochs == 1


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stopped_run_leaves_no_half_model_and_goes_on(ostinato, series, tmp_path, number, code):
    model = tmp_path / "m"
    command = (
        "train",
        "classify",
        series[0],
        "--out",
        model,
        *LONG,
        *TINY,
        "--folds",
        "0",
        "--epochs",
        "100",
    )
    process = ostinato.start(*command)
    wait_for_rows(process, tmp_path / "m.run" / "metrics.csv", 3)
    process.send_signal(number)
    stdout, stderr = process.communicate(timeout=120)
    assert (process.returncode, stdout) == (code, ""), stderr
    last = stderr.splitlines()[-1]
    assert last.startswith("stopped, and saved at epoch ")
    assert last.endswith("the same command with --resume goes on from there.")
    assert not model.exists()
    resumed = ostinato(*command, "--resume")
    assert resumed.returncode == 0, resumed.stderr
    assert len(load(model).model.training.history) == 100


def wait_for_rows(process, log, rows):
    """Wait until a training log has so many epochs."""
    deadline = time.monotonic() + 120
    while not (log.is_file() and len(log.read_text().splitlines()) > rows):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_init_from_says_what_it_keeps(ostinato, trained, series, tmp_path):
    options = (*LONG, "--folds", "0", *QUICK)
    command = ("train", "classify", series[0], "--out", tmp_path / "m", "--init-from", trained[0], *options)
    process = ostinato(*command)
    assert process.returncode == 0, process.stderr
    assert "kept" in process.stderr


def test_a_bar_is_drawn_on_a_terminal(ostinato, series, tmp_path):
    pty = pytest.importorskip("pty", reason="a terminal to draw on is a POSIX thing")
    main, other = pty.openpty()
    options = (*LONG, *TINY, "--folds", "0", "--epochs", "2")
    command = ("train", "classify", series[0], "--out", tmp_path / "m", *options)
    with (tmp_path / "stdout").open("w") as stdout:
        process = ostinato.start(*command, stdout=stdout, stderr=other)
    os.close(other)
    drawn = b""
    try:
        while part := os.read(main, 65536):
            drawn += part
    except OSError:  # Linux says so when the other end is closed
        pass
    assert process.wait(timeout=60) == 0
    assert "━" in drawn.decode()
    assert "sequences/s" in drawn.decode()
    os.close(main)
    assert (tmp_path / "stdout").read_text().startswith("Read ")


@pytest.mark.parametrize(
    ("task", "arguments", "message"),
    [
        (
            "classify",
            ("--label", "kind", "--clip-shift", "0.05", "--no-colour", "--mel-bands", "40"),
            "--colour, --mel-bands, --clip-shift say nothing about numeric series; leave them out.",
        ),
        (
            "regress",
            ("--target", "b", "--embedding-size", "3", "--per-step"),
            "--embedding-size says nothing about numeric series; leave it out.",
        ),
        ("classify", ("--label", "kind", "--recipe"), "--clip-flip says nothing about numeric series"),
    ],
)
def test_an_option_about_other_data_is_a_usage_error(ostinato, series, tmp_path, task, arguments, message):
    (tmp_path / "recipe.yaml").write_text("clip_flip: false\n")
    more = (tmp_path / "recipe.yaml",) if arguments[-1] == "--recipe" else ()
    columns = ("--sequence", "id", "--inputs", "a")
    process = ostinato("train", task, series[0], "--out", tmp_path / "m", *columns, *arguments, *more)
    assert (process.returncode, process.stdout) == (2, ""), process.stderr
    [line] = process.stderr.splitlines()
    assert message in line
    assert not (tmp_path / "m").exists()
