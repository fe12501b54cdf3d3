"""A child that loads somebody else's code ends with its parent, quietly, whatever that code does.

A thread that waits for the end of its input is not enough: a plug-in that never comes back may hold the
interpreter's lock. So Linux is asked to tell the parent's death as well, and a watchdog of C, which needs no
lock and runs everywhere, stands behind both. For children that the same thread starts and waits for; lifeline.py
is for those that live longer.
"""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import os
import sys
import threading

from plugin_bridge.pipes import Pipe, PipeClosed

if sys.platform != "win32":
    import resource
    import signal

_PR_SET_PDEATHSIG = 1  # prctl(2); sent when the thread ends that started the process
_NO_DIALOGS = 0x0001 | 0x0002 | 0x8000  # SetErrorMode: no box about a crash, a missing disk or file


def end_with_parent(seconds: float) -> None:
    """Call first. seconds: the process ends after that long in any case."""
    faulthandler.dump_traceback_later(seconds, exit=True)
    if sys.platform == "win32":
        ctypes.windll.kernel32.SetErrorMode(_NO_DIALOGS)
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a crash is expected: no dump of it
    with contextlib.suppress(OSError):
        os.nice(10)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def end_with_pipe(pipe: Pipe) -> None:
    """From now on nothing more is heard, and the end of the line is the end of the process."""

    def wait() -> None:
        with contextlib.suppress(PipeClosed):
            while True:
                pipe.receive()
        os._exit(1)

    threading.Thread(target=wait, name="parent", daemon=True).start()
