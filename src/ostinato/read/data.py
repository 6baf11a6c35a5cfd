"""What all data in memory has in common, whatever the task."""

from collections.abc import Iterable
from typing import Protocol

from ostinato.spec.base import Spec


class Data(Protocol):
    """Examples in memory, as a reader returned them."""

    @property
    def columns(self) -> Spec:
        """Return what was read, so that a model finds it again in other files."""

    def __len__(self) -> int:
        """Return the number of examples."""

    def content(self) -> Iterable[bytes]:
        """Yield all that training depends on, in its order: two data sets that differ yield other bytes."""
