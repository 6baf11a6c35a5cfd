"""YAML as ChatterBot writes it: text alone, and nothing that grows or runs."""

import subprocess
import sys

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from ostinato.read.chatterbot import read_conversations
from ostinato.read.source import Source

LETTERS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters="\ufeff"))


def conversations(text):
    return list(read_conversations(Source("a.yml", text.encode())))


def test_everything_is_text():
    found = conversations(
        "conversations:\n- - yes\n  - 42\n  - ~\n  - 1e3\n  - 'it''s'\n  - 2001-01-01\n  - ''\n"
    )
    assert found == [(2, ["yes", "42", "~", "1e3", "it's", "2001-01-01", ""])]


def test_texts_may_be_folded_or_literal():
    assert conversations("conversations:\n- - a\n  - |\n    b\n     c\n- - >\n    d\n    e\n") == [
        (2, ["a", "b\n c\n"]),
        (6, ["d e\n"]),
    ]


@settings(deadline=None)
@given(st.lists(st.lists(LETTERS)), st.booleans())
def test_whatever_is_written_is_read(texts, flow):
    document = {"categories": ["a", {"b": [1, {"c": None}]}], "conversations": texts, "more": 1}
    written = yaml.safe_dump(document, allow_unicode=True, default_flow_style=flow)
    assert [found for _, found in conversations(written)] == texts


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "nothing stands here"),
        ("# nothing\n", "nothing stands here"),
        ("- a\n", "line 1: a list stands here; expected 'conversations:'"),
        ("a: 1\n", "a.yml: has no key 'conversations'"),
        ("conversations: a\n", "line 1: the text 'a' stands here"),
        ("conversations:\n  a: b\n", "line 2: a mapping stands here"),
        ("conversations:\n- - a\n- b\n", "line 3: the text 'b' stands here"),
        ("conversations:\n- - a\n  - - b\n", "line 3: a list stands here"),
        ("conversations:\n- - a: b\n", "line 2: a mapping stands here"),
        ("conversations: []\nconversations: []\n", "line 2: the key 'conversations' stands twice"),
        ("x: &a [b]\nconversations:\n- *a\n", "line 3: an alias stands here"),
        ("conversations:\n- - &a b\n  - *a\n", "line 3: an alias stands here"),
        ("? [a]\n: b\n", "line 1: a list stands here"),
        ("conversations: []\n---\nconversations: []\n", "line 3: a second document begins"),
        ("conversations:\n- - 'a\n", "this is no YAML ("),
        ("conversations:\n\t- a\n", "line 2: this is no YAML ("),
        ("conversations:\n- - a\x07\n", "line 2: this is no YAML ('special characters are not allowed')"),
    ],
)
def test_other_shapes_are_refused_with_the_line(refused, text, why):
    message = refused(conversations, text)
    assert "a.yml" in message
    assert why in message


def test_no_tag_makes_anything(tmp_path):
    made = tmp_path / "made"
    text = f"conversations:\n- - !!python/object/apply:os.mkdir '{made}'\n  - !!int 5\n"
    assert conversations(text) == [(2, [str(made), "5"])]
    assert not made.exists()


@pytest.mark.parametrize(
    ("start", "why"),
    [("x: ", "line 1: is nested more than 100 deep"), ("conversations: ", "a list stands here")],
)
def test_deep_nesting_ends_soon(refused, start, why):
    assert why in refused(conversations, start + "[" * 20_000)


def test_aliases_outside_of_conversations_do_not_grow():
    levels = "".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]\n" for n in range(1, 30))
    assert conversations(f"l0: &l0 [a]\n{levels}conversations:\n- - a\n") == [(32, ["a"])]


def test_reading_other_formats_needs_no_yaml():
    code = "import sys, ostinato.read; sys.exit('yaml' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
