"""The process: what it does to the interpreter while it serves, it undoes."""

import gc
import sys

from ostinato.serve.web import server


def test_collections_are_rare_while_it_serves_and_as_before_afterwards():
    before = gc.get_threshold(), sys.getswitchinterval(), gc.get_freeze_count()
    with server._prompt():
        assert gc.get_threshold() == server.COLLECTED
        assert sys.getswitchinterval() < before[1]
        assert gc.get_freeze_count() > 10_000  # all that was imported
    assert (gc.get_threshold(), sys.getswitchinterval(), gc.get_freeze_count()) == before
