"""What one bundle is worth to a scan: known as it stands, or looked at by a child, with patience and with an end.

The patience is the user's: a bundle that takes long is asked about while its child goes on working, and where
nobody can be asked it goes on the slow list. Every result is kept at once.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from msgspec import structs

from plugin_bridge.rack import bundles
from plugin_bridge.rack.bundles import Fingerprint
from plugin_bridge.rack.errors import RackError
from plugin_bridge.rack.findings import BLOCKED, Outcome, Record, State
from plugin_bridge.rack.look import ASK_SECONDS, LONGEST_SECONDS, Look, Seen
from plugin_bridge.rack.store import Store

Answer = Literal["wait", "skip", "never"]
Ask = Callable[[Path, float], Answer]
"""(bundle, seconds it took so far) -> wait LONGEST_SECONDS in all, leave it out this time, or block it."""


@dataclass(frozen=True)
class Limits:
    """Seconds until somebody is asked, and until a bundle that is waited for is given up."""

    ask: float = ASK_SECONDS
    longest: float = LONGEST_SECONDS


@dataclass(frozen=True)
class Result:
    """What came of a bundle. outcome None: nothing is kept, it will be looked at again. fresh: a child looked."""

    path: Path
    outcome: Outcome | None
    reason: str = ""
    names: tuple[str, ...] = ()
    fresh: bool = False


class Inspector:
    """Inspects bundles, from several threads."""

    def __init__(self, store: Store, ask: Ask | None, again: bool, limits: Limits, began: Callable[[Path], None]):
        """began: is told of every bundle that a child looks at. The rest is told in scan.py."""
        self._store, self._ask, self._again, self._limits, self._began = store, ask, again, limits, began
        self._at_work: set[Look] = set()
        self._lock, self._asking = threading.Lock(), threading.Lock()
        self.cancelled = threading.Event()

    def cancel(self) -> None:
        """End every look; what is not looked at yet is left out."""
        self.cancelled.set()
        with self._lock:
            looks = list(self._at_work)
        for look in looks:
            look.cancel()

    def inspect(self, path: Path, known: Record | None) -> Result:
        """Inspect one bundle, and keep what was found.

        Raises:
            NotWritten: it cannot be kept.
        """
        if self.cancelled.is_set():
            return Result(path, None, "The scan was stopped before it.")
        try:
            now = bundles.fingerprint(path, known.fingerprint if known else None)
        except OSError as error:
            return Result(path, None, f"It cannot be read: {error.strerror or error}.")
        if known is not None and self._holds_still(known, now):
            if now != known.fingerprint:
                keep(self._store, path, structs.replace(known, fingerprint=now))
            return Result(path, known.outcome, known.reason, _names(known))
        self._began(path)
        try:
            seen, seconds = self._look(path, known)
        except RackError as error:
            return Result(path, None, str(error))
        record = as_record(seen, now, seconds, self._limits.ask)
        if record is None:
            return Result(path, None, seen.reason, fresh=True)
        keep(self._store, path, record)
        return Result(path, record.outcome, record.reason, _names(record), fresh=True)

    def _holds_still(self, known: Record, now: Fingerprint) -> bool:
        if known.outcome == "never":
            return True
        same = bundles.same_program(known.fingerprint, now)
        return same and (not self._again or known.outcome in BLOCKED)

    def _look(self, path: Path, known: Record | None) -> tuple[Seen, float]:
        look = Look(path)
        try:
            with self._lock:
                self._at_work.add(look)
            if self.cancelled.is_set():
                look.cancel()
            given_up = None if look.wait(self._limits.ask) else self._what_now(look, path, known)
            seconds = look.seconds
            return look.seen() if given_up is None else given_up, seconds
        finally:
            look.end()
            with self._lock:
                self._at_work.discard(look)

    def _what_now(self, look: Look, path: Path, known: Record | None) -> Seen | None:
        """What is kept of a bundle that takes long; None where it came to an end after all."""
        waited_before = known is not None and known.slow and known.outcome == "known"
        if self._ask is None and not waited_before:
            return Seen("slow", f"It takes longer than {self._limits.ask:.0f} s to load.")
        with self._asking:  # one question at a time
            answer = self._answer(path, look.seconds, waited_before)
        if answer == "never":
            return Seen("never", f"You said never, after {look.seconds:.0f} s.")
        if answer == "wait":
            if not look.wait(self._limits.longest):
                look.give_up()
            return None
        return None if look.wait(0.0) else Seen(None, "Left out this time; the next scan asks again.")

    def _answer(self, path: Path, seconds: float, waited_before: bool) -> Answer:
        if self.cancelled.is_set():
            return "skip"
        return "wait" if waited_before or self._ask is None else self._ask(path, seconds)


def as_record(seen: Seen, fingerprint: Fingerprint, seconds: float, slow: float = ASK_SECONDS) -> Record | None:
    """What is kept of a look; None where it says nothing about the bundle. slow: seconds from which it is slow."""
    if seen.outcome is None:
        return None
    return Record(
        outcome=seen.outcome,
        fingerprint=fingerprint,
        reason=seen.reason,
        printed=() if seen.outcome == "known" else seen.printed,
        plugins=seen.plugins,
        seconds=round(seconds, 2),
        slow=seconds > slow or seen.outcome == "slow",
    )


def keep(store: Store, path: Path, record: Record) -> State:
    """Write what is known of a bundle.

    Raises:
        NotWritten: the folder is read-only or full.
    """
    return store.change(lambda state: structs.replace(state, bundles={**state.bundles, str(path): record}))


def _names(record: Record) -> tuple[str, ...]:
    return tuple(plugin.name for plugin in record.plugins)
