"""The conditional random field in NumPy: what a stream keeps, against all label sequences one by one."""

from itertools import product

import numpy as np
import pytest

from networks import ALL, alone, executors, sequences
from ostinato.decode.viterbi import Transitions, viterbi
from ostinato.runtime.crf import Crf
from ostinato.spec.flow import Flow
from ostinato.spec.network import Crf as Spec

LABELS = 3


def crf(seed=0):
    generator = np.random.default_rng(seed)
    spec, into = Spec(), Flow("steps", LABELS)
    return Crf(spec, into, {name: generator.normal(size=shape) for name, shape in spec.tensors(into).items()})


def scores(steps, streams=1, seed=1):
    return np.random.default_rng(seed).normal(size=(steps, streams, LABELS))


def worth(op, rows, path):
    """Return the score of one label sequence, were it to end there."""
    between, start, end = op.weights
    path = np.array(path)
    moves = between[path[:-1], path[1:]].sum()
    return start[path[0]] + end[path[-1]] + moves + rows[np.arange(len(path)), path].sum()


def best_by_last_label(op, rows):
    """Return, for each last label, the score of the best label sequence that ends in it, (C,)."""
    best = np.full(LABELS, -np.inf)
    for path in product(range(LABELS), repeat=len(rows)):
        best[path[-1]] = max(best[path[-1]], worth(op, rows, path))
    return best


@pytest.mark.parametrize("seed", range(4))
def test_after_each_step_the_best_paths_of_the_prefix_are_told_by_their_last_label(seed):
    op, rows = crf(seed), scores(6, seed=seed)
    said = op.prefix_scores(op.start(1), rows)[:, 0]
    for step in range(6):
        expected = best_by_last_label(op, rows[: step + 1, 0])
        np.testing.assert_allclose(said[step] - said[step].max(), expected - expected.max(), atol=1e-12)


def test_the_state_holds_what_was_said_last():
    op, rows = crf(), scores(5)
    state, passed = op.push(op.start(1), rows)
    np.testing.assert_array_equal(passed, rows)
    np.testing.assert_array_equal(state["best"] + op.weights[2], op.prefix_scores(op.start(1), rows)[-1])
    assert state["best"].max() == 0.0
    assert state["count"].tolist() == [5]


@pytest.mark.parametrize("cut", range(6))
def test_chunks_go_on_as_the_whole(cut):
    op, rows = crf(), scores(5, streams=2)
    before, _ = op.push(op.start(2), rows[:cut])
    parts = [op.prefix_scores(op.start(2), rows[:cut]), op.prefix_scores(before, rows[cut:])]
    np.testing.assert_array_equal(np.concatenate(parts), op.prefix_scores(op.start(2), rows))


def test_streams_of_different_ages_run_side_by_side():
    op, rows = crf(), scores(4, streams=2)
    old, _ = op.push(op.start(1), rows[:2, :1])
    fresh = op.start(1)
    state = {name: np.concatenate([old[name], fresh[name]]) for name in old}
    said = op.prefix_scores(state, rows[2:])
    np.testing.assert_array_equal(said[:, 0], op.prefix_scores(old, rows[2:, :1])[:, 0])
    np.testing.assert_array_equal(said[:, 1], op.prefix_scores(fresh, rows[2:, 1:])[:, 0])


def test_nothing_grows_with_the_length():
    op = crf()
    rows = np.full((20_000, 1, LABELS), 1e4) + scores(20_000)
    state, _ = op.push(op.start(1), rows)
    assert np.abs(state["best"]).max() < 100


@pytest.mark.parametrize("seed", range(5))
def test_the_highest_is_at_the_last_label_that_the_decoder_finds_for_every_prefix(seed):
    op, rows = crf(seed), scores(40, seed=seed)
    said = op.prefix_scores(op.start(1), rows)[:, 0]
    for step in range(40):
        labels, _ = viterbi(rows[: step + 1, 0], Transitions(*op.weights))
        assert said[step].argmax() == labels[-1]


def test_a_network_gives_the_decoder_what_it_needs_whole_or_in_steps():
    spec = ALL["crf"]
    in_torch, network = executors(spec)
    (array,) = sequences(spec, [7])
    op = network.ops["crf"]
    for name, weight in zip(("transitions", "start", "end"), op.weights, strict=True):
        np.testing.assert_array_equal(weight, in_torch.crf.get_parameter(name).detach())
    state, said = network.push(network.start(1), array[:, None])
    labels, _ = viterbi(alone(network, array), Transitions(*op.weights))
    np.testing.assert_array_equal(viterbi(said[:, 0], Transitions(*op.weights))[0], labels)
    assert np.argmax(state["crf.best"][0] + op.weights[2]) == labels[-1]
