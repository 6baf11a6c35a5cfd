"""What an attacker, or a worn disk, makes of good input: values and bytes that are changed at random."""

import json
from random import Random
from typing import Any

from hypothesis import strategies as st

SEEDS = st.integers(0, 2**32 - 1)
SNIPPETS = [b"[", b"{", b'"', b",", b":", b"\\", b"-1", b"1e999", b"NaN", b"\xff"]

odd = st.sampled_from(
    [
        -1,
        0,
        1,
        2**31,
        2**62,
        2**64,
        10**30,
        -0.0,
        1e308,
        5e-324,
        "",
        "gru",
        "a\0",
        "../x",
        "\ud800",
        "é" * 5000,
    ]
)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | odd,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6) | st.just("op"), inner, max_size=4)
    ),
    max_leaves=8,
)


def places(value: Any) -> list[tuple[Any, Any]]:
    """Return every (container, key) inside a JSON value."""
    if not isinstance(value, dict | list):
        return []
    keys = list(value) if isinstance(value, dict) else range(len(value))
    return [(value, key) for key in keys] + [place for key in keys for place in places(value[key])]


def mutated(data: bytes, random: Random) -> bytes:
    """Return bytes with some flipped, removed, repeated or replaced."""
    changed = bytearray(data)
    for _ in range(random.randint(1, 3)):
        at, length = random.randrange(len(changed) + 1), random.randint(1, 8)
        kind = random.randrange(5)
        if kind == 0 and at < len(changed):
            changed[at] ^= 1 << random.randrange(8)
        elif kind == 1:
            del changed[at : at + length]
        elif kind == 2:
            changed[at:at] = changed[at : at + length * 4]
        elif kind == 3:
            changed[at:at] = random.choice(SNIPPETS)
        else:
            changed[at : at + length] = random.randbytes(length)
    return bytes(changed)


def replaced(value: Any, data: st.DataObject) -> Any:
    """Return a copy of a JSON value with one of the values in it, or a key, replaced by any other."""
    whole = json.loads(json.dumps(value))
    way = places(whole)
    container, key = way[data.draw(st.integers(0, len(way) - 1))]
    if isinstance(container, dict) and data.draw(st.booleans()):
        key = data.draw(st.text(max_size=5))
    container[key] = data.draw(values)
    return whole
