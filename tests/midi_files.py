"""MIDI files byte by byte, without the library that reads them."""

import struct


def quantity(value):
    """Return a number as MIDI writes times: seven bits a byte, the last one without the highest bit."""
    digits = [value & 127]
    while value := value >> 7:
        digits.append(128 | value & 127)
    return bytes(reversed(digits))


def on(pitch, velocity=80, channel=0):
    return bytes([0x90 | channel, pitch, velocity])


def off(pitch, channel=0):
    return bytes([0x80 | channel, pitch, 0])


def program(number, channel=0):
    return bytes([0xC0 | channel, number])


def tempo(microseconds):
    return b"\xff\x51\x03" + microseconds.to_bytes(3, "big")


def signature(beats, power):
    return bytes([0xFF, 0x58, 4, beats, power, 24, 8])


def track(*events):
    """Return a track of (ticks since the event before, bytes)."""
    body = b"".join(quantity(wait) + event for wait, event in events) + b"\0\xff\x2f\0"
    return b"MTrk" + struct.pack(">I", len(body)) + body


def midi(*tracks, form=1, announced=None, division=480):
    """Return a MIDI file."""
    count = len(tracks) if announced is None else announced
    return b"MThd" + struct.pack(">IHHH", 6, form, count, division) + b"".join(tracks)


def note(pitch=60, wait=0, length=480, channel=0):
    """Return a note's two events."""
    return (wait, on(pitch, channel=channel)), (length, off(pitch, channel))


BAND = midi(
    track((0, tempo(500_000)), (0, signature(3, 2)), (1440, tempo(750_000)), (0, signature(6, 3))),
    track(
        (0, b"\xff\x03\x05Flute"), (0, program(73)), *note(72), *note(74), *note(76), *note(77, length=960)
    ),
    track((0, b"\xff\x03\x04Fl\xf6t"), (0, program(33, 1)), *note(36, channel=1, length=1440)),
    track((0, b"\xf0\x03\x7e\x7f\xf7"), *note(36, channel=9, length=60), *note(38, 420, 60, channel=9)),
)
"""Three instruments in four tracks, with two tempos and two time signatures."""
