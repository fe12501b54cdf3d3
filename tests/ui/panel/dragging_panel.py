"""A panel with a quick engine on a real screen: types, selects, tells where its take or a part of it is."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))

from PyQt6.QtCore import QPoint, QPointF
from PyQt6.QtTest import QTest

from plugin_bridge.audio.protocol import Output
from tests.ui.panel.conftest import QuickAudio, QuickEngine
from ui.app import dressed
from ui.message import Messages
from ui.session import Session
from ui.settings import SettingsFile
from ui.studio import Studio
from ui.window import Window


def until(holds: Callable[[], object]) -> None:
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end
        QTest.qWait(10)


def middle_of_part(window: Window) -> QPoint:
    """Select a part of the take, and tell where its middle is on the screen."""
    window.finish()
    until(lambda: window.detail._made is not None)
    part = window.studio.archive.part
    part.select((0.02, 0.2))
    until(lambda: window.studio.archive.carrying.is_ready and window.detail.part.selection.item.isVisible())
    QTest.qWait(200)
    plots, box = window.detail._plots, window.detail._wave.getViewBox()
    low, high = window.detail.part.selection.item.getRegion()
    at = box.mapViewToScene(QPointF((low + high) / 2, 0.75))
    return plots.viewport().mapToGlobal(plots.mapFromScene(at))


def main(folder: Path, what: str) -> None:
    app = dressed()
    settings, session = SettingsFile(folder / "settings"), Session(folder / "session")
    settings.change(output=Output(driver="none"))
    studio = Studio(session, settings, Messages(), engine=QuickEngine(session.drafts), audio=QuickAudio())
    window = Window(studio)
    window.resize(940, 700)
    window.move(0, 0)
    window.show()
    studio.start()
    QTest.keyClicks(window.prompt, "glass bell")
    until(lambda: studio.flow.complete and all(slot.recipe for slot in studio.flow.slots))
    window.to_grid()
    window.deeds.do("hear.2")
    until(lambda: studio.archive.carrying.is_ready)
    tile = window.grid.tiles[1]
    place = tile.mapToGlobal(QPoint(tile.width() // 2, tile.height() // 2))
    if what == "part":
        place = middle_of_part(window)
    sys.stdout.write(json.dumps([place.x(), place.y()]) + "\n")
    sys.stdout.flush()
    app.exec()


main(Path(sys.argv[1]), sys.argv[2])
