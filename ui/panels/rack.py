"""The rack: the effects of the selected take, one card under the other, heard as they stand."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QMenu, QPushButton, QScrollArea, QVBoxLayout, QWidget

from plugin_bridge.rack.parameter import Parameter
from plugin_bridge.rack.protocol import SlotState
from presets.schema import Slot
from ui import theme
from ui.actions import BY_ID
from ui.chains import EVERY
from ui.deeds import Deeds
from ui.panels.effect import EffectCard
from ui.panels.rack_presets import RackPresets
from ui.studio import Studio

if TYPE_CHECKING:
    from ui.dialogs.picker import Picker

_HOLD_SECONDS = 0.35
_NARROWEST = 262  # three knobs beside one another
_SHORT = {"chain.dry": "Dry", "chain.all": "For all", "chain.add": "Add …"}


class RackPanel(QWidget):
    """What stands between a take and the ears."""

    def __init__(self, studio: Studio, deeds: Deeds, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio, self._racking, self._deeds = studio, studio.racking, deeds
        self.cards: list[EffectCard] = []
        self.picker: Picker | None = None
        self.presets = RackPresets(studio, deeds)
        self._open: set[tuple[str, int]] = set()
        self._shown: object = None
        self._pressed = 0.0
        self.buttons = {name: self._button(name) for name in _SHORT}
        self._title = QLabel("Effects")
        self._title.setObjectName("soft")
        self._title.setAccessibleName("Whose effects")
        self._state = QLabel("")
        self._state.setObjectName("faint")
        self._state.setFont(theme.font(theme.SMALL))
        self._lay_out()
        self._connect(deeds)
        self.refresh()

    def refresh(self) -> None:
        """Show the chain of the selected take, if it is other than before."""
        studio, racking = self._studio, self._racking
        recipe = studio.flow.chosen.recipe
        self.buttons["chain.dry"].setChecked(studio.shelf.as_dry)
        self.buttons["chain.all"].setChecked(bool(racking.chain.slots) and racking.rack == EVERY)
        for button in self.buttons.values():
            button.setEnabled(recipe is not None)
        self._title.setText(self._whose())
        self._state.setText(self._how())
        told = racking.link.built_ins is not None
        shown = (racking.rack, tuple(map(_kind, racking.chain.slots)), tuple(map(_look, racking.states())), told)
        if shown != self._shown:
            self._shown = shown
            self._fill()
        for card, slot, state in zip(self.cards, racking.chain.slots, racking.states(), strict=False):
            card.follow(slot, state)

    # ── building ──────────────────────────────────────────────────────────────────────────────────────────────

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(theme.GAP)
        head.addWidget(self._title, 1)
        head.addWidget(self._state)
        row = QHBoxLayout()
        row.setSpacing(theme.GAP)
        for name in ("chain.add", "chain.dry", "chain.all"):
            row.addWidget(self.buttons[name])
        row.addStretch(1)
        self.menu = QPushButton("Chains")
        self.menu.setToolTip("Save these effects, or use others that you saved.")
        self.menu.setMenu(self._preset_menu())
        row.addWidget(self.menu)
        self._list = QVBoxLayout()
        self._list.setContentsMargins(0, 0, 4, 0)
        self._list.setSpacing(theme.GAP)
        inside = QWidget()
        inside.setObjectName("ground")
        inside.setLayout(self._list)
        self.area = QScrollArea()
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QScrollArea.Shape.NoFrame)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.area.setWidget(inside)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 2, 6, 6)
        column.setSpacing(theme.GAP)
        column.addLayout(head)
        column.addLayout(row)
        column.addWidget(self.area, 1)
        self.setMinimumWidth(_NARROWEST)

    def _button(self, name: str) -> QPushButton:
        action = BY_ID[name]
        button = QPushButton(_SHORT[name])
        button.setCheckable(name != "chain.add")
        button.setAccessibleName(action.words)
        button.setToolTip(f"{action.help} ({', '.join(action.keys)})")
        return button

    def _connect(self, deeds: Deeds) -> None:
        studio = self._studio
        deeds.add(
            {
                "chain.add": self.pick,
                "chain.dry": lambda: self._racking.compare(not studio.shelf.as_dry),
                "chain.all": lambda: self._racking.share(self._racking.rack != EVERY),
            }
        )
        self.buttons["chain.add"].clicked.connect(self.pick)
        self.buttons["chain.all"].clicked.connect(lambda: deeds.do("chain.all"))
        self.buttons["chain.dry"].pressed.connect(self._hold)
        self.buttons["chain.dry"].released.connect(self._let_go)
        studio.changed.connect(self.refresh)
        self._racking.changed.connect(self.refresh)
        self._racking.knob.connect(self._stands)

    def _preset_menu(self) -> QMenu:
        menu = QMenu(self)
        menu.aboutToShow.connect(lambda: self.presets.fill(menu, self))
        return menu

    def _fill(self) -> None:
        """Build the cards anew; the focus stays where it was, by place."""
        focus = next(
            (i for i, card in enumerate(self.cards) if card.isAncestorOf(card.focusWidget() or self)), None
        )
        while (item := self._list.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        slots = self._racking.chain.slots
        rack = self._racking.rack
        self.cards = [EffectCard(self._racking, i, len(slots), (rack, i) in self._open) for i in range(len(slots))]
        for i, card in enumerate(self.cards):
            card.open_more.connect(lambda wide, place=(rack, i): self._widen(place, wide))
            self._list.addWidget(card)
        if not self.cards:
            self._list.addWidget(self._hint())
        self._list.addStretch(1)
        if focus is not None and self.cards:
            self.cards[min(focus, len(self.cards) - 1)].setFocus()

    def _hint(self) -> QLabel:
        words = (
            "No effects yet: this take is heard dry. Add one, and what you hear and keep is the sound behind it."
            if self._studio.flow.chosen.recipe is not None
            else "Choose a take first: effects belong to a take."
        )
        label = QLabel(words)
        label.setObjectName("faint")
        label.setWordWrap(True)
        return label

    # ── doing ─────────────────────────────────────────────────────────────────────────────────────────────────

    def pick(self) -> None:
        """Open the list of effects."""
        from ui.dialogs.picker import Picker  # noqa: PLC0415 (nobody waits for a catalogue at the start)

        if self.picker is None:
            self.picker = Picker(self._studio, self.window())
            self.picker.chosen.connect(self._add)
        self.picker.open_now()

    def _add(self, slot: Slot, name: str) -> None:
        self._racking.add(slot, name)

    def _hold(self) -> None:
        """Held: dry for as long as it is down. A short click stays."""
        self._pressed = time.monotonic()
        self._before = self._studio.shelf.as_dry
        self._racking.compare(not self._before)

    def _let_go(self) -> None:
        if time.monotonic() - self._pressed > _HOLD_SECONDS:
            self._racking.compare(self._before)
        self.buttons["chain.dry"].setChecked(self._studio.shelf.as_dry)

    def _stands(self, rack: str, slot: int, parameter: Parameter) -> None:
        if rack == self._racking.rack and slot < len(self.cards):
            self.cards[slot].stands(parameter)

    def _widen(self, place: tuple[str, int], wide: bool) -> None:
        (self._open.add if wide else self._open.discard)(place)
        self._shown = None
        self.refresh()

    def _whose(self) -> str:
        flow = self._studio.flow
        if flow.chosen.recipe is None:
            return "No take is selected"
        shared = bool(flow.every.slots) and self._racking.rack == EVERY
        return "All takes" if shared else f"Take {flow.selected + 1}"

    def _how(self) -> str:
        studio = self._studio
        made = studio.shelf.shown(studio.flow, studio.flow.chosen.recipe)
        if made is None or not self._racking.chain.slots:
            return ""
        if studio.shelf.as_dry:
            return "DRY for comparison"
        if studio.shelf.is_wet(studio.flow, made):
            return "WET"
        return "rendering …" if self._racking.wetting.missing(studio.flow, made) else "DRY"


def _kind(slot: Slot) -> object:
    return slot.format, slot.effect, slot.enabled, slot.rate, tuple(sorted(slot.files.items()))


def _look(state: SlotState | None) -> object:
    """What a card is built from; where its knobs stand is told apart from that."""
    if state is None:
        return None
    return state.problem, state.remark, state.foreign, tuple(one.id for one in state.parameters)
