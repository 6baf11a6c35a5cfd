"""The language task: what becomes of open options, what validates, what a chunk costs."""

import math

import numpy as np
import pytest
import torch

pytest.importorskip("tokenizers", reason="reading text needs ostinato[text]")

from ostinato.errors import ArgumentError, DataError
from ostinato.nn.network import Network
from ostinato.read.corpus import Corpus
from ostinato.spec.language import LanguageData, LanguageNetwork, LanguageOptions, LanguageTraining
from ostinato.tasks.language import LANGUAGE
from ostinato.tasks.language_defaults import is_tokenized
from ostinato.tasks.language_loss import sampled_cross_entropy

TEXT = "to be, or not to be: that is the question.\n" * 20


def corpus(*texts):
    return Corpus(list(texts), [str(i) for i in range(len(texts))])


def options(*, data=None, network=None, **training):
    shape = {"hidden_size": 8, "embedding_size": 6, "layers": 1, "dropout": 0.0, "input_dropout": 0.0}
    chosen = {"epochs": 2, "batch_size": 4, "bptt": 16, "chunks": "carried", "threads": 1} | training
    return LanguageOptions(
        data=LanguageData(**(data or {})),
        network=LanguageNetwork(**(shape | (network or {}))),
        training=LanguageTraining(**chosen),
    )


def problem(*texts, valid=None, **given):
    data = corpus(*texts)
    return LANGUAGE.problem(data, valid, LANGUAGE.resolve(data, options(**given)))


def network(one):
    torch.manual_seed(0)
    return Network(one.network)


def test_the_end_of_a_single_text_validates():
    (stage,) = LANGUAGE.plan(corpus("abcdefghij"), None, options(data={"valid_fraction": 0.2}))
    (part,) = stage.parts
    assert (part.train.documents, part.valid.documents) == (["abcdefgh"], ["ij"])


def test_of_several_documents_some_validate():
    texts = [f"document {i}" for i in range(10)]
    (stage,) = LANGUAGE.plan(corpus(*texts), None, options(data={"valid_fraction": 0.2}))
    (part,) = stage.parts
    assert sorted(part.train.documents + part.valid.documents) == texts
    assert len(part.valid) == 2


def test_a_text_too_short_to_be_cut_is_refused():
    with pytest.raises(DataError, match=r"the text has 2 characters, too few to hold a part of 0\.5 out"):
        LANGUAGE.plan(corpus("ab"), None, options(data={"valid_fraction": 0.5}))


def test_the_vocabulary_comes_from_the_training_part_alone():
    one = problem("abab" * 10, valid=corpus("abcabc"))
    assert one.preprocessor.tokenizer.vocabulary() == ["[UNK]", "a", "b"]
    assert one.unknown_rate == pytest.approx(1 / 3)


def test_tokenised_text_is_told_by_its_punctuation():
    assert is_tokenized("the cat sat , and sat .")
    assert not is_tokenized("The cat sat, and sat.")
    assert problem("a b , c . " * 9, data={"level": "word"}).preprocessor.spec.tokens == "spaced"
    assert problem("a b, c. " * 9, data={"level": "word"}).preprocessor.spec.tokens == "word"


def test_an_epochs_loss_is_that_of_all_tokens_with_the_state_carried():
    one = problem(TEXT, batch_size=1)
    net = network(one).eval()
    carried, total = one.start(), 0.0
    with torch.no_grad():
        for batch in one.epoch(0):
            loss, _, carried = one.loss(net, batch, carried)
            total += loss.item()
        (document,) = one.documents
        read = torch.tensor([one.boundary, *document])
        wanted = torch.tensor([*document, one.boundary])
        packed = torch.nn.utils.rnn.pack_sequence([read])
        scores = net(packed).data
    assert total == pytest.approx(
        torch.nn.functional.cross_entropy(scores, wanted, reduction="sum").item(), rel=1e-5
    )
    assert one.size == len(document) + 1


def test_documents_do_not_see_each_other():
    texts = ["abcab" * 3, "cabba" * 4, "bbb"]
    one = problem(*texts, batch_size=1, bptt=1000)
    net = network(one).eval()
    with torch.no_grad():
        (batch,) = one.epoch(0)
        together = one.loss(net, batch, {}).total.item()
        alone = 0.0
        for text in texts:
            single = problem(*texts, batch_size=1, bptt=1000)
            single.documents = [single.preprocessor.tokenizer.encode(text)]
            (batch,) = single.epoch(0)
            alone += single.loss(net, batch, {}).total.item()
    assert together == pytest.approx(alone, rel=1e-5)


def test_every_epoch_reads_documents_in_an_order_of_its_own_that_the_seed_decides():
    texts = [chr(97 + i) * 3 for i in range(8)]
    first, same = problem(*texts, batch_size=1), problem(*texts, batch_size=1)
    orders = []
    for number in (0, 1):
        for one in (first, same):
            one.epoch(number)
            orders.append(one._read.steps(0, 99).input.data.tolist())
    assert orders[0] == orders[1] != orders[2] == orders[3]


def test_random_chunks_begin_anywhere_and_in_an_empty_state():
    given = {"chunks": "random", "batch_size": 3, "bptt": 20}
    one, same = problem(TEXT, **given), problem(TEXT, **given)
    net = network(one).eval()
    batches = one.epoch(1)
    assert len(batches) == one.steps_per_epoch == len(same.epoch(1))
    assert sum(batch.size for batch in batches) == one.size >= one.steps
    with torch.no_grad():
        losses = [one.loss(net, batch, {}) for batch in batches]
        again = [same.loss(net, batch, {}).total for batch in same.epoch(1)]
    assert [loss.total for loss in losses] == again
    assert all(loss.carried == {} and loss.weight == 60 for loss in losses)
    first = one._read.chunk(0).input.data
    one.epoch(2)
    assert (one._read.chunk(0).input.data != first).any()


@pytest.mark.parametrize(
    ("data", "training", "chunks"),
    [
        ({}, {}, "random"),
        ({"level": "word"}, {}, "carried"),
        ({}, {"random_bptt": True}, "carried"),
        ({}, {"chunks": "carried"}, "carried"),
    ],
)
def test_models_of_characters_read_random_chunks_where_nothing_else_is_said(data, training, chunks):
    found = LANGUAGE.resolve(corpus(TEXT), options(data=data, **({"chunks": None} | training)))
    assert found.training.chunks == chunks


def test_random_lengths_are_for_chunks_that_carry_the_state():
    with pytest.raises(ArgumentError, match="random_bptt is for chunks that carry the state"):
        problem(TEXT, chunks="random", random_bptt=True)


def test_validation_counts_every_token_and_no_ends():
    one = problem(TEXT, valid=corpus("to be", "or not"))
    net = network(one)
    with torch.no_grad():
        for weight in net.parameters():
            weight.zero_()
    with torch.inference_mode():
        found = one.validate(net.eval())
    assert found["loss"] == pytest.approx(math.log(one.boundary + 1), rel=1e-6)
    assert found["perplexity"] == pytest.approx(one.boundary + 1, rel=1e-5)


def test_penalties_add_to_the_loss_in_proportion():
    plain, penalised = problem(TEXT), problem(TEXT, activation_penalty=2.0, change_penalty=1.0)
    net = network(plain).eval()
    batch = plain.epoch(0)[0]
    with torch.no_grad():
        seen, _ = net.activations(plain._read.chunk(batch.content).input, None, None, until="head")
        rows = seen["recurrent"].data.view(16, -1, 8)
        wanted = 2.0 * rows.square().mean() + (rows[1:] - rows[:-1]).square().mean()
        difference = penalised.loss(net, batch, {}).total - plain.loss(net, batch, {}).total
    assert difference.item() == pytest.approx(wanted.item() * rows[..., 0].numel(), rel=1e-4)


def test_a_sampled_softmax_of_every_token_is_the_full_one():
    one = problem(TEXT)
    head = network(one).head
    rows, targets = torch.randn(50, 8), torch.randint(len(head.bias), (50,))
    torch.manual_seed(0)
    full = torch.nn.functional.cross_entropy(head(rows), targets, reduction="sum").item()
    # so many draws give every token; what is left is the correction for how often each is drawn
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "ostinato.tasks.language_loss._log_frequency", lambda tokens, size: torch.zeros(len(tokens))
        )
        found = sampled_cross_entropy(head, rows, targets, 20_000).item()
    assert found == pytest.approx(full, rel=1e-5)


def test_training_against_samples_learns_what_is_there():
    torch.manual_seed(1)
    head = network(problem(TEXT)).head
    rows, targets = torch.eye(8).repeat(8, 1), torch.arange(8).repeat(8)
    optimizer = torch.optim.Adam(head.parameters(), lr=0.1)
    for _ in range(200):
        optimizer.zero_grad()
        sampled_cross_entropy(head, rows, targets, 6).backward()
        optimizer.step()
    assert head(rows).argmax(dim=1).tolist() == targets.tolist()


@pytest.mark.parametrize("given", [{"tie_weights": True}, {"tie_weights": True, "embedding_size": 8}])
def test_tied_weights_are_one(given):
    one = problem(TEXT, network=given)
    names = one.network.tensors()
    assert "head.weight" not in names
    assert ("projection.weight" in names) == ("embedding_size" not in given)


def test_an_adaptive_softmax_of_few_tokens_is_refused():
    with pytest.raises(ArgumentError, match="it is of use from 2000 tokens on"):
        problem(TEXT, network={"softmax": "adaptive"})


def test_an_adaptive_softmax_is_trained_and_normalised():
    words = " ".join(f"w{i}" for i in range(2500))
    one = problem(words * 2, data={"level": "word"}, network={"softmax": "adaptive"})
    net = network(one).eval()
    batch = one.epoch(0)[0]
    chunk = one._read.chunk(batch.content)
    with torch.no_grad():
        scores = net.advance(chunk.input, None, chunk.resets)[0].data
        loss = one.loss(net, batch, {}).total.item()
    np.testing.assert_allclose(scores.exp().sum(dim=1).numpy(), 1.0, atol=1e-4)
    assert loss == pytest.approx(-scores.gather(1, chunk.targets[:, None]).sum().item(), rel=1e-5)


def test_random_chunks_differ_from_epoch_to_epoch():
    one = problem(TEXT, random_bptt=True, batch_size=1, bptt=20)
    first, second = ([batch.size for batch in one.epoch(number)] for number in (0, 1))
    assert first != second
    assert len(first) == one.steps_per_epoch
    assert sum(first) == sum(second) == one.size


@pytest.mark.parametrize(
    ("network", "training"),
    [({"softmax": "adaptive", "tie_weights": True}, {}), ({"softmax": "adaptive"}, {"sampled_softmax": 5})],
)
def test_what_an_adaptive_softmax_excludes_is_refused(network, training):
    words = " ".join(f"w{i}" for i in range(2500))
    with pytest.raises(ArgumentError, match="adaptive"):
        problem(words * 2, data={"level": "word"}, network=network, **training)
