"""Small language models for tests, made in memory."""

import numpy as np

from model_files import RECORD, weights
from ostinato.preprocess.text import TextPreprocessor
from ostinato.preprocess.tokens import Tokenizer
from ostinato.runtime.language import TextModel
from ostinato.runtime.network import Network
from ostinato.spec.language import LanguageOptions
from ostinato.spec.model import LanguageModel
from ostinato.spec.network import Embedding, Head, Recurrent
from ostinato.spec.network import Network as Spec
from ostinato.spec.preprocessing import Columns

TEXT = "to be, or not to be: that is the question.\nwhether 'tis nobler in the mind to suffer\n"


def described(tokenizer, cell="lstm"):
    """Return the spec of a small model over this vocabulary."""
    tokens = tokenizer.spec.vocabulary_size + 1
    ops = (Embedding(size=5), Recurrent(cell=cell, hidden_size=6, layers=2), Head(size=tokens))
    return LanguageModel(
        columns=Columns(),
        preprocessing=tokenizer.spec,
        network=Spec(input="tokens", input_size=tokens, ops=ops),
        recipe=LanguageOptions(),
        training=RECORD,
    )


def model(method="char", text=TEXT, kernels="auto"):
    """Return a model with weights that differ everywhere, over a text's vocabulary."""
    tokenizer = Tokenizer.fit([text], method, vocabulary_size=400, lowercase=False)
    spec = described(tokenizer)
    tensors = {name: 3 * array for name, array in weights(spec).items()}
    network = Network(spec.network, tensors, kernels=kernels)
    return TextModel(spec, network, TextPreprocessor(tokenizer))


def scores_of(model, tokens):
    """Return the scores before every token of a document, computed whole, (T, V + 1)."""
    rows = np.array([model.boundary, *tokens[:-1]], np.int64)[:, None]
    return model.network.push(model.network.start(1), rows)[1][:, 0]
