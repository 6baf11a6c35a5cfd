"""The choice of a backend: visible, and never a silent fallback."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from ostinato.errors import ArgumentError, BackendError
from ostinato.kernels.dispatch import Backend, Call, Weights, backend, choose, describe

FAST = Backend(
    run=lambda: "fast", why_not=lambda call: "it wants float32" if call.dtype != torch.float32 else None
)
SLOW = Backend(run=lambda: "slow", why_not=lambda call: "it cannot reset" if call.resets else None)
TABLE = {"fast": FAST, "slow": SLOW}


def described(dtype: torch.dtype = torch.float32, requires_grad: bool = False) -> Call:
    weights = Weights(torch.ones(20, 3, dtype=dtype), torch.ones(20, 2), weight_hr=torch.ones(2, 5))
    state = (torch.zeros(1, 4, 2), torch.zeros(1, 4, 5))
    input = torch.ones(9, 3, dtype=dtype, requires_grad=requires_grad)
    return describe("lstm", input, torch.tensor([4, 3, 2]), state, [weights])


def test_call_says_all_that_a_backend_may_ask():
    call = described()
    assert (call.op, call.steps, call.batch, call.rows) == ("lstm", 3, 4, 9)
    assert (call.input_size, call.hidden_size, call.projection, call.directions) == (3, 5, 2, 1)
    assert not call.bias
    assert not call.resets
    assert not call.full
    assert call._replace(rows=12).full


def test_call_says_whether_derivatives_may_be_asked_for():
    assert described().derivatives == 0
    assert described(requires_grad=True).derivatives == 2
    with torch.no_grad():
        assert described(requires_grad=True).derivatives == 0


def test_call_is_frozen():
    with pytest.raises(AttributeError):
        described().steps = 5


def test_auto_takes_the_first_that_can():
    assert choose(TABLE, "auto", described()) is FAST
    assert choose(TABLE, "auto", described(torch.float64)) is SLOW


def test_a_backend_asked_for_by_name_runs_or_says_why_not():
    assert choose(TABLE, "slow", described()) is SLOW
    with pytest.raises(BackendError, match="lstm: backend 'fast' cannot run here: it wants float32"):
        choose(TABLE, "fast", described(torch.float64))


def test_unknown_backend_is_refused_with_the_names():
    with pytest.raises(ArgumentError, match="unknown backend 'quick'; choose one of auto, fast, slow"):
        choose(TABLE, "quick", described())


def test_every_reason_is_given_where_none_can_run():
    call = described(torch.float64)._replace(resets=True)
    with pytest.raises(BackendError, match="fast: it wants float32; slow: it cannot reset"):
        choose(TABLE, "auto", call)


def test_context_chooses_for_auto_and_ends():
    with backend("slow"):
        assert choose(TABLE, "auto", described()) is SLOW
        assert choose(TABLE, "fast", described()) is FAST
        with backend("fast"):
            assert choose(TABLE, "auto", described()) is FAST
        assert choose(TABLE, "auto", described()) is SLOW
    assert choose(TABLE, "auto", described()) is FAST


def test_context_ends_with_an_error_too():
    with pytest.raises(KeyError), backend("slow"):
        raise KeyError
    assert choose(TABLE, "auto", described()) is FAST


def test_context_holds_for_its_own_thread():
    with backend("slow"), ThreadPoolExecutor(1) as pool:
        assert pool.submit(choose, TABLE, "auto", described()).result() is FAST
