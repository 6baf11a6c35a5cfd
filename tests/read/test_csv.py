"""CSV and TSV: what is read, and that everything doubtful is refused with its line (cases D1 to D12)."""

import csv
import gzip
import io

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ostinato.read import Limits, read
from ostinato.spec.preprocessing import Columns

STEPS = Columns(label="label", sequence="id")
TEXT = Columns(label="label")
GOOD = "id,label,x,y\na,up,1,10\na,up,2,20\nb,down,3,30\n"


def test_long_table_gives_sequences_of_every_numeric_column(write):
    sequences = read(write("train.csv", GOOD), STEPS, labelled=True)
    assert sequences.kind == "series"
    assert sequences.ids == ["a", "b"]
    assert sequences.labels == ["up", "down"]
    assert sequences.channels == ("x", "y")
    assert [value.tolist() for value in sequences.values] == [[[1, 10], [2, 20]], [[3, 30]]]
    assert {value.dtype for value in sequences.values} == {np.dtype(np.float32)}
    assert sequences.places[1].endswith("train.csv, line 4")
    assert sequences.columns.inputs == ("x", "y")


def test_tsv_is_separated_by_tabs(write):
    sequences = read(write("a.tsv", GOOD.replace(",", "\t")), STEPS, labelled=True)
    assert sequences.values[0].tolist() == [[1, 10], [2, 20]]


def test_gz_is_decompressed(write):
    path = write("a.csv.gz", gzip.compress(GOOD.encode()))
    assert len(read(path, STEPS, labelled=True)) == 2


def test_one_column_of_words_is_text(write):
    sequences = read(
        write("a.csv", 'n,label,words\n1,p,"to be, or\nnot"\n2,n,"say ""no"""\n'), TEXT, labelled=True
    )
    assert sequences.kind == "text"
    assert sequences.values == ["to be, or\nnot", 'say "no"']
    assert sequences.ids == ["1", "2"]
    assert sequences.columns.text == "words"
    assert [place[-6:] for place in sequences.places] == ["line 2", "line 4"]


def test_a_text_that_is_a_number_is_still_text(write):
    sequences = read(write("a.csv", "label,title\np,Alien\np,Brazil\nn,1984\n"), TEXT, labelled=True)
    assert sequences.values == ["Alien", "Brazil", "1984"]


def test_several_columns_of_words_are_ambiguous(write, refusal):
    message = refusal(write("a.csv", "label,title,words\np,A,to be\n"), TEXT)
    assert "'title', 'words'" in message
    assert "--text" in message
    assert "--sequence" in message
    assert "--inputs" in message


def test_numbers_alone_need_a_sequence_column(write, refusal):
    message = refusal(write("a.csv", "label,x,y\np,1,2\n"), TEXT)
    assert "--sequence" in message
    assert "'x', 'y'" in message


def test_the_label_alone_is_nothing_to_read(write, refusal):
    assert "no column beside the label" in refusal(write("a.csv", "label\np\n"), TEXT)


def test_a_file_without_column_names_is_pointed_out(write, refusal):
    message = refusal(write("a.csv", "0.1,0.2,1\n0.3,0.4,2\n"), TEXT)
    assert "are these values? The first line must name the columns" in message


def test_label_must_be_named(write, refusal):
    message = refusal(write("a.csv", GOOD), Columns(sequence="id"))
    assert "--label" in message
    assert "'label'" in message


def test_unlabelled_data_needs_no_label_column(write):
    sequences = read(write("a.csv", "id,x\na,1\n"), STEPS, labelled=False)
    assert sequences.labels is None


def test_labels_are_taken_where_they_are_even_if_not_needed(write):
    assert read(write("a.csv", GOOD), STEPS, labelled=False).labels == ["up", "down"]
    blank = GOOD.replace("up", "").replace("down", "")
    assert read(write("b.csv", blank), STEPS, labelled=False).labels is None


@pytest.mark.parametrize("labelled", [True, False])
def test_a_blank_label_among_others_is_refused(write, refusal, labelled):
    message = refusal(write("a.csv", GOOD.replace("down", "")), labelled=labelled)
    assert "line 4, column 'label': the label is blank; 1 of 2" in message


@pytest.mark.parametrize("content", ["", "\n\n\r\n", "id,label,x\n", "\ufeff", "id,label,x\n\n\n"])
def test_d1_a_file_without_rows_is_refused(write, refusal, content):
    message = refusal(write("a.csv", content))
    assert "no rows" in message or "is empty" in message


@pytest.mark.parametrize(("row", "count"), [("a,up,1", 3), ("a,up,1,2,3", 5), (" ", 1)])
def test_d2_ragged_row_is_refused_with_its_line(write, refusal, row, count):
    message = refusal(write("a.csv", GOOD + row + "\n" + row))
    assert f"line 5: {count} fields, but the header has 4 (2 such rows in all)" in message


def test_d2_an_extra_field_in_every_row_is_no_index(write, refusal):
    message = refusal(write("a.csv", "id,label,x\n0,a,up,1\n1,a,up,2\n"))
    assert "line 2: 4 fields, but the header has 3" in message


def test_d3_duplicate_column_name_is_refused(write, refusal):
    assert "two columns are called 'x'" in refusal(write("a.csv", "id,label,x,x\na,up,1,2\n"))


def test_a_nameless_column_is_refused(write, refusal):
    assert "column 1 has no name" in refusal(write("a.csv", ",id,label,x\n0,a,up,1\n"))


@pytest.mark.parametrize("cell", ["", "NaN", "NA", "null", "None", "?", "inf", "-Infinity", "1e999", "1e39"])
def test_d4_missing_and_not_finite_values_are_refused_with_counts(write, refusal, cell):
    message = refusal(write("a.csv", GOOD + f"b,down,{cell},4\nb,down,{cell},{cell}\n"))
    assert f"line 5, column 'x': '{cell}' " in message
    assert "Unusable values by column: 'x' 2, 'y' 1." in message


def test_d5_labels_and_ids_that_look_missing_stay_text(write):
    rows = "".join(f"{word},{word},1\n" for word in ("NA", "null", "None", "nan", "True", "-"))
    sequences = read(write("a.csv", "id,label,x\n" + rows), STEPS, labelled=True)
    assert sequences.ids == sequences.labels == ["NA", "null", "None", "nan", "True", "-"]


def test_d6_big_integer_ids_stay_exact(write):
    content = "id,label,x\n9007199254740993,a,1\n9007199254740992,a,1\n"
    assert read(write("a.csv", content), STEPS, labelled=True).ids == ["9007199254740993", "9007199254740992"]
    with pytest.raises(ValueError, match=r"line 3, column 'id': the id is blank; 1 of 2"):
        read(write("b.csv", "id,label,x\n9007199254740993,a,1\n,a,1\n"), STEPS, labelled=True)


def test_d7_leading_zeros_of_ids_and_labels_stay(write):
    sequences = read(write("a.csv", "id,label,x\n01234,007,1\n1234,7,1\n"), STEPS, labelled=True)
    assert sequences.ids == ["01234", "1234"]
    assert sequences.labels == ["007", "7"]


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ('"1,5"', "decimal"),
        ('"1,234"', "thousands"),
        ('"1.234,5"', "decimal comma"),
        ("1_000", "underscore"),
        ("0x1F", "hexadecimal"),
        ("True", "is not a number"),
        ("१", "is not a number"),
    ],
)
@pytest.mark.parametrize("inputs", [None, ("x", "y")])
def test_d7_numbers_in_other_notations_are_refused(write, refusal, cell, why, inputs):
    message = refusal(
        write("a.csv", GOOD + f"b,down,{cell},1\n"), STEPS.model_copy(update={"inputs": inputs})
    )
    assert "line 5, column 'x'" in message
    assert why in message


def test_d7_a_column_of_decimal_commas_alone_is_not_left_out(write, refusal):
    message = refusal(write("a.csv", 'id,label,x,y\na,up,"1,5",1\na,up,"2,5",1\n'))
    assert "column 'x': '1,5' has a comma" in message or "column 'x': '1,5' has a decimal comma" in message


def test_leading_zeros_signs_exponents_and_spaces_are_numbers(write):
    content = "id,label,x\n" + "".join(f"a,up,{cell}\n" for cell in ("007", "+.5", "-1.", "1E2", " 3", "4\t"))
    values = read(write("a.csv", content), STEPS, labelled=True).values[0]
    assert values[:, 0].tolist() == [7, 0.5, -1, 100, 3, 4]


def test_d8_wrong_separator_is_refused(write, refusal):
    message = refusal(write("a.csv", GOOD.replace(",", ";")))
    assert "line 1: 1 column found, expected 4" in message
    assert "semicolons" in message
    assert "tabs" in refusal(write("b.csv", GOOD.replace(",", "\t")))
    assert "commas" in refusal(write("c.tsv", GOOD))


def test_d9_latin_1_is_refused_with_the_byte(write, refusal):
    message = refusal(write("a.csv", "id,label,x\nJosé,up,1\n".encode("latin-1")))
    assert "line 2, byte offset 14: byte 0xe9 is not UTF-8" in message
    assert "iconv" in message


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_d9_utf_16_is_refused(write, refusal, encoding):
    message = refusal(write("a.csv", GOOD.encode(encoding)))
    assert "byte offset" in message
    assert "UTF-8" in message


def test_d9_nul_and_mixed_encodings_are_refused(write, refusal):
    assert "line 3, byte offset 24: a NUL byte" in refusal(write("a.csv", GOOD.replace("a,up,2", "a\0,up,2")))
    mixed = "id,label,x\né,up,1\n".encode() + "é,up,1\n".encode("latin-1")
    assert "line 3, byte offset 19" in refusal(write("b.csv", mixed))


def test_d9_byte_order_mark_is_accepted(write):
    assert read(write("a.csv", "\ufeff" + GOOD), STEPS, labelled=True).ids == ["a", "b"]


def test_d10_a_huge_field_is_refused(write, refusal):
    content = 'label,words\np,"' + "x" * 5_000_000 + '"\n'
    assert "limit of 4,194,304 bytes" in refusal(write("a.csv", content), TEXT)


def test_d10_a_file_without_line_ends_is_refused_before_it_is_read_whole(tmp_path, refusal):
    path = tmp_path / "a.csv"
    with path.open("wb") as file:
        file.truncate(2**40)  # one line of 2**40 bytes, and no disk space
    assert "a line is longer than the limit of 4,194,304 bytes" in refusal(path)


def test_d10_a_row_of_many_short_lines_is_refused(write, refusal):
    content = 'label,words\np,"' + "x\n" * 100 + '"\n'
    message = refusal(write("a.csv", content), TEXT, limits=Limits(row_bytes=100))
    assert "line 2: the row has 204 bytes, above the limit of 100" in message


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_d11_every_kind_of_line_end_is_read(write, end):
    sequences = read(write("a.csv", GOOD.replace("\n", end)), STEPS, labelled=True)
    assert [value.tolist() for value in sequences.values] == [[[1, 10], [2, 20]], [[3, 30]]]
    assert sequences.places[1].endswith("line 4")


def test_d11_mixed_line_ends_are_read_and_counted(write, refusal):
    content = 'label,words\r\np,"a\r\nb\rc"\rn,d\n\nn,\n'
    assert "line 7, column 'words': the text is blank" in refusal(write("a.csv", content), TEXT)
    sequences = read(write("b.csv", content[:-3]), TEXT, labelled=True)
    assert sequences.values == ["a\r\nb\rc", "d"]
    assert [place[-6:] for place in sequences.places] == ["line 2", "line 5"]


def test_d11_unterminated_quote_is_refused_where_it_opens(write, refusal):
    content = 'label,words\np,"fine"\np,"open ""here\nn,b\nn,c\n'
    message = refusal(write("a.csv", content), TEXT)
    assert "line 3: a field begins with a quote that is never closed" in message


def test_d11_unterminated_quote_before_others_is_refused(write, refusal):
    message = refusal(write("a.csv", 'label,words\np,"open\nn,"b"\n'), TEXT)
    assert "line 3: after the closing quote of a field, which begins on line 2, 'b\"" in message


def test_d11_a_quote_inside_a_field_is_refused(write, refusal):
    message = refusal(write("a.csv", 'label,words\np,say "no"\n'), TEXT)
    assert "line 2: a quote stands inside a field" in message


def test_d12_words_among_numbers_are_refused_at_the_first(write, refusal):
    message = refusal(write("a.csv", GOOD + "b,down,4,high\nb,down,5,low\n"))
    assert "line 5, column 'y': 'high' is not a number" in message
    assert "'y' 2" in message


def test_a_column_of_words_alone_is_no_input(write):
    content = "id,label,x,note\na,up,1,fine\na,up,2,\n"
    assert read(write("a.csv", content), STEPS, labelled=True).channels == ("x",)


def test_d17_inputs_are_matched_by_name(write, refusal):
    columns = STEPS.model_copy(update={"inputs": ("x", "y")})
    sequences = read(write("a.csv", "y,extra,x,label,id\n10,z,1,up,a\n"), columns, labelled=True)
    assert sequences.channels == ("x", "y")
    assert sequences.values[0].tolist() == [[1, 10]]
    message = refusal(write("b.csv", "id,label,x,Y\na,up,1,2\n"), columns)
    assert "has no column 'y' (input)" in message


def test_a_misspelt_column_is_pointed_out(write, refusal):
    assert "did you mean 'label'?" in refusal(write("a.csv", GOOD), Columns(label="lable", sequence="id"))


def test_d19_unusual_text_is_read_as_it_is(write):
    words = ["👩‍👩‍👧 ok", "e\u0301", "a\u2028b", "\u202eright", "\x07bell\x1b[31m", "\U0010ffff", " spaces "]
    content = "label,words\n" + "".join(f'p,"{word}"\n' for word in words)
    assert read(write("a.csv", content), TEXT, labelled=True).values == words


def test_values_from_a_file_are_escaped_in_messages(write, refusal):
    message = refusal(
        write("a.csv", "id,label,x\na,up,\x1b[31m" + "z" * 500 + "\n"),
        Columns(label="label", sequence="id", inputs=("x",)),
    )
    assert "\\x1b" in message
    assert "z" * 100 not in message


def test_a_blank_line_in_one_column_is_refused(write, refusal):
    message = refusal(write("a.csv", "words\none\n\ntwo\n\n"), Columns(text="words"), labelled=False)
    assert "line 3: the line is empty" in message


def test_too_many_rows_are_refused(write, refusal):
    assert "3 rows, above the limit of 2" in refusal(write("a.csv", GOOD), limits=Limits(rows=2))
    assert "4 columns, above the limit of 3" in refusal(write("b.csv", GOOD), limits=Limits(columns=3))


def test_blocks_of_the_parser_do_not_cut_rows(write):
    rows = "".join(f'{i:0200},up,"{i}"\n' for i in range(50_000))  # 10 MB
    sequences = read(write("a.csv", "id,label,x\n" + rows), STEPS, labelled=True)
    assert len(sequences) == 50_000
    assert sequences.values[-1].tolist() == [[49_999]]
    assert sequences.places[-1].endswith("line 50001")


@given(
    words=st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8), min_size=1),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_text_is_read_back_exactly(write, words, end):
    words = [word + "." for word in words]  # a blank text is refused
    out = io.StringIO(newline="")
    rows = [["label", "words"], *(["p", word] for word in words)]
    csv.writer(out, lineterminator=end, quoting=csv.QUOTE_ALL).writerows(rows)
    columns = Columns(label="label", text="words")
    assert read(write("a.csv", out.getvalue()), columns, labelled=True).values == words
