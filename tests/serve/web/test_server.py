"""The process: what it does to the interpreter while it serves, it undoes."""

import gc

from ostinato.serve.web import server


def test_collections_pass_over_what_was_there_before_and_no_longer_afterwards():
    before = gc.get_freeze_count()
    with server._frozen():
        assert gc.get_freeze_count() > 10_000  # all that was imported
        assert len(gc.get_objects()) < 1_000
    assert gc.get_freeze_count() == before
