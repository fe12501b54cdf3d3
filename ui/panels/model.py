"""Which model makes the sounds: a list of those that are here, and the way to those that are not."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QWheelEvent
from PyQt6.QtWidgets import QComboBox, QWidget

from engine.local import ModelCard
from ui.actions import BY_ID
from ui.deeds import Deeds
from ui.models_live import LARGER
from ui.studio import Studio

_MORE = "More models …"
_LETTERS = 9


class ModelChoice(QComboBox):
    """The models by name; the last row leads to those that can be fetched."""

    def __init__(self, studio: Studio, deeds: Deeds, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio, self._deeds = studio, deeds
        self.setAccessibleName("Model")
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(_LETTERS)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.activated.connect(self._chosen)
        studio.models.changed.connect(self.refresh)
        deeds.add({"model": self.to_list, "model.next": studio.models.next, LARGER: self.use_larger})
        self.refresh()

    def refresh(self) -> None:
        """Show what is here and what is used."""
        used = self._studio.flow.wishes.model
        cards = {card.id: card for card in self._studio.models.cards}
        rows = [*cards, *([] if used in cards else [used]), _MORE]
        if [self.itemText(i) for i in range(self.count())] != rows:
            self.clear()
            self.addItems(rows)
            for i, name in enumerate(rows):
                self.setItemData(i, _told(name, cards), Qt.ItemDataRole.ToolTipRole)
        self.setCurrentIndex(rows.index(used))
        keys = ", ".join(BY_ID["model"].keys)
        self.setToolTip(f"{_told(used, cards)} ({keys})")
        self.setAccessibleDescription(_told(used, cards))

    def to_list(self) -> None:
        """Open the list."""
        if self.isVisible():
            self.setFocus(Qt.FocusReason.OtherFocusReason)
            self.showPopup()

    def use_larger(self) -> None:
        """Use the larger model that is here, or show the one that can be fetched."""
        models = self._studio.models
        larger, offer = models.larger, models.to_fetch
        if larger is not None:
            models.use(larger.id)
        elif offer is not None:
            self._deeds.do("welcome")
            models.sought.emit(offer.id)
        else:
            self._studio.messages.note("There is no larger model, here or to be fetched.")

    def wheelEvent(self, event: QWheelEvent | None) -> None:  # noqa: N802
        """Whoever scrolls past does not mean another model."""
        if event is not None:
            event.ignore()

    def _chosen(self, row: int) -> None:
        name = self.itemText(row)
        if name == _MORE:
            self._deeds.do("welcome")
        elif name != self._studio.flow.wishes.model:
            self._studio.models.use(name)
        self.refresh()


def _told(name: str, cards: dict[str, ModelCard]) -> str:
    card = cards.get(name)
    if card is None:
        return "Those that can be fetched, with licence and size." if name == _MORE else f"{name} is not here."
    return f"{card.title}: up to {card.longest:.2f} s at {card.rate / 1000:g} kHz"
