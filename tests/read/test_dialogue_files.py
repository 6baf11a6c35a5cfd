"""Files of dialogues, in each of their formats."""

import gzip
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ostinato.errors import ArgumentError
from ostinato.read import Limits, Turn, read_dialogues

TEXTS = [["hi", "hello"], ["who are you?", "guess", "no"]]
TOPICAL = {
    "t_1": {"config": "A", "content": [{"agent": "agent_1", "message": "hi\nyou", "turn_rating": "Good"}]},
    "t_2": {"content": [{"agent": "agent_2", "message": "a"}, {"agent": "agent_1", "message": "b"}]},
}
TURN = st.text("ab \t日\u2028", min_size=1).filter(str.strip)


def texts(dialogues):
    return [[turn.text for turn in turns] for turns in dialogues.dialogues]


def test_topical_chat_names_its_dialogues_and_speakers(write):
    dialogues = read_dialogues(write("a.json", json.dumps(TOPICAL)))
    assert dialogues.ids == ["t_1", "t_2"]
    assert dialogues.dialogues[0] == [Turn("agent_1", "hi\nyou")]
    assert dialogues.dialogues[1] == [Turn("agent_2", "a"), Turn("agent_1", "b")]
    assert dialogues.places[1].endswith("a.json, conversation 't_2'")


def test_chatterbot_is_read_from_yaml_and_json(write):
    yaml = "categories:\n- x\nconversations:\n- - hi\n  - hello\n- - who are you?\n  - guess\n  - no\n"
    dialogues = read_dialogues(write("a.yml", yaml))
    assert texts(dialogues) == TEXTS
    assert [place.rpartition(" ")[2] for place in dialogues.places] == ["4", "6"]
    assert texts(read_dialogues(write("a.json", json.dumps({"conversations": TEXTS})))) == TEXTS


def test_json_lines_hold_turns_or_texts(write):
    lines = [
        {"turns": [{"speaker": "a", "text": "hi"}, {"text": "hello"}], "id": 7},
        {"turns": ["hi", {"speaker": None, "text": "ho"}]},
        ["one", "two"],
    ]
    path = write("a.jsonl", "\n\n".join(map(json.dumps, lines)))
    dialogues = read_dialogues(path)
    assert dialogues.dialogues[0] == [Turn("a", "hi"), Turn(None, "hello")]
    assert texts(dialogues)[1:] == [["hi", "ho"], ["one", "two"]]
    assert dialogues.ids == ["7", f"{path}:3", f"{path}:5"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.lists(TURN, min_size=1), min_size=1), st.sampled_from(["\n", "\r\n", "\r"]))
def test_whatever_is_written_as_text_is_read(write, dialogues, end):
    text = (end + end).join(end.join(turns) for turns in dialogues)
    assert texts(read_dialogues(write("a", text))) == dialogues


def test_plain_text_tells_where_dialogues_begin(write):
    dialogues = read_dialogues(write("a.txt", "\n\nhi\nhello\n \n\na: no names\n"))
    assert [place.rpartition(" ")[2] for place in dialogues.places] == ["3", "7"]
    assert dialogues.dialogues[1] == [Turn(None, "a: no names")]


def test_several_files_are_read_in_their_order(write):
    paths = [write("b.txt", "b\n"), write("a.jsonl.gz", gzip.compress(b'["a"]\n'))]
    assert texts(read_dialogues(paths)) == [["b"], ["a"]]


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("[1, 2]", "expected an object of conversations"),
        ("{}", "is empty; expected at least one dialogue"),
        ('{"conversations": {"a": 1}}', "expected a list"),
        ('{"conversations": []}', "is empty"),
        ('{"conversations": [["a"], ["b", 5]]}', "conversation 2, turn 2: 5; expected a text"),
        (
            '{"t": {"turns": []}}',
            "conversation 't': {\"turns\": []}; expected an object with a list 'content'",
        ),
        ('{"t": {"content": []}}', "conversation 't': the dialogue has no turns"),
        ('{"t": {"content": [{"agent": "a"}]}}', "conversation 't', turn 1"),
        ('{"t": {"content": [{"agent": 1, "message": "a"}]}}', "the texts 'message' and 'agent'"),
        ('{"t": {"content": [{"agent": "a", "message": " "}]}}', "turn 1: the text is blank"),
        ('{"t": {"content": [], "content": []}}', "the key 'content' stands twice"),
        ('{"t": 1}\n{"u": 1}', "is this JSON Lines? Then name it .jsonl"),
    ],
)
def test_json_of_another_shape_is_refused(write, refused, value, why):
    message = refused(read_dialogues, write("a.json", value))
    assert "a.json" in message
    assert why in message


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ('{"turn": ["a"]}', "null; expected a list"),
        ('"a"', "'a'; expected a list"),
        ("[]", "has no turns"),
        ('["a", ["b"]]', "turn 2"),
        ('["a", ""]', "turn 2: the text is blank"),
        ('{"turns": ["a"], "id": true}', "the id is true; expected a text"),
        ('{"turns": ["a"], "id": [1]}', "the id is [1]; expected a text"),
        ("[1", "no JSON"),
    ],
)
def test_json_lines_of_another_shape_are_refused_with_the_line(write, refused, line, why):
    message = refused(read_dialogues, write("a.jsonl", f'["hi", "ho"]\n{line}\n'))
    assert "a.jsonl, line 2" in message
    assert why in message


def test_d13_ids_must_differ(write, refused):
    path = write("a.jsonl", '{"turns": ["a"], "id": "x"}\n{"turns": ["b"], "id": "x"}\n')
    assert "line 2: the id 'x' stands in" in refused(read_dialogues, path)
    assert "stands in" in refused(read_dialogues, [write("b.txt", "a"), write("b.txt", "a")])


@pytest.mark.parametrize("name", ["a.txt", "a.jsonl"])
@pytest.mark.parametrize("content", ["", "\n \n"])
def test_d1_an_empty_file_is_refused(write, refused, name, content):
    assert f"{name}: is empty; expected at least one dialogue" in refused(
        read_dialogues, write(name, content)
    )


def test_limits(write, refused):
    path = write("a.txt", "a\nb\nc\n")
    message = refused(read_dialogues, path, limits=Limits(steps=2))
    assert "line 1: the sequence has 3 turns, above the limit of 2" in message
    for name in ("a.json", "a.yml"):
        path = write(name, '{"conversations": [["a", "b"]]}')
        assert len(read_dialogues(path)) == 1
        assert "for one document" in refused(read_dialogues, path, limits=Limits(document_bytes=9))


def test_no_file_is_refused(refused):
    assert "no file is given" in refused(read_dialogues, [], error=ArgumentError)


def test_a_folder_is_refused(tmp_path, refused):
    assert "is a directory; expected a file" in refused(read_dialogues, tmp_path)


@pytest.mark.parametrize(("part", "turns"), [("valid_freq", 11_681), ("valid_rare", 11_692)])
def test_topical_chat_has_the_sizes_that_are_published(real, part, turns):
    dialogues = read_dialogues(real("dialogue_topical_chat") / f"{part}.json")
    assert (len(dialogues), sum(map(len, dialogues.dialogues))) == (539, turns)
    assert len(dialogues.pairs(3)) == turns - 539
    assert {turn.speaker for turns in dialogues.dialogues for turn in turns} == {"agent_1", "agent_2"}


def test_chatterbot_has_the_sizes_that_are_published_and_one_fault(real, refused, tmp_path):
    paths = sorted(real("dialogue_chatterbot_english").glob("*.yml"))
    trivia = next(path for path in paths if path.name == "trivia.yml")
    message = refused(read_dialogues, paths)
    assert (
        "trivia.yml, line 35: the text 'In a game of bingo, " in message
    )  # one of a pair, outside of a list
    mended = tmp_path / "trivia.yml"
    lines = trivia.read_text().splitlines(keepends=True)
    mended.write_text("".join([*lines[:34], *lines[36:]]))
    sound = [mended if path == trivia else path for path in paths]
    assert (len(paths), len(read_dialogues(sound))) == (21, 2025)
