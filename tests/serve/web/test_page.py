"""The page in a browser: text is written, a series is drawn, and nothing comes from elsewhere."""

import pytest

from browser import browsing, keep


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """Return a page of a headless browser."""
    with browsing(tmp_path_factory.mktemp("chromium")) as opened:
        yield opened


def choose(page, server, model):
    page.open(server.url)
    page.until("document.querySelectorAll('nav button').length == 2")
    page.run(f"[...document.querySelectorAll('nav button')].find(b => b.textContent == {model!r}).click()")


def test_a_text_is_written_as_it_is_drawn(page, server):
    choose(page, server, "language")
    page.run(
        "document.getElementById('prompt').value = 'to be', document.getElementById('length').value = 40"
    )
    page.run("document.getElementById('go').click()")
    page.until(
        "document.getElementById('text').textContent.length >= 40 && !document.getElementById('go').disabled"
    )
    assert page.run("document.getElementById('text').textContent").startswith("to be")
    keep(page, "write")
    assert not page.problems


def test_what_the_model_cannot_read_is_said_in_a_sentence(page, server):
    choose(page, server, "language")
    page.run("document.getElementById('prompt').value = '\\u4e00', document.getElementById('go').click()")
    page.until("document.getElementById('status').textContent.includes('never read')")
    page.problems.clear()  # the browser notes a status of 400


def test_a_series_is_drawn_and_the_class_moves(page, server):
    choose(page, server, "series")
    page.until("document.querySelectorAll('.bars .bar').length == 2")
    assert not page.run(
        "document.querySelectorAll('.bars .best').length"
    )  # nothing was heard: no class is said
    box = page.run(
        "(({x, y, width, height}) => [x, y, width, height])"
        "(document.getElementById('pen').getBoundingClientRect())"
    )
    x, y, width, height = box
    page.mouse("mouseMoved", x + 20, y + height / 2)
    page.mouse("mousePressed", x + 20, y + height / 2)
    shares = set()
    for part in range(1, 9):
        page.mouse("mouseMoved", x + width * part / 10, y + height * (0.1 if part % 2 else 0.9))
        page.until(f"parseInt(document.getElementById('count').textContent) >= {3 * part}")
        shares.add(page.run("document.querySelector('.share').textContent"))
    page.mouse("mouseReleased", x + width, y)
    keep(page, "series")
    assert page.run("document.getElementById('status').textContent") == ""
    assert len(shares) > 2
    assert not page.problems


def test_rows_are_replayed(page, server):
    choose(page, server, "series")
    page.until("document.querySelectorAll('.bars .bar').length == 2")
    page.run(
        "rows = document.getElementById('rows'), rows.value = '1,2,3\\n4 5 6\\n7;8;9', "
        "document.getElementById('replay').click()"
    )
    page.until("document.getElementById('count').textContent == '3 steps'")
    page.run("rows.value = '1,2', document.getElementById('replay').click()")
    page.until("document.getElementById('status').textContent.includes('Line 1')")
    assert not page.problems


def test_the_routes_are_shown(page, server):
    page.open(f"{server.url}/docs")
    page.until("document.querySelectorAll('.route').length > 20")
    keep(page, "docs")
    loaded = page.run("performance.getEntriesByType('resource').map(one => one.name)")
    assert all(one.startswith((server.url, "data:")) for one in loaded)
    assert not page.problems
