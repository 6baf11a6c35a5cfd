"""Taggers from the command line: train, evaluate, predict, inspect, and bad input."""

import json

import pytest

import taggers
from taggers import QUICK, SMALL

NETWORK = [part for name, value in SMALL.items() for part in (f"--{name.replace('_', '-')}", str(value))]
TRAINING = [part for name, value in QUICK.items() for part in (f"--{name.replace('_', '-')}", str(value))]
OPTIONS = (*NETWORK, *TRAINING, "--epochs", "25")


def columns(data, tags=True):
    """Return sentences as columns, with the label as a comment."""
    blocks = []
    for words, tagged, label in zip(data.words, data.tags, data.labels, strict=True):
        rows = [f"{word}\t{tag}" if tags else word for word, tag in zip(words, tagged, strict=True)]
        blocks.append("\n".join([f"# intent = {label}", *rows]) + "\n")
    return "\n".join(blocks)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sentences")
    for name, seed, count in (("train", 0, 40), ("test", 1, 15)):
        (folder / f"{name}.conll").write_text(columns(taggers.entities(count, seed)))
    return folder


@pytest.fixture(scope="module")
def trained(ostinato, files):
    """Return a joint tagger's path, and the process that trained it."""
    model = files / "model"
    test = files / "test.conll"
    process = ostinato(
        "train", "tag", files / "train.conll", "--label", "intent", "--valid", test, "--out", model, *OPTIONS
    )
    assert process.returncode == 0, process.stderr
    return model, process


def test_training_says_what_was_read_and_how_well_it_went(trained):
    model, process = trained
    assert "train.conll: 40 sentences of" in process.stdout
    assert "3 tags, 2 labels" in process.stdout
    assert "label_accuracy" in process.stdout
    assert f"ostinato predict {model} DATA" in process.stderr
    assert (model.with_name("model.run") / "report.html").exists()


def test_evaluate_gives_scores_and_a_report_without_torch(ostinato, trained, files, tmp_path):
    command = ("evaluate", trained[0], files / "test.conll")
    found = json.loads(ostinato(*command, "--json", without=("torch",)).stdout)
    assert (found["task"], found["sentences"]) == ("tag", 15)
    assert min(found["f1"], found["accuracy"], found["label_accuracy"]) > 0.9
    process = ostinato(*command, "--report", tmp_path / "report.html")
    assert "entity" in process.stdout
    assert "Entity F1" in (tmp_path / "report.html").read_text()


def test_predict_writes_the_file_with_labels_in_their_places(ostinato, trained, files, tmp_path):
    test = (files / "test.conll").read_text()
    (tmp_path / "blank.conll").write_text(
        test.replace("B-city", "?").replace("# intent = place", "# intent = ?")
    )
    process = ostinato("predict", trained[0], tmp_path / "blank.conll", without=("torch",))
    assert (process.returncode, process.stdout) == (0, test)
    (tmp_path / "words.conll").write_text(columns(taggers.entities(15, 1), tags=False))
    process = ostinato("predict", trained[0], tmp_path / "words.conll", "--out", tmp_path / "out.conll")
    assert (process.returncode, process.stdout) == (0, "")
    assert process.stderr == f"15 sentences written to {tmp_path / 'out.conll'}\n"
    assert (tmp_path / "out.conll").read_text() == test


def test_aligned_lines_come_back_as_a_folder(ostinato, files, tmp_path):
    data = taggers.entities(30)
    folder = tmp_path / "data"
    folder.mkdir()
    for name, rows in (
        ("seq.in", data.words),
        ("seq.out", data.tags),
        ("label", [[one] for one in data.labels]),
    ):
        (folder / name).write_text("".join(" ".join(row) + "\n" for row in rows))
    process = ostinato("train", "tag", folder, "--out", tmp_path / "model", *OPTIONS)
    assert process.returncode == 0, process.stderr
    refused = ostinato("predict", tmp_path / "model", folder)
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
    process = ostinato("predict", tmp_path / "model", folder, "--out", tmp_path / "out")
    assert process.returncode == 0, process.stderr
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["label", "seq.in", "seq.out"]
    assert (tmp_path / "out" / "seq.in").read_bytes() == (folder / "seq.in").read_bytes()
    assert (tmp_path / "out" / "seq.out").read_bytes() == (folder / "seq.out").read_bytes()


def test_inspect_tells_what_it_is(ostinato, trained):
    text = ostinato("inspect", trained[0]).stdout
    assert "tag: 3 tags (IOB2): B-city, I-city, O; 2 labels: none, place" in text
    assert "label:" in text
    assert "no: op 'recurrent' reads the whole sequence" in text


def test_a_run_goes_on_and_another_begins_with_its_weights(ostinato, trained, files, tmp_path):
    data = (files / "train.conll", "--label", "intent", "--valid", files / "test.conll")
    again = ostinato("train", "tag", *data, "--out", trained[0], "--resume", *OPTIONS)
    assert again.returncode == 0, again.stderr
    assert "has been finished before" in again.stderr
    process = ostinato("train", "tag", *data, "--out", tmp_path / "new", "--init-from", trained[0], *OPTIONS)
    assert process.returncode == 0, process.stderr
    for part in ("words and", "head: 3 of 3 labels kept", "crf: 3 of 3 labels kept", "label.head: 2 of 2"):
        assert part in process.stderr


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("to\tO\nYork\tI-city\n", "data.conll, line 2: tag 'I-city' after 'O' breaks"),
        ("to\tO\nYork\n", "data.conll, line 2"),
        ("to\tO\nthen\tO\n", "every word has the tag 'O'"),
        ("to\nYork\n", "data.conll"),
    ],
)
def test_data_that_cannot_be_used_is_one_line(ostinato, tmp_path, text, message):
    (tmp_path / "data.conll").write_text(text)
    scheme = ("--scheme", "IOB2") if "I-city" in text else ()
    process = ostinato("train", "tag", tmp_path / "data.conll", "--out", tmp_path / "model", *scheme)
    assert (process.returncode, process.stdout, process.stderr.count("\n")) == (1, "", 1)
    assert message in process.stderr
    assert not (tmp_path / "model.run").exists()


@pytest.mark.parametrize(
    ("name", "text"), [("seq.out", "O O\nO\n"), ("seq.out", "O\n"), ("seq.in", "to\n\n")]
)
def test_lines_that_do_not_stand_by_each_other_are_one_line(ostinato, tmp_path, name, text):
    for file, content in {"seq.in": "to\nfrom here\n", "seq.out": "O\nO O\n", name: text}.items():
        (tmp_path / file).write_text(content)
    process = ostinato("train", "tag", tmp_path, "--out", tmp_path.with_name("never"))
    assert (process.returncode, process.stdout, process.stderr.count("\n")) == (1, "", 1)
    assert tmp_path.name in process.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--format", "columns"), "--format is columns, and train.conllu is conllu by its name"),
        (("--separator", "tab"), "--comments and --separator are about columns, and train.conllu is conllu"),
        (("--no-comments",), "--comments and --separator are about columns, and train.conllu is conllu"),
    ],
)
def test_options_of_another_format_are_a_usage_error(ostinato, tmp_path, options, message):
    line = "1\tgo\t_\tVERB" + "\t_" * 6
    (tmp_path / "train.conllu").write_text(f"{line}\n\n{line}\n\n")
    process = ostinato("train", "tag", tmp_path / "train.conllu", "--out", tmp_path / "m", *options)
    assert (process.returncode, process.stdout) == (2, "")
    (error,) = process.stderr.splitlines()
    assert message.replace("train.conllu", str(tmp_path / "train.conllu")) in error
    assert not (tmp_path / "m").exists()
