"""Corpora: text kept to the last space, cut only where it was asked for."""

import gzip
import os

import numpy as np
import pyarrow
import pyarrow.feather
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ostinato.errors import ArgumentError
from ostinato.read import Limits, read_corpus

TEXT = st.text(st.sampled_from("ab \t\n\r\u2028\x0b日😀"), min_size=1).filter(str.strip)


def test_a_file_is_one_document_as_it_stands(write):
    content = " To be,\r\nor not\r to \u2028be.\n\n  \n"
    corpus = read_corpus(write("play", content))
    assert corpus.documents == [content]
    assert corpus.ids[0].endswith("play")
    assert corpus.places[0].endswith("play, line 1")
    assert corpus.columns.text is None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(TEXT)
def test_whatever_is_written_is_read(write, text):
    assert read_corpus(write("a.txt", text)).documents == [text]
    assert read_corpus(write("a.txt.gz", gzip.compress(text.encode()))).documents == [text]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(st.text("ab \t日", min_size=1).filter(str.strip), min_size=1), st.sampled_from(["\n", "\r\n"])
)
def test_lines_and_paragraphs_that_are_written_are_read(write, lines, end):
    text = (end + end).join(lines) + end
    for documents in ("line", "paragraph"):
        corpus = read_corpus(write("a.txt", text), documents=documents)
        assert corpus.documents == lines
        assert [place.rpartition(" ")[2] for place in corpus.places] == [
            str(2 * number + 1) for number in range(len(lines))
        ]


def test_a_byte_order_mark_is_no_text(write):
    assert read_corpus(write("a.txt", "\ufeffto be")).documents == ["to be"]


def test_line_ends_are_changed_only_if_asked_for(write):
    path = write("a.txt", "a\r\nb\rc\nd")
    assert read_corpus(path).documents == ["a\r\nb\rc\nd"]
    assert read_corpus(path, line_ends="lf").documents == ["a\nb\nc\nd"]


def test_paragraphs_keep_the_line_ends_inside(write):
    path = write("a.txt", "\n a\r\n b \n \t\n\nc\nd")
    corpus = read_corpus(path, documents="paragraph")
    assert corpus.documents == [" a\r\n b ", "c\nd"]
    assert [place.rpartition(" ")[2] for place in corpus.places] == ["2", "6"]
    assert corpus.ids == [f"{path}:2", f"{path}:6"]


def test_lines_that_are_blank_are_no_documents(write):
    corpus = read_corpus(write("a.txt", " a \n\n \r\nb"), documents="line")
    assert corpus.documents == [" a ", "b"]
    assert [place.rpartition(" ")[2] for place in corpus.places] == ["1", "4"]


def test_several_files_are_several_documents_in_their_order(write):
    corpus = read_corpus([write("b.txt", "b"), write("a.txt", "a")])
    assert corpus.documents == ["b", "a"]


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.jsonl", "a.csv.gz", "a.parquet", "a.arrow"])
def test_tables_have_a_document_a_row(tmp_path, name):
    path, texts = tmp_path / name, ["to be", "or\nnot"]
    table = pyarrow.table({"text": texts, "n": [1, 2]})
    separator = "\t" if "tsv" in name else ","
    csv = f'text{separator}n\nto be{separator}1\n"or\nnot"{separator}2\n'
    contents = {
        "a.csv": csv.encode(),
        "a.tsv": csv.encode(),
        "a.csv.gz": gzip.compress(csv.encode()),
        "a.jsonl": b'{"text": "to be"}\n\n{"text": "or\\nnot"}\n',
    }
    if name in contents:
        path.write_bytes(contents[name])
    elif name == "a.parquet":
        pyarrow.parquet.write_table(table, path)
    else:
        pyarrow.feather.write_feather(table, path, compression="uncompressed")
    corpus = read_corpus(path, text="text")
    assert corpus.documents == texts
    assert corpus.columns.text == "text"
    assert corpus.ids == [f"{path}:1", f"{path}:2"]


def test_select_keeps_names_and_places(write):
    corpus = read_corpus(write("a.txt", "a\nb\nc"), documents="line").select(np.array([2, 0]))
    assert corpus.documents == ["c", "a"]
    assert len(corpus) == 2
    assert [place.rpartition(" ")[2] for place in corpus.places] == ["3", "1"]


def test_content_tells_documents_apart(write):
    one = read_corpus(write("a.txt", "ab\nc"), documents="line")
    other = read_corpus(write("a.txt", "a\nbc"), documents="line")
    assert list(one.content()) != list(other.content())


@pytest.mark.parametrize("content", ["", "\n", " \t\r\n\n", "\ufeff"])
def test_d1_an_empty_file_is_refused(write, refused, content):
    assert "a.txt: is empty" in refused(read_corpus, [write("b.txt", "b"), write("a.txt", content)])


@pytest.mark.parametrize("row", ["", '"  "'])
def test_d1_a_blank_row_is_refused_with_its_line(write, refused, row):
    message = refused(read_corpus, write("a.csv", f"n,text\n1,a\n2,{row}\n"), "text")
    assert "a.csv, line 3, column 'text': the text is blank" in message


def test_d9_other_encodings_are_refused_with_the_byte(write, refused):
    assert "line 2, byte offset 3" in refused(read_corpus, write("a.txt", b"ab\n\xe4"))
    assert "UTF-16" in refused(read_corpus, write("b.txt", "ab".encode("utf-16")))
    assert "NUL byte" in refused(read_corpus, write("c.txt", b"ab\0"))


def test_d10_a_line_may_be_long_but_all_files_together_not_too_large(write, refused):
    paths = [write("a.txt", "a" * 60), write("b.txt", "b" * 60)]
    assert len(read_corpus(paths, limits=Limits(bytes=120, line_bytes=10)).documents) == 2
    message = refused(read_corpus, paths, limits=Limits(bytes=100))
    assert "b.txt: with this file there are more than the limit of 100 bytes in all" in message
    assert "a.txt: has more than the limit of 10 bytes" in refused(
        read_corpus, paths, limits=Limits(bytes=10)
    )


def test_d21_a_decompression_bomb_is_refused(write, refused):
    bomb = gzip.compress(b"x" * 40_000_000)
    assert "unpacks to more than 200 times its size" in refused(read_corpus, write("a.txt.gz", bomb))


def test_d22_folders_patterns_pipes_and_addresses_are_refused(tmp_path, write, refused):
    write("a.txt", "a")
    assert "is a directory; expected a file" in refused(read_corpus, tmp_path)
    assert "*.txt: no such file" in refused(read_corpus, tmp_path / "*.txt")
    os.mkfifo(tmp_path / "pipe")
    assert "is a pipe" in refused(read_corpus, tmp_path / "pipe")
    assert "nothing is fetched" in refused(read_corpus, "https://example.org/a.txt")


def test_options_that_do_not_fit_the_files_are_refused(write, refused):
    text, table = write("a.txt", "a"), write("a.csv", "text\na\n")
    assert "name the column that holds the text" in refused(read_corpus, table, error=ArgumentError)
    assert "cannot be cut by line" in refused(read_corpus, table, "text", documents="line")
    assert "a.txt: is a text file; it has no column 'text'" in refused(read_corpus, [table, text], "text")
    assert "did you mean 'text'?" in refused(read_corpus, table, "txt")
    assert "choose one of file, paragraph, line" in refused(read_corpus, text, documents="page")
    assert "choose one of keep, lf" in refused(read_corpus, text, line_ends="cr")
    assert "no file is given" in refused(read_corpus, [])


def test_d13_a_file_that_is_named_twice_is_refused(write, refused):
    assert "stands in" in refused(read_corpus, [write("a.txt", "a"), write("a.txt", "a")])


@pytest.mark.parametrize(
    ("name", "characters", "lines", "tokens"),
    [
        ("lm_wikitext2_valid_test/valid.txt", 1_120_192, 3_760, 217_646),
        ("lm_wikitext2_valid_test/test.txt", 1_255_018, 4_358, 245_569),
        ("char_tinyshakespeare/input.txt", 1_115_394, 40_000, None),
    ],
)
def test_the_real_corpora_have_the_sizes_that_are_published(real, name, characters, lines, tokens):
    path = real(name)
    (text,) = read_corpus(path).documents
    assert text.encode() == path.read_bytes()
    assert (len(text), text.count("\n")) == (characters, lines)
    if tokens is not None:  # words, and one token for the end of each line
        assert len(text.split()) + lines == tokens
