"""Tokens: what they are, the same in every run, whole after saving, and nothing else accepted."""

import json
import os
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ostinato.errors import ArgumentError, DataError
from ostinato.preprocess.tokens import Tokenizer
from ostinato.spec.preprocessing import Tokens

METHODS = ["word", "char", "bpe"]
TEXTS = ["To be, or not to be!", "That is the question: the question.", "Zoë's naïve façade… 🙂🙂 日本語", ""]


def fit(method="word", size=300, lowercase=True, texts=TEXTS):
    return Tokenizer.fit(texts, method, size, lowercase)


def vocabulary(tokenizer):
    return json.loads(tokenizer.to_json())["model"]["vocab"]


def test_words_and_runs_of_punctuation_are_tokens():
    assert fit().tokens("To be?! Or\tnot_2 be…") == ["To", "be", "?!", "Or", "not_2", "be", "…"]


def test_every_character_is_a_token():
    assert fit("char").tokens("a b\n🙂") == ["a", " ", "b", "\n", "🙂"]


def test_the_most_frequent_come_first_and_equals_in_the_order_of_letters():
    tokenizer = fit(texts=["b a c c", "c d b", "e"], size=4)
    assert vocabulary(tokenizer) == {"[UNK]": 0, "c": 1, "b": 2, "a": 3}
    assert tokenizer.spec.vocabulary_size == 4
    assert tokenizer.encode("c a d zzz").tolist() == [1, 3, 0, 0]


@pytest.mark.parametrize("method", METHODS)
def test_case_counts_only_where_it_is_asked_to(method):
    assert fit(method).encode("TO BE").tolist() == fit(method).encode("to be").tolist()
    kept = fit(method, lowercase=False)
    assert kept.encode("BE").tolist() != kept.encode("be").tolist()


@pytest.mark.parametrize("method", METHODS)
def test_composed_and_decomposed_letters_are_the_same(method):
    tokenizer = fit(method)
    assert tokenizer.encode("Zoe\u0308").tolist() == tokenizer.encode("Zo\u00eb").tolist()


def test_bytes_leave_nothing_unknown():
    tokenizer = fit("bpe", size=270)
    assert tokenizer.spec.vocabulary_size == 270
    assert 0 not in tokenizer.encode("Ελληνικά 🚀 \x00 never seen")


def test_bytes_learn_frequent_pairs():
    tokenizer = fit("bpe", size=300, texts=["the the the then"] * 5)
    assert len(tokenizer.encode("the the the")) == 3


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("text", ["", " \n\t"])
def test_a_text_without_tokens_is_one_unknown(method, text):
    tokenizer = fit(method)
    if method == "word" or text == "":
        assert tokenizer.encode(text).tolist() == [0]
        assert tokenizer.tokens(text) == ["[UNK]"]
    assert len(tokenizer.encode(text)) >= 1


def test_the_unknown_token_cannot_be_written_in_a_text():
    for method in METHODS:
        assert len(fit(method, lowercase=False).encode("[UNK]")) > 1


@settings(max_examples=60, deadline=None)
@given(text=st.text(), method=st.sampled_from(METHODS))
def test_any_text_gives_numbers_of_the_vocabulary_and_as_many_tokens(text, method):
    tokenizer = FITTED[method]
    if any(0xD800 <= ord(letter) < 0xE000 for letter in text):
        with pytest.raises(DataError, match="lone surrogate"):
            tokenizer.encode(text)
        return
    numbers = tokenizer.encode(text)
    assert numbers.dtype == "int64"
    assert len(numbers) >= 1
    assert 0 <= numbers.min() <= numbers.max() < tokenizer.spec.vocabulary_size
    assert len(tokenizer.tokens(text)) == len(numbers)


FITTED = {method: fit(method) for method in METHODS}


@pytest.mark.parametrize("method", METHODS)
def test_a_saved_tokenizer_is_the_same(method):
    tokenizer = fit(method)
    loaded = Tokenizer.from_json(tokenizer.spec, tokenizer.to_json())
    assert loaded.to_json() == tokenizer.to_json()
    for text in TEXTS:
        assert loaded.encode(text).tolist() == tokenizer.encode(text).tolist()


@pytest.mark.parametrize("method", METHODS)
def test_the_order_of_the_texts_does_not_matter(method):
    assert fit(method, texts=TEXTS[::-1]).to_json() == fit(method).to_json()


@pytest.mark.parametrize("method", METHODS)
def test_every_process_and_number_of_threads_gives_the_same_bytes(method):
    code = (
        "import sys; from ostinato.preprocess.tokens import Tokenizer;"
        "texts = [f'w{i % 97} x{i % 89}y the{i % 3}' for i in range(2000)];"
        f"sys.stdout.buffer.write(Tokenizer.fit(texts, {method!r}, 320, True).to_json())"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            check=True,
            env={**os.environ, "RAYON_NUM_THREADS": threads, "PYTHONHASHSEED": seed},
        ).stdout
        for threads, seed in (("1", "0"), ("2", "1"), ("4", "2"))
    }
    assert len(found) == 1


@pytest.mark.parametrize("size", [0, -1, True, 2.0])
def test_a_vocabulary_of_no_size_is_refused(size):
    with pytest.raises(ArgumentError, match="vocabulary_size is"):
        fit(size=size)


def test_bytes_need_room_for_every_byte():
    with pytest.raises(ArgumentError, match="vocabulary_size is 256; bpe needs at least 257"):
        fit("bpe", size=256)
    assert fit("bpe", size=257).spec.vocabulary_size == 257


@pytest.mark.parametrize("text", [None, 3, b"bytes"])
def test_what_is_no_text_is_refused(text):
    with pytest.raises(DataError, match="expected a str"):
        fit().encode(text)


def tampered(method, change):
    tokenizer = fit(method)
    content = json.loads(tokenizer.to_json())
    change(content)
    return tokenizer.spec, json.dumps(content).encode()


TAMPERED = {
    "a post-processor": lambda c: c.update(post_processor={"type": "ByteLevel"}),
    "a decoder": lambda c: c.update(decoder={"type": "ByteLevel"}),
    "an unknown key": lambda c: c.update(url="https://example.org"),
    "a missing key": lambda c: c.pop("padding"),
    "an added token": lambda c: c["added_tokens"].append({"id": 0, "content": "x"}),
    "truncation": lambda c: c.update(truncation={"max_length": 1}),
    "another pattern": lambda c: c.update(pre_tokenizer={"type": "Split", "pattern": {"Regex": "(a+)+$"}}),
    "another normaliser": lambda c: c["normalizer"]["normalizers"].append({"type": "Replace"}),
    "another model": lambda c: c["model"].update(type="Unigram"),
    "a file name": lambda c: c["model"].update(vocab="/etc/passwd"),
    "no model": lambda c: c.update(model=None),
    "a version": lambda c: c.update(version="2.0"),
    "a gap": lambda c: c["model"]["vocab"].update({next(reversed(c["model"]["vocab"])): 10**6}),
    "a repetition": lambda c: c["model"]["vocab"].update({next(reversed(c["model"]["vocab"])): 1}),
    "a number that is none": lambda c: c["model"]["vocab"].update({"[UNK]": False}),
    "a negative number": lambda c: c["model"]["vocab"].update({"[UNK]": -1}),
    "an extra token": lambda c: c["model"]["vocab"].update(extra=len(c["model"]["vocab"])),
    "another unknown": lambda c: c["model"].update(
        vocab={f"t{i}": i for i in range(len(c["model"]["vocab"]))}
    ),
    "half a character": lambda c: c["model"].update(
        vocab={"\ud800" if i == 1 else t: i for i, t in enumerate(c["model"]["vocab"])}
    ),
    "a huge token": lambda c: c["model"].update(
        vocab={"x" * 70_000 if i == 1 else t: i for i, t in enumerate(c["model"]["vocab"])}
    ),
}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("change", TAMPERED.values(), ids=TAMPERED.keys())
def test_anything_but_our_own_form_is_refused(method, change):
    spec, content = tampered(method, change)
    with pytest.raises(DataError, match=r"tokenizer\.json") as caught:
        Tokenizer.from_json(spec, content)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    "merge", [["t"], ["t", "h", "e"], "th", ["t", 1], ["t", "zzzz"], ["zz", "zz"], [["t"], "h"]], ids=str
)
def test_merges_must_be_of_the_vocabulary(merge):
    spec, content = tampered("bpe", lambda c: c["model"]["merges"].append(merge))
    with pytest.raises(DataError, match="merge"):
        Tokenizer.from_json(spec, content)


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b"\xff", b'{"a": 1, "a": 1}', b"[" * 200_000, b"1" * 10_000],
    ids=["nothing", "half", "a list", "null", "no UTF-8", "a repeated key", "depth", "a long number"],
)
def test_what_is_no_tokenizer_is_refused(content):
    with pytest.raises(DataError, match=r"tokenizer\.json"):
        Tokenizer.from_json(fit().spec, content)


def test_a_file_beyond_the_limit_is_refused_unread():
    with pytest.raises(DataError, match="bytes; expected at most"):
        Tokenizer.from_json(fit().spec, bytes(64 * 2**20 + 1))


def test_a_tokenizer_of_another_method_or_case_is_refused():
    word = fit()
    for spec in (
        Tokens(tokens="char", lowercase=True, vocabulary_size=word.spec.vocabulary_size),
        Tokens(tokens="word", lowercase=False, vocabulary_size=word.spec.vocabulary_size),
        Tokens(tokens="word", lowercase=True, vocabulary_size=word.spec.vocabulary_size + 1),
    ):
        with pytest.raises(DataError, match=r"tokenizer\.json"):
            Tokenizer.from_json(spec, word.to_json())
