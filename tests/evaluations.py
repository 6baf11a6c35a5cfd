"""Models, data and evaluations that look like real ones, made without training."""

import numpy as np

from ostinato.evaluate.classify import Evaluation
from ostinato.read.sequences import Sequences
from ostinato.spec.answers import Classes
from ostinato.spec.classify import ClassifyNetwork, ClassifyOptions
from ostinato.spec.model import ClassifyModel
from ostinato.spec.network import Convolution, Embedding, Head, Network, Pool, Recurrent
from ostinato.spec.preprocessing import Columns, Series, Tokens
from ostinato.spec.record import Epoch, GradientFlow, TrainingRecord

WORDS = ("a", "film", "of", "quiet", "wit", "and", "no", "hurry", "every", "dull", "bright", "moving", "line")
LABELS = ["no", "yes"]
LIKED, DISLIKED = ("wit", "bright", "moving"), ("dull", "no")


def training_record(text=False, folds=0, epochs=40):
    """Return a record whose curves fall, rise and wobble as real ones do."""
    rng = np.random.default_rng(1)
    history = []
    for stage in [*(f"fold {n + 1}" for n in range(folds)), "all" if folds else "train"]:
        valid = not (folds and stage == "all")
        for epoch in range(1, epochs + 1):
            loss = 2.1 * np.exp(-epoch / 6) + 0.02 + 0.02 * rng.random()
            history.append(
                Epoch(
                    stage=stage,
                    epoch=epoch,
                    train_loss=float(loss),
                    valid_loss=float(loss + 0.002 * epoch + 0.03 * rng.random()) if valid else None,
                    valid_metric=float(0.98 - 0.7 * np.exp(-epoch / 5) + 0.01 * rng.random())
                    if valid
                    else None,
                    learning_rate=1e-3,
                    gradient_norm=float(loss * 2),
                    seconds=0.4,
                    sequences_per_second=1800.0,
                )
            )
    distances = tuple(range(26))
    flow = tuple(
        GradientFlow(
            epoch=epoch,
            layer=layer,
            distances=distances,
            norms=tuple(float(0.01 * rate**d * np.exp(0.1 * rng.standard_normal())) for d in distances),
        )
        for epoch, rates in ((1, (0.6, 0.75)), (epochs, (0.93, 0.98)))
        for layer, rate in enumerate(rates)
    )
    return TrainingRecord(
        sequences=270,
        steps=4274,
        parameters=74_505,
        selection="folds" if folds else "validation",
        metric="accuracy",
        best_epoch=31,
        scores={"accuracy": 0.9778, "f1_macro": 0.9761, "loss": 0.0912},
        unknown_rate=0.031 if text else None,
        seconds=34.2,
        threads=2,
        data_sha256="4f1c" * 16,
        versions={"python": "3.11.7", "ostinato": "0.1.0", "torch": "2.13.0", "numpy": "2.4.6"},
        history=tuple(history),
        gradient_flow=flow,
    )


def make_model(labels, channels=0, **record):
    """Return a model of series with so many channels, or of text where there are none."""
    if channels:
        names = tuple(f"cepstrum_{i + 1}" for i in range(channels))
        scaling = {"center": (0.0,) * channels, "spread": (1.0,) * channels}
        preprocessing = Series(channels=names, scale="standard", **scaling)
        first = Convolution(channels=64, kernel_size=5)
    else:
        preprocessing = Tokens(tokens="word", lowercase=True, vocabulary_size=8_000)
        first = Embedding(size=100)
    ops = (
        first,
        Recurrent(cell="gru", hidden_size=64, layers=2, bidirectional=True),
        Pool(kinds=("attention", "max"), directions=2),
        Head(size=len(labels)),
    )
    return ClassifyModel(
        task="classify",
        columns=Columns(label="label"),
        preprocessing=preprocessing,
        network=Network(input="steps" if channels else "tokens", input_size=channels or 8_000, ops=ops),
        answer=Classes(labels=tuple(labels)),
        recipe=ClassifyOptions(network=ClassifyNetwork(hidden_size=64, layers=2, bidirectional=True)),
        training=training_record(text=not channels, **record),
    )


def noisy_answers(targets, classes, certainty, seed=0):
    """Return probabilities (N, C) that are mostly right, the more so the higher the certainty."""
    rng = np.random.default_rng(seed)
    scores = rng.standard_normal((len(targets), classes)) * 1.4
    scores[np.arange(len(targets)), targets] += certainty
    powers = np.exp(scores)
    return powers / powers.sum(axis=1, keepdims=True)


def series_data(labels, channels, count, steps=(7, 30), seed=0):
    """Return waves whose pitch is their class, and the targets."""
    rng = np.random.default_rng(seed)
    targets = rng.integers(len(labels), size=count)
    values = []
    for target, length in zip(targets, rng.integers(*steps, size=count), strict=True):
        time = np.arange(length)[:, None] / 8
        wave = np.sin((1 + target / 3) * time + np.arange(channels)) + 0.25 * rng.standard_normal(
            (length, channels)
        )
        values.append(wave.astype(np.float32))
    names = tuple(f"cepstrum_{i + 1}" for i in range(channels))
    ids = [f"utterance-{i + 1}" for i in range(count)]
    return Sequences("series", values, ids, [labels[t] for t in targets], names), targets


def text_data(labels, count, seed=0):
    """Return texts of random words, and the targets."""
    rng = np.random.default_rng(seed)
    targets = rng.integers(len(labels), size=count)
    values = [" ".join(rng.choice(WORDS, size=rng.integers(3, 24))) for _ in targets]
    ids = [f"line-{i + 1}" for i in range(count)]
    return Sequences("text", values, ids, [labels[t] for t in targets]), targets


def series_judge(classes):
    """Return a stand-in for a model: it listens to the middle of the first channels."""

    def probabilities_of(values):
        scores = []
        for rows in values:
            middle = rows[len(rows) // 4 : max(len(rows) // 4 + 1, len(rows) // 2)]
            heard = np.abs(middle[:, : min(3, rows.shape[1])]).mean()
            scores.append(-((np.arange(classes) / classes * 1.5 - heard) ** 2) * 12)
        powers = np.exp(np.array(scores))
        return powers / powers.sum(axis=1, keepdims=True)

    return probabilities_of


def text_judge(classes):
    """Return a stand-in for a model: it counts words."""

    def probabilities_of(values):
        words = [text.split() for text in values]
        good = [sum((w in LIKED) - (w in DISLIKED) for w in text) for text in words]
        scores = np.array(good)[:, None] * np.linspace(-1, 1, classes)[None] * 0.8
        powers = np.exp(scores)
        return powers / powers.sum(axis=1, keepdims=True)

    return probabilities_of


def evaluation_of(lengths, right, confidence):
    """Return the evaluation of univariate series of these lengths, right or wrong as told."""
    values = [np.zeros((length, 1), np.float32) for length in lengths]
    ids = [f"s{i}" for i in range(len(values))]
    sequences = Sequences("series", values, ids, ["yes"] * len(values), ("cepstrum_1",))
    sure = np.array(confidence)
    of_yes = np.where(right, sure, 1 - sure)
    probabilities = np.stack([1 - of_yes, of_yes], axis=1)
    return Evaluation.of(make_model(LABELS, 1), sequences, probabilities)
