"""Requests of many streams are computed together, those of one stream in the order they came."""

import threading
import time

import numpy as np
import pytest

import serving
from ostinato.errors import ServeError
from ostinato.serve.streams.asks import Said
from ostinato.serve.streams.batcher import Batcher
from serving import ask, limits, population, probabilities, steps


@pytest.fixture
def batcher():
    """Return streams with a thread of their own, which stops at the test's end."""
    started = Batcher(population(waiting=40), limits(waiting=40).streams)
    yield started
    started.close()


def held(batcher):
    """Keep the thread busy until the event that is returned is set."""
    release, busy = threading.Event(), threading.Event()

    def work(_):
        busy.set()
        release.wait(30)

    batcher.call(work)
    busy.wait(30)
    return release


def test_what_waits_together_is_computed_in_one_call(batcher):
    release = held(batcher)
    answers = [batcher.submit([ask(n, start=True)]) for n in range(20)]
    release.set()
    assert all(isinstance(answer.result(30)[0], Said) for answer in answers)
    assert batcher.call(lambda streams: streams.counts["calls"]).result(30) == 1


def test_who_is_alone_does_not_wait_for_others_and_after_company_does():
    started = Batcher(population(), limits(batch_wait=0.5).streams)
    began = time.monotonic()
    for step in range(3):
        started.submit([ask(1, start=step == 0)]).result(30)
    alone = time.monotonic() - began
    release = held(started)
    answers = [started.submit([ask(n, start=True)]) for n in (2, 3)]
    release.set()
    [answer.result(30) for answer in answers]
    began = time.monotonic()
    started.submit([ask(1)]).result(30)
    after_company = time.monotonic() - began
    started.close()
    assert alone < 0.5 <= after_company


def test_requests_of_one_stream_are_taken_in_their_order(batcher):
    values = steps(30)
    release = held(batcher)
    answers = [batcher.submit([ask(1, values[t : t + 1], start=t == 0)]) for t in range(30)]
    release.set()
    said = np.concatenate([probabilities(answer.result(30)[0]) for answer in answers])
    np.testing.assert_allclose(said, serving.series_model().stream().push(values), atol=1e-6)


def test_two_threads_on_one_stream_lose_no_step(batcher):
    assert isinstance(batcher.submit([ask(1, start=True)]).result(30)[0], Said)

    def pushes():
        for _ in range(200):
            batcher.submit([ask(1)]).result(30)

    threads = [threading.Thread(target=pushes) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    last = batcher.submit([ask(1)]).result(30)[0]
    assert last.number == 402
    expected = serving.series_model().stream().push(np.repeat(steps(1), 402, axis=0))[-1]
    np.testing.assert_allclose(probabilities(last)[0], expected, atol=1e-5)


def test_what_is_cancelled_while_it_waits_is_not_computed(batcher):
    batcher.submit([ask(1, start=True)]).result(30)
    release = held(batcher)
    answers = [batcher.submit([ask(1)]) for _ in range(5)]
    assert all(answer.cancel() for answer in answers[:4])
    release.set()
    assert answers[4].result(30)[0].number == 2
    assert len(batcher) == 0


def test_a_request_names_each_stream_once(batcher):
    with pytest.raises(ServeError, match="named twice"):
        batcher.submit([ask(1), ask(1)])


def test_a_queue_that_is_full_says_so_at_once():
    batcher = Batcher(population(), limits(queue=30, waiting=3).streams)
    release = held(batcher)
    answers = [batcher.submit([ask(1, start=True)]) for _ in range(4)]
    with pytest.raises(ServeError, match="wait for this stream") as caught:
        batcher.submit([ask(1)])
    assert (caught.value.status, caught.value.retry_after) == (429, 1)
    answers += [batcher.submit([ask(n, start=True)]) for n in range(2, 28)]
    with pytest.raises(ServeError, match="too many requests wait for this model") as caught:
        batcher.submit([ask(99, start=True)])
    assert caught.value.status == 503
    release.set()
    assert all(isinstance(answer.result(30)[0], Said) for answer in answers)
    assert isinstance(batcher.submit([ask(1)]).result(30)[0], Said)
    batcher.close()


def test_a_thread_that_hangs_is_seen(batcher):
    assert batcher.stuck() < 1
    release = held(batcher)
    time.sleep(0.1)
    assert batcher.stuck() > 0.05
    release.set()


def test_who_asks_for_work_gets_its_error(batcher):
    with pytest.raises(ZeroDivisionError):
        batcher.call(lambda streams: 1 // 0).result(30)
    assert batcher.stuck() < 1
