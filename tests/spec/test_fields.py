"""Options, field by field: what a value may be, in words and in fact."""

import numpy as np
import pytest

from ostinato.errors import ArgumentError
from ostinato.spec.classify import ClassifyOptions
from ostinato.spec.fields import assemble, fields, flat, nearest

FIELDS = fields(ClassifyOptions)


def test_every_field_of_every_group_is_there_in_order():
    groups = {name: info.annotation for name, info in ClassifyOptions.model_fields.items()}
    expected = [(group, name) for group, owner in groups.items() for name in owner.model_fields]
    assert [(field.group, field.name) for field in FIELDS.values()] == expected


def test_every_field_says_what_it_is_for():
    assert [field.name for field in FIELDS.values() if not field.description] == []


def test_defaults_pass_their_own_check():
    for field in FIELDS.values():
        assert field.check(field.default) == field.default, field.name


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("learning_rate", "1e-3", 1e-3),
        ("clip_norm", "2", 2.0),
        ("layers", "3", 3),
        ("cell", "lstm", "lstm"),
        ("pool", "attention,max", ("attention", "max")),
        ("inputs", "A", ("A",)),
        ("lowercase", "false", False),
        ("label", "1e-3", "1e-3"),
        ("seed", str(2**63 - 1), 2**63 - 1),
    ],
)
def test_text_is_read_by_the_options_type(name, text, value):
    assert FIELDS[name].parse(text) == value
    assert type(FIELDS[name].parse(text)) is type(value)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("layers", "0", "layers is 0; expected a whole number from 1 to 64."),
        ("layers", "65", "layers is 65; expected a whole number from 1 to 64."),
        ("layers", "2.0", "layers is '2.0'; expected a whole number from 1 to 64."),
        ("learning_rate", "0", "learning_rate is 0.0; expected a number above 0."),
        ("learning_rate", "nan", "learning_rate is nan; expected a number above 0."),
        ("learning_rate", "inf", "learning_rate is inf; expected a number above 0."),
        ("dropout", "1", "dropout is 1.0; expected a number of at least 0 and below 1."),
        ("cell", "gnu", "cell is 'gnu'; expected one of rnn, lstm, gru."),
        ("pool", "max,foo", "pool is 'max,foo'; expected one or more of last, mean, max, attention."),
        ("pool", "max,max", "pool is 'max,max'; expected no name twice."),
        ("inputs", "A,,B", "inputs is 'A,,B'; expected names with commas between, none of them empty."),
        ("lowercase", "yes", "lowercase is 'yes'; expected true or false."),
        ("seed", str(2**63), f"seed is {2**63}; expected a whole number of at least 0 and below {2**63}."),
    ],
)
def test_an_unfit_text_is_refused_with_what_was_expected(name, text, message):
    with pytest.raises(ArgumentError) as caught:
        FIELDS[name].parse(text)
    assert str(caught.value) == message


@pytest.mark.parametrize("value", [np.int64(2), np.int32(2), np.uint8(2), np.array(2)])
def test_numpy_whole_numbers_become_pythons(value):
    assert type(FIELDS["layers"].check(value)) is int


def test_numpy_numbers_texts_and_truth_values_become_pythons():
    assert type(FIELDS["dropout"].check(np.float32(0.5))) is float
    assert type(FIELDS["cell"].check(np.str_("gru"))) is str
    assert FIELDS["bidirectional"].check(np.bool_(True)) is True


@pytest.mark.parametrize("value", [["last", "max"], ("last", "max"), "last,max"])
def test_several_words_may_come_in_any_list(value):
    assert FIELDS["pool"].check(value) == ("last", "max")


@pytest.mark.parametrize("value", [True, 1.5, "2", None, [1]])
def test_a_whole_number_is_nothing_else(value):
    with pytest.raises(ArgumentError, match=r"vocabulary_size is .*; expected a whole number of at least 1"):
        FIELDS["vocabulary_size"].check(value)


def test_options_go_flat_and_back():
    options = assemble(ClassifyOptions, {"cell": "rnn", "seed": 3, "pool": ("last",)})
    assert (options.network.cell, options.training.seed, options.network.pool) == ("rnn", 3, ("last",))
    assert assemble(ClassifyOptions, flat(options)) == options


def test_a_close_name_is_proposed_and_a_far_one_is_not():
    assert nearest("hiden_size", FIELDS) == ", did you mean 'hidden_size'?"
    assert nearest("xyz", FIELDS) == ""
