"""The command line as a user has it: a program, files, exit codes."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

PROGRAM = Path(sys.executable).with_name("ostinato")
QUICK = (
    *("--hidden-size", "8", "--layers", "1", "--front", "none", "--threads", "1"),
    *("--epochs", "8", "--batch-size", "8", "--learning-rate", "0.02"),
)
BLOCKED = """
import sys
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if {{name, name.partition(".")[0]}} & {names!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}} (blocked)", name=name)
sys.meta_path.insert(0, Blocker())
from ostinato.cli import main
main()
"""


class Ostinato:
    """The program, run in an empty folder."""

    def __init__(self, folder):
        self.folder = folder

    def start(self, *arguments, without=(), **options):
        """Return the running process; libraries and modules named in ``without`` cannot be imported."""
        program = [sys.executable, "-c", BLOCKED.format(names=set(without))] if without else [PROGRAM]
        return subprocess.Popen(
            [*program, *map(str, arguments)],
            cwd=self.folder,
            env=os.environ | {"OMP_NUM_THREADS": "1", "COLUMNS": "80"},
            **{"text": True, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options,
        )

    def __call__(self, *arguments, **options):
        """Return the finished process."""
        process = self.start(*arguments, **options)
        stdout, stderr = process.communicate(timeout=300)
        return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)


@pytest.fixture(scope="session")
def ostinato(tmp_path_factory):
    """Return what runs ``ostinato``."""
    return Ostinato(tmp_path_factory.mktemp("work"))


def write_series(path, sequences, seed, labelled=True):
    """Write a long table: class "up" rises in column a, class "down" falls; column b is noise."""
    random = np.random.default_rng(seed)
    lines = ["id,step,a,b,kind" if labelled else "id,step,a,b"]
    for number in range(sequences):
        kind = ("up", "down")[number % 2]
        for step in range(int(random.integers(3, 8))):
            a = (step if kind == "up" else -step) + random.normal() / 4
            lines.append(f"s{number},{step},{a:.4f},{random.normal():.4f}" + (f",{kind}" if labelled else ""))
    path.write_text("\n".join(lines) + "\n")
    return path


def write_texts(path, count, seed):
    """Write a table of texts, each with a word that tells its label."""
    random = np.random.default_rng(seed)
    filler = ["so", "it", "goes", "again", "today"]
    lines = ["sentence,mood"]
    for number in range(count):
        word, mood = (("fine", "good"), ("awful", "bad"))[number % 2]
        words = [*random.choice(filler, size=int(random.integers(1, 5))), word]
        lines.append(f"{' '.join(words)},{mood}")
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture(scope="session")
def series(tmp_path_factory):
    """Return the paths of a training and a test table of series."""
    folder = tmp_path_factory.mktemp("series")
    return write_series(folder / "train.csv", 40, 0), write_series(folder / "test.csv", 20, 1)


@pytest.fixture
def unlabelled(tmp_path):
    """Return the path of a table of six sequences without labels."""
    return write_series(tmp_path / "new.csv", 6, 2, labelled=False)


@pytest.fixture(scope="session")
def trained(ostinato, series, tmp_path_factory):
    """Return a trained model's path, and the process that trained it."""
    model = tmp_path_factory.mktemp("models") / "model"
    columns = ("--label", "kind", "--sequence", "id", "--time", "step")
    process = ostinato("train", "classify", series[0], "--out", model, "--valid", series[1], *columns, *QUICK)
    assert process.returncode == 0, process.stderr
    return model, process


@pytest.fixture(scope="session")
def trained_on_texts(ostinato, tmp_path_factory):
    """Return the path of a model that reads texts, and of a table of them."""
    folder = tmp_path_factory.mktemp("texts")
    table = write_texts(folder / "texts.csv", 40, 0)
    options = ("--label", "mood", "--valid-fraction", "0.2", *QUICK)
    process = ostinato("train", "classify", table, "--out", folder / "model", *options)
    assert process.returncode == 0, process.stderr
    return folder / "model", table
