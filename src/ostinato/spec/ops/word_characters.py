"""The word characters op as data."""

from typing import Literal

from ostinato.spec.flow import Flow
from ostinato.spec.ops.base import Name, Op, Rate, Shapes, Size
from ostinato.spec.ops.embedding import Embedding
from ostinato.spec.ops.recurrent import Recurrent


class WordCharacters(Op):
    """Turn each word into a vector: its own, and beside it what a recurrent layer makes of its letters.

        x_t = [E[w_t]; h_K; h'_1]
        h_k  = cell(L[c_k], h_(k-1)),  h'_k = cell'(L[c_k], h'_(k+1)),  k = 1 … K

    w_t is the word's number, c_1 … c_K are those of its letters: a step is the row (w_t, c_1, …, c_K, 0, …).
    Number 0 is no letter, and letters end before the first one; a word without any has the letter 0 alone.
    Source: Lample et al. 2016, section 4.1 (arXiv:1603.01360); Ling et al. 2015 (arXiv:1508.02096).

    Every step stands for itself, so that nothing is kept of a stream.

    While training, a word is read as word 0, the unknown one, with probability ``word_dropout`` wherever it
    stands in the batch; its letters stay. So the unknown word is learnt, and letters are relied on.

    Args:
        words, letters: how many numbers there are for words, and for letters.
        size: features of a word's own vector, E.
        letter_size: features of a letter's vector.
        letter_hidden_size: features of each direction's state, h and h'.
        cell: of both directions.
    """

    op: Literal["word_characters"] = "word_characters"
    name: Name = "word_characters"
    words: Size
    letters: Size
    size: Size
    letter_size: Size
    letter_hidden_size: Size
    cell: Literal["rnn_tanh", "rnn_relu", "lstm", "gru"] = "lstm"
    word_dropout: Rate = 0.0

    def flow(self, into: Flow) -> Flow:
        self._take(into, "words")
        return Flow("steps", self.size + 2 * self.letter_hidden_size)

    def tensors(self, into: Flow) -> Shapes:
        shapes: Shapes = {}
        for op, given in self.parts():
            shapes |= {f"{op.name}.{name}": shape for name, shape in op.tensors(given).items()}
        return shapes

    def parts(self) -> tuple[tuple[Embedding, Flow], tuple[Embedding, Flow], tuple[Recurrent, Flow]]:
        """Return the ops that it is made of, each with what it is given: words, letters, recurrent."""
        read = Recurrent(cell=self.cell, hidden_size=self.letter_hidden_size, bidirectional=True)
        return (
            (Embedding(name="words", size=self.size), Flow("tokens", self.words)),
            (Embedding(name="letters", size=self.letter_size), Flow("tokens", self.letters)),
            (read, Flow("steps", self.letter_size)),
        )
