"""Models of every task, behind the server's tensors: a stream there says what a stream here says."""

import numpy as np
import pytest

pytest.importorskip("tokenizers", reason="reading text needs ostinato[text]")
pytest.importorskip("miditok", reason="music needs ostinato[music]")
pytest.importorskip("kaldi_native_fbank", reason="sound needs ostinato[audio]")

import pair_models
from ostinato import runtime
from ostinato.errors import ArgumentError, DataError
from ostinato.serve.faces import FACES, READERS, face_of
from ostinato.serve.streams.asks import Ask
from ostinato.serve.tensors import BYTES, DTYPES, Tensor, pack, texts, unpack
from serving import population
from streaming import CASES

cases = pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())


def inputs_of(model, part):
    """Return a part of a case's sequence as the tensors of a request."""
    form = face_of(model).inputs[0]
    if form.datatype != BYTES:
        return {form.name: Tensor(form.name, form.datatype, np.asarray(part, DTYPES[form.datatype]))}
    return {form.name: texts(form.name, [part] if isinstance(part, str) else [*part])}


def thirds(given):
    third = max(1, len(given) // 3)
    return [given[:third], given[third : 2 * third], given[2 * third :]]


def values(outputs):
    """Return what is compared of an answer: its rows of numbers, or its letters."""
    by_name = {one.name: one.array for one in outputs}
    if "times" in by_name:
        return np.array([ord(letter) for letter in by_name["text"][0].decode()]).reshape(-1, 1)
    return by_name["probabilities"] if "probabilities" in by_name else by_name["nats"][:, None]


def expected(case, model, parts):
    """Return the same of a stream here, its end too where the server tells it."""
    stream = model.stream()
    rows = [case.rows(stream.push(part)) for part in parts]
    last = stream.finish()
    if hasattr(last, "nats") or hasattr(last, "times"):
        rows.append(case.rows(last))
    elif face_of(model).inputs[0].name == "text":
        rows.append(last[None])
    return np.concatenate(rows)[:, : 1 if hasattr(last, "times") else None]


@cases
def test_a_stream_there_says_what_a_stream_here_says_though_it_moves(case):
    model = case.make()
    parts, said = thirds(case.given), []
    servers = [population(model), population(model)]
    for number, part in enumerate(parts):
        here = servers[number % 2]
        if number:
            before = servers[(number - 1) % 2]
            here.restore(Ask("me", 1, {}, start=True, number=number), before.state("me", 1, None)[0])
        place = {"start": number == 0, "end": number == 2, "number": number + 1}
        (reply,) = here.advance([Ask("me", 1, inputs_of(model, part), **place)])
        said.append(values(reply.outputs))
        again = unpack(pack(reply.outputs))
        assert [one[:2] for one in again] == [one[:2] for one in reply.outputs]
        assert all((a.array == b.array).all() for a, b in zip(again, reply.outputs, strict=True))
    np.testing.assert_allclose(np.concatenate(said), expected(case, model, parts), atol=1e-5)


@cases
def test_answers_have_the_form_that_is_told(case):
    model = case.make()
    face = face_of(model)
    assert face.why_not_stream() is None
    outputs = face.predict(inputs_of(model, case.given))
    for form, tensor in zip(face.outputs, outputs, strict=True):
        assert (form.name, form.datatype) == tensor[:2]
        assert len(form.shape) == tensor.array.ndim
        assert all(size in (-1, found) for size, found in zip(form.shape, tensor.array.shape, strict=True))


@pytest.mark.parametrize("name", ["texts, word", "language, char", "tags, crf"])
def test_words_and_texts_are_bytes_in_utf_8(name):
    model = CASES[name].make()
    (form,) = face_of(model).inputs
    array = np.array([b"\xff\xfe"], object)
    with pytest.raises(DataError):
        face_of(model).predict({form.name: Tensor(form.name, BYTES, array)})


def test_models_that_cannot_stream_say_so():
    for model in (pair_models.translator(), pair_models.chatter()):
        face = face_of(model)
        assert face.why_not_stream()
        (reply,) = population(model).advance([Ask("me", 1, {}, start=True)])
        assert reply.status == 400
        assert str(reply) == face.why_not_stream()


def test_pairs_answer_whole_texts():
    translator, chatter = pair_models.translator(), pair_models.chatter()
    (said,) = face_of(translator).predict({"text": texts("text", pair_models.SOURCES)})
    assert [one.decode() for one in said.array] == translator.translate(pair_models.SOURCES)
    assert face_of(translator).plain({"texts": ["one dog"]}) == [
        {"text": translator.translate(["one dog"])[0]}
    ]
    assert face_of(chatter).plain({"turns": ["one dog"]}) == [{"text": chatter.answer(["one dog"], turn=1)}]


@pytest.mark.parametrize(
    "body", [{}, {"texts": []}, {"texts": "a"}, {"texts": ["a"], "more": 1}, {"texts": [1]}]
)
def test_other_objects_are_refused(body):
    with pytest.raises(DataError):
        face_of(pair_models.translator()).plain(body)


def test_every_class_of_models_has_a_face():
    exported = [getattr(runtime, name) for name in runtime.__all__ if name != "load"]
    models = {one for one in exported if issubclass(one, runtime.Model) and one is not runtime.Model}
    assert models == {*FACES, runtime.Classifier, runtime.Labeler, runtime.Regressor}
    assert set(READERS) == {"series", "text", "audio", "video"}


def test_what_has_no_face_is_refused():
    class Stranger(type(pair_models.translator())):
        """A model of a class that the table does not name."""

    model = pair_models.translator()
    model.__class__ = Stranger
    with pytest.raises(ArgumentError, match="cannot be served"):
        face_of(model)
