"""Entities as one tag a word: which scheme tags follow, where they break it, and which entities they mean.

A tag is ``O``, outside of every entity, or a letter and the entity's type, such as ``B-person``:

- IOB1 (Ramshaw and Marcus 1995, arXiv:cmp-lg/9505040): I inside; B only where an entity follows directly
  another one of its type.
- IOB2 (Tjong Kim Sang and Veenstra 1999, arXiv:cs/9907006): every entity begins with B, and goes on with I.
- IOBES: B, I and E (end) of several words, S for a single word. BILOU writes L for E and U for S (Ratinov
  and Roth 2009), BMES writes M for I.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from typing import Literal

from ostinato import checks
from ostinato.errors import ArgumentError, DataError
from ostinato.read.sentences import TaggedSentences

Scheme = Literal["IOB1", "IOB2", "IOBES", "BILOU", "BMES"]
OUTSIDE = "O"

_LETTERS: dict[Scheme, str] = {"IOB1": "BI", "IOB2": "BI", "IOBES": "BIES", "BILOU": "BILU", "BMES": "BMES"}
_ROLES = {"B": "B", "I": "I", "M": "I", "E": "E", "L": "E", "S": "S", "U": "S"}


@dataclass(frozen=True)
class Entity:
    """Some words that are one thing.

    Args:
        start, end: its words are those from start up to, but not including, end; counted from 0.
        kind: its type, such as ``"person"``; empty where tags have none.
    """

    start: int
    end: int
    kind: str


def scheme_of(sentences: Iterable[Sequence[str]]) -> Scheme | None:
    """Return the scheme that tags follow, or None where they are no entities' tags.

    The letters tell the scheme; between IOB1 and IOB2, which have the same, the sequences do: it is the one
    that they break less often.

    Example:
        >>> [scheme_of([tags]) for tags in (["O", "B-city"], ["I-city", "O"], ["NOUN", "VERB"])]
        ['IOB2', 'IOB1', None]
    """
    sentences = [list(tags) for tags in sentences]
    tags = {tag for sentence in sentences for tag in sentence} - {OUTSIDE}
    letters = {tag.partition("-")[0] for tag in tags}
    fitting = [scheme for scheme, known in _LETTERS.items() if letters <= set(known)]
    bare = any("-" not in tag for tag in tags)  # so may other tags be: only a B makes them letters
    if not tags or not fitting or any(tag.endswith("-") for tag in tags) or (bare and "B" not in letters):
        return None
    if fitting[0] != "IOB1":
        return fitting[0]
    iob1, iob2 = (sum(1 for tags in sentences for _ in _breaks(tags, scheme)) for scheme in fitting[:2])
    return "IOB1" if iob1 < iob2 else "IOB2"


def allowed(scheme: Scheme, before: str | None, after: str | None) -> bool:
    """Return whether a tag may follow another one.

    Args:
        scheme: what the tags follow.
        before: the first tag; None: the sentence begins.
        after: the second tag; None: the sentence ends.

    Example:
        >>> allowed("IOB2", "B-city", "I-city"), allowed("IOB2", None, "I-city")
        (True, False)
        >>> allowed("IOBES", "B-city", None)
        False
    """
    (first, kind), (second, other) = _parts(before or OUTSIDE), _parts(after or OUTSIDE)
    same = kind == other
    if scheme == "IOB1":
        return second != "B" or (first in "BI" and same)
    goes_on = second in "IE" and same
    if scheme == "IOB2":
        return second != "I" or (first in "BI" and same)
    return goes_on if first in "BI" else second not in "IE"


def check(sentences: TaggedSentences, scheme: Scheme) -> None:
    """Check that all tags follow a scheme.

    Raises:
        DataError: one does not; the first one's place, what it is and what was expected.
    """
    for index, tags in enumerate(sentences.tags or []):
        for step in _breaks(tags, scheme):
            where = sentences.place_of(index, min(step, len(tags) - 1))
            raise DataError(f"{where}: {_fault(tags, step, scheme)}")


def entities(tags: Sequence[str]) -> list[Entity]:
    """Return the entities that tags mean, in any scheme, also where they break it.

    By the rules of the CoNLL-2000 evaluation (Tjong Kim Sang and Buchholz 2000, arXiv:cs/0009008): an entity
    begins at B and S, and at I or E where none of its type is open; it ends behind E and S, and before
    everything that does not go on with its type.

    Raises:
        ArgumentError: a tag is none of any scheme.

    Example:
        >>> entities(["B-city", "I-city", "O", "I-person"])
        [Entity(start=0, end=2, kind='city'), Entity(start=3, end=4, kind='person')]
    """
    found: list[Entity] = []
    opened: Entity | None = None
    for step, tag in enumerate(tags):
        role, kind = _parts(tag)
        if opened is not None and (role not in "IE" or kind != opened.kind):
            found.append(opened)
            opened = None
        if role != OUTSIDE:
            opened = Entity(step if opened is None else opened.start, step + 1, kind)
        if opened is not None and role in "ES":
            found.append(opened)
            opened = None
    return found if opened is None else [*found, opened]


def to_iob2(tags: Sequence[str]) -> list[str]:
    """Return the tags of the same entities in IOB2.

    Example:
        >>> to_iob2(["I-city", "I-city", "B-city", "O"])
        ['B-city', 'I-city', 'B-city', 'O']
    """
    written = [OUTSIDE] * len(tags)
    for entity in entities(tags):
        kind = f"-{entity.kind}" if entity.kind else ""
        written[entity.start : entity.end] = ["B" + kind] + ["I" + kind] * (entity.end - entity.start - 1)
    return written


def in_iob2(sentences: TaggedSentences) -> TaggedSentences:
    """Return the sentences with their tags in IOB2."""
    if sentences.tags is None:
        return sentences
    return replace(sentences, tags=[to_iob2(tags) for tags in sentences.tags])


@lru_cache(maxsize=4096)
def _parts(tag: str) -> tuple[str, str]:
    """Return O, B, I, E or S, and the type."""
    letter, dash, kind = tag.partition("-")
    if tag == OUTSIDE:
        return OUTSIDE, ""
    if letter not in _ROLES or (dash and not kind):
        raise ArgumentError(f"tag {checks.shown(tag)} is no entity's; expected 'O' or such as 'B-person'.")
    return _ROLES[letter], kind


def _breaks(tags: Sequence[str], scheme: Scheme) -> Iterator[int]:
    """Yield the steps whose tag may not follow the one before; the number of steps, where it may not end."""
    for step, (before, after) in enumerate(pairwise([None, *tags, None])):
        if not _is_letter(after, scheme) or (
            _is_letter(before, scheme) and not allowed(scheme, before, after)
        ):
            yield step


def _is_letter(tag: str | None, scheme: Scheme) -> bool:
    """Return whether the scheme has such a tag."""
    letter, dash, kind = (tag or OUTSIDE).partition("-")
    return tag in (None, OUTSIDE) or (letter in [*_LETTERS[scheme]] and bool(kind) == bool(dash))


def _fault(tags: Sequence[str], step: int, scheme: Scheme) -> str:
    """Return what is wrong at a step, and what was expected."""
    before = tags[step - 1] if step else None
    tag = tags[step] if step < len(tags) else None
    named = [one.partition("-")[1:] for one in (before, tag) if one not in (None, OUTSIDE)]
    kinds = dict.fromkeys(dash + kind for dash, kind in named if kind or not dash)
    known = [OUTSIDE, *(letter + kind for kind in kinds for letter in _LETTERS[scheme])]
    expected = " or ".join(checks.shown(one) for one in known if allowed(scheme, before, one))
    found = "the sentence's end" if tag is None else f"tag {checks.shown(tag)}"
    where = "at the sentence's beginning" if before is None else f"after {checks.shown(before)}"
    return f"{found} {where} breaks {scheme}; expected {expected}."
