"""Help, usage and errors: what every verb shares."""

import signal
import subprocess
import sys

import pytest

HEAVY = ("torch", "sklearn", "pyarrow", "pandas", "matplotlib", "tokenizers", "yaml", "numpy")


def one_line(process):
    """Return stderr, which is one line."""
    lines = process.stderr.splitlines()
    assert len(lines) == 1, process.stderr
    return lines[0]


@pytest.mark.parametrize(
    "verb", [(), ("train",), ("train", "classify"), ("evaluate",), ("predict",), ("inspect",)], ids=" ".join
)
def test_help_works_without_any_heavy_library(ostinato, verb):
    process = ostinato(*verb, "--help", without=HEAVY)
    assert (process.returncode, process.stderr) == (0, "")
    assert f"Usage: ostinato {' '.join(verb)}".rstrip() in process.stdout


def test_no_argument_is_help(ostinato):
    process = ostinato()
    assert (process.returncode, process.stdout) == (0, ostinato("--help").stdout)


def test_version_is_printed(ostinato):
    import ostinato as package

    assert ostinato("--version").stdout == f"ostinato {package.__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("evalute",), "No such command 'evalute'. Did you mean 'evaluate'? See 'ostinato --help'."),
        (("train",), "Missing command. See 'ostinato train --help'."),
        (("predict", "m", "x", "--nothing"), "No such option: --nothing. See 'ostinato predict --help'."),
        (("export", "m", "--to", "x", "--out", "o"), "Invalid value for '--to': 'x' is not one of"),
        (("train", "clasify", "x"), "No such command 'clasify'."),
        (("train", "classify", "x.csv"), "Missing option '--out'."),
        (
            ("export", "m"),
            "Missing option '--to'; choose from int8, onnx, triton. See 'ostinato export --help'.",
        ),
        (("train", "classify", "x.csv", "--out", "m", "--hiden-size", "3"), "No such option: --hiden-size"),
        (
            ("train", "classify", "x.csv", "--out", "m", "--dropout", "1.5"),
            "--dropout is 1.5; expected a number of at least 0 and below 1.",
        ),
        (
            ("train", "classify", "x.csv", "--out", "m", "--valid", "v.csv", "--valid-fraction", "0.2"),
            "--valid and --valid-fraction are both given; a model is validated on one of them.",
        ),
        (("evaluate", "m"), "Missing argument 'DATA…'."),
        (("inspect",), "inspect takes a MODEL or --backends; give one of them."),
    ],
)
def test_wrong_usage_is_exit_2_and_one_line(ostinato, arguments, message):
    process = ostinato(*arguments)
    assert (process.returncode, process.stdout) == (2, "")
    assert one_line(process).startswith(f"Error: {message}")


@pytest.mark.parametrize("verb", [("evaluate", "x.csv"), ("predict", "x.csv"), ("inspect",)])
def test_a_missing_model_is_exit_1_and_one_line(ostinato, verb):
    missing = "no/such/" + "long name " * 30
    process = ostinato(verb[0], missing, *verb[1:])
    assert (process.returncode, process.stdout) == (1, "")
    assert one_line(process).startswith(f"Error: {missing}: missing: ")


def test_a_message_cannot_steer_the_terminal(ostinato):
    line = one_line(ostinato("inspect", "x\x1b[31m\ny"))
    assert line.startswith(r"Error: x\x1b[31m\ny: missing")


def test_an_interrupt_before_work_begins_is_130_and_one_line():
    code = "import ostinato.cli as c\ndef run(a): raise KeyboardInterrupt\nc.run = run\nc.main()"
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (process.returncode, process.stderr) == (130, "Interrupted.\n")


def test_a_bug_shows_its_traceback():
    code = "import ostinato.cli as c\ndef run(a): return 1 / 0\nc.run = run\nc.main()"
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert process.returncode == 1
    assert process.stderr.startswith("Traceback")
    assert "ZeroDivisionError" in process.stderr


def test_our_warnings_are_one_line_and_libraries_are_silent():
    code = (
        "import warnings\nimport ostinato.cli as c\nfrom ostinato.errors import OstinatoWarning\n"
        "def run(a):\n warnings.warn('look', OstinatoWarning)\n warnings.warn('old', FutureWarning)\n"
        " return 0\nc.run = run\nc.main()"
    )
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (process.returncode, process.stderr) == (0, "Warning: look\n")


def test_ctrl_c_at_work_is_130_and_one_line():
    code = "import time\nimport ostinato.cli as c\ndef run(a): print('on', flush=True); time.sleep(60)\n"
    process = subprocess.Popen(
        [sys.executable, "-c", code + "c.run = run\nc.main()"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "on\n"
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=60)[1] == "Interrupted.\n"
    assert process.returncode == 130
