"""Batches of varied recordings: functions of the seed, the epoch and the recording."""

import numpy as np
import pytest
import torch

from ostinato.data.recordings import Recordings
from ostinato.errors import ArgumentError
from ostinato.preprocess.audio import log_mel, unscaled
from ostinato.preprocess.pack import unpacked
from ostinato.spec.audio_options import AudioOptions, Augmentation
from sounds import RATE, tone

AUDIO = unscaled(RATE, AudioOptions())
TONES = [tone(300, 0.2), tone(500, 0.1), tone(700, 0.4)]
PLAIN = Augmentation(speed_change=0.0, noise_share=0.0, loudness_change=0.0, time_mask=0.0, band_mask=0.0)


def frames(recordings: Recordings, indices: list[int], epoch: int) -> dict[int, np.ndarray]:
    batch, order = recordings.drawn(np.array(indices), epoch)
    rows = unpacked(batch.data.numpy(), batch.batch_sizes.numpy())
    return {indices[place]: one for place, one in zip(order, rows, strict=True)}


def test_without_variation_a_batch_holds_the_frames():
    found = frames(Recordings(TONES, AUDIO, PLAIN, 0), [0, 1, 2], 5)
    for index, samples in enumerate(TONES):
        np.testing.assert_array_equal(found[index], log_mel(AUDIO, samples))


def test_a_recording_is_varied_by_seed_epoch_and_itself_alone():
    recordings = Recordings(TONES, AUDIO, Augmentation(), 7)
    first = frames(recordings, [0, 1, 2], 3)
    again = frames(Recordings(TONES, AUDIO, Augmentation(), 7), [2, 1], 3)
    np.testing.assert_array_equal(first[1], again[1])
    np.testing.assert_array_equal(first[2], again[2])
    for other in (frames(recordings, [1], 4), frames(Recordings(TONES, AUDIO, Augmentation(), 8), [1], 3)):
        assert other[1].shape != first[1].shape or (other[1] != first[1]).any()


def test_recordings_whose_order_a_change_of_speed_turns_stay_what_they_are():
    recordings = Recordings([tone(300, 0.2 + 0.001 * n) for n in range(8)], AUDIO, Augmentation(), 0)
    together = frames(recordings, [*range(8)], 2)
    lengths = [len(together[index]) for index in range(8)]
    assert lengths != sorted(lengths)
    for index in range(8):
        np.testing.assert_array_equal(together[index], frames(recordings, [index], 2)[index])


def test_a_batch_is_one_that_torch_takes():
    batch, _ = Recordings(TONES, AUDIO, Augmentation(), 0).drawn(np.array([1, 0, 2]), 0)
    padded, lengths = torch.nn.utils.rnn.pad_packed_sequence(batch)
    assert padded.shape[1:] == (3, AUDIO.bands)
    assert lengths.tolist() == sorted(lengths.tolist(), reverse=True)


def test_recordings_without_a_frame_are_refused():
    with pytest.raises(ArgumentError, match="shorter than one frame"):
        Recordings([TONES[0][:100]], AUDIO, PLAIN, 0)
