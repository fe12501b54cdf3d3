"""Where the time goes from the last key to a sound that can be played: the figures of the latency ledger.

Measured at the window, where the key went down, so that nothing that is waited for is left out. A take with
effects is first heard dry and then wet: each is told when it can be played. What is heard while a knob moves
belongs to the rack, which tells of it by itself.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from ui.flow import Flow, content
from ui.shelf import Heard, Made, WetHeard


@dataclass(frozen=True)
class Ledger:
    """Seconds. effects: of the rack's rendering; total: from the last key to a sound that can be played."""

    text: float = 0.0
    network: float = 0.0
    codec: float = 0.0
    effects: float = 0.0
    window: float = 0.0
    total: float = 0.0


class Timing:
    """Keeps the ledger of the newest sound."""

    def __init__(self) -> None:
        self.ledger = Ledger()
        self._asked_at, self._dry, self._is_told = 0.0, "", True
        self._last = self._before = ""

    def asked(self) -> None:
        """A person asks for something now."""
        self._asked_at, self._dry, self._is_told = time.perf_counter(), "", False
        self._before = self._last

    def changed(self, before: Flow, after: Flow) -> None:
        """Other effects are a wish as well: what is heard next follows from them."""
        if before.every != after.every or before.chains != after.chains:
            self.asked()
            self._before = ""

    def heard(self, shown: Made, sound: Heard) -> None:
        """A sound can be played now. What comes again without having been asked for (a new cut) is no news."""
        key = content(shown.recipe)
        if not sound.name.startswith(key):
            return
        self._last = key
        if self._is_told:
            return
        total = time.perf_counter() - self._asked_at
        if isinstance(sound, WetHeard):
            # The take from before the wish may still become wet: that is no answer to it.
            late = not self._dry and key == self._before
            if not sound.chain or late or self._dry not in ("", key):
                return
            # One whose dry sound was told comes on top of it; else only its effects were asked for.
            dry = self.ledger if self._dry else Ledger()
            self.ledger = replace(dry, effects=sound.rendered, window=dry.window + sound.took, total=total)
            self._is_told = True
        elif not self._dry and shown.recipe.steps == 1:
            self._dry = key
            self.ledger = Ledger(shown.text, shown.network, shown.codec, window=sound.took, total=total)
