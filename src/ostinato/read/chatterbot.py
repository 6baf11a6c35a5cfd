"""ChatterBot's corpora in YAML: ``conversations``, a list of lists of utterances.

The file is read event by event: nothing in it can name a class, every value is text as it is written (``yes``
and ``42`` too), and neither deep nesting nor aliases can make much of a little.
"""

from collections.abc import Iterator
from typing import Any

from ostinato import checks
from ostinato.errors import DataError
from ostinato.read.source import Source

_KEY = "conversations"
_DEPTH = 100  # the parser's time grows with the square of the depth
_SHAPE = "expected 'conversations:' with a list of lists of texts"
_NAMES = {"Alias": "an alias", "Mapping": "a mapping", "Sequence": "a list", "Stream": "nothing"}


def read_conversations(source: Source) -> Iterator[tuple[int, list[str]]]:
    """Yield the line, counted from 1, and the utterances of every conversation.

    Raises:
        DataError: it is no YAML, or its conversations are no lists of texts; with the line.
        MissingExtraError: without PyYAML.

    Example:
        >>> list(read_conversations(Source("a.yml", b"conversations:\\n- - sure?\\n  - yes\\n")))
        [(2, ['sure?', 'yes'])]
    """
    yaml = checks.extra("yaml", "text", "reading YAML")
    text = source.data.decode()
    try:
        events = yaml.parse(text, Loader=yaml.BaseLoader)
        yield from _Reader(source, yaml.events, events).conversations()
    except yaml.reader.ReaderError as error:
        raise _no_yaml(source, text.count("\n", 0, error.position), error.reason) from error
    except yaml.MarkedYAMLError as error:
        raise _no_yaml(source, error.problem_mark.line, error.problem) from error


def _no_yaml(source: Source, line: int, problem: str) -> DataError:
    return DataError(f"{source.line(line + 1)}: this is no YAML ({checks.shown(problem)}); correct it.")


class _Reader:
    """Reads the events of one document.

    Args:
        source: the file, for messages.
        kinds: the module of the events' classes.
        events: what the parser yields.
    """

    def __init__(self, source: Source, kinds: Any, events: Iterator[Any]) -> None:
        self.source = source
        self.kinds = kinds
        self.events = events

    def conversations(self) -> Iterator[tuple[int, list[str]]]:
        """Yield the conversations of a mapping; its other values are passed over."""
        keys: set[str] = set()
        self._expect(self._first(), self.kinds.MappingStartEvent)
        while not isinstance(key := next(self.events), self.kinds.MappingEndEvent):
            name = self._expect(key, self.kinds.ScalarEvent).value
            if name in keys:
                raise DataError(f"{self._place(key)}: the key {checks.shown(name)} stands twice; keep one.")
            keys.add(name)
            value = next(self.events)
            if name == _KEY:
                yield from self._lists(value)
            else:
                self._pass_over(value)
        if _KEY not in keys:
            raise DataError(f"{self.source.name}: has no key 'conversations'; {_SHAPE}.")
        if not isinstance(end := self._first(), self.kinds.StreamEndEvent):
            raise DataError(f"{self._place(end)}: a second document begins; put all into one list.")

    def _first(self) -> Any:
        """Return the next event that is no bound of the stream's beginning or of a document."""
        kinds = self.kinds
        bounds = kinds.StreamStartEvent | kinds.DocumentStartEvent | kinds.DocumentEndEvent
        return next(event for event in self.events if not isinstance(event, bounds))

    def _lists(self, event: Any) -> Iterator[tuple[int, list[str]]]:
        self._expect(event, self.kinds.SequenceStartEvent)
        while not isinstance(item := next(self.events), self.kinds.SequenceEndEvent):
            self._expect(item, self.kinds.SequenceStartEvent)
            texts = []
            while not isinstance(text := next(self.events), self.kinds.SequenceEndEvent):
                texts.append(self._expect(text, self.kinds.ScalarEvent).value)
            yield item.start_mark.line + 1, texts

    def _pass_over(self, event: Any) -> None:
        starts = self.kinds.CollectionStartEvent
        depth = int(isinstance(event, starts))
        while depth:
            event = next(self.events)
            if depth > _DEPTH:
                raise DataError(f"{self._place(event)}: is nested more than {_DEPTH} deep; {_SHAPE}.")
            depth += isinstance(event, starts) - isinstance(event, self.kinds.CollectionEndEvent)

    def _expect(self, event: Any, kind: Any) -> Any:
        if not isinstance(event, kind):
            name = type(event).__name__.removesuffix("Event").removesuffix("Start").removesuffix("End")
            found = _NAMES[name] if name in _NAMES else f"the text {checks.shown(event.value)}"
            raise DataError(f"{self._place(event)}: {found} stands here; {_SHAPE}.")
        return event

    def _place(self, event: Any) -> str:
        return self.source.line(event.start_mark.line + 1)
