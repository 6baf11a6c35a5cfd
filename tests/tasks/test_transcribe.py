"""Transcription as a task: options from the data, what is refused, loss and scores."""

import numpy as np
import pytest
import torch
from torch.nn.utils.rnn import pack_sequence

from ostinato.decode.ctc import prefix_search
from ostinato.errors import ArgumentError, DataError
from ostinato.nn.network import Network
from ostinato.read.sequences import Sequences
from ostinato.read.utterances import Utterances
from ostinato.spec.transcribe import TranscribeOptions
from ostinato.tasks.transcribe import TRANSCRIBE, negative_log_likelihood
from ostinato.tasks.transcribe_network import strides
from utterances import RATE, options, utterances


def problem(spoken, valid=None, **changed):
    resolved = TRANSCRIBE.resolve(spoken, options(**changed))
    return TRANSCRIBE.problem(spoken, valid, resolved)


def test_the_loss_is_the_probability_of_the_text_by_prefix_search():
    torch.manual_seed(0)
    scores = [torch.randn(5, 3), torch.randn(4, 3)]
    texts = [(1, 1), (2, 1)]
    found = negative_log_likelihood(pack_sequence(scores), [torch.tensor(text) for text in texts]).item()
    expected = 0.0
    for rows, text in zip(scores, texts, strict=True):
        said = prefix_search(rows.log_softmax(1).double().numpy(), beam_size=200)
        expected -= next(one.log_probability for one in said if one.tokens == text)
    assert found == pytest.approx(expected, rel=1e-5)


def test_the_loss_of_a_batch_is_that_of_its_recordings():
    found = problem(utterances(6))
    torch.manual_seed(0)
    network = Network(found.network).eval()
    (batch,) = found.epoch(0)
    total, weight, _ = found.loss(network, batch, {})
    single = [found.loss(network, type(batch)(1, "", (np.array([i]), 0)), {}) for i in range(6)]
    assert total.item() == pytest.approx(sum(one.total.item() for one in single), rel=1e-4)
    assert weight == sum(one.weight for one in single) == sum(map(len, found.letters))


def test_recordings_are_varied_anew_in_every_epoch_and_alike_in_every_run():
    first, again = (problem(utterances(6), speed_change=0.2, noise_share=1.0) for _ in range(2))
    rows = [
        one.train.drawn(np.array([0]), epoch)[0].data for one, epoch in [(first, 0), (again, 0), (first, 1)]
    ]
    assert torch.equal(rows[0], rows[1])
    assert rows[0].shape != rows[2].shape or not torch.equal(rows[0], rows[2])


def test_letters_are_those_of_both_parts_and_the_blank_is_first():
    train, valid = utterances(4), utterances(4, seed=1)
    valid = Utterances("valid", valid.sounds, ["é", *valid.texts[1:]])
    found = problem(train, valid)
    assert found.labels == ("", " ", "a", "b", "c", "é")
    with torch.inference_mode():
        scores = found.validate(Network(found.network).eval())
    assert scores.keys() == {"wer", "cer", "loss"}


def test_texts_can_be_lower_cased():
    data = utterances(4)
    data = Utterances("memory", data.sounds, [text.upper() for text in data.texts])
    assert problem(data, data={"lowercase": True}).labels[-1] == "c"
    assert problem(data).labels[-1] == "C"


def test_the_scale_of_frames_is_fitted_on_the_training_part_alone():
    train, loud = utterances(4), utterances(4, seed=1)
    loud = Utterances(
        "loud",
        Sequences("audio", [9 * s for s in loud.samples], loud.sounds.ids, sample_rate=RATE),
        loud.texts,
    )
    assert problem(train, loud).preprocessor.spec == problem(train).preprocessor.spec


@pytest.mark.parametrize(("letters", "stride"), [(6, 4), (11, 2), (21, 1)])
def test_the_stride_is_as_long_as_the_texts_leave_room_for(letters, stride):
    sounds = Sequences("audio", [np.zeros(1_600, np.float32)], ["a"], places=["line 2"], sample_rate=RATE)
    data = Utterances("memory", sounds, ["ab" * (letters // 2) + "a" * (letters % 2)])
    assert TRANSCRIBE.resolve(data, TranscribeOptions()).network.stride == stride


def test_a_text_with_more_letters_than_steps_is_refused():
    sounds = Sequences(
        "audio", [np.zeros(1_600, np.float32)], ["a"], places=["train.csv, line 2"], sample_rate=RATE
    )
    with pytest.raises(DataError, match=r"line 2: 'a.*… needs 70 steps, and its recording has 34") as caught:
        TRANSCRIBE.resolve(Utterances("memory", sounds, ["ab" * 35]), TranscribeOptions())
    assert "\n" not in str(caught.value)
    with pytest.raises(DataError, match="needs 8 steps, and its recording has 3, of 16"):
        problem(Utterances("memory", sounds, ["aabb c"]), network={"stride": 16})


def test_data_that_cannot_be_used_is_refused():
    data = utterances(4)
    with pytest.raises(DataError, match="says nothing of what is said"):
        TRANSCRIBE.resolve(Utterances("memory", data.sounds, None), options())
    with pytest.raises(ArgumentError, match="metric"):
        TRANSCRIBE.resolve(data, options(metric="bleu"))
    resolved = TRANSCRIBE.resolve(data, options())
    sounds = Sequences("audio", data.samples, data.sounds.ids, sample_rate=2 * RATE)
    with pytest.raises(DataError, match="read both at one rate"):
        TRANSCRIBE.plan(data, Utterances("other", sounds, data.texts), resolved)


@pytest.mark.parametrize("stride", range(1, 17))
def test_two_convolutions_share_every_stride(stride):
    first, second = strides(stride)
    assert first * second == stride
    assert first >= second
