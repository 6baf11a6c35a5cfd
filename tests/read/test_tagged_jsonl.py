"""Tagged sentences in JSON Lines."""

import gzip
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ostinato.errors import ArgumentError
from ostinato.read import Limits, read_tagged
from ostinato.spec.columns import TaggedColumns

WORD = st.text(st.characters(codec="utf-8")).filter(lambda word: word.strip(" \t\r\n"))


def read(path, labelled=True, **columns):
    return read_tagged(path, TaggedColumns(**columns), labelled=labelled)


def lines(*records):
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)


def test_words_tags_and_labels_are_read(write):
    sentences = read(
        write("a.jsonl", '\n{"words": ["a", "b c"], "tags": ["O", "B-x"], "label": "go", "n": 1}\n')
    )
    assert sentences.words == [["a", "b c"]]
    assert sentences.tags == [["O", "B-x"]]
    assert sentences.labels == ["go"]
    assert sentences.ids == ["1"]
    assert sentences.place_of(0, 1).endswith("a.jsonl, line 2, word 2")
    assert sentences.columns == TaggedColumns(format="jsonl", words="words", tags="tags", label="label")


def test_keys_can_be_named(write):
    content = lines({"tokens": ["a"], "ner": ["O"], "intent": "go", "uid": 5})
    path = write("a.ndjson.gz", gzip.compress(content.encode()))
    sentences = read(path, words="tokens", tags="ner", label="intent", id="uid")
    assert (sentences.words, sentences.tags, sentences.labels) == ([["a"]], [["O"]], ["go"])
    assert sentences.ids == ["5"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.lists(st.tuples(WORD, WORD), min_size=1), min_size=1))
def test_whatever_is_written_is_read(write, pairs):
    records = [{"words": [w for w, _ in rows], "tags": [t for _, t in rows]} for rows in pairs]
    sentences = read(write("a.jsonl", lines(*records)))
    assert sentences.words == [record["words"] for record in records]
    assert sentences.tags == [record["tags"] for record in records]


def test_objects_without_tags_can_be_read(write, refused):
    for record in ({"words": ["a"]}, {"words": ["a"], "tags": None, "label": None}):
        path = write("a.jsonl", lines(record))
        assert read(path, labelled=False).tags is None
        assert read(path, labelled=False).labels is None
        refused(read, path)
    message = refused(read, write("a.jsonl", lines({"words": ["a"]})))
    assert "has no column 'tags' (tags); its columns are 'words'" in message


def test_a_label_that_was_named_must_be_there(write, refused):
    path = write("a.jsonl", lines({"words": ["a"], "tags": ["O"]}))
    assert read(path).labels is None
    assert read(path, labelled=False, label="intent").labels is None
    assert "has no column 'intent' (label)" in refused(read, path, label="intent")


@pytest.mark.parametrize(
    ("record", "why"),
    [
        ({"words": ["a", "b"], "tags": ["O"]}, "column 'tags': 1 tags for 2 words; expected one each"),
        ({"words": ["a"], "tags": ["O", "O"]}, "2 tags for 1 words"),
        ({"words": "a", "tags": ["O"]}, "column 'words': 'a'; expected a list of texts"),
        ({"words": ["a", 5], "tags": ["O", "O"]}, "column 'words': [\"a\", 5]; expected a list of texts"),
        ({"words": ["a"], "tags": [None]}, "column 'tags': [null]; expected a list of texts"),
        ({"words": ["a"], "tags": "O"}, "column 'tags': 'O'; expected a list of texts"),
        ({"words": ["a"]}, "column 'tags': null; expected a list of texts"),
        ({"tags": ["O"]}, "column 'words': null; expected a list of texts"),
        ({"words": [], "tags": []}, "the sequence has no words"),
        ({"words": ["a", " "], "tags": ["O", "O"]}, "column 'words', word 2: the word is blank"),
        ({"words": ["a"], "tags": [" "]}, "column 'tags', word 1: the word has no tag"),
        ({"words": ["a"], "tags": ["O"], "label": ["x"]}, "column 'label'"),
    ],
)
def test_other_objects_are_refused_with_the_line(write, refused, record, why):
    path = write("a.jsonl", lines({"words": ["a"], "tags": ["O"]}, record))
    for labelled in (True, False):
        message = refused(read, path, labelled)
        assert "a.jsonl, line 2" in message
        assert why in message


def test_a_label_that_is_missing_in_some_lines_is_refused(write, refused):
    one, other = {"words": ["a"], "tags": ["O"], "label": "x"}, {"words": ["a"], "tags": ["O"]}
    path = write("a.jsonl", lines(one, other))
    assert "line 2, column 'label': the label is blank; 1 of 2 are" in refused(read, path, labelled=False)


def test_ids_must_differ(write, refused):
    path = write("a.jsonl", lines(*[{"words": ["a"], "tags": ["O"], "id": "x"}] * 2))
    assert read(path).ids == ["1", "2"]
    assert "line 2: the id 'x' stands in" in refused(read, path, id="id")


def test_a_key_has_one_role(write, refused):
    path = write("a.jsonl", lines({"words": ["a"]}))
    assert "given two roles" in refused(read, path, tags="words", error=ArgumentError)


def test_d1_d14_sizes(write, refused):
    assert "has no rows" in refused(read, write("a.jsonl", "\n"))
    path = write("b.jsonl", lines({"words": ["a"] * 5, "tags": ["O"] * 5}))
    assert "has 5 words" in refused(read_tagged, path, labelled=True, limits=Limits(steps=4))
