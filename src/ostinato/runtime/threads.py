"""How many threads the native kernels may use; torch is not asked, for there may be none.

Who sets the number: ``OSTINATO_NUM_THREADS`` in the environment; else ``OMP_NUM_THREADS``, for the kernels
work on the threads of the OpenMP runtime that the process has loaded, if any; else the number of processors
that the process may use. It is read when a network or a stack is made. Layers of ``ostinato.nn`` use torch's
own number.
"""

import os
import sys

from ostinato.errors import ArgumentError

VARIABLES = ("OSTINATO_NUM_THREADS", "OMP_NUM_THREADS")


def threads() -> int:
    """Return how many threads to use at most.

    Raises:
        ArgumentError: OSTINATO_NUM_THREADS is no whole number of at least 1.
    """
    own, shared = (os.environ.get(name, "").strip() for name in VARIABLES)
    if own:
        if not own.isdecimal() or int(own) < 1:
            raise ArgumentError(f"OSTINATO_NUM_THREADS is {own!r}; expected a whole number of at least 1.")
        return int(own)
    outermost = shared.partition(",")[0].strip()  # OpenMP takes a list, one number for each level of nesting
    return int(outermost) if outermost.isdecimal() and int(outermost) > 0 else processors()


def processors() -> int:
    """Return how many processors the process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
