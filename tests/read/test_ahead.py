"""Work done ahead: in order whatever is ready first, bounded, and an error in its place."""

import threading
import time

import pytest

from ostinato.errors import DataError
from ostinato.read.ahead import ahead


def test_results_come_in_order_whichever_is_ready_first():
    def slow_first(number):
        time.sleep(0.02 if number == 0 else 0)
        return number

    assert list(ahead(slow_first, range(20), threads=4)) == list(range(20))


def test_no_more_than_the_bound_is_ever_begun():
    begun, most = [], 3
    for taken, _ in enumerate(ahead(begun.append, range(30), most=most, threads=2), start=1):
        assert len(begun) <= taken + most


def test_an_error_comes_where_its_result_would_have_come():
    def fail_at_three(number):
        if number == 3:
            raise DataError("three cannot be read.")
        return number

    results = ahead(fail_at_three, range(100), most=4)
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(DataError, match="three cannot be read"):
        next(results)
    assert list(results) == []


def test_an_iterator_that_is_dropped_leaves_no_thread():
    results = ahead(lambda number: number, range(1000), most=4)
    next(results)
    results.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("ahead")]
