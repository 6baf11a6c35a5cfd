"""Small models of random weights that tell a label, several labels or a number, of whatever they read."""

import numpy as np

import model_files
from ostinato.preprocess.audio import unscaled
from ostinato.preprocess.prepare import from_spec
from ostinato.preprocess.tokens import Tokenizer
from ostinato.runtime import Classifier, Labeler, Regressor
from ostinato.runtime.network import Network
from ostinato.spec.answers import Classes, Labels, Quantity
from ostinato.spec.audio_options import AudioOptions
from ostinato.spec.classify import ClassifyOptions
from ostinato.spec.model import ClassifyModel, LabelsModel, RegressModel
from ostinato.spec.network import Embedding, Head, Pool, Recurrent
from ostinato.spec.network import Network as NetworkSpec
from ostinato.spec.preprocessing import Columns, Series, Static
from ostinato.spec.regress import RegressOptions
from ostinato.spec.video import Video

TOKENIZER = Tokenizer.fit(["a dog and a cat", "two dogs"], "word", 20, lowercase=True)

PLAIN = model_files.SERIES.preprocessing
PATIENT = Series(
    channels=("pulse", "lactate", "urine"),
    scale="standard",
    center=(20.0, 2.0, 1.0),
    spread=(5.0, 1.0, 2.0),
    missing="mask",
    mean=(20.0, 2.0, 1.0),
    unit=0.5,
    static=Static(names=("age", "weight"), center=(50.0, 70.0), spread=(10.0, 20.0)),
)
DECAYING = PATIENT.model_copy(update={"missing": "decay", "static": None, "unit": None})
SOUND = unscaled(4_000, AudioOptions(mel_bands=8))
CLIP = Video(height=6, width=8, channels=1, frame_rate=None, center=(100.0,), spread=(50.0,))


def model(kind, read, *, per_step=False, threshold=None):
    """Return a ``"classify"``, ``"labels"`` or ``"regress"`` model; ``read`` None: of text."""
    tokens = read is None
    read = TOKENIZER.spec if tokens else read
    size = 1 if kind == "regress" else 2
    ops = (Recurrent(cell="gru", hidden_size=5), *(() if per_step else (Pool(kinds=("last", "mean")),)))
    network = NetworkSpec(
        input="tokens" if tokens else "steps",
        input_size=read.flow().size,
        ops=(*((Embedding(size=4),) if tokens else ()), *ops, Head(size=size)),
    )
    shared = {"columns": Columns(), "preprocessing": read, "network": network, "training": model_files.RECORD}
    made, loaded = {
        "classify": lambda: (
            ClassifyModel(
                answer=Classes(labels=("no", "yes"), threshold=threshold),
                per_step=per_step,
                recipe=ClassifyOptions(),
                **shared,
            ),
            Classifier,
        ),
        "labels": lambda: (
            LabelsModel(
                answer=Labels(labels=("ill", "long"), thresholds=(0.5, 0.4)),
                recipe=ClassifyOptions(),
                **shared,
            ),
            Labeler,
        ),
        "regress": lambda: (
            RegressModel(
                answer=Quantity(name="left", center=6.0, spread=2.5, per_step=per_step),
                recipe=RegressOptions(),
                **shared,
            ),
            Regressor,
        ),
    }[kind]()
    tensors = {name: 2 * array for name, array in model_files.weights(made).items()}
    preprocessor = from_spec(read, TOKENIZER.to_json() if tokens else None)
    return loaded(made, Network(network, tensors), preprocessor)


def steps(count=9, seed=0, gaps=0.4):
    """Return a patient: values (T, 3) with gaps, times (T,) and descriptors (2,)."""
    random = np.random.default_rng(seed)
    values = random.normal((20, 2, 1), (5, 1, 2), (count, 3)).astype("<f4")
    values[random.random(values.shape) < gaps] = np.nan
    return values, np.cumsum(random.uniform(0.1, 2.0, count)), np.array([61.0, np.nan], "<f4")


def frames(count=7, seed=0, height=6, width=8):
    """Return grey frames (T, height, width)."""
    return np.random.default_rng(seed).integers(0, 256, (count, height, width), np.uint8)
