"""JSON documents, read strictly; lines are tested with JSON Lines."""

import pytest

from ostinato.read import Limits
from ostinato.read.source import Source
from ostinato.read.strict_json import decode_document


def document(text):
    return decode_document(Source("a.json", text.encode()), Limits())


def test_a_document_is_read():
    assert document('{"a": [1, "\\ud83d\\ude00"]}\n') == {"a": [1, "😀"]}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"a": 1}\n{"a": 2}\n', "a.json, line 2, character 1: no JSON (Extra data); is this JSON Lines?"),
        ('{\n"a": }', "a.json, line 2, character 6: no JSON (Expecting value)"),
        ("", "a.json, line 1, character 1: no JSON"),
        ('{"b": 1, "a": 1, "a": 2}', "the key 'a' stands twice"),
        ("[NaN]", "NaN is no JSON number"),
        ("[" * 200_000, "nested too deeply"),
        ('["\\ud800"]', "half of a \\u surrogate pair"),
        ("9" * 5000, "a.json: "),
    ],
)
def test_what_is_not_strict_json_is_refused(refused, text, why):
    assert why in refused(document, text)


def test_d10_a_document_has_a_limit(refused):
    message = refused(decode_document, Source("a.json", b"[1, 2]"), Limits(document_bytes=5))
    assert "a.json: has 6 bytes, above the limit of 5 for one document; write JSON Lines." in message


def test_many_different_keys_are_no_burden():
    keys = ", ".join(f'"{number}": 0' for number in range(200_000))
    with pytest.raises(ValueError, match="the key '199999' stands twice"):
        document(f'{{{keys}, "199999": 1}}')
