"""Which sequences train and which validate."""

import numpy as np
import pytest

from ostinato.errors import OstinatoWarning
from ostinato.tasks.classify import CLASSIFY
from train import toy

DATA = toy.sequences(30)


def stages(**data):
    return CLASSIFY.plan(DATA, None, toy.options(data=data))


def test_folds_come_first_and_then_all_sequences():
    folds, final = stages(folds=3)
    assert (folds.name, final.name) == ("folds", "final")
    validated = [name for part in folds.parts for name in part.valid.ids]
    assert sorted(validated) == sorted(DATA.ids)
    assert all(not set(part.train.ids) & set(part.valid.ids) for part in folds.parts)
    assert (final.parts[0].train, final.parts[0].valid) == (DATA, None)


def test_a_part_is_held_out_in_proportion():
    (stage,) = stages(valid_fraction=0.2)
    (part,) = stage.parts
    assert (stage.name, sorted(part.valid.labels)) == ("train", ["down"] * 3 + ["up"] * 3)
    assert sorted(part.train.ids + part.valid.ids) == sorted(DATA.ids)


def test_nothing_is_held_out_on_request():
    (stage,) = stages(valid_fraction=0.0)
    assert (stage.parts[0].train, stage.parts[0].valid) == (DATA, None)


@pytest.mark.parametrize("data", [{"folds": 3}, {"valid_fraction": 0.2}])
def test_the_seed_alone_decides(data):
    one, same = (stages(**data)[0].parts[0].valid.ids for _ in range(2))
    other = CLASSIFY.plan(DATA, None, toy.options(data=data, seed=1))[0].parts[0].valid.ids
    assert one == same
    assert one != other


def test_d18_validation_sequences_that_are_training_sequences_are_warned_of():
    with pytest.warns(OstinatoWarning, match="2 of 2 validation sequences, such as 's3', are also among"):
        CLASSIFY.plan(DATA, DATA.select(np.array([3, 5])), toy.options())
