"""Pairs: line N of one file belongs to line N of the other, or the files are refused."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ostinato.errors import ArgumentError
from ostinato.read import Limits, read_pairs
from ostinato.spec.columns import PairColumns

BOTH = PairColumns(source="en", target="de")
LINE = st.text("ab \t日\u2028\x0b\x85", min_size=1).filter(str.strip)


def test_lines_are_kept_as_they_stand(write):
    paths = [write("a.en", " a dog\t\r\ntwo\u2028dogs\n"), write("a.de", "ein Hund\rzwei  Hunde")]
    pairs = read_pairs(paths, labelled=True)
    assert pairs.sources == [" a dog\t", "two\u2028dogs"]
    assert pairs.targets == ["ein Hund", "zwei  Hunde"]
    assert pairs.ids == ["1", "2"]
    assert [place[-12:] for place in pairs.places] == ["a.en, line 1", "a.en, line 2"]
    assert (len(pairs), pairs.dropped) == (2, 0)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.tuples(LINE, LINE), min_size=1), st.sampled_from(["\n", "\r\n", "\r"]), st.booleans())
def test_whatever_is_written_is_read(write, rows, end, closed):
    files = [write(f"a.{side}", end.join(row[side] for row in rows) + end * closed) for side in (0, 1)]
    pairs = read_pairs(files, labelled=True)
    assert list(zip(pairs.sources, pairs.targets, strict=True)) == rows


def test_a_source_alone_is_read_where_no_targets_are_needed(write, refused):
    path = write("a.en", "a\nb\n")
    assert read_pairs(path, labelled=False).targets is None
    assert read_pairs([path], labelled=False).sources == ["a", "b"]
    assert "give the file of its translations, too" in refused(read_pairs, path, labelled=True)


def test_a_table_has_two_columns_of_texts(write):
    pairs = read_pairs(write("a.csv", 'n,en,de\n1,a,"x\ny"\n2,b,z\n'), BOTH, labelled=True)
    assert (pairs.sources, pairs.targets) == (["a", "b"], ["x\ny", "z"])
    assert pairs.places[1].endswith("a.csv, line 4")
    assert pairs.columns == BOTH


def test_a_table_needs_no_targets_to_be_translated(write, refused):
    path = write("a.jsonl", '{"en": "a"}\n')
    assert read_pairs(path, BOTH, labelled=False).targets is None
    assert read_pairs(path, PairColumns(source="en"), labelled=False).sources == ["a"]
    assert "has no column 'de' (target)" in refused(read_pairs, path, BOTH, labelled=True)
    assert "Name it (--target)" in refused(read_pairs, path, PairColumns(source="en"), labelled=True)


def test_different_numbers_of_lines_are_refused_with_both_counts(write, refused):
    message = refused(read_pairs, [write("a.en", "a\nb\n"), write("a.de", "x\ny\n\n")], labelled=True)
    assert "a.en has 2 lines and " in message
    assert "a.de has 3; line N of one belongs to line N of the other" in message


@pytest.mark.parametrize(
    ("en", "de", "where"), [("a\n \nb\n", "x\ny\nz", "a.en"), ("a\nb\nc", "x\n\nz", "a.de")]
)
def test_a_blank_line_is_refused_with_its_place(write, refused, en, de, where):
    message = refused(read_pairs, [write("a.en", en), write("a.de", de)], labelled=True)
    assert f"{where}, line 2: the text is blank; 1 of 3 pairs have a blank side" in message


def test_pairs_with_a_blank_side_are_dropped_and_counted_if_asked_for(write, refused):
    paths = [write("a.en", "a\n\nc\nd\n"), write("a.de", "x\n\n\nw\n")]
    pairs = read_pairs(paths, labelled=True, drop_blank=True)
    assert (pairs.sources, pairs.targets, pairs.ids, pairs.dropped) == (["a", "d"], ["x", "w"], ["1", "4"], 2)
    assert pairs.places[1].endswith("line 4")
    blank = [write("b.en", "a\n\n"), write("b.de", "\nx\n")]
    assert "nothing is left" in refused(read_pairs, blank, labelled=True, drop_blank=True)


def test_a_blank_cell_is_refused_or_dropped(write, refused):
    path = write("a.jsonl", '{"en": "a", "de": null}\n{"en": "b", "de": "y"}\n')
    assert "line 1: the text is blank; 1 of 2 pairs" in refused(read_pairs, path, BOTH, labelled=True)
    assert read_pairs(path, BOTH, labelled=True, drop_blank=True).dropped == 1


def test_d1_an_empty_file_is_refused(write, refused):
    assert "a.en: is empty" in refused(read_pairs, [write("a.en", ""), write("a.de", "")], labelled=True)
    assert "has no rows" in refused(read_pairs, write("a.csv", "en,de\n"), BOTH, labelled=True)


def test_d9_other_encodings_are_refused(write, refused):
    paths = [write("a.en", "a\nb"), write("a.de", b"x\n\xe4")]
    assert "a.de, line 2, byte offset 2" in refused(read_pairs, paths, labelled=True)


def test_d10_d14_long_lines_are_refused(write, refused):
    paths = [write("a.en", "a\nb"), write("a.de", "x\n" + "y" * 50)]
    message = refused(read_pairs, paths, labelled=True, limits=Limits(steps=40))
    assert "a.de, line 2: the sequence has 50 characters, above the limit of 40" in message
    assert "longer than the limit of 20 bytes" in refused(
        read_pairs, paths, labelled=True, limits=Limits(line_bytes=20)
    )


def test_paths_and_columns_that_do_not_fit_are_refused(write, refused):
    text, table = write("a.en", "a"), write("a.csv", "en,de\na,x\n")
    for paths in ([], [text] * 3):
        assert "expected a source and a target file, or one table" in refused(
            read_pairs, paths, labelled=True
        )
    assert "a.csv: is a table; give it alone" in refused(read_pairs, table, labelled=True)
    assert "a.csv: is a table; give it alone" in refused(read_pairs, [text, table], BOTH, labelled=True)
    message = refused(read_pairs, text, BOTH, labelled=True, error=ArgumentError)
    assert "a.en: is a text file and has no columns" in message


def test_select_and_content(write):
    pairs = read_pairs([write("a.en", "a\nb\nc"), write("a.de", "x\ny\nz")], labelled=True)
    chosen = pairs.select(np.array([2, 0]))
    assert (chosen.sources, chosen.targets, chosen.ids) == (["c", "a"], ["z", "x"], ["3", "1"])
    assert list(chosen.content()) != list(pairs.content())
    assert read_pairs(write("a.en", "a"), labelled=False).select(np.array([0])).targets is None


@pytest.mark.parametrize(
    ("part", "count", "words"),
    [("train", 29_000, (377_534, 360_706)), ("val", 1_014, None), ("test_2016_flickr", 1_000, None)],
)
def test_multi30k_has_the_sizes_that_are_published(real, part, count, words):
    folder = real("mt_multi30k_en_de") / "tok"
    pairs = read_pairs([folder / f"{part}.lc.norm.tok.{side}" for side in ("en", "de")], labelled=True)
    assert len(pairs) == count
    if words is not None:
        found = [sum(len(text.split()) for text in side) for side in (pairs.sources, pairs.targets)]
        assert tuple(found) == words
