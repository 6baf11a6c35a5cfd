"""Labels and names of sequences: always text, kept exactly as written."""

from collections.abc import Callable, Sequence

from ostinato import checks
from ostinato.errors import DataError
from ostinato.read.table import Table

LONGEST = 4096
"""Characters of a label at most; a model's manifest takes no longer ones."""

Place = Callable[[int], str]
"""From a sequence's position to its place in the file."""


def checked_labels(labels: Sequence[str | None], place: Place, labelled: bool) -> list[str] | None:
    """Return one label a sequence, or None where the data has none and needs none.

    Args:
        labels: one a sequence; None, or blank, where it is missing.
        place: where a sequence stands.
        labelled: whether every sequence must have one.

    Raises:
        DataError: some have a label and some have not, or one is too long.
    """
    blank = [index for index, label in enumerate(labels) if label is None or not label.strip()]
    if len(blank) == len(labels) and not labelled:
        return None
    if blank:
        raise DataError(
            f"{place(blank[0])}: the label is blank; {len(blank)} of {len(labels)} are: fill them in."
        )
    return _short([label for label in labels if label is not None], place, "label")


def checked_ids(ids: Sequence[str | None], place: Place) -> list[str]:
    """Return one name a row.

    Raises:
        DataError: one is missing or too long.
    """
    blank = [index for index, name in enumerate(ids) if name is None or not name.strip()]
    if blank:
        raise DataError(f"{place(blank[0])}: the id is blank; {len(blank)} of {len(ids)} are: fill them in.")
    return _short([name for name in ids if name is not None], place, "id")


def ids_of(table: Table, column: str) -> list[str]:
    """Return the names in a column, one a row; errors as for ``checked_ids``."""
    return checked_ids(table.texts(column), lambda row: table.cell(row, column))


def check_unique(ids: Sequence[str], place: Place) -> None:
    """Check that no two sequences have one name."""
    first: dict[str, int] = {}
    for index, name in enumerate(ids):
        if first.setdefault(name, index) != index:
            raise DataError(
                f"{place(index)}: the id {checks.shown(name)} stands in {place(first[name])} already; "
                "each sequence needs its own."
            )


def _short(texts: list[str], place: Place, what: str) -> list[str]:
    """Return the texts, none of which is as long as a document."""
    longest = max(range(len(texts)), key=lambda index: len(texts[index]))
    if len(texts[longest]) > LONGEST:
        raise DataError(
            f"{place(longest)}: the {what} {checks.shown(texts[longest])} has {len(texts[longest]):,} "
            "characters, "
            f"above the limit of {LONGEST:,}; is this the column of the {what}?"
        )
    return texts
