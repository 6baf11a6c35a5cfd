"""Tokens back to text, one by one as they come."""

from codecs import getincrementaldecoder
from collections.abc import Iterable
from functools import cache

from ostinato.preprocess.tokens import Tokenizer

GAP = "\N{REPLACEMENT CHARACTER}"
"""What stands in a text for a token that is unknown."""

_NO_SPACE_BEFORE = frozenset(".,;:!?)]}%\u2019\u201d")
_NO_SPACE_AFTER = frozenset("([{\u2018\u201c")


class Untokenizer:
    """Writes the text that tokens stand for, holding back the bytes of an unfinished character.

    Characters and byte pairs give back the very text that was read. Words are joined by spaces: white space
    that a tokenizer dropped is gone.

    Args:
        tokenizer: whose numbers come.

    Example:
        >>> tokenizer = Tokenizer.fit(["To be , or not"], "word", vocabulary_size=100, lowercase=False)
        >>> writer = Untokenizer(tokenizer)
        >>> "".join(writer.push(number) for number in tokenizer.encode("be, To be").tolist())
        'be, To be'
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._method = tokenizer.spec.tokens
        self._tokens = tokenizer.vocabulary()
        self._bytes = _byte_of_letter() if self._method == "bpe" else {}
        self._decoder = getincrementaldecoder("utf-8")("replace")
        self._before = ""

    def push(self, number: int) -> str:
        """Return what one more token adds to the text."""
        token = GAP if number == Tokenizer.unknown else self._tokens[number]
        if self._method == "char":
            return token
        if self._method == "bpe":
            return token if token == GAP else self._decoder.decode(bytes(map(self._bytes.__getitem__, token)))
        space = " " if self._is_apart(token) else ""
        self._before = token
        return space + token

    def finish(self) -> str:
        """Return what is left: a mark for the bytes of a character that never was finished."""
        return self._decoder.decode(b"", final=True)

    def _is_apart(self, token: str) -> bool:
        """Return whether a space stands between the word before and this one."""
        if "\n" in (self._before, token) or not self._before:
            return False
        if self._method == "spaced":
            return True
        return self._before[-1] not in _NO_SPACE_AFTER and token[0] not in _NO_SPACE_BEFORE


def untokenize(tokenizer: Tokenizer, numbers: Iterable[int]) -> str:
    """Return the text that tokens stand for."""
    writer = Untokenizer(tokenizer)
    return "".join(writer.push(number) for number in numbers) + writer.finish()


@cache
def _byte_of_letter() -> dict[str, int]:
    """Return the byte that each letter of a byte-level vocabulary stands for.

    Printable bytes of Latin-1 stand for themselves; the others, in their order, are the letters from U+0100.
    """
    plain = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in plain]
    letters = {chr(byte): byte for byte in plain}
    return letters | {chr(0x100 + place): byte for place, byte in enumerate(others)}
