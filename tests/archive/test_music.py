"""Directories of models of music: their files, and that they come back as they were."""

import pytest

pytest.importorskip("miditok", reason="music needs ostinato[music]")

import note_models
import ostinato
import piano_rolls
from model_files import weights
from ostinato.archive import model as archive
from ostinato.errors import ModelFileError

MODELS = {"notes": note_models.model, "rolls": piano_rolls.model}


@pytest.mark.parametrize("kind", MODELS)
def test_they_have_no_tokenizer_file_and_come_back(kind, tmp_path):
    model = MODELS[kind]()
    archive.save(tmp_path / "model", model.spec, weights(model.spec), None, "# A card")
    assert sorted(path.name for path in (tmp_path / "model").iterdir()) == [
        "README.md", "manifest.json", "weights.safetensors",
    ]  # fmt: skip
    loaded = ostinato.load(tmp_path / "model")
    assert type(loaded) is type(model)
    assert loaded.spec == model.spec


@pytest.mark.parametrize("kind", MODELS)
def test_a_tokenizer_file_is_refused(kind, tmp_path):
    spec = MODELS[kind]().spec
    with pytest.raises(ModelFileError, match=f"a model that reads {kind} has"):
        archive.save(tmp_path / "model", spec, weights(spec), b"{}", "# A card")


def test_another_vocabulary_of_notes_is_found_out(tmp_path):
    spec = note_models.model().spec
    other = spec.preprocessing.model_copy(update={"vocabulary_sha256": "0" * 64})
    spec = spec.model_copy(update={"preprocessing": other})
    archive.save(tmp_path / "model", spec, weights(spec), None, "# A card")
    with pytest.raises(ModelFileError, match="parts do not fit"):
        ostinato.load(tmp_path / "model")
