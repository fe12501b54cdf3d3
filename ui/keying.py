"""The keys of one window: which one is chosen, the families that are built on them, and their spread check.

A family is laid as one step that can be undone; what follows (drafts, check, refinements) goes on in the
background and is no step. When all drafts of a family are there it is measured beside the window; members that the
check does not like are made again in another noise, and at the end one line tells what was found.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from msgspec.structs import replace
from PyQt6.QtCore import QObject, pyqtSignal

from engine.local import correlation
from presets import edit as edits
from presets.character import is_bed
from presets.export import wav
from presets.notes import name as note_name
from presets.schema import Edit
from presets.sound import Sound
from ui import families, spread
from ui import flow as flows
from ui.families import Progress
from ui.family import MOST_INTENSITIES, Family, planned
from ui.flow import Flow, content
from ui.shelf import Made
from ui.spread import Verdict

if TYPE_CHECKING:
    from ui.studio import Studio

_LONGEST = 3.0  # seconds of a sound that are compared: where hits differ, and what a worker measures quickly

Likeness = dict[tuple[str, str], float]
"""Correlation of two drafts, by their content ids."""


class Keying(QObject):
    """What is done to keys. Signal: `changed` when another key is chosen."""

    changed = pyqtSignal()

    def __init__(self, studio: Studio) -> None:
        super().__init__(studio)
        self._studio = studio
        self.chosen: int | None = None
        self._checking: dict[int, Family] = {}
        self._likeness: Likeness = {}

    # ── what a person does ────────────────────────────────────────────────────────────────────────────────────

    def choose(self, note: int) -> None:
        """The key that the next action is about."""
        if note != self.chosen:
            self.chosen = note
            self.changed.emit()

    def family(self) -> None:
        """The take of the key in intensities and turns, as many as are set."""
        settings = self._studio.settings()
        self._build("Family", settings.family_intensities, settings.family_turns)

    def round_robin(self) -> None:
        """The take of the key in turns; the intensities that are there stay."""
        there = self._there()
        self._build("Round robin", len(there.intensities) if there else 1, self._studio.settings().family_turns)

    def layers(self) -> None:
        """The take of the key in intensities, by velocity; the turns that are there stay."""
        there = self._there()
        self._build("Velocity layers", MOST_INTENSITIES, there.turns if there else 1)

    def stop(self) -> None:
        """Give up what is still being made: of the chosen key, else of all."""
        studio = self._studio
        flow, shelf = studio.flow, studio.shelf
        working = [note for note in flow.families if families.in_work(flow, shelf, note)]
        notes = [self.chosen] if self.chosen in working else working
        if not notes:
            studio.messages.note("No family is being made.")
            return
        for note in notes:
            if note is not None:
                flow = families.stopped(flow, note, shelf)
        studio.change(flow, "Stop the family")
        studio.messages.note("Stopped: the key plays the drafts that are there.")

    def clear(self) -> None:
        """Nothing lies on the chosen key any more."""
        studio, note = self._studio, self.chosen
        if note is None or (note not in studio.flow.pads and note not in studio.flow.families):
            studio.messages.note("Choose a key on which a take was laid.")
            return
        studio.change(flows.on_pad(studio.flow, note, None), f"Clear {self.name(note)}")

    def name(self, note: int) -> str:
        """What a key is called."""
        return note_name(note, self._studio.settings().middle_c)

    @property
    def progress(self) -> Progress | None:
        """How far the first family is that is still being made."""
        return families.progress(self._studio.flow, self._studio.shelf)

    def _there(self) -> Family | None:
        return self._studio.flow.families.get(-1 if self.chosen is None else self.chosen)

    def _build(self, name: str, intensities: int, turns: int) -> None:
        studio, settings = self._studio, self._studio.settings()
        found = families.target(studio.flow, self.chosen)
        if found is None:
            studio.messages.note("Choose a take first: its family will be like it.")
            return
        note, parent = found
        family = planned(parent, intensities, turns, settings.radius, settings.steps, studio.draw)
        studio.retry()
        studio.change(families.lay(studio.flow, note, family), f"{name} on {self.name(note)}")
        self.choose(note)
        studio.messages.note(
            f"{name} on {self.name(note)}: {len(family.members)} takes like this one; they play as they come."
        )

    # ── the spread check ──────────────────────────────────────────────────────────────────────────────────────

    def follow(self, flow: Flow) -> None:
        """Check the families whose drafts are there."""
        for note, family in flow.families.items():
            if not family.checked and self._checking.get(note) is not family and self._is_drafted(family):
                self._checking[note] = family
                self._check(note, family)
        for note in self._checking.keys() - flow.families.keys():
            del self._checking[note]

    def _is_drafted(self, family: Family) -> bool:
        return families.drafted(family, self._studio.shelf)

    def _check(self, note: int, family: Family) -> None:
        shelf = self._studio.shelf
        made = [one for member in family.members if (one := shelf.version(member.recipe)) is not None]
        there = replace(family, members=tuple(one for one in family.members if shelf.has(one.recipe)))

        def measured(found: tuple[Verdict, Likeness]) -> None:
            verdict, likeness = found
            self._likeness |= likeness
            self._decide(note, family, there, verdict)

        def refused(sentence: str) -> None:  # a file is gone: what is there plays, unlinked
            self._studio.messages.warn(sentence)
            self._put(note, family, replace(there, checked=True))

        job = partial(measure, there, made, dict(self._likeness))
        self._studio.work.do(f"family {note}", job, measured, refused)

    def _decide(self, note: int, family: Family, there: Family, verdict: Verdict) -> None:
        after = spread.judged(there, verdict, self._studio.draw)
        if self._put(note, family, after) and after.checked:
            self._likeness.clear()
            self._studio.messages.note(spread.sentence(after, verdict, self.name(note)))

    def _put(self, note: int, before: Family, after: Family) -> bool:
        """The family as it is now, unless the key plays something else meanwhile."""
        self._checking.pop(note, None)
        flow = self._studio.flow
        if flow.families.get(note) is not before:
            self._studio.soon()
            return False
        self._studio.change(families.with_family(flow, note, after))
        return True


def measure(family: Family, made: Sequence[Made], known: Likeness) -> tuple[Verdict, Likeness]:
    """Check a family by its drafts; runs in a worker's thread. known: likenesses that were measured before.

    Raises:
        UnreadableFile: the file of a draft is gone or broken.
    """
    sounds = [wav.read(one.path).sound for one in made]
    starts = [_start(sound) for sound in sounds]
    keys = [content(one.recipe) for one in made]
    likeness = np.ones((len(made), len(made)))
    found: Likeness = {}
    for i, j in spread.pairs(family):
        pair = (keys[i], keys[j])
        found[pair] = likeness[i, j] = known[pair] if pair in known else correlation(starts[i], starts[j])
    gains = [_gain(one, sound, one.version.edit) for one, sound in zip(made, sounds, strict=True)]
    return spread.check(family, likeness, gains), found


def _start(sound: Sound) -> Sound:
    return Sound(sound.samples[:, : round(_LONGEST * sound.rate)], sound.rate)


def _gain(made: Made, sound: Sound, edit: Edit) -> float | None:
    """What would bring a draft alone to its level, dB; None for silence."""
    return edits.own_gain(edits.apply(sound, edit), is_bed(made.recipe.prompt))
