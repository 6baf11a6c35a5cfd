"""--init-from: what means the same is copied, entry by entry, and the sentences say what was."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from ostinato.archive.model import Saved
from ostinato.errors import ArgumentError
from ostinato.nn.network import Network, export_tensors
from ostinato.preprocess.series import SeriesPreprocessor
from ostinato.preprocess.text import TextPreprocessor
from ostinato.preprocess.tokens import Tokenizer
from ostinato.spec.answers import Classes
from ostinato.spec.model import ClassifyModel
from ostinato.spec.network import AdaptiveHead, Convolution, Crf, Dropout, Embedding, Head, Pool, Recurrent
from ostinato.spec.network import Network as Spec
from ostinato.spec.preprocessing import Series
from ostinato.train.transfer import transfer

GRU = Recurrent(cell="gru", hidden_size=4, layers=2)
LAST = Pool(kinds=("last",))


def series(*channels):
    ones = (1.0,) * len(channels)
    return SeriesPreprocessor(Series(channels=channels, scale="none", center=ones, spread=ones))


def text(*texts, method="word"):
    tokenizer = Tokenizer.fit(texts, method, vocabulary_size=300, lowercase=True)
    return TextPreprocessor(tokenizer)


def problem(preprocessor, labels, *ops):
    spec = preprocessor.spec
    kind = "tokens" if spec.kind == "text" else "steps"
    size = spec.vocabulary_size if kind == "tokens" else len(spec.channels)
    network = Spec(input=kind, input_size=size, ops=(*ops, Head(size=len(labels))))
    return SimpleNamespace(network=network, preprocessor=preprocessor, labels=tuple(labels))


def saved(old):
    """Return a saved model of this problem, and its weights."""
    torch.manual_seed(1)
    tensors = export_tensors(Network(old.network))
    model = ClassifyModel.model_construct(
        network=old.network, answer=Classes(labels=old.labels), preprocessing=old.preprocessor.spec
    )
    for array in tensors.values():
        array.flags.writeable = False  # as some that are read from a file
    return Saved(model, tensors, old.preprocessor.tokenizer_json(), "")


def started(new, old):
    """Return the sentences, the weights before, those after, and the saved model's."""
    torch.manual_seed(2)
    network, model = Network(new.network), saved(old)
    fresh = export_tensors(network)
    return transfer(network, new, model), fresh, export_tensors(network), model.tensors


def same(after, source, start=""):
    return all(np.array_equal(after[name], source[name]) for name in after if name.startswith(start))


def test_model_of_the_same_shape_is_copied_whole():
    old = problem(series("x", "y"), "abc", Convolution(channels=3, kernel_size=2), GRU, LAST)
    sentences, _, after, source = started(old, old)
    assert same(after, source)
    assert sentences == [
        "convolution: kept",
        "recurrent: kept",
        "head: 3 of 3 labels kept",
    ]


def test_tokens_are_matched_one_by_one():
    old = problem(text("the cat sat"), "ab", Embedding(size=3), GRU, LAST)
    new = problem(text("a cat met the dog"), "ab", Embedding(size=3), GRU, LAST)
    sentences, fresh, after, source = started(new, old)
    assert sentences[0] == "embedding: 3 of 6 token vectors kept"
    new_number, old_number = (p.preprocessor.tokenizer.encode for p in (new, old))
    vectors, before, known = (t["embedding.weight"] for t in (after, fresh, source))
    for word in ("cat", "the"):
        np.testing.assert_array_equal(vectors[new_number(word)], known[old_number(word)])
    for word in ("a", "met", "dog"):
        np.testing.assert_array_equal(vectors[new_number(word)], before[new_number(word)])
    np.testing.assert_array_equal(vectors[0], known[0])
    assert same(after, source, "recurrent")


def test_labels_are_matched_one_by_one():
    old = problem(series("x"), ["cat", "dog", "owl"], GRU, LAST)
    new = problem(series("x"), ["ant", "dog", "cat", "fox"], GRU, LAST)
    sentences, fresh, after, source = started(new, old)
    assert sentences[-1] == "head: 2 of 4 labels kept; new: 'ant', 'fox'"
    for part in ("head.weight", "head.bias"):
        np.testing.assert_array_equal(after[part][[1, 2]], source[part][[1, 0]])
        np.testing.assert_array_equal(after[part][[0, 3]], fresh[part][[0, 3]])


@pytest.mark.parametrize("front", [[], [Convolution(channels=4, kernel_size=3)]])
def test_channels_are_matched_by_name(front):
    old = problem(series("x", "y", "z"), "ab", *front, GRU, LAST)
    new = problem(series("z", "w", "x"), "ab", *front, GRU, LAST)
    sentences, fresh, after, source = started(new, old)
    first = "convolution.weight" if front else "recurrent.weight_ih_l0"
    assert sentences[0].endswith(": kept, for 2 of 3 channels; new: 'w'")
    np.testing.assert_array_equal(after[first][:, [0, 2]], source[first][:, [2, 0]])
    np.testing.assert_array_equal(after[first][:, 1], fresh[first][:, 1])
    assert same(after, source, "recurrent.weight_hh")


def test_order_of_channels_is_followed_where_all_are_known():
    old, new = (problem(series(*names), "ab", GRU, LAST) for names in ("xy", "yx"))
    sentences, _, after, source = started(new, old)
    assert sentences[0] == "recurrent: kept"
    np.testing.assert_array_equal(
        after["recurrent.weight_ih_l0"], source["recurrent.weight_ih_l0"][:, [1, 0]]
    )


@pytest.mark.parametrize(
    ("mine", "its", "reason"),
    [
        (GRU, Recurrent(cell="lstm", hidden_size=4, layers=2), "its cell is gru and the model's lstm"),
        (GRU, Recurrent(cell="gru", hidden_size=5, layers=2), "its hidden_size is 4 and the model's 5"),
        (GRU, Recurrent(cell="gru", hidden_size=4, layers=2, name="other"), "the model has no such op"),
    ],
)
def test_other_cell_or_size_stays_fresh_and_what_reads_it_too(mine, its, reason):
    front = Convolution(channels=3, kernel_size=2)
    attention = Pool(kinds=("attention",))
    old = problem(series("x"), "ab", front, its, attention)
    new = problem(series("x"), "ab", front, mine, attention)
    sentences, fresh, after, source = started(new, old)
    assert sentences == [
        "convolution: kept",
        f"recurrent: fresh, since {reason}",
        "pool: fresh, since the op that it reads is",
        "head: fresh, since the op that it reads is",
    ]
    assert same(after, source, "convolution")
    for start in ("recurrent", "pool", "head"):
        assert same(after, fresh, start)


@pytest.mark.parametrize(
    ("mine", "its", "said"), [(3, 2, "2 of 3 layers kept"), (1, 2, "1 of 1 layers kept")]
)
def test_layers_that_both_have_are_kept(mine, its, said):
    old, new = (
        problem(series("x"), "ab", Recurrent(cell="gru", hidden_size=4, layers=n), LAST) for n in (its, mine)
    )
    sentences, fresh, after, source = started(new, old)
    assert sentences[0] == f"recurrent: {said}"
    for layer in range(mine):
        for name in (f"recurrent.weight_hh_l{layer}", f"recurrent.bias_ih_l{layer}"):
            np.testing.assert_array_equal(after[name], (source if layer < its else fresh)[name])


def test_front_that_the_model_lacks_leaves_the_stack_fresh_for_its_input_differs():
    old = problem(text("a b c"), "ab", Embedding(size=3), GRU, LAST)
    new = problem(text("a b c"), "ab", Embedding(size=3), Convolution(channels=6, kernel_size=1), GRU, LAST)
    sentences, *_ = started(new, old)
    assert sentences[1:3] == [
        "convolution: fresh, since the model has no such op",
        "recurrent: fresh, since it is given 6 features and the model's 3",
    ]


def test_stack_that_read_channels_stays_fresh_behind_a_front_of_the_same_size():
    old = problem(series("x", "y"), "ab", GRU, LAST)
    new = problem(series("x", "y"), "ab", Convolution(channels=2, kernel_size=1), GRU, LAST)
    with pytest.raises(ArgumentError, match="only one of the two reads the channels"):
        started(new, old)


def test_head_on_the_channels_themselves_needs_the_same_channels():
    old, new = (problem(series(*names), labels, LAST) for names, labels in (("xy", "abc"), ("xy", "cd")))
    assert started(new, old)[0] == ["head: 1 of 2 labels kept; new: 'd'"]
    with pytest.raises(ArgumentError, match="head: fresh"):
        started(problem(series("y", "x"), "ab", LAST), old)


def test_another_pool_leaves_the_head_fresh():
    old = problem(series("x"), "ab", GRU, LAST)
    new = problem(series("x"), "ab", GRU, Dropout(rate=0.1), Pool(kinds=("mean",)))
    sentences, fresh, after, _ = started(new, old)
    assert sentences[-1] == "head: fresh, since the steps are pooled in another way"
    assert same(after, fresh, "head")


@pytest.mark.parametrize(
    ("new", "old", "reason"),
    [
        (problem(series("x"), "ab", GRU, LAST), problem(series("y"), "ab", GRU, LAST), "know its channels"),
        (
            problem(series("x"), "ab", GRU, LAST),
            problem(text("x"), "ab", Embedding(size=1), GRU.model_copy(update={"hidden_size": 3}), LAST),
            "hidden_size is 4",
        ),
        (
            problem(text("ab"), "cd", Embedding(size=3), LAST),
            problem(text("ab", method="char"), "cd", Embedding(size=3), LAST),
            "reads other tokens",
        ),
    ],
)
def test_nothing_in_common_is_refused_and_changes_nothing(new, old, reason):
    network = Network(new.network)
    before = export_tensors(network)
    with pytest.raises(ArgumentError, match=reason):
        transfer(network, new, saved(old))
    assert same(export_tensors(network), before)


def test_many_new_labels_are_cut_short():
    old = problem(series("x"), "ab", GRU, LAST)
    sentences, *_ = started(problem(series("x"), "abcdefghijklmnop", GRU, LAST), old)
    assert sentences[-1].startswith("head: 2 of 16 labels kept; new: 'c', 'd'")
    assert sentences[-1].endswith("'l', …")


def language(words, head):
    """Return a problem whose answers are as many as the tokens that it reads."""
    preprocessor = text(words)
    size = preprocessor.spec.vocabulary_size
    network = Spec(input="tokens", input_size=size, ops=(Embedding(size=4), GRU, head(size)))
    return SimpleNamespace(network=network, preprocessor=preprocessor, labels=tuple(map(str, range(size))))


def test_a_tied_head_keeps_its_bias_and_reads_the_vectors_that_were_kept():
    old = language("the cat sat", lambda size: Head(size=size, tied="embedding"))
    sentences, _, after, source = started(old, old)
    assert same(after, source)
    assert sentences[-1].startswith("head: 4 of 4 labels kept")


def test_a_tied_head_and_one_with_a_weight_of_its_own_share_nothing():
    old = language("the cat sat", lambda size: Head(size=size, tied="embedding"))
    sentences, fresh, after, _ = started(language("the cat sat", lambda size: Head(size=size)), old)
    assert sentences[-1] == "head: fresh, since its tied is None and the model's embedding"
    assert same(after, fresh, "head")


def test_an_adaptive_head_is_kept_for_the_same_words_alone():
    old = language("the cat sat", lambda size: AdaptiveHead(size=size, cutoffs=(2,), factor=1.0))
    sentences, _, after, source = started(old, old)
    assert same(after, source)
    assert sentences[-1] == "adaptive_head: kept"
    new = language("the cat sat", lambda size: AdaptiveHead(size=size, cutoffs=(2,), factor=1.0))
    new.labels = (*new.labels[1:], new.labels[0])
    sentences, fresh, after, _ = started(new, old)
    assert sentences[-1] == "adaptive_head: fresh, since the model has other tokens, or in another order"
    assert same(after, fresh, "adaptive_head")


def test_a_crf_stays_fresh_where_its_head_does():
    def tagger(cell):
        one = problem(series("x"), "abc", Recurrent(cell=cell, hidden_size=4))
        one.network = one.network.model_copy(update={"ops": (*one.network.ops, Crf())})
        return one

    assert started(tagger("gru"), tagger("gru"))[0][-1] == "crf: 3 of 3 labels kept"
    with pytest.raises(ArgumentError, match="crf: fresh, since the op that it reads is"):
        started(tagger("gru"), tagger("lstm"))
