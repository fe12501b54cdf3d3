"""The rack process as a command uses it: ask, wait for the answer, tell what a person should know."""

from __future__ import annotations

import queue
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from plugin_bridge.rack.client import RackClient
from plugin_bridge.rack.errors import RackError
from plugin_bridge.rack.protocol import BuiltIns, ChainReady, Event, Failed, Rendered
from presets.chains import foreign_slots
from presets.places import state_folder
from presets.schema import Chain, Edit

PATIENCE_SECONDS = 600.0
"""As long as several plug-ins may take that load for minutes; the process itself is watched by its client."""

_RACK = "command"
_T = TypeVar("_T", bound=Event)


class Rack:
    """A rack process with one chain, for as long as a command runs."""

    def __init__(self, chain: Chain, trusted: bool) -> None:
        """Start it and load the chain; what is bypassed in it, renderings tell.

        Args:
            chain: the effects.
            trusted: whether states of plug-ins in it may be used.

        Raises:
            RackError: the process cannot be started, or has no answer.
        """
        self._news: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self.client = RackClient(self._news.put, state_folder())
        try:
            self.client.set_chain(_RACK, chain, () if trusted else foreign_slots(chain))
            self._wait(ChainReady, _RACK)
        except BaseException:
            self.client.close()
            raise

    def __enter__(self) -> Rack:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.client.close()

    def through(
        self, path: Path, edit: Edit | None = None, match_db: float = 0.0, tails: Sequence[float] | None = None
    ) -> Rendered:
        """Send a WAV through the chain; see protocol.Render.

        Raises:
            RackError: it cannot be rendered.
        """
        ticket = self.client.render(_RACK, _RACK, path, edit, match_db, tails)
        return self._wait(Rendered, ticket)

    def built_ins(self) -> BuiltIns:
        """The effects that need no plug-in, and the user's impulse responses."""
        self.client.built_ins()
        return self._wait(BuiltIns, "")

    def _wait(self, kind: type[_T], about: str) -> _T:
        end = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                news = self._news.get(timeout=max(0.01, end - time.monotonic()))
            except queue.Empty:
                raise RackError(
                    "The rack has no answer. Take out the effect you used last, then try again."
                ) from None
            if isinstance(news, Failed) and news.about in (about, "rack"):
                raise RackError(news.sentence)
            if isinstance(news, kind):
                return news
