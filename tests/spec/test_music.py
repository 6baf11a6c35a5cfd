"""Models of music as data: what does not fit is refused."""

import pytest
from pydantic import ValidationError

pytest.importorskip("miditok", reason="music needs ostinato[music]")

import note_models
import piano_rolls
from ostinato.spec.model import from_header
from ostinato.spec.network import Embedding, Head, Network, Recurrent

MODELS = {"notes": note_models.model().spec, "rolls": piano_rolls.model().spec}


@pytest.mark.parametrize("kind", MODELS)
def test_a_header_gives_the_model_back(kind):
    assert from_header(MODELS[kind].model_dump(mode="json")) == MODELS[kind]


def test_the_boundary_of_notes_is_one_of_the_vocabulary():
    notes = MODELS["notes"]
    more = notes.preprocessing.vocabulary_size + 1
    ops = (Embedding(size=5), Recurrent(cell="gru", hidden_size=6), Head(size=more))
    header = notes.model_dump(mode="json")
    header["network"] = Network(input="tokens", input_size=more, ops=ops).model_dump(mode="json")
    with pytest.raises(ValidationError, match=f"the network takes tokens of size {more}"):
        from_header(header)


def test_a_model_of_rolls_says_88_keys():
    header = MODELS["rolls"].model_dump(mode="json")
    header["network"]["ops"][-1]["size"] = 87
    with pytest.raises(ValidationError, match="steps of size 87 for 88 keys"):
        from_header(header)


def test_each_task_has_its_own_preprocessing():
    header = MODELS["rolls"].model_dump(mode="json")
    header["preprocessing"] = MODELS["notes"].preprocessing.model_dump(mode="json")
    with pytest.raises(ValidationError, match="preprocessing"):
        from_header(header)
