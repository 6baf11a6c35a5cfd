"""The adaptive head in NumPy: the cheap path, torch's numbers, and what it refuses."""

import numpy as np
import pytest
import torch

from networks import ALL, executors, pack, sequences
from ostinato.errors import ArgumentError
from ostinato.runtime.adaptive_head import AdaptiveHead
from ostinato.spec.flow import Flow
from ostinato.spec.network import AdaptiveHead as Spec

MODEL = ALL["adaptive head"]


def head(spread=1.0, **options):
    spec, into = Spec(size=30, cutoffs=(5, 12, 29), factor=1.5, **options), Flow("steps", 8)
    generator = np.random.default_rng(0)
    weights = {name: generator.normal(0, spread, shape) for name, shape in spec.tensors(into).items()}
    return AdaptiveHead(spec, into, weights)


def rows(count):
    return np.random.default_rng(1).normal(size=(count, 8))


@pytest.mark.parametrize("targets", [range(30), [0], [29], [5, 11], []], ids=str)
def test_the_cheap_path_says_what_the_full_one_says(targets):
    targets = np.array(targets, np.int64)
    said = head().log_likelihood(rows(len(targets)), targets)
    expected = head().rows(rows(len(targets)))[np.arange(len(targets)), targets]
    np.testing.assert_allclose(said, expected, rtol=1e-12)


def test_probabilities_sum_to_one_however_large_the_scores_are():
    said = head(spread=300.0).rows(rows(9))
    np.testing.assert_allclose(np.exp(said).sum(axis=1), 1.0)
    assert np.isfinite(said.max(axis=1)).all()


def test_the_cheap_path_is_that_of_torch():
    in_torch, network = executors(MODEL)
    packed = pack(sequences(MODEL, [9, 4]))
    targets = np.random.default_rng(2).integers(0, 11, 13)
    before = network.run(packed, until="adaptive_head").data
    said = network.ops["adaptive_head"].log_likelihood(before, targets)
    with torch.no_grad():
        expected = in_torch.adaptive_head.log_likelihood(torch.from_numpy(before), torch.from_numpy(targets))
    assert said.dtype == np.float32
    np.testing.assert_allclose(said, expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("targets", [[30, 0], [-1, 0], [0.0, 1.0]])
def test_targets_that_are_no_words_are_refused(targets):
    with pytest.raises(ArgumentError, match="expected whole numbers from 0 to 29"):
        head().log_likelihood(rows(2), np.array(targets))


def test_as_many_targets_as_rows_are_expected():
    with pytest.raises(ArgumentError, match=r"targets has shape \(3,\); expected \(2\)"):
        head().log_likelihood(rows(2), np.array([1, 2, 3]))
    with pytest.raises(ArgumentError, match=r"rows has shape \(2, 7\); expected \(N, 8\)"):
        head().log_likelihood(rows(2)[:, 1:], np.array([1, 2]))
