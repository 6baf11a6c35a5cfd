"""Patients and engines: classifiers where most values are missing, and how well remaining life is told.

    OSTINATO_DATA=… python -m benchmarks.patients physionet [--folds 5] [--threads 1] [--out FILE.md]
    OSTINATO_DATA=… python -m benchmarks.patients cmapss [--seed 0] [--threads 1] [--out FILE.md]

``physionet``: the 1,000 stays of PhysioNet 2012 that are here, in-hospital death, cross-validated: a network
for each policy for missing values, of one size and recipe, stopped on a part of each fold's training part.
The recipe was set before any score was seen.

``cmapss``: FD001. Remaining life is told at every cycle of the training engines, capped at 125; each test
engine is judged at its last cycle, by remaining life as it is, and capped. The options are the defaults, and
the epoch is chosen on a part of the training engines.
"""

import argparse
import time
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from benchmarks.commands import data, machine
from ostinato import SequenceRegressor
from ostinato.answers.classify import pr_auc, roc_auc, targets_of
from ostinato.answers.regress import scores
from ostinato.data.split import folds
from ostinato.read import Sequences, read
from ostinato.read.sequences import Values
from ostinato.runtime.classify import Classifier
from ostinato.runtime.network import Network
from ostinato.spec.classify import ClassifyNetwork, ClassifyOptions, ClassifyTraining
from ostinato.spec.options import SequenceData
from ostinato.spec.preprocessing import Columns
from ostinato.tasks.classify import CLASSIFY
from ostinato.train.fit import fit

POLICIES = ("forward-fill", "mask", "decay")
PUBLISHED = "Che et al. 2018, all 4,000 stays of set-a, 5-fold: GRU-mean AUROC 0.825, GRU-D 0.842"
LIFE_PUBLISHED = "RMSE: LSTM (Zheng et al. 2017) 16.14, BiLSTM (Wang et al. 2018) 13.65"
CAP = 125.0

NETWORK = ClassifyNetwork(hidden_size=48, front="none", pool=("last", "max"), dropout=0.3)
ENGINES = {"per_step": True, "cap": CAP, "valid_fraction": 0.15}


def patients(missing: str, threads: int) -> ClassifyOptions:
    """Return the recipe for stays, the same for all policies."""
    training = ClassifyTraining(
        metric="roc_auc", epochs=15, patience=4, batch_size=32, learning_rate=3e-3, threads=threads
    )
    held = SequenceData(missing=missing, valid_fraction=0.15)  # type: ignore[arg-type]
    return ClassifyOptions(data=held, network=NETWORK, training=training)


def judged(
    stays: Sequences, train: NDArray[np.int64], test: NDArray[np.int64], options: ClassifyOptions
) -> list[float]:
    """Train on some stays and return AUROC and AUPRC on others."""
    trained = fit(CLASSIFY, stays.select(train), options)
    model = Classifier(trained.model, Network(trained.model.network, trained.tensors), trained.preprocessor)
    others = stays.select(test)
    positive, risk = targets_of(others, model.labels) == 1, model.probabilities(others)[:, 1]
    return [float(area(positive, risk) or np.nan) for area in (roc_auc, pr_auc)]


def physionet(count: int, threads: int) -> str:
    """Cross-validate every policy and return the results as Markdown."""
    folder = data("health_physionet2012")
    stays = read(folder, Columns(label="In-hospital_death", missing=True, every=1.0), labelled=True)
    parts = folds(stays.labels, len(stays), count, seed=0)
    lines = [
        "| missing values | AUROC | AUPRC | each AUROC | processor seconds, all folds |",
        "| --- | --- | --- | --- | --- |",
    ]
    for missing in POLICIES:
        began = time.process_time()
        found = np.array([judged(stays, *part, patients(missing, threads)) for part in parts])
        spent = time.process_time() - began
        cells = [
            f"{mean:.3f} ± {spread:.3f}"
            for mean, spread in zip(found.mean(axis=0), found.std(axis=0, ddof=1), strict=True)
        ]
        each = ", ".join(f"{area:.3f}" for area in found[:, 0])
        lines.append(f"| {missing} | {cells[0]} | {cells[1]} | {each} | {spent:.0f} |")
        print(lines[-1], flush=True)
    series = cast(list[Values], stays.values)
    missed = np.mean([np.isnan(rows).mean() for rows in series])
    head = (
        f"{len(stays):,} stays in steps of an hour, {sum(map(len, stays.values)):,} steps, {missed:.0%} of "
        f"the values missing; {(stays.labels or []).count('1')} deaths. Mean ± standard deviation of {count} "
        "folds."
    )
    return "\n".join(
        ["## In-hospital death, PhysioNet 2012", "", head, "", *lines, "", f"Published: {PUBLISHED}.", ""]
    )


def engines(path: Path) -> list[NDArray[np.float64]]:
    """Return each engine's settings and sensors, (T, 24), from a file of the C-MAPSS form."""
    rows = np.loadtxt(path)
    return [rows[rows[:, 0] == unit, 2:] for unit in np.unique(rows[:, 0])]


def cmapss(seed: int, threads: int) -> str:
    """Train on the training engines and return how well the test engines' life is told, as Markdown."""
    folder = data("health_cmapss_fd001")
    train, test = engines(folder / "train_FD001.txt"), engines(folder / "test_FD001.txt")
    left = [np.arange(len(rows) - 1, -1, -1.0) for rows in train]
    began = time.process_time()
    model = SequenceRegressor(seed=seed, threads=threads, asymmetric="cmapss", **ENGINES).fit(train, left)
    spent = time.process_time() - began
    told = [np.array([life]) for life in model.estimates(test).last()]
    true: Sequence[NDArray[np.float64]] = list(np.loadtxt(folder / "RUL_FD001.txt")[:, None])
    rows = [
        (name, scores(told, ends, "cmapss"))
        for name, ends in (("as it is", true), (f"capped at {CAP:g}", [np.minimum(end, CAP) for end in true]))
    ]
    lines = ["| remaining life in test | RMSE | MAE | C-MAPSS score |", "| --- | --- | --- | --- |"]
    lines += [
        f"| {name} | {found['rmse']:.2f} | {found['mae']:.2f} | {found['cmapss']:.0f} |"
        for name, found in rows
    ]
    head = f"100 engines, seed {seed}; {spent:.0f} seconds of the processor. Wanted: 14.5 as it is."
    return "\n".join(
        ["## Remaining life, C-MAPSS FD001", "", head, "", *lines, "", f"Published: {LIFE_PUBLISHED}.", ""]
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("part", choices=["physionet", "cmapss"])
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    if options.part == "physionet":
        found = physionet(options.folds, options.threads)
    else:
        found = cmapss(options.seed, options.threads)
    text = f"{found}\n{machine(options.threads)}.\n"
    print(text)
    if options.out:
        options.out.write_text(text)


if __name__ == "__main__":
    main()
