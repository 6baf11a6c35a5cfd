"""The measurements as Markdown, and as JSON."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from math import exp, log
from typing import Final

from benchmarks.kernels.peers import Peers
from benchmarks.kernels.sequences import Row
from benchmarks.kernels.steps import Steps

Measured = Row | Steps | Peers

WANTED: Final = {
    ("RNN", "training"): ("4.5", "", "1.0"),
    ("RNN", "inference"): ("5.0", "", ""),
    ("GRU", "training"): ("5.5", "", "1.3"),
    ("GRU", "inference"): ("5.0", "", ""),
    ("LSTM", "training"): ("2.1", "2.0", "1.0"),
    ("LSTM", "inference"): ("2.0", "2.0", ""),
}
"""The project's floors: the geometric mean, that of ragged batches, and the lowest ratio of any shape."""

WANTED_STEP: Final = "Wanted of one LSTM stream: torch.nn / Stack 50, onnxruntime / Stack 7."

METHOD: Final = """\
Ratio: torch.nn's seconds over ours, so higher is better: the median over pairs of blocks that followed each
other in one process, with the lowest and the highest pair. Weights and input are the same, and both sides'
results were compared first (output, last states, every gradient). Training is forward and backward of a
layer inside a network: gradients of the input and of all weights, dropped outside of the time. Times are of
one call, the median over blocks. Ragged batches go in as a PackedSequence.

Operations: the matrix products alone, 2 N G H (I + H) forward for N rows (the sum of all lengths), three
times that in training; with a projection 2 N (G H (I + P) + H P). The columns after them hold our rate
against what the machine gave in the same seconds: torch.mm on 1024 x 1024 matrices (mm 1024); pure
multiply-adds in registers (FMA); and, from batch 32 and hidden 128 on, torch.mm on the very products of the
row, called one by one from Python with `out=` (same products), and the same as if those calls cost nothing
(calls free).
"""


@dataclass
class Results:
    """All that was measured.

    Args:
        header: what and where, by name.
        rows: whole sequences against torch.nn.
        steps: single steps.
        peers: whole sequences against other libraries.
    """

    header: dict[str, str]
    rows: list[Row] = field(default_factory=list)
    steps: list[Steps] = field(default_factory=list)
    peers: list[Peers] = field(default_factory=list)

    def add(self, measured: Measured) -> None:
        """Take in one more."""
        if isinstance(measured, Row):
            self.rows.append(measured)
        elif isinstance(measured, Steps):
            self.steps.append(measured)
        else:
            self.peers.append(measured)

    def to_json(self) -> str:
        """Return everything, seconds and operations a second unrounded."""
        return json.dumps(asdict(self), indent=1)

    def to_markdown(self) -> str:
        """Return the page: header, summary, then the tables of each cell."""
        parts = ["# Kernels beside torch.nn, onnxruntime and JAX: `python -m benchmarks.kernels`"]
        parts.append("\n".join(f"- {name}: {text}" for name, text in self.header.items()))
        parts += [METHOD.rstrip()]
        if self.rows:
            parts += ["## Summary", summary(self.rows)]
        measured: list[Measured] = [*self.rows, *self.steps, *self.peers]
        cells = dict.fromkeys(each.cell for each in measured)
        return "\n\n".join([*parts, *(part for cell in cells for part in self._of(cell))]) + "\n"

    def _of(self, cell: str) -> list[str]:
        parts = []
        for mode in dict.fromkeys(row.mode for row in self.rows if row.cell == cell):
            rows = [row for row in self.rows if (row.cell, row.mode) == (cell, mode)]
            parts += [f"## {cell}, {mode}", sequences(rows)]
        if steps := [each for each in self.steps if each.cell == cell]:
            parts += [f"## {cell}, one step from Python (input 32, hidden 64)", single_steps(steps)]
        if peers := [each for each in self.peers if each.cell == cell]:
            parts += [f"## {cell}, whole sequences beside other libraries", beside_peers(peers)]
        return parts


def geometric_mean(values: Sequence[float]) -> float:
    """Return the geometric mean.

    >>> round(geometric_mean([2.0, 8.0]), 6)
    4.0
    """
    return exp(sum(map(log, values)) / len(values))


def summary(rows: list[Row]) -> str:
    """Return one line for each cell and mode: geometric means, ragged apart, and the worst shapes."""
    titles = "cell, mode, geometric mean, wanted, ragged, wanted, projection, lowest, wanted, its shape"
    titles += ", lowest of same products, its shape"
    lines = []
    for cell, mode in dict.fromkeys((row.cell, row.mode) for row in rows):
        here = [row for row in rows if (row.cell, row.mode) == (cell, mode)]
        full, ragged, projection = (_mean(here, group) for group in ("full", "ragged", "projection"))
        wanted, wanted_ragged, wanted_lowest = WANTED[cell, mode]
        worst = min(here, key=lambda row: row.ratio)
        means = [full, wanted, ragged, wanted_ragged, projection]
        lowest = [f"{worst.ratio:.2f}", wanted_lowest, worst.name]
        lines.append([cell, mode, *means, *lowest, *_farthest_from_products(here)])
    return table(titles.split(", "), lines)


def sequences(rows: list[Row]) -> str:
    """Return the table of one cell in one mode; a column that no row fills is left out."""
    columns = {
        "shape": [row.name for row in rows],
        "torch, ms": [number(1e3 * row.theirs) for row in rows],
        "ours, ms": [number(1e3 * row.ours) for row in rows],
        "ratio": [f"{row.ratio:.2f}" for row in rows],
        "lowest": [f"{row.lowest:.2f}" for row in rows],
        "highest": [f"{row.highest:.2f}" for row in rows],
        "torch, GFLOP/s": [number(row.operations / row.theirs / 1e9) for row in rows],
        "ours, GFLOP/s": [number(row.operations / row.ours / 1e9) for row in rows],
        "mm 1024, GFLOP/s": [number(row.square / 1e9) for row in rows],
        "of mm 1024": [share(row.of_square) for row in rows],
        "of FMA": [share(row.of_fma) for row in rows],
        "of same products": [share(row.of_products) for row in rows],
        "calls free": [share(row.of_free) for row in rows],
        "backend": [row.backend for row in rows],
    }
    filled = {title: cells for title, cells in columns.items() if any(cells)}
    return table(list(filled), [list(line) for line in zip(*filled.values(), strict=True)])


def single_steps(steps: list[Steps]) -> str:
    """Return microseconds of one step of all streams, and how many times longer the peers take."""
    names = list(dict.fromkeys(name for each in steps for name in (*each.seconds, *each.missing)))
    ratios = list(dict.fromkeys(name for each in steps for name in each.ratios))
    titles = ["streams", *(f"{name}, µs" for name in names), *ratios]
    lines = [
        [str(each.streams)]
        + [number(1e6 * each.seconds[name]) if name in each.seconds else "—" for name in names]
        + [number(each.ratios[name]) if name in each.ratios else "—" for name in ratios]
        for each in steps
    ]
    wanted = [WANTED_STEP] if any(each.cell == "LSTM" for each in steps) else []
    return "\n\n".join([table(titles, lines), *wanted, *_absent(steps)])


def beside_peers(peers: list[Peers]) -> str:
    """Return milliseconds of one call by library, and how many times each takes what ours does."""
    names = list(dict.fromkeys(name for each in peers for name in (*each.seconds, *each.missing)))
    others = [name for name in names if name != "ostinato.nn"]
    titles = ["shape", "mode", *(f"{name}, ms" for name in names), *(f"{name} / ours" for name in others)]
    lines = [
        [each.name, each.mode]
        + [number(1e3 * each.seconds[name]) if name in each.seconds else "—" for name in names]
        + [f"{each.ratios[name]:.2f}" if name in each.ratios else "—" for name in others]
        for each in peers
    ]
    return "\n\n".join([table(titles, lines), *_absent(peers)])


def table(titles: list[str], lines: list[list[str]]) -> str:
    """Return a Markdown table."""
    rule = ["---"] * len(titles)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (titles, rule, *lines))


def number(value: float) -> str:
    """Return three figures, without an exponent.

    >>> number(0.012345), number(1.2345), number(1234.5)
    ('0.0123', '1.23', '1234')
    """
    if value >= 100 or value == 0:
        return f"{value:.0f}"
    return f"{value:#.3g}"


def share(value: float | None) -> str:
    """Return a percentage, or nothing for None."""
    return "" if value is None else f"{100 * value:.0f} %"


def _mean(rows: list[Row], group: str) -> str:
    ratios = [row.ratio for row in rows if row.group == group]
    return f"{geometric_mean(ratios):.2f}" if ratios else ""


def _farthest_from_products(rows: list[Row]) -> tuple[str, str]:
    """Return the lowest share of torch.mm's rate on a row's own products, and the row's name."""
    held = [(row.of_products, row.name) for row in rows if row.of_products is not None]
    lowest, name = min(held, default=(None, ""))
    return share(lowest), name


def _absent(measured: Sequence[Steps | Peers]) -> list[str]:
    """Return a sentence for each contender that took no part in all or some."""
    reasons = dict.fromkeys(item for each in measured for item in each.missing.items())
    return [f"Without {name}: {reason}." for name, reason in reasons]
