"""What all data in memory has in common, whatever the task."""

from collections.abc import Iterable
from typing import Protocol


class Data(Protocol):
    """Examples in memory, as a reader returned them."""

    def __len__(self) -> int:
        """Return the number of examples."""

    def content(self) -> Iterable[bytes]:
        """Yield all that training depends on, in its order: two data sets that differ yield other bytes."""
