"""What a child that holds a plug-in does to end with its parent, whatever the plug-in is doing.

Two ways, because each has a hole. A thread hears the parent's line end and leaves at once, but it needs the
interpreter, which a plug-in that loops inside a call for its state or a knob does not let go. So every request
also arms a timer of the kernel, whose signal ends the process without asking anybody. (The signal that Linux sends
when a parent dies is sent already when the thread ends that started the child, so it cannot be used.)
"""

from __future__ import annotations

import contextlib
import os
import queue
import shutil
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

from plugin_bridge.pipes import Pipe, PipeClosed
from plugin_bridge.rack.host_protocol import request
from presets.errors import UnreadableFile

_GRACE_SECONDS = 5.0  # the parent ends a late child itself; this is for a child without one


def listen(pipe: Pipe, folder: Path) -> queue.SimpleQueue[Any]:
    """Requests as they come in, read on a thread of their own; the process ends with the line."""
    requests: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def hear() -> None:
        try:
            while True:
                requests.put(request(pipe.receive()))
        except (PipeClosed, UnreadableFile):
            leave(folder)

    threading.Thread(target=hear, name="parent", daemon=True).start()
    return requests


def leave(folder: Path) -> NoReturn:
    """End at once: some plug-ins crash when they are taken apart, and nothing here is worth waiting for."""
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)


@contextlib.contextmanager
def within(seconds: float) -> Iterator[None]:
    """End the process if what is inside takes longer, even where it never lets the interpreter go."""
    if not hasattr(signal, "setitimer"):
        yield
        return
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, seconds + _GRACE_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
