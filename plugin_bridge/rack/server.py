"""The rack process: hands every order to the rack it is about, and answers the heartbeat at once.

The main thread only reads and hands on; every rack has a thread of its own (worker.py), every plug-in a process
of its own (hosted.py). What nobody foresaw ends this process: the client starts a new one with the same chains.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import traceback
from collections.abc import Callable
from functools import singledispatchmethod
from pathlib import Path

from msgspec.structs import replace

from plugin_bridge.pipes import Pipe, PipeClosed
from plugin_bridge.rack import protocol
from plugin_bridge.rack.cache import Cache
from plugin_bridge.rack.effects import BUILT_IN, LiveBuiltIn
from plugin_bridge.rack.impulses import Impulses
from plugin_bridge.rack.knobs import BuiltIn
from plugin_bridge.rack.load import Find, Loader
from plugin_bridge.rack.protocol import BuiltInCard, Event, ImpulseCard
from plugin_bridge.rack.worker import Worker
from presets.errors import OnetakeError, UnreadableFile
from presets.messages import LARGEST_MESSAGE, encode

BROKEN = 70
"""Exit status after an error that nobody foresaw."""

_MOST_RACKS = 64
_LEAVE_SECONDS = 2.0
_MOST_KNOBS = 200  # told of each slot where all of them are more than a message holds


class Server:
    """One rack process."""

    def __init__(self, pipe: Pipe, catalogue: Callable[[Path], Find]) -> None:
        """pipe: the line to the client. catalogue: of the user's own folder, what looks up plug-ins there."""
        self._pipe, self._catalogue = pipe, catalogue
        self._racks: dict[str, Worker] = {}
        self._cache: Cache | None = None
        self._impulses = Impulses(None)
        self._loader: Loader | None = None
        self._folder = Path()

    def run(self) -> int:
        """Serve until the client is gone; the exit status."""
        threading.excepthook = _end_with
        self._tell(protocol.Welcome(protocol=protocol.PROTOCOL, pid=os.getpid()))
        while True:
            try:
                order = protocol.request(self._pipe.receive())
            except (PipeClosed, UnreadableFile):
                return self._leave()
            try:
                self._do(order)
            except OnetakeError as error:
                about = str(getattr(order, "ticket", getattr(order, "rack", "rack")))
                self._tell(protocol.Failed(about=about, sentence=str(error)))

    @singledispatchmethod
    def _do(self, order: protocol.SetChain | protocol.Render | protocol.SetParameter) -> None:
        """Most orders are about a rack, which does them in its own time."""
        self._rack(order.rack).put(order)

    @_do.register
    def _hello(self, order: protocol.Hello) -> None:
        self._folder = Path(order.folder)
        self._impulses = Impulses(Path(order.impulses))
        self._loader = Loader(self._impulses, self._catalogue(Path(order.state)))
        self._cache = Cache(Path(order.cache), order.megabytes)

    @_do.register
    def _drop(self, order: protocol.DropRack) -> None:
        worker = self._racks.pop(order.rack, None)
        if worker is not None:
            worker.end()

    @_do.register
    def _cancel(self, order: protocol.Cancel) -> None:
        for worker in self._racks.values():
            worker.put(order)

    @_do.register
    def _list(self, order: protocol.ListBuiltIns) -> None:
        """On a thread of its own: a folder of impulse responses may be large."""

        def tell() -> None:
            impulses = tuple(ImpulseCard(content=one.hash, name=one.name) for one in self._impulses.all())
            self._tell(protocol.BuiltIns(effects=tuple(map(_card, BUILT_IN.values())), impulses=impulses))

        threading.Thread(target=tell, name="built-ins", daemon=True).start()

    @_do.register
    def _status(self, order: protocol.Status) -> None:
        waiting = sum(worker.waiting for worker in self._racks.values())
        self._tell(protocol.State(racks=len(self._racks), waiting=waiting))

    def _rack(self, name: str) -> Worker:
        """A rack by its name, made where it is new.

        Raises:
            OnetakeError: no Hello came before, or there are too many.
        """
        if name not in self._racks:
            if self._cache is None or self._loader is None:
                raise OnetakeError("Say Hello first: nobody knows where sounds are kept.")
            if len(self._racks) >= _MOST_RACKS:
                raise OnetakeError(f"There are {_MOST_RACKS} racks already. Close one, then try again.")
            self._racks[name] = Worker(name, self._loader, self._cache, self._folder, self._tell)
        return self._racks[name]

    def _tell(self, news: Event) -> None:
        data = encode(news)
        if len(data) > LARGEST_MESSAGE and isinstance(news, protocol.ChainReady):
            slots = tuple(replace(slot, parameters=slot.parameters[:_MOST_KNOBS]) for slot in news.slots)
            data = encode(replace(news, slots=slots))
        with contextlib.suppress(PipeClosed):
            self._pipe.send(data)

    def _leave(self) -> int:
        workers = list(self._racks.values())
        for worker in workers:
            worker.end()
        for worker in workers:
            worker.join(_LEAVE_SECONDS)  # one that still loads a plug-in is left: the plug-in ends with us
        return 0


def _card(row: BuiltIn) -> BuiltInCard:
    return BuiltInCard(
        effect=row.id,
        name=row.name,
        category=row.category,
        does=row.does,
        mix=row.mix,
        files=row.files,
        parameters=LiveBuiltIn(row).parameters(),
    )


def _end_with(error: threading.ExceptHookArgs) -> None:
    """A thread that died would leave its rack silent for ever: better a new process."""
    traceback.print_exception(error.exc_type, error.exc_value, error.exc_traceback)
    sys.stderr.flush()
    os._exit(BROKEN)
