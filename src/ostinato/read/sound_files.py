"""Whether a sound file is all there: decoders play what is left of one that was cut off, and say nothing.

A FLAC file says how many samples it has, which the reader compares. An MP3 file says its size where its
encoder wrote a Xing or Info frame; of one without, nobody can tell.
"""

import struct

from ostinato.errors import DataError
from ostinato.read.source import Source

_RIFF, _CHUNK, _PAGE = 12, 8, 27
_LAST = 0x04
"""In the flags of an Ogg page: it is its stream's last."""

_SIDE = {(True, True): 17, (True, False): 32, (False, True): 9, (False, False): 17}
"""Bytes of an MP3 frame's side information, by whether it is MPEG 1 and whether it is mono."""


def check_whole(source: Source) -> None:
    """Raise a DataError if a WAV, Ogg or MP3 file says that more of it should be there."""
    data = source.data
    if data[:4] in (b"RIFF", b"RIFX") and b"WAVE".startswith(data[8:12]):
        missing = _missing_of_riff(data)
    elif data[:4] == b"OggS":
        if not _ogg_is_whole(data):
            raise DataError(f"{source.name}: is cut off: its last page is missing; copy it again.")
        return
    else:
        missing = _missing_of_mp3(data)
    if missing > 0:
        raise DataError(
            f"{source.name}: is cut off: {missing:,} bytes are missing of those that it says it has; copy it "
            "again (if a program wrote it to a pipe, convert it)."
        )


def _missing_of_riff(data: bytes) -> int:
    """Return how many bytes the chunk with the samples lacks, which may be its head."""
    head = struct.Struct("<4sI" if data[:4] == b"RIFF" else ">4sI")
    place = _RIFF
    while place + _CHUNK <= len(data):
        kind, size = head.unpack_from(data, place)
        place += _CHUNK + int(size)
        if kind == b"data":
            return place - len(data)
        place += size % 2  # chunks begin at even places
    return place + _CHUNK - len(data)


def _ogg_is_whole(data: bytes) -> bool:
    """Return whether pages follow each other to the end, and the last one ends its stream."""
    place, flags = 0, 0
    while place + _PAGE <= len(data) and data[place : place + 4] == b"OggS":
        flags, segments = data[place + 5], data[place + 26]
        place += _PAGE + segments + sum(data[place + _PAGE : place + _PAGE + segments])
    return place == len(data) and bool(flags & _LAST)


def _missing_of_mp3(data: bytes) -> int:
    """Return how many bytes an MP3 file lacks of those that its Xing or Info frame counts; else 0."""
    start = _after_tag(data)
    if len(data) < start + 4 or data[start] != 0xFF or data[start + 1] & 0xE0 != 0xE0:
        return 0
    first, mono = (data[start + 1] >> 3) & 3 == 3, data[start + 3] >> 6 == 3
    place = start + 4 + _SIDE[first, mono]
    if data[place : place + 4] not in (b"Xing", b"Info") or len(data) < place + 16:
        return 0
    (fields,) = struct.unpack_from(">I", data, place + 4)
    if not fields & 2:
        return 0
    (size,) = struct.unpack_from(">I", data, place + (12 if fields & 1 else 8))
    return int(size) - (len(data) - start)


def _after_tag(data: bytes) -> int:
    """Return where an MP3 file's ID3v2 tag ends."""
    if data[:3] != b"ID3" or len(data) < 10:
        return 0
    size = sum(part << shift for part, shift in zip(data[6:10], (21, 14, 7, 0), strict=True))
    return 10 + size
