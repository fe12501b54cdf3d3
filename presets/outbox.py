"""What is on its way to another process, and the one thread that writes it: whoever says something never waits.

A process that hangs stops reading, its line fills up, and the next write waits for as long as it hangs. Where
that write is a window's, the window hangs with it, and where it is made under a lock, so does whoever watches the
process in order to end it. So words are laid down here, in order, up to a bound.
"""

from __future__ import annotations

import sys
import threading
from collections import deque
from collections.abc import Callable

MOST_BYTES = 1 << 26
"""What may wait, in bytes of memory: far more than a new process is told at first, with thousands of sounds."""


class Overfull(Exception):
    """So much waits that the other process reads no more; told once, by `put`."""


class Outbox:
    """One line's words. `put`, `finish` and `drop` may be called from any thread, and return at once."""

    def __init__(
        self,
        write: Callable[[bytes], None],
        gone: tuple[type[Exception], ...],
        name: str,
        end: Callable[[], None] = lambda: None,
        at_once: Callable[[int], bool] = lambda _: False,
        most: int = MOST_BYTES,
    ) -> None:
        """Start the thread.

        Args:
            write: writes a message, and may wait.
            gone: what it raises when nobody reads any more: then nothing more is taken, and nobody is told.
            name: of the thread.
            end: called at the end of the thread.
            at_once: whether a message of so many bytes can be written without waiting. It then is, by whoever says
                it: another thread may have to wait for the interpreter, and a key on the screen would sound later.
            most: bytes of memory that may wait.
        """
        self._write, self._gone, self._end, self._at_once, self._most = write, gone, end, at_once, most
        self._waiting: deque[bytes] = deque()
        self._size, self._writing, self._closed = 0, False, False
        self._turn = threading.Condition()
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    def put(self, data: bytes) -> None:
        """Let a message be written after those before it; once the line has ended it is forgotten.

        Raises:
            Overfull: it does not fit any more; all that waits is forgotten, and all that comes.
        """
        with self._turn:
            if self._closed:
                return
            if not self._waiting and not self._writing and self._at_once(len(data)):
                self._say(data)
                return
            self._size += sys.getsizeof(data)
            if self._size > self._most:
                self._forget()
                raise Overfull
            self._waiting.append(data)
            self._turn.notify()

    def finish(self) -> None:
        """Take nothing more; the thread ends when all that waits is written."""
        with self._turn:
            self._closed = True
            self._turn.notify()

    def drop(self) -> None:
        """Take nothing more and forget what waits; the thread ends when the write it is in does."""
        with self._turn:
            self._forget()

    def join(self, seconds: float | None = None) -> bool:
        """Wait until the thread has ended; whether it has."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _work(self) -> None:
        while (data := self._next()) is not None:
            self._say(data)
        self._end()

    def _next(self) -> bytes | None:
        with self._turn:
            self._writing = False
            self._turn.wait_for(lambda: self._waiting or self._closed)
            if not self._waiting:
                return None
            data = self._waiting.popleft()
            self._size -= sys.getsizeof(data)
            self._writing = True
            return data

    def _say(self, data: bytes) -> None:
        try:
            self._write(data)
        except self._gone:
            self.drop()

    def _forget(self) -> None:
        self._closed, self._size = True, 0
        self._waiting.clear()
        self._turn.notify()
