"""Work beside the window: files, peaks and spectrograms in few threads, results as calls in the window's thread.

Every job has a key: a newer one of the same key makes the answer of an older one stale, so a quick hand never sees
what it has already left. A job that fails tells its sentence and harms no other; what nobody foresaw in one is
raised in the window's thread, where it is written down.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from PyQt6.QtCore import QObject

from presets.errors import OnetakeError
from ui.hop import Hop

_THREADS = 2
_BEHIND = 10  # nice: the window's own thread comes first


class Work(QObject):
    """The threads of one window."""

    def __init__(
        self, refused: Callable[[str], None], parent: QObject | None = None, threads: int = _THREADS
    ) -> None:
        """refused: told the sentence of a job that failed and has nobody else to tell.

        threads: with one, what was asked for first is done first.
        """
        super().__init__(parent)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="panel-work", initializer=_step_behind)
        self._hop = Hop(self)
        self._hop.arrived.connect(self._arrive)
        self._newest: dict[str, int] = {}
        self._count, self._refused, self._closed = 0, refused, False
        self.running = 0

    def do(
        self,
        key: str,
        job: Callable[[], Any],
        then: Callable[[Any], None],
        refused: Callable[[str], None] | None = None,
    ) -> None:
        """Run a job in a thread, then call `then` with its result here, or `refused` with a sentence."""
        if self._closed:
            return
        self._count += 1
        self.running += 1
        self._newest[key] = number = self._count
        self._pool.submit(self._run, key, number, job, then, refused or self._refused)

    def refuse(self, sentence: str) -> None:
        """Tell whoever is told of failures."""
        self._refused(sentence)

    def close(self) -> None:
        """Wait for what runs, forget what waits."""
        self._closed = True
        self._hop.close()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _run(
        self,
        key: str,
        number: int,
        job: Callable[[], Any],
        then: Callable[[Any], None],
        refused: Callable[[str], None],
    ) -> None:
        try:
            result, call = job(), then
        except OnetakeError as error:
            result, call = str(error), refused
        except (OSError, MemoryError) as error:
            result, call = f"The system says: {error}. Try again.", refused
        except Exception as error:  # noqa: BLE001 (a thread's border: nobody else would ever hear of it)
            result, call = error, partial(_unforeseen, refused)
        self._hop((key, number, call, result))

    def _arrive(self, done: tuple[str, int, Callable[[Any], None], Any]) -> None:
        key, number, call, result = done
        self.running -= 1
        if self._newest.get(key) == number:
            del self._newest[key]
            call(result)


def _step_behind() -> None:
    """Let this thread run behind the window's; Linux alone has priorities of threads that need no right."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, 0, _BEHIND)


def _unforeseen(refused: Callable[[str], None], error: Exception) -> None:
    """What nobody foresaw in a job: its asker goes on, and whoever takes the last word (faults.py) is told."""
    refused(f"Something went wrong ({type(error).__name__}).")
    raise error
