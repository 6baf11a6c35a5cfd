"""Texts in memory as bytes, for fingerprints of data."""

from collections.abc import Iterator, Sequence


def encoded(*groups: Sequence[str] | None) -> Iterator[bytes]:
    """Yield every group's size, then its texts: groups that differ yield other bytes.

    Example:
        >>> list(encoded(["to", "be"], None))
        [b'2 texts', b'to', b'be', b'no texts']
    """
    for group in groups:
        yield b"no texts" if group is None else f"{len(group)} texts".encode()
        for text in group or ():
            yield text.encode("utf-8", "surrogatepass")
