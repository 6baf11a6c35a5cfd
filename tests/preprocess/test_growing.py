"""A text that grows: however it is cut, its tokens are those of the whole; what may change is held back."""

import unicodedata
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

pytest.importorskip("tokenizers", reason="reading text needs ostinato[text]")

from ostinato.errors import DataError
from ostinato.preprocess.growing import LONGEST, _is_closed, finished, grown, joins
from ostinato.preprocess.tokens import Tokenizer

METHODS = ("word", "spaced", "char", "bpe")
SAMPLE = (
    "The cat's 2 hats: \u00e9a\u0301\u0327 na\u00efve \u4e2d\u6587, \ud55c\uae00 \U0001f600\t!? It'll do.\n"
)
SPACED = SAMPLE + "a \n \n  b\t\t\n c   d \n \n  e" * 3
"""White space in runs, of which byte pairs are made: a wrong cut within one shows."""

TOKENIZERS = {
    (method, lower): Tokenizer.fit([SPACED * 3], method, 320, lower)
    for method in METHODS
    for lower in (False, True)
}
ODD = (
    "aeI'tsl\u00e9\u0301\u0327\u0316 \t\n\r\u3000\u00a0.,=<\u0338-19\u1112\u1161\u11ab\ud55c"
    "\u4e2d\U0001f600\u0130\u03a3_\u00df\x1c\u0958"
)
LETTERS = st.text(st.sampled_from(ODD), max_size=30)
TEXTS = LETTERS | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


def pushed(tokenizer, parts):
    """Return the tokens of all parts, and what was held back at most."""
    held, tokens = b"", []
    for part in parts:
        text, held = grown(tokenizer.spec, held, part)
        tokens += tokenizer.encode_part(text).tolist()
    return tokens + tokenizer.encode_part(finished(held)).tolist()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("lower", [False, True])
@settings(max_examples=300, deadline=None)
@given(text=TEXTS, cuts=st.lists(st.integers(0, 30), max_size=6))
@example(text="don't  stop", cuts=[3, 4, 5, 6, 7])
@example(text="e\u0301", cuts=[1])
@example(text="a\u0327\u0301", cuts=[2])
@example(text="\u1112\u1161\u11ab", cuts=[1, 2])
def test_however_a_text_is_cut_its_tokens_are_those_of_the_whole(method, lower, text, cuts):
    tokenizer = TOKENIZERS[method, lower]
    expected = tokenizer.encode_part(text).tolist()
    places = [0, *sorted(cuts), len(text)]
    assert pushed(tokenizer, [text[a:b] for a, b in pairwise(places)]) == expected
    assert pushed(tokenizer, list(text)) == expected
    data = text.encode()
    assert pushed(tokenizer, [data[place : place + 1] for place in range(len(data))]) == expected
    assert pushed(tokenizer, [data[:7], data[7:]]) == expected


@pytest.mark.parametrize(
    ("method", "parts", "sure"),
    [
        ("word", ["to b", "e o", "r no"], ["to ", "be ", "or "]),
        ("char", ["ab", "c", " ", "e", "\u0301", "x"], ["a", "b", "c ", "", "", "e\u0301"]),
        ("bpe", ["to b", "e or", " "], ["to", " be", " or"]),
        ("word", [b"na\xc3", b"\xafve ", b"\xf0\x9f", b"\x98\x80 "], ["", "na\u00efve ", "", "\U0001f600 "]),
        ("char", [b"1\xc3", b"\xa9", b"1"], ["1", "", "\u00e91"]),
    ],
)
def test_what_is_sure_is_given_at_once_and_the_rest_is_held_back(method, parts, sure):
    held, found = b"", []
    for part in parts:
        text, held = grown(TOKENIZERS[method, False].spec, held, part)
        found.append(text)
    assert found == sure
    whole = b"".join(part.encode() if isinstance(part, str) else part for part in parts)
    assert ("".join(found) + finished(held)).encode() == whole


@pytest.mark.parametrize(
    ("held", "given", "saying"),
    [
        (b"", 7, "a text is 7; expected a str"),
        (b"", "half \ud800", "lone surrogate"),
        (b"", b"ab\xff", "byte 3 of what was pushed is 0xff"),
        (b"\xc3", b"\xc3", "byte 0 of what was pushed|is 0xc3"),
        (b"\xc3", "more", "end within a character"),
        (b"", "x" * (LONGEST + 1), "without an end of a word"),
    ],
)
def test_what_is_no_text_is_refused(held, given, saying):
    with pytest.raises(DataError, match=saying):
        grown(TOKENIZERS["word", False].spec, held, given)


def test_a_text_that_ends_within_a_character_has_not_ended():
    with pytest.raises(DataError, match="ends within a character, with the bytes f0 9f"):
        finished(b"a\xf0\x9f")


def test_unicode_composes_nothing_that_is_taken_to_stand_alone():
    """Every pair of characters that Unicode composes, whatever its version: the second joins the first."""
    for number in range(0x110000):
        character = chr(number)
        parts = unicodedata.decomposition(character).split()
        if len(parts) == 2 and not parts[0].startswith("<"):
            first, second = (chr(int(part, 16)) for part in parts)
            assert joins(second)
            assert not _is_closed(first)
        assert joins(character) or not unicodedata.combining(character)
