"""Talks to the rack process from another one: starts it, watches it, and brings it back with the same chains.

Standard library and msgspec only, so that a window which imports this stays light. Every chain, every knob that
was turned since and every rendering that was not answered is kept here and said again to a new process, so a dead
one costs a moment and nothing else.

Events arrive on a thread of the client's own (`on_event`); hop to yours if you have a screen.
"""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from plugin_bridge.rack.errors import RackError
from plugin_bridge.rack.protocol import (
    PROTOCOL,
    UNASKED,
    Allow,
    Cancel,
    ChainReady,
    DropRack,
    Event,
    Failed,
    Hello,
    ListBuiltIns,
    OpenEditor,
    ParameterChanged,
    Reload,
    Render,
    Rendered,
    Save,
    Saved,
    SetChain,
    SetParameter,
    SetSlot,
    Status,
    Welcome,
    event,
)
from plugin_bridge.supervised import Patience, Supervised
from presets.chains import read_chain, write_chain
from presets.errors import OnetakeError
from presets.files import safe_name
from presets.messages import Message
from presets.schema import Chain, Edit

HEARTBEAT_SECONDS = 0.5
SILENT_SECONDS = 10.0
START_SECONDS = 60.0
_PATIENCE = Patience(
    heartbeat=HEARTBEAT_SECONDS, silent=SILENT_SECONDS, start=START_SECONDS, leave=5.0, crashes=(5, 60.0)
)
_TRIES = 3  # a rendering that was there when the process died so often is given up
CACHE_MEGABYTES = 1024.0


@dataclass
class _Rack:
    """What must be said again of a rack: the chain as it was last read back, and what was turned since.

    ready: whether events are about this chain already, and not about the one before.
    """

    chain: SetChain
    ready: bool = False
    moves: dict[tuple[int, str], SetParameter] = field(default_factory=dict)
    settings: dict[int, SetSlot] = field(default_factory=dict)
    allowed: dict[int, Allow] = field(default_factory=dict)


@dataclass
class _Job:
    """A rendering that was not answered, and how often the process died over it."""

    order: Render
    deaths: int = 0


class RackClient(Supervised):
    """The rack process of one window or command."""

    def __init__(
        self,
        on_event: Callable[[Event], None],
        state: Path,
        impulses: Path | None = None,
        megabytes: float = CACHE_MEGABYTES,
        log: Path | None = None,
    ) -> None:
        """Start the process.

        Args:
            on_event: called with every event, on the client's own thread.
            state: the user's own folder: what the scan found lies there, and wet sounds in "wet".
            impulses: where the user's impulse responses lie; None is "impulses" in that folder.
            megabytes: what the wet sounds may take.
            log: a file that takes what the process and its libraries print; None throws it away.

        Raises:
            RackError: it cannot be started.
        """
        super().__init__("plugin_bridge.rack", event, _PATIENCE, log)
        self._on_event = on_event
        self._folder = Path(tempfile.mkdtemp(prefix="onetake-chains-"))  # of this client alone
        self._hello = Hello(
            protocol=PROTOCOL,
            state=str(state.absolute()),
            cache=str((state / "wet").absolute()),
            megabytes=megabytes,
            impulses=str((impulses or state / "impulses").absolute()),
            folder=str(self._folder),
        )
        self._racks: dict[str, _Rack] = {}
        self._jobs: dict[str, _Job] = {}
        self._saves: set[str] = set()
        self._tickets = itertools.count(1)
        self._begin("rack")

    # ── what can be asked ─────────────────────────────────────────────────────────────────────────────────────

    def set_chain(self, rack: str, chain: Chain, foreign: Sequence[int] = ()) -> None:
        """Make a rack be a chain; answered by ChainReady.

        foreign: slots whose state comes from elsewhere and has no consent, see presets.chains.foreign_slots.

        Raises:
            InvalidRequest: a slot holds what slots do not have.
            NotWritten: the folder for chains is full or read-only.
        """
        path = self._folder / f"{safe_name(rack)}.chain.json"
        with self._lock:
            write_chain(path, chain, overwrite=True, durable=False)
            order = SetChain(rack=rack, chain=str(path), foreign=tuple(foreign))
            self._racks[rack] = _Rack(order)
            self._send(order)

    def drop(self, rack: str) -> None:
        """Forget a rack and end its plug-ins."""
        with self._lock:
            self._racks.pop(rack, None)
            for ticket in [ticket for ticket, job in self._jobs.items() if job.order.rack == rack]:
                del self._jobs[ticket]
            self._send(DropRack(rack=rack))

    def set_parameter(self, rack: str, slot: int, parameter: str, value: float) -> None:
        """Turn a knob, 0 to 1; answered by ParameterChanged."""
        with self._lock:
            order = SetParameter(rack=rack, slot=slot, parameter=parameter, value=value)
            if rack in self._racks:
                self._racks[rack].moves[slot, parameter] = order
            self._send(order)

    def set_slot(self, rack: str, slot: int, enabled: bool, mix: float) -> None:
        """Switch a slot on or off, and say how much of it is heard, 0 to 1."""
        with self._lock:
            order = SetSlot(rack=rack, slot=slot, enabled=enabled, mix=mix)
            if rack in self._racks:
                self._racks[rack].settings[slot] = order
            self._send(order)

    def reload(self, rack: str, slot: int) -> None:
        """Start a slot's effect anew, set as it was; answered by ChainReady."""
        self._send(Reload(rack=rack, slot=slot))

    def allow(self, rack: str, slot: int) -> None:
        """The user's consent to the state of a slot that came from elsewhere; answered by ChainReady."""
        with self._lock:
            order = Allow(rack=rack, slot=slot)
            if rack in self._racks:
                self._racks[rack].allowed[slot] = order
            self._send(order)

    def open_editor(self, rack: str, slot: int) -> None:
        """Open a plug-in's own window."""
        self._send(OpenEditor(rack=rack, slot=slot))

    def render(
        self,
        rack: str,
        key: str,
        path: Path,
        edit: Edit | None = None,
        match_db: float = 0.0,
        tails: Sequence[float] | None = None,
    ) -> str:
        """Send a sound through a rack; see protocol.Render. Answered by Rendered or Failed with this ticket."""
        given = None if tails is None else tuple(tails)
        with self._lock:
            ticket = f"render {next(self._tickets)}"
            order = Render(
                ticket=ticket,
                rack=rack,
                key=key,
                path=str(path.absolute()),
                edit=edit,
                match_db=match_db,
                tails=given,
            )
            self._jobs[ticket] = _Job(order)
            self._send(order)
        return ticket

    def cancel(self, ticket: str) -> None:
        """Give up a rendering."""
        self._send(Cancel(ticket=ticket))

    def save(self, rack: str) -> str:
        """Read a rack back; answered by Saved or Failed with this ticket. `chain_of` then tells the chain."""
        with self._lock:
            ticket = f"save {next(self._tickets)}"
            self._saves.add(ticket)
            self._send(Save(ticket=ticket, rack=rack))
        return ticket

    def built_ins(self) -> None:
        """Ask for BuiltIns."""
        self._send(ListBuiltIns())

    def chain_of(self, rack: str) -> Chain:
        """A rack as it was last read back, or as it was set.

        Raises:
            RackError: there is no such rack.
            UnreadableFile: its file was damaged.
        """
        with self._lock:
            if rack not in self._racks:
                raise RackError(f"There is no rack {rack!r}.")
            return read_chain(Path(self._racks[rack].chain.chain))

    def close(self) -> None:
        """End the process; from any thread but the client's own."""
        super().close()
        shutil.rmtree(self._folder, ignore_errors=True)

    # ── the process ───────────────────────────────────────────────────────────────────────────────────────────

    def _refused(self, reason: OSError) -> OnetakeError:
        return RackError(f"The rack process cannot be started: {reason}.")

    def _question(self) -> Message:
        return Status()

    def _begun(self) -> None:
        self._send(self._hello)

    def _hear(self, news: Event) -> None:
        with self._lock:
            self._note(news)
        if not (isinstance(news, Saved) and news.ticket == UNASKED):
            self._on_event(news)

    def _note(self, news: Event) -> None:
        if isinstance(news, Welcome):
            self._welcomed(news.protocol == PROTOCOL)
        elif isinstance(news, ChainReady | ParameterChanged | Saved):
            self._note_rack(news, self._racks.get(news.rack))
        elif isinstance(news, Rendered):
            self._jobs.pop(news.ticket, None)
        elif isinstance(news, Failed):
            self._jobs.pop(news.about, None)
            self._saves.discard(news.about)

    def _note_rack(self, news: ChainReady | ParameterChanged | Saved, rack: _Rack | None) -> None:
        if isinstance(news, Saved):
            self._saves.discard(news.ticket)
        if rack is None:
            return
        if isinstance(news, ChainReady):
            rack.ready = True
        elif rack.ready and isinstance(news, ParameterChanged):
            knob = news.parameter
            order = SetParameter(rack=news.rack, slot=news.slot, parameter=knob.id, value=knob.value)
            rack.moves[news.slot, knob.id] = order
        elif rack.ready and isinstance(news, Saved):
            rack.chain = SetChain(rack=news.rack, chain=news.chain, foreign=news.foreign)

    def _restarted(self) -> None:
        self._give_up(list(self._saves), "The rack was started again. Try once more.")

    def _given_up(self) -> None:
        sentence = "The rack process stopped again and again. Take out the effect you used last, then restart."
        self._give_up(list(self._jobs), sentence)
        self._on_event(Failed(about="rack", sentence=sentence))

    def _say_everything(self) -> None:
        """Racks first, then what was asked of them."""
        for rack in self._racks.values():
            self._send(rack.chain)
            for orders in (rack.allowed, rack.moves, rack.settings):
                for order in orders.values():
                    self._send(order)
        for job in self._jobs.values():
            job.deaths += 1
        deadly = [ticket for ticket, job in self._jobs.items() if job.deaths >= _TRIES]
        self._give_up(deadly, "This sound ended the rack process with these effects. Change the chain.")
        for job in self._jobs.values():
            self._send(job.order)

    def _give_up(self, tickets: Sequence[str], sentence: str) -> None:
        for ticket in tickets:
            self._jobs.pop(ticket, None)
            self._saves.discard(ticket)
            self._on_event(Failed(about=ticket, sentence=sentence))
