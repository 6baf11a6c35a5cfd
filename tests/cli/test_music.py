"""Music from the command line: piano rolls and MIDI files are trained on, judged and written."""

import json

import numpy as np
import pytest

pytest.importorskip("miditok", reason="music needs ostinato[music]")

import midi_files
import piano_rolls
from ostinato.read.midi import read_midi

SMALL = ("--hidden-size", "8", "--layers", "1", "--threads", "1", "--epochs", "3", "--batch-size", "4")


@pytest.fixture(scope="module")
def frames(tmp_path_factory):
    """Return the path of a file of piano rolls."""
    path = tmp_path_factory.mktemp("rolls") / "rolls.npz"
    parts = ["train"] * 6 + ["valid"] * 2 + ["test"] * 2
    np.savez(path, **{f"{part}_{n}": piano_rolls.roll(10 + n, n) for n, part in enumerate(parts)})
    return path


@pytest.fixture(scope="module")
def roll_model(ostinato, frames):
    """Return the path of a model of piano rolls, and the process that trained it."""
    model = frames.with_name("model")
    process = ostinato("train", "language", frames, "--out", model, "--transpose", "3", *SMALL)
    assert process.returncode == 0, process.stderr
    return model, process


@pytest.fixture(scope="module")
def pieces(tmp_path_factory):
    """Return the paths of two MIDI files."""
    folder = tmp_path_factory.mktemp("midi")
    melody = midi_files.midi(midi_files.track(*(e for p in range(60, 72) for e in midi_files.note(p))))
    (folder / "band.mid").write_bytes(midi_files.BAND)
    (folder / "melody.mid").write_bytes(melody)
    return folder / "band.mid", folder / "melody.mid"


@pytest.fixture(scope="module")
def note_model(ostinato, pieces):
    """Return the path of a language model of notes, and the process that trained it."""
    model = pieces[0].with_name("model")
    process = ostinato(
        "train", "language", *pieces, "--out", model, "--valid", pieces[1], "--embedding-size", "8", *SMALL
    )
    assert process.returncode == 0, process.stderr
    return model, process


def test_training_on_rolls_says_what_was_read_and_how_well_it_went(roll_model):
    model, process = roll_model
    assert "10 sequences (6 train, 2 valid, 2 test) of 145 frames" in process.stdout
    assert "accuracy" in process.stdout
    assert f"Next: ostinato generate {model} --out song.mid" in process.stderr
    assert "model of piano rolls" in (model / "README.md").read_text()


def test_rolls_are_judged_on_their_test_part(ostinato, roll_model, frames, tmp_path):
    process = ostinato("evaluate", roll_model[0], frames, "--json", "--report", tmp_path / "report.html")
    found = json.loads(process.stdout)
    assert found["data"] == "rolls.npz, test part"
    assert (found["scores"]["sequences"], found["scores"]["frames"]) == (2, 37)
    assert 0 < found["scores"]["nats_per_frame"] < 88
    page = (tmp_path / "report.html").read_text()
    assert page.count("Piano roll:") >= 2
    assert "How it learned" in page
    assert "nats per frame" in ostinato("evaluate", roll_model[0], frames).stdout


def test_rolls_become_midi_without_torch(ostinato, roll_model, tmp_path):
    command = ("generate", roll_model[0], "--length", "20", "--frame-beats", "0.25", "--temperature", "2")
    process = ostinato(*command, "--out", tmp_path / "song.mid", without=("torch", "sklearn"))
    assert process.returncode == 0, process.stderr
    score = read_midi(tmp_path / "song.mid")
    assert f"{score.note_num()} notes" in process.stdout
    assert score.end() <= 20 * 0.25 * score.ticks_per_quarter
    ostinato(*command, "--out", tmp_path / "same.mid")
    assert (tmp_path / "same.mid").read_bytes() == (tmp_path / "song.mid").read_bytes()


def test_a_roll_goes_on_from_a_midi_file(ostinato, roll_model, pieces, tmp_path):
    process = ostinato(
        *("generate", roll_model[0], "--prompt", pieces[1], "--frame-beats", "1", "--length", "4"),
        *("--out", tmp_path / "song.mid"),
    )
    assert process.returncode == 0, process.stderr
    first = sorted(read_midi(tmp_path / "song.mid").tracks[0].notes, key=lambda note: note.time)[:12]
    assert [note.pitch for note in first] == [*range(60, 72)]


def test_notes_are_trained_on_judged_and_written(ostinato, note_model, pieces, tmp_path):
    model, process = note_model
    assert "2 files: 2 pieces of" in process.stdout
    found = json.loads(ostinato("evaluate", model, pieces[1], "--json").stdout)
    assert {"nats_per_token", "bits_per_token", "perplexity", "tokens"} == found["scores"].keys()
    written = ostinato(
        *("generate", model, "--prompt", pieces[1], "--length", "50", "--out", tmp_path / "song.mid"),
        "--json",
        without=("torch", "sklearn"),
    )
    assert written.returncode == 0, written.stderr
    told = json.loads(written.stdout)
    assert told["notes"] == read_midi(tmp_path / "song.mid").note_num() >= 12
    assert told["skipped"] > 0
    assert (
        "and were skipped"
        in ostinato(
            *("generate", model, "--prompt", pieces[1], "--length", "50", "--out", tmp_path / "song.mid")
        ).stdout
    )


def test_the_report_of_notes_shows_a_roll(ostinato, note_model, pieces, tmp_path):
    process = ostinato("evaluate", note_model[0], pieces[0], "--report", tmp_path / "report.html")
    assert process.returncode == 0, process.stderr
    assert "What memory is worth" in (tmp_path / "report.html").read_text()


@pytest.mark.parametrize(
    ("kind", "told"), [("rolls", "logits of 88 keys"), ("notes", "music as remi tokens")]
)
def test_inspect_tells_what_it_is(ostinato, roll_model, note_model, kind, told):
    model, _ = roll_model if kind == "rolls" else note_model
    process = ostinato("inspect", model)
    assert told in process.stdout
    assert "yes, step by step" in process.stdout
    assert "vocabulary_size" not in process.stdout.partition("scores on")[0] or kind == "notes"


@pytest.mark.parametrize(
    ("names", "options", "code", "message"),
    [
        (["fake.mid"], (), 1, "fake.mid: is no MIDI file"),
        (["other.mat"], (), 1, "other.mat: "),
        (["wrong.npz"], (), 1, "expected (T, 88)"),
        (["fake.mid", "text.txt"], (), 2, "is music and"),
        (["rolls.npz", "rolls.npz"], (), 2, "2 files of piano rolls are given; give one"),
        (["rolls.npz"], ("--valid", "text.txt"), 2, "is piano rolls and text.txt is text"),
        (["rolls.npz"], ("--level", "word"), 2, "--level says nothing about piano rolls"),
        (["rolls.npz"], ("--bptt", "9"), 2, "--bptt says nothing about piano rolls"),
        (["rolls.npz"], ("--recipe", "bptt.yaml"), 1, "there is no option 'bptt'"),
        (["fake.mid"], ("--tokenized",), 2, "--tokenized says nothing about music"),
        (["fake.mid"], ("--recipe", "level.yaml"), 2, "--level says nothing about music"),
        (["text.txt"], ("--transpose", "3"), 2, "--transpose says nothing about text"),
    ],
)
def test_wrong_files_and_options_are_one_line(ostinato, frames, tmp_path, names, options, code, message):
    (tmp_path / "fake.mid").write_bytes(b"RIFF and so on")
    (tmp_path / "other.mat").write_bytes(b"MATLAB, but not really")
    (tmp_path / "text.txt").write_text("to be or not to be")
    (tmp_path / "bptt.yaml").write_text("bptt: 3")
    (tmp_path / "level.yaml").write_text("level: word")
    (tmp_path / "rolls.npz").write_bytes(frames.read_bytes())
    np.savez(tmp_path / "wrong.npz", one=np.zeros((5, 87)))
    paths = [tmp_path / name for name in names]
    given = [tmp_path / option if "." in option and option != "text.txt" else option for option in options]
    given = [tmp_path / option if option == "text.txt" else option for option in given]
    process = ostinato("train", "language", *paths, "--out", tmp_path / "model", *given)
    assert (process.returncode, process.stdout) == (code, "")
    assert message.replace("and text.txt", f"and {tmp_path / 'text.txt'}") in process.stderr
    assert process.stderr.count("\n") == 1
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize(
    ("kind", "options", "code", "message"),
    [
        ("rolls", (), 2, "the model writes music; name a file for it: --out SONG.mid"),
        ("rolls", ("--out", "song.wav"), 2, "name a file for it: --out SONG.mid"),
        ("rolls", ("--out", "song.mid", "--top-k", "3"), 2, "--top-k: the model writes piano rolls"),
        ("rolls", ("--out", "song.mid", "--prompt", "none.mid"), 1, "none.mid"),
        ("rolls", ("--out", "song.mid", "--frame-beats", "0"), 1, "frame_beats is 0"),
        ("notes", (), 2, "name a file for it: --out SONG.mid"),
        ("notes", ("--out", "song.mid", "--stop", "x"), 2, "--stop: the model writes notes"),
        ("notes", ("--out", "song.mid", "--frame-beats", "1"), 2, "--frame-beats: the model writes notes"),
    ],
)
def test_wrong_use_of_generate_is_one_line(ostinato, roll_model, note_model, kind, options, code, message):
    model, _ = roll_model if kind == "rolls" else note_model
    process = ostinato("generate", model, *options)
    assert (process.returncode, process.stdout) == (code, "")
    assert message in process.stderr
    assert process.stderr.count("\n") == 1


def test_a_model_of_text_writes_no_midi(ostinato, tmp_path):
    (tmp_path / "text.txt").write_text("to be or not to be, " * 20)
    ostinato(
        "train",
        "language",
        tmp_path / "text.txt",
        "--out",
        tmp_path / "model",
        "--embedding-size",
        "4",
        *SMALL,
    )
    process = ostinato("generate", tmp_path / "model", "--out", tmp_path / "song.mid")
    assert process.returncode == 2
    assert "--out: the model writes text, for which this says nothing" in process.stderr


@pytest.mark.parametrize("kind", ["rolls", "notes"])
def test_a_model_begins_with_anothers_weights(
    ostinato, roll_model, note_model, frames, pieces, tmp_path, kind
):
    if kind == "rolls":
        model, data, more = roll_model[0], [frames], ()
    else:
        model, data, more = note_model[0], pieces, ("--embedding-size", "8", "--valid-fraction", "0")
    process = ostinato(
        "train", "language", *data, "--out", tmp_path / "model", "--init-from", model, *SMALL, *more
    )
    assert process.returncode == 0, process.stderr
    assert "recurrent: kept" in process.stderr
    assert "head: 88 of 88" in process.stderr or kind == "notes"
