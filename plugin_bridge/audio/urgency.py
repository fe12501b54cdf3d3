"""Before everybody else: the process's own scheduling class, so that a busy machine does not make it late.

The interpreter's lock makes this needed for every thread and not for the callback's alone: a control thread that a
busy program pushes aside while it holds the lock keeps the audio thread waiting, however urgent that one is.
Measured beside seven busy processes on two cores: 50 late blocks in 10,000 without, see build/bench.jsonl with.
"""

from __future__ import annotations

import os
import sys

PRIORITY = 10
"""Of 99; JACK's own threads have more."""


def hurry() -> bool:
    """Put this thread, and those that it starts, before all normal programs; False where the system says no."""
    if sys.platform == "win32":
        return _hurry_windows()
    if not hasattr(os, "sched_setscheduler"):
        return False
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(PRIORITY))
    except OSError:
        return _hurry_a_little()
    return True


def calm_down() -> None:
    """Be a normal program again: for a child that does ordinary work."""
    if sys.platform != "win32" and hasattr(os, "sched_setscheduler"):
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


def _hurry_a_little() -> bool:
    """A better place among the normal programs, where that is allowed."""
    try:
        os.nice(-10)
    except OSError:
        return False
    return True


def _hurry_windows() -> bool:
    import psutil  # noqa: PLC0415 (needed on Windows only)

    try:
        psutil.Process().nice(getattr(psutil, "HIGH_PRIORITY_CLASS", 0x80))
    except psutil.Error:
        return False
    return True
