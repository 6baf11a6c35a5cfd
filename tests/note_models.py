"""Small pieces of music and models of them for tests, made in memory."""

import numpy as np
import symusic

from model_files import RECORD, weights
from ostinato.preprocess.notes import NoteTokenizer
from ostinato.read.midi import Scores
from ostinato.runtime.music import MusicModel
from ostinato.runtime.network import Network
from ostinato.spec.language import LanguageOptions
from ostinato.spec.model import LanguageModel
from ostinato.spec.network import Embedding, Head, Recurrent
from ostinato.spec.network import Network as Spec
from ostinato.spec.preprocessing import Columns


def piece(*pitches):
    """Return a score of quarter notes, one after the other."""
    score = symusic.Score(480)
    score.tracks.append(symusic.Track("", 0, False))
    for number, pitch in enumerate(pitches):
        score.tracks[0].notes.append(symusic.Note(480 * number, 480, pitch, 80))
    return score


def pieces(*melodies):
    return Scores([piece(*melody) for melody in melodies], [f"{n}.mid" for n in range(len(melodies))])


def model(kernels="auto"):
    """Return a model with weights that differ everywhere."""
    tokenizer = NoteTokenizer.fit([piece(60)])
    tokens = tokenizer.spec.vocabulary_size
    ops = (Embedding(size=5), Recurrent(cell="gru", hidden_size=6, layers=2), Head(size=tokens))
    spec = LanguageModel(
        columns=Columns(),
        preprocessing=tokenizer.spec,
        network=Spec(input="tokens", input_size=tokens, ops=ops),
        recipe=LanguageOptions(),
        training=RECORD,
    )
    tensors = {name: 3 * array for name, array in weights(spec).items()}
    network = Network(spec.network, tensors, kernels=kernels)
    return MusicModel(spec, network, tokenizer)


def heard(score):
    """Return a score's notes as (time in quarter notes, pitch)."""
    found = [
        (note.time / score.ticks_per_quarter, note.pitch) for track in score.tracks for note in track.notes
    ]
    return sorted(np.array(found).tolist())
