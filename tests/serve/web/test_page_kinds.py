"""The page in a browser with models that foretell, tell numbers or labels, hear and watch."""

import pytest

from browser import browsing, keep

FAKE = (
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
)


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """Return a page of a headless browser with a microphone and a camera that are none."""
    with browsing(tmp_path_factory.mktemp("chromium"), *FAKE) as opened:
        yield opened


def choose(page, server, model):
    page.open(server.url)
    page.until(f"[...document.querySelectorAll('nav button')].some(b => b.textContent == {model!r})")
    page.run(f"[...document.querySelectorAll('nav button')].find(b => b.textContent == {model!r}).click()")


def text_of(name):
    return f"document.getElementById('{name}').textContent"


def draw(page, steps, word="steps"):
    """Hold the pen down until so many steps are drawn."""
    box = page.run(
        "(({x, y, width, height}) => [x, y, width, height])"
        "(document.getElementById('pen').getBoundingClientRect())"
    )
    x, y, width, height = box
    page.mouse("mouseMoved", x + 20, y + height / 2)
    page.mouse("mousePressed", x + 20, y + height / 2)
    for part in range(1, 9):
        page.mouse("mouseMoved", x + width * part / 10, y + height * (0.25 if part % 2 else 0.75))
        page.until(f"parseInt({text_of('count')}) >= {steps * part / 8}")
    page.mouse("mouseReleased", x + width, y)


def replay(page, rows):
    page.run(f"document.getElementById('rows').value = {rows!r}, document.getElementById('replay').click()")


def sound(page):
    assert page.run(text_of("status")) == ""
    assert not page.problems


def test_a_series_is_drawn_and_its_forecast_moves(page, kinds):
    choose(page, kinds[0], "series")
    page.until("!!document.getElementById('pen')")
    draw(page, 60)
    first = page.until(text_of("next"))
    keep(page, "forecast")
    draw(page, 80)
    assert page.run(text_of("next")) != first
    sound(page)


def test_rows_are_replayed_with_what_is_known_ahead(page, kinds):
    choose(page, kinds[0], "known")
    page.until(text_of("columns") + " == 'y0, p0, k0, k1'")
    replay(page, "\n".join(f"{10 + step % 6} 0.5 {step % 2} {step % 3}" for step in range(40)))
    page.until(f"parseInt({text_of('count')}) >= 40")
    page.until(f"{text_of('next')}.startsWith('2024-01-02 16:00:00')")
    keep(page, "replayed")
    sound(page)
    replay(page, "1 2 3 4")
    page.until(f"{text_of('status')}.includes('too few')")


@pytest.mark.parametrize("model", ["patients", "risks", "wear"])
def test_what_is_told_moves_with_the_pen(page, kinds, model):
    choose(page, kinds[0], model)
    page.until("!!document.getElementById('pen')")
    draw(page, 24)
    shown = page.run("document.getElementById('bars').textContent")
    assert any(digit in shown for digit in "123456789")
    keep(page, model)
    sound(page)


def test_a_number_is_told_of_a_text(page, kinds):
    choose(page, kinds[0], "stars")
    page.until("!!document.getElementById('input')")
    page.run(
        "document.getElementById('input').value = 'two dogs', document.getElementById('input').oninput()"
    )
    page.until("!!document.querySelector('.number')")
    sound(page)


@pytest.mark.parametrize(("model", "least"), [("sound", 1.0), ("video", 10)])
def test_the_microphone_and_the_camera_move_the_class(page, kinds, model, least):
    choose(page, kinds[0], model)
    page.until("document.querySelectorAll('.bars .bar').length == 2")
    page.run("document.getElementById('go').click()")
    page.until(f"parseFloat({text_of('count')}) >= {least}")
    assert page.run("document.querySelector('.share').textContent") != "0.0 %"
    keep(page, model)
    page.run("document.getElementById('stop').click()")
    sound(page)
