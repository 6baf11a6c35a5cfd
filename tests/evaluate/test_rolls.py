"""A roll's picture: every note where it is, whatever its size."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from ostinato.errors import ArgumentError
from ostinato.evaluate.rolls import picture, write_picture
from ostinato.read.rolls import KEYS


def roll(frames=40, *notes):
    made = np.zeros((frames, KEYS), np.uint8)
    for key, first, last in notes:
        made[first:last, key] = 1
    return made


def bars(drawn):
    """Return the corners (left, top, right, bottom) of all notes, in points: y grows downwards."""
    (path,) = re.findall(r'<path d="([^"]+)"[^>]*style="fill: var\(--ink\)"', drawn)
    corners = []
    for bar in path.strip().split("z"):
        numbers = np.array(re.findall(r"-?[\d.]+", bar), float).reshape(-1, 2)
        if len(numbers):
            corners.append((*numbers.min(axis=0), *numbers.max(axis=0)))
    return corners


def test_time_goes_right_and_keys_go_up():
    drawn = picture(roll(40, (39, 0, 20), (51, 20, 40)), "r")
    low, high = bars(drawn)
    assert low[2] < high[0]
    assert high[3] < low[1]
    assert low[2] - low[0] == pytest.approx(high[2] - high[0], abs=0.05)


def test_a_note_struck_again_is_seen_as_two():
    assert len(bars(picture(roll(40, (39, 0, 20), (39, 21, 40)), "r"))) == 2


def test_octaves_are_named():
    drawn = picture(roll(40, (30, 0, 20), (55, 0, 20)), "r")
    assert re.findall(r">(C\d)</text>", drawn) == ["C4", "C5"]
    assert "Piano roll: 2 notes in 40 frames." in drawn


@pytest.mark.parametrize("frames", [1, 2, 300, 4000])
@pytest.mark.parametrize("notes", [[], [(0, 0, 1)], [(87, 0, 1)], [(0, 0, 1), (87, 0, 1)]])
def test_rolls_of_any_size_are_drawn(frames, notes):
    drawn = picture(roll(frames, *notes), "r", belief=np.full((frames, KEYS), 0.01))
    assert f"{len(notes)} notes in {frames} frames" in drawn


def test_belief_is_shading():
    belief = np.zeros((40, KEYS))
    played = roll(40, (39, 0, 20))
    assert "var(--hue2)" not in picture(played, "r", belief=belief)
    belief[10:20, 44] = 0.5
    assert "fill: var(--hue2); opacity: 0.5" in picture(played, "r", belief=belief)


def test_what_is_believed_in_is_shown_even_where_nothing_was_played():
    belief = np.zeros((40, KEYS))
    belief[:, 80] = 0.9
    assert "C7" not in picture(roll(40, (39, 0, 20)), "r")
    assert "C7" in picture(roll(40, (39, 0, 20)), "r", belief=belief)


@pytest.mark.parametrize("shape", [(0, KEYS), (5, 87), (KEYS,)])
def test_what_is_no_roll_is_refused(shape):
    with pytest.raises(ArgumentError, match="the roll has shape"):
        picture(np.zeros(shape, np.uint8), "r")


def test_belief_has_the_shape_of_the_roll():
    with pytest.raises(ArgumentError, match=r"belief has shape \(3, 88\); expected \(4, 88\)"):
        picture(roll(4), "r", belief=np.zeros((3, KEYS)))


def test_a_picture_is_a_file_that_any_viewer_opens(tmp_path):
    write_picture(tmp_path / "a.svg", roll(40, (39, 0, 20)))
    text = (tmp_path / "a.svg").read_text()
    root = ET.fromstring(text)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert float(root.attrib["width"].removesuffix("pt")) > 300
    assert "var(" not in text
    with pytest.raises(ArgumentError, match=r"ends in '\.png'; expected \.svg"):
        write_picture(tmp_path / "a.png", roll(4))
    assert [file.name for file in tmp_path.iterdir()] == ["a.svg"]
