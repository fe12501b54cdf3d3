"""Asks the engine for what the orders say, and puts on the shelf what it answers.

Answers are taken by what they are, not by when they were asked for: a draft that nobody wants any more lies on the
shelf unseen, and is there at once should its words come back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PyQt6.QtCore import QObject, pyqtSignal

from engine.protocol import Failed, Progress, Ready
from presets.schema import Recipe
from ui.engine_live import EngineLive
from ui.flow import content
from ui.orders import Orders
from ui.shelf import Made, Shelf


@dataclass(frozen=True)
class _Asked:
    key: str
    slot: str
    recipe: Recipe


class Making(QObject):
    """What is being made.

    Signals: `made` a version that is there; `previewed` (content id, path) of a step; `changed` that progress or
    refusals are other than before; `refused` a sentence.
    """

    made = pyqtSignal(object)
    previewed = pyqtSignal(str, str)
    changed = pyqtSignal()
    refused = pyqtSignal(str)

    def __init__(self, engine: EngineLive, shelf: Shelf, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._engine, self._shelf = engine, shelf
        self._asked: dict[str, _Asked] = {}
        self.pending: dict[str, str] = {}
        engine.news.connect(self._hear)
        engine.state.connect(self._engine_changed)
        self._kinds: dict[type, Callable[[_Asked, object], None]] = {
            Ready: self._ready,
            Failed: self._failed,
            Progress: self._progress,
        }

    def ask(self, orders: Orders) -> None:
        """Ask for what is missing, take back what is not wanted."""
        for slot, recipe in orders.drafts:
            self._note(self._engine.draft(slot, recipe), slot, recipe)
        for recipe, edit in orders.refine:
            if self._note(self._engine.refine(recipe, edit), "", recipe):
                self._shelf.progress[content(recipe)] = (0, recipe.steps)
        for recipe, known in orders.spare:
            self._note(self._engine.spare(recipe, known), "", recipe)
        for ticket in orders.cancel:
            self._engine.cancel(ticket)

    def _note(self, ticket: str, slot: str, recipe: Recipe) -> bool:
        if not ticket:
            return False
        key = content(recipe)
        self._asked[ticket] = _Asked(key, slot, recipe)
        self.pending[key] = ticket
        self._shelf.asked[key] = recipe
        return True

    def _hear(self, news: object) -> None:
        act = self._kinds.get(type(news))
        if act is None or not isinstance(news, Ready | Failed | Progress):
            return
        asked = self._asked.get(news.ticket)
        if asked is not None:
            act(asked, news)

    def _ready(self, asked: _Asked, news: object) -> None:
        assert isinstance(news, Ready)
        self._forget(asked, news.ticket)
        made = Made(
            news.version, Path(news.path), news.silent, news.text, news.network, news.codec, tuple(news.remarks),
            unfamiliar=news.unfamiliar,
        )  # fmt: skip
        self._shelf.put(made)
        self.made.emit(made)

    def _failed(self, asked: _Asked, news: object) -> None:
        assert isinstance(news, Failed)
        self._forget(asked, news.ticket)
        self._shelf.progress.pop(asked.key, None)
        if news.kind == "failed" and not self._engine.is_over:  # else it is asked for again when there is one
            self._shelf.refused[asked.key] = news.sentence
            self.refused.emit(news.sentence)
        self.changed.emit()

    def _progress(self, asked: _Asked, news: object) -> None:
        assert isinstance(news, Progress)
        if asked.recipe.steps > 1:
            self._shelf.progress[asked.key] = (news.done, news.steps)
        if news.seconds:
            self._shelf.lasts[asked.key] = news.seconds
        if news.preview:
            self.previewed.emit(asked.key, news.preview)
        self.changed.emit()

    def _forget(self, asked: _Asked, ticket: str) -> None:
        self._asked.pop(ticket, None)
        if self.pending.get(asked.key) == ticket:
            del self.pending[asked.key]
        self._shelf.asked.pop(asked.key, None)
        self._shelf.lasts.pop(asked.key, None)

    def _engine_changed(self, word: str, _: str) -> None:
        """A new client has been asked for nothing yet."""
        if word != "gone":
            return
        for asked in self._asked.values():
            self._shelf.progress.pop(asked.key, None)
        self._asked.clear()
        self.pending.clear()
        self._shelf.asked.clear()
        self._shelf.lasts.clear()
