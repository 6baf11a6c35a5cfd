"""Text that still grows: cut where the tokens of what stands before can change no more.

What a text's end means may depend on what follows: half a character, half a word, a letter that an accent
will join. It is held back until more has come. Cuts are made only where the tokens of the parts are those of
the whole, so that a text says the same however it was cut:

    word, spaced   behind white space (a space, tab or line end of ASCII)
    char           before a character that composes with none before it, or behind one that composes with
                   none after it
    bpe            before white space that follows something else: spaces belong to the word that follows
"""

from ostinato import checks
from ostinato.errors import DataError
from ostinato.spec.preprocessing import Tokens

LONGEST = 65_536
"""Characters that are held back at most; no token of a vocabulary is longer."""

_SPACES = " \t\n\r"


def grown(tokens: Tokens, held: bytes, given: str | bytes) -> tuple[str, bytes]:
    """Return the text that is sure after more has come, and what is held back of it.

    Args:
        tokens: what makes tokens of the text.
        held: what was held back before.
        given: what has come: text, or its bytes in UTF-8, which may end within a character.

    Raises:
        DataError: it is no text, no UTF-8, or too much is held back.

    Example:
        >>> words = Tokens(tokens="word", lowercase=False, vocabulary_size=9)
        >>> grown(words, b"", "to be or n")
        ('to be or ', b'n')
        >>> grown(words, b"n", "ot to be ")
        ('not to be ', b'')
    """
    text, rest = _decoded(held, given)
    place = _CUTS[tokens.tokens](text)
    if len(text) - place > LONGEST:
        raise DataError(
            f"{len(text) - place} characters have come without an end of a word; at most {LONGEST} are held "
            "back: put white space between words."
        )
    return text[:place], text[place:].encode() + rest


def finished(held: bytes) -> str:
    """Return what was held back as text: nothing follows.

    Raises:
        DataError: it ends within a character.
    """
    text, rest = _decoded(held, b"")
    if rest:
        raise DataError(
            f"the text ends within a character, with the bytes {rest.hex(' ')}; push the others first."
        )
    return text


def _decoded(held: bytes, given: str | bytes) -> tuple[str, bytes]:
    """Return all whole characters, and the bytes of one that is not whole."""
    if not isinstance(given, bytes | bytearray):
        return _text(held, given), b""
    whole = held + given
    try:
        return whole.decode(), b""
    except UnicodeDecodeError as error:
        if error.reason != "unexpected end of data":
            raise DataError(
                f"byte {error.start - len(held) + 1} of what was pushed is {whole[error.start]:#04x}, which "
                "is no UTF-8; convert the text to UTF-8."
            ) from error
        return whole[: error.start].decode(), whole[error.start :]


def _text(held: bytes, given: str) -> str:
    if not isinstance(given, str):
        raise DataError(f"a text is {checks.shown(given)}; expected a str, or bytes in UTF-8.")
    try:
        given.encode()
        return held.decode() + given
    except UnicodeEncodeError as error:
        raise DataError(
            f"text {checks.shown(given)} has half a character (a lone surrogate) at position {error.start}; "
            "decode the file that it came from as UTF-8."
        ) from error
    except UnicodeDecodeError as error:
        raise DataError(
            "the bytes pushed before end within a character; push its other bytes before a str."
        ) from error


def _after_space(text: str) -> int:
    return max(text.rfind(space) for space in _SPACES) + 1


def _before_space(text: str) -> int:
    for place in range(len(text) - 1, 0, -1):
        before = text[place - 1]
        if text[place] in _SPACES and before.isprintable() and not before.isspace():
            return place
    return 0


def _between_characters(text: str) -> int:
    for place in range(len(text), 0, -1):
        if (place < len(text) and not joins(text[place])) or _is_closed(text[place - 1]):
            return place
    return 0


def joins(character: str) -> bool:
    """Return whether a character may compose with one before it, or change places with it (Unicode NFC)."""
    import unicodedata  # loaded by models of text alone

    return (
        unicodedata.category(character).startswith("M")
        or "\u1160" <= character <= "\u11ff"  # Hangul vowels and finals
        or "\U00016d63" <= character <= "\U00016d6a"  # Kirat Rai vowels, which Unicode counts as letters
    )


def _is_closed(character: str) -> bool:
    """Return whether nothing that follows can change a character: plain ASCII that no accent joins."""
    return character.isascii() and not character.isalpha() and character not in "<=>"


_CUTS = {
    "word": _after_space,
    "spaced": _after_space,
    "char": _between_characters,
    "bpe": _before_space,
}
