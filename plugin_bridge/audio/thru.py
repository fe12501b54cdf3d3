"""MIDI thru: what comes in goes on to another port, on a thread of its own.

Sending may wait for the system, and the audio thread has no time for that. The thread is there from the first way
on to the end, and sleeps while nothing comes.
"""

from __future__ import annotations

import threading
from queue import SimpleQueue
from typing import Any

_WAITING = 1024  # messages; one more is lost


class Thru:
    """The way on, at most one at a time.

    Attributes:
        name: of the port that is sent to, "" for none.
        lost: messages that could not be sent.
    """

    def __init__(self, errors: tuple[type[Exception], ...]) -> None:
        """No way on. errors: what rtmidi's ports raise."""
        self.name, self.lost = "", 0
        # ValueError: what came in was no message.
        self._errors: tuple[type[Exception], ...] = (*errors, ValueError)
        self._port: Any = None
        self._messages: SimpleQueue[bytes | None] = SimpleQueue()
        self._changing = threading.Lock()
        self._thread: threading.Thread | None = None

    def send(self, message: bytes) -> None:
        """Pass a message on soon, if there is a way. For the audio thread: it waits for nothing."""
        if not self.name:
            return
        if self._messages.qsize() < _WAITING:
            self._messages.put(message)
        else:
            self.lost += 1

    def use(self, name: str, port: Any) -> None:
        """Send to this open port from now on, and close the one before; "" and None for no way."""
        with self._changing:
            self.name, before, self._port = name, self._port, port
            if before is not None:
                before.close_port()
                before.delete()
        if port is not None and self._thread is None:
            self._thread = threading.Thread(target=self._run, name="midi thru", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Send no more; nothing may be called afterwards."""
        self.use("", None)
        self._messages.put(None)
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while (message := self._messages.get()) is not None:
            with self._changing:
                self._pass_on(message)

    def _pass_on(self, message: bytes) -> None:
        try:
            if self._port is not None:
                self._port.send_message(message)
        except self._errors:
            self.lost += 1
