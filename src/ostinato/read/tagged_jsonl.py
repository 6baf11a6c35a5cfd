"""Tagged sentences in JSON Lines, such as ``{"words": ["to", "Vienna"], "tags": ["O", "B-city"]}``."""

from ostinato import checks
from ostinato.errors import ArgumentError, DataError
from ostinato.read.jsonl import RecordTable
from ostinato.read.labels import check_unique, checked_labels, ids_of
from ostinato.read.limits import Limits
from ostinato.read.sentences import TaggedSentences, check_words
from ostinato.read.source import Source
from ostinato.read.strict_json import json_shown
from ostinato.spec.columns import TaggedColumns


def read_tagged_jsonl(
    source: Source, columns: TaggedColumns, *, labelled: bool, limits: Limits
) -> TaggedSentences:
    """Read sentences from objects, one a line, that hold a list of words and a list of tags.

    Raises:
        DataError: a line is no such object, or has not as many tags as words; with the line.
    """
    table = RecordTable(source, limits)
    words_key, tags_key, label_key = keys(columns)
    words = [_words(table, row, table.require(words_key, "words")) for row in range(table.rows)]
    places = [table.place(row) for row in range(table.rows)]
    check_words(words, places.__getitem__, limits)
    label = label_key if columns.label is not None or label_key in table.names else None
    names = {"words": words_key, "tags": tags_key, "label": label}
    return TaggedSentences(
        name=source.name,
        words=words,
        tags=_tags(table, tags_key, words, labelled),
        labels=_labels(table, label, labelled),
        ids=_ids(table, columns.id),
        places=places,
        columns=columns.model_copy(update={"format": "jsonl", **names}),
    )


def keys(columns: TaggedColumns) -> tuple[str, str, str]:
    """Return the keys of the words, the tags and the label."""
    names = (columns.words or "words", columns.tags or "tags", columns.label or "label")
    for name in names:
        if names.count(name) > 1:
            raise ArgumentError(f"{checks.shown(name)} is given two roles; a key has one.")
    return names


def _words(table: RecordTable, row: int, key: str) -> list[str]:
    words = _texts(table, row, key)
    _check_blank(table, row, key, words, "the word is blank; write it")
    return words


def _tags(table: RecordTable, key: str, words: list[list[str]], labelled: bool) -> list[list[str]] | None:
    if not labelled and all(value is None for value in table.columns.get(key, [])):
        return None
    table.require(key, "tags")
    tags = [_texts(table, row, key) for row in range(table.rows)]
    for row, (tagged, sentence) in enumerate(zip(tags, words, strict=True)):
        if len(tagged) != len(sentence):
            raise DataError(
                f"{table.cell(row, key)}: {len(tagged)} tags for {len(sentence)} words; expected one each."
            )
        _check_blank(table, row, key, tagged, "the word has no tag; fill it in")
    return tags


def _check_blank(table: RecordTable, row: int, key: str, texts: list[str], fault: str) -> None:
    for number, text in enumerate(texts, start=1):
        if not text.strip(" \t\r\n"):
            raise DataError(f"{table.cell(row, key)}, word {number}: {fault}.")


def _texts(table: RecordTable, row: int, key: str) -> list[str]:
    """Return a value that must be a list of texts."""
    value = table.columns[key][row]
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise DataError(f"{table.cell(row, key)}: {json_shown(value)}; expected a list of texts.")
    return value


def _labels(table: RecordTable, key: str | None, labelled: bool) -> list[str] | None:
    if key is None or (not labelled and key not in table.names):
        return None
    return checked_labels(
        table.texts(table.require(key, "label")), lambda row: table.cell(row, key), labelled
    )


def _ids(table: RecordTable, key: str | None) -> list[str]:
    if key is None:
        return [str(row) for row in range(1, table.rows + 1)]
    ids = ids_of(table, table.require(key, "id"))
    check_unique(ids, table.place)
    return ids
