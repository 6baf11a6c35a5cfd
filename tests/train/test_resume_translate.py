"""A translation model's run that was stopped anywhere ends as if it had not been."""

import pytest

pytest.importorskip("tokenizers", reason="reading text needs ostinato[text]")

from ostinato.spec.translate import PairNetwork, PairTraining, TranslateData, TranslateOptions
from ostinato.tasks.translate import TRANSLATE
from ostinato.train.fit import fit
from pair_models import SHAPE, pairs_of
from train.test_resume import StopError, Stopping, results

PLANS = {
    "plain": {},
    "by tokens, sampled": {"batch_tokens": 20, "scheduled_sampling": 0.5},
}


def train(out, plan, steps=None):
    training = {"epochs": 3, "batch_size": 3, "threads": 1, "learning_rate": 0.01} | PLANS[plan]
    options = TranslateOptions(
        data=TranslateData(tokens="word", valid_fraction=0.25),
        network=PairNetwork(**(SHAPE | {"dropout": 0.3})),
        training=PairTraining(**training),
    )
    report = Stopping(steps)
    resume = steps is None and out.with_name(out.name + ".run").exists()
    fit(TRANSLATE, pairs_of(), options, out=out, resume=resume, report=report, checkpoint_seconds=0.0)
    return report.done


@pytest.mark.parametrize("plan", PLANS)
def test_it_ends_the_same_wherever_it_was_stopped(plan, tmp_path):
    steps = train(tmp_path / "whole", plan)
    expected = results(tmp_path / "whole")
    for stop in (1, steps // 2, steps - 1):
        out = tmp_path / f"stopped{stop}"
        with pytest.raises(StopError):
            train(out, plan, stop)
        train(out, plan)
        assert results(out) == expected
