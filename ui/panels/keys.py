"""Keys and pads: the takes under the fingers, and what comes in over MIDI."""

from __future__ import annotations

from functools import partial

from PyQt6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from plugin_bridge.audio.protocol import MidiSeen
from presets.kits import FIRST_NOTE
from presets.notes import name as note_name
from ui import flow as flows
from ui import theme
from ui.deeds import Deeds
from ui.flow import SLOTS
from ui.panels.families import FamilyRow
from ui.sounding import PADS
from ui.studio import Studio
from ui.widgets.keyboard import Keyboard
from ui.widgets.pads import Pads

_NOTE_ON, _NOTE_OFF = 0x90, 0x80
_LOWEST, _HIGHEST = 0, 72


class KeysPanel(QWidget):
    """Pads on the left, four octaves on the right, families above them."""

    def __init__(self, studio: Studio, deeds: Deeds, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        settings = studio.settings()
        self.families = FamilyRow(studio, deeds)
        self.keyboard = Keyboard(settings.lowest_key, settings.middle_c)
        self.pads = Pads(FIRST_NOTE)
        self._seen = QLabel("MIDI: nothing yet")
        self._seen.setObjectName("faint")
        self._seen.setFont(theme.font(theme.SMALL))
        self._lay_out()
        for source in (self.keyboard, self.pads):
            source.pressed.connect(studio.sounding.note)
            source.pressed.connect(lambda note, _: studio.keying.choose(note))
            source.dropped.connect(self._lay)
        self.pads.cleared.connect(self._clear)
        studio.changed.connect(self.refresh)
        studio.keying.changed.connect(self.refresh)
        studio.settings.listen(lambda _: self.refresh())
        studio.audio.news.connect(self._hear)
        self.refresh()

    def refresh(self) -> None:
        """Show what lies where."""
        flow, settings = self._studio.flow, self._studio.settings()
        names = {FIRST_NOTE + i: f"{i + 1}" for i, slot in enumerate(flow.slots) if slot.recipe}
        names |= {note: recipe.prompt.text for note, recipe in flow.pads.items()}
        names |= {note: f"{one.size} {one.parent.prompt.text}" for note, one in flow.families.items()}
        chosen = self._studio.keying.chosen
        self.pads.set(names, chosen)
        self.keyboard.set(frozenset(names), settings.lowest_key, settings.middle_c, chosen)

    def _lay_out(self) -> None:
        low, high = (self._shift(by) for by in (-12, 12))
        side = QVBoxLayout()
        side.setSpacing(2)
        octaves = QHBoxLayout()
        octaves.addWidget(low)
        octaves.addWidget(high)
        octaves.addWidget(self._seen, 1)
        side.addLayout(octaves)
        side.addWidget(self.keyboard, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 0, 8, 4)
        column.setSpacing(2)
        column.addWidget(self.families)
        row = QHBoxLayout()
        column.addLayout(row, 1)
        row.setSpacing(theme.SPACE)
        row.addWidget(self.pads, 4)
        row.addLayout(side, 6)

    def _shift(self, by: int) -> QPushButton:
        button = QPushButton("−" if by < 0 else "+")
        button.setObjectName("plain")
        button.setAccessibleName("An octave lower" if by < 0 else "An octave higher")
        button.setToolTip(button.accessibleName())
        button.clicked.connect(partial(self._move, by))
        return button

    def _move(self, by: int) -> None:
        lowest = min(max(self._studio.settings().lowest_key + by, _LOWEST), _HIGHEST)
        self._studio.settings.change(lowest_key=lowest)

    def _lay(self, note: int, slot: int) -> None:
        """A take was dropped on a note."""
        flow = self._studio.flow
        recipe = flow.slots[slot].recipe
        if note in PADS[:SLOTS]:
            self._studio.messages.note("The lower pads are the eight takes; drop it on another pad or key.")
        elif recipe is not None:
            self._studio.change(flows.on_pad(flow, note, recipe), f"Take on {note}")
            self._studio.keying.choose(note)

    def _clear(self, note: int) -> None:
        self._studio.change(flows.on_pad(self._studio.flow, note, None), f"Clear {note}")

    def _hear(self, news: object) -> None:
        if not isinstance(news, MidiSeen):
            return
        for _, data in news.events:
            if len(data) == 3 and data[0] & 0xF0 in (_NOTE_ON, _NOTE_OFF):
                on = data[0] & 0xF0 == _NOTE_ON and data[2] > 0
                self.keyboard.light(data[1], on)
                self.pads.light(data[1], on)
                if on:
                    name = note_name(data[1], self._studio.settings().middle_c)
                    self._seen.setText(f"MIDI: {name} ({data[1]}), velocity {data[2]}, channel {data[0] % 16 + 1}")
