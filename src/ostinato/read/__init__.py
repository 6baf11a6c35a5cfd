"""Reading sequences from files, frames and arrays."""

from ostinato.read.arrays import from_arrays
from ostinato.read.files import read
from ostinato.read.frames import from_frame
from ostinato.read.limits import Limits
from ostinato.read.sequences import Sequences

__all__ = ["Limits", "Sequences", "from_arrays", "from_frame", "read"]
