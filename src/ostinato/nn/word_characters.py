"""The word characters op in torch: every distinct word of a batch is spelt once."""

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from ostinato.nn.embedding import Embedding
from ostinato.nn.pool import Segments
from ostinato.nn.recurrent import Recurrent
from ostinato.preprocess.pack import distinct_words
from ostinato.spec.flow import Flow
from ostinato.spec.network import WordCharacters as Spec

UNKNOWN = 0
"""The word that others are read as, now and then, while training."""


class WordCharacters(nn.Module):
    """Turn each word into its own vector, beside the last states of a layer that reads its letters both ways.

    The letters of all words of a batch are one packed batch of their own, in which every distinct word stands
    once; its gradient is the sum over the places where the word occurs.

    Args:
        spec: the op.
        into: what it is given: rows of a word's number and K numbers of letters.
    """

    def __init__(self, spec: Spec, into: Flow) -> None:
        super().__init__()
        words, letters, recurrent = spec.parts()
        self.words = Embedding(*words)
        self.letters = Embedding(*letters)
        self.recurrent = Recurrent(*recurrent)
        self.word_dropout = spec.word_dropout

    def forward(self, input: PackedSequence) -> PackedSequence:
        """Map rows (N, 1 + K) to vectors (N, E + 2 H)."""
        numbers = PackedSequence(self._dropped(input.data[:, 0]), input.batch_sizes)
        own: Tensor = self.words(numbers).data
        return PackedSequence(torch.cat([own, self._spelt(input.data[:, 1:])], dim=1), input.batch_sizes)

    def _spelt(self, letters: Tensor) -> Tensor:
        """Return what the letters (N, K) of each row say, (N, 2 H)."""
        packed, place = distinct_words(letters.cpu().numpy())
        device = letters.device
        batch = PackedSequence(torch.from_numpy(packed.data).to(device), torch.from_numpy(packed.batch_sizes))
        states, _ = self.recurrent(self.letters(batch))
        return Segments.of(states).last(2).index_select(0, torch.from_numpy(place).to(device))

    def _dropped(self, words: Tensor) -> Tensor:
        if not self.training or self.word_dropout == 0.0:
            return words
        dropped = torch.rand(words.shape, device=words.device) < self.word_dropout
        return words.masked_fill(dropped, UNKNOWN)
