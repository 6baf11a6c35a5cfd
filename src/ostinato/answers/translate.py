"""Translations: how near they come to what people wrote, by sacrebleu."""

from collections.abc import Sequence
from dataclasses import dataclass

from ostinato import checks
from ostinato.errors import ArgumentError


@dataclass(frozen=True)
class TranslationScores:
    """What translations are worth beside their references; higher is better, 100 at most.

    Args:
        bleu, chrf: of the whole corpus (Papineni et al. 2002; Popović 2015).
        bleu_signature, chrf_signature: how they were computed, in sacrebleu's words (Post 2018,
            arXiv:1804.08771).
        length_ratio: words of the translations by words of the references.
    """

    bleu: float
    chrf: float
    bleu_signature: str
    chrf_signature: str
    length_ratio: float

    @classmethod
    def of(
        cls, translations: Sequence[str], references: Sequence[str], *, tokenized: bool
    ) -> "TranslationScores":
        """Judge translations, one reference each.

        Args:
            translations, references: N texts each, at least one.
            tokenized: whether the texts are split into words by white space already; they are then scored as
                they are (tokenize=none), otherwise after sacrebleu's own 13a.

        Raises:
            ArgumentError: there are none, or not as many of both.
            MissingExtraError: sacrebleu is not installed.

        Example:
            >>> TranslationScores.of(["a man sleeps ."] * 2, ["a man sleeps ."] * 2, tokenized=True).bleu
            100.0
        """
        if not translations or len(translations) != len(references):
            raise ArgumentError(
                f"there are {len(translations)} translations and {len(references)} references; expected as "
                "many of both, and at least one."
            )
        metrics = checks.extra("sacrebleu.metrics", "text", "scoring translations")
        bleu = metrics.BLEU(tokenize="none" if tokenized else "13a", force=tokenized)
        chrf = metrics.CHRF()
        found, by_letters = (m.corpus_score([*translations], [[*references]]) for m in (bleu, chrf))
        return cls(
            bleu=round(found.score, 10),  # sacrebleu's 100 is 100.00000000000004
            chrf=round(by_letters.score, 10),
            bleu_signature=str(bleu.get_signature()),
            chrf_signature=str(chrf.get_signature()),
            length_ratio=found.sys_len / found.ref_len if found.ref_len else 0.0,
        )
