"""Which plug-in states may be used: those that were made here, and those that a person allowed.

A state is bytes that a plug-in reads however it likes, so one from elsewhere is not used before somebody says so.
States are remembered by their hash, the newest few thousand; a chain that was loaded, or a session from another
machine, is asked about slot by slot.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from msgspec import Struct

from presets.chains import foreign_slots
from presets.schema import Chain
from ui import stored

NAME = "known-states.json"
MOST = 4000


class _Known(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    version: Literal[1] = 1
    states: tuple[str, ...] = ()


class Consent:
    """The states that are known, and their file."""

    def __init__(self, folder: Path) -> None:
        """folder: the user's own; `remark` tells of a file that was broken."""
        self._path = folder / NAME
        known, self.remark = stored.load(self._path, _Known())
        self._states: dict[str, None] = dict.fromkeys(known.states)

    def foreign(self, chain: Chain) -> tuple[int, ...]:
        """The slots of a chain that need consent."""
        return tuple(i for i in foreign_slots(chain) if _hash(chain.slots[i].state) not in self._states)

    def learn(self, states: Iterable[bytes]) -> bool:
        """These may be used from now on; whether one of them was new."""
        new = {_hash(state): None for state in states if state}
        fresh = bool(new.keys() - self._states.keys())
        self._states |= new
        while len(self._states) > MOST:
            del self._states[next(iter(self._states))]
        return fresh

    def save(self) -> None:
        """Write what is known; from any thread.

        Raises:
            NotWritten: the folder is read-only or full.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        stored.save(self._path, _Known(states=tuple(self._states)))


def _hash(state: bytes) -> str:
    return hashlib.sha256(state).hexdigest()[:24]
