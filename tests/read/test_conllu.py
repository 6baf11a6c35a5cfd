"""CoNLL-U: words are words, and everything else of the format is left alone."""

import pytest

from ostinato.errors import ArgumentError
from ostinato.read import Limits, read_tagged
from ostinato.spec.columns import TaggedColumns

FRENCH = """\
# newdoc id = d
# sent_id = fr-1
# text = Il va au lac
1\tIl\til\tPRON\t_\tGender=Masc|Number=Sing\t2\tnsubj\t_\t_
2\tva\taller\tVERB\t_\tNumber=Sing|Tense=Pres\t0\troot\t_\t_
3-4\tau\t_\t_\t_\t_\t_\t_\t_\t_
3\tà\tà\tADP\t_\t_\t5\tcase\t_\t_
4\tle\tle\tDET\t_\tNumber=Sing\t5\tdet\t_\t_
4.1\tgrand\tgrand\tADJ\t_\t_\t_\t_\t5:amod\t_
5\tlac\tlac\tNOUN\t_\tNumber=Sing\t2\tobl\t_\tSpaceAfter=No

# sent_id = fr-2
1\tNew York\tNew York\tPROPN\t_\t_\t0\troot\t_\t_
"""
LINE = "\t".join(["1", "a", "a", "X", "X", "_", "0", "root", "_", "_"])


def read(path, labelled=True, **columns):
    return read_tagged(path, TaggedColumns(**columns), labelled=labelled)


def numbered(*ids):
    return "".join(f"{name}\t{LINE[2:]}\n" for name in ids)


def test_words_and_universal_tags_are_read(write):
    sentences = read(write("a.conllu", FRENCH))
    assert sentences.words == [["Il", "va", "à", "le", "lac"], ["New York"]]
    assert sentences.tags == [["PRON", "VERB", "ADP", "DET", "NOUN"], ["PROPN"]]
    assert sentences.ids == ["fr-1", "fr-2"]
    assert sentences.lines == [[4, 5, 7, 8, 10], [13]]
    assert sentences.places[1].endswith("a.conllu, line 13")
    assert sentences.columns == TaggedColumns(format="conllu", words="form", tags="upos")


@pytest.mark.parametrize(
    ("name", "tags"),
    [
        ("deprel", ["nsubj", "root", "case", "det", "obl"]),
        ("lemma", ["il", "aller", "à", "le", "lac"]),
        ("head", ["2", "0", "5", "5", "2"]),
        ("misc", ["_", "_", "_", "_", "SpaceAfter=No"]),
        ("feats", ["Gender=Masc|Number=Sing", "Number=Sing|Tense=Pres", "_", "Number=Sing", "Number=Sing"]),
        ("Number", ["Sing", "Sing", "_", "Sing", "Sing"]),
    ],
)
def test_any_field_and_any_feature_can_be_the_tag(write, name, tags):
    sentences = read(write("a.conllu", FRENCH), tags=name)
    assert sentences.tags[0] == tags
    assert sentences.columns.tags == name


def test_a_field_that_is_nowhere_filled_is_no_tag(write, refused):
    path = write("a.conllu", FRENCH)
    assert read(path, labelled=False, tags="xpos").tags is None
    assert read(path, labelled=False, tags="Case").tags is None
    assert "line 4: the word has no tag; 6 of 6" in refused(read, path, tags="xpos")
    assert "no word has 'Case'" in refused(read, path, tags="Case")


def test_a_tag_that_is_missing_on_a_line_is_refused(write, refused):
    path = write("a.conllu", FRENCH.replace("le\tDET", "le\t_"))
    for labelled in (True, False):
        assert "line 8: the word has no tag; 1 of 6 words" in refused(read, path, labelled)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "is empty"),
        ("# text = a\n\n", "is empty"),
        ("1\ta\tb\n", "line 1: 3 fields separated by tabs; expected 10: ID, FORM"),
        (f"{LINE}\t_\n", "line 1: 11 fields"),
        (LINE.replace("\t", " "), "line 1: 1 fields"),
        (LINE.replace("\troot\t", "\t\t"), "line 1: DEPREL is blank; write _"),
        (f"{LINE}\n# late\n", "line 2: 1 fields"),
        (numbered("2"), "line 1: the id is '2'; the next word's is 1"),
        (numbered("1", "1"), "line 2: the id is '1'; the next word's is 2"),
        (numbered("1", "01"), "line 2: the id is '01'"),
        (numbered("1", "2-2", "2"), "line 2: the id is '2-2'"),
        (numbered("1-2", "1-2", "1", "2"), "line 2: the id is '1-2'"),
        (numbered("1-3", "1", "2-3", "2", "3"), "line 3: the id is '2-3'"),
        (numbered("1", "2-3", "2"), "line 3: the sentence ends after 2 words; expected 3"),
        (numbered("1", "2.1"), "line 2: the id is '2.1'"),
        (numbered("0.1"), "line 1: the sentence ends after 0 words; expected 1"),
        (numbered("1", "9" * 5000), "line 2: the id is"),
        (LINE.replace("\t_\t0", "\tNumber\t0"), "line 1: 'Number' is no list of features"),
        (LINE.replace("\t_\t0", "\tA=1|A=2\t0"), "line 1: 'A=1|A=2' is no list of features"),
    ],
)
def test_files_that_are_no_conllu_are_refused_with_the_line(write, refused, content, why):
    assert why in refused(read, write("a.conllu", content), tags="Number" if "features" in why else "upos")


@pytest.mark.parametrize(
    "ids",
    [("0.1", "0.2", "1"), ("1-2", "1", "1.1", "2", "2.1"), ("1", "2-3", "2", "3", "4-6", "4", "5", "6")],
)
def test_every_numbering_of_the_format_is_read(write, ids):
    words = read(write("a.conllu", numbered(*ids))).words
    assert len(words[0]) == sum(name.isdigit() for name in ids)


@pytest.mark.parametrize("tags", ["upps", "id", "form", "number", "Num ber"])
def test_a_field_that_does_not_exist_is_refused(write, refused, tags):
    message = refused(read, write("a.conllu", FRENCH), tags=tags, error=ArgumentError)
    assert "choose one of lemma, upos" in message


def test_words_are_always_forms(write, refused):
    assert "they are always 'form'" in refused(read, write("a.conllu", FRENCH), words="lemma")


def test_labels_are_comments(write):
    assert read(write("a.conllu", f"# intent = go\n{LINE}\n"), label="intent").labels == ["go"]


@pytest.mark.parametrize(
    ("part", "count", "words"), [("train", 12_544, 204_577), ("dev", 2_001, 25_147), ("test", 2_077, 25_094)]
)
def test_english_web_treebank_has_the_sizes_that_are_published(real, part, count, words):
    sentences = read(real("tag_ud_english_ewt") / f"en_ewt-ud-{part}.conllu")
    assert (len(sentences), sum(map(len, sentences.words))) == (count, words)
    assert len({tag for tags in sentences.tags for tag in tags}) == 17
    assert "-" in sentences.ids[0]


def test_limits(write, refused):
    path = write("a.conllu", FRENCH)
    message = refused(read_tagged, path, labelled=True, limits=Limits(steps=4))
    assert "line 4: the sequence has 5 words, above the limit of 4" in message
