"""What is said of the selected takes, and where it is changed: name, stars, tags, category; what can be done."""

from __future__ import annotations

from functools import partial

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QLineEdit, QPushButton, QSizePolicy, QWidget

from presets.entry import tags_of
from presets.index_search import Hit
from ui import theme
from ui.actions import BY_ID
from ui.deeds import Deeds
from ui.filing import Filing
from ui.panels.category import CategoryEntry
from ui.panels.library_rows import about
from ui.widgets.segments import Segments

_STARS = range(6)
_ACTIONS = ("library.open", "library.like", "library.used", "library.duplicates", "library.trash", "export")


class TakeWords(QWidget):
    """One take or several; what several have in common is shown, and a change goes into all."""

    def __init__(self, filing: Filing, deeds: Deeds, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._filing, self._hits = filing, list[Hit]()
        self._facts = QLabel("")
        self._facts.setObjectName("faint")
        self._facts.setWordWrap(True)
        self._facts.setMinimumHeight(30)
        self._facts.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.name, self.tags = self._entry("Name of the take"), self._entry("Tags, with commas between them")
        self.tags.setPlaceholderText("tags, with commas between")
        self.category = CategoryEntry(filing)
        self.stars = Segments("Stars", tuple(_STARS))
        self.buttons = {action: self._button(action, deeds) for action in _ACTIONS}
        self.name.editingFinished.connect(self._named)
        self.tags.editingFinished.connect(self._tagged)
        self.stars.chosen.connect(lambda stars: filing.rate([hit.file for hit in self._hits], stars))
        self._lay_out()
        self.show_takes([])

    def show_takes(self, hits: list[Hit]) -> None:
        """Show what is said of these."""
        self._hits = hits
        one = hits[0] if len(hits) == 1 else None
        self.setEnabled(True)
        for part in (self.tags, self.category, self.stars):
            part.setEnabled(bool(hits))
        self.name.setEnabled(one is not None)
        for action, button in self.buttons.items():
            several = action in ("library.trash", "export")
            button.setEnabled(
                action in ("library.duplicates", "export") or (bool(hits) and (several or one is not None))
            )
        self.buttons["library.trash"].setText(
            "Restore" if hits and all(hit.trashed is not None for hit in hits) else BY_ID["library.trash"].words
        )
        self._facts.setText(about(one) if one else f"{len(hits)} takes are selected." if hits else "")
        self.stars.set(max((hit.rating for hit in hits), default=0))
        if not self.name.hasFocus():
            self.name.setText(one.name if one else "")
        if not self.tags.hasFocus():
            self.tags.setText(", ".join(self._common()))

        self.category.show_takes(hits)

    def to_category(self) -> None:
        """Begin to type a category."""
        self.category.begin()

    def to_name(self) -> None:
        """Begin to type a name."""
        if self.name.isEnabled():
            self.name.setFocus(Qt.FocusReason.OtherFocusReason)
            self.name.selectAll()

    def to_tags(self) -> None:
        """Begin to type tags."""
        if self.tags.isEnabled():
            self.tags.setFocus(Qt.FocusReason.OtherFocusReason)

    def _common(self) -> list[str]:
        """Tags that all of them have."""
        if not self._hits:
            return []
        rest = [{tag.casefold() for tag in hit.tags} for hit in self._hits[1:]]
        return [tag for tag in self._hits[0].tags if all(tag.casefold() in tags for tags in rest)]

    def _named(self) -> None:
        text = self.name.text().strip()
        if len(self._hits) == 1 and text and text != self._hits[0].name:
            self._filing.rename(self._hits[0].file, text)

    def _tagged(self) -> None:
        now, before = tags_of(self.tags.text().split(",")), self._common()
        add = [tag for tag in now if tag not in before]
        remove = [tag for tag in before if tag not in now]
        if self._hits and (add or remove):
            self._filing.tag([hit.file for hit in self._hits], add, remove)

    def _entry(self, name: str) -> QLineEdit:
        entry = QLineEdit()
        entry.setAccessibleName(name)
        return entry

    def _button(self, action: str, deeds: Deeds) -> QPushButton:
        row = BY_ID[action]
        button = QPushButton(row.words)
        button.setToolTip(f"{row.help} ({', '.join(row.keys)})" if row.keys else row.help)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        button.clicked.connect(partial(deeds.do, action))
        return button

    def _lay_out(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(theme.GAP)
        grid.addWidget(self._facts, 0, 0, 1, 2)
        parts = (("Name", self.name), ("Tags", self.tags), ("UCS", self.category), ("Stars", self.stars))
        for row, (words, part) in enumerate(parts, 1):
            label = QLabel(words)
            label.setObjectName("soft")
            grid.addWidget(label, row, 0)
            grid.addWidget(part, row, 1, Qt.AlignmentFlag.AlignLeft if part is self.stars else Qt.AlignmentFlag(0))
        for first in (0, 3):
            line = QHBoxLayout()
            line.setSpacing(theme.GAP)
            for action in _ACTIONS[first : first + 3]:
                line.addWidget(self.buttons[action])
            grid.addLayout(line, 5 + first, 0, 1, 2)
