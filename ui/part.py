"""A part of the selected take: chosen on its waveform or by keys, heard, handed off, or all that stays of it.

Seconds are those of what is heard, effects' tails included. A part belongs to its take: another take clears it; a
cut or pitch that changes leaves it on the same piece of the sound; refining never moves it.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from msgspec.structs import replace
from PyQt6.QtCore import QObject, pyqtSignal

from presets.schema import Edit, Recipe
from ui import flow as flows
from ui import given
from ui.flow import lineage
from ui.shelf import edit_of

if TYPE_CHECKING:
    from ui.carrying import Carrying
    from ui.listening import Listening
    from ui.studio import Studio

STEP = 0.01
"""Seconds by which a key moves a border."""

_SAME = 1e-9


class Part(QObject):
    """What is selected of the selected take. Signal: `changed` when the span did.

    span: seconds where it begins and ends, None is nothing: the whole take is dragged and copied.
    """

    changed = pyqtSignal()

    def __init__(self, studio: Studio, carrying: Carrying, listening: Listening) -> None:
        super().__init__(studio)
        self._studio, self._carrying, self._listening = studio, carrying, listening
        self.span: given.Span | None = None
        self._chosen: tuple[int, Recipe | None] = (-1, None)
        self._edit: Edit | None = None
        self._to_hear = False
        carrying.ready.connect(self._ready)

    @property
    def seconds(self) -> float:
        """How long what is heard of the selected take is; 0.0 without one."""
        studio, recipe = self._studio, self._studio.flow.chosen.recipe
        made = studio.shelf.shown(studio.flow, recipe)
        if recipe is None or made is None:
            return 0.0
        wet = studio.shelf.wet_of(studio.flow, made)
        return edit_of(studio.flow, studio.shelf, recipe).length + (sum(wet.tails) if wet else 0.0)

    def select(self, span: given.Span | None) -> None:
        """Choose a part, its ends in any order; None is nothing."""
        whole = self.seconds
        if span is None or whole <= 0.0:
            self._put(None)
            return
        low, high = sorted(min(max(at, 0.0), whole) for at in span)
        if high - low < given.SHORTEST:
            low = max(0.0, min(low, whole - given.SHORTEST))
            high = min(whole, low + given.SHORTEST)
        self._put((low, high))

    def follow(self) -> None:
        """The take, its cut or its effects may be others now."""
        flow, shelf = self._studio.flow, self._studio.shelf
        recipe = flow.chosen.recipe
        chosen = (flow.selected, recipe)
        edit = edit_of(flow, shelf, recipe) if recipe is not None else None
        before, self._edit = self._edit, edit
        if chosen != self._chosen:
            self._chosen = chosen
            self._put(None)
        elif self.span is not None and edit is not None and before is not None and edit != before:
            low, high = (heard_at(edit, native_at(before, at)) for at in self.span)
            self.select((low, high) if high > 0.0 and low < self.seconds else None)
        elif self.span is not None and self.span[1] > self.seconds + _SAME:
            self.select(self.span if self.span[0] < self.seconds else None)

    # ── by keys ───────────────────────────────────────────────────────────────────────────────────────────────

    def playhead(self) -> float | None:
        """Seconds of what is heard at which the selected take plays now; None where it does not."""
        recipe, playing = self._studio.flow.chosen.recipe, self._studio.sounding.playing
        if recipe is None:
            return None
        if playing is not None and not playing.over and playing.take == lineage(recipe):
            at = playing.position
        elif self.span is not None and self._listening.began is not None and self._is_heard():
            at = self.span[0] + time.monotonic() - self._listening.began
            if at > self.span[1]:
                return None
        else:
            return None
        state = self._studio.audio.last
        return min(max(at - (state.latency / state.rate if state.rate else 0.0), 0.0), self.seconds)

    def begin_here(self) -> None:
        """It begins where the take plays now."""
        at = self._playhead_or_word()
        if at is not None:
            end = self.span[1] if self.span else self.seconds
            self.select((at, end if end > at else self.seconds))

    def end_here(self) -> None:
        """It ends where the take plays now."""
        at = self._playhead_or_word()
        if at is not None:
            begin = self.span[0] if self.span else 0.0
            self.select((begin if begin < at else 0.0, at))

    def move_begin(self, steps: int) -> None:
        """Its begin so many steps later, or earlier."""
        begin, end = self.span or (0.0, self.seconds)
        self.select((min(begin + steps * STEP, end - given.SHORTEST), end))

    def move_end(self, steps: int) -> None:
        """Its end so many steps later, or earlier."""
        begin, end = self.span or (0.0, self.seconds)
        self.select((begin, max(end + steps * STEP, begin + given.SHORTEST)))

    def all(self) -> None:
        """The whole take."""
        self.select((0.0, self.seconds))

    def clear(self) -> None:
        """Nothing: the whole take is dragged and copied again."""
        self.select(None)

    def loop_or_whole(self) -> None:
        """What lies between the loop's handles, or again the whole take."""
        studio = self._studio
        recipe = studio.flow.chosen.recipe
        loop = edit_of(studio.flow, studio.shelf, recipe).loop if recipe else None
        if self.span is not None:
            self.select(None)
            studio.messages.note("The whole take is dragged and copied again.")
        elif loop is None:
            studio.messages.note("Switch the loop on and drag its handles: that part is dragged and copied then.")
        else:
            self.select(loop)
            studio.messages.note(f"What lies between {loop[0]:.2f} and {loop[1]:.2f} s is dragged and copied now.")

    # ── what is done with it ──────────────────────────────────────────────────────────────────────────────────

    def play(self) -> None:
        """Hear it: the very file that is handed off."""
        studio = self._studio
        if self._nothing():
            return
        if studio.sounding.is_playing:
            studio.sounding.stop()
        studio.archive.carry_grid()
        self._to_hear = True
        if self._carrying.is_ready:
            self._ready()
        elif not self._carrying.hurry():
            studio.messages.note("The part plays as soon as its effects are rendered.")

    def trim(self) -> None:
        """Nothing else stays of the take: every version is cut alike, and undo brings it back."""
        studio = self._studio
        recipe = studio.flow.chosen.recipe
        if self._nothing() or recipe is None or self.span is None:
            return
        cut = trimmed(edit_of(studio.flow, studio.shelf, recipe), self.span)
        if cut is None:
            studio.messages.note("This part is the tail of an effect: a take is cut before its effects.")
            return
        self._put(None)
        studio.change(flows.edit(studio.flow, studio.flow.selected, cut), "Trim to the part")

    def _put(self, span: given.Span | None) -> None:
        if span != self.span:
            self.span, self._to_hear = span, False
            self.changed.emit()

    def _ready(self) -> None:
        """The file of what is selected is there."""
        paths = self._carrying.paths()
        if self._to_hear and self.span is not None and paths:
            self._to_hear = False
            self._listening.play(paths[0], anew=True)

    def _is_heard(self) -> bool:
        paths = self._carrying.paths()
        return bool(paths) and self._listening.hears(paths[0])

    def _nothing(self) -> bool:
        if self.span is None:
            self._studio.messages.note("Select a part first: drag in the upper half of the waveform.")
        return self.span is None

    def _playhead_or_word(self) -> float | None:
        at = self.playhead()
        if at is None:
            self._studio.messages.note("Play the take: the border is set where it plays.")
        return at


def trimmed(edit: Edit, span: given.Span) -> Edit | None:
    """The edit that lets a part only of what it lets be heard be heard; None where nothing of it lies there."""
    begin, end = span[0], min(span[1], edit.length)
    length = end - begin
    if length < given.SHORTEST - _SAME:
        return None

    def within(at: float) -> float:
        return min(max(at - begin, 0.0), length)

    loop = None
    if edit.loop is not None:
        first, last = within(edit.loop[0]), within(edit.loop[1])
        loop = (first, last) if last - first >= given.SHORTEST else None
    return replace(
        edit,
        start=native_at(edit, begin),
        length=length,
        onset=within(edit.onset),
        sync=None if edit.sync is None else within(edit.sync),
        fade_in=min(edit.fade_in, length),
        fade_out=min(edit.fade_out, length),
        loop=loop,
        crossfade=min(edit.crossfade, loop[0], loop[1] - loop[0]) if loop else 0.0,
    )


def native_at(edit: Edit, heard: float) -> float:
    """Seconds of the native sound at a moment of what is heard."""
    return float(edit.start + heard * 2.0 ** (edit.pitch / 12))


def heard_at(edit: Edit, native: float) -> float:
    """Seconds of what is heard at a moment of the native sound."""
    return float((native - edit.start) / 2.0 ** (edit.pitch / 12))
