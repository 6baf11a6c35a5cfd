"""Charts are inlined without touching what users wrote."""

from xml.etree import ElementTree

import numpy as np

from ostinato.evaluate.svg import HUES, INK, boxes, cells, figure, standalone, style, svg


def draw(text, name="chart"):
    with style():
        drawn = figure(9, 2)
        axes = drawn.subplots()
        axes.plot([0, 1, 2], [1, 0, 2], "o-", color=HUES[2], label=text)
        axes.legend()
        return svg(drawn, name, text)


def test_colours_become_the_pages_and_text_stays_the_users():
    text = f'{INK} id="x" url(#y) $x_1$ <b>&amp; font-family: x; 0.12345'
    shown = draw(text)
    assert text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") + "</text>" in shown
    assert "stroke: var(--hue3)" in shown
    assert "fill: var(--ink)" in shown
    assert "<b>" not in shown


def test_two_charts_share_no_id():
    first, second = draw("a", "one"), draw("a", "two")
    assert ' id="one-' in first
    assert "one-" not in second
    assert first.replace("one-", "two-") == second


def test_nothing_but_the_drawing_is_left():
    shown = draw("a")
    assert shown.startswith("<svg viewBox=")
    assert shown.endswith("</svg>")
    for left in ("<?xml", "<!DOCTYPE", "<metadata", "<style", "http", "xmlns"):
        assert left not in shown


def test_cells_are_as_strong_as_their_values_and_nothing_is_drawn_for_zero():
    def drawn_cells(values):
        with style():
            drawn = figure(2, 2)
            axes = drawn.subplots()
            cells(axes, np.array(values), hues=HUES[:2])
            axes.set_axis_off()
            return svg(drawn, "cells", "cells")

    assert "var(--hue" not in drawn_cells([[0.0, 0.0]])
    both = drawn_cells([[1.0, -0.5]])
    assert "fill: var(--hue1)" in both
    assert "fill: var(--hue2); opacity: 0.5" in both


def test_boxes_are_one_path():
    with style():
        drawn = figure(2, 2)
        axes = drawn.subplots()
        boxes(axes, [(0, 0, 0.2, 0.2), (0.5, 0.5, 1, 1)], HUES[3], 1.0)
        shown = svg(drawn, "boxes", "boxes")
    assert shown.count("fill: var(--hue4)") == 1


def test_a_chart_can_stand_alone():
    alone = standalone(draw("a < b"))
    assert ElementTree.fromstring(alone).tag == "{http://www.w3.org/2000/svg}svg"
    assert "var(" not in alone
    assert "stroke: #00855f" in alone
    assert 'width="648pt" height="144pt"' in alone
