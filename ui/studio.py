"""The work of one window: the Flow, what serves it, and one way to change it.

Every change goes through `change`; then what follows is done in one place (`_follow`): drafts that are there go
into their slots, what is missing is asked for, what is kept is written, what can be heard is loaded, and
everything is saved. So no panel needs to know of another, and nothing is done twice.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtGui import QUndoCommand, QUndoStack

from engine.local import Ask, plan
from presets.errors import InvalidRequest, OnetakeError
from presets.schema import Recipe, with_steps
from ui import flow as flows
from ui import hearing
from ui.archive import Archive
from ui.audio_live import AudioLive
from ui.engine_live import EngineLive
from ui.flow import STEPS, Flow, content, lineage
from ui.making import Making
from ui.message import Messages
from ui.orders import orders
from ui.rack_live import RackLive
from ui.racking import Racking
from ui.session import Saved, Session, lean
from ui.settings import SettingsFile
from ui.shelf import Heard, Made, Shelf, edit_of, heard_name, printed_of, version_of
from ui.sounding import Sounding
from ui.throttle import Pause, Throttle
from ui.undo import difference, patched
from ui.work import Work

TYPING_MS, SAVE_MS, SETTLE_MS = 80, 250, 1500
_MOST_UNDO, _TRIM_EVERY = 200, 300
_SOON_MS = 8  # answers that come together are followed together

Rank = Callable[[list[Heard]], list[int]]
"""Orders sounds, the one to show first in front: (sounds) -> indices."""


@dataclass(frozen=True)
class Ledger:
    """Where the time of the newest draft went, seconds; total: from the last key to a sound that can be played."""

    text: float = 0.0
    network: float = 0.0
    codec: float = 0.0
    window: float = 0.0
    total: float = 0.0


class Studio(QObject):
    """Everything behind the window.

    Signals: `changed` when the Flow or the shelf did. rank: chooses among many drafts, None is by difference;
    engine, audio, rack: other links than the usual ones.
    """

    changed = pyqtSignal()

    def __init__(
        self,
        session: Session,
        settings: SettingsFile,
        messages: Messages,
        rank: Rank | None = None,
        engine: EngineLive | None = None,
        audio: AudioLive | None = None,
        rack: RackLive | None = None,
    ) -> None:
        super().__init__()
        self.session, self.settings, self.messages = session, settings, messages
        self.draw = flows.seeds_from(secrets.randbelow)
        saved, remark = session.load(self.draw)
        self.flow: Flow = saved.flow
        self.shelf = Shelf()
        self.shelf.kept = dict(saved.kept)
        self.undo = QUndoStack(self)
        self.work = Work(messages.error, self)
        self.engine = engine or EngineLive(session.drafts, parent=self)
        self.audio = audio or AudioLive(parent=self)
        self.making = Making(self.engine, self.shelf, self)
        self.sounding = Sounding(self.audio, self.work, session, self.shelf, settings, self)
        self.racking = Racking(self, rack or RackLive(settings.folder, parent=self))
        self.archive = Archive(self)
        self.ledger = Ledger()
        self.in_grid = False
        self._rank, self._asked_at, self._restored = rank or by_difference, 0.0, False
        self._writing: set[str] = set()
        self._unwritten: set[str] = set()
        self._measuring: set[str] = set()
        self._choosing, self._count = False, 0
        self.undo.setUndoLimit(_MOST_UNDO)
        self._typing = Pause(TYPING_MS, self.ask, self)
        self._saving = Throttle(SAVE_MS, self._save, self)
        self._settling = Pause(SETTLE_MS, lambda: self.change(flows.settled(self.flow)), self)
        self._soon = Throttle(_SOON_MS, self._follow, self)
        self._connect()
        for sentence in (remark, settings.remark):
            if sentence:
                messages.warn(sentence)

    def _connect(self) -> None:
        self.making.made.connect(self._made)
        self.making.previewed.connect(self._previewed)
        self.making.changed.connect(self._soon.poke)
        self.making.refused.connect(self.messages.error)
        self.sounding.ready.connect(self._heard)
        self.sounding.played.connect(self.changed)
        self.racking.wetting.changed.connect(self._soon.poke)
        self.engine.state.connect(self._engine_changed)
        self.engine.restarted.connect(
            lambda: self.messages.warn("The engine stopped and was started again; what you asked for is coming.")
        )
        self.audio.restarted.connect(
            lambda: self.messages.warn("The audio process stopped and was started again; everything is loaded.")
        )
        self.audio.gone.connect(self.messages.error)

    def start(self) -> None:
        """Start the processes, and find again what the session holds."""
        self.engine.start()
        self.audio.start()
        self.work.do("recall", partial(self.session.recall, self._all_versions()), self._recalled)
        self._trim()

    def close(self) -> None:
        """Save, and leave the processes."""
        self._typing.forget()
        self._settling.forget()
        self._saving.forget()
        self._soon.forget()
        try:
            self.session.save(Saved(flow=lean(self.flow), kept=self.shelf.kept))
        except OnetakeError as error:
            self.messages.error(str(error))
        self.archive.close()
        self.work.close()
        self.racking.close()
        self.engine.close()
        self.audio.close()

    # ── changing ──────────────────────────────────────────────────────────────────────────────────────────────

    def change(self, flow: Flow, name: str = "") -> None:
        """Go on with another Flow. name: what the step is called for undo; "" is no step."""
        if flow == self.flow:
            return
        before, self.flow = self.flow, flow
        if name:
            self.undo.push(_Step(self, name, before, flow))
        self._follow()

    def type(self, text: str) -> None:
        """The words are others now; drafts are asked for when the hand rests."""
        self.wish(text=text)

    def wish(self, **fields: object) -> None:
        """Change what is asked for."""
        self.change(flows.wish(self.flow, **fields))
        self._typing.poke()

    def ask(self) -> None:
        """Ask for drafts of what is wished now."""
        self._asked_at = time.perf_counter()
        self.change(flows.ask(self.flow, self.base(), self.draw))
        self._settling.poke()

    def base(self) -> Recipe | None:
        """The recipe of the wishes; None where they cannot be, which is told."""
        wishes = self.flow.wishes
        if not wishes.text.strip():
            return None
        try:
            wanted = Ask(wishes.text, wishes.length, wishes.model, omega=wishes.omega, nu=wishes.nu)
            return plan(wanted)[0]
        except (InvalidRequest, OnetakeError) as error:
            self.messages.warn(str(error))
            return None

    def preview(self, recipe: Recipe) -> Heard | None:
        """What a refinement of a take has come to so far."""
        return self.shelf.previews.get(content(with_steps(recipe, self.flow.marks_of(recipe).steps)))

    def asked_now(self) -> None:
        """What is asked for by a key and not by typing: the ledger begins here."""
        self._typing.forget()
        self._asked_at = time.perf_counter()
        self.retry()

    def retry(self) -> None:
        """What was refused may be tried again: a person asks for it."""
        self.shelf.refused.clear()
        self._unwritten.clear()
        self.sounding.retry()
        self.racking.wetting.retry()

    # ── what follows ──────────────────────────────────────────────────────────────────────────────────────────

    def _follow(self) -> None:
        """Whatever follows from the Flow and the shelf."""
        if self._restored:
            flow = flows.drafted(self.flow, self.shelf.has)
            flow = flows.given_up(flow, lambda recipe: content(recipe) in self.shelf.refused)
            self.flow = flows.linked(flow, self._wanted_gain) if flow.complete else flow
            todo = orders(self.flow, self.shelf, self.making.pending)
            self.making.ask(todo)
            for made in todo.keep:
                self._keep(made)
            for fewer, more in todo.level:
                self._level(fewer, more)
            self._choose()
            self.racking.wetting.follow(self.flow, [made.recipe for made in todo.keep])
            self.sounding.follow(self.flow)
            self._saving.poke()
        self.changed.emit()

    def _recalled(self, found: list[Made]) -> None:
        for made in found:
            self.shelf.put(made)
        self._restored = True
        self._follow()

    def _made(self, made: Made) -> None:
        for remark in made.remarks:
            self.messages.warn(remark)
        if made.silent and self._is_chosen(made):
            self.messages.warn("This take is silent: the model heard nothing in the prompt. Try other words.")
        self._count += 1
        if self._count % _TRIM_EVERY == 0:
            self._trim()
        self._soon.poke()

    def _heard(self, heard: Heard) -> None:
        shown = self.shelf.shown(self.flow, self.flow.chosen.recipe)
        if shown is not None and shown.recipe.steps == 1:
            total = time.perf_counter() - self._asked_at if self._asked_at else 0.0
            fresh = heard.name.startswith(content(shown.recipe))
            if fresh:
                self.ledger = Ledger(shown.text, shown.network, shown.codec, heard.took, total)
        self._soon.poke()

    def _previewed(self, key: str, path: str) -> None:
        recipe = self.shelf.asked.get(key)
        first = self.shelf.version(with_steps(recipe, 1)) if recipe else None
        if recipe is None or first is None:
            return
        job = partial(hearing.preview, Path(path), edit_of(self.flow, self.shelf, recipe))

        def there(heard: Heard) -> None:
            if key in self.shelf.asked:
                self.shelf.previews[key] = heard
                self._soon.poke()

        self.work.do(f"preview {key}", job, there, lambda _: None)

    def _level(self, fewer: Made, more: Made) -> None:
        """Whether more steps of a take that is being kept would still be heard."""
        take, steps, key = lineage(more.recipe), more.recipe.steps, content(more.recipe)
        if key in self._measuring:
            return
        self._measuring.add(key)

        def measured(likeness: float) -> None:
            self._measuring.discard(key)
            self.change(flows.levelled(self.flow, take, steps, likeness >= hearing.ENOUGH))

        def refused(_: str) -> None:  # a file is gone; what is there is kept as it is
            self._measuring.discard(key)
            self.change(flows.levelled(self.flow, take, steps, enough=True))

        self.work.do(f"level {key}", partial(hearing.alike, fewer, more), measured, refused)

    def _keep(self, made: Made) -> None:
        key = content(made.recipe)
        if key in self._writing | self._unwritten or self.racking.wetting.missing(self.flow, made):
            return  # one with effects is kept as it is heard: when they are there
        self._writing.add(key)
        gain = next(
            (s.gain_db for s in self.flow.slots if s.recipe and lineage(s.recipe) == lineage(made.recipe)), 0.0
        )
        wet = printed_of(self.flow, self.shelf, made)
        version = version_of(self.flow, self.shelf, made, 0.0 if wet else gain)

        def written(path: Path) -> None:
            self._writing.discard(key)
            self.shelf.kept[key] = path.name
            self.messages.note(f"Kept as {path.name}.")
            self._saving.poke()
            self.changed.emit()

        def refused(sentence: str) -> None:
            self._writing.discard(key)
            self._unwritten.add(key)  # not tried again before a person does something
            self.messages.error(sentence)

        self.work.do(
            f"keep {key}", partial(hearing.keep_take, self.session, made, version, wet, gain), written, refused
        )

    def _choose(self) -> None:
        """The pool is there: show the best of it."""
        pool = self.flow.pool
        if (
            self._choosing
            or not pool
            or not all(self.shelf.has(r) or content(r) in self.shelf.refused for r in pool)
        ):
            return
        made = [self.shelf.version(recipe) for recipe in pool]
        there = [(i, one) for i, one in enumerate(made) if one is not None and not one.silent]
        jobs = [(one, edit_of(self.flow, self.shelf, one.recipe)) for _, one in there]

        def measured(sounds: list[Heard]) -> None:
            self._choosing = False
            order = [there[i][0] for i in self._rank(sounds)]
            if self.flow.pool == pool:
                self.change(flows.ranked(self.flow, order), "Best of 24")

        self._choosing = True
        job = partial(hearing.prepare_all, self.session, jobs)
        self.work.do("pool", job, measured, self._no_pool)

    def _no_pool(self, sentence: str) -> None:
        self._choosing = False
        self.messages.error(sentence)
        self.change(flows.ranked(self.flow, ()))

    def _all_versions(self) -> tuple[Recipe, ...]:
        return tuple(with_steps(recipe, steps) for recipe in flows.takes(self.flow) for steps in STEPS)

    def _trim(self) -> None:
        """Let old drafts go where they fill the disk; what is on the desk stays."""
        needed = self.session.places_of(self._all_versions())
        self.work.do("trim", partial(self.session.trim, needed), lambda _: None)

    def _wanted_gain(self, recipe: Recipe) -> float | None:
        made = self.shelf.version(recipe)
        heard = self.shelf.heard.get(heard_name(made, made.version.edit)) if made else None
        return heard.gain_db if heard else None

    def _is_chosen(self, made: Made) -> bool:
        chosen = self.flow.chosen.recipe
        return chosen is not None and lineage(chosen) == lineage(made.recipe)

    def _engine_changed(self, word: str, sentence: str) -> None:
        if word == "gone":
            self.messages.warn(sentence or "The engine does not answer; another one is being started.")
        elif word == "ready":
            self.engine.warm(self.flow.wishes.model)
            self._follow()

    def _save(self) -> None:
        saved = Saved(flow=lean(self.flow), kept=dict(self.shelf.kept))
        self.work.do("save", partial(self.session.save, saved), lambda _: None)


class _Step(QUndoCommand):
    """One step of a person; the first redo is what was done already."""

    def __init__(self, studio: Studio, name: str, before: Flow, after: Flow) -> None:
        super().__init__(name)
        self._studio, self._changes, self._done = studio, difference(before, after), True

    def redo(self) -> None:
        if not self._done:
            self._studio.change(patched(self._studio.flow, self._changes, forward=True))

    def undo(self) -> None:
        self._done = False
        stays = " Its file stays in the session." if self.text() == "Keep" else ""
        self._studio.messages.note(f"Undone: {self.text()}.{stays}")
        self._studio.change(patched(self._studio.flow, self._changes, forward=False))


def by_difference(sounds: list[Heard]) -> list[int]:
    """The order in which each next sound differs most from those before it."""
    marks = [hearing.fingerprint(sound) for sound in sounds]
    left: list[int] = list(range(len(sounds)))
    order: list[int] = []
    while left:
        best = max(left, key=lambda i: min((1 - float(marks[i] @ marks[j]) for j in order), default=0.0))
        order.append(best)
        left.remove(best)
    return order
