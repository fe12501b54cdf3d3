"""A monkey at the keys, with engine, audio process and rack killed under it: no exception, nothing left."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time

import psutil
import pytest
from PyQt6.QtWidgets import QApplication

from engine import lab
from tests.ui.panel.conftest import PATIENCE_MS, left_over
from tests.ui.panel.monkey import Monkey

_STATE = "ONETAKE_STATE"


def free_port():
    """A port that nobody listens on."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.bind(("127.0.0.1", 0))
        return line.getsockname()[1]


def run(panel, seed, actions, deaths):
    panel.studio.settings.change(osc_port=free_port())
    monkey = Monkey(panel, seed)
    killing = {round((i + 1) * actions / (deaths + 1)) for i in range(deaths)}
    with contextlib.closing(monkey):
        for i in range(actions):
            if i in killing:
                monkey.kill()
            monkey.once()
    still_works(panel)


def still_works(panel):
    """Whatever was done, the panel still does its work."""
    panel.studio.settings.change(osc=False)
    for page in QApplication.topLevelWidgets():
        if page is not panel.window:
            page.close()
    panel.window.deeds.do("hear.1")
    panel.studio.wish(length=None, omega=None, nu=1.0)
    for slot, there in enumerate(panel.flow.slots):
        if there.pinned:
            panel.window.deeds.do(f"hear.{slot + 1}")
            panel.window.deeds.do("pin")
    panel.window.prompt.setText("")
    panel.write("glass bell at the end")
    panel.window.deeds.do("seeds.new")
    try:
        panel.settled()
    except panel.qtbot.TimeoutError as error:
        raise AssertionError(standing(panel)) from error


def standing(panel):
    """What is there and what is missing, for whoever reads of a failure."""
    studio, flow = panel.studio, panel.flow
    client = studio.engine.client
    rows = [
        f"wishes {flow.wishes}; complete {flow.complete}; typing {studio._typing.waits}; pool {len(flow.pool)}",
        f"engine {studio.engine.pid}, {client.waiting if client else None} waiting, {client and client._tries}",
        f"pending {len(studio.making.pending)}, refused {studio.shelf.refused}; work {studio.work.running}",
        f"audio {studio.audio.client}, {studio.audio.last}; failures {studio.sounding._failures}",
        f"preparing {studio.sounding._preparing}",
    ]
    keys = studio.sounding.on_keys()
    for slot in flow.slots:
        sound = studio.shelf.sound(flow, slot.recipe)
        text = slot.recipe.prompt.text if slot.recipe else None
        loaded = sound is not None and sound.name in studio.sounding._loaded
        rows.append(
            f"  {text!r}, pinned {slot.pinned}, wanted {slot.wanted is not None}; sound {sound and sound.name}, "
            f"loaded {loaded}, on a key {sound is not None and sound.name in keys.values()}"
        )
    return "\n".join([*rows, *(m.sentence for m in list(panel.messages.all)[-12:])])


def ours(state):
    """Processes that work for a state folder, this one aside."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):  # another user's, or gone
            if process.pid != os.getpid() and process.environ().get(_STATE) == state:
                found.append(process)
    return found


def nothing_left(panel, threads, state=""):
    """The window closed, no thread of it runs, and of its processes the engine alone, which others may use."""
    engine = panel.studio.engine.pid
    panel.close()
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while time.monotonic() < deadline:
        left = [thread.name for thread in left_over(threads)]
        processes = [one for one in ours(state) if one.pid != engine] if state else []
        if not left and not processes:
            return
        QApplication.processEvents()
        time.sleep(0.02)
    raise AssertionError(f"threads {left}, processes {[one.cmdline() for one in processes]}")


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """The current folder is an empty one, and stays so; no model comes from afar."""
    here = tmp_path / "current"
    here.mkdir()
    monkeypatch.chdir(here)
    shelf, fetch = tmp_path / "shelf", lab.fetch
    shelf.mkdir()  # a monkey that comes to "Get" finds no model, and fetches none of many GB
    monkeypatch.setattr(lab, "fetch", lambda name, *rest: fetch(name, shelf, None, rest[-1]))
    yield
    assert not list(here.iterdir())


def test_a_monkey_on_quick_parts(elsewhere, open_panel):
    before = set(threading.enumerate())
    panel = open_panel()
    run(panel, seed=1, actions=500, deaths=0)
    nothing_left(panel, before)


@pytest.mark.parametrize(
    ("seed", "actions", "deaths"),
    [(2, 120, 2), *(pytest.param(n, 5000, 12, marks=pytest.mark.long) for n in (3, 4))],
)
def test_a_monkey_with_everything_real(elsewhere, module_state, open_panel, seed, actions, deaths):
    before = set(threading.enumerate())
    panel = open_panel(quick=False)
    panel.until(lambda: panel.studio.engine.pid > 0)
    panel.studio.wish(length=0.5)
    run(panel, seed, actions, deaths)
    nothing_left(panel, before, os.environ[_STATE])
