"""How many threads the native kernels may use."""

import pytest

from ostinato.errors import ArgumentError
from ostinato.runtime.threads import VARIABLES, processors, threads


@pytest.fixture(autouse=True)
def unset(monkeypatch):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


def test_without_a_word_there_are_as_many_as_processors():
    assert threads() == processors() >= 1


@pytest.mark.parametrize(
    ("own", "shared", "expected"),
    [("3", "", 3), (" 3 ", "5", 3), ("", "5", 5), ("", "4,2", 4), ("", "dynamic", None), ("", "0", None)],
)
def test_the_environment_says_how_many(monkeypatch, own, shared, expected):
    monkeypatch.setenv("OSTINATO_NUM_THREADS", own)
    monkeypatch.setenv("OMP_NUM_THREADS", shared)
    assert threads() == (processors() if expected is None else expected)


@pytest.mark.parametrize("word", ["0", "-1", "two", "1.5"])
def test_a_word_of_our_own_that_is_no_number_is_an_error(monkeypatch, word):
    monkeypatch.setenv("OSTINATO_NUM_THREADS", word)
    with pytest.raises(ArgumentError, match=f"OSTINATO_NUM_THREADS is '{word}'; expected a whole number"):
        threads()
