"""Who a client is: names and tokens from a file, sent as Bearer or as Basic."""

import base64
import binascii
import hashlib
import hmac
import os
import time
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path

from ostinato.errors import ArgumentError, ServeError

ANYONE = "anyone"
"""What all clients are called where there are no tokens."""

SHORTEST = 16
MOST_ADDRESSES = 10_000
GUESSES, EVERY = 20, 1.0
"""Wrong tokens that an address may send at once, and seconds after which it may send one more."""


class Buckets:
    """Token buckets by name, of which the longest unused are forgotten.

    Args:
        rate: how many a second are put in.
        size: how many a bucket holds.
    """

    def __init__(self, rate: float, size: float) -> None:
        self._rate, self._size = rate, size
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, name: str) -> float:
        """Take one out, and return 0; or how many seconds to wait until there is one.

        Example:
            >>> buckets = Buckets(rate=1.0, size=1.0)
            >>> buckets.take("a"), buckets.take("b"), buckets.take("a") > 0.9
            (0.0, 0.0, True)
        """
        now = time.monotonic()
        left, then = self._left.pop(name, (self._size, now))
        left = min(self._size, left + (now - then) * self._rate)
        taken = left >= 1
        self._left[name] = (left - 1 if taken else left, now)
        if len(self._left) > MOST_ADDRESSES:
            self._left.popitem(last=False)
        return 0.0 if taken else (1 - left) / self._rate

    def is_empty(self, name: str) -> bool:
        """Return whether nothing can be taken; nothing is."""
        left, then = self._left.get(name, (self._size, 0.0))
        return left + (time.monotonic() - then) * self._rate < 1


class Tokens:
    """What tells clients apart; without tokens all are one, and nobody is asked.

    Args:
        tokens: by client's name; empty: nobody is asked.
    """

    def __init__(self, tokens: Mapping[str, str]) -> None:
        self.asked = bool(tokens)
        self._hashes = {name: _hash(token) for name, token in tokens.items()}
        self._wrong = Buckets(1 / EVERY, GUESSES)

    def client(self, authorization: str | None, address: str) -> str:
        """Return who sends this header.

        Every token is compared, in a time that does not depend on what is right; an address that keeps
        guessing has to wait.

        Raises:
            ServeError: there is no such token, or too many were tried.
        """
        if not self.asked:
            return ANYONE
        if self._wrong.is_empty(address):
            raise ServeError(429, "too many wrong tokens came from your address; wait a little.", 10)
        name, token = _credentials(authorization or "")
        given, found = _hash(token), None
        for known, expected in self._hashes.items():
            if hmac.compare_digest(given, expected) and name in (None, known):
                found = known
        if found is None:
            if authorization:
                self._wrong.take(address)
            raise ServeError(401, "this needs a token: send the header 'Authorization: Bearer TOKEN'.")
        return found


def read_tokens(path: Path) -> Tokens:
    """Return the tokens of a file, one ``NAME:TOKEN`` a line; lines that begin with # are not read.

    Raises:
        ArgumentError: it cannot be read, others may read it, or a line is no name and token.
    """
    try:
        text = path.read_text(encoding="utf-8")
        mode = path.stat().st_mode
    except (OSError, UnicodeDecodeError) as error:
        raise ArgumentError(f"{path} cannot be read: {error}; expected one NAME:TOKEN a line.") from error
    if os.name == "posix" and mode & 0o077:
        raise ArgumentError(f"{path} can be read by others; keep tokens to yourself: chmod 600 {path}")
    tokens: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        name, sign, token = line.strip().partition(":")
        if not sign or not name or name in tokens or len(token) < SHORTEST or token in tokens.values():
            raise ArgumentError(
                f"{path}, line {number}: expected NAME:TOKEN, both new, the token of {SHORTEST} characters "
                "or more."
            )
        tokens[name] = token
    if not tokens:
        raise ArgumentError(f"{path} holds no token; expected one NAME:TOKEN a line.")
    return Tokens(tokens)


def _credentials(authorization: str) -> tuple[str | None, str]:
    """Return the name, where there is one, and the token that a header holds."""
    scheme, _, rest = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return None, rest.strip()
    if scheme.lower() == "basic":
        try:
            name, _, token = base64.b64decode(rest.strip(), validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None, ""
        return name, token
    return None, ""


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
