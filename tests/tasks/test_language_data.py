"""Language models of music: what validates, and what becomes of open options."""

import pytest

pytest.importorskip("miditok", reason="music needs ostinato[music]")

import note_models
from ostinato.errors import ArgumentError, DataError
from ostinato.spec.language import LanguageData, LanguageOptions
from ostinato.tasks.language import LANGUAGE

TUNES = note_models.pieces(*[(60 + i, 62 + i) for i in range(20)])


def test_of_several_pieces_some_validate():
    options = LANGUAGE.resolve(TUNES, LanguageOptions())
    (stage,) = LANGUAGE.plan(TUNES, None, options)
    (part,) = stage.parts
    assert (len(part.train), len(part.valid)) == (19, 1)
    assert sorted(part.train.ids + part.valid.ids) == sorted(TUNES.ids)


def test_of_a_single_piece_nothing_is_held_out():
    tune = note_models.pieces((60, 62))
    assert LANGUAGE.resolve(tune, LanguageOptions()).data.valid_fraction == 0.0
    asked = LANGUAGE.resolve(tune, LanguageOptions(data=LanguageData(valid_fraction=0.5)))
    with pytest.raises(DataError, match=r"0\.mid is the only piece"):
        LANGUAGE.plan(tune, None, asked)


def test_a_boundary_stands_between_pieces_and_is_none_of_their_tokens():
    one = LANGUAGE.problem(TUNES, TUNES, LANGUAGE.resolve(TUNES, LanguageOptions()))
    assert one.boundary == 0
    assert all((tokens > 0).all() for tokens in one.documents)
    assert one.network.input_size == one.preprocessor.spec.vocabulary_size
    assert one.size == sum(map(len, one.documents)) + len(TUNES)
    assert one.unknown_rate is None


def test_options_about_text_are_refused():
    with pytest.raises(
        ArgumentError, match="level is 'word', and the data is music, about which it says nothing"
    ):
        LANGUAGE.resolve(TUNES, LanguageOptions(data=LanguageData(level="word")))
