"""Older versions are brought to the newest, step by step."""

import dataclasses

from model_files import good
from ostinato.archive import model
from ostinato.archive.migrate import MIGRATIONS, migrate


def test_every_version_that_is_read_has_its_migration():
    assert set(MIGRATIONS) == set(range(model.MODEL.oldest, model.MODEL.version))


def test_steps_are_applied_in_order_from_the_files_version_on():
    steps = {n: lambda header, n=n: {"way": [*header["way"], n]} for n in range(1, 5)}
    assert migrate({"way": []}, 2, 5, steps) == {"way": [2, 3, 4]}
    assert migrate({"way": []}, 5, 5, steps) == {"way": []}


def test_load_applies_the_chain(tmp_path, monkeypatch):
    good(tmp_path / "m")
    newer = dataclasses.replace(model.MODEL, version=2)
    monkeypatch.setattr(model, "MODEL", newer)
    table = {1: lambda header: {**header, "answer": {**header["answer"], "labels": ["off", "on"]}}}
    monkeypatch.setattr(migrate, "__defaults__", (table,))
    assert model.load(tmp_path / "m").model.answer.labels == ("off", "on")
    assert model.describe(tmp_path / "m")["model"]["answer"]["labels"] == ["off", "on"]
