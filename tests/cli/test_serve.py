"""``ostinato serve``: its limits, and what it refuses before it listens; ``tests/serve`` has the rest."""

import json

import pytest

import model_files

pytest.importorskip("hypercorn", reason="serving needs ostinato[serve]")


def test_limits_are_printed(ostinato):
    found = ostinato("serve", "nothing", "--print-limits", "--idle", "5")
    assert found.returncode == 0, found.stderr
    limits = json.loads(found.stdout)
    assert limits["streams"]["idle"] == 5.0
    assert limits["body"]["binary_body"] == 64 * 2**20


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (["nothing"], 1, "nothing"),
        (["a=x", "a=y"], 1, "two models are called 'a'"),
        (["nothing", "--idle", "-1"], 2, "--idle"),
        (["nothing", "--host", "0.0.0.0"], 2, "--token-file"),
        (["nothing", "--token-file", "missing"], 1, "missing"),
    ],
    ids=str,
)
def test_mistakes_are_one_line(ostinato, arguments, code, word):
    found = ostinato("serve", *arguments)
    assert found.returncode == code, found.stderr
    assert word in found.stderr
    assert len(found.stderr.splitlines()) == 1
    assert not [*ostinato.folder.iterdir()]


def test_a_store_that_does_not_answer_is_said_once_the_models_are_loaded(ostinato):
    model_files.good(ostinato.folder / "model")
    found = ostinato("serve", "model", "--state-store", "redis://127.0.0.1:1/0")
    assert found.returncode == 1
    assert "does not answer" in found.stderr


@pytest.mark.parametrize(("read", "library"), [("audio", "soundfile"), ("video", "av")])
def test_a_library_that_requests_would_need_is_missed_at_the_start(ostinato, read, library):
    pytest.importorskip("tokenizers", reason="these models need ostinato[text]")
    import serving
    import told_models

    reads = {"audio": told_models.SOUND, "video": told_models.CLIP}[read]
    serving.saved(ostinato.folder / "model", told_models.model("classify", reads))
    found = ostinato("serve", "model", without=[library])
    assert found.returncode == 1
    assert f"pip install 'ostinato[{read}]'" in found.stderr
    assert not (ostinato.folder / "ostinato-streams.sqlite").exists()


def test_without_the_extra_it_says_what_to_install(ostinato):
    found = ostinato("serve", "nothing", without=["starlette", "hypercorn"])
    assert found.returncode == 1
    assert "pip install 'ostinato[serve]'" in found.stderr
