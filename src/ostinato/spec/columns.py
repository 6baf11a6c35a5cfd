"""Which parts of a file hold what, for the formats that are no tables of sequences."""

from typing import Annotated, Literal

from pydantic import Field

from ostinato.spec.base import Spec

Name = Annotated[str, Field(min_length=1, max_length=4096)]


class TaggedColumns(Spec):
    """Where a tagged file holds its words, their tags and a label of the whole sentence.

    What a name means, and what is read where none is given, depends on the format:

    - ``columns``: a column's number, from 1 onwards or from -1 backwards; words ``1``, tags ``-1``. The label
      is the VALUE of a comment ``# label = VALUE``, for the name ``label``.
    - ``conllu``: a field. The words are always FORM; tags ``upos``, or ``xpos``, ``lemma``, ``feats``,
      ``head``, ``deprel``, ``deps``, ``misc``, or one feature, such as ``Number``. The label as above.
    - ``jsonl``: a key; ``words``, ``tags`` and, where the objects have it, ``label``.
    - ``lines``: a file of the folder; ``seq.in``, ``seq.out`` and, where it is there, ``label``.

    Args:
        format: what the names belong to; None: whatever is read. A file of another format is read by that
            format's own names.
        words, tags, label: see above; None: the format's own.
        id: ``jsonl``: the key of the sentence's name; ``columns``, ``conllu``: the comment's, ``sent_id`` if
            not named. Without one, sentences are numbered.
        comments: ``columns``: whether a line that begins with ``#`` before a sentence's first word is a
            comment; None: the file shows it, or is refused.
        separator: ``columns``: ``tab``, or ``space`` for spaces and tabs, however many; None: a tab, if the
            first line of words has one.
    """

    format: Literal["columns", "conllu", "jsonl", "lines"] | None = None
    words: Name | None = None
    tags: Name | None = None
    label: Name | None = None
    id: Name | None = None
    comments: bool | None = None
    separator: Literal["tab", "space"] | None = None


class PairColumns(Spec):
    """Which columns of a table hold the two sides of a pair.

    Args:
        source: the column that is translated from; None: the pairs stand in files of lines.
        target: the column that is translated to.
    """

    source: Name | None = None
    target: Name | None = None


class SpokenColumns(Spec):
    """Which columns of a table hold recordings and what is said in them.

    Args:
        audio: the column that names the sound files, by paths relative to the table; None: ``audio``,
            ``audio_filepath`` or ``path``, whichever the table has.
        text: the column that holds what is said; None: ``text``, ``sentence`` or ``transcript``.
    """

    audio: Name | None = None
    text: Name | None = None
