"""The conditional random field against all label sequences one by one."""

from itertools import product

import pytest
import torch
from torch.nn.utils.rnn import PackedSequence, pack_sequence

from ostinato.decode.viterbi import Transitions, log_partition, viterbi
from ostinato.nn.crf import Crf
from ostinato.spec.flow import Flow
from ostinato.spec.network import Crf as Spec

LENGTHS = [(5, 5, 3, 2, 1, 1), (4, 4), (1,), (1, 1), (6,)]


def crf(labels=3, spread=1.0):
    torch.manual_seed(0)
    op = Crf(Spec(), Flow("steps", labels)).double()
    for parameter in op.parameters():
        torch.nn.init.normal_(parameter, std=spread)
    return op


def problem(lengths, labels=3, seed=1):
    torch.manual_seed(seed)
    scores = [torch.randn(length, labels, dtype=torch.double, requires_grad=True) for length in lengths]
    wanted = [torch.randint(labels, (length,)) for length in lengths]
    return scores, wanted


def worth(op, scores, path):
    """Return the score of one label sequence."""
    total = op.start[path[0]] + op.end[path[-1]]
    for t, label in enumerate(path):
        total = total + scores[t, label]
        if t:
            total = total + op.transitions[path[t - 1], label]
    return total


def enumerated(op, scores, labels):
    """Return -log p of one label sequence by looking at every other one."""
    every = [worth(op, scores, path) for path in product(range(scores.shape[1]), repeat=len(scores))]
    return torch.logsumexp(torch.stack(every), 0) - worth(op, scores, labels.tolist())


@pytest.mark.parametrize("lengths", LENGTHS, ids=str)
def test_values_and_gradients_are_those_of_enumeration(lengths):
    op = crf()
    scores, wanted = problem(lengths)
    leaves = [*scores, *op.parameters()]
    expected = torch.stack([enumerated(op, e, y) for e, y in zip(scores, wanted, strict=True)])
    actual = op.negative_log_likelihood(pack_sequence(scores), pack_sequence(wanted).data)
    assert actual.shape == (len(lengths),)
    torch.testing.assert_close(actual, expected)
    cotangent = torch.randn_like(expected)
    options = {"allow_unused": True, "materialize_grads": True}
    torch.testing.assert_close(
        torch.autograd.grad(actual, leaves, cotangent, **options),
        torch.autograd.grad(expected, leaves, cotangent, **options),
    )


def test_it_passes_gradcheck_to_the_second_order():
    op = crf()
    scores, wanted = problem((4, 2, 1))
    packed, labels = pack_sequence(scores), pack_sequence(wanted).data

    def loss(rows, transitions, start, end):
        weights = {"transitions": transitions, "start": start, "end": end}
        call = Likelihood(op)
        renamed = {f"op.{name}": weight for name, weight in weights.items()}
        return torch.func.functional_call(call, renamed, (PackedSequence(rows, packed.batch_sizes), labels))

    leaves = [packed.data.detach().requires_grad_(), *op.parameters()]
    assert torch.autograd.gradcheck(loss, leaves)
    assert torch.autograd.gradgradcheck(loss, leaves)


class Likelihood(torch.nn.Module):
    """Calls the likelihood, so that ``functional_call`` reaches it."""

    def __init__(self, op):
        super().__init__()
        self.op = op

    def forward(self, scores, labels):
        return self.op.negative_log_likelihood(scores, labels)


def test_probabilities_of_all_label_sequences_sum_to_one():
    op = crf(labels=2)
    (scores,), _ = problem((4,), labels=2)
    paths = list(product(range(2), repeat=4))
    packed = pack_sequence([scores] * len(paths))
    labels = pack_sequence([torch.tensor(path) for path in paths]).data
    total = torch.exp(-op.negative_log_likelihood(packed, labels)).sum()
    torch.testing.assert_close(total, torch.tensor(1.0).double())


def test_a_sequence_is_worth_alone_what_it_is_worth_in_a_batch():
    op = crf()
    scores, wanted = problem((7, 4, 4, 2))
    together = op.negative_log_likelihood(pack_sequence(scores), pack_sequence(wanted).data)
    for e, y, value in zip(scores, wanted, together, strict=True):
        torch.testing.assert_close(op.negative_log_likelihood(pack_sequence([e]), y)[0], value)


def test_the_best_labels_of_the_decoder_are_as_likely_as_it_says():
    op = crf()
    scores, _ = problem((9, 6, 6, 1))
    packed = pack_sequence(scores)
    rows, sizes = packed.data.detach().numpy(), packed.batch_sizes.numpy()
    transitions = Transitions(*(weight.detach().numpy() for weight in (op.transitions, op.start, op.end)))
    labels, best = viterbi(rows, transitions, sizes)
    loss = op.negative_log_likelihood(packed, torch.from_numpy(labels))
    expected = log_partition(rows, transitions, sizes) - best
    torch.testing.assert_close(loss.detach(), torch.from_numpy(expected))


def test_forbidden_moves_and_large_scores_neither_overflow_nor_lose_the_gradient():
    op = crf()
    with torch.no_grad():
        op.transitions[0, 1] = -1e4
    rows = torch.tensor([[900.0, -900.0, 0.0]] * 60).double().requires_grad_()
    loss = op.negative_log_likelihood(pack_sequence([rows]), torch.zeros(60, dtype=torch.int64))
    loss.sum().backward()
    assert 0 <= loss.item() < 1e-6
    assert all(parameter.grad.isfinite().all() for parameter in op.parameters())


def test_scores_pass_unchanged_and_a_fresh_one_is_a_softmax_a_step():
    op = Crf(Spec(), Flow("steps", 4))
    scores, wanted = problem((5, 2), labels=4)
    packed, labels = pack_sequence(scores), pack_sequence(wanted).data
    assert op(packed) is packed
    loss = op.double().negative_log_likelihood(packed, labels)
    steps = torch.nn.functional.cross_entropy(packed.data, labels, reduction="sum")
    torch.testing.assert_close(loss.sum(), steps)
