"""Tagged files written again: with the answers in their places, and every other byte as it was."""

import json
from collections.abc import Iterator, Sequence

from ostinato import checks
from ostinato.errors import ArgumentError
from ostinato.read import conll, conllu
from ostinato.read.aligned import Role, file_names
from ostinato.read.sentences import TaggedSentences
from ostinato.read.source import Source
from ostinato.read.tagged import TaggedDocument
from ostinato.read.tagged_jsonl import keys
from ostinato.read.token_lines import CELL, Separator, TokenLines
from ostinato.spec.columns import TaggedColumns

Tags = Sequence[Sequence[str]]
Labels = Sequence[str] | None

_BLANKS = " \t"
_JSON_SPACE = " \t\r\n"
_DECODER = json.JSONDecoder()


def rewritten(
    document: TaggedDocument, sentences: TaggedSentences, tags: Tags, labels: Labels = None
) -> dict[str, bytes]:
    """Return a document with other tags and labels.

    Where it has none yet, they are added as the format has them: as a last column, a key, a file; a label in
    the CoNLL formats as a comment ``# label = …``.

    Args:
        document: as it was read.
        sentences: what was found in it.
        tags: of every sentence, one a word.
        labels: one a sentence; None: labels stay as they are.

    Returns:
        The content of each file by its name: one file, or those of the folder.

    Raises:
        ArgumentError: there are more or fewer tags than words, or one cannot stand in the format.

    Example:
        >>> from ostinato.read.tagged import parse_tagged
        >>> document = TaggedDocument("a.conll", "columns", {"words": Source("a.conll", b"to TO ?\\n")})
        >>> rewritten(document, parse_tagged(document, labelled=False), [["O"]])
        {'a.conll': b'to TO O\\n'}
    """
    _check_counts(sentences, tags, labels)
    if document.format == "lines":
        return _lines(document, sentences.columns, tags, labels)
    write = {"columns": _columns, "conllu": _conllu, "jsonl": _json_lines}[document.format]
    text = write(document.source, sentences.columns, tags, labels)
    return {document.name.removesuffix(".gz"): document.source.mark + text.encode()}


def _check_counts(sentences: TaggedSentences, tags: Tags, labels: Labels) -> None:
    if len(tags) != len(sentences):
        raise ArgumentError(
            f"tags of {len(tags)} sentences are given for {len(sentences)}; expected one each."
        )
    if labels is not None and len(labels) != len(sentences):
        raise ArgumentError(
            f"{len(labels)} labels are given for {len(sentences)} sentences; expected one each."
        )
    for tagged, words, place in zip(tags, sentences.words, sentences.places, strict=True):
        if len(tagged) != len(words):
            raise ArgumentError(f"{place}: {len(tagged)} tags for {len(words)} words; expected one each.")


def _columns(source: Source, columns: TaggedColumns, tags: Tags, labels: Labels) -> str:
    parts = conll.token_lines(source, columns)
    _, tag = conll.found_columns(parts, columns, labelled=False)
    lines = [text for text, _ in parts.lines]
    padded = any(lines[position] != lines[position].strip(_BLANKS) for position, _ in _answers(parts, tags))
    for position, answer in _answers(parts, tags):
        _fitting(answer, _BLANKS + "\r\n" if parts.separator == "space" else "\t\r\n")
        lines[position] = _with_cell(lines[position], parts.separator, tag, answer, " " if padded else "\t")
    return _joined(parts, lines, columns, labels)


def _conllu(source: Source, columns: TaggedColumns, tags: Tags, labels: Labels) -> str:
    parts = conllu.token_lines(source)
    name = conllu.tag_name(columns)
    lines = [text for text, _ in parts.lines]
    for position, answer in _answers(parts, tags):
        _fitting(answer, "\t\r\n")
        if name in conllu.FIELDS:
            lines[position] = _with_cell(lines[position], "tab", conllu.FIELDS.index(name), answer)
        else:
            cell = _with_feature(parts, position, name, answer)
            lines[position] = _with_cell(lines[position], "tab", conllu.FIELDS.index("feats"), cell)
    return _joined(parts, lines, columns, labels)


def _json_lines(source: Source, columns: TaggedColumns, tags: Tags, labels: Labels) -> str:
    _, tags_key, label_key = keys(columns)
    written = []
    records = iter(range(len(tags)))
    for text, end in source.whole_lines():
        if text.strip(_BLANKS):
            record = next(records)
            text = _with_value(text, tags_key, list(tags[record]))
            text = text if labels is None else _with_value(text, label_key, labels[record])
        written.append(text + end)
    return "".join(written)


def _lines(document: TaggedDocument, columns: TaggedColumns, tags: Tags, labels: Labels) -> dict[str, bytes]:
    sources, names = document.sources, file_names(columns)
    written = {names[role]: source.mark + source.data for role, source in sources.items()}
    base = sources.get("tags", sources["words"])
    lines = zip(base.whole_lines(), tags, strict=True)
    text = "".join(_with_words(text, tagged) + end for (text, end), tagged in lines)
    written[names["tags"]] = base.mark + text.encode()
    if labels is not None:
        written[names["label"]] = _label_lines(sources, labels)
    return written


def _label_lines(sources: dict[Role, Source], labels: Sequence[str]) -> bytes:
    """Return the file of labels: that of the folder with others in it, or one with the words' line ends."""
    base = sources.get("label", Source("", b""))
    lines = base.whole_lines() or [("", end or "\n") for _, end in sources["words"].whole_lines()]
    pairs = zip(lines, labels, strict=True)
    text = "".join(_with_label(text, text.strip(_BLANKS), label) + end for (text, end), label in pairs)
    return base.mark + text.encode()


def _answers(parts: TokenLines, tags: Tags) -> Iterator[tuple[int, str]]:
    """Yield the position of every word's line, and its tag."""
    for block, tagged in zip(parts.blocks, tags, strict=True):
        yield from zip(block.words, tagged, strict=True)


def _joined(parts: TokenLines, lines: list[str], columns: TaggedColumns, labels: Labels) -> str:
    """Return the lines with their ends, and the labels in comments."""
    key = columns.label or "label"
    if labels is not None and columns.comments is False:
        raise ArgumentError(
            f"{parts.source.name}: has no comments, by what was asked, so that no label can be added."
        )
    for block, label in zip(parts.blocks, labels or [], strict=labels is not None):
        if (found := parts.comment(block, key)) is not None:
            position, value = found
            lines[position] = _with_label(lines[position], value, label)
        else:
            end = parts.lines[block.start][1] or "\n"
            lines[block.start] = _with_label(f"# {key} =", "", label) + end + lines[block.start]
    return "".join(text + end for text, (_, end) in zip(lines, parts.lines, strict=True))


def _with_cell(text: str, separator: Separator, index: int | None, answer: str, gap: str = "\t") -> str:
    """Return a line with another cell, or with one more where there is none at the index.

    ``gap`` stands before the second cell, where it is the one that is added.
    """
    if separator == "tab":
        cells = text.split("\t")
        cells = [*cells, answer] if index is None else [*cells[:index], answer, *cells[index + 1 :]]
        return "\t".join(cells)
    found = list(CELL.finditer(text))
    if index is not None:
        return text[: found[index].start()] + answer + text[found[index].end() :]
    end = found[-1].end()
    gap = text[found[-2].end() : found[-1].start()] if len(found) > 1 else gap
    return text[:end] + gap + answer + text[end:]


def _with_feature(parts: TokenLines, position: int, name: str, answer: str) -> str:
    """Return a word's features with another value of one; the value ``_`` takes it away."""
    _fitting(answer, "|=")
    found = conllu.features(parts.place(position), parts.cells(position)[conllu.FIELDS.index("feats")])
    if answer == conllu.EMPTY:
        found.pop(name, None)
    elif name in found:
        found[name] = answer
    else:
        found = dict(sorted([*found.items(), (name, answer)], key=lambda item: item[0].lower()))
    return "|".join(f"{name}={value}" for name, value in found.items()) or conllu.EMPTY


def _with_label(text: str, old: str, label: str) -> str:
    """Return a line with another label in the place of the last ``old``, or at the end if that is empty."""
    if label != label.strip(_BLANKS):
        raise ArgumentError(f"the label {checks.shown(label)} begins or ends with a blank; write JSON Lines.")
    label = _fitting(label, "\r\n")
    if not old:
        return f"{text.rstrip(_BLANKS)} {label}" if text.strip(_BLANKS) else label
    start = text.rindex(old)
    return text[:start] + label + text[start + len(old) :]


def _with_words(text: str, answers: Sequence[str]) -> str:
    """Return a line with other words and the same spaces."""
    words = iter([_fitting(answer, _BLANKS + "\r\n") for answer in answers])
    return CELL.sub(lambda _: next(words), text)


def _with_value(text: str, key: str, value: str | list[str]) -> str:
    """Return a JSON object's text with another value of one key, or with one more at its end."""
    spans = _spans(text)
    if key not in spans:
        end = max(end for _, end in spans.values())
        return f"{text[:end]}, {_json(key)}: {_json(value)}{text[end:]}"
    old, (start, _) = json.loads(text)[key], spans[key]
    if isinstance(value, str) or not isinstance(old, list) or len(old) != len(value):
        return _replaced(text, spans[key], old, value)
    items = list(zip(_items(text, start), old, value, strict=True))
    for span, before, after in reversed(items):  # from the end, so that the other spans stay
        text = _replaced(text, span, before, after)
    return text


def _replaced(text: str, span: tuple[int, int], old: object, new: str | list[str]) -> str:
    """Return a text with another JSON value in a span, or as it is where the value is the same."""
    return text if old == new else text[: span[0]] + _json(new) + text[span[1] :]


def _json(value: str | list[str]) -> str:
    return json.dumps(value, ensure_ascii=False)


def _spans(text: str) -> dict[str, tuple[int, int]]:
    """Return where the value of every key of a JSON object begins and ends."""
    spans = {}
    position = _behind_space(text, text.index("{") + 1)
    while text[position] != "}":
        key, position = _DECODER.raw_decode(text, position)
        start = _behind_space(text, text.index(":", position) + 1)
        _, end = _DECODER.raw_decode(text, start)
        spans[key] = start, end
        position = _behind_comma(text, end)
    return spans


def _items(text: str, start: int) -> list[tuple[int, int]]:
    """Return where every item of the JSON list that begins at ``start`` begins and ends."""
    spans = []
    position = _behind_space(text, start + 1)
    while text[position] != "]":
        _, end = _DECODER.raw_decode(text, position)
        spans.append((position, end))
        position = _behind_comma(text, end)
    return spans


def _behind_comma(text: str, position: int) -> int:
    position = _behind_space(text, position)
    return _behind_space(text, position + 1) if text[position] == "," else position


def _behind_space(text: str, position: int) -> int:
    while text[position] in _JSON_SPACE:
        position += 1
    return position


def _fitting(answer: str, forbidden: str) -> str:
    """Return an answer, which must not be empty or hold anything that is forbidden."""
    if not answer or any(letter in answer for letter in forbidden):
        raise ArgumentError(
            f"the answer {checks.shown(answer)} cannot stand in this format, whose parts it would cut; write "
            "JSON Lines."
        )
    return answer
