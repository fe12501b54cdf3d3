"""The models that can be chosen: which are here, another one for the words that stand, and a larger one on offer.

The list is read beside the window, because models lie in folders of the user's own, perhaps on a slow disk. To
choose one is one step of the work: the drafts of the model before are back at once when it is undone.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from msgspec.structs import replace
from PyQt6.QtCore import QObject, pyqtSignal

from engine import lab
from engine.local import MODELS, SHORTEST, EngineError, ModelCard, find, own_models
from presets.errors import OnetakeError
from ui import flow as flows
from ui.flow import Flow, Wishes

if TYPE_CHECKING:
    from ui.studio import Studio

LARGER = "model.larger"
"""The action that takes up the offer of a larger model."""

_AT_LEAST = 2  # times the weights of the present one, so that what was taught from it is not called larger
_Found = tuple[tuple[ModelCard, ...], tuple[tuple[lab.Offer, bool], ...]]


class Models(QObject):
    """What there is to choose.

    Signals: `changed` when the list is another one; `sought` (name) when somebody wants to see an offer.

    suggested: a model that was just fetched, which is offered before any other.
    """

    changed = pyqtSignal()
    sought = pyqtSignal(str)

    def __init__(self, studio: Studio) -> None:
        super().__init__(studio)
        self._studio = studio
        self.cards: tuple[ModelCard, ...] = MODELS
        self.suggested = ""
        self._offers: tuple[tuple[lab.Offer, bool], ...] = ()

    def look(self) -> None:
        """Read again which are here."""
        self._studio.work.do("models", _here, self._found)

    def card(self, model: str) -> ModelCard | None:
        """What is known of a model; None where it is not here, or was not read yet."""
        return next((card for card in self.cards if card.id == model), None)

    def use(self, model: str) -> None:
        """Let another model make the sounds; length and guidance go where it can follow. Can be undone."""
        studio, card = self._studio, self.card(model)
        if card is None:
            studio.messages.warn(f"There is no model called {model} here. Shift+F12 shows what can be fetched.")
            return
        self.suggested = ""
        studio.remember(model=model)
        wishes = fitted(studio.flow.wishes, card)
        if wishes == studio.flow.wishes:
            return
        studio.asked_now()
        wished = replace(studio.flow, wishes=wishes, pool=())
        studio.change(flows.ask(wished, studio.base(wishes), studio.draw), f"Model {model}")
        studio.engine.warm(model)

    def next(self) -> None:
        """The one behind the present one in the list; behind the last comes the first."""
        names = [card.id for card in self.cards]
        now = self._studio.flow.wishes.model
        following = names[(names.index(now) + 1) % len(names)] if now in names else names[0]
        if following == now:
            self._studio.messages.note(f"{now} is the only model here. Shift+F12 shows what can be fetched.")
        else:
            self.use(following)
            self._studio.messages.note(f"{following} makes the sounds now.")

    @property
    def larger(self) -> ModelCard | None:
        """The one that was just fetched; else the largest here, where it is far larger than the present one."""
        now, fetched = self.card(self._studio.flow.wishes.model), self.card(self.suggested)
        if fetched is not None and fetched != now:
            return fetched
        most = max(self.cards, key=lambda card: card.bytes)
        return most if now is not None and most.bytes >= _AT_LEAST * now.bytes else None

    @property
    def to_fetch(self) -> lab.Offer | None:
        """The first of those on offer that is not here."""
        return next((offer for offer, here in self._offers if not here), None)

    @property
    def offer(self) -> str:
        """What the button beside a far prompt's message says, "" where there is nothing to offer."""
        larger, offer = self.larger, self.to_fetch
        return f"Use {larger.id}" if larger else f"Fetch {offer.id} …" if offer else ""

    def _found(self, found: _Found) -> None:
        if found != (self.cards, self._offers):
            self.cards, self._offers = found
            self.changed.emit()


def fitted(wishes: Wishes, card: ModelCard) -> Wishes:
    """The same wishes to another model: a length or guidance that it does not have becomes the nearest it has."""
    length, omega = wishes.length, wishes.omega
    if length is not None:
        length = min(max(length, SHORTEST), math.floor(card.longest * 100) / 100)
    if omega is not None:
        omega = min(max(omega, card.omega_range[0]), card.omega_range[1])
    return replace(wishes, model=card.id, length=length, omega=omega)


def begun(flow: Flow, model: str) -> Flow:
    """An empty desk begins with the model that was chosen last, where it is still here."""
    is_empty = flow.wishes == Wishes() and not any(slot.recipe or slot.wanted for slot in flow.slots)
    if not is_empty or model == flow.wishes.model:
        return flow
    try:
        return replace(flow, wishes=fitted(flow.wishes, find(model)))
    except (EngineError, OnetakeError):
        return flow


def _here() -> _Found:
    return (*MODELS, *own_models()[0]), lab.offered()
