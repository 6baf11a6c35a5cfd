"""temporary: replaced by the readers' branch."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ostinato.spec.preprocessing import Columns


@dataclass(frozen=True)
class Corpus:
    documents: list[str]
    ids: list[str]
    places: list[str] = field(default_factory=list)
    columns: Columns = field(default_factory=Columns)

    def __len__(self) -> int:
        return len(self.documents)

    def select(self, indices) -> "Corpus":
        return Corpus([self.documents[i] for i in indices], [self.ids[i] for i in indices])

    def content(self) -> Iterator[bytes]:
        for document, name in zip(self.documents, self.ids, strict=True):
            yield name.encode()
            yield document.encode()


def read_corpus(paths: Iterable[Path], text=None, documents="file") -> Corpus:
    names = list(paths)
    return Corpus([Path(path).read_text() for path in names], [str(path) for path in names])
