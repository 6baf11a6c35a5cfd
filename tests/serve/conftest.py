"""What the tests of the server share."""

import pytest

pytest.importorskip("orjson", reason="serving needs ostinato[serve]")
pytest.importorskip("starlette", reason="serving needs ostinato[serve]")
pytest.importorskip("hypercorn", reason="serving needs ostinato[serve]")

import serving


@pytest.fixture(scope="session")
def directories(tmp_path_factory):
    """Return a folder with two models: series, and language."""
    folder = tmp_path_factory.mktemp("models")
    serving.saved(folder / "series", serving.series_model())
    serving.saved(folder / "language", serving.language_model())
    return folder


@pytest.fixture(scope="session")
def server(directories, tmp_path_factory):
    """Return a server of both models, which keeps no state."""
    options = (
        *("--state-store", "none", "--header-seconds", "2", "--body-seconds", "5"),
        *("--json-body", "1048576", "--binary-body", "4194304", "--chunks", "2000"),
    )
    with serving.serving(directories / "series", directories / "language", options=options) as running:
        yield running
