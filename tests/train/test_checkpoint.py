"""A checkpoint gives back what was put in, number for number."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ostinato.spec.record import Epoch
from ostinato.train.checkpoint import Checkpoint, Checkpoints, State
from ostinato.train.fingerprint import Fingerprint
from ostinato.train.loop import Sums
from train import toy


def state(loss=0.1):
    fingerprint = Fingerprint(
        task="classify", options=toy.options(), data_sha256="0", initial_sha256=None, versions={}
    )
    epoch = Epoch(
        stage="train", epoch=1, train_loss=loss, valid_loss=None, valid_metric=1 / 3, learning_rate=1e-3,
        gradient_norm=0.3, seconds=1.0, sequences_per_second=8.0,
    )  # fmt: skip
    return State(
        fingerprint=fingerprint, overwrite=False, stage=0, sums=Sums(loss=loss, steps=3), rows=(epoch,),
        earlier=0,
        scores=({"accuracy": 1 / 3},), flows=(),
        chosen_epoch=None, chosen_scores={}, unknown_rate=None,
        numbers=({},), seconds=0.5,
    )  # fmt: skip


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_running_sums_survive_json_to_the_last_bit(loss):
    again = State.model_validate_json(state(loss).model_dump_json())
    assert again == state(loss)
    assert np.float64(again.sums.loss).tobytes() == np.float64(loss).tobytes()


def test_tensors_of_every_kind_come_back(tmp_path):
    tensors = {
        "0.network.a": np.array([[1.5, -0.0]], np.float32),
        "0.optimizer.step.a": np.array(7.0, np.float32),
        "0.network.count": np.array(3, np.int64),
        "best.empty": np.zeros((0, 2), np.float32),
    }
    checkpoints = Checkpoints(tmp_path / "checkpoints")
    checkpoints.save(Checkpoint(state(), tensors))
    found = checkpoints.newest(print)
    assert found.state == state()
    assert {name: (x.dtype, x.shape, x.tobytes()) for name, x in found.tensors.items()} == {
        name: (x.dtype, x.shape, x.tobytes()) for name, x in tensors.items()
    }


def test_there_is_none_where_nothing_was_saved(tmp_path):
    assert Checkpoints(tmp_path / "checkpoints").newest(print) is None


def test_the_newest_is_the_highest_number_whatever_the_clock_says(tmp_path):
    checkpoints = Checkpoints(tmp_path)
    for loss in (1.0, 2.0, 3.0):
        checkpoints.save(Checkpoint(state(loss), {}))
    assert [path.name for path in checkpoints.present()] == ["00000002", "00000003"]
    (tmp_path / "00000002").touch()
    assert checkpoints.newest(print).state.sums.loss == 3.0
