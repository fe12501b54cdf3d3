"""The work of one window: the Flow, what serves it, and one way to change it.

Every change goes through `change`; then what follows is done in one place (`_follow`): drafts that are there go
into their slots, what is missing is asked for, what is kept is written, what can be heard is loaded, and
everything is saved. So no panel needs to know of another, and nothing is done twice.
"""

from __future__ import annotations

import secrets
from functools import partial
from pathlib import Path

from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtGui import QUndoCommand, QUndoStack

from engine.local import Ask, plan
from presets.errors import InvalidRequest, OnetakeError
from presets.schema import SEED_LIMIT, Recipe, with_steps
from ui import families, hearing
from ui import flow as flows
from ui.archive import Archive
from ui.audio_live import AudioLive
from ui.choosing import Choosing
from ui.engine_live import EngineLive
from ui.flow import STEPS, Flow, Wishes, content, lineage
from ui.keying import Keying
from ui.making import Making
from ui.message import Messages
from ui.models_live import LARGER, Models, begun
from ui.orders import orders
from ui.rack_live import RackLive
from ui.racking import Racking
from ui.session import Saved, Session, lean
from ui.settings import SettingsFile
from ui.shelf import Heard, Made, Shelf, edit_of, heard_name, printed_of, version_of
from ui.sounding import Sounding
from ui.throttle import Pause, Throttle
from ui.timing import Timing
from ui.undo import difference, patched
from ui.work import Work

TYPING_MS, SAVE_MS, SETTLE_MS = 80, 250, 1500
_MOST_UNDO, _TRIM_EVERY = 200, 300
_SOON_MS = 8  # answers that come together are followed together


class Studio(QObject):
    """Everything behind the window.

    Signals: `changed` when the Flow or the shelf did. engine, audio, rack: other links than the usual ones.
    """

    changed = pyqtSignal()

    def __init__(
        self,
        session: Session,
        settings: SettingsFile,
        messages: Messages,
        engine: EngineLive | None = None,
        audio: AudioLive | None = None,
        rack: RackLive | None = None,
    ) -> None:
        super().__init__()
        self.session, self.settings, self.messages = session, settings, messages
        self.draw: flows.Draw = partial(secrets.randbelow, SEED_LIMIT)
        saved, remark = session.load(self.draw)
        self.flow: Flow = begun(saved.flow, settings().model)
        self.shelf = Shelf()
        self.shelf.kept = dict(saved.kept)
        self.undo = QUndoStack(self)
        self.work = Work(messages.error, self)
        self.engine = engine or EngineLive(session.drafts, parent=self, sounds=session.folder)
        self.audio = audio or AudioLive(parent=self)
        self.making = Making(self.engine, self.shelf, self)
        self.sounding = Sounding(self.audio, self.work, session, self.shelf, settings, self)
        self.racking = Racking(self, rack or RackLive(settings.folder, parent=self))
        self.models = Models(self)
        self.choosing, self.keying = Choosing(self), Keying(self)
        self.archive = Archive(self)
        self.timing = Timing()
        self.in_grid = False
        self._restored = False
        self._writing: set[str] = set()
        self._unwritten: set[str] = set()
        self._measuring: set[str] = set()
        self._count = 0
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
        self.racking.wetting.heard.connect(self._heard)
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
        self.models.look()
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
        self.choosing.close()
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
        self.timing.changed(before, flow)
        if name:
            self.undo.push(_Step(self, name, before, flow))
        self._follow()

    def type(self, text: str) -> None:
        """The words are others now; drafts are asked for when the hand rests."""
        self.wish(text=text)

    def wish(self, **fields: object) -> None:
        """Change what is asked for."""
        self.timing.asked()
        self.change(flows.wish(self.flow, **fields))
        self._typing.poke()

    def ask(self) -> None:
        """Ask for drafts of what is wished now."""
        self.change(flows.ask(self.flow, self.base(), self.draw))
        self._settling.poke()

    def base(self, wishes: Wishes | None = None) -> Recipe | None:
        """The recipe of wishes, None for those that stand; None where they cannot be, which is told."""
        wishes = wishes or self.flow.wishes
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
        self.timing.asked()
        self.retry()

    def remember(self, **fields: object) -> None:
        """Change settings; what cannot be written holds for now, and is told."""
        try:
            self.settings.change(**fields)
        except OnetakeError as error:
            self.messages.warn(str(error))

    def retry(self) -> None:
        """What was refused may be tried again: a person asks for it."""
        self.shelf.refused.clear()
        self._unwritten.clear()
        self.sounding.retry()
        self.racking.wetting.retry()

    def soon(self) -> None:
        """Something has come: what follows from it is done with what comes together with it."""
        self._soon.poke()

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
            self.choosing.follow(self.flow)
            self.keying.follow(self.flow)
            members = [self.shelf.shown(self.flow, recipe) for recipe in families.recipes(self.flow)]
            also = [one.recipe for one in (*todo.keep, *members) if one is not None]
            self.racking.wetting.follow(self.flow, [*also, *self.choosing.recipes])
            self.sounding.follow(self.flow)
            self._saving.poke()
        self.changed.emit()

    def _recalled(self, found: list[Made]) -> None:
        for made in found:
            self.shelf.put(made)
        self._restored = True
        self._follow()

    def _made(self, made: Made) -> None:
        offer = self.models.offer if made.unfamiliar else ""
        for remark in made.remarks:
            self.messages.warn(remark, LARGER if offer else "", offer)
        if made.silent and self._is_chosen(made):
            if made.recipe.prompt.intensity:
                self.messages.warn("This take is silent under its intensity curve. Raise the curve.")
            else:
                self.messages.warn("This take is silent: the model heard nothing in the prompt. Try other words.")
        self._count += 1
        if self._count % _TRIM_EVERY == 0:
            self._trim()
        self._soon.poke()

    def _heard(self, heard: Heard) -> None:
        shown = self.shelf.shown(self.flow, self.flow.chosen.recipe)
        if shown is not None:
            self.timing.heard(shown, heard)
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

    def _all_versions(self) -> tuple[Recipe, ...]:
        every = dict.fromkeys(flows.takes(self.flow) + families.recipes(self.flow))
        return tuple(with_steps(recipe, steps) for recipe in every for steps in STEPS)

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
