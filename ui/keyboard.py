"""Single keys from the terminal, without Enter, while a command plays."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator

if sys.platform == "win32":
    import msvcrt
else:
    import select
    import termios
    import tty

Read = Callable[[float], str]


@contextlib.contextmanager
def keys() -> Iterator[Read]:
    """Yields what waits at most so many seconds for a key and returns it, "" for none.

    Where there is no terminal nobody can press one: then it only waits.
    """
    if not sys.stdin.isatty():
        yield _nobody
    elif sys.platform == "win32":
        yield _windows
    else:
        before = termios.tcgetattr(sys.stdin)
        try:
            tty.setcbreak(sys.stdin)
            yield _unix
        finally:
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


def _nobody(seconds: float) -> str:
    time.sleep(seconds)
    return ""


def _windows(seconds: float) -> str:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if sys.platform == "win32" and msvcrt.kbhit():
            return msvcrt.getwch()
        time.sleep(0.01)
    return ""


def _unix(seconds: float) -> str:
    if sys.platform == "win32" or not select.select([sys.stdin], [], [], seconds)[0]:
        return ""
    return sys.stdin.read(1)
