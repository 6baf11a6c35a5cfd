"""Translation from the command line: train, evaluate, predict; bad input is one line."""

import json

import pytest

pytest.importorskip("tokenizers", reason="reading text needs ostinato[text]")
pytest.importorskip("sacrebleu", reason="scoring needs ostinato[text]")

from pair_models import WORDS

QUICK = (
    *(
        "--hidden-size",
        "32",
        "--embedding-size",
        "16",
        "--tokens",
        "word",
        "--dropout",
        "0",
        "--threads",
        "1",
    ),
    *("--batch-size", "8", "--epochs", "30", "--learning-rate", "0.01", "--schedule", "constant"),
)


def sentences():
    """Return 72 sentences of two to four words, and their translations."""
    words = list(WORDS)
    chosen = [[words[(i + k * (1 + i // 6)) % 6] for k in range(2 + i % 3)] for i in range(72)]
    return [" ".join(one) for one in chosen], [" ".join(WORDS[word] for word in one) for one in chosen]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Return the paths of two parallel files, and of a table of the same pairs."""
    folder = tmp_path_factory.mktemp("parallel")
    sources, targets = sentences()
    (folder / "text.en").write_text("\n".join(sources) + "\n")
    (folder / "text.de").write_text("\n".join(targets) + "\n")
    rows = [f"{source},{target}" for source, target in zip(sources, targets, strict=True)]
    (folder / "pairs.csv").write_text("\n".join(["english,german", *rows]) + "\n")
    return folder / "text.en", folder / "text.de", folder / "pairs.csv"


@pytest.fixture(scope="module")
def trained(ostinato, files):
    """Return a trained model's path, and the process that trained it."""
    model = files[0].with_name("model")
    process = ostinato("train", "translate", *files[:2], "--out", model, *QUICK)
    assert process.returncode == 0, process.stderr
    return model, process


def test_training_says_what_was_read_and_what_comes_next(trained):
    model, process = trained
    assert "text.en and " in process.stdout
    assert "72 pairs" in process.stdout
    assert "perplexity" in process.stdout
    assert f"Next: ostinato predict {model} SOURCE" in process.stderr
    assert (model.with_name("model.run") / "report.html").exists()
    assert "encoder.recurrent" in (model / "README.md").read_text()


def test_evaluate_gives_bleu_and_chrf_with_their_signatures(ostinato, trained, files):
    process = ostinato("evaluate", trained[0], *files[:2], "--json", without=("torch", "sklearn"))
    assert process.returncode == 0, process.stderr
    found = json.loads(process.stdout)
    assert found["scores"]["bleu"] > 80
    assert found["scores"]["chrf"] > 80
    assert found["scores"]["pairs"] == 72
    assert found["scores"]["perplexity"] < 1.6
    assert "tok:13a" in found["signatures"]["bleu"]
    table = ostinato("evaluate", trained[0], *files[:2]).stdout
    assert found["signatures"]["chrf"] in table


def test_predict_translates_a_file_and_standard_input_alike(ostinato, trained, files, tmp_path):
    process = ostinato("predict", trained[0], files[0], without=("torch", "sklearn"))
    assert process.returncode == 0, process.stderr
    lines = process.stdout.splitlines()
    right = sum(a == b for a, b in zip(lines, files[1].read_text().splitlines(), strict=True))
    assert right > 60
    with files[0].open() as text:
        assert ostinato("predict", trained[0], "-", stdin=text).stdout == process.stdout
    out = ostinato("predict", trained[0], files[0], "--out", tmp_path / "said.de", "--beam-size", "1")
    assert out.returncode == 0, out.stderr
    assert len((tmp_path / "said.de").read_text().splitlines()) == 72


def test_the_report_shows_examples_and_what_they_looked_at(ostinato, trained, files, tmp_path):
    process = ostinato("evaluate", trained[0], *files[:2], "--report", tmp_path / "report.html")
    assert process.returncode == 0, process.stderr
    page = (tmp_path / "report.html").read_text()
    assert "Attention of" in page
    assert page.count("Example ") >= 6


def test_a_table_is_read_by_its_columns(ostinato, files, tmp_path):
    columns = ("--source", "english", "--target", "german")
    train = ("train", "translate", files[2], *columns, "--out", tmp_path / "m", *QUICK, "--epochs", "1")
    process = ostinato(*train)
    assert process.returncode == 0, process.stderr
    assert ostinato("evaluate", tmp_path / "m", files[2]).returncode == 0
    assert len(ostinato("predict", tmp_path / "m", files[2]).stdout.splitlines()) == 72


def test_inspect_tells_both_networks(ostinato, trained):
    process = ostinato("inspect", trained[0])
    assert "encoder.recurrent" in process.stdout
    assert "attention" in process.stdout
    assert "no: it reads the whole source before it speaks" in process.stdout


def test_validation_on_files_of_the_users(ostinato, files, tmp_path):
    valid = ("--valid", files[0], "--valid", files[1])
    process = ostinato(
        "train", "translate", *files[:2], *valid, "--out", tmp_path / "m", *QUICK, "--epochs", "1",
        "--metric", "bleu", "--shared-vocabulary", "--json",
    )  # fmt: skip
    assert process.returncode == 0, process.stderr
    assert {"bleu", "chrf", "loss"} <= json.loads(process.stdout)["scores"].keys()


def one_line(process, *messages):
    assert (process.returncode, process.stdout) == (1, "")
    assert process.stderr.count("\n") == 1
    for message in messages:
        assert message in process.stderr


def test_files_of_different_length_are_one_line(ostinato, files, tmp_path):
    (tmp_path / "short.de").write_text("eins\n")
    process = ostinato("train", "translate", files[0], tmp_path / "short.de", "--out", tmp_path / "m")
    one_line(process, "text.en has 72 lines", "short.de has 1")
    assert not (tmp_path / "m").exists()


def test_a_blank_line_is_one_line_or_left_out(ostinato, files, trained, tmp_path):
    targets = files[1].read_text().splitlines()
    targets[3] = ""
    (tmp_path / "gap.de").write_text("\n".join(targets) + "\n")
    train = ("train", "translate", files[0], tmp_path / "gap.de", "--out", tmp_path / "m")
    one_line(ostinato(*train), "gap.de, line 4: the text is blank")
    process = ostinato(*train, "--drop-blank", *QUICK, "--epochs", "1")
    assert "71 pairs, 1 left out for a blank side" in process.stdout
    (tmp_path / "gap.en").write_text("one\n\ntwo\n")
    with (tmp_path / "gap.en").open() as text:
        one_line(
            ostinato("predict", trained[0], "-", stdin=text), "standard input, line 2: the text is blank"
        )


def test_bytes_that_are_no_text_are_one_line(ostinato, trained, tmp_path):
    (tmp_path / "latin.en").write_bytes("caf\u00e9\n".encode("latin-1"))
    one_line(ostinato("predict", trained[0], tmp_path / "latin.en"), "latin.en")
    with (tmp_path / "latin.en").open("rb") as text:
        one_line(ostinato("predict", trained[0], "-", stdin=text), "standard input: byte 4 is no UTF-8")


def test_unknown_words_are_translated_all_the_same(ostinato, trained, tmp_path):
    (tmp_path / "new.en").write_text("one dragon\n☃\n")
    process = ostinato("predict", trained[0], tmp_path / "new.en")
    assert process.returncode == 0
    assert len(process.stdout.splitlines()) == 2
    assert "�" not in process.stdout


def test_one_file_alone_is_one_line(ostinato, files, trained, tmp_path):
    one_line(ostinato("train", "translate", files[0], "--out", tmp_path / "m"), "is given alone")
    one_line(ostinato("evaluate", trained[0], files[0]), "is given alone")


def test_a_classifier_neither_searches_nor_takes_two_files(ostinato, trained_on_texts):
    model, table = trained_on_texts
    one_line(ostinato("predict", model, table, "--beam-size", "2"), "which does not search")
    one_line(ostinato("predict", model, "-"), "a classify model, which reads files, not the standard input")
    one_line(ostinato("evaluate", model, table, table), "evaluated on one file; 2 are given")
