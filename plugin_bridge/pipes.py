"""A line to a child process: messages with their length before them, through its standard input and output.

A child of one's own needs no address, no key and no lock: it hears nobody else, and it ends when its parent does,
however that ended, because its input ends. What native libraries print never gets among the messages.
"""

from __future__ import annotations

import contextlib
import os
import select
import struct
import sys
import threading
from typing import IO

from presets.messages import LARGEST_MESSAGE

_HEAD = struct.Struct("<I")


class PipeClosed(Exception):
    """The other side is gone, or said what no message is."""


class Pipe:
    """Both directions of a line. `send` may be called from several threads, `receive` from one."""

    def __init__(self, source: IO[bytes], sink: IO[bytes]) -> None:
        """source: what the other side writes. sink: what it reads."""
        self._source, self._sink = source, sink
        self._sending = threading.Lock()

    def send(self, message: bytes) -> None:
        """Send a message.

        Raises:
            PipeClosed: nobody reads any more.
        """
        try:
            with self._sending:
                self._sink.write(_HEAD.pack(len(message)) + message)
                self._sink.flush()
        except (OSError, ValueError) as error:
            raise PipeClosed from error

    def has_room(self, size: int) -> bool:
        """Whether a message of so many bytes can be sent without waiting, while nobody else sends.

        A system that says a pipe can be written to promises room for as much as it writes in one piece. Windows
        says nothing of pipes; there it is never known.
        """
        if sys.platform == "win32" or size + _HEAD.size > select.PIPE_BUF:
            return False
        try:
            asked = select.poll()
            asked.register(self._sink, select.POLLOUT)
            return bool(asked.poll(0))
        except (OSError, ValueError):  # it is closed, which `send` tells
            return True

    def receive(self) -> bytes:
        """The next message.

        Raises:
            PipeClosed: the other side is gone, or its message is longer than any may be.
        """
        (length,) = _HEAD.unpack(self._exactly(_HEAD.size))
        if length > LARGEST_MESSAGE:
            raise PipeClosed
        return self._exactly(length)

    def close(self) -> None:
        """Say no more; the other side sees the end of what it reads."""
        with contextlib.suppress(OSError):
            self._sink.close()

    def forget(self) -> None:
        """Hear no more either; for whoever receives: closing what another thread reads would leave it there."""
        self.close()
        with contextlib.suppress(OSError):
            self._source.close()

    def _exactly(self, size: int) -> bytes:
        try:
            data = self._source.read(size)
        except (OSError, ValueError) as error:
            raise PipeClosed from error
        if len(data) != size:
            raise PipeClosed
        return data


def to_parent() -> Pipe:
    """The line of a child to whoever started it. From now on, what is printed goes to standard error."""
    sink = os.fdopen(os.dup(1), "wb")
    source = os.fdopen(os.dup(0), "rb")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return Pipe(source, sink)
