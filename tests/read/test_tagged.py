"""Which format a path is read as."""

import numpy as np
import pytest

from ostinato.errors import ArgumentError, DataError
from ostinato.read import read_tagged
from ostinato.read.tagged import load_tagged
from ostinato.spec.columns import TaggedColumns

CONLLU = "1\ta\ta\tX\t_\t_\t0\troot\t_\t_\n"


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.conllu", CONLLU, "conllu"),
        ("a.CONLLU", CONLLU, "conllu"),
        ("a.jsonl", '{"words": ["a"], "tags": ["X"]}', "jsonl"),
        ("a.ndjson", '{"words": ["a"], "tags": ["X"]}', "jsonl"),
        ("a.conll", "a\tX\n", "columns"),
        ("a.annotated", "a\tX\n", "columns"),
        ("a", "a X\n", "columns"),
    ],
)
def test_the_ending_tells_the_format(write, name, content, expected):
    sentences = read_tagged(write(name, content), labelled=True)
    assert (sentences.words, sentences.tags, sentences.columns.format) == ([["a"]], [["X"]], expected)


def test_an_ending_that_tells_nothing_leaves_it_to_the_caller(write):
    sentences = read_tagged(write("a.txt", CONLLU), TaggedColumns(format="conllu"), labelled=True)
    assert sentences.tags == [["X"]]


def test_names_belong_to_their_format(write):
    record = read_tagged(write("a.conll", "a\tb\tX\n"), labelled=True).columns
    assert record.tags == "3"
    other = read_tagged(write("a.jsonl", '{"words": ["a"], "tags": ["X"]}'), record, labelled=True)
    assert (other.tags, other.columns.tags) == ([["X"]], "tags")


def test_lines_need_a_folder(write, refused):
    message = refused(read_tagged, write("a", "b"), TaggedColumns(format="lines"), labelled=True)
    assert "expected the folder" in message


def test_what_cannot_be_opened_is_refused(tmp_path, refused):
    assert "no such file" in refused(read_tagged, tmp_path / "none.conll", labelled=True, error=DataError)
    assert "path is a int" in refused(read_tagged, 0, labelled=True, error=ArgumentError)
    assert "is an address" in refused(read_tagged, "https://example.org/a.conllu", labelled=True)


def test_a_tag_as_long_as_a_document_is_refused(write, refused):
    path = write("a.conll", f"a\tO\nb\t{'x' * 5000}\n")
    assert "line 2: the tag 'xxx" in refused(read_tagged, path, labelled=True)
    path = write("a.jsonl", '{"words": ["a"], "tags": ["%s"]}' % ("x" * 4097))
    assert "line 1, word 1: the tag" in refused(read_tagged, path, labelled=True)


def test_a_document_knows_its_own_name(write):
    assert load_tagged(write("a.conll", "a\tX\n")).name == "a.conll"


def test_select_and_content(write):
    path = write("a.conll", "# label = p\na\tX\n\n# label = q\nb\tY\nc\tZ\n")
    sentences = read_tagged(path, TaggedColumns(label="label"), labelled=True)
    chosen = sentences.select(np.array([1]))
    assert (chosen.words, chosen.tags, chosen.labels, chosen.ids) == (
        [["b", "c"]],
        [["Y", "Z"]],
        ["q"],
        ["2"],
    )
    assert chosen.place_of(0, 1).endswith("line 6")
    assert len(chosen) == 1
    contents = [list(some.content()) for some in (sentences, chosen, sentences.select(np.array([1, 0])))]
    assert contents[0] != contents[1] != contents[2] != contents[0]
    bare = read_tagged(write("b.conll", "a\n"), labelled=False)
    assert list(bare.content()) == list(bare.select(np.array([0])).content())
