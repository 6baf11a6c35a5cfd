"""Tokens give back the text that was read, as far as their method keeps it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("tokenizers", reason="reading text needs ostinato[text]")

from ostinato.preprocess.tokens import Tokenizer
from ostinato.preprocess.untokenize import GAP, Untokenizer, untokenize

TEXT = "Größe, naïve – 東京 👩‍🚀 (so?)\n\n  two\tspaces"


@pytest.mark.parametrize("method", ["char", "bpe"])
def test_characters_and_byte_pairs_give_back_the_very_text(method):
    tokenizer = Tokenizer.fit([TEXT] * 3, method, vocabulary_size=400, lowercase=False)
    assert untokenize(tokenizer, tokenizer.encode(TEXT).tolist()) == TEXT


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30))
def test_byte_pairs_give_back_any_composed_text(text):
    import unicodedata

    tokenizer = Tokenizer.fit(["some words"], "bpe", vocabulary_size=300, lowercase=False)
    composed = unicodedata.normalize("NFC", text)
    assert untokenize(tokenizer, tokenizer.encode(text).tolist()) == composed


def test_bytes_of_an_unfinished_character_are_held_back():
    tokenizer = Tokenizer.fit(["plain"], "bpe", vocabulary_size=300, lowercase=False)
    writer = Untokenizer(tokenizer)
    *first, last = tokenizer.encode("é").tolist()
    assert [writer.push(number) for number in first] == [""] * len(first)
    assert writer.push(last) == "é"
    assert writer.push(first[0]) + writer.finish() == GAP


def test_words_are_joined_as_they_are_written():
    text = "He said (twice) yes, and so: it was."
    tokenizer = Tokenizer.fit([text], "word", vocabulary_size=100, lowercase=False)
    assert untokenize(tokenizer, tokenizer.encode(text).tolist()) == text


def test_spaced_words_keep_every_line():
    text = "to be , or\nnot to be .\n"
    tokenizer = Tokenizer.fit([text], "spaced", vocabulary_size=100, lowercase=False)
    assert tokenizer.tokens("or \t<unk>\n n't") == ["or", "<unk>", "\n", "n't"]
    assert untokenize(tokenizer, tokenizer.encode(text).tolist()) == text


def test_an_unknown_token_leaves_a_mark():
    tokenizer = Tokenizer.fit(["ab"], "char", vocabulary_size=10, lowercase=False)
    assert untokenize(tokenizer, tokenizer.encode("axb").tolist()) == f"a{GAP}b"
