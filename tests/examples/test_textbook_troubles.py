"""The example of the textbook's two troubles runs as a user runs it, and shows them."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "examples" / "textbook_troubles.py"


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """Return what the quick run prints and the directory that it draws into."""
    pytest.importorskip("matplotlib")
    out = tmp_path_factory.mktemp("troubles")
    command = [sys.executable, str(SCRIPT), "--quick", "--out", str(out)]
    environment = {**os.environ, "MPLCONFIGDIR": str(out / "matplotlib")}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=500, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout, out


@pytest.mark.slow
def test_gradients_vanish_in_the_plain_rnn_and_explode_where_recurrence_is_too_strong(shown):
    printed, _ = shown
    assert re.search(r"^plain RNN: .* the gradient vanishes", printed, re.MULTILINE)
    assert re.search(r"^LSTM, gates fit to length: .* the gradient is healthy", printed, re.MULTILINE)
    assert re.search(r"^GRU, gates fit to length: .* the gradient is healthy", printed, re.MULTILINE)
    assert re.search(r"^Before training: .* the gradient explodes", printed, re.MULTILINE)


@pytest.mark.slow
def test_orthogonal_recurrence_and_an_open_forget_gate_learn_sooner(shown):
    table = shown[0].partition("Initial values that help")[2]
    outcome = dict(re.findall(r"^(\S.{25}) .* (learnt|fails) ", table, re.MULTILINE))
    outcome = {name.strip(): result for name, result in outcome.items()}
    assert outcome["LSTM"] == "fails"
    assert outcome["LSTM, forget bias 5"] == "learnt"
    assert outcome["plain RNN, orthogonal"] == "learnt"


@pytest.mark.slow
def test_figures_are_drawn(shown):
    for name in ("vanishing.png", "exploding.png", "initialisation.png"):
        assert (shown[1] / name).read_bytes().startswith(b"\x89PNG")
