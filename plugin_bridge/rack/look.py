"""A look at one bundle, from the parent's side: a child loads it, and whatever happens to the child is an answer.

Who waits decides how long. The clock starts anew with every plug-in that the child tells of, so that a shell of
two hundred has the time of two hundred.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from plugin_bridge.pipes import PipeClosed
from plugin_bridge.rack.bundles import format_of, what_is_wrong
from plugin_bridge.rack.child import Child
from plugin_bridge.rack.errors import RackError
from plugin_bridge.rack.findings import Done, Examine, Format, Outcome, Plugin, Ready, Unloadable, read_told
from presets.errors import UnreadableFile
from presets.messages import encode

ASK_SECONDS = 30.0
"""A bundle that takes longer is slow: somebody is asked, or it goes on the slow list."""

LONGEST_SECONDS = 120.0
"""What a slow one is given; whoever loads it for use gives it as much."""

PROBE = "plugin_bridge.rack.probe"

_LINES, _LONGEST_LINE = 12, 300  # of what it printed


class Seen(NamedTuple):
    """What a look found out; outcome None: nothing about the bundle, because the look itself failed."""

    outcome: Outcome | None
    reason: str = ""
    printed: tuple[str, ...] = ()
    plugins: tuple[Plugin, ...] = ()


class Look:
    """A child at work. For the thread that made it, but for `cancel` and `end`, which are for any."""

    def __init__(self, bundle: Path, module: str = PROBE) -> None:
        """Start. module: what the child runs; for tests.

        Raises:
            RackError: no process can be started here.
        """
        self._bundle = bundle
        self._plugins: list[Plugin] = []
        self._last: Ready | Done | Unloadable | None = None
        self._began = self._heard = time.monotonic()
        self._over = threading.Event()
        self._late = self._cancelled = False
        self._child = Child(module)
        kind: Format = "au" if format_of(bundle) == "au" else "vst3"
        self._order = encode(Examine(path=str(bundle), format=kind))
        self._reader = threading.Thread(target=self._listen, name="look", daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """The child's."""
        return self._child.pid

    @property
    def seconds(self) -> float:
        """Since it began."""
        return time.monotonic() - self._began

    def wait(self, patience: float) -> bool:
        """Wait until it is over (True), or until it told nothing for so many seconds (False)."""
        while (left := self._heard + patience - time.monotonic()) > 0:
            if self._over.wait(left):
                return True
        return self._over.is_set()

    def give_up(self) -> None:
        """It had time enough."""
        self._late = not self._over.is_set()
        self.end()

    def cancel(self) -> None:
        """Nobody wants to know any more: nothing is found out."""
        self._cancelled = True
        self.end()

    def end(self) -> None:
        """End the child and all that it started; what it told stays known."""
        self._child.end()
        if self._reader is not threading.current_thread():
            self._reader.join()

    def seen(self) -> Seen:
        """What was found out, when it is over."""
        self.end()
        printed = tuple(line[:_LONGEST_LINE] for line in self._child.said.splitlines() if line.strip())[-_LINES:]
        if self._cancelled:
            return Seen(None, "The look at it was stopped.")
        if self._late:
            return Seen("hung", "It did not answer in time and was ended.", printed)
        return self._told(printed)

    def _told(self, printed: tuple[str, ...]) -> Seen:
        match self._last:
            case Done() if self._plugins:
                return Seen("known", printed=printed, plugins=tuple(self._plugins))
            case Done():
                return Seen("broken", "There is no plug-in in it.", printed)
            case Unloadable():
                said = self._last.reason[:_LONGEST_LINE]
                return Seen("broken", self._last.sentence or what_is_wrong(self._bundle), (*printed, said))
            case Ready():
                return Seen("crashed", f"It ended the process that loaded it ({self._child.how}).", printed)
        return Seen(None, f"The look at it could not be started ({self._child.how}). Scan again.", printed)

    def _listen(self) -> None:
        with contextlib.suppress(PipeClosed, UnreadableFile):  # what was told before says how far it came
            self._child.pipe.send(self._order)
            self._child.listen(self._hear)
        self._child.end()
        self._over.set()

    def _hear(self, message: bytes) -> None:
        told = read_told(message)
        if isinstance(told, Plugin):
            self._plugins.append(told)
            self._heard = time.monotonic()
        else:
            self._last = told


def look(
    bundle: Path, patience: float = LONGEST_SECONDS, began: Callable[[Look], None] = lambda one: None
) -> tuple[Seen, float]:
    """One look, waited for here; and how many seconds it took. began: is given it, to cancel it."""
    try:
        one = Look(bundle)
    except RackError as error:
        return Seen(None, str(error)), 0.0
    try:
        began(one)
        if not one.wait(patience):
            one.give_up()
        return one.seen(), one.seconds
    finally:
        one.end()
