"""The demo's parts run as `make demo` runs them, on one short training."""

import importlib.util
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "examples" / "demo.py"


def test_the_demo_trains_evaluates_and_listens(tmp_path, monkeypatch, capsys):
    pytest.importorskip("sktime", reason="the demo's data ships with it: ostinato[demo]")
    found = importlib.util.spec_from_file_location("demo", SCRIPT)
    demo = importlib.util.module_from_spec(found)
    found.loader.exec_module(demo)
    monkeypatch.chdir(tmp_path)
    short = "--epochs 1 --folds 0 --valid-fraction 0 --hidden-size 8 --threads 1"
    monkeypatch.setattr(demo, "COLUMNS", f"{demo.COLUMNS} {short}")
    demo.main()
    printed = capsys.readouterr().out
    assert printed.count("  speaker ") >= 7
    assert Path("demo/report.html").read_text().startswith("<!")
