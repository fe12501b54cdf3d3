"""The panels that can be shown, hidden and moved around the takes: a row each.

A new panel is a widget that takes the Studio and the Deeds, and a row here; window, menu, layout and help follow.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QWidget

from ui.deeds import Deeds
from ui.panels.keys import KeysPanel
from ui.panels.library import LibraryPanel
from ui.panels.rack import RackPanel
from ui.studio import Studio


@dataclass(frozen=True)
class Panel:
    """id: for layouts that are remembered. shown: whether it is there in a new window."""

    id: str
    title: str
    make: Callable[[Studio, Deeds], QWidget]
    area: Qt.DockWidgetArea
    shown: bool = True


PANELS: tuple[Panel, ...] = (
    Panel("keys", "Keys and pads", KeysPanel, Qt.DockWidgetArea.BottomDockWidgetArea),
    Panel("rack", "Rack", RackPanel, Qt.DockWidgetArea.RightDockWidgetArea),
    Panel("library", "Library", LibraryPanel, Qt.DockWidgetArea.RightDockWidgetArea, shown=False),
)
