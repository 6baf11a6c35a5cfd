"""Figures as inline SVG that follows the page: its colours, light or dark, and its fonts.

Colours are drawn as stand-ins that CSS variables of the page replace (``INK`` becomes ``var(--ink)`` …). What
matplotlib writes beside the drawing (dates, links, styles for the whole document) is left out, and ids are
made unique on the page, so that the same input gives the same bytes.
"""

import importlib.resources
import io
import math
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.answers.plain import plain

INK, MUTED, FAINT, PAPER = "#010101", "#020202", "#030303", "#040404"
HUES = ("#050505", "#060606", "#070707", "#080808", "#090909", "#0a0a0a")
"""Six hues that people with any colour vision tell apart; the first two also mean for and against."""

_VARIABLES = {INK: "--ink", MUTED: "--muted", FAINT: "--faint", PAPER: "--paper"} | {
    hue: f"--hue{number}" for number, hue in enumerate(HUES, start=1)
}

_STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "ostinato",
    "text.parse_math": False,
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.titlesize": 9.5,
    "axes.titlelocation": "left",
    "axes.titlecolor": INK,
    "axes.labelsize": 9,
    "axes.labelcolor": MUTED,
    "axes.edgecolor": MUTED,
    "axes.facecolor": "none",
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
    "grid.color": FAINT,
    "grid.linewidth": 0.7,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "xtick.minor.size": 0,
    "ytick.minor.size": 0,
    "figure.facecolor": "none",
    "legend.facecolor": PAPER,
    "legend.edgecolor": "none",
    "legend.framealpha": 0.85,
    "legend.fontsize": 8.5,
    "legend.labelcolor": INK,
    "lines.linewidth": 1.6,
    "lines.solid_capstyle": "round",
    "text.color": INK,
}


@contextmanager
def style() -> Iterator[None]:
    """Draw in the page's style, whatever matplotlib is set to, and leave its settings as they were."""
    styles = checks.extra("matplotlib.style", "report", "drawing charts")
    with styles.context(_STYLE, after_reset=True), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
        yield


def figure(width: float, height: float, *, filled: bool = False) -> Any:
    """Return an empty figure of this size in inches.

    Its axes are laid out without overlaps; ``filled``: the caller places them, up to the edges.
    """
    figures = checks.extra("matplotlib.figure", "report", "drawing charts")
    return figures.Figure(figsize=(width, height), layout="none" if filled else "constrained")


def whole_steps(axes: Any) -> None:
    """Mark whole numbers only on the horizontal axis."""
    ticker = checks.extra("matplotlib.ticker", "report", "drawing charts")
    axes.xaxis.set_major_locator(ticker.MaxNLocator(nbins=8, integer=True, steps=[1, 2, 5, 10]))


def powers_of_ten(axes: Any) -> None:
    """Make the vertical axis logarithmic, marked as 10⁻², 10⁻¹ …"""
    ticker = checks.extra("matplotlib.ticker", "report", "drawing charts")
    axes.set_yscale("log")
    low, high = axes.get_ylim()
    axes.set_ylim(10.0 ** math.floor(math.log10(low)), 10.0 ** math.ceil(math.log10(high)))
    axes.yaxis.set_major_formatter(ticker.FuncFormatter(lambda value, _: _power(value)))
    axes.yaxis.set_minor_formatter(ticker.NullFormatter())


def svg(drawn: Any, name: str, description: str) -> str:
    """Return a figure as an ``<svg>`` element.

    Args:
        drawn: a matplotlib Figure.
        name: letters and digits, unique on the page; it begins every id.
        description: what the figure shows, for people who do not see it.
    """
    backend = checks.extra("matplotlib.backends.backend_svg", "report", "drawing charts")
    out = io.StringIO()
    backend.FigureCanvasSVG(drawn).print_svg(out, metadata={"Date": None})
    return _inlined(out.getvalue(), name, description)


def label(text: str, limit: int = 24) -> str:
    """Return a user's text as a chart may show it."""
    return plain(text, limit)


def cells(
    axes: Any, values: NDArray[Any], edges: Sequence[float] | None = None, *, hues: Sequence[str]
) -> None:
    """Draw values (rows, columns) from -1 to 1 as a heat map, the first row on top.

    The hue tells the sign and the strength the size. Cells of nearly the same strength are one path, which
    keeps the file small.

    Args:
        axes: where to draw.
        values: the numbers.
        edges: where columns begin and the last one ends; None: 0, 1, 2 …
        hues: of numbers above and below 0.
    """
    levels = np.round(np.clip(values, -1, 1) * 12).astype(int)
    borders = np.arange(values.shape[1] + 1) if edges is None else np.asarray(edges)
    for level in np.unique(levels[levels != 0]):
        corners = [
            (borders[column], row, borders[column + 1], row + 1)
            for row, column in np.argwhere(levels == level)
        ]
        boxes(axes, corners, hues[0] if level > 0 else hues[1], abs(int(level)) / 12)
    axes.set(xlim=(borders[0], borders[-1]), ylim=(values.shape[0], 0))
    axes.grid(visible=False)


def boxes(
    axes: Any, corners: Sequence[tuple[float, float, float, float]], color: str, opacity: float
) -> None:
    """Draw boxes, each (left, one end, right, other end), as one path, which keeps the file small."""
    paths = checks.extra("matplotlib.path", "report", "drawing charts")
    patches = checks.extra("matplotlib.patches", "report", "drawing charts")
    around = [[(x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0)] for x0, y0, x1, y1 in corners]
    path = paths.Path.make_compound_path(*(paths.Path(four, closed=True) for four in around))
    # add_artist, not add_patch: the caller sets the limits, and finding them again takes long
    axes.add_artist(patches.PathPatch(path, facecolor=color, alpha=opacity, linewidth=0))


def standalone(element: str) -> str:
    """Return what :func:`svg` gave as a file of its own: on paper, in the report's light colours."""
    sheet = importlib.resources.files("ostinato.evaluate").joinpath("templates/style.css").read_text("utf-8")
    light = dict(re.findall(r"(--\w+): (#\w+)", sheet[: sheet.index("@media")]))
    for variable in _VARIABLES.values():
        element = element.replace(f"var({variable})", light[variable])
    head, inside = element.split(">", 1)
    width, height = re.findall(r"[\d.]+", head)[2:4]
    size = (
        f'xmlns="http://www.w3.org/2000/svg" width="{width}pt" height="{height}pt" font-family="sans-serif"'
    )
    paper = f'<rect width="100%" height="100%" fill="{light["--paper"]}"/>'
    return f"{head} {size}>\n{paper}{inside}\n"


def _power(value: float) -> str:
    exponent = str(round(math.log10(value)))
    return "10" + exponent.translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def _inlined(document: str, name: str, description: str) -> str:
    """Return the drawing alone, with the page's colours, its own ids and a description."""
    body = document[document.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>|<style .*?</style>", "", body, flags=re.DOTALL)
    head, inside = body[: body.index(">")], body[body.index(">") + 1 :]
    used = set(re.findall(r'(?:href="#|url\(#)([^")]+)', inside))
    inside = re.sub(r"<[^>]+>", lambda found: _tag(found.group(), name, used), inside)
    inside = re.sub(r"\n\s*", "\n", inside).strip()
    box = re.search(r'viewBox="[^"]+"', head)
    return f'<svg {box.group() if box else ""} role="img" aria-label="{_attribute(description)}">\n{inside}'


def _tag(tag: str, name: str, used: set[str]) -> str:
    """Return one tag rewritten; the text between tags, which may be a user's, is never touched."""
    tag = re.sub(r' id="([^"]+)"', lambda found: f' id="{name}-{found[1]}"' if found[1] in used else "", tag)
    tag = re.sub(r'(?:xlink:)?href="#', f'href="#{name}-', tag).replace("url(#", f"url(#{name}-")
    tag = re.sub(r"font-family: [^;\"]*(; )?", "", tag)
    tag = re.sub(r"(\.\d\d)\d+", r"\1", tag)  # a hundredth of a point is enough
    for color, variable in _VARIABLES.items():
        tag = tag.replace(color, f"var({variable})")
    return tag


def _attribute(text: str) -> str:
    for letter, escape in {"&": "&amp;", '"': "&quot;", "<": "&lt;", ">": "&gt;"}.items():
        text = text.replace(letter, escape)
    return plain(text)
