"""Which streams may be named, and how."""

import pytest

from ostinato.errors import ServeError
from ostinato.serve.protocol.sequence import Place, place_of


@pytest.mark.parametrize("given", [{}, {"sequence_id": 0}, {"sequence_id": ""}, {"sequence_start": False}])
def test_a_request_without_a_name_is_of_no_stream(given):
    assert place_of(given) is None


@pytest.mark.parametrize("id", [1, 2**64 - 1, "a", "42", "A.b_c:d-e", "x" * 128])
def test_names_of_streams(id):
    assert place_of({"sequence_id": id, "sequence_end": True}) == Place(id, False, True, None)


@pytest.mark.parametrize("id", [-5, 2**64, 1.0, True, None, "x" * 129, "ä", "a b", "a/b", "a\n", [1], 1e30])
def test_other_names_are_refused(id):
    with pytest.raises(ServeError, match="sequence_id is") as caught:
        place_of({"sequence_id": id})
    assert caught.value.status == 400


@pytest.mark.parametrize(
    "given",
    [
        {"sequence_start": True},
        {"sequence_step": 3},
        {"sequence_id": 1, "sequence_start": 1},
        {"sequence_id": 1, "sequence_end": "true"},
        {"sequence_id": 1, "sequence_step": 0},
        {"sequence_id": 1, "sequence_step": 1.0},
        {"sequence_id": 1, "sequence_step": True},
    ],
    ids=str,
)
def test_flags_are_truth_values_and_steps_are_counted(given):
    with pytest.raises(ServeError):
        place_of(given)
