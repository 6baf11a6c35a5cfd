"""Columns of a word a line, with whatever CoNLL tasks have put around them."""

from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ostinato.errors import ArgumentError
from ostinato.read import Limits, read_tagged
from ostinato.spec.columns import TaggedColumns

CONLL_2003 = """\
-DOCSTART- -X- O O

EU NNP I-NP I-ORG
rejects VBZ I-VP O

-DOCSTART- -X- O O
Peter NNP I-NP I-PER
"""
CELL = st.text("ab日-#\u2028\xa0", min_size=1)


def read(path, labelled=True, limits=None, **columns):
    return read_tagged(path, TaggedColumns(**columns), labelled=labelled, limits=limits or Limits())


def test_the_first_column_is_the_word_and_the_last_the_tag(write):
    sentences = read(write("eng.train", CONLL_2003))
    assert sentences.words == [["EU", "rejects"], ["Peter"]]
    assert sentences.tags == [["I-ORG", "O"], ["I-PER"]]
    assert sentences.labels is None
    assert sentences.ids == ["1", "2"]
    assert [place[-17:] for place in sentences.places] == ["eng.train, line 3", "eng.train, line 7"]
    assert sentences.place_of(0, 1).endswith("eng.train, line 4")
    assert sentences.columns == TaggedColumns(format="columns", words="1", tags="4")


def test_other_columns_are_named_by_number(write):
    sentences = read(write("a.txt", CONLL_2003), words="2", tags="-2")
    assert sentences.words[0] == ["NNP", "VBZ"]
    assert sentences.tags[0] == ["I-NP", "I-VP"]
    assert (sentences.columns.words, sentences.columns.tags) == ("2", "3")


def test_a_saved_record_finds_the_same_columns_and_no_others(write):
    record = read(write("a.txt", CONLL_2003)).columns
    bare = read_tagged(write("b.txt", "EU NNP I-NP\n"), record, labelled=False)
    assert (bare.words, bare.tags, bare.columns) == ([["EU"]], None, record)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(st.lists(st.tuples(CELL, CELL, CELL), min_size=1), min_size=1),
    st.sampled_from(["\t", " ", "   \t "]),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.booleans(),
)
def test_whatever_is_written_is_read(write, rows, gap, end, closed):
    blocks = [end.join(gap.join(cells) for cells in sentence) for sentence in rows]
    text = (end + end).join(blocks) + end * closed
    separator = "tab" if gap == "\t" else "space"
    sentences = read(write("a.txt", text), comments=False, separator=separator)
    assert sentences.words == [[cells[0] for cells in sentence] for sentence in rows]
    assert sentences.tags == [[cells[2] for cells in sentence] for sentence in rows]


def test_a_tab_in_the_first_line_of_words_is_the_separator(write):
    assert read(write("a.tsv", "New York\tB-city\n")).words == [["New York"]]
    assert read(write("b.tsv", "New York\tB-city\n"), separator="space").words == [["New"]]


def test_blank_lines_may_hold_spaces(write):
    assert read(write("a", "a\tO\n\t\nb\tO\n \n\n")).words == [["a"], ["b"]]


def test_lines_that_begin_with_a_hash_are_comments_if_their_columns_say_so(write):
    text = "# newdoc\n# sent_id = s-1\n# x = 1\na\tO\n#\tB\n#NFL\tI\n\n# sent_id = s-2\n#\tO\n"
    sentences = read(write("a", text))
    assert sentences.words == [["a", "#", "#NFL"], ["#"]]
    assert sentences.ids == ["s-1", "s-2"]
    assert read(write("b", "#a O\n\n#b O\nc O\n")).words == [["#a"], ["#b", "c"]]


def test_a_hash_that_may_be_both_is_refused_until_the_caller_decides(write, refused):
    path = write("a.txt", "a O\n\n# O\nb O\n")
    message = refused(read, path)
    assert "line 3: '# O' may be a comment or the word '#'" in message
    assert read(path, comments=True).words == [["a"], ["b"]]
    assert read(path, comments=False).words == [["a"], ["#", "b"]]
    assert "b: has comments alone" in refused(read, write("b", "# a = b\n"), comments=True)


def test_a_comment_of_a_known_key_is_one_whatever_its_columns(write):
    path = write("a.txt", "# sent_id = x\n# intent = go\nto TO X O\n")
    assert read(path, label="intent").labels == ["go"]
    assert read(path, label="intent").ids == ["x"]


def test_labels_stand_in_comments(write, refused):
    text = "# intent = go there \na\tO\n\n#intent=stay\nb\tO\n"
    path = write("a", text)
    assert read(path).labels is None
    assert read(path, label="intent").labels == ["go there", "stay"]
    assert read(path, label="other", labelled=False).labels is None
    assert "line 2: the label is blank; 2 of 2" in refused(read, path, label="other")
    partial = write("b", "a\tO\n\n# intent = x\nb\tO\n")
    assert "line 1: the label is blank; 1 of 2" in refused(read, partial, label="intent", labelled=False)
    twice = write("c", "# intent = x\n# intent = y\na\tO\n")
    assert "line 2: 'intent' stands twice" in refused(read, twice, label="intent")


def test_ids_must_differ_and_be_there_if_asked_for(write, refused):
    path = write("a", "# sent_id = x\na\tO\n\n# sent_id = x\nb\tO\n")
    assert "line 5: the id 'x' stands in" in refused(read, path)
    assert "line 2: the id is blank; 2 of 2" in refused(read, path, id="name")
    assert read(write("b", "# sent_id = x\na\tO\n\nb\tO\n")).ids == ["1", "2"]


@pytest.mark.parametrize("content", ["EU\nrejects\n\nPeter\n", "EU\t\nrejects\t\n\nPeter\t\n"])
def test_a_file_without_tags_can_be_read(write, refused, content):
    path = write("a", content)
    sentences = read(path, labelled=False)
    assert sentences.words == [["EU", "rejects"], ["Peter"]]
    assert sentences.tags is None
    assert "line 1: " in refused(read, path)


def test_a_tag_that_is_missing_on_a_line_is_refused(write, refused):
    for labelled, blank in product((True, False), ("", " ")):
        message = refused(read, write("a", f"a\tO\nb\t{blank}\n\nc\tO\n"), labelled)
        assert "a, line 2: the word has no tag; 1 of 3 words have none" in message


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (
            "a O\nb\nc O\nd X Y\n",
            "a, line 2: 1 column separated by spaces, but 2 in the first line of words (2 such",
        ),
        ("a\tO\nb O\n", "a, line 2: 1 column separated by tabs, but 2"),
        ("a\tO\n\n \tO\n", "a, line 3: the word is blank"),
        ("", "a: is empty"),
        ("\n \n", "a: is empty"),
        ("-DOCSTART- O\n", "a: is empty"),
        ("a\n", "a, line 1: 1 column separated by spaces; expected words in column 1 and tags in column -1"),
    ],
)
def test_files_that_are_no_columns_are_refused_with_the_line(write, refused, content, why):
    assert why in refused(read, write("a", content))


def test_columns_that_do_not_exist_are_refused(write, refused):
    path = write("a", "a b O\n")
    for names in ({"tags": "4"}, {"words": "5"}, {"tags": "-4"}):
        assert "line 1: 3 columns separated by spaces; expected words in" in refused(read, path, **names)
    assert read(path, labelled=False, tags="4").tags is None
    for tags in ("0", "x", "1.5", "1" * 30):
        assert "it is a number from 1 onwards" in refused(read, path, tags=tags, error=ArgumentError)
    assert "both column 1" in refused(read, path, tags="1", error=ArgumentError)


def test_d9_d10_d14_bytes_and_sizes(write, refused):
    assert "line 2, byte offset 5" in refused(read, write("a", b"a\tO\nb\xe4\tO\n"))
    long = write("b", "a\tO\n" * 5)
    assert "line 1: the sequence has 5 words, above the limit of 4" in refused(
        read, long, limits=Limits(steps=4)
    )
    assert "longer than the limit of 2 bytes" in refused(read, long, limits=Limits(line_bytes=2))


@pytest.mark.parametrize(
    ("name", "count", "words"),
    [
        ("wnut17train.conll", 3_394, 62_730),
        ("emerging.dev.conll", 1_009, 15_733),
        ("emerging.test.annotated", 1_287, 23_394),
    ],
)
def test_wnut_has_the_sizes_that_are_published(real, name, count, words):
    sentences = read(real("tag_wnut17_ner") / name)
    assert (len(sentences), sum(map(len, sentences.words))) == (count, words)
    assert len({tag for tags in sentences.tags for tag in tags}) == 13
