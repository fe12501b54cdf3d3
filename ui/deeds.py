"""What each action does to the work; the window adds what is about the window itself.

Keys, buttons, OSC and MIDI all end here, so an action is the same whatever asked for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from ui import flow as flows
from ui import intensity
from ui.actions import ACTIONS, BY_ID
from ui.flow import SLOTS, STEPS
from ui.studio import Studio


class Deeds:
    """Actions by their id."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self.columns = 4
        self._deeds: dict[str, Callable[[], None]] = {
            "play": self._play,
            "panic": studio.sounding.panic,
            "auto": partial(self._toggle, "auto_audition", "Auto-audition"),
            "draft": partial(self._take, "Draft or refined", flows.draft_or_refined),
            "words.ab": partial(self._set, "Words A/B", flows.previous_words),
            "keep": self._keep,
            "refine": self._refine,
            "discard": self._discard,
            "pin": partial(self._take, "Pin", flows.pin),
            "more": self._more,
            "cancel": self._cancel,
            "edit.reset": self._reset,
            "steps.fewer": partial(self._steps, -1),
            "steps.more": partial(self._steps, 1),
            "seeds.new": partial(self._seeds, rejected=False),
            "seeds.none": partial(self._seeds, rejected=True),
            "seeds.lock": self._lock,
            "best": self._best,
            "page.earlier": partial(self._set, "Earlier set", flows.earlier),
            "page.later": partial(self._set, "Later set", flows.later),
            "undo": studio.undo.undo,
            "redo": studio.undo.redo,
            "dim": partial(self._toggle, "dim", "Dim"),
            "mute": partial(self._toggle, "mute", "Mute"),
            "match": partial(self._toggle, "match", "Matched loudness"),
            "loudness.reset": self._reset_loudness,
        }
        self._deeds |= self._parts() | self._keys()
        for n in range(SLOTS):
            for name in (f"hear.{n + 1}", f"hear.anywhere.{n + 1}"):
                self._deeds[name] = partial(self._hear, n)
        for name, across, down in (("left", -1, 0), ("right", 1, 0), ("up", 0, -1), ("down", 0, 1)):
            self._deeds[f"hear.{name}"] = partial(self._move, across, down)

    def _keys(self) -> dict[str, Callable[[], None]]:
        keying = self._studio.keying
        return {
            "keys.family": keying.family,
            "keys.robin": keying.round_robin,
            "keys.layers": keying.layers,
            "keys.stop": keying.stop,
            "keys.clear": keying.clear,
            "softer": partial(self._intensity, -1),
            "harder": partial(self._intensity, 1),
            "curve": partial(self._toggle, "curve", "Intensity curve"),
            "curve.reset": self._no_curve,
        }

    def _intensity(self, by: int) -> None:
        """One intensity softer or harder; the ends are the ends."""
        studio = self._studio
        changed = intensity.by(studio.flow, studio.flow.selected, by)
        studio.asked_now()
        studio.change(changed, "Intensity")

    def _no_curve(self) -> None:
        """The selected take as the model makes it."""
        studio = self._studio
        changed = intensity.drawn(studio.flow, studio.flow.selected, ())
        if changed != studio.flow:
            studio.asked_now()
            studio.change(changed, "No intensity curve")

    def _parts(self) -> dict[str, Callable[[], None]]:
        part = self._studio.archive.part
        return {
            "part": part.loop_or_whole,
            "part.begin": part.begin_here,
            "part.end": part.end_here,
            "part.begin.earlier": partial(part.move_begin, -1),
            "part.begin.later": partial(part.move_begin, 1),
            "part.end.earlier": partial(part.move_end, -1),
            "part.end.later": partial(part.move_end, 1),
            "part.all": part.all,
            "part.none": part.clear,
            "part.play": part.play,
            "part.trim": part.trim,
        }

    def add(self, deeds: Mapping[str, Callable[[], None]]) -> None:
        """What the window does."""
        unknown = deeds.keys() - BY_ID.keys()
        assert not unknown, unknown
        self._deeds |= deeds

    def do(self, action: str) -> None:
        """Do it; what nobody can do yet is nothing."""
        deed = self._deeds.get(action)
        if deed is not None:
            deed()

    @property
    def missing(self) -> set[str]:
        """Actions of the table that nobody does."""
        return {action.id for action in ACTIONS} - self._deeds.keys()

    def _hear(self, index: int) -> None:
        studio = self._studio
        studio.change(flows.heard(flows.select(studio.flow, index)))
        studio.sounding.hear(index)

    def _move(self, across: int, down: int) -> None:
        """To a neighbour in the grid; the edge is the end."""
        row, column = divmod(self._studio.flow.selected, self.columns)
        rows = SLOTS // self.columns
        row, column = min(max(row + down, 0), rows - 1), min(max(column + across, 0), self.columns - 1)
        self._hear(row * self.columns + column)

    def _play(self) -> None:
        sounding = self._studio.sounding
        if sounding.is_playing:
            sounding.stop()
        else:
            self._hear(self._studio.flow.selected)

    def _take(self, name: str, change: Callable[[flows.Flow, int], flows.Flow]) -> None:
        self._studio.change(change(self._studio.flow, self._studio.flow.selected), name)

    def _set(self, name: str, change: Callable[[flows.Flow], flows.Flow]) -> None:
        changed = change(self._studio.flow)
        if changed == self._studio.flow:
            self._studio.messages.note(f"{name}: there is none yet.")
            return
        self._studio.asked_now()
        self._studio.change(changed, name)

    def _keep(self) -> None:
        if self._studio.flow.chosen.recipe is None:
            self._studio.messages.note("There is nothing to keep in this slot yet.")
            return
        self._studio.retry()
        self._take("Keep", flows.keep)

    def _refine(self) -> None:
        self._studio.retry()
        steps = self._studio.settings().steps
        self._take(f"Refine to {steps}", lambda flow, i: flows.refine(flow, i, steps))

    def _discard(self) -> None:
        self._take("Discard", lambda flow, i: flows.discard(flow, i, self._studio.draw))

    def _more(self) -> None:
        studio = self._studio
        if studio.flow.chosen.recipe is None:
            studio.messages.note("Choose a take first: the others will be like it.")
            return
        studio.asked_now()
        radius = studio.settings().radius
        studio.change(flows.more_like(studio.flow, radius, studio.draw), "More like this")

    def _cancel(self) -> None:
        """Back to the best version that is there."""
        studio = self._studio
        recipe = studio.flow.chosen.recipe
        if recipe is None or studio.shelf.working(studio.flow, recipe) is None:
            return
        shown = studio.shelf.shown(studio.flow, recipe)
        steps = shown.recipe.steps if shown else 1
        self._take("Stop refining", lambda flow, i: flows.refine(flow, i, steps))

    def _reset(self) -> None:
        self._take("Cut as found", lambda flow, i: flows.edit(flow, i, None))

    def _steps(self, by: int) -> None:
        at = STEPS.index(self._studio.settings().steps)
        self._studio.settings.change(steps=STEPS[min(max(at + by, 0), len(STEPS) - 1)])

    def _seeds(self, rejected: bool) -> None:
        studio = self._studio
        studio.asked_now()
        name = "None of these" if rejected else "New seeds"
        studio.change(flows.new_seeds(studio.flow, studio.base(), studio.draw, rejected), name)

    def _lock(self) -> None:
        studio = self._studio
        studio.change(flows.hold(studio.flow, not studio.flow.held), "Hold noise")
        studio.messages.note(
            "The noise is held: new words change the words only."
            if studio.flow.held
            else "New words bring new noise."
        )

    def _best(self) -> None:
        studio = self._studio
        if studio.flow.pool:
            studio.choosing.give_up()
            studio.messages.note(f"Best of {flows.BEST_OF} was given up; the set that was there stays.")
            return
        base = studio.base()
        if base is None:
            studio.messages.note("Write some words first.")
            return
        studio.asked_now()
        studio.messages.note(f"Making {flows.BEST_OF} drafts to choose from; B again gives it up.")
        studio.change(flows.best_of(studio.flow, base, studio.draw))

    def _reset_loudness(self) -> None:
        self._studio.audio.say(lambda client: client.reset_loudness())
        self._studio.messages.note("The integrated loudness begins anew.")

    def _toggle(self, field: str, words: str) -> None:
        settings = self._studio.settings
        settings.change(**{field: not getattr(settings(), field)})
        self._studio.messages.note(f"{words} is {'on' if getattr(settings(), field) else 'off'}.")
