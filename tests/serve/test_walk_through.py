"""The walk-through in docs/serving.md, command by command, where only training can import torch."""

import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

GUIDE = Path(__file__).parents[2] / "docs" / "serving.md"
WITHOUT_TORCH = """
import sys
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"torch", "sklearn", "pandas"}:
            raise ModuleNotFoundError(f"No module named {name!r} (blocked)", name=name)
sys.meta_path.insert(0, Blocker())
"""
MAIN = "from ostinato.cli import main; main()"


def commands(text):
    """Yield the guide's files and shell commands in their order, as one script."""
    for kind, block in re.findall(r"```(python|sh)\n(.*?)```", text, re.DOTALL):
        if kind == "sh":
            yield block
            continue
        name = re.match(r"# (\S+\.py)", block)[1]
        yield f"cat > {name} <<'PYTHON'\n{block}PYTHON\n"


def test_the_guide_runs_as_it_stands(tmp_path):
    pytest.importorskip("torch", reason="training needs ostinato[train]")
    pytest.importorskip("tritonclient.http", reason="this needs tritonclient[http]")
    if shutil.which("curl") is None or shutil.which("bash") is None:
        pytest.skip("the guide uses curl and bash")
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "blocked.py").write_text(WITHOUT_TORCH + MAIN + "\n")
    (programs / "main.py").write_text(MAIN + "\n")
    (programs / "ostinato").write_text(
        '#!/bin/bash\n[ "$1" = train ] && which=main || which=blocked\n'
        f'exec {sys.executable} {programs}/$which.py "$@"\n'
    )
    (programs / "python").write_text(f'#!/bin/bash\nexec {sys.executable} "$@"\n')
    for name in ("ostinato", "python"):
        (programs / name).chmod(0o755)
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    script = "set -e\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n" + "".join(
        commands(GUIDE.read_text())
    )
    environment = os.environ | {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "OMP_NUM_THREADS": "1"}
    ran = subprocess.run(
        ["bash", "-c", script.replace("8000", str(port))],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "10 " in ran.stdout
