"""Two vocabularies in one file, and histories as one sequence."""

import json

import pytest

pytest.importorskip("tokenizers", reason="reading text needs ostinato[text]")

from ostinato.errors import DataError
from ostinato.preprocess.history import read_history
from ostinato.preprocess.pairs import PairPreprocessor
from ostinato.preprocess.untokenize import untokenize

TEXTS = ["a man 's dog &apos; sleeps .", "ein mann schläft , Hund"]


def fitted(method="bpe", shared=False):
    return PairPreprocessor.fit(
        TEXTS[:1], TEXTS[1:], method, 400, shared=shared, lowercase=False, minimum_count=1
    )


@pytest.mark.parametrize("method", ["bpe", "word", "spaced", "char"])
@pytest.mark.parametrize("shared", [True, False])
def test_what_is_saved_reads_and_says_the_same(method, shared):
    before = fitted(method, shared)
    after = PairPreprocessor.from_json(before.spec, before.tokenizer_json())
    assert after.tokenizer_json() == before.tokenizer_json()
    for text in TEXTS:
        assert after.source.encode(text).tolist() == before.source.encode(text).tolist()
        assert after.target.encode(text).tolist() == before.target.encode(text).tolist()
    assert (after.source is after.target) == shared


def test_byte_pairs_keep_the_spaces_of_tokenised_text():
    shared = fitted(shared=True)
    for text in TEXTS:
        assert untokenize(shared.target, shared.target.encode(text).tolist()) == text


@pytest.mark.parametrize(
    "change",
    [
        lambda both: {"source": both["source"]},
        lambda both: both | {"more": both["source"]},
        lambda both: [both["source"], both["target"]],
        lambda both: both | {"target": None},
        lambda both: {"source": both["target"], "target": both["source"]},
    ],
)
def test_a_file_that_is_no_pair_is_refused(change):
    before = fitted()
    content = json.dumps(change(json.loads(before.tokenizer_json()))).encode()
    with pytest.raises(DataError, match=r"tokenizer\.json"):
        PairPreprocessor.from_json(before.spec, content)


def test_a_shared_vocabulary_is_one_and_the_same():
    spec = fitted("word").spec
    with pytest.raises(ValueError, match="different ones"):
        type(spec)(source=spec.source, target=spec.target, shared=True)


def test_a_history_loses_its_beginning_first_and_never_its_end():
    tokenizer = fitted("word").source
    whole = read_history(tokenizer, ["a man", "dog", "sleeps ."], 100).tolist()
    mark = tokenizer.spec.vocabulary_size
    assert whole.count(mark) == 3
    for most in range(1, len(whole) + 3):
        assert read_history(tokenizer, ["a man", "dog", "sleeps ."], most).tolist() == whole[-(most + 1) :]
    with pytest.raises(DataError, match="no turn"):
        read_history(tokenizer, [], 3)
