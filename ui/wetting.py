"""The sounds with effects: each take's own rack is told its chain, and asked for what can be heard.

A take is heard dry at once. What the rack rendered lies under a name of its own on the shelf, so the audio process
loads it beside the dry one and a hit that sounds is never touched. While a knob moves the newest rendering is
heard; when it rests, what it came to is kept in the session, and found there again at the next start. A refined
version takes over the tails of its draft, so that refining never changes how long a sound is.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PyQt6.QtCore import QObject, pyqtSignal

from plugin_bridge.rack.client import RackClient
from plugin_bridge.rack.protocol import Failed, Rendered
from presets.errors import OnetakeError
from presets.export import wet
from presets.schema import Chain, Edit, Recipe
from ui import hearing
from ui.chains import chain_id, chain_of, in_rack, rack_of, sounds
from ui.consent import Consent
from ui.flow import Flow, content, takes
from ui.message import Messages
from ui.rack_live import RackLive
from ui.session import Session
from ui.shelf import Made, Shelf, WetHeard, edit_of, heard_name
from ui.throttle import Throttle
from ui.work import Work

_TURN_MS = 20


@dataclass(frozen=True)
class Wish:
    """A sound with effects that is wanted. dry: its name without them; chain: chain_id, "" as the knobs stand."""

    dry: str
    made: Made
    edit: Edit
    rack: str
    chain: str

    @property
    def name(self) -> str:
        """What it is called."""
        return f"{self.dry}-{self.chain}"


class Wetting(QObject):
    """What goes through the rack.

    Signals: `changed` a sound is there, or will not come; `heard` the one that is heard from now on; `told` (rack)
    that a rack was given another chain.
    """

    changed = pyqtSignal()
    heard = pyqtSignal(object)
    told = pyqtSignal(str)

    def __init__(
        self, rack: RackLive, work: Work, session: Session, shelf: Shelf, consent: Consent, messages: Messages
    ) -> None:
        super().__init__(rack)
        self._rack, self._work, self._session, self._shelf = rack, work, session, shelf
        self._consent, self._messages = consent, messages
        self._flow: Flow | None = None
        self._racks: dict[str, str] = {}
        self._wished: dict[str, Wish] = {}
        self._looking: set[str] = set()
        self._asked: dict[str, Wish] = {}
        self._tails: dict[tuple[str, str], tuple[float, ...]] = {}
        self._remarked: set[str] = set()
        self._turned: set[str] = set()
        self._count = 0
        self.refused: dict[str, str] = {}
        self._turning = Throttle(_TURN_MS, self._ask_turned, self)
        rack.news.connect(self._hear)
        rack.fresh.connect(self._say_everything)
        rack.gone.connect(lambda _: self._forget())

    # ── what is wanted ────────────────────────────────────────────────────────────────────────────────────────

    def follow(self, flow: Flow, also: Iterable[Recipe] = ()) -> None:
        """Tell the racks their chains, and ask for what is heard with effects. also: more takes that need them."""
        self._flow, also = flow, list(also)
        recipes = list(dict.fromkeys([*_first(flow), *takes(flow)]))
        self._tell_racks(flow, [*recipes, *also])
        self._wished = {wish.name: wish for wish in self._wishes(flow, recipes, also)}
        for ticket, wish in list(self._asked.items()):
            if wish.chain and wish.name not in self._wished and self._rack.client is not None:
                self._rack.client.cancel(ticket)
        for wish in self._wished.values():
            self._want(wish)

    def retry(self) -> None:
        """What was refused may be tried again."""
        self.refused.clear()

    def standing(self, rack: str) -> None:
        """The knobs of a rack were turned: what is heard of it follows them."""
        self._turned.add(rack)
        self._turning.poke()

    def knows(self, rack: str, chain: Chain) -> None:
        """A rack stands as this chain says already: it was read back."""
        self._racks[rack] = chain_id(chain)

    def missing(self, flow: Flow, made: Made) -> bool:
        """Whether a version has effects, and its sound with them is on its way."""
        chain = chain_of(flow, made.recipe)
        if not self._shelf.wants_wet(flow, made) or self._shelf.is_wet(flow, made):
            return False
        return f"{self._dry(flow, made)}-{chain_id(chain)}" not in self.refused

    def _tell_racks(self, flow: Flow, recipes: Iterable[Recipe]) -> None:
        chains = {rack_of(flow, recipe): chain_of(flow, recipe) for recipe in recipes}
        needed = {rack: chain for rack, chain in chains.items() if chain.slots}
        if needed:
            self._rack.start()
        client = self._rack.client
        if client is None:
            return
        for rack in self._racks.keys() - needed.keys():
            self._drop(rack, client)
        for rack, chain in needed.items():
            if self._racks.get(rack) != chain_id(chain):
                self._racks[rack] = chain_id(chain)
                self._turned.discard(rack)
                try:
                    client.set_chain(rack, chain, self._consent.foreign(chain))
                except OnetakeError as error:
                    self._messages.error(str(error))
                self.told.emit(rack)

    def _drop(self, rack: str, client: RackClient) -> None:
        """Nobody goes through it any more; what was asked of it is not answered."""
        self._racks.pop(rack, None)
        self._asked = {ticket: wish for ticket, wish in self._asked.items() if wish.rack != rack}
        client.drop(rack)
        self.told.emit(rack)

    def _wishes(self, flow: Flow, recipes: Iterable[Recipe], also: Iterable[Recipe]) -> list[Wish]:
        shown = [self._shelf.shown(flow, recipe) for recipe in recipes]
        kept = [self._shelf.version(recipe, recipe.steps) for recipe in also]
        found: list[Wish] = []
        for made in {content(one.recipe): one for one in (*shown, *kept) if one is not None}.values():
            chain = chain_of(flow, made.recipe)
            if not sounds(chain):
                continue
            draft, wish = self._shelf.version(made.recipe), self._wish(flow, made, chain_id(chain))
            if draft is not None and draft is not made and self._tails_of(wish) is None:
                found.append(self._wish(flow, draft, wish.chain))
            found.append(wish)
        return found

    def _wish(self, flow: Flow, made: Made, chain: str) -> Wish:
        edit = edit_of(flow, self._shelf, made.recipe)
        return Wish(heard_name(made, edit), made, edit, rack_of(flow, made.recipe), chain)

    def _dry(self, flow: Flow, made: Made) -> str:
        return heard_name(made, edit_of(flow, self._shelf, made.recipe))

    def _want(self, wish: Wish) -> None:
        there = self._shelf.wet.get(wish.dry)
        on_its_way = wish.name in self._looking or any(one.name == wish.name for one in self._asked.values())
        if on_its_way or wish.name in self.refused or (there is not None and there.chain == wish.chain):
            return
        if self._waits(wish):
            return
        self._looking.add(wish.name)
        path = self._session.heard / f"{wish.name}.wav"
        self._work.do(f"wet {wish.name}", partial(_recalled, path, wish), partial(self._found, wish))

    def _found(self, wish: Wish, heard: WetHeard | None) -> None:
        self._looking.discard(wish.name)
        if heard is not None:
            self._put(wish, heard)
        elif wish.name in self._wished:
            self._ask(wish)

    # ── asking the rack ───────────────────────────────────────────────────────────────────────────────────────

    def _ask(self, wish: Wish) -> None:
        """Ask for it, if the rack stands as it has to."""
        if self._racks.get(wish.rack) == wish.chain:
            self._render(wish, self._tails_of(wish) if wish.made.recipe.steps > 1 else None)

    def _waits(self, wish: Wish) -> bool:
        """Whether it is a refined version whose draft has not told its tails yet."""
        draft = self._shelf.version(wish.made.recipe)
        if wish.made.recipe.steps == 1 or draft is None or self._tails_of(wish) is not None:
            return False
        return f"{heard_name(draft, wish.edit)}-{wish.chain}" not in self.refused

    def _render(self, wish: Wish, tails: tuple[float, ...] | None) -> None:
        if self._rack.client is not None:
            made = wish.made
            ticket = self._rack.client.render(
                wish.rack, wish.dry, made.path, wish.edit, made.version.match_db, tails
            )
            self._asked[ticket] = wish

    def _ask_turned(self) -> None:
        """What can be heard through the racks that are being turned, as their knobs stand."""
        turned, self._turned = self._turned, set()
        flow = self._flow
        if flow is None:
            return
        on_its_way = {wish.dry for wish in self._asked.values() if not wish.chain}
        for recipe in _first(flow) + takes(flow):
            made = self._shelf.shown(flow, recipe)
            if made is None or rack_of(flow, recipe) not in turned:
                continue
            wish = self._wish(flow, made, "")
            if wish.dry not in on_its_way:
                on_its_way.add(wish.dry)
                self._render(wish, None)

    def _tails_of(self, wish: Wish) -> tuple[float, ...] | None:
        draft = self._shelf.version(wish.made.recipe)
        return None if draft is None else self._tails.get((heard_name(draft, wish.edit), wish.chain))

    # ── what comes back ───────────────────────────────────────────────────────────────────────────────────────

    def _hear(self, news: object) -> None:
        if isinstance(news, Rendered) and news.ticket in self._asked:
            self._rendered(self._asked[news.ticket], news)
        elif isinstance(news, Failed) and news.about in self._asked:
            wish = self._asked.pop(news.about)
            if news.kind == "failed" and wish.chain:
                self._refuse(wish, news.sentence)

    def _rendered(self, wish: Wish, news: Rendered) -> None:
        for remark in news.remarks:
            if remark not in self._remarked and wish.chain:
                self._remarked.add(remark)
                self._messages.warn(remark)
        kept = self._session.heard / f"{wish.name}.wav" if wish.chain else None
        self._count += 1
        name = wish.name if wish.chain else f"{wish.dry}-turned-{self._count}"

        def there(heard: WetHeard) -> None:
            self._asked.pop(news.ticket, None)
            self._put(wish, heard)

        def gone(sentence: str) -> None:
            self._asked.pop(news.ticket, None)
            self._refuse(wish, sentence)

        job = partial(_read, Path(news.path), name, wish.chain, kept, news.seconds)
        self._work.do(f"wet {name} {news.ticket}", job, there, gone)

    def _put(self, wish: Wish, heard: WetHeard) -> None:
        """It is there; it counts unless the effects are others by now."""
        self._tails[wish.dry, wish.chain] = heard.tails
        flow = self._flow
        if flow is None:
            return
        current = in_rack(flow, wish.rack)
        if not wish.chain or (current is not None and chain_id(current) == wish.chain):
            self._shelf.remember_wet(wish.dry, heard)
            self.heard.emit(heard)
        for waiting in list(self._wished.values()):
            if waiting.made.recipe.steps > 1 and waiting.chain == wish.chain:
                self._want(waiting)
        self.changed.emit()

    def _refuse(self, wish: Wish, sentence: str) -> None:
        self.refused[wish.name] = sentence
        self._shelf.wet.pop(wish.dry, None)
        self._messages.error(sentence)
        self.changed.emit()

    def _say_everything(self) -> None:
        """A new client knows nothing."""
        self._forget()
        if self._flow is not None:
            self.follow(self._flow)

    def _forget(self) -> None:
        self._racks.clear()
        self._asked.clear()
        self._turned.clear()


def _first(flow: Flow) -> list[Recipe]:
    """What a person listens to comes first."""
    return [flow.chosen.recipe] if flow.chosen.recipe is not None else []


def _recalled(path: Path, wish: Wish) -> WetHeard | None:
    """A sound that lies in the session; None where there is none, or it was cut off."""
    try:
        return _read(path, wish.name, wish.chain, None)
    except OnetakeError:
        return None


def _read(path: Path, name: str, chain: str, kept: Path | None, rendered: float = 0.0) -> WetHeard:
    """A sound with effects as it is heard. kept: where it is copied to, because the rack's own file may go.

    rendered: seconds that the rack took.

    Raises:
        UnreadableFile: it is gone or broken.
    """
    began = time.perf_counter()
    sound, printed = wet.read(path)
    if kept is not None:
        wet.write(kept, sound, printed)
        path = kept
    seen = hearing.seen(name, path, sound, began)
    return WetHeard(
        seen.name, seen.path, seen.seconds, seen.peaks, seen.tint, seen.gain_db, seen.took,
        chain=chain, printed=printed.chain, tails=printed.tails, rendered=rendered,
    )  # fmt: skip
