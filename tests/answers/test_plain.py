"""Users' text, made fit for a terminal and a report."""

import pytest

from ostinato.answers.plain import plain, shown, table, width


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred", "\\x1b[31mred"),
        ("a\r\nb\0", "a\\r\\nb\\x00"),
        ("\u202eabc\u2066", "\\u202eabc\\u2066"),
        ("\ud800", "\\ud800"),
        ("line\u2028end", "line\\u2028end"),
        ("日本 é 👩\u200d🔬 می\u200cخواهم", "日本 é 👩\u200d🔬 می\u200cخواهم"),
    ],
)
def test_what_steers_is_escaped_and_what_is_written_stays(text, shown):
    assert plain(text) == shown


def test_long_text_ends_in_an_ellipsis():
    assert plain("abcdef", 4) == "abc…"
    assert plain("abcd", 4) == "abcd"


def test_columns_stand_under_each_other_whatever_the_script():
    lines = table(["name", "n"], [["日本", "1"], ["abc", "20"]], texts=1).splitlines()
    assert lines == ["name   n", "日本   1", "abc   20"]
    assert {width(line) for line in lines} == {8}


def test_numbers_are_shown_as_people_read_them():
    assert [shown(0.5), shown(7), shown(None)] == ["0.5000", "7", "undefined"]
