"""Training on piano rolls: which part validates, what a frame costs, how rolls are transposed."""

import numpy as np
import pytest
import torch
from torch.nn.utils.rnn import PackedSequence

import piano_rolls
from ostinato.answers.rolls import score
from ostinato.errors import ArgumentError, DataError
from ostinato.nn.network import Network
from ostinato.preprocess.rolls import before
from ostinato.spec.options import DataOptions
from ostinato.spec.rolls import RollNetwork, RollOptions, RollTraining
from ostinato.tasks.rolls import ROLLS, transposed


def options(*, fraction=None, network=None, **training):
    shape = {"hidden_size": 8, "layers": 1, "dropout": 0.0, "input_dropout": 0.0, "weight_dropout": 0.0}
    chosen = {"epochs": 2, "batch_size": 4, "threads": 1, "transpose": 0, **training}
    return RollOptions(
        data=DataOptions(valid_fraction=fraction),
        network=RollNetwork(**(shape | (network or {}))),
        training=RollTraining(**chosen),
    )


def planned(data, valid=None, **given):
    resolved = ROLLS.resolve(data, options(**given))
    (stage,) = ROLLS.plan(data, valid, resolved)
    (part,) = stage.parts
    return part


def problem(data, valid=None, **given):
    return ROLLS.problem(data, valid, ROLLS.resolve(data, options(**given)))


def network(one):
    torch.manual_seed(0)
    return Network(one.network).eval()


def test_the_parts_of_a_file_train_and_validate():
    data = piano_rolls.rolls(3, 4, 5, 6, parts=["train", "valid", "test", "train"])
    part = planned(data)
    assert (part.train.ids, part.valid.ids) == (["0", "3"], ["1"])


def test_without_parts_a_fraction_is_held_out():
    part = planned(piano_rolls.rolls(*[3] * 20))
    assert (len(part.train), len(part.valid)) == (17, 3)


def test_a_fraction_that_is_asked_for_comes_from_the_training_part():
    data = piano_rolls.rolls(3, 4, 5, 6, parts=["train", "valid", "train", "train"])
    part = planned(data, fraction=0.34)
    assert len(part.valid) == 1
    assert set(part.train.ids + part.valid.ids) == {"0", "2", "3"}
    assert planned(data, fraction=0.0).valid is None


def test_another_file_validates_by_its_own_part():
    other = piano_rolls.rolls(7, 8, parts=["test", "valid"])
    assert planned(piano_rolls.rolls(3, 4), other, fraction=0.0).valid.ids == ["1"]


def test_a_file_without_a_training_part_is_refused():
    with pytest.raises(DataError, match="have parts, but none called train"):
        planned(piano_rolls.rolls(3, parts=["test"]))


def test_an_unknown_metric_is_refused():
    with pytest.raises(ArgumentError, match="metric is 'f1'; choose one of loss, accuracy"):
        planned(piano_rolls.rolls(3, 4), metric="f1")


def test_a_batch_costs_the_negative_log_likelihood_of_all_its_frames():
    data = piano_rolls.rolls(3, 9, 5, 5)
    one = problem(data)
    net = network(one)
    (batch,) = one.epoch(0)
    with torch.no_grad():
        loss = one.loss(net, batch, {})
        logits = [
            net(torch.nn.utils.rnn.pack_sequence([torch.from_numpy(before(roll))])).data.numpy()
            for roll in data.values
        ]
    wanted = score(logits, data.values)
    assert loss.weight == wanted.frames == one.steps == 22
    assert loss.total.item() / loss.weight == pytest.approx(wanted.nats_per_frame, rel=1e-5)


def test_validation_does_not_depend_on_the_batch_size():
    data = piano_rolls.rolls(3, 9, 5, 2, 8)
    found = []
    for size in (1, 2, 5):
        one = problem(data, data, batch_size=size, transpose=5)
        with torch.inference_mode():
            found.append(one.validate(network(one)))
    assert found[0]["loss"] == pytest.approx(found[1]["loss"], rel=1e-6)
    assert found[0] == pytest.approx(found[2], rel=1e-6)


def both(*rolls):
    """Return rolls, longest first, as a batch of what is read and what follows."""
    return torch.nn.utils.rnn.pack_sequence(
        [torch.from_numpy(np.concatenate([before(roll), roll.astype(np.float32)], axis=1)) for roll in rolls]
    )


def test_what_is_read_is_transposed_as_what_follows():
    high, low = piano_rolls.roll(6, 1), piano_rolls.roll(4, 2)
    moved = transposed(both(high, low), torch.tensor([[3, 3], [-2, -2]]))
    up, down = np.roll(high, 3, axis=1), np.roll(low, -2, axis=1)
    torch.testing.assert_close(moved.data, both(up, down).data)


def test_no_transposition_is_no_change():
    batch = both(piano_rolls.roll(6))
    assert transposed(batch, torch.zeros(1, 2, dtype=torch.int64)) is batch


def test_no_key_leaves_the_keyboard_and_every_semitone_comes_up():
    data = piano_rolls.rolls(40, 40)
    data.values[0][:] = 0
    data.values[0][:, [2, 84]] = 1
    data.values[1][:] = 0
    one = problem(data, transpose=6)
    assert one.room.tolist() == [[-2, 3], [-6, 6]]
    lowest = []
    for seed in range(200):
        torch.manual_seed(seed)
        moved = transposed(one.train.batch(np.array([0])), one.room[:1])
        frames = moved.data[:, 89:]
        assert frames.sum() == 80
        lowest.append(int(frames[0].nonzero()[0]))
    assert set(lowest) == {0, 1, 2, 3, 4, 5}


def test_torchs_generator_decides_how_a_batch_is_transposed():
    one = problem(piano_rolls.rolls(*[9] * 4), transpose=12)
    net = network(one)
    (batch,) = one.epoch(0)
    losses = []
    for seed in (0, 0, 1):
        torch.manual_seed(seed)
        with torch.no_grad():
            losses.append(one.loss(net, batch, {}).total.item())
    assert losses[0] == losses[1] != losses[2]


def test_the_probe_asks_for_the_frame_after_sequences_of_one_length():
    one = problem(piano_rolls.rolls(5, 9, 7, 40, 50))
    probe = one.probe()
    assert isinstance(probe.input, PackedSequence)
    sizes = probe.input.batch_sizes.tolist()
    assert sizes == [4] * 7
    seeds = {4: 50, 3: 40, 1: 9, 2: 7}  # the four longest
    wanted = np.stack([piano_rolls.roll(frames, seed)[6] for seed, frames in seeds.items()])
    assert (probe.targets.numpy() == wanted).all()
