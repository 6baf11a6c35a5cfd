"""A language model's run that was stopped anywhere ends as if it had not been: its state is carried on."""

import pytest

pytest.importorskip("tokenizers", reason="reading text needs ostinato[text]")

from ostinato.read.corpus import Corpus
from ostinato.spec.language import LanguageData, LanguageNetwork, LanguageOptions, LanguageTraining
from ostinato.tasks.language import LANGUAGE
from ostinato.train.fit import fit
from train.test_resume import StopError, Stopping, results

PLANS = {
    "pieces": {"training": {"chunks": "random"}},
    "carried": {"training": {"chunks": "carried"}},
    "regularised": {
        "network": {"weight_dropout": 0.2, "embedding_dropout": 0.1, "dropout": 0.3, "tie_weights": True},
        "training": {
            "random_bptt": True,
            "activation_penalty": 1.0,
            "change_penalty": 1.0,
            "optimizer": "asgd",
        },
    },
}


def train(out, plan, steps=None):
    shape = {"hidden_size": 6, "embedding_size": 6, "layers": 2, **PLANS[plan].get("network", {})}
    training = {"epochs": 3, "batch_size": 4, "bptt": 12, "threads": 1, "learning_rate": 0.01}
    options = LanguageOptions(
        data=LanguageData(valid_fraction=0.2),
        network=LanguageNetwork(**shape),
        training=LanguageTraining(**(training | PLANS[plan].get("training", {}))),
    )
    texts = [f"line {i}, one of many, so it goes on and on" for i in range(9)]
    report = Stopping(steps)
    fit(
        LANGUAGE,
        Corpus(texts, [str(i) for i in range(9)]),
        options,
        out=out,
        resume=steps is None and out.with_name(out.name + ".run").exists(),
        report=report,
        checkpoint_seconds=0.0,
    )
    return report.done


@pytest.mark.parametrize("plan", PLANS)
def test_it_ends_the_same_wherever_it_was_stopped(plan, tmp_path):
    steps = train(tmp_path / "whole", plan)
    expected = results(tmp_path / "whole")
    for stop in (1, steps // 3 + 1, steps // 2, steps - 1):
        out = tmp_path / f"stopped{stop}"
        with pytest.raises(StopError):
            train(out, plan, stop)
        train(out, plan)
        assert results(out) == expected
