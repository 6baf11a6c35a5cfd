"""`ostinato stream`: lines in, answers out as they change; stopped at any time, it goes on where it was."""

import json
import signal
import time
from pathlib import Path

import numpy as np
import pytest

from ostinato import runtime

FORMATS = Path(__file__).parents[1] / "formats"
SERIES, TEXT = FORMATS / "v1" / "series-gru", FORMATS / "states_v1" / "language-lstm-char"
STEPS = [[0.1, 0.2, 0.3], [1, 2, 3], [-5, -5, -5], [9, 9, 9]]


def heard(ostinato, model, text, *arguments):
    """Return the finished process after it was given this text."""
    process = ostinato.start("stream", model, *arguments, stdin=-1)
    stdout, stderr = process.communicate(text, timeout=300)
    return process.returncode, stdout, stderr


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


def csv(steps):
    return "".join(",".join(map(str, step)) + "\n" for step in steps)


@pytest.fixture(scope="module")
def expected():
    """Return the probabilities after each step."""
    return runtime.load(SERIES).stream().push(np.array(STEPS))


FORMS = {
    "commas": csv(STEPS),
    "lists": "".join(json.dumps(step) + "\n" for step in STEPS),
    "objects": "".join(json.dumps(dict(zip("zyx", step[::-1], strict=True))) + "\n" for step in STEPS),
    "a head in another order": "z,x,y\n" + csv([[z, x, y] for x, y, z in STEPS]),
    "no last line end": csv(STEPS)[:-1],
    "windows": csv(STEPS).replace("\n", "\r\n"),
}


@pytest.mark.parametrize("text", FORMS.values(), ids=FORMS.keys())
def test_every_form_of_numbers_is_heard(ostinato, expected, text):
    code, stdout, stderr = heard(ostinato, SERIES, text, "--json", "--every", 1)
    assert (code, stderr) == (0, "")
    said = lines(stdout)
    assert [answer["step"] for answer in said] == [1, 2, 3, 4]
    found = [[answer["probabilities"][label] for label in ("no", "yes")] for answer in said]
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert said[-1]["label"] == ("no", "yes")[int(expected[-1].argmax())]


def test_answers_come_where_they_change_and_a_blank_line_begins_anew(ostinato):
    code, stdout, stderr = heard(ostinato, SERIES, csv(STEPS) + "\n" + csv(STEPS[:1]))
    assert (code, stderr) == (0, "")
    assert stdout.startswith("1\tyes  ")
    assert stdout.count("\n") == 1
    _, stdout, _ = heard(ostinato, SERIES, csv(STEPS) + "\n" + csv(STEPS[:1]), "--every", 1)
    first, *_, last = stdout.splitlines()
    assert first == last


def test_a_state_goes_on_where_it_stopped(ostinato, expected, tmp_path):
    state = tmp_path / "now.state"
    heard(ostinato, SERIES, csv(STEPS[:3]), "--state", state)
    assert [file.name for file in tmp_path.iterdir()] == ["now.state"]
    code, stdout, _ = heard(ostinato, SERIES, csv(STEPS[3:]), "--state", state, "--json")
    assert code == 0
    (answer,) = lines(stdout)
    assert answer["step"] == 4
    assert answer["probabilities"]["yes"] == pytest.approx(expected[3, 1], abs=1e-6)


def test_a_state_of_another_model_or_a_damaged_one_is_refused_and_stays(ostinato, tmp_path):
    state = tmp_path / "now.state"
    heard(ostinato, SERIES, csv(STEPS), "--state", state)
    kept = state.read_bytes()
    code, stdout, stderr = heard(ostinato, TEXT, "to be\n", "--state", state)
    assert (code, stdout) == (1, "")
    assert stderr.startswith(f"Error: {state}: the state is of another model")
    state.write_bytes(kept[:-1] + b"\0")
    code, _, stderr = heard(ostinato, SERIES, csv(STEPS), "--state", state)
    assert code == 1
    assert "damaged" in stderr
    assert stderr.count("\n") == 1
    assert state.read_bytes() == kept[:-1] + b"\0"


def test_a_line_that_is_none_is_named_and_what_came_before_is_kept(ostinato, tmp_path):
    state = tmp_path / "now.state"
    code, stdout, stderr = heard(ostinato, SERIES, "1,2,3\n4,x,6\n7,8,9\n", "--state", state)
    assert code == 1
    assert stdout.count("\n") == 1
    expected = "expected numbers with commas between, one for each channel: x, y, z."
    assert stderr == f"Error: standard input, line 2: '4,x,6' is no step; {expected}\n"
    assert runtime.load(SERIES).restore(state.read_bytes()).steps == 1


@pytest.mark.parametrize(
    ("text", "saying"),
    [
        ("1,2\n", "line 1: steps have shape"),
        ("nan,1,2\n", "line 1: steps, step 1, channel 'x' is nan"),
        ('{"x": 1, "y": 2}\n', "names other channels"),
        ('[1, 2, "3"]\n', "expected a list of numbers"),
        ("[1, 2\n", "is no JSON"),
        ("[true, 1, 2]\n", "expected a list of numbers"),
    ],
)
def test_other_lines_are_refused_in_one_sentence(ostinato, text, saying):
    code, _, stderr = heard(ostinato, SERIES, text)
    assert code == 1
    assert saying in stderr
    assert stderr.count("\n") == 1


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it_clean_and_loses_nothing(ostinato, tmp_path, number, code):
    state = tmp_path / "now.state"
    process = ostinato.start("stream", SERIES, "--state", state, "--every", 1, stdin=-1)
    process.stdin.write(csv(STEPS[:2]))
    process.stdin.flush()
    assert [process.stdout.readline()[:2] for _ in range(2)] == ["1\t", "2\t"]
    process.stdin.write("9,9")  # half a line
    process.stdin.flush()
    time.sleep(0.2)
    process.send_signal(number)
    stdout, stderr = process.communicate(timeout=300)
    assert (process.returncode, stdout) == (code, "")
    assert stderr == f"Interrupted after step 2; the state is in {state}.\n"
    assert runtime.load(SERIES).restore(state.read_bytes()).steps == 2


def test_a_microphone_is_heard_and_its_state_kept(ostinato, tmp_path):
    for extra in ("soundfile", "kaldi_native_fbank"):
        pytest.importorskip(extra, reason="hearing needs ostinato[audio]")
    import sounds
    from ostinato.tasks.classify import CLASSIFY
    from ostinato.train.fit import fit

    model, state = tmp_path / "model", tmp_path / "now.state"
    fit(CLASSIFY, sounds.recordings(), sounds.options(), out=model)
    raw = (sounds.tone(1_200.0, 0.5) * 32_767).astype("<i2").tobytes()
    code, stdout, stderr = raw_heard(ostinato, model, raw, "--every", 1)
    assert (code, stderr) == (0, b"")
    assert stdout.count(b"\n") == 6  # five tenths of a second, and the whole at the end
    assert stdout.splitlines()[-1].split(b"\t")[1].startswith(b"high")
    raw_heard(ostinato, model, raw[:4_000], "--state", state)
    *_, first = stdout.splitlines()
    code, stdout, _ = raw_heard(ostinato, model, raw[4_000:], "--state", state, "--every", 1)
    assert stdout.splitlines()[-1] == first
    code, _, stderr = raw_heard(ostinato, model, raw, "--state", state, "--rate", 8_000)
    assert code == 1
    assert b"what resampling holds back is in no state" in stderr
    code, _, stderr = raw_heard(ostinato, model, raw[:-1])
    assert (code, stderr.count(b"\n")) == (1, 1)
    assert b"standard input, tenth of a second 5: the sound ends within a sample" in stderr


def raw_heard(ostinato, model, given, *arguments):
    """Return the code and what was said, both as bytes, after the process was given these bytes."""
    process = ostinato.start("stream", model, *arguments, stdin=-1, text=False)
    stdout, stderr = process.communicate(given, timeout=300)
    return process.returncode, stdout, stderr


def test_text_is_told_line_by_line_how_surprising_it_is(ostinato, tmp_path):
    pytest.importorskip("tokenizers", reason="reading text needs ostinato[text]")
    text, state = "to be, or n\u00f6t\nto be: that is\nthe question.", tmp_path / "now.state"
    code, stdout, stderr = heard(ostinato, TEXT, text, "--json")
    assert (code, stderr) == (0, "")
    said = lines(stdout)
    foretold = runtime.load(TEXT).score([text])
    assert sum(answer["tokens"] for answer in said) == len(text)
    assert sum(answer["nats"] for answer in said) == pytest.approx(foretold.losses[0].sum(), abs=1e-4)
    _, first, _ = heard(ostinato, TEXT, text[:20], "--state", state, "--json")
    _, second, _ = heard(ostinato, TEXT, text[20:], "--state", state, "--json")
    kept = runtime.load(TEXT).restore(state.read_bytes())
    rest = kept.finish().nats.sum()
    heard_so_far = sum(answer["nats"] for answer in lines(first) + lines(second))
    assert heard_so_far + rest == pytest.approx(foretold.losses[0].sum(), abs=1e-4)


def test_the_last_word_of_a_text_is_heard_at_its_end(ostinato):
    pytest.importorskip("tokenizers", reason="reading text needs ostinato[text]")
    code, stdout, stderr = heard(ostinato, TEXT, "t", "--json")
    assert (code, stderr) == (0, "")
    assert [answer["tokens"] for answer in lines(stdout)] == [1]
    assert heard(ostinato, TEXT, "")[:2] == (0, "")


def test_a_model_that_cannot_stream_says_why(ostinato):
    pytest.importorskip("tokenizers", reason="reading text needs ostinato[text]")
    code, _, stderr = heard(ostinato, FORMATS / "v1" / "text-lstm-word", "good\n")
    assert code == 1
    assert "cannot run step by step" in stderr
    assert stderr.count("\n") == 1
