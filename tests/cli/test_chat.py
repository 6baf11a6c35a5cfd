"""Dialogue from the command line: train, evaluate, talk."""

import json
import os
import pty
import subprocess

import pytest

pytest.importorskip("tokenizers", reason="reading text needs ostinato[text]")

TALK = "hi\nhello you\nhow are you ?\nfine\n\nwho are you ?\nguess\na cat ?\nno\n\nbye\nso long\n\n"
QUICK = (
    *(
        "--hidden-size",
        "32",
        "--embedding-size",
        "16",
        "--tokens",
        "word",
        "--dropout",
        "0",
        "--threads",
        "1",
    ),
    *("--batch-size", "4", "--epochs", "250", "--learning-rate", "0.01", "--schedule", "constant"),
    *("--valid-fraction", "0", "--label-smoothing", "0"),
)


@pytest.fixture(scope="module")
def talk(tmp_path_factory):
    path = tmp_path_factory.mktemp("dialogues") / "talk.txt"
    path.write_text(TALK)
    return path


@pytest.fixture(scope="module")
def trained(ostinato, talk):
    """Return a trained dialogue model's path, and the process that trained it."""
    model = talk.with_name("model")
    process = ostinato("train", "chat", talk, "--out", model, *QUICK)
    assert process.returncode == 0, process.stderr
    return model, process


def said(ostinato, model, text, *options, **more):
    """Return what is answered to piped lines."""
    process = ostinato.start("chat", model, *options, stdin=subprocess.PIPE, **more)
    stdout, stderr = process.communicate(text, timeout=120)
    assert process.returncode == 0, stderr
    return stdout.splitlines()


def test_training_says_what_was_read(trained):
    assert "3 dialogues of 10 turns" in trained[1].stdout
    assert "Next: ostinato chat" in trained[1].stderr


def test_every_piped_line_is_answered_by_one_line_without_torch(ostinato, trained):
    likeliest = ("--temperature", "0")
    lines = said(ostinato, trained[0], "hi\nhow are you ?\n", *likeliest, without=("torch", "sklearn"))
    assert lines == ["hello you", "fine"]


def test_reset_begins_anew(ostinato, trained):
    text = "hi\n/reset\nhi\n"
    first, second = said(ostinato, trained[0], text, "--temperature", "0")
    assert first == second == "hello you"


def test_the_seed_decides(ostinato, trained):
    options = ("--temperature", "3", "--top-p", "1")
    one, again, other = (
        said(ostinato, trained[0], "hi\nwho are you ?\n", *options, "--seed", seed)
        for seed in ("1", "1", "2")
    )
    assert one == again != other


def test_a_terminal_is_asked_and_ends_at_the_end_of_input(ostinato, trained):
    ours, theirs = pty.openpty()
    process = ostinato.start("chat", trained[0], "--temperature", "0", stdin=theirs)
    os.close(theirs)
    os.write(ours, b"hi\n\x04")
    stdout, stderr = process.communicate(timeout=120)
    os.close(ours)
    assert (process.returncode, stdout) == (0, "hello you\n")
    assert stderr.count("> ") == 2


def test_evaluate_tells_what_the_history_is_worth(ostinato, trained, talk, tmp_path):
    process = ostinato("evaluate", trained[0], talk, "--json", "--report", tmp_path / "report.html")
    assert process.returncode == 0, process.stderr
    scores = json.loads(process.stdout)["scores"]
    assert scores["answers"] == 7
    assert scores["perplexity"] < 1.5 < scores["perplexity_shuffled"]
    assert "said before" in (tmp_path / "report.html").read_text()
    assert "with another's history" in ostinato("evaluate", trained[0], talk).stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("predict", "MODEL", "TALK"), "talk with it: ostinato chat"),
        (("generate", "MODEL"), "is a chat model; expected a language model"),
        (("evaluate", "MODEL", "missing.txt"), "missing.txt: no such file"),
        (("train", "chat", "ALONE", "--out", "m"), "no dialogue has two turns"),
    ],
)
def test_wrong_use_is_one_line(ostinato, trained, talk, tmp_path, arguments, message):
    (tmp_path / "alone.txt").write_text("alone\n\n")
    places = {"MODEL": trained[0], "TALK": talk, "ALONE": tmp_path / "alone.txt"}
    process = ostinato(*(places.get(word, word) for word in arguments))
    assert (process.returncode, process.stdout) == (1, "")
    assert process.stderr.count("\n") == 1
    assert message in process.stderr


def test_a_classifier_does_not_talk(ostinato, trained_on_texts):
    process = ostinato("chat", trained_on_texts[0])
    assert process.returncode == 1
    assert "is a classify model; expected a chat model" in process.stderr
