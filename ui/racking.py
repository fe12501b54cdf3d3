"""The designer's hand on the effects: one way to change a chain, turn a knob, compare, and bring a slot back.

A structure (which effects, in what order) changes in the Flow and the rack follows. A knob is turned in the rack
first, so that it is heard and answers with its own text; when it rests, the rack is read back and the Flow takes
over what it stands at, as one step that can be undone. A structure that is changed while a knob still moves waits
for that reading, so nothing that was turned is lost.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, pyqtSignal

from plugin_bridge.rack.client import RackClient
from plugin_bridge.rack.protocol import (
    ChainReady,
    EditorClosed,
    Failed,
    ParameterChanged,
    Saved,
    SlotFailed,
    SlotState,
)
from presets.chains import read_chain, without_tails
from presets.schema import Chain, Slot
from ui import chains
from ui.chains import chain_of, in_rack, rack_of, with_chain, with_rack
from ui.consent import Consent
from ui.flow import Flow
from ui.rack_live import RackLive
from ui.throttle import Pause, Throttle
from ui.wetting import Wetting

if TYPE_CHECKING:
    from ui.studio import Studio

SETTLE_MS = 400
Change = Callable[[Chain], Chain]


class Racking(QObject):
    """The effects of one window.

    Signals: `changed` when a slot shows something else than before; `closing` at the end.
    """

    changed = pyqtSignal()
    closing = pyqtSignal()
    knob = pyqtSignal(str, int, object)
    """(rack, slot, Parameter) where a knob stands now, whoever turned it."""

    def __init__(self, studio: Studio, link: RackLive) -> None:
        super().__init__(studio)
        self._studio, self.link = studio, link
        self.consent = Consent(studio.settings.folder)
        self.wetting = Wetting(link, studio.work, studio.session, studio.shelf, self.consent, studio.messages)
        self._states: dict[str, tuple[SlotState, ...]] = {}
        self._turned: dict[str, str] = {}
        self._saving: dict[str, tuple[str, str]] = {}
        self._waiting: list[tuple[str, Callable[[Flow], Flow], str]] = []
        self._allowed: set[str] = set()
        self._settling = Pause(SETTLE_MS, self.settle, self)
        self._soon = Throttle(0, self._go_on, self)
        link.news.connect(self._hear)
        link.restarted.connect(
            lambda: studio.messages.warn("The rack stopped and was started again; your effects are as they were.")
        )
        link.gone.connect(self._gone)
        link.fresh.connect(self.changed)
        self.wetting.told.connect(self._told)
        if self.consent.remark:
            studio.messages.warn(self.consent.remark)

    # ── what there is ─────────────────────────────────────────────────────────────────────────────────────────

    @property
    def rack(self) -> str:
        """The rack of the selected take, "" without a take."""
        recipe = self._studio.flow.chosen.recipe
        return "" if recipe is None else rack_of(self._studio.flow, recipe)

    @property
    def chain(self) -> Chain:
        """The effects of the selected take."""
        return chain_of(self._studio.flow, self._studio.flow.chosen.recipe)

    def states(self) -> tuple[SlotState | None, ...]:
        """How the slots of the selected take are, as far as the rack has told."""
        known, slots = self._states.get(self.rack, ()), self.chain.slots
        padded: tuple[SlotState | None, ...] = (*known, *[None] * len(slots))
        return tuple(
            state if state and state.effect == slot.effect else None
            for state, slot in zip(padded, slots, strict=False)
        )

    @property
    def is_turning(self) -> bool:
        """Whether something was turned that is not taken over yet."""
        return bool(self._turned or self._saving)

    # ── changing ──────────────────────────────────────────────────────────────────────────────────────────────

    def edit(self, change: Change, name: str) -> None:
        """Change the chain of the selected take, as a step that can be undone."""
        recipe = self._studio.flow.chosen.recipe
        if recipe is None:
            self._studio.messages.note("Choose a take first: effects belong to a take.")
            return
        self._when_read(lambda flow: with_chain(flow, recipe, change(chain_of(flow, recipe))), name)

    def add(self, slot: Slot, name: str) -> None:
        """One more effect at the end."""
        if len(self.chain.slots) >= chains.MOST_SLOTS:
            self._studio.messages.note(f"A chain has at most {chains.MOST_SLOTS} effects.")
            return
        self.edit(lambda chain: chains.added(chain, slot), f"Add {name}")

    def use(self, chain: Chain, name: str) -> None:
        """Another chain in place of the one there; states from elsewhere wait for consent."""
        self.edit(lambda _: without_tails(chain), name)

    def share(self, with_all: bool) -> None:
        """Let every take have these effects, or let this take go its own way."""
        recipe = self._studio.flow.chosen.recipe
        if recipe is None:
            self._studio.messages.note("Choose a take first: effects belong to a take.")
            return
        act, name = (chains.for_all, "Effects for all") if with_all else (chains.for_this, "Effects of this take")
        self._when_read(lambda flow: act(flow, recipe), name)

    def turn(self, index: int, parameter: str, value: float, name: str) -> None:
        """Turn a knob, 0 to 1; it is heard at once and undone as one step. name: of the knob."""
        self._live(f"Turn {name}", lambda client: client.set_parameter(self.rack, index, parameter, value))

    def mix(self, index: int, mix: float) -> None:
        """How much of a slot is heard, 0 to 1."""
        enabled = self.chain.slots[index].enabled
        self._live("Mix", lambda client: client.set_slot(self.rack, index, enabled, mix))

    def reload(self, index: int) -> None:
        """Start a slot's effect anew, as it was set."""
        self._say(lambda client: client.reload(self.rack, index))

    def allow(self, index: int) -> None:
        """The person's consent to a state from elsewhere."""
        if index < len(self.chain.slots):
            self.consent.learn([self.chain.slots[index].state])
            self._studio.work.do("consent", self.consent.save, lambda _: None)
            self._say(lambda client: client.allow(self.rack, index))

    def open_editor(self, index: int) -> None:
        """The plug-in's own window."""
        self._say(lambda client: client.open_editor(self.rack, index))

    def compare(self, dry: bool) -> None:
        """Hear every take without its effects, or with them again; what plays begins anew."""
        studio = self._studio
        if studio.shelf.as_dry == dry:
            return
        studio.shelf.as_dry = dry
        playing = studio.sounding.is_playing
        studio.sounding.follow(studio.flow)
        if playing:
            studio.sounding.hear(studio.flow.selected)
        studio.changed.emit()
        self.changed.emit()

    def settle(self) -> None:
        """Take over now what was turned."""
        self._settling.forget()
        client = self.link.client
        for rack, name in list(self._turned.items()):
            del self._turned[rack]
            if client is not None:
                self._saving[client.save(rack)] = (rack, name)
        if client is None or not self._saving:
            self._go_on()

    def close(self) -> None:
        """End the rack's process."""
        self._settling.forget()
        self._soon.forget()
        self.closing.emit()
        self.link.close()

    def _when_read(self, change: Callable[[Flow], Flow], name: str) -> None:
        """Change the Flow, once it has taken over what was turned in the rack of the selected take."""
        rack = self.rack
        if rack in self._turned or any(one == rack for one, _ in self._saving.values()):
            self._waiting.append((rack, change, name))
            self.settle()
            return
        self._studio.change(change(self._studio.flow), name)
        self.changed.emit()

    def _live(self, name: str, say: Callable[[RackClient], None]) -> None:
        if not self.rack or self.link.client is None:
            self._studio.messages.note("The rack is starting; try again in a moment.")
            return
        say(self.link.client)
        self._touch(self.rack, name)

    def _touch(self, rack: str, name: str) -> None:
        self._turned[rack] = name
        self.wetting.standing(rack)
        self._settling.poke()

    def _say(self, what: Callable[[RackClient], None]) -> None:
        if self.link.client is not None:
            what(self.link.client)
        else:
            self.link.start()

    # ── what comes back ───────────────────────────────────────────────────────────────────────────────────────

    def _hear(self, news: object) -> None:
        if isinstance(news, ChainReady):
            self._states[news.rack] = news.slots
            self._note_new(news)
        elif isinstance(news, ParameterChanged):
            self._stands(news)
            return
        elif isinstance(news, SlotFailed):
            self._failed(news)
        elif isinstance(news, EditorClosed):
            if news.sentence:
                self._studio.messages.error(news.sentence)
            return
        elif isinstance(news, Saved) and news.ticket in self._saving:
            self._saved(news)
            return
        elif isinstance(news, Failed):
            self._not_done(news)
            return
        self.changed.emit()

    def _note_new(self, news: ChainReady) -> None:
        """A plug-in that stands as at first has told no state yet: it is read back, which is no step."""
        chain = in_rack(self._studio.flow, news.rack) or Chain()
        problems = [state.problem for state in news.slots]
        fresh = any(
            slot.format != "builtin" and not slot.state and not problem
            for slot, problem in zip(chain.slots, problems, strict=False)
        )
        if fresh and self.link.client is not None:
            self._saving[self.link.client.save(news.rack)] = (news.rack, "")
        self.wetting.standing(news.rack)

    def _stands(self, news: ParameterChanged) -> None:
        """Where a knob stands; one that was turned in a plug-in's own window is taken over like ours."""
        states = self._states.get(news.rack, ())
        if news.slot < len(states):
            state, knob = states[news.slot], news.parameter
            if all(one.id != knob.id or one == knob for one in state.parameters):
                return
            parameters = tuple(knob if one.id == knob.id else one for one in state.parameters)
            changed = SlotState(
                effect=state.effect, problem=state.problem, remark=state.remark, foreign=state.foreign,
                parameters=parameters,
            )  # fmt: skip
            self._states[news.rack] = (*states[: news.slot], changed, *states[news.slot + 1 :])
            self.knob.emit(news.rack, news.slot, knob)
            self._touch(news.rack, self._turned.get(news.rack) or f"Turn {knob.name} of {state.effect}")

    def _failed(self, news: SlotFailed) -> None:
        self._studio.messages.error(news.sentence)
        states = self._states.get(news.rack, ())
        if news.slot < len(states):
            dead = SlotState(effect=states[news.slot].effect, problem=news.sentence)
            self._states[news.rack] = (*states[: news.slot], dead, *states[news.slot + 1 :])

    def _saved(self, news: Saved) -> None:
        """Read it beside the window: states may be long."""
        job = partial(read_chain, Path(news.chain))
        done = partial(self._commit, news.ticket, news.foreign)
        self._studio.work.do(f"chain {news.ticket}", job, done, lambda sentence: self._lost(news.ticket, sentence))

    def _commit(self, ticket: str, foreign: tuple[int, ...], chain: Chain) -> None:
        """The Flow takes over what a rack stands at."""
        rack, name = self._saving.pop(ticket, ("", ""))
        before = in_rack(self._studio.flow, rack) if rack else None
        if before is not None and chains.alike(before, chain) and before != chain:
            own = (slot.state for index, slot in enumerate(chain.slots) if index not in foreign)
            if self.consent.learn(own):
                self._studio.work.do("consent", self.consent.save, lambda _: None)
            self.wetting.knows(rack, chain)
            self._studio.change(with_rack(self._studio.flow, rack, chain), name)
        self._go_on()

    def _not_done(self, news: Failed) -> None:
        if news.about in self._saving:
            self._lost(news.about, news.sentence)
        elif news.about in self._states:
            self._studio.messages.error(news.sentence)

    def _lost(self, ticket: str, sentence: str) -> None:
        if self._saving.pop(ticket, None) is not None:
            self._studio.messages.warn(sentence)
        self._go_on()

    def _go_on(self) -> None:
        """What waited for a reading."""
        busy = {rack for rack, _ in self._saving.values()} | self._turned.keys()
        ready = [one for one in self._waiting if one[0] not in busy]
        self._waiting = [one for one in self._waiting if one[0] in busy]
        for _, change, name in ready:
            self._studio.change(change(self._studio.flow), name)
        self.changed.emit()

    def _told(self, rack: str) -> None:
        """A rack was given another chain, or is gone: what was turned before is over."""
        self._turned.pop(rack, None)
        self._saving = {ticket: one for ticket, one in self._saving.items() if one[0] != rack}
        self._soon.poke()  # a change of the Flow is under way just now

    def _gone(self, sentence: str) -> None:
        self._states.clear()
        self._turned.clear()
        self._saving.clear()
        self._studio.messages.error(sentence)
        self._go_on()
