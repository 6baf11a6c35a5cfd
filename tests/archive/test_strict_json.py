"""JSON from strangers: taken as the standard says, or refused in one line."""

import json

import pytest

from model_files import refused
from ostinato.archive.strict_json import LIMITS, MAX_DEPTH, parse


@pytest.mark.parametrize(
    "value",
    [
        {},
        [],
        None,
        True,
        0,
        -1.5,
        "",
        '\u00e9\n"\\',
        {"a": [1, 2.5, "[[[{{{:::"]},
        10**30,
        5e-324,
        "x" * 4096,
    ],
)
def test_what_json_can_say_is_read(value):
    assert parse("x", json.dumps(value).encode()) == value


@pytest.mark.parametrize(
    ("text", "saying"),
    [
        ('{"a": 1, "a": 1}', "'a' stands 2 times"),
        ('[{"a": {"b": 1, "c": 2, "b": 3}}]', "'b' stands 2 times"),
        ("NaN", "no finite number"),
        ("[-Infinity]", "no finite number"),
        ("1e400", "no finite number"),
        ("9" * 33, "33 digits"),
        ("9" * 10**6, "1000000 digits"),
        ("", "Expecting value"),
        ("[1,]", "Expecting value"),
        ("{'a': 1}", "double quotes"),
        ("[1] x", "Extra data"),
        ('"a\nb"', "control character"),
        ('"' + "x" * 4097 + '"', "4097 characters"),
        ('{"' + "x" * 4097 + '": 1}', "4097 characters"),
        ("\ufeff{}", "BOM"),
        ("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), "more than 32 deep"),
        ("[" + "[]," * 50_000 + "0]", "50001 lists and objects; at most 50000"),
        ("{" + ",".join(f'"{i}":0' for i in range(100_001)) + "}", "100001 keys; at most 100000"),
        ("[" + "0," * 300_001 + "0]", "300001 commas; at most 300000"),
        ("]" * 1000, "Expecting value"),
    ],
    ids=lambda text: text[:20],
)
def test_what_a_lenient_parser_would_take_is_refused(text, saying):
    refused(lambda: parse("here", text.encode()), "invalid JSON", naming="here", saying=saying)


@pytest.mark.parametrize("data", [b'"\xff"', b'"\xed\xa0\x80"', '{"a": 1}'.encode("utf-16")])
def test_bytes_that_are_not_utf_8_are_refused(data):
    refused(lambda: parse("x", data), "invalid JSON")


@pytest.mark.parametrize("unit", ["[", '{"a":', '"\\"', '"', "\\", '\\"', "0,"], ids=ascii)
def test_m8_four_mebibytes_of_anything_are_answered_soon(unit):
    refused(lambda: parse("x", (unit * (4 * 2**20))[: 4 * 2**20].encode()), "invalid JSON")


def test_the_deepest_allowed_is_read():
    text = "[" * MAX_DEPTH + "]" * MAX_DEPTH
    assert json.dumps(parse("x", text.encode())) == text


def test_a_text_may_hold_what_is_counted_outside_of_texts():
    texts = ["[" * 100, "{" * 100, ":" * 100, "\\", '\\"[[', '"', "\\\\", '\\\\"']
    value = texts * (LIMITS["commas"][1] // 300 // len(texts))
    assert parse("x", json.dumps(value).encode()) == value
    assert parse("x", json.dumps([*value, [value]], ensure_ascii=False).encode()) == [*value, [value]]
