"""A run's fingerprint changes with whatever its weights depend on."""

from dataclasses import replace

import numpy as np
import pytest

from ostinato.errors import ResumeError
from ostinato.train.fingerprint import Fingerprint, data_sha256, require_same
from train import toy

DATA = toy.sequences(4)
CHANGES = {
    "value": replace(DATA, values=[DATA.values[0] + np.float32(1e-6), *DATA.values[1:]]),
    "shape": replace(DATA, values=[DATA.values[0].reshape(1, -1), *DATA.values[1:]]),
    "label": replace(DATA, labels=["up", *DATA.labels[1:]]),
    "id": replace(DATA, ids=["x", *DATA.ids[1:]]),
    "order": DATA.select(np.array([1, 0, 2, 3])),
    "channel": replace(DATA, channels=("a", "z")),
    "fewer": DATA.select(np.arange(3)),
}


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_of_the_data_changes_it(change):
    assert data_sha256(CHANGES[change], None) != data_sha256(DATA, None)


def test_where_training_ends_and_validation_begins_counts():
    first, second = DATA.select(np.arange(2)), DATA.select(np.arange(2, 4))
    assert len({data_sha256(DATA, None), data_sha256(first, second), data_sha256(second, first)}) == 3


def test_text_and_names_that_utf8_cannot_hold_have_a_fingerprint():
    text = replace(DATA, kind="text", values=["a\udcff", "b", "c", "d"], channels=())
    assert len(data_sha256(text)) == 64


def test_the_difference_is_listed_whole():
    one = Fingerprint(
        task="classify",
        options=toy.options(),
        data_sha256="a" * 64,
        initial_sha256=None,
        versions={"torch": "2.6"},
    )
    other = Fingerprint(
        task="classify",
        options=toy.options(seed=3, network={"cell": "lstm"}),
        data_sha256="b" * 64,
        initial_sha256="c" * 64,
        versions={"torch": "2.7"},
    )
    require_same(one, one)
    with pytest.raises(ResumeError) as found:
        require_same(one, other)
    for part in (
        "network.cell was gru and is now lstm",
        "training.seed was 0 and is now 3",
        "the data was sha256 aaaaaaaaaaaa… and is now bbbbbbbbbbbb…",
        "the model to start from was none and is now sha256 cccccccccccc…",
        "the version of torch was 2.6 and is now 2.7",
    ):
        assert part in str(found.value)
