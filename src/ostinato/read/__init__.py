"""Reading sequences, texts, tagged sentences, pairs and dialogues from files, frames and arrays."""

from ostinato.read.arrays import from_arrays
from ostinato.read.corpus import Corpus, read_corpus
from ostinato.read.dialogue_files import read_dialogues
from ostinato.read.dialogues import Dialogues, Exchanges, Turn
from ostinato.read.files import read
from ostinato.read.frames import from_frame
from ostinato.read.limits import Limits
from ostinato.read.parallel import Pairs, read_pairs
from ostinato.read.sentences import TaggedSentences
from ostinato.read.sequences import Sequences
from ostinato.read.tagged import TaggedDocument, load_tagged, parse_tagged, read_tagged

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
