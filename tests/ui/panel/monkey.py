"""A monkey at the panel: all that a person, a DAW or a controller could do, in an order that a seed decides.

What two of them have done is the same, so what one of them broke can be looked at.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import socket
from functools import partial

from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtWidgets import QApplication
from pythonosc.osc_message_builder import OscMessageBuilder

from plugin_bridge.audio.protocol import MidiSeen
from ui import chains
from ui.actions import ACTIONS, BY_OSC
from ui.dialogs.picker import slot_of
from ui.osc import HOST

_WORDS = ("glass bell", "metal door", "rain", "x", "", "4/4 kick!", "böse Tür 大", " ")
_NOT = {"quit", "strip"}  # the end is tested elsewhere; a strip every few keys only makes it slow
_SEARCHES = ("", "bell", "#tag", "cat:DOOR", "böse", "glass #no kick", "(", "*")
_PAGES = ("devices", "welcome", "export", "help", "chain.add")
_JUNK = (b"", b"/onetake", b"\xff" * 40, b"/onetake/hear/1\0,f")
_MESSAGES = (
    b"\x90\x3c\x64",
    b"\x80\x3c\x00",
    b"\xb0\x40\x7f",
    b"\xe0\x00\x40",
    b"\xc0\x05",
    b"\xf8",
    b"\x90",
    b"",
)
_KEYS = (Qt.Key.Key_Tab, Qt.Key.Key_Escape, Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Down, Qt.Key.Key_A)


class Monkey:
    """Does anything a person could, in an order that its seed decides."""

    def __init__(self, panel, seed):
        self.panel, self.random = panel, random.Random(seed)
        self.deeds = (
            self.act,
            self.act,
            self.act,
            self.type,
            self.key,
            self.click,
            self.turn,
            self.cut,
            self.drop,
            self.effect,
            self.osc,
            self.midi,
            self.page,
            self.library,
            self.storm,
            self.resize,
            self.carry,
        )
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    def once(self):
        self.random.choice(self.deeds)()
        if self.random.random() < 0.3:
            self.panel.qtbot.wait(self.random.randrange(25))
        else:
            QApplication.processEvents()

    def act(self):
        self.panel.window.deeds.do(self.random.choice([a.id for a in ACTIONS if a.id not in _NOT]))

    def type(self):
        prompt = self.panel.window.prompt
        if self.random.random() < 0.5:
            prompt.setText("")
        prompt.setFocus()
        words = self.random.choice(_WORDS)[: self.random.randrange(12)]
        if words.isascii():
            self.panel.qtbot.keyClicks(prompt, words)
        else:  # Qt's test keys know ASCII only
            prompt.insert(words)
            prompt.textEdited.emit(prompt.text())

    def key(self):
        widget = QApplication.focusWidget() or self.panel.window
        self.panel.qtbot.keyClick(widget, self.random.choice(_KEYS))

    def click(self):
        targets = [*self.panel.window.grid.tiles, *self.panel.window.controls.buttons.values()]
        keys = self.panel.window.docks["keys"].widget()
        target = self.random.choice([*targets, keys.pads, keys.keyboard])
        if target.isVisible():
            at = QPoint(self.random.randrange(target.width()), self.random.randrange(target.height()))
            self.panel.qtbot.mouseClick(target, Qt.MouseButton.LeftButton, pos=at)

    def turn(self):
        controls, detail = self.panel.window.controls, self.panel.window.detail
        knob = self.random.choice([controls.omega, controls.nu, controls.radius, *detail.knobs.values()])
        knob.setValue(self.random.randrange(1001))
        knob.settled.emit(knob.number)
        if self.random.random() < 0.2:
            controls.length.setText(self.random.choice(("auto", "0.5", "1,2 s", "900", "nonsense", "-1")))
            controls.length.editingFinished.emit()

    def cut(self):
        handles = self.panel.window.detail.handles
        handles.trim.setRegion(sorted(self.random.uniform(-0.1, 2.0) for _ in range(2)))
        handles.sync.setValue(self.random.uniform(0, 1))

    def drop(self):
        keys = self.panel.window.docks["keys"].widget()
        self.random.choice((keys.pads, keys.keyboard)).dropped.emit(
            self.random.randrange(128), self.random.randrange(8)
        )

    def effect(self):
        """A chain is changed, or a knob of it turned."""
        racking, chain = self.panel.studio.racking, self.panel.studio.racking.chain
        told = racking.link.built_ins
        if told is None or not self.panel.flow.chosen.recipe:
            racking.link.start()
        elif not chain.slots or self.random.random() < 0.2:
            if len(chain.slots) < 4:
                racking.add(slot_of(self.random.choice(told.effects)), "an effect")
        else:
            index = self.random.randrange(len(chain.slots))
            cards = self.panel.window.docks["rack"].widget().cards
            knobs = list(cards[index].knobs.values()) if index < len(cards) else []
            if knobs and self.random.random() < 0.6:
                self.random.choice(knobs).setValue(self.random.randrange(1000))
            else:
                change = self.random.choice((chains.removed, partial(chains.moved, to=0)))
                racking.edit(lambda chain: change(chain, index), "another chain")

    def osc(self):
        """A controller sends over the network: actions, their release, and much that is neither."""
        window, port = self.panel.window, self.panel.studio.settings().osc_port
        if window._osc is None or self.random.random() < 0.1:
            self.panel.studio.settings.change(osc=not self.panel.studio.settings().osc)
        elif self.random.random() < 0.3:
            self._socket.sendto(self.random.choice(_JUNK), (HOST, port))
        else:
            message = OscMessageBuilder(self.random.choice([a for a in BY_OSC if BY_OSC[a].id not in _NOT]))
            message.add_arg(self.random.choice((0.0, 1.0, "yes", 7)))
            self._socket.sendto(message.build().dgram, (HOST, port))

    def midi(self):
        """Notes and controllers, whole and broken, and a button that learns one."""
        studio, data = self.panel.studio, bytearray(self.random.choice(_MESSAGES))
        if len(data) == 3:
            data[1] = self.random.randrange(128)
        studio.audio.say(lambda client: client.midi(bytes(data)))
        studio.audio.news.emit(MidiSeen(events=((0.0, bytes(data)),)))
        if self.random.random() < 0.1:
            self.panel.window.learning.learn(self.random.choice([a.id for a in ACTIONS if a.id not in _NOT]))

    def page(self):
        """A page is opened, or one that is open is closed."""
        window = self.panel.window
        there = [one for one in QApplication.topLevelWidgets() if one is not window and one.isVisible()]
        if there and self.random.random() < 0.6:
            self.random.choice(there).close()
        else:
            window.deeds.do(self.random.choice(_PAGES))

    def library(self):
        """Searched, sorted, narrowed, rated, and back."""
        library = self.panel.window.docks["library"].widget()
        library.filters.words.setText(self.random.choice(_SEARCHES))
        combo = self.random.choice((library.filters.what, library.filters.stars, library.filters.orders))
        combo.setCurrentIndex(self.random.randrange(combo.count()))
        if library.rows.rowCount():
            library.table.selectRow(self.random.randrange(library.rows.rowCount()))
            library.table.setFocus()
            self.panel.window.deeds.do(f"library.rate.{self.random.randrange(6)}")

    def storm(self):
        """Back and forth, faster than anything can follow."""
        for _ in range(self.random.randrange(2, 20)):
            self.panel.window.deeds.do(self.random.choice(("undo", "undo", "redo")))

    def resize(self):
        """The window takes another size, down to what it allows."""
        self.panel.window.resize(self.random.randrange(200, 2200), self.random.randrange(150, 1400))

    def carry(self):
        """What is selected is dragged out, and dropped or not; some of it in a loop."""
        carrying = self.panel.studio.archive.carrying
        if self.random.random() < 0.3:
            self.panel.window.deeds.do("part")
        if not carrying.paths():
            carrying.not_yet()
            return
        assert all(path.is_file() for path in carrying.paths())
        if carrying.mime().urls() and self.random.random() < 0.5:
            carrying.taken()

    def close(self):
        """Go away: nothing of the monkey's own is left either."""
        self._socket.close()

    def kill(self):
        studio = self.panel.studio
        rack = studio.racking.link.client
        audio = studio.audio.client
        pids = [audio.pid if audio else 0, rack.pid if rack else 0, studio.engine.pid]
        pid = self.random.choice([pid for pid in pids if pid])
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
