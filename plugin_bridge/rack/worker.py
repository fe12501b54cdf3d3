"""One rack: a thread that loads its effects, turns their knobs and renders through them, one thing at a time.

Renderings wait until the knobs have been still for 50 ms; of each key only the newest waits. What moves a knob
while one is running abandons it, and it begins anew with the knobs as they are then. A plug-in that takes a
minute to load keeps only its own rack waiting.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from functools import singledispatchmethod
from pathlib import Path

from plugin_bridge.rack import protocol
from plugin_bridge.rack.cache import Cache, Kept, key_of
from plugin_bridge.rack.chain import LiveChain, Load
from plugin_bridge.rack.editing import Editors, Ended, FromWindow, Stated, Turned
from plugin_bridge.rack.render import Abandoned, render
from presets.chains import read_chain, without_tails, write_chain
from presets.errors import OnetakeError
from presets.export import wav
from presets.files import safe_name

DEBOUNCE_SECONDS = 0.05

Tell = Callable[[protocol.Event], None]
Order = (
    protocol.SetChain | protocol.SetParameter | protocol.SetSlot | protocol.Reload | protocol.Allow
    | protocol.OpenEditor | protocol.Render | protocol.Cancel | protocol.Save | FromWindow
)  # fmt: skip
_LOOKS_ON = (protocol.OpenEditor, protocol.Save, Ended)
"""Orders that change nothing: they wait for a rendering instead of ending it."""


class Worker:
    """A rack. `put` may be called from any thread."""

    def __init__(self, rack: str, load: Load, cache: Cache, folder: Path, tell: Tell) -> None:
        """rack: its name. folder: where it is written when it is read back."""
        self._rack, self._cache, self._tell = rack, cache, tell
        self._saved_as = folder / f"{safe_name(rack)}.live.json"
        self._live = LiveChain(load, self._failed)
        self._editors = Editors(self._live, self.put)
        self._orders: queue.SimpleQueue[Order | None] = queue.SimpleQueue()
        self._waiting: dict[str, protocol.Render] = {}
        self._current: protocol.Render | None = None
        self._abandoned = threading.Event()
        self._ending = False
        self._moved_at = 0.0
        self._unsaved = False
        self._thread = threading.Thread(target=self._run, name=f"rack {rack}", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """How many renderings wait or run."""
        return len(self._waiting)

    def put(self, order: Order) -> None:
        """Take an order."""
        self._orders.put(order)
        current = self._current
        if current is not None and _ends(order, current):
            self._abandoned.set()

    def end(self) -> None:
        """Let go of everything as soon as possible; does not wait."""
        self._ending = True
        self._abandoned.set()
        self._orders.put(None)

    def join(self, seconds: float) -> None:
        """Wait so long for its end."""
        self._thread.join(seconds)

    # ── its thread ────────────────────────────────────────────────────────────────────────────────────────────

    def _run(self) -> None:
        while not self._ending:
            try:
                order = self._orders.get(timeout=self._patience())
            except queue.Empty:
                self._when_calm()
                continue
            if order is not None:
                self._obey(order)
        self._editors.close()
        self._live.close()

    def _patience(self) -> float | None:
        """Seconds until there is something to do even if no order comes; None for ever."""
        if not self._waiting and not self._unsaved:
            return None
        return max(0.0, self._moved_at + DEBOUNCE_SECONDS - time.monotonic())

    def _when_calm(self) -> None:
        if self._unsaved:
            self._obey(protocol.Save(ticket=protocol.UNASKED, rack=self._rack))
        if self._waiting:
            self._render(next(iter(self._waiting.values())))

    def _obey(self, order: Order) -> None:
        try:
            self._do(order)
        except OnetakeError as error:
            about = order.ticket if isinstance(order, protocol.Save) else self._rack
            self._tell(protocol.Failed(about=about, sentence=str(error)))

    @singledispatchmethod
    def _do(self, order: object) -> None:
        raise TypeError(order)

    @_do.register
    def _set_chain(self, order: protocol.SetChain) -> None:
        self._live.use(without_tails(read_chain(Path(order.chain))), order.foreign)
        self._editors.keep()
        self._changed()
        self._ready()

    @_do.register
    def _set_parameter(self, order: protocol.SetParameter) -> None:
        self._changed()
        stands = self._live.set(order.slot, order.parameter, order.value)
        self._tell(protocol.ParameterChanged(rack=self._rack, slot=order.slot, parameter=stands))
        self._editors.follow(order.slot, order.parameter, order.value)

    @_do.register
    def _set_slot(self, order: protocol.SetSlot) -> None:
        self._live.adjust(order.slot, order.enabled, order.mix)
        self._changed()

    @_do.register
    def _reload(self, order: protocol.Reload) -> None:
        self._live.reload(order.slot)
        self._editors.keep()
        self._changed()
        self._ready()

    @_do.register
    def _allow(self, order: protocol.Allow) -> None:
        self._live.allow(order.slot)
        self._changed()
        self._ready()

    @_do.register
    def _open_editor(self, order: protocol.OpenEditor) -> None:
        self._editors.open(order.slot)

    @_do.register
    def _turned(self, order: Turned) -> None:
        index = self._live.index_of(order.plugin)
        if index is not None:
            self._changed()
            stands = self._live.set(index, order.parameter, order.value)
            self._tell(protocol.ParameterChanged(rack=self._rack, slot=index, parameter=stands))

    @_do.register
    def _stated(self, order: Stated) -> None:
        index = self._live.index_of(order.plugin)
        if index is not None and self._live.restore(index, order.state):
            self._changed()
            self._ready()

    @_do.register
    def _ended(self, order: Ended) -> None:
        self._editors.ended(order.plugin)
        index = self._live.index_of(order.plugin)
        if index is not None:
            sentence = str(order.error) if order.error else ""
            self._tell(protocol.EditorClosed(rack=self._rack, slot=index, sentence=sentence))

    @_do.register
    def _want(self, order: protocol.Render) -> None:
        older = self._waiting.pop(order.key, None)
        if older is not None:
            sentence = "A newer rendering took its place."
            self._tell(protocol.Failed(about=older.ticket, kind="replaced", sentence=sentence))
        self._waiting[order.key] = order

    @_do.register
    def _cancel(self, order: protocol.Cancel) -> None:
        for key, job in list(self._waiting.items()):
            if job.ticket == order.ticket:
                del self._waiting[key]
                self._tell(protocol.Failed(about=job.ticket, kind="cancelled", sentence="It was given up."))

    @_do.register
    def _save(self, order: protocol.Save) -> None:
        self._unsaved = False
        write_chain(self._saved_as, self._live.chain(), overwrite=True, durable=False)
        foreign = tuple(index for index, one in enumerate(self._live.slots) if one.foreign)
        self._tell(
            protocol.Saved(ticket=order.ticket, rack=self._rack, chain=str(self._saved_as), foreign=foreign)
        )

    # ── rendering ─────────────────────────────────────────────────────────────────────────────────────────────

    def _render(self, job: protocol.Render) -> None:
        self._abandoned.clear()
        self._current = job
        try:
            if self._orders.empty():  # what came before `_current` was set did not set `_abandoned`
                self._answer(job)
        finally:
            self._current = None

    def _answer(self, job: protocol.Render) -> None:
        news: protocol.Event
        began = time.perf_counter()
        try:
            (path, printed), cached = self._wet(job)
        except Abandoned:
            return  # it waits, unless an order that comes next says otherwise
        except OnetakeError as error:
            news = protocol.Failed(about=job.ticket, sentence=str(error))
        else:
            news = protocol.Rendered(
                ticket=job.ticket, key=job.key, path=str(path), tails=printed.tails, remarks=printed.remarks,
                cached=cached, seconds=time.perf_counter() - began,
            )  # fmt: skip
        del self._waiting[job.key]
        self._tell(news)

    def _wet(self, job: protocol.Render) -> tuple[Kept, bool]:
        """The wet sound, and whether it was there already."""
        sound = wav.read(Path(job.path)).sound
        key = key_of(sound.checksum(), job.edit, job.match_db, self._live.chain(), job.tails)
        if all(one.as_saved for one in self._live.slots if one.heard):
            kept = self._cache.find(key)
            if kept is not None:
                return kept, True
        sound, printed = render(self._live, sound, job.edit, job.match_db, job.tails, self._abandoned.is_set)
        as_saved = all(one.as_saved for one in self._live.slots if one.heard)
        return self._cache.keep(key if as_saved else None, sound, printed), False

    # ── what is told ──────────────────────────────────────────────────────────────────────────────────────────

    def _changed(self) -> None:
        self._moved_at = time.monotonic()
        self._unsaved = True

    def _ready(self) -> None:
        states = tuple(
            protocol.SlotState(
                effect=one.slot.effect, problem=one.problem, remark=one.remark, foreign=one.foreign,
                parameters=self._live.parameters(index),
            )
            for index, one in enumerate(self._live.slots)
        )  # fmt: skip
        self._tell(protocol.ChainReady(rack=self._rack, slots=states))

    def _failed(self, index: int, sentence: str) -> None:
        self._tell(protocol.SlotFailed(rack=self._rack, slot=index, sentence=sentence))


def _ends(order: Order, current: protocol.Render) -> bool:
    """Whether an order makes what is being rendered useless."""
    if isinstance(order, protocol.Render):
        return order.key == current.key
    if isinstance(order, protocol.Cancel):
        return order.ticket == current.ticket
    return not isinstance(order, _LOOKS_ON)
