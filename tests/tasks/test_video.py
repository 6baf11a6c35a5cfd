"""Training on clips: every batch is a function of seed, epoch and step, wherever one begins."""

import numpy as np
import pytest

import videos
from ostinato.errors import ArgumentError
from ostinato.read.sequences import Sequences
from ostinato.spec.classify import ClassifyNetwork, ClassifyOptions, ClassifyTraining
from ostinato.spec.network import Convolution, FrameConvolution, Network
from ostinato.spec.options import SequenceData
from ostinato.tasks.classify import CLASSIFY
from ostinato.tasks.sampled import Sampled

OPTIONS = ClassifyOptions(
    data=SequenceData(folds=0, valid_fraction=0.0),
    network=ClassifyNetwork(hidden_size=8),
    training=ClassifyTraining(batch_size=2),
)


def problem(data=None, **training):
    data = videos.clips() if data is None else data
    options = OPTIONS.model_copy(update={"training": OPTIONS.training.model_copy(update=training)})
    return CLASSIFY.problem(data, data, CLASSIFY.resolve(data, options))


def inputs(problem, epoch, steps=None):
    batches = problem.epoch(epoch)
    wanted = range(len(batches)) if steps is None else steps
    return [problem._batch(*batches[step].content)[0].data.numpy() for step in wanted]


def test_a_run_that_goes_on_in_the_middle_sees_what_it_would_have_seen():
    whole, later = inputs(problem(), 3), inputs(problem(), 3, range(2, 4))
    for one, other in zip(whole[2:], later, strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_plan_of_an_epoch_is_drawn_once(monkeypatch):
    made, drawn = problem(), []
    draw = Sampled._draw
    monkeypatch.setattr(Sampled, "_draw", lambda self, number: drawn.append(number) or draw(self, number))
    inputs(made, 2)
    assert drawn == [2]


def test_batches_may_be_asked_for_in_any_order():
    whole, backward = inputs(problem(), 0), inputs(problem(), 0, [3, 1, 2, 0])
    for step, rows in zip([3, 1, 2, 0], backward, strict=True):
        np.testing.assert_array_equal(rows, whole[step])


def test_clips_are_changed_anew_in_every_epoch_and_by_every_seed():
    def rows_of(epoch, **training):
        return np.sort(np.concatenate(inputs(problem(**training), epoch)).sum(axis=1))

    first = rows_of(0)
    np.testing.assert_array_equal(rows_of(0), first)
    assert not np.array_equal(rows_of(1), first)
    assert not np.array_equal(rows_of(0, seed=1), first)
    still = {"clip_shift": 0.0, "clip_brightness": 0.0}
    np.testing.assert_allclose(rows_of(1, **still), rows_of(0, **still), rtol=1e-6)


def test_validation_and_the_probe_are_never_changed():
    made = problem()
    probe = made.probe().input.data.numpy()
    np.testing.assert_array_equal(made.probe().input.data.numpy(), probe)
    order = [np.array([0])]
    (valid,) = made.valid.batches(order)
    expected = made.preprocessor.apply(videos.clips())[0]
    np.testing.assert_array_equal(valid.data.numpy(), expected)


def test_the_network_looks_at_each_frame_and_then_at_what_moves():
    network: Network = problem().network
    assert network.input_size == 144
    kinds = [type(op) for op in network.ops[:5]]
    assert kinds[:3] == [FrameConvolution] * 3
    assert kinds[4] == Convolution
    assert network.why_not_stream() is None


def test_the_form_that_was_read_is_what_the_recipe_records():
    resolved = CLASSIFY.resolve(videos.clips(), OPTIONS)
    assert (resolved.data.frame_size, resolved.data.frame_rate, resolved.data.colour) == (12, None, False)


def test_windows_are_for_numbers():
    data = OPTIONS.data.model_copy(update={"window": 2})
    with pytest.raises(ArgumentError, match="window is 2, and the data is video"):
        CLASSIFY.resolve(videos.clips(), OPTIONS.model_copy(update={"data": data}))


def series(count=6, steps=20):
    random = np.random.default_rng(0)
    values = [random.normal(size=(steps, 2)).astype(np.float32) for _ in range(count)]
    return Sequences("series", values, [f"r{i}" for i in range(count)], list("ab" * (count // 2)), ("x", "y"))


def test_windows_of_one_recording_never_train_and_validate():
    data = SequenceData(window=5, folds=3)
    options = CLASSIFY.resolve(series(), ClassifyOptions(data=data, network=ClassifyNetwork(hidden_size=4)))
    assert options.data.stride == 2
    for part in CLASSIFY.plan(series(), None, options)[0].parts:
        assert not {*part.train.ids} & {*part.valid.ids}
        made = CLASSIFY.problem(part.train, part.valid, options)
        assert set(made.train.lengths) == {5}
        assert len(made.train) > 4 * len(part.train)


def test_a_stride_needs_a_window():
    options = ClassifyOptions(data=SequenceData(stride=2))
    with pytest.raises(ArgumentError, match="stride is 2, and there is no window"):
        CLASSIFY.resolve(series(), options)
