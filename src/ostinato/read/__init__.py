"""Reading sequences, texts, tagged sentences, pairs and dialogues from files, frames and arrays.

A reader is imported when it is first used: a model that is loaded to run needs none of them.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ostinato.read.arrays import from_arrays as from_arrays
    from ostinato.read.corpus import Corpus as Corpus
    from ostinato.read.corpus import read_corpus as read_corpus
    from ostinato.read.dialogue_files import read_dialogues as read_dialogues
    from ostinato.read.dialogues import Dialogues as Dialogues
    from ostinato.read.dialogues import Exchanges as Exchanges
    from ostinato.read.dialogues import Turn as Turn
    from ostinato.read.files import read as read
    from ostinato.read.frames import from_frame as from_frame
    from ostinato.read.limits import Limits as Limits
    from ostinato.read.parallel import Pairs as Pairs
    from ostinato.read.parallel import read_pairs as read_pairs
    from ostinato.read.sentences import TaggedSentences as TaggedSentences
    from ostinato.read.sequences import Sequences as Sequences
    from ostinato.read.tagged import TaggedDocument as TaggedDocument
    from ostinato.read.tagged import load_tagged as load_tagged
    from ostinato.read.tagged import parse_tagged as parse_tagged
    from ostinato.read.tagged import read_tagged as read_tagged

_PUBLIC = {
    "Corpus": "ostinato.read.corpus",
    "Dialogues": "ostinato.read.dialogues",
    "Exchanges": "ostinato.read.dialogues",
    "Limits": "ostinato.read.limits",
    "Pairs": "ostinato.read.parallel",
    "Sequences": "ostinato.read.sequences",
    "TaggedDocument": "ostinato.read.tagged",
    "TaggedSentences": "ostinato.read.sentences",
    "Turn": "ostinato.read.dialogues",
    "from_arrays": "ostinato.read.arrays",
    "from_frame": "ostinato.read.frames",
    "load_tagged": "ostinato.read.tagged",
    "parse_tagged": "ostinato.read.tagged",
    "read": "ostinato.read.files",
    "read_corpus": "ostinato.read.corpus",
    "read_dialogues": "ostinato.read.dialogue_files",
    "read_pairs": "ostinato.read.parallel",
    "read_tagged": "ostinato.read.tagged",
}

__all__ = [
    "Corpus",
    "Dialogues",
    "Exchanges",
    "Limits",
    "Pairs",
    "Sequences",
    "TaggedDocument",
    "TaggedSentences",
    "Turn",
    "from_arrays",
    "from_frame",
    "load_tagged",
    "parse_tagged",
    "read",
    "read_corpus",
    "read_dialogues",
    "read_pairs",
    "read_tagged",
]


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module 'ostinato.read' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
