"""A monkey at the keys, with engine, audio process and rack killed under it: no exception, nothing left."""

from __future__ import annotations

import contextlib
import os
import random
import signal
from functools import partial

import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtWidgets import QApplication

from ui import chains
from ui.actions import ACTIONS
from ui.dialogs.picker import slot_of

_WORDS = ("glass bell", "metal door", "rain", "x", "", "4/4 kick!", "böse Tür 大", " ")
_NOT = {"quit", "strip"}  # the end is tested elsewhere; a strip every few keys only makes it slow
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
        )

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

    def kill(self):
        studio = self.panel.studio
        rack = studio.racking.link.client
        audio = studio.audio.client
        pids = [audio.pid if audio else 0, rack.pid if rack else 0, studio.engine.pid]
        pid = self.random.choice([pid for pid in pids if pid])
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def run(panel, seed, actions, deaths):
    monkey = Monkey(panel, seed)
    killing = {round((i + 1) * actions / (deaths + 1)) for i in range(deaths)}
    for i in range(actions):
        if i in killing:
            monkey.kill()
        monkey.once()
    # Whatever was done, the panel still does its work.
    panel.window.deeds.do("hear.1")
    if panel.window.help is not None:
        panel.window.help.close()
    panel.studio.wish(length=None, omega=None, nu=1.0)
    for slot, there in enumerate(panel.flow.slots):
        if there.pinned:
            panel.window.deeds.do(f"hear.{slot + 1}")
            panel.window.deeds.do("pin")
    panel.window.prompt.setText("")
    panel.write("glass bell at the end")
    panel.window.deeds.do("seeds.new")
    panel.settled()


def test_a_monkey_on_quick_parts(panel):
    run(panel, seed=1, actions=500, deaths=0)


@pytest.mark.parametrize(
    ("seed", "actions", "deaths"),
    [(2, 120, 2), *(pytest.param(n, 5000, 12, marks=pytest.mark.long) for n in (3, 4))],
)
def test_a_monkey_with_everything_real(module_state, open_panel, seed, actions, deaths):
    panel = open_panel(quick=False)
    panel.until(lambda: panel.studio.engine.pid > 0)
    panel.studio.wish(length=0.5)
    run(panel, seed, actions, deaths)
