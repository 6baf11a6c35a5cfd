"""From a table of any origin to sequences, whichever of the three shapes it has."""

from ostinato.read.limits import Limits
from ostinato.read.long import read_long
from ostinato.read.roles import Lists, Long, resolve
from ostinato.read.rows import read_lists, read_texts
from ostinato.read.sequences import Sequences
from ostinato.read.table import Table
from ostinato.spec.preprocessing import Columns


def read_table(table: Table, columns: Columns, labelled: bool, limits: Limits) -> Sequences:
    """Return the sequences of a table: a long one, one of lists, or one of texts."""
    roles = resolve(table, columns, labelled)
    if isinstance(roles, Long):
        return read_long(table, roles, columns, labelled=labelled, limits=limits)
    if isinstance(roles, Lists):
        return read_lists(table, roles, columns, labelled=labelled, limits=limits)
    return read_texts(table, roles, columns, labelled=labelled, limits=limits)
