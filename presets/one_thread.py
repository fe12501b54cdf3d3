"""NumPy without threads of its own, for processes that live beside the engine."""

from __future__ import annotations

import importlib
import os
import sys

_BLAS = "OPENBLAS_NUM_THREADS"


def numpy_in_one_thread() -> None:
    """Load NumPy so that its products start no thread of their own; what the user has set is left alone.

    Such a thread spins for a while after every product, on a core that the engine needs: measured on two cores,
    3.2 of the panel's 7.1 s of processor time while ten sets of drafts came. In the audio process it is worse: who
    is before all normal programs spins until a thread that is behind them has done its part, 0.05 to 0.15 s in one
    load of ten. Processes that are started from here do not inherit it: an engine's sounds depend on how many
    threads it has.
    """
    if "numpy" in sys.modules or _BLAS in os.environ:
        return
    os.environ[_BLAS] = "1"
    try:
        importlib.import_module("numpy")
    finally:
        del os.environ[_BLAS]
