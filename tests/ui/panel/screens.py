"""Pictures of every page and the table of keys for docs/: the real panel and engine, on a screen in memory.

    .venv/bin/python -m tests.ui.panel.screens docs

Look at them after every change of the window; they are committed.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

_PATIENCE = 60.0
_WORDS = "huge metal door slam in a cathedral"


@contextlib.contextmanager
def screen() -> Iterator[None]:
    """An X server of our own; without Xvfb, Qt's screen that nobody sees."""
    if not shutil.which("Xvfb"):
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
        yield
        return
    there, ours = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(ours), "-screen", "0", "1600x1000x24", "-nolisten", "tcp"],
        pass_fds=(ours,),
        stderr=subprocess.DEVNULL,
    )
    os.close(ours)
    try:
        with os.fdopen(there) as told:
            os.environ["DISPLAY"] = f":{told.readline().strip()}"
        os.environ["QT_QPA_PLATFORM"] = "xcb"
        yield
    finally:
        server.terminate()
        server.wait()


class Photographer:
    """A panel, and pictures of it."""

    def __init__(self, folder: Path, pictures: Path) -> None:
        from plugin_bridge.audio.protocol import Output
        from ui.app import dressed, opened
        from ui.message import Messages
        from ui.session import Session
        from ui.settings import SettingsFile

        self.app, self.pictures = dressed(), pictures
        settings = SettingsFile(folder / "settings")
        settings.change(output=Output(driver="none"))
        self.window = opened(Session(folder / "Cathedral"), settings, Messages())
        self.studio = self.window.studio
        self.window.show()
        self.window.finish()
        self.studio.start()

    def until(self, holds: Callable[[], object]) -> None:
        from PyQt6.QtTest import QTest

        end = time.monotonic() + _PATIENCE
        while not holds():
            assert time.monotonic() < end, "the panel did not come so far"
            QTest.qWait(10)

    def take(self, name: str, widget: object = None) -> None:
        from PyQt6.QtTest import QTest

        QTest.qWait(120)
        told = self.window.levels.loudness.measuring
        self.until(lambda: told.figures is None or told.figures.loudness is not None)
        path = self.pictures / f"{name}.png"
        (widget or self.window).grab().save(str(path))
        sys.stdout.write(f"{path}\n")

    def settled(self) -> None:
        flow, sounding = self.studio.flow, self.studio.sounding
        shown = [self.studio.shelf.sound(flow, slot.recipe) for slot in flow.slots]
        return flow.complete and all(s and s.name in sounding.on_keys().values() for s in shown)

    def write(self, text: str) -> None:
        self.window.to_prompt()
        self.window.prompt.setText(text)
        self.studio.type(text)
        self.until(lambda: self.studio.flow.made_for.text == text and self.settled())

    def do(self, *actions: str) -> None:
        for action in actions:
            self.window.deeds.do(action)

    def refined(self) -> bool:
        return not any(m.levelling for m in self.studio.flow.marks.values()) and not self.studio.shelf.progress


def keys() -> str:
    """The page of the documentation that follows from the table of actions."""
    from ui.actions import table

    return f"""# Every key of the panel

In the words letters type; everywhere else a key acts at once. `?` shows this table in the panel, where a right
click on a button also learns a MIDI key or controller. OSC is off until you switch it on: devices (F12), MIDI,
"OSC"; it listens at 127.0.0.1, port 9109 unless you choose another one.

{table()}"""


def with_effects(photographer: Photographer) -> None:
    """The rack with two effects of the starter's own, and the list of effects."""
    from ui.dialogs.picker import slot_of

    studio, racking = photographer.studio, photographer.studio.racking
    racking.link.start()
    photographer.until(lambda: racking.link.built_ins)
    cards = {card.effect: card for card in racking.link.built_ins.effects}
    for effect in ("transients", "eq", "reverb"):
        if effect in cards:
            racking.add(slot_of(cards[effect]), cards[effect].name)
    photographer.until(
        lambda: (
            studio.shelf.is_wet(studio.flow, studio.shelf.shown(studio.flow, studio.flow.chosen.recipe))
            and not racking.is_turning
        )
    )
    photographer.take("panel-rack")
    panel = photographer.window.docks["rack"].widget()
    panel.pick()
    photographer.until(lambda: panel.picker.list.topLevelItemCount() > 1)
    photographer.take("panel-effects", panel.picker)
    panel.picker.close()


def with_library(photographer: Photographer) -> None:
    """The library with kept takes and a linked hand-off, and the export dialog."""
    window, studio = photographer.window, photographer.studio
    live = studio.archive.live
    for n in (2, 4, 7):
        photographer.do(f"hear.{n}", "keep")
    photographer.until(photographer.refined)
    window.to_grid()
    photographer.do("hear.6")
    photographer.until(lambda: studio.archive.carrying.is_ready)
    photographer.do("handoff.link", "library.find")
    panel = window.docks["library"].widget()
    photographer.until(lambda: panel.rows.rowCount() >= 8 and not live.running)
    names = [panel.rows.hit(row).file for row in range(panel.rows.rowCount())]
    panel.filing.rate(names[:2], 5)
    panel.filing.rate(names[2:3], 3)
    panel.filing.tag(names[:4], ["door", "hero"], [])
    photographer.until(lambda: not live.running and not panel._looking.waits)
    photographer.until(lambda: panel.rows.hit(0) and panel.rows.hit(0).tags)
    panel.table.setFocus()
    panel.table.selectRow(1)
    photographer.take("panel-library")
    panel.pages.setCurrentIndex(1)
    photographer.until(lambda: panel.handoffs.rows.rows)
    photographer.take("panel-handoffs", panel)
    panel.pages.setCurrentIndex(0)
    photographer.do("export")
    dialog = window.export
    dialog.form.setCurrentIndex(dialog.form.findText("SFZ"))
    photographer.take("panel-export", dialog)
    dialog.close()
    window.docks["library"].hide()


def pages(photographer: Photographer) -> None:
    """The device page and the page of the first start."""
    photographer.do("devices")
    devices = photographer.window.pages["devices"]
    photographer.until(devices.output.refresh.isEnabled)
    photographer.take("panel-devices", devices)
    devices.close()
    photographer.do("welcome")
    first = photographer.window.pages["welcome"]
    photographer.until(lambda: first.offers and first.advice.text())
    photographer.take("panel-first-run", first)
    first.close()


def main(pictures: Path) -> None:
    """All pictures."""
    (pictures / "keys.md").write_text(keys())
    with screen(), tempfile.TemporaryDirectory() as folder:
        os.environ["ONETAKE_STATE"] = folder
        photographer = Photographer(Path(folder), pictures)
        studio = photographer.studio
        photographer.until(lambda: studio.engine.pid and studio.audio.last.open)
        photographer.take("panel-empty")
        studio.draw = iter(range(2_000_000, 3_000_000, 7919)).__next__
        photographer.write(_WORDS)
        photographer.do("seeds.new")
        photographer.until(photographer.settled)
        photographer.window.to_grid()
        photographer.do("hear.1", "pin", "hear.6", "keep")
        photographer.until(photographer.refined)
        studio.settings.change(steps=16)
        photographer.do("hear.3", "refine")
        photographer.until(lambda: any(done >= 5 for done, _ in studio.shelf.progress.values()))
        photographer.take("panel")
        photographer.until(photographer.refined)
        photographer.do("hear.6")
        photographer.until(lambda: photographer.window.detail._made.recipe.steps > 1)
        photographer.take("panel-refined")
        with_effects(photographer)
        with_library(photographer)
        pages(photographer)
        photographer.do("help")
        photographer.take("keys", photographer.window.help)
        photographer.window.help.close()
        photographer.do("strip")
        photographer.until(lambda: photographer.window.height() < 300)
        photographer.take("strip")
        pid = studio.engine.pid
        photographer.window.close()
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, 15)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
