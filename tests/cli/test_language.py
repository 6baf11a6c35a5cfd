"""Language models from the command line: train, evaluate, generate."""

import json

import pytest

pytest.importorskip("tokenizers", reason="reading text needs ostinato[text]")

TEXT = "to be, or not to be, that is the question: " * 30
QUICK = (
    *("--hidden-size", "16", "--embedding-size", "8", "--layers", "1", "--dropout", "0", "--bptt", "32"),
    *("--batch-size", "4", "--epochs", "12", "--learning-rate", "0.02", "--threads", "1"),
)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    path = tmp_path_factory.mktemp("corpus") / "hamlet.txt"
    path.write_text(TEXT)
    return path


@pytest.fixture(scope="module")
def trained(ostinato, corpus):
    """Return a trained language model's path, and the process that trained it."""
    model = corpus.with_name("model")
    process = ostinato("train", "language", corpus, "--out", model, *QUICK)
    assert process.returncode == 0, process.stderr
    return model, process


def test_training_says_what_was_read_and_how_well_it_went(trained):
    model, process = trained
    assert "hamlet.txt: 1 document of 1,290 characters" in process.stdout
    assert "perplexity" in process.stdout
    assert f"Next: ostinato generate {model}" in process.stderr
    assert (model.with_name("model.run") / "report.html").exists()


def test_evaluate_gives_every_score(ostinato, trained, corpus):
    process = ostinato("evaluate", trained[0], corpus, "--json")
    found = json.loads(process.stdout)
    scores = found["scores"]
    assert scores["tokens"] == scores["characters"] == len(TEXT)
    assert scores["nats_per_character"] == scores["nats_per_token"] < 1.0
    assert found["nats_by_context"]["16"] < found["nats_by_context"]["1"]
    table = ostinato("evaluate", trained[0], corpus).stdout
    assert "nats per character" in table
    assert "tokens of context" in table


def test_a_model_that_learns_from_what_it_scored_is_scored_beside_itself(ostinato, trained, tmp_path):
    other = tmp_path / "other.txt"
    other.write_text("the question is not to be " * 40)
    command = ("evaluate", trained[0], other, "--dynamic", "0.01")
    found = json.loads(ostinato(*command, "--json").stdout)
    assert found["learning"]["tokens"] == found["scores"]["tokens"]
    assert found["learning"]["nats_per_character"] < 0.7 * found["scores"]["nats_per_character"]
    assert "nats per character, learning" in ostinato(*command).stdout


def test_only_language_models_learn_from_what_they_scored(ostinato, trained_on_texts):
    model, *data = trained_on_texts
    process = ostinato("evaluate", model, data[0], "--dynamic", "0.01")
    assert process.returncode == 1
    assert process.stderr.count("\n") == 1
    assert "is a classify model; only language models of tokens learn on" in process.stderr


def test_the_report_shows_what_it_writes_and_what_memory_is_worth(ostinato, trained, corpus, tmp_path):
    process = ostinato("evaluate", trained[0], corpus, "--report", tmp_path / "report.html")
    assert process.returncode == 0, process.stderr
    page = (tmp_path / "report.html").read_text()
    assert "What memory is worth" in page
    assert "Temperature 0.5" in page


def test_generate_writes_without_torch_what_the_seed_decides(ostinato, trained):
    command = ("generate", trained[0], "--prompt", "to be", "--length", "40")
    process = ostinato(*command, without=("torch", "sklearn"))
    assert process.returncode == 0, process.stderr
    assert process.stdout.startswith("to be")
    assert len(process.stdout) == len("to be") + 40 + 1
    assert ostinato(*command, "--seed", "0").stdout == process.stdout
    assert ostinato(*command, "--stream").stdout == process.stdout
    assert ostinato(*command, "--seed", "1", "--temperature", "2").stdout != process.stdout


def test_several_samples_in_json(ostinato, trained):
    process = ostinato("generate", trained[0], "--samples", "3", "--length", "20", "--json")
    assert len(set(json.loads(process.stdout)["texts"])) > 1


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("--prompt", "☃"), 1, "the prompt has '☃', which the model has never read"),
        (("--stream", "--json"), 2, "--stream prints one text as it is written"),
        (("--temperature", "-1"), 2, "--temperature"),
    ],
)
def test_wrong_use_is_one_line(ostinato, trained, arguments, code, message):
    process = ostinato("generate", trained[0], *arguments)
    assert (process.returncode, process.stdout) == (code, "")
    assert message in process.stderr
    assert process.stderr.count("\n") == 1


def test_a_language_model_predicts_nothing_for_a_file(ostinato, trained, corpus):
    process = ostinato("predict", trained[0], corpus)
    assert process.returncode == 1
    assert "this is a language model, which has no answer for a file" in process.stderr


def test_a_classifier_does_not_write(ostinato, trained_on_texts):
    model, *_ = trained_on_texts
    process = ostinato("generate", model)
    assert process.returncode == 1
    assert "is a classify model; expected a language model" in process.stderr


def test_inspect_tells_what_it_is(ostinato, trained):
    process = ostinato("inspect", trained[0])
    assert "language: scores of" in process.stdout
    assert "yes, step by step" in process.stdout


def test_an_empty_corpus_is_one_line(ostinato, tmp_path):
    (tmp_path / "empty.txt").write_text("")
    process = ostinato("train", "language", tmp_path / "empty.txt", "--out", tmp_path / "model")
    assert process.returncode == 1
    assert process.stderr.count("\n") == 1
    assert "empty.txt" in process.stderr
