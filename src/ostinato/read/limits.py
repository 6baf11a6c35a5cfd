"""How much a reader takes before it refuses: a broken or hostile file must not fill the memory."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """What is refused with one clear error.

    Args:
        bytes: of one file, after decompression; of one columnar table, decoded.
        compression_ratio: decompressed bytes for each compressed byte, beyond the first 16 MiB.
        row_bytes: of one row of a CSV or TSV file.
        line_bytes: of one line of the formats that may hold a whole sequence in a line.
        document_bytes: of one JSON or YAML document, which is taken apart whole.
        columns: of one table.
        rows: of one table.
        steps: of one sequence; characters of one text; notes of one score.
        beats: of one score, in quarter notes.
        frame_bytes: of one clip, decoded and resized; its steps are frames.
        seconds: of one recording.
    """

    bytes: int = 4 * 2**30
    compression_ratio: int = 200
    row_bytes: int = 4 * 2**20
    line_bytes: int = 64 * 2**20
    document_bytes: int = 256 * 2**20
    columns: int = 100_000
    rows: int = 100_000_000
    steps: int = 1_000_000
    beats: int = 100_000
    frame_bytes: int = 2**30
    seconds: int = 3_600
