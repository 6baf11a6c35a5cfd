"""The example of docs/export.md runs as it stands there."""

import re
from pathlib import Path

import pytest

pytest.importorskip("onnxruntime", reason="exporting needs ostinato[onnx]")

from ostinato.export.onnx import to_onnx
from saved_models import saved

PAGE = Path(__file__).parents[2] / "docs" / "export.md"


def test_a_stream_runs_step_by_step_with_its_states_fed_back(tmp_path, monkeypatch, capsys):
    to_onnx(saved(tmp_path, "classify, series"), tmp_path / "model.onnx")
    monkeypatch.chdir(tmp_path)
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    exec(compile(code, str(PAGE), "exec"), {})
    printed = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert len(printed) == 20
    assert all(one == other for one, other in printed)
