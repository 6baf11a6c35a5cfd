"""Transcribers from the command line: train, evaluate, transcribe files and a pipe, and bad input."""

import json
import subprocess
import wave

import numpy as np
import pytest

from utterances import FRAMES, PLAIN, QUICK, RATE, SMALL, utterances

GROUPS = FRAMES | SMALL | PLAIN | QUICK | {"epochs": 60, "schedule": "constant"}
OPTIONS = [part for name, value in GROUPS.items() for part in (f"--{name.replace('_', '-')}", str(value))]


def pcm(samples):
    """Return samples as raw sound."""
    return (np.clip(samples, -1, 1) * 32_767).astype("<i2").tobytes()


def write(folder, data, name):
    """Write recordings as WAV files and their manifest; return its path."""
    rows = ["audio,text"]
    for number, (samples, text) in enumerate(zip(data.samples, data.texts, strict=True)):
        with wave.open(str(folder / f"{name}{number}.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes(pcm(samples))
        rows.append(f"{name}{number}.wav,{text}")
    (folder / f"{name}.csv").write_text("\n".join(rows) + "\n")
    return folder / f"{name}.csv"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("said")
    write(path, utterances(40), "train")
    write(path, utterances(6, seed=5), "test")
    return path


@pytest.fixture(scope="module")
def trained(ostinato, folder):
    """Return the path of a model that listens forwards alone, and the process that trained it."""
    data = (folder / "train.csv", "--valid", folder / "test.csv")
    process = ostinato("train", "transcribe", *data, "--out", folder / "model", "--live", *OPTIONS)
    assert process.returncode == 0, process.stderr
    return folder / "model", process


@pytest.fixture(scope="module")
def both_ways(ostinato, folder):
    """Return the path of a model that listens both ways."""
    quick = ("--epochs", "1", "--valid-fraction", "0.2")
    process = ostinato(
        "train", "transcribe", folder / "train.csv", "--out", folder / "both", *OPTIONS[:-4], *quick
    )
    assert process.returncode == 0, process.stderr
    return folder / "both"


def listen(ostinato, *arguments, sound):
    """Run the program with sound on its standard input."""
    with ostinato.start("transcribe", *arguments, stdin=subprocess.PIPE) as process:
        process.stdin.buffer.write(sound)
        process.stdin.close()
        return process.stdout.read(), process.stderr.read(), process.wait()


def test_training_says_what_was_read_and_how_well_it_went(trained):
    model, process = trained
    assert "40 recordings, " in process.stdout
    assert f"at {RATE:,} samples a second" in process.stdout
    assert "wer" in process.stdout
    assert f"ostinato transcribe {model} -" in process.stderr
    assert (model.with_name("model.run") / "report.html").exists()


def test_evaluate_gives_scores_and_a_report_without_torch(ostinato, trained, folder, tmp_path):
    command = ("evaluate", trained[0], folder / "test.csv")
    found = json.loads(ostinato(*command, "--json", without=("torch",)).stdout)
    assert (found["task"], found["recordings"], found["decoding"]) == ("transcribe", 6, "greedy")
    assert found["wer"] < 0.3
    beam = json.loads(ostinato(*command, "--json", "--beam-size", "4").stdout)
    assert beam["decoding"] == "beam of 4"
    process = ostinato(*command, "--report", tmp_path / "report.html")
    assert "word error rate" in process.stdout
    assert "character error rate" in (tmp_path / "report.html").read_text()


def test_files_come_back_as_text_and_as_words_with_times(ostinato, trained, folder):
    files = [folder / "train0.wav", folder / "train1.wav"]
    one = ostinato("transcribe", trained[0], files[0], without=("torch",))
    assert (one.returncode, one.stdout) == (0, utterances(40).texts[0] + "\n")
    both = ostinato("transcribe", trained[0], *files)
    assert both.stdout.startswith(f"{files[0]}\t{one.stdout}{files[1]}\t")
    found = [
        json.loads(line) for line in ostinato("transcribe", trained[0], *files, "--json").stdout.splitlines()
    ]
    assert [row["file"] for row in found] == [str(file) for file in files]
    words = found[0]["words"]
    assert " ".join(word["word"] for word in words) == found[0]["text"]
    assert all(0 <= word["start"] < word["end"] for word in words)


def test_a_pipe_is_heard_as_the_file_is(ostinato, trained):
    samples, text = utterances(40).samples[0], utterances(40).texts[0]
    assert listen(ostinato, trained[0], "-", sound=pcm(samples)) == (text + "\n", "", 0)
    lines = listen(ostinato, trained[0], "-", "--json", sound=pcm(samples))[0].splitlines()
    assert " ".join(json.loads(line)["word"] for line in lines) == text
    twice = np.repeat(samples, 2)
    assert listen(ostinato, trained[0], "-", "--rate", str(2 * RATE), sound=pcm(twice))[0] == text + "\n"


def test_text_is_printed_while_it_is_heard(ostinato, trained):
    with ostinato.start("transcribe", trained[0], "-", stdin=subprocess.PIPE) as process:
        process.stdin.buffer.write(pcm(np.concatenate(utterances(40).samples[:4])))
        process.stdin.flush()
        assert process.stdout.read(1).strip()
        process.stdin.close()
        process.stdout.read()
        assert process.wait() == 0


def test_a_model_that_listens_both_ways_refuses_a_pipe_in_one_line(ostinato, both_ways):
    out, error, code = listen(ostinato, both_ways, "-", sound=b"")
    assert (out, code, error.count("\n")) == ("", 1, 1)
    assert "listens both ways" in error


def test_a_language_model_may_help(ostinato, trained, folder, tmp_path):
    (tmp_path / "texts.txt").write_text("".join(text + "\n" for text in utterances(40).texts))
    train = ("train", "language", tmp_path / "texts.txt", "--documents", "line", "--level", "char")
    small = ("--epochs", "1", "--hidden-size", "8", "--threads", "1", "--valid-fraction", "0")
    process = ostinato(*train, "--out", tmp_path / "lm", *small)
    assert process.returncode == 0, process.stderr
    options = ("--lm", tmp_path / "lm", "--lm-weight", "0.1", "--insertion-bonus", "0.1")
    found = json.loads(ostinato("evaluate", trained[0], folder / "test.csv", "--json", *options).stdout)
    assert found["decoding"] == "beam of 16, language model (0.1), letter bonus 0.1"
    sound = pcm(utterances(40).samples[0])
    assert listen(ostinato, trained[0], "-", *options, sound=sound)[0] == utterances(40).texts[0] + "\n"


def test_inspect_tells_what_it_is(ostinato, trained, both_ways):
    text = ostinato("inspect", trained[0]).stdout
    assert "transcribe: 4 letters:  , a, b, c" in text
    assert "yes, step by step" in text
    assert "no: op 'recurrent' reads the whole sequence" in ostinato("inspect", both_ways).stdout


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda data: b"", "is empty"),
        (lambda data: data[: len(data) // 2], "is cut off"),
        (lambda data: data[:44], "test0.wav"),
        (lambda data: b"RIFF" + bytes(100), "test0.wav"),
    ],
)
def test_sound_that_cannot_be_used_is_one_line(ostinato, trained, folder, tmp_path, spoil, message):
    (tmp_path / "test0.wav").write_bytes(spoil((folder / "test0.wav").read_bytes()))
    process = ostinato("transcribe", trained[0], tmp_path / "test0.wav")
    assert (process.returncode, process.stdout, process.stderr.count("\n")) == (1, "", 1)
    assert message in process.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("train0.wav", "--rate", "8000"), "--rate is about raw sound"),
        (("train0.wav", "--lm-weight", "1"), "about a language model; give one"),
        (("train0.wav", "--lm", "model"), "is a transcribe model; expected a language model"),
        (("missing.wav",), "no such file"),
    ],
)
def test_what_cannot_be_done_is_one_line(ostinato, trained, folder, arguments, message):
    given = [folder / one if (folder / one).exists() else one for one in arguments]
    process = ostinato("transcribe", trained[0], *given)
    assert (process.returncode, process.stdout, process.stderr.count("\n")) == (1, "", 1)
    assert message in process.stderr


def test_half_a_sample_is_one_line(ostinato, trained):
    _, error, code = listen(ostinato, trained[0], "-", sound=b"\0" * 2_001)
    assert (code, error.count("\n")) == (1, 1)
    assert "ends within a sample" in error


def test_predict_and_train_refuse_in_one_line(ostinato, trained, folder, tmp_path):
    process = ostinato("predict", trained[0], folder / "test.csv")
    assert (process.returncode, process.stderr.count("\n")) == (1, 1)
    assert "ostinato transcribe" in process.stderr
    long = (
        (folder / "train.csv")
        .read_text()
        .replace("train1.wav,", "train1.wav,aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")
    )
    (folder / "long.csv").write_text(long)
    process = ostinato("train", "transcribe", folder / "long.csv", "--out", tmp_path / "model", *OPTIONS)
    assert (process.returncode, process.stdout, process.stderr.count("\n")) == (1, "", 1)
    assert "long.csv, line 3: 'aaaa" in process.stderr
    assert not (tmp_path / "model.run").exists()
