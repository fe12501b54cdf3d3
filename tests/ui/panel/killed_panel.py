"""A panel that will be killed: types, keeps, pins, waits until that is saved, tells, and stays."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))
os.environ["QT_QPA_PLATFORM"] = "offscreen"

from PyQt6.QtTest import QTest

from plugin_bridge.audio.protocol import Output
from ui.app import dressed, opened
from ui.message import Messages
from ui.session import Session
from ui.settings import SettingsFile


def main(folder: Path) -> None:
    app = dressed()
    settings = SettingsFile(folder / "settings")
    settings.change(output=Output(driver="none"))
    window = opened(Session(folder / "session"), settings, Messages())
    window.show()
    studio = window.studio
    studio.start()
    QTest.keyClicks(window.prompt, "glass bell")
    deadline = time.monotonic() + 60
    while not (studio.flow.complete and all(slot.recipe for slot in studio.flow.slots)):
        assert time.monotonic() < deadline
        QTest.qWait(20)
    window.to_grid()
    for action in ("hear.2", "keep", "hear.3", "pin"):
        window.deeds.do(action)
    while not any(studio.shelf.kept):
        QTest.qWait(20)
    while studio._saving.waits or studio.work.running:
        QTest.qWait(20)
    sys.stdout.write(json.dumps({"seeds": [slot.recipe.seed for slot in studio.flow.slots]}) + "\n")
    sys.stdout.flush()
    app.exec()


main(Path(sys.argv[1]))
