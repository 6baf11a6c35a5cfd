"""Scores of translations are sacrebleu's own."""

import pytest

pytest.importorskip("sacrebleu", reason="scoring needs ostinato[text]")

import sacrebleu

from ostinato.answers.translate import TranslationScores
from ostinato.errors import ArgumentError

SAID = ["ein mann läuft schnell durch den park .", "zwei hunde spielen im schnee"]
MEANT = ["ein mann läuft langsam durch den park .", "zwei hunde spielen im schnee ."]


@pytest.mark.parametrize("tokenized", [True, False])
def test_scores_are_sacrebleus(tokenized):
    found = TranslationScores.of(SAID, MEANT, tokenized=tokenized)
    expected = sacrebleu.corpus_bleu(SAID, [MEANT], tokenize="none" if tokenized else "13a", force=True)
    assert found.bleu == pytest.approx(expected.score)
    assert found.chrf == pytest.approx(sacrebleu.corpus_chrf(SAID, [MEANT]).score)
    assert f"tok:{'none' if tokenized else '13a'}" in found.bleu_signature
    assert found.length_ratio == pytest.approx(expected.sys_len / expected.ref_len)


def test_tokenised_text_is_taken_as_it_is():
    said, meant = ["es regnet ( heute )"] * 3, ["es regnet (heute)"] * 3
    as_it_is = TranslationScores.of(said, meant, tokenized=True)
    assert as_it_is.bleu < TranslationScores.of(said, meant, tokenized=False).bleu


@pytest.mark.parametrize(("said", "meant"), [([], []), (SAID, MEANT[:1])])
def test_as_many_of_both_are_needed(said, meant):
    with pytest.raises(ArgumentError, match="as many of both"):
        TranslationScores.of(said, meant, tokenized=True)
