"""Restarts inside a sequence: what running the pieces one by one gives."""

from itertools import pairwise

import pytest
import torch
from torch.nn.utils.rnn import pack_padded_sequence

from helpers import assert_same, flat, normal, outputs_and_gradients
from ostinato import nn
from ostinato.errors import ArgumentError

KINDS = ["RNN", "LSTM", "GRU"]
STEPS, BATCH, LENGTHS = 9, 4, [9, 4, 7, 1]


def random_mask(seed: int, chance: float = 0.35) -> torch.Tensor:
    return torch.rand(STEPS, BATCH, generator=torch.Generator().manual_seed(seed)) < chance


def piecewise(layer, x, states, mask, lengths):
    """Run every sequence piece by piece, alone; the oracle of resets.

    Layer by layer and direction by direction, for in a stack no state crosses a boundary in any layer.
    """
    outputs, lasts = [], []
    for b, length in enumerate(lengths):
        cuts = [0, *(t for t in range(1, length) if mask[t, b]), length]
        pieces = []
        for start, end in pairwise(cuts):
            initial = [s[:, b].clone() for s in states]
            for s in initial:
                if start > 0 or mask[0, b]:
                    s[0::2] = 0  # forward
                if end < length:
                    s[1::2] = 0  # reverse
            hx = tuple(initial) if len(initial) == 2 else initial[0]
            pieces.append(layer(x[start:end, b], hx, backend="reference"))
        outputs.append(torch.cat([piece[0] for piece in pieces]))
        ends = [flat(pieces[i][1]) for i in (-1, 0)]
        lasts.append(
            [
                torch.stack([(fwd if row % 2 == 0 else rev)[row] for row in range(fwd.shape[0])])
                for fwd, rev in zip(*ends, strict=True)
            ]
        )
    padded = torch.nn.utils.rnn.pad_sequence(outputs)
    return [padded, *(torch.stack(parts, dim=1) for parts in zip(*lasts, strict=True))]


@pytest.mark.parametrize("ragged", [False, True])
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", KINDS)
def test_resets_give_what_the_pieces_give_alone(backend, kind, seed, ragged):
    torch.manual_seed(seed)
    layer = getattr(nn, kind)(3, 4, 2, bidirectional=True, dtype=torch.float64)
    mask, lengths = random_mask(seed), LENGTHS if ragged else [STEPS] * BATCH
    inputs = [normal((STEPS, BATCH, 3)), *(normal((4, BATCH, 4)) for _ in range(1 + (kind == "LSTM")))]

    def ours(x, *states):
        hx = states if kind == "LSTM" else states[0]
        return layer(x, hx, reset=mask, lengths=lengths if ragged else None, backend=backend)

    def oracle(x, *states):
        return piecewise(layer, x, states, mask, lengths)

    assert_same(outputs_and_gradients(ours, inputs), outputs_and_gradients(oracle, inputs), torch.float64)


def test_reset_at_the_first_step_drops_the_forward_initial_state_alone():
    layer, x, h = nn.GRU(3, 4, bidirectional=True), torch.randn(5, 2, 3), torch.randn(2, 2, 4)
    mask = torch.zeros(5, 2, dtype=torch.bool)
    mask[0] = True
    expected = layer(x, torch.stack([torch.zeros(2, 4), h[1]]))
    torch.testing.assert_close(layer(x, h, reset=mask), expected)


def test_without_initial_states_the_pieces_start_from_zero():
    layer, x = nn.LSTM(3, 4), torch.randn(6, 1, 3)
    mask = torch.tensor([False, False, False, True, False, False])[:, None]
    output, (h, c) = layer(x, reset=mask)
    first, second = layer(x[:3]), layer(x[3:])
    torch.testing.assert_close(output, torch.cat([first[0], second[0]]))
    torch.testing.assert_close((h, c), second[1])


@pytest.mark.parametrize("kind", KINDS)
def test_every_form_of_a_batch_takes_a_mask_of_its_own_form(kind):
    layer, x, mask = getattr(nn, kind)(3, 4), torch.randn(STEPS, BATCH, 3), random_mask(5)
    first = getattr(nn, kind)(3, 4, batch_first=True)
    first.load_state_dict(layer.state_dict())
    expected, _ = layer(x, reset=mask, lengths=LENGTHS)
    batch_first, _ = first(x.transpose(0, 1), reset=mask.T, lengths=LENGTHS)
    torch.testing.assert_close(batch_first.transpose(0, 1), expected)
    packed, _ = layer(pack_padded_sequence(x, LENGTHS, enforce_sorted=False), reset=mask)
    torch.testing.assert_close(torch.nn.utils.rnn.pad_packed_sequence(packed)[0], expected)
    alone, _ = layer(x[:, 0], reset=mask[:, 0])
    torch.testing.assert_close(alone, expected[:, 0])


def test_a_mask_of_nothing_changes_nothing():
    layer, x = nn.GRU(3, 4), torch.randn(5, 2, 3)
    torch.testing.assert_close(layer(x, reset=torch.zeros(5, 2, dtype=torch.bool)), layer(x), rtol=0, atol=0)


def test_what_the_mask_says_behind_a_sequences_end_is_not_read():
    layer, x = nn.GRU(3, 4, bidirectional=True), torch.randn(5, 2, 3)
    mask = torch.zeros(5, 2, dtype=torch.bool)
    mask[3:, 1] = True
    torch.testing.assert_close(layer(x, lengths=[5, 3], reset=mask), layer(x, lengths=[5, 3]), rtol=0, atol=0)


@pytest.mark.parametrize(
    ("reset", "words"),
    [
        (
            torch.zeros(5, 2),
            r"torch.float32 of shape \(5, 2\); expected torch.bool of shape \(T = 5, B = 2\)",
        ),
        (
            torch.zeros(2, 5, dtype=torch.bool),
            r"shape \(2, 5\); expected torch.bool of shape \(T = 5, B = 2\)",
        ),
        (torch.zeros(5, dtype=torch.bool), r"shape \(5,\)"),
    ],
)
def test_a_mask_that_does_not_fit_is_refused(reset, words):
    with pytest.raises(ArgumentError, match=words):
        nn.GRU(3, 4)(torch.randn(5, 2, 3), reset=reset)
