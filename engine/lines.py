"""Lines between processes: what ends them, and how to end one from another thread."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
from multiprocessing import AuthenticationError
from multiprocessing.connection import Connection

GONE = (OSError, EOFError, ValueError, TypeError, AuthenticationError)
"""What reading from or writing to a line raises when the other side is dead, gone or not who it should be.

TypeError: Python's Connection forgets its handle when another thread closes it in the middle of a call.
"""


def hang_up(line: Connection) -> None:
    """End a line so that whoever reads it wakes, and closes it; closing it here would leave a read blocked."""
    with contextlib.suppress(*GONE):
        if sys.platform == "win32":
            line.close()
        else:
            with socket.socket(fileno=os.dup(line.fileno())) as end:
                end.shutdown(socket.SHUT_RDWR)
