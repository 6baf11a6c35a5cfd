"""Tagged files written again: new answers in their places, and not one other byte changed."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ostinato.answers.tagged import rewritten
from ostinato.errors import ArgumentError
from ostinato.read import TaggedDocument, load_tagged, parse_tagged
from ostinato.read.source import Source
from ostinato.spec.columns import TaggedColumns

WORD = st.text("ab日.\xa0", min_size=1)
TAG = st.text("ABO-\u2028", min_size=1)
END = st.sampled_from(["\n", "\r\n", "\r"])


def document(text, format="columns", mark=b"", **others):
    sources = {"words": Source("a", text.encode(), mark)}
    sources |= {role: Source(role, content.encode()) for role, content in others.items()}
    return TaggedDocument("a", format, sources)


def written(document, answer, labels=None, columns=None):
    """Return the only file that the document becomes if every word's tag is what ``answer`` says of it."""
    sentences = parse_tagged(document, columns or TaggedColumns(), labelled=False)
    tags = [[answer(word) for word in words] for words in sentences.words]
    (content,) = rewritten(document, sentences, tags, labels).values()
    return content.decode()


def cells(gap):
    return st.lists(st.tuples(WORD, TAG, TAG), min_size=1, max_size=4).map(
        lambda rows: [gap.join(row) for row in rows]
    )


@st.composite
def columns_files(draw):
    """Return a text of columns with all that may stand around them, and its words' lines."""
    gap, end = draw(st.sampled_from(["\t", " ", "  \t"])), draw(END)
    lines = []
    for sentence in draw(st.lists(cells(gap), min_size=1, max_size=3)):
        lines += draw(st.lists(st.sampled_from(["", " ", "-DOCSTART- -X- O", "# a b c d = e"]), max_size=2))
        lines += [*sentence, draw(st.sampled_from(["", "\t", " "]))]
    return end.join(lines) + draw(st.sampled_from(["", end]))


@settings(deadline=None)
@given(columns_files(), st.sampled_from([b"", b"\xef\xbb\xbf"]), st.sampled_from(["2", "3"]))
def test_columns_with_their_own_tags_are_the_same_bytes(text, mark, column):
    file = document(text, mark=mark)
    columns = TaggedColumns(tags=column)
    sentences = parse_tagged(file, columns, labelled=True)
    assert rewritten(file, sentences, sentences.tags) == {"a": mark + text.encode()}


@settings(deadline=None)
@given(columns_files(), st.data())
def test_columns_with_other_tags_differ_in_them_alone(text, data):
    file, columns = document(text), TaggedColumns(tags="3")
    sentences = parse_tagged(file, columns, labelled=True)
    tags = [[data.draw(TAG) for _ in words] for words in sentences.words]
    changed = document(rewritten(file, sentences, tags)["a"].decode())
    again = parse_tagged(changed, columns, labelled=True)
    assert (again.words, again.tags) == (sentences.words, tags)
    assert rewritten(changed, again, sentences.tags) == {"a": text.encode()}


def test_a_column_is_added_where_there_is_none():
    assert written(document("a\nb\n\nc"), str.upper) == "a\tA\nb\tB\n\nc\tC"
    assert written(document("-DOCSTART-\n\n a\nb \n"), str.upper) == "-DOCSTART-\n\n a A\nb B \n"
    record = TaggedColumns(format="columns", words="1", tags="3")
    assert written(document("a  X\nb Y \n"), str.upper, columns=record) == "a  X  A\nb Y B \n"
    assert written(document("a\tX\n"), str.upper, columns=record) == "a\tX\tA\n"


def test_a_blank_column_is_filled():
    assert written(document("a\t\nb\t\r\n"), str.upper) == "a\tA\nb\tB\r\n"


def test_labels_become_comments_or_replace_them():
    file = document("# x\n#label=old \na\tA\n\nb\tB")
    columns = TaggedColumns(label="label")
    sentences = parse_tagged(document("# x\n# label = q\na\tA\n\n# label = p\nb\tB"), columns, labelled=True)
    (content,) = rewritten(file, sentences, [["X"], ["Y"]], ["new one", "n"]).values()
    assert content.decode() == "# x\n#label=new one \na\tX\n\n# label = n\nb\tY"
    again = parse_tagged(document(content.decode()), columns, labelled=True)
    assert again.labels == ["new one", "n"]
    assert written(document("# label =\na\tA\n"), str.upper, ["n"], columns) == "# label = n\na\tA\n"
    assert written(document("# label = l\na\tA\n"), str.upper, ["n"], columns) == "# label = n\na\tA\n"
    assert written(document("a b c d\n"), str.upper, ["n"], columns) == "# label = n\na b c A\n"


def test_labels_need_comments():
    with pytest.raises(ArgumentError, match="has no comments"):
        written(document("a\tA\n"), str.upper, ["n"], TaggedColumns(comments=False))


CONLLU = (
    "# sent_id = 1\r\n# text = du a\r\n1-2\tdu\t_\t_\t_\t_\t_\t_\t_\t_\r\n"
    "1\tde\tde\tADP\t_\t_\t0\troot\t_\tA=b\r\n2\tle\tle\tDET\t_\tGender=Masc|Number=Sing\t1\tdet\t_\t_\r\n"
    "2.1\tx\tx\t_\t_\tNumber=Plur\t_\t_\t1:x\t_\r\n3\ta\ta\tX\t_\tAbbr=Yes|Typo=No\t1\tdep\t_\t_\r\n\r\n"
)


@pytest.mark.parametrize("field", ["upos", "xpos", "feats", "deprel", "misc", "Number", "Gender", "Case"])
def test_conllu_with_its_own_tags_is_the_same_bytes(field):
    file = document(CONLLU, "conllu", mark=b"\xef\xbb\xbf")
    sentences = parse_tagged(file, TaggedColumns(tags=field), labelled=False)
    tags = sentences.tags or [["_"] * len(words) for words in sentences.words]
    assert rewritten(file, sentences, tags) == {"a": b"\xef\xbb\xbf" + CONLLU.encode()}


def test_conllu_changes_words_alone():
    changed = written(document(CONLLU, "conllu"), lambda word: "Y" + word)
    expected = CONLLU.replace("ADP", "Yde").replace("DET", "Yle").replace("a\tX", "a\tYa")
    assert changed == expected


def test_features_keep_their_order_and_go_where_there_is_none():
    columns = TaggedColumns(tags="Number")
    answer = {"de": "Ptan", "le": "_", "a": "Plur"}.__getitem__
    changed = written(document(CONLLU, "conllu"), answer, columns=columns)
    expected = CONLLU.replace("ADP\t_\t_", "ADP\t_\tNumber=Ptan").replace(
        "Gender=Masc|Number=Sing", "Gender=Masc"
    )
    assert changed == expected.replace("Abbr=Yes|Typo=No", "Abbr=Yes|Number=Plur|Typo=No")
    alone = "1\ta\ta\tX\t_\tNumber=Sing\t0\troot\t_\t_\n"
    assert written(document(alone, "conllu"), lambda _: "_", columns=columns) == alone.replace(
        "Number=Sing", "_"
    )


def test_labels_of_conllu_stand_before_tokens_of_several_words():
    changed = written(document(CONLLU, "conllu"), lambda _: "X", ["go"])
    assert "# text = du a\r\n# label = go\r\n1-2\tdu" in changed
    assert parse_tagged(document(changed, "conllu"), TaggedColumns(label="label"), labelled=True).labels == [
        "go"
    ]


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text('ab"\\{}[]:, é', max_size=4),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text("ab", max_size=2), inner, max_size=2),
    max_leaves=5,
)


@st.composite
def json_files(draw):
    """Return a function from tags and labels to JSON Lines of any layout, and the numbers of words."""
    lines, counts = [], draw(st.lists(st.integers(1, 3), min_size=1, max_size=3))
    for count in counts:
        values = {"words": ["a"] * count} | draw(
            st.dictionaries(st.text("xyz", min_size=1, max_size=2), VALUES)
        )
        texts = {key: json.dumps(value, ensure_ascii=draw(st.booleans())) for key, value in values.items()}
        texts |= {"tags": "\0", "label": "\1"}
        comma, colon = draw(st.sampled_from([(", ", ": "), (",", ":"), (" ,\t", "  :  ")]))
        pairs = [f"{json.dumps(key)}{colon}{texts[key]}" for key in draw(st.permutations(list(texts)))]
        lines.append(draw(st.sampled_from(["", "\n \n", "\t"])) + "{ " + comma.join(pairs) + "}")
    end = draw(st.sampled_from(["\n", "\r\n"]))

    def text(tags, labels):
        filled = zip(lines, tags, labels, strict=True)
        return end.join(
            line.replace("\0", _json(tag)).replace("\1", _json(label)) for line, tag, label in filled
        )

    return text, counts


def _json(value):
    return json.dumps(value, ensure_ascii=False)


@settings(deadline=None)
@given(json_files(), st.data())
def test_json_lines_keep_every_other_byte(file, data):
    text, counts = file
    tags = [[data.draw(st.text(min_size=1).filter(str.strip)) for _ in range(count)] for count in counts]
    labels = [data.draw(st.text(min_size=1).filter(str.strip)) for _ in counts]
    old = document(text([["O"] * count for count in counts], ["x"] * len(counts)), "jsonl")
    changed = rewritten(old, parse_tagged(old, labelled=True), tags, labels)["a"].decode()
    assert changed == text(tags, labels)
    again = parse_tagged(document(changed, "jsonl"), labelled=True)
    assert (again.tags, again.labels) == (tags, labels)


def test_keys_are_added_at_the_end():
    text = '\n{ "words": ["a"] , "n": 1.0e2 }\r\n{"words": ["b"]}'
    assert written(document(text, "jsonl"), str.upper, ["é", "f"]) == (
        '\n{ "words": ["a"] , "n": 1.0e2, "tags": ["A"], "label": "é" }\r\n'
        '{"words": ["b"], "tags": ["B"], "label": "f"}'
    )


def test_values_that_stay_keep_their_spaces_and_escapes():
    text = '{"words": ["a", "b"], "tags" : [ "\\u00e9" ,\t"B" ], "label":"\\u00e9"}'
    assert written(document(text, "jsonl"), {"a": "é", "b": "B"}.get, ["é"]) == text
    assert written(document(text, "jsonl"), {"a": "é", "b": "C"}.get) == text.replace('"B"', '"C"')


def test_keys_inside_of_values_are_not_ours():
    text = '{"x": {"tags": 1}, "y": "\\"tags\\": 2", "words": ["a"], "tags": null}'
    expected = '{"x": {"tags": 1}, "y": "\\"tags\\": 2", "words": ["a"], "tags": ["A"]}'
    assert written(document(text, "jsonl"), str.upper) == expected


def test_aligned_lines_keep_spaces_and_line_ends():
    file = document(" a  b\r\nc\t\n", "lines", tags=" O  O\nO", label=" x \ny\n")
    sentences = parse_tagged(file, labelled=True)
    assert rewritten(file, sentences, [["A", "B"], ["C"]], ["p", "q"]) == {
        "seq.in": b" a  b\r\nc\t\n",
        "seq.out": b" A  B\nC",
        "label": b" p \nq\n",
    }
    unchanged = rewritten(file, sentences, sentences.tags, sentences.labels)
    assert unchanged == rewritten(file, sentences, sentences.tags)
    assert unchanged["label"] == b" x \ny\n"


def test_aligned_lines_are_added_where_there_are_none():
    file = document("a  b\r\nc", "lines")
    sentences = parse_tagged(file, labelled=False)
    assert rewritten(file, sentences, [["A", "B"], ["C"]]) == {
        "seq.in": b"a  b\r\nc",
        "seq.out": b"A  B\r\nC",
    }
    assert rewritten(file, sentences, [["A", "B"], ["C"]], ["p", "q"])["label"] == b"p\r\nq\n"


def test_an_unpacked_file_has_no_ending_of_a_packed_one():
    file = TaggedDocument("a.conll.gz", "columns", {"words": Source("a.conll.gz", b"a\tA\n")})
    assert list(rewritten(file, parse_tagged(file, labelled=True), [["B"]])) == ["a.conll"]


@pytest.mark.parametrize(
    ("tags", "labels", "why"),
    [
        ([["A"]], None, "tags of 1 sentences are given for 2"),
        ([["A"], ["B", "C"]], None, "a, line 3: 2 tags for 1 words"),
        ([["A"], ["B"]], ["x"], "1 labels are given for 2 sentences"),
    ],
)
def test_answers_in_other_numbers_are_refused(tags, labels, why):
    file = document("a\tO\n\nb\tO\n")
    with pytest.raises(ArgumentError, match=why):
        rewritten(file, parse_tagged(file, labelled=True), tags, labels)


@pytest.mark.parametrize(
    ("text", "format", "answer"),
    [
        ("a O", "columns", "A B"),
        ("a O", "columns", ""),
        ("a\tO", "columns", "A\tB"),
        ("a\tO", "columns", "A\nB"),
        (CONLLU, "conllu", "A\tB"),
        ("a", "lines", "A B"),
    ],
)
def test_answers_that_would_cut_the_format_are_refused(text, format, answer):
    with pytest.raises(ArgumentError, match="cannot stand in this format"):
        written(document(text, format), lambda _: answer)


def test_features_and_labels_that_would_cut_the_format_are_refused():
    with pytest.raises(ArgumentError, match="cannot stand in this format"):
        written(document(CONLLU, "conllu"), lambda _: "A|B", columns=TaggedColumns(tags="Number"))
    for label in (" a", "a\t"):
        with pytest.raises(ArgumentError, match="begins or ends with a blank"):
            written(document("a\tO\n"), str.upper, [label])
    with pytest.raises(ArgumentError, match="cannot stand in this format"):
        written(document("a\tO\n"), str.upper, ["a\nb"])


@pytest.mark.parametrize(
    "name",
    [
        "tag_snips/test",
        "tag_ud_english_ewt/en_ewt-ud-dev.conllu",
        "tag_wnut17_ner/wnut17train.conll",
        "tag_wnut17_ner/emerging.dev.conll",
    ],
)
def test_real_files_with_their_own_tags_are_the_same_bytes(real, name):
    path = real(name)
    file = load_tagged(path)
    sentences = parse_tagged(file, labelled=True)
    files = {one.name: one for one in (path.iterdir() if path.is_dir() else [path])}
    contents = rewritten(file, sentences, sentences.tags, sentences.labels)
    assert contents == {name: one.read_bytes() for name, one in files.items()}
