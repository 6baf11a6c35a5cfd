"""A report is one page that needs nothing, runs nothing, says everything, and is the same every time."""

import re
from html.parser import HTMLParser

import matplotlib
import numpy as np
import pytest

from evaluations import make_model, noisy_answers, series_data, text_data, text_judge
from ostinato.errors import ArgumentError
from ostinato.evaluate.classify import Evaluation
from ostinato.evaluate.report import to_html, training_html, write_training_html
from ostinato.evaluate.write import write_html

VOID = {"meta", "br"}


class Page(HTMLParser):
    """A page taken apart; it complains of tags that do not match."""

    def __init__(self, html):
        super().__init__()
        self.open, self.tags, self.ids, self.links, self.text = [], [], [], [], []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        found = dict(attrs)
        self.ids += [found["id"]] if "id" in found else []
        self.links += [value for name, value in attrs if name.endswith("href") or name == "src"]
        values = " ".join(map(str, found.values()))
        self.links += [f"#{value}" for value in re.findall(r"url\(#([^)]*)\)", values)]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


@pytest.fixture(scope="module")
def html(series_evaluation):
    return to_html(series_evaluation)


@pytest.fixture(scope="module")
def text_html(text_evaluation):
    return to_html(text_evaluation)


@pytest.mark.parametrize("page", ["html", "text_html"])
def test_a_report_is_whole_and_needs_nothing_from_elsewhere(page, request):
    text = request.getfixturevalue(page)
    found = Page(text)
    assert "script" not in found.tags
    assert not re.search(r"https?:|//|@import|javascript:", text)
    assert all(link.startswith("#") for link in found.links)
    assert {link[1:] for link in found.links} <= set(found.ids)
    assert len(found.ids) == len(set(found.ids))
    assert "default-src 'none'" in text


@pytest.mark.parametrize(
    "words",
    [
        "Confusion matrix",
        "Calibration",
        "ROC",
        "Accuracy by length",
        "Worst mistakes",
        "What decisions rested on",
        "How it learned",
        "Gradient flow through time",
        "is healthy in layer 1",
        "How it was made",
        "bidirectional GRU of 2 × 64",
        "torch 2.13.0",
    ],
)
def test_a_report_says_everything(html, words):
    assert words in html


def test_every_chart_tells_what_it_shows(html):
    charts = re.findall(r"<svg [^>]*>", html)
    assert len(charts) > 10
    assert all(re.search(r'role="img" aria-label="[^"]{10,}"', chart) for chart in charts)


def test_charts_follow_the_pages_colours(html):
    drawn = "".join(re.findall(r"<svg .*?</svg>", html, flags=re.DOTALL))
    assert "var(--hue1)" in drawn
    assert re.findall(r"#0[1-9a]0[1-9a]0[1-9a]|#1f77b4|#000000|#ffffff", drawn) == []


def test_the_same_evaluation_gives_the_same_bytes_whatever_matplotlib_is_set_to(series_evaluation, html):
    users = {"axes.facecolor": "red", "font.size": 30, "svg.fonttype": "path", "svg.hashsalt": None}
    with matplotlib.rc_context(users):
        before = dict(matplotlib.rcParams)
        again = to_html(series_evaluation)
        assert dict(matplotlib.rcParams) == before
    assert again == html


def test_words_of_a_text_are_coloured_by_what_they_count(text_html):
    assert '<mark class="for" style="--w:1.00"' in text_html
    assert "Unknown tokens" in text_html
    assert "4.2%" in text_html


def odd_evaluation():
    labels = ["<script>alert(1)</script>", '"\u202eevil" $x_1$ id="x"', "日本語", "d"]
    sequences, targets = text_data(labels, 12)
    sequences.values[0] = "<b>bold</b> &amp; \u202e \x1b[31m \ud800 url(#x)"
    sequences.values[1] = ""
    sequences.ids[0] = "<img src=x onerror=alert(1)>"
    return Evaluation.of(
        make_model(labels),
        sequences,
        noisy_answers(targets, 4, -4.0),
        probabilities_of=text_judge(4),
        unknown_rate=1.0,
        name="<i>name</i>",
        source="a&b.csv",
    )


def test_users_text_is_shown_and_never_obeyed(tmp_path):
    path = tmp_path / "report.html"
    write_html(odd_evaluation(), path)
    text = path.read_text(encoding="utf-8")
    found = Page(text)
    assert {"script", "img", "i", "b"} & set(found.tags) <= {"b"}
    assert "<b>bold" not in text
    shown = "".join(found.text)
    for words in ("<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<i>name</i>", "a&b.csv"):
        assert words in shown
    assert not set(text) & {"\u202e", "\x1b", "\ud800"}
    assert "\\u202eevil" in shown


def test_undefined_scores_are_said_to_be(tmp_path):
    sequences, _ = series_data(["no", "yes"], 1, 4, (5, 6))
    sequences.labels[:] = ["no"] * 4
    answers = np.tile([0.9, 0.1], (4, 1))
    text = to_html(Evaluation.of(make_model(["no", "yes"], 1), sequences, answers))
    shown = "".join(Page(text).text)
    assert "The ROC curve is undefined" in shown
    assert "All sequences have 5 steps." in shown
    assert "None: every answer was right." in shown
    assert "nan" not in shown.lower().split()


def test_many_classes_are_listed_by_their_confusions():
    labels = [f"word {i}" for i in range(45)]
    sequences, targets = series_data(labels, 1, 200)
    text = to_html(Evaluation.of(make_model(labels, 1), sequences, noisy_answers(targets, 45, 3.0)))
    assert "Most frequent confusions" in text
    assert "The hardest classes" in text


def test_a_training_report_shows_curves_flow_recipe_and_validation_scores():
    text = training_html(make_model(["no", "yes"], 3, folds=5), "gestures")
    shown = "".join(Page(text).text)
    for words in (
        "gestures",
        "0.9778",
        "validation, 5 folds",
        "Gradient flow",
        "by cross-validation",
        "adamw",
    ):
        assert words in shown


def test_a_training_without_validation_or_measurement_is_drawn():
    model = make_model(["no", "yes"], 1)
    bare = [
        row.model_copy(update={"valid_loss": None, "valid_metric": None}) for row in model.training.history
    ]
    for history in (bare, bare[:1], []):
        record = {"history": tuple(history), "gradient_flow": (), "scores": {}, "selection": "none"}
        training = model.training.model_copy(update=record)
        shown = "".join(Page(training_html(model.model_copy(update={"training": training}))).text)
        assert "was not measured" in shown


def test_a_report_is_written_whole_or_not_at_all(tmp_path, series_evaluation):
    with pytest.raises(ArgumentError, match="does not exist; create it first"):
        write_html(series_evaluation, tmp_path / "none" / "report.html")
    write_training_html(series_evaluation.model, tmp_path / "report.html", "speakers")
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]
    assert (tmp_path / "report.html").read_bytes().endswith(b"</html>")
