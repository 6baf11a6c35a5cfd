"""Series in memory: what goes on where a history ends."""

import numpy as np

import forecasters


def test_what_goes_on_where_a_history_ends_gets_it():
    whole = forecasters.panel(2, 60)
    history = whole.cut(np.array([40, 40]))
    rest = type(whole)(
        **(vars(whole) | {"values": [rows[40:] for rows in whole.values],
                          "starts": np.array([whole.times(0)[40], whole.times(1)[39]])})
    )  # fmt: skip
    found = rest.behind(history)
    np.testing.assert_array_equal(found.values[0], whole.values[0])
    assert found.starts[0] == whole.starts[0]
    assert found.values[1] is rest.values[1]  # begins a step too early
    assert rest.starts[0] == whole.times(0)[40]
    assert whole.behind(history).values == whole.values
    assert rest.behind(history.select(np.array([1]))).values == rest.values
