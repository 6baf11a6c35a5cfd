"""A stream advances exactly once a request, or not at all; nobody ever meets another's state."""

import gc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import serving
from ostinato.errors import ServeError
from ostinato.serve.streams.asks import Ask, Said
from ostinato.serve.streams.versions import Version
from ostinato.serve.tensors import Tensor, texts
from serving import Clock, ask, population, probabilities, steps

ANSWER = 1e-6


def alone(values, model=None):
    """Return what a stream of one says of steps."""
    return (model or serving.series_model()).stream().push(values)


def one(streams, *arguments, **options):
    (reply,) = streams.advance([ask(*arguments, **options)])
    return reply


def refused(reply, status, *words):
    assert isinstance(reply, ServeError), reply
    assert reply.status == status
    for word in words:
        assert word in str(reply)


def test_step_by_step_and_beside_others_a_stream_says_what_it_says_alone():
    streams, values = population(), steps(6)
    said = []
    for t in range(6):
        others = [ask(n, steps(1, seed=t * n + n), start=t == 0) for n in range(2, 6)]
        replies = streams.advance([*others[:2], ask(1, values[t : t + 1], start=t == 0), *others[2:]])
        said.append(probabilities(replies[2]))
    np.testing.assert_allclose(np.concatenate(said), alone(values), rtol=0, atol=ANSWER)


def test_chunks_of_different_lengths_go_together():
    streams = population()
    replies = streams.advance([ask(n, steps(n, seed=n), start=True) for n in (3, 1, 2, 3000, 1000)])
    for reply, n in zip(replies, (3, 1, 2, 3000, 1000), strict=True):
        np.testing.assert_allclose(probabilities(reply), alone(steps(n, seed=n)), rtol=0, atol=1e-5)


def test_what_never_began_is_unknown_and_not_begun_by_accident():
    streams = population()
    refused(
        one(streams, 42),
        400,
        "sequence 42",
        "must specify the START flag on the first request of the sequence",
    )
    assert len(streams.table) == 0


def test_what_ended_is_over_at_once():
    streams = population()
    one(streams, 1, start=True)
    one(streams, 1, end=True)
    refused(one(streams, 1), 400, "START flag", "it has ended")
    refused(one(streams, 1, end=True), 400, "START flag")
    assert len(streams.table) == len(streams.newest.slots) == 0


def test_the_first_may_be_the_last():
    streams = population()
    values = steps(4)
    np.testing.assert_allclose(
        probabilities(one(streams, 1, values, start=True, end=True)), alone(values), atol=ANSWER
    )
    assert len(streams.table) == 0


def test_a_start_on_a_live_stream_begins_anew():
    streams, values = population(), steps(2)
    one(streams, 1, steps(5, seed=9), start=True)
    np.testing.assert_allclose(probabilities(one(streams, 1, values, start=True)), alone(values), atol=ANSWER)
    assert streams.counts["restarted"] == 1
    assert len(streams.newest.slots) == 1


def test_a_refused_start_leaves_the_live_stream_as_it_was():
    streams, values = population(), steps(3)
    one(streams, 1, values[:2], start=True)
    refused(one(streams, 1, np.zeros((1, 7), "f4"), start=True), 400, "[B, T, 3]")
    np.testing.assert_allclose(probabilities(one(streams, 1, values[2:])), alone(values)[2:], atol=ANSWER)


@pytest.mark.parametrize(
    "bad",
    [np.zeros((1, 7), "f4"), np.full((1, 3), 3e38, "f4"), np.zeros((2, 1, 3), "f4"), np.zeros((0, 3), "f4")],
)
def test_refused_input_changes_nothing_for_anybody(bad):
    streams, values = population(), steps(4)
    streams.advance([ask(n, values[:2], start=True) for n in range(5)])
    replies = streams.advance([ask(n, bad if n == 3 else values[2:3]) for n in range(5)])
    refused(replies[3], 400, "steps")
    for n in range(5):
        rest = values[2:] if n == 3 else values[3:]
        np.testing.assert_allclose(probabilities(one(streams, n, rest))[-1], alone(values)[-1], atol=ANSWER)


def test_a_refused_end_does_not_end():
    streams, values = population(), steps(3)
    one(streams, 1, values[:2], start=True)
    refused(one(streams, 1, np.full((1, 3), 3e38, "f4"), end=True), 400)
    np.testing.assert_allclose(probabilities(one(streams, 1, values[2:])), alone(values)[2:], atol=ANSWER)


def test_an_end_within_a_character_is_refused_and_the_stream_goes_on():
    model = serving.language_model()
    streams = population(model)

    def push(data, **place):
        (reply,) = streams.advance([Ask("me", 1, {"text": texts("text", [data.decode("latin-1")])}, **place)])
        return reply

    push(b"to", start=True)
    held = Tensor("text", "BYTES", np.array([b" b\xc3"], object))
    (reply,) = streams.advance([Ask("me", 1, {"text": held}, end=True)])
    refused(reply, 400)
    whole = model.stream()
    expected = np.concatenate([whole.push("to be").nats, whole.finish().nats])
    said = push(b" be", end=True)
    assert said.number == 2
    np.testing.assert_allclose(said.outputs[1].array, expected[-len(said.outputs[1].array) :], atol=1e-5)


def test_the_same_name_is_another_stream_for_another_client_and_42_is_not_its_text():
    streams = population()
    one(streams, 42, start=True)
    refused(one(streams, 42, client="you"), 400, "START")
    refused(one(streams, "42"), 400, "START")
    one(streams, 42, steps(9, seed=5), client="you", start=True)
    values = np.concatenate([steps(1), steps(2, seed=3)])
    np.testing.assert_allclose(probabilities(one(streams, 42, values[1:])), alone(values)[1:], atol=ANSWER)


def test_a_repeated_step_is_answered_again_and_not_taken_again():
    streams, values = population(), steps(3)
    one(streams, 1, values[:1], start=True, number=1)
    first = one(streams, 1, values[1:2], number=2)
    again = one(streams, 1, values[1:2], number=2)
    assert (first.repeated, again.repeated, again.number) == (False, True, 2)
    np.testing.assert_array_equal(probabilities(first), probabilities(again))
    np.testing.assert_allclose(
        probabilities(one(streams, 1, values[2:], number=3)), alone(values)[2:], atol=ANSWER
    )


def test_a_counted_start_is_no_repetition_of_one_that_was_not_counted():
    streams, values = population(), steps(2)
    one(streams, 1, values[:1], start=True)
    said = one(streams, 1, values[1:], start=True, number=1)
    assert not said.repeated
    np.testing.assert_allclose(probabilities(said), alone(values[1:]), atol=ANSWER)


def test_a_repeated_start_or_end_is_answered_again():
    streams = population()
    first = one(streams, 1, start=True, number=1)
    assert one(streams, 1, start=True, number=1).repeated
    last = one(streams, 1, end=True, number=2)
    again = one(streams, 1, end=True, number=2)
    np.testing.assert_array_equal(probabilities(last), probabilities(again))
    assert again.repeated
    assert not first.repeated


@pytest.mark.parametrize("number", [1, 4, 99])
def test_a_gap_is_told_and_takes_nothing(number):
    streams, values = population(), steps(3)
    one(streams, 1, values[:1], start=True)
    one(streams, 1, values[1:2])
    refused(one(streams, 1, values[2:], number=number), 409, "last committed step of sequence 1 is 2")
    np.testing.assert_allclose(
        probabilities(one(streams, 1, values[2:], number=3)), alone(values)[2:], atol=ANSWER
    )


def test_an_answer_that_is_too_large_to_be_kept_is_not_made_up():
    streams = population()
    one(streams, 1, steps(20_000), start=True, number=1)
    refused(one(streams, 1, steps(20_000), start=False, number=1), 409, "not kept")


def test_a_stream_that_nobody_uses_expires():
    clock = Clock()
    streams = population(clock=clock, idle=10.0)
    one(streams, 1, start=True)
    clock.now += 6
    one(streams, 2, start=True)
    clock.now += 6
    streams.tick()
    refused(one(streams, 1), 400, "it expired")
    assert isinstance(one(streams, 2), Said)
    assert len(streams.newest.slots) == 1


def test_a_live_stream_is_little_to_the_garbage_collector():
    """It walks through all that it knows while every client waits."""
    streams = population()
    known = []
    for first in (1, 401):
        streams.advance([ask(n, start=True) for n in range(first, first + 400)])
        gc.collect()
        known.append(len(gc.get_objects()))
    assert known[1] - known[0] < 3 * 400


def test_ten_thousand_streams_expire_a_part_at_a_time():
    clock = Clock()
    streams = population(clock=clock)
    for first in range(0, 1200, 400):
        streams.advance([ask(n, start=True) for n in range(first + 1, first + 401)])
    clock.now += 601
    streams.tick()
    assert 0 < len(streams.table) < 1200
    for _ in range(3):
        streams.tick()
    assert len(streams.table) == len(streams.newest.slots) == 0


def test_where_there_is_no_room_only_who_rests_gives_way():
    clock = Clock()
    streams = population(clock=clock, streams=3, evict_after=5.0)
    for id in (1, 2, 3):
        one(streams, id, start=True)
    refused(one(streams, 4, start=True), 503, "taken")
    assert one(streams, 4, start=True).retry_after
    clock.now += 6
    one(streams, 1)
    assert isinstance(one(streams, 4, start=True), Said)
    refused(one(streams, 2), 400, "give way")
    assert isinstance(one(streams, 1), Said)
    assert isinstance(one(streams, 3), Said)


def test_one_client_cannot_take_the_places_of_others():
    clock = Clock()
    streams = population(clock=clock, streams=10, streams_per_client=2, evict_after=5.0)
    one(streams, 1, client="you", start=True)
    for id in (1, 2):
        one(streams, id, start=True)
    refused(one(streams, 3, start=True), 429, "one client")
    clock.now += 6
    assert isinstance(one(streams, 3, start=True), Said)
    refused(one(streams, 1), 400, "give way")
    assert isinstance(one(streams, 1, client="you"), Said)


def test_who_takes_a_place_finds_nothing_of_the_one_before():
    streams = population(streams=1)
    fresh = population(streams=1)
    one(streams, 1, np.full((5, 3), 7.0, "f4"), start=True, end=True)
    np.testing.assert_array_equal(
        probabilities(one(streams, 2, start=True)), probabilities(one(fresh, 2, start=True))
    )
    assert streams.newest.slots.places() == [0]


def test_streams_keep_their_version_when_the_model_is_replaced():
    streams, values = population(), steps(3)
    old, new = serving.series_model(), serving.series_model(scale=0.5)
    one(streams, 1, values[:1], start=True)
    streams.use(Version("m", "2", new, 100))
    kept = one(streams, 1, values[1:])
    assert kept.version == "1"
    np.testing.assert_allclose(probabilities(kept), alone(values, old)[1:], atol=ANSWER)
    begun = one(streams, 2, values, start=True)
    assert begun.version == "2"
    np.testing.assert_allclose(probabilities(begun), alone(values, new), atol=ANSWER)
    refused(one(streams, 1, version="2"), 400, "START")
    refused(one(streams, 1, version="7"), 404, "no version 7")
    one(streams, 1, end=True)
    streams.tick()
    assert [*streams.versions] == ["2"]


def test_a_state_moves_to_another_server():
    here, there, values = population(), population(), steps(4)
    one(here, "a", values[:2], start=True)
    state, session = here.state("me", "a", None)
    said = there.restore(ask("b", start=True, number=session.number), state)
    assert said.number == 1
    np.testing.assert_allclose(
        probabilities(one(there, "b", values[2:], number=2)), alone(values)[2:], atol=ANSWER
    )
    damaged = state[:-1] + bytes([state[-1] ^ 1])
    with pytest.raises(ServeError, match="damaged"):
        there.restore(ask("c", start=True), damaged)
    with pytest.raises(ServeError, match="another model"):
        population(serving.series_model(0.5)).restore(ask("c", start=True), state)
    assert len(there.newest.slots) == 1


def test_a_bug_ends_only_the_streams_that_met_it(monkeypatch, caplog):
    streams = population()
    streams.advance([ask(1, start=True), ask(2, start=True)])
    push = type(streams.newest.face).push

    def breaks(self, held, given, numbers):
        raise ZeroDivisionError

    monkeypatch.setattr(type(streams.newest.face), "push", breaks)
    refused(one(streams, 1), 500, "lost")
    refused(one(streams, 3, start=True), 500, "lost")
    monkeypatch.setattr(type(streams.newest.face), "push", push)
    refused(one(streams, 1), 400, "START", "lost when the model failed")
    assert isinstance(one(streams, 2), Said)
    assert len(streams.newest.slots) == 1
    assert "ZeroDivisionError" in caplog.text


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("abcd"), st.sampled_from(["start", "step", "end", "wait", "bad", "one"])),
        max_size=60,
    )
)
def test_in_any_order_places_and_streams_agree_and_every_answer_is_right(events):
    """The oracle is a stream of one for every name; three places for four names, so that some give way."""
    clock, model = Clock(), MODEL
    streams = population(model, clock=clock, streams=3, evict_after=0.0, idle=50.0)
    oracle = {}
    for turn, (name, event) in enumerate(events):
        clock.now += 20 if event == "wait" else 1
        streams.tick()
        if event == "wait":
            continue
        values = np.full((1, 3), np.inf, "f4") if event == "bad" else steps(1, seed=turn)
        reply = one(streams, name, values, start=event in ("start", "one"), end=event in ("end", "one"))
        if event in ("start", "one"):
            oracle[name] = model.stream()
        if isinstance(reply, Said):
            np.testing.assert_allclose(probabilities(reply)[0], oracle[name].push(values[0]), atol=1e-6)
        live = {session.name[1]: session.place for session in streams.table}
        assert len(set(live.values())) == len(live) == len(streams.newest.slots) <= 3


MODEL = serving.series_model()
