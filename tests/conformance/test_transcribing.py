"""The common checks of a task, for transcribers: a saved and loaded one gives training's own answers."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import ostinato
from language_models import model as text_model
from networks import WHOLE_MODEL
from ostinato.archive.model import save
from ostinato.data.examples import Examples
from ostinato.errors import StreamError
from ostinato.nn.network import Network, import_tensors
from ostinato.preprocess.pack import falling, unpacked
from ostinato.runtime.transcribe import Decoding
from ostinato.tasks.transcribe import TRANSCRIBE
from ostinato.train.fit import fit
from utterances import options, utterances

SHAPES = {
    "gru, both ways": {"cell": "gru"},
    "gru, live": {"cell": "gru", "live": True},
    "lstm, live, every frame": {"cell": "lstm", "live": True, "stride": 1, "hidden_size": 32},
    "gru, two layers, live": {"cell": "gru", "layers": 2, "live": True, "hidden_size": 24},
    "rnn, live, stride of four": {"cell": "rnn", "live": True, "stride": 4, "hidden_size": 32},
}
DECODINGS = {"greedy": Decoding(), "beam": Decoding(beam_size=4)}


@pytest.fixture(scope="module", params=SHAPES)
def trained(request, tmp_path_factory):
    """Return eight utterances, what training on them ended with, and the same model saved and loaded."""
    data = utterances(8, seed=3)
    path = tmp_path_factory.mktemp("models") / "model"
    shape = SHAPES[request.param]
    result = fit(TRANSCRIBE, data, options(network=shape, epochs=180, schedule="constant"), out=path)
    return data, result, ostinato.load(path)


def live(model):
    return model.network.spec.why_not_stream() is None


@pytest.mark.parametrize("decoding", DECODINGS.values(), ids=DECODINGS)
def test_it_overfits_eight_utterances(trained, decoding):
    data, _, model = trained
    assert [one.text for one in model.transcribe(data.samples, decoding)] == data.texts


def test_the_saved_model_gives_the_answers_of_training(trained):
    data, result, model = trained
    network = Network(result.model.network).eval()
    import_tensors(network, result.tensors)
    examples = Examples(result.preprocessor.apply(data.sounds))
    order = falling(examples.lengths)
    with torch.inference_mode():
        scores = network(examples.batch(order))
    logs = unpacked(scores.data.double().log_softmax(dim=1).numpy(), scores.batch_sizes.numpy())
    found = model.log_probabilities(data.samples)
    for place, expected in zip(order, logs, strict=True):
        np.testing.assert_allclose(found[place], expected, rtol=0, atol=WHOLE_MODEL * 10)


def test_a_recording_alone_is_heard_as_in_a_batch(trained):
    data, _, model = trained
    together = model.log_probabilities(data.samples)
    for samples, expected in zip(data.samples, together, strict=True):
        (alone,) = model.log_probabilities([samples])
        np.testing.assert_allclose(alone, expected, rtol=0, atol=WHOLE_MODEL * 10)


def test_native_kernels_and_numpy_agree(trained, tmp_path):
    data, result, _ = trained
    path = tmp_path / "model"
    save(path, result.model, result.tensors, result.preprocessor.tokenizer_json(), "# transcriber")
    numpy, native = (ostinato.load(path, kernels=kernels) for kernels in ("numpy", "native"))
    for one, other in zip(*(m.log_probabilities(data.samples) for m in (numpy, native)), strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=WHOLE_MODEL * 10)
    assert numpy.transcribe(data.samples) == native.transcribe(data.samples)


@settings(max_examples=15, deadline=None)
@given(cuts=st.lists(st.integers(1, 3_000), max_size=6), decoding=st.sampled_from([*DECODINGS.values()]))
def test_a_stream_in_any_pieces_says_what_the_whole_says(trained, cuts, decoding):
    data, _, model = trained
    if not live(model):
        return
    samples = data.samples[0]
    stream, heard = model.stream(decoding), []
    for piece in np.split(samples, sorted({cut for cut in cuts if cut < len(samples)})):
        heard.append(stream.push(piece))
    heard.append(stream.finish())
    (whole,) = model.transcribe([samples], decoding)
    assert "".join(one.text for one in heard) == whole.text
    times = [time for one in heard for time in one.times]
    assert times == sorted(times)
    assert times[0][0] == whole.words[0].start


@pytest.mark.parametrize("language", [False, True])
def test_a_state_is_a_value_of_one_size(trained, language):
    data, _, model = trained
    if not live(model):
        with pytest.raises(StreamError, match="listens both ways"):
            model.stream()
        return
    decoding = Decoding(4, text_model(text=" ".join(data.texts)) if language else None)
    mine, other = data.samples[:2]
    half = len(mine) // 2
    stream = model.stream(decoding)
    first, kept = stream.push(mine[:half]), stream.state()
    rest = stream.push(mine[half:]) + stream.finish()
    elsewhere = model.restore(kept, decoding)
    assert elsewhere.push(mine[half:]) + elsewhere.finish() == rest
    stream.reset()
    assert stream.push(mine[:half]) == first
    sizes = set()
    for _ in range(12):
        stream.push(np.concatenate([*data.samples, other[::-1]])[: 40 * 400])
        sizes.add(len(stream.state()))
    assert len(sizes) == 1


def test_states_of_other_ways_to_find_letters_are_refused(trained):
    data, _, model = trained
    if not live(model):
        return
    language = text_model(text=" ".join(data.texts))
    ways = [Decoding(), Decoding(2), Decoding(3), Decoding(3, language), Decoding(3, language, weight=0.1)]
    states = [model.stream(way).state() for way in ways]
    for mine, way in enumerate(ways):
        for other, state in enumerate(states):
            if mine != other:
                with pytest.raises(StreamError, match="of another model"):
                    model.restore(state, way)


def test_streams_that_are_answered_at_different_steps_are_taken_on_together(trained):
    data, _, model = trained
    if not live(model):
        return
    hop, width = model.audio.hop, model.audio.width
    streams = model.streams(4)
    for number in range(4):
        streams.push([data.samples[number][: width + number * hop]], [number])
    heard = streams.push([data.samples[number][width + number * hop :] for number in range(4)])
    for number, (one, whole) in enumerate(zip(heard, model.transcribe(data.samples[:4]), strict=True)):
        assert (one + streams.finish(number)).text == whole.text
