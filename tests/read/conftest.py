"""Files to read, and the one line that a refused one gives."""

from pathlib import Path

import pytest

from ostinato.errors import OstinatoError
from ostinato.read import Limits, read
from ostinato.spec.preprocessing import Columns

STEPS = Columns(label="label", sequence="id")


@pytest.fixture
def write(tmp_path):
    """Return a function that writes a file of text or bytes and returns its path."""

    def write(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.fixture
def refusal():
    """Return a function that reads a file and returns the message of the error that it must give."""

    def refusal(path, columns=STEPS, *, labelled=True, limits=None) -> str:
        with pytest.raises(OstinatoError) as caught:
            read(path, columns, labelled=labelled, limits=limits or Limits())
        message = str(caught.value)
        assert "\n" not in message
        assert message.isprintable()
        assert len(message) < 700
        return message

    return refusal


@pytest.fixture
def refused():
    """Return a function that calls a reader and returns the message of the error that it must give."""

    def refused(reader, *arguments, error=OstinatoError, **options) -> str:
        with pytest.raises(error) as caught:
            reader(*arguments, **options)
        message = str(caught.value)
        assert "\n" not in message
        assert message.isprintable()
        assert len(message) < 700
        return message

    return refused
