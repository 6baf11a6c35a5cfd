"""What a training hands back, and what it leaves as it was."""

import numpy as np
import pytest
import torch

from ostinato.archive import model as archive
from ostinato.errors import ArgumentError, DataError
from ostinato.runtime import load
from ostinato.tasks.classify import CLASSIFY
from ostinato.train import fit as module
from ostinato.train.fit import fit
from ostinato.train.progress import Silent
from train import toy


def test_the_model_in_memory_is_the_model_on_disk(tmp_path):
    trained = fit(CLASSIFY, toy.sequences(), toy.options(), out=tmp_path / "model")
    saved = archive.load(tmp_path / "model")
    assert saved.model == trained.model
    assert all(np.array_equal(saved.tensors[name], value) for name, value in trained.tensors.items())
    assert saved.card.startswith("# model\n")


def test_without_a_directory_the_weights_are_the_same(tmp_path):
    kept = fit(CLASSIFY, toy.sequences(), toy.options(), out=tmp_path / "model")
    free = fit(CLASSIFY, toy.sequences(), toy.options())
    assert all(np.array_equal(kept.tensors[name], value) for name, value in free.tensors.items())


def test_the_best_epochs_weights_are_kept_and_scored():
    sequences = toy.sequences(60)
    trained = fit(CLASSIFY, sequences, toy.options(epochs=12, learning_rate=0.05))
    record = trained.model.training
    metrics = [row.valid_metric for row in record.history]
    assert metrics[record.best_epoch - 1] == max(metrics) == record.scores["accuracy"]
    stopped = fit(CLASSIFY, sequences, toy.options(epochs=record.best_epoch, learning_rate=0.05))
    assert all(np.array_equal(stopped.tensors[name], value) for name, value in trained.tensors.items())


def test_folds_choose_the_epochs_of_the_final_stage():
    record = fit(CLASSIFY, toy.sequences(), toy.options(data={"folds": 3}, epochs=5)).model.training
    stages = [row.stage for row in record.history]
    assert stages == ["fold 1", "fold 2", "fold 3"] * 5 + ["final"] * record.best_epoch
    assert (record.selection, record.sequences) == ("folds", 30)
    rows = [row for row in record.history if row.epoch == record.best_epoch and row.stage != "final"]
    assert record.scores["accuracy"] == pytest.approx(np.mean([row.valid_metric for row in rows]))


def test_folds_stop_together_when_patience_runs_out():
    options = toy.options(
        data={"folds": 2}, epochs=50, patience=1, learning_rate=1e-9, optimizer="sgd", metric="loss"
    )
    history = fit(CLASSIFY, toy.sequences(), options).model.training.history
    last = {row.stage: row.epoch for row in history}
    assert last["fold 1"] == last["fold 2"] < 50


def test_given_validation_sequences_are_used_and_nothing_is_split_off():
    options = toy.options(data={"folds": None, "valid_fraction": None})
    record = fit(CLASSIFY, toy.sequences(), options, valid=toy.sequences(8, seed=9)).model.training
    assert (record.selection, record.sequences) == ("validation", 30)


@pytest.mark.parametrize("data", [{"folds": 3}, {"folds": 0, "valid_fraction": 0.2}])
def test_a_split_beside_given_validation_sequences_is_refused(data):
    with pytest.raises(ArgumentError, match="validation data is given too"):
        fit(CLASSIFY, toy.sequences(), toy.options(data=data), valid=toy.sequences(8))


def test_an_empty_validation_set_is_refused():
    options = toy.options(data={"folds": None, "valid_fraction": None})
    with pytest.raises(DataError, match="no sequences"):
        fit(CLASSIFY, toy.sequences(), options, valid=toy.sequences(8).select(np.array([], np.int64)))


def test_without_validation_the_last_weights_are_kept():
    record = fit(CLASSIFY, toy.sequences(), toy.options(data={"valid_fraction": 0.0})).model.training
    assert (record.selection, record.best_epoch, record.scores) == ("none", 3, {})


def test_torchs_settings_and_generator_are_as_before():
    torch.manual_seed(5)
    before = torch.get_rng_state(), torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    fit(CLASSIFY, toy.sequences(), toy.options())
    assert torch.equal(torch.get_rng_state(), before[0])
    assert (torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()) == before[1:]


def test_two_threads_give_the_same_weights_twice():
    options = toy.options(threads=2, network={"hidden_size": 16})
    one, other = (fit(CLASSIFY, toy.sequences(), options) for _ in range(2))
    assert one.model.training.threads == 2
    assert all(np.array_equal(one.tensors[name], value) for name, value in other.tensors.items())


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_a_missing_gpu_is_told():
    with pytest.raises(ArgumentError, match="no GPU here"):
        fit(CLASSIFY, toy.sequences(), toy.options(device="cuda"))


@pytest.mark.parametrize("argument", ["resume", "overwrite"])
def test_resume_and_overwrite_need_a_directory(argument):
    with pytest.raises(ArgumentError, match="pass out as well"):
        fit(CLASSIFY, toy.sequences(), toy.options(), **{argument: True})


def test_a_run_can_start_from_another_model_and_says_what_it_keeps(tmp_path):
    class Hearing(Silent):
        said = ()

        def say(self, sentence):
            self.said = (*self.said, sentence)

    first = fit(CLASSIFY, toy.sequences(), toy.options(), out=tmp_path / "first")
    report, still = Hearing(), toy.options(learning_rate=1e-12, optimizer="sgd", epochs=1)
    second = fit(CLASSIFY, toy.sequences(), still, init_from=tmp_path / "first", report=report)
    assert any("recurrent" in sentence for sentence in report.said)
    name = "recurrent.weight_hh_l0"
    np.testing.assert_allclose(second.tensors[name], first.tensors[name], atol=1e-6)


def test_the_runtime_gives_the_validation_scores(tmp_path):
    valid = toy.sequences(12, seed=9)
    options = toy.options(data={"folds": None, "valid_fraction": None})
    trained = fit(CLASSIFY, toy.sequences(), options, valid=valid, out=tmp_path / "model")
    best = load(tmp_path / "model").predict(valid.values).best()
    right = np.mean([guess == label for guess, label in zip(best, valid.labels, strict=True)])
    assert right == pytest.approx(trained.model.training.scores["accuracy"])


def test_the_real_report_is_written(tmp_path, monkeypatch):
    from ostinato.evaluate.report import write_training_html

    monkeypatch.setattr(module, "write_training_html", write_training_html)
    fit(CLASSIFY, toy.sequences(), toy.options(), out=tmp_path / "model")
    assert "<svg" in (tmp_path / "model.run" / "report.html").read_text()


def test_an_option_that_says_nothing_beside_the_others_is_refused(tmp_path):
    with pytest.raises(ArgumentError, match=r"momentum is 0\.5 and optimizer is 'adamw'"):
        fit(CLASSIFY, toy.sequences(), toy.options(momentum=0.5), out=tmp_path / "model")
    assert not any(tmp_path.iterdir())


def test_what_a_task_chose_can_be_given_again():
    trained = fit(CLASSIFY, toy.sequences(), toy.options())
    again = fit(CLASSIFY, toy.sequences(), trained.model.recipe)
    assert all(np.array_equal(again.tensors[name], value) for name, value in trained.tensors.items())
