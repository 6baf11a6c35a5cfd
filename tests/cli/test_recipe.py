"""Recipe files: read by the options' types, refused with file and line."""

import pytest

from ostinato.cli.recipe import read_recipe
from ostinato.errors import ArgumentError
from ostinato.spec.classify import ClassifyOptions


@pytest.fixture
def read(tmp_path):
    """Return a function from a recipe's text to its options."""

    def read_text(text):
        path = tmp_path / "recipe.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_recipe(path, ClassifyOptions)

    return read_text


def test_groups_and_flat_names_may_be_mixed(read):
    text = "network:\n  cell: lstm\n  layers: 2\nlearning_rate: 1e-3\ndata: {inputs: [A, B], label: kind}\n"
    expected = {"cell": "lstm", "layers": 2, "learning_rate": 1e-3, "inputs": ("A", "B"), "label": "kind"}
    assert read(text) == expected


@pytest.mark.parametrize("word", ["1e-3", "1E-3", ".001", "0.001", "'1e-3'"])
def test_every_way_to_write_a_number_is_one(read, word):
    assert read(f"learning_rate: {word}") == {"learning_rate": 0.001}


@pytest.mark.parametrize("word", ["no", "on", "2024-01-01", "1e-3", "0x10", "1:30", "'null'", '"~"'])
def test_a_columns_name_is_text_whatever_it_looks_like(read, word):
    assert read(f"label: {word}") == {"label": word.strip("'\"")}


@pytest.mark.parametrize("word", ["", "~", "null"])
def test_null_is_chosen_from_the_data(read, word):
    assert read(f"layers: {word}") == {"layers": None}


def test_several_words_are_a_list_or_have_commas_between(read):
    assert read("pool: attention,max") == read("pool: [attention, max]") == {"pool": ("attention", "max")}


@pytest.mark.parametrize("text", ["", "# nothing\n", "network:\n", "{}"])
def test_an_empty_recipe_sets_nothing(read, text):
    assert read(text) == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("cell: gru\nepochs: 3\ncell: rnn\n", "line 3: 'cell' stands twice; keep one."),
        ("cell: gru\nnetwork:\n  cell: rnn\n", "line 3: cell stands twice; keep one."),
        (
            "epochs: 3\nhiden_size: 4\n",
            "line 2: there is no option 'hiden_size', did you mean 'hidden_size'?",
        ),
        ("network:\n  epochs: 4\n", "line 2: there is no option 'epochs' in network"),
        ("trainig:\n  epochs: 4\n", "line 1: there is no option 'trainig', did you mean 'training'?"),
        ("epochs: many\n", "line 1: epochs is 'many'; expected a whole number of at least 1."),
        ("epochs: 0\n", "line 1: epochs is 0; expected a whole number of at least 1."),
        (
            "vocabulary_size: null\n",
            "line 1: vocabulary_size is None; expected a whole number of at least 1.",
        ),
        ("cell: [gru]\n", "line 1: cell is a sequence; expected one of rnn, lstm, gru."),
        ("inputs: [[A]]\n", "line 1: inputs is a sequence; expected a list of texts."),
        ("cell: {a: b}\n", "line 1: cell is a mapping; expected one of rnn, lstm, gru."),
        ("- cell\n", "line 1: expected 'option: value' lines."),
        ("network: gru\n", "line 1: expected 'option: value' lines."),
        ("cell: 'gru\n", "this is no YAML"),
        (b"cell: \xff\n", "this is no YAML"),
        ("cell: !!python/object/apply:os.system [ls]\n", "line 1: cell is a sequence"),
        ("seed: &a [*a]\n", "line 1: seed is a sequence"),
    ],
)
def test_an_unfit_recipe_is_refused_with_its_line(read, text, message):
    with pytest.raises(ArgumentError, match=r"recipe\.yaml") as caught:
        read(text)
    assert message in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_deep_nesting_is_refused_and_not_a_crash(read):
    with pytest.raises(ArgumentError, match=r"recipe\.yaml"):
        read("cell: " + "[" * 100_000)


def test_a_missing_or_huge_recipe_is_refused(tmp_path, read):
    with pytest.raises(ArgumentError, match="cannot be read: No such file"):
        read_recipe(tmp_path / "none.yaml", ClassifyOptions)
    with pytest.raises(ArgumentError, match="larger than"):
        read("#" * (1 << 20) + "\n")
