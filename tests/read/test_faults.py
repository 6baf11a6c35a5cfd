"""Whatever stands in a file of language data: it is read, or refused in one line; no reader crashes."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ostinato.errors import OstinatoError
from ostinato.read import read_corpus, read_dialogues, read_pairs, read_tagged
from ostinato.spec.columns import PairColumns, TaggedColumns


def tagged(path):
    return read_tagged(path, TaggedColumns(label="label"), labelled=True)


def features(path):
    return read_tagged(path, TaggedColumns(tags="Number"), labelled=False)


def paragraphs(path):
    return read_corpus(path, documents="paragraph")


def columns(path):
    return read_pairs(path, PairColumns(source="text", target="de"), labelled=True)


FILES = [
    ("a.conll", b"-DOCSTART- O\n\n# label = x\nEU\tB-a\nb\tO\n\n# label = y\nc\tO\n", tagged),
    ("a.conllu", b"# sent_id = 1\n1\tde\tde\tADP\t_\tNumber=Sing\t0\troot\t_\t_\n", features),
    ("a.jsonl", b'{"words": ["a", "b"], "tags": ["O", "X"], "label": "go", "x": [1, {"y": null}]}\n', tagged),
    ("b.jsonl", b'{"turns": ["a", {"speaker": "x", "text": "b"}], "id": "q"}\n["x", "y"]\n', read_dialogues),
    ("a.json", b'{"t_1": {"content": [{"message": "a", "agent": "x"}]}}', read_dialogues),
    ("a.yml", b"categories:\n- a\nconversations:\n- - hi\n  - 'ho'\n- - |\n    x\n", read_dialogues),
    ("a.txt", b"hi\nho\n\nx\ny\n", paragraphs),
    ("a.csv", b'text,de\n"a\nb",x\ny,z\n', columns),
]
PIECES = [
    b"\t",
    b"\n",
    b"\r",
    b"\n\n",
    b" ",
    b"#",
    b"-",
    b"1",
    b"_",
    b"=",
    b"|",
    b"{",
    b"[",
    b'"',
    b":",
    b",",
]
PIECES += [
    b"\xff",
    b"\0",
    b"\xef\xbb\xbf",
    b"\xe2\x80\xa8",
    b"\\ud800",
    b"null",
    b"- ",
    b"&a ",
    b"*a",
    b"---\n",
    b"!!",
]
CHANGES = st.lists(
    st.tuples(st.integers(0, 80), st.integers(0, 6), st.sampled_from([b"", *PIECES])), max_size=4
)


@pytest.mark.parametrize(("name", "content", "reader"), FILES, ids=[name for name, _, _ in FILES])
def test_the_files_are_sound(write, name, content, reader):
    assert len(reader(write(name, content))) > 0


@pytest.mark.parametrize(("name", "content", "reader"), FILES, ids=[name for name, _, _ in FILES])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=CHANGES)
def test_a_damaged_file_is_read_or_refused_in_one_line(write, name, content, reader, changes):
    for start, length, piece in changes:
        content = content[:start] + piece + content[start + length :]
    try:
        assert len(reader(write(name, content))) > 0
    except OstinatoError as error:
        message = str(error)
        assert message.isprintable()
        assert len(message) < 700
