"""A plug-in's own window under a real X server: turned by a mouse, closed, killed; and without a screen."""

from __future__ import annotations

import os
import signal

import numpy as np
import pytest

from plugin_bridge.rack.editor import Editor, carry
from plugin_bridge.rack.errors import NoDisplay, PluginDied, PluginHung, PluginMissing, PluginRefused
from tests.plugin_bridge.rack.desktop import Desktop
from tests.plugin_bridge.rack.hosting import PATIENCE, bundle, children, noise, running, until
from tests.plugin_bridge.rack.odd_plugins import odd_plugin

ATTACK = (40, 60)
"""Where ZamGateX2's first knob lies in its window, in pixels."""


@pytest.fixture(scope="module")
def desktop(tmp_path_factory):
    """A whole desktop for all tests here."""
    desktop = Desktop(tmp_path_factory.mktemp("desktop"))
    yield desktop
    desktop.stop()


@pytest.fixture
def opened(desktop, monkeypatch):
    """Opens windows on the desktop, and closes them after the test."""
    monkeypatch.setenv("DISPLAY", desktop.display)
    windows = []

    def open_it(name="ZamGateX2", state=b"", **callbacks):
        windows.append(Editor(bundle(name), state=state, patience=PATIENCE, **callbacks))
        windows[-1].wait()
        return windows[-1]

    yield open_it
    for window in windows:
        window.close()


def turn_attack(desktop, editor):
    """Drag the first knob upwards."""
    desktop.drag(desktop.window(editor.pid), *ATTACK, 40)


def test_a_knob_that_a_mouse_turns_comes_here_and_its_state_follows(desktop, opened, hosted):
    moved, states = [], []
    editor = opened(on_moved=moved.extend, on_state=states.append)
    before = editor.values["attack"]
    assert before.text == "50"
    turn_attack(desktop, editor)
    until(lambda: editor.values["attack"].value > before.value + 0.05, "the knob came")
    assert {p.id for p in moved} == {"attack"}
    until(lambda: states, "the state followed by itself")
    editor.close()
    assert editor.over
    assert editor.error is None
    plugin = hosted("ZamGateX2")
    assert carry(editor, plugin)
    assert plugin.state() == editor.state
    assert plugin.parameters()[0] == editor.values["attack"]
    assert not carry(editor, plugin)


def test_closed_by_its_button_right_after_a_turn_it_loses_nothing(desktop, opened, hosted):
    told = []
    editor = opened(on_closed=told.append)
    turn_attack(desktop, editor)
    desktop.press_close(editor.pid)
    until(lambda: editor.over, "the window has closed")
    until(lambda: told == [None], "its closing was told")
    until(lambda: not running(editor.pid), "its process has ended")
    plugin = hosted("ZamGateX2")
    carry(editor, plugin)
    assert plugin.parameters()[0] == editor.values["attack"]
    assert plugin.parameters()[0].value > 0.15


def test_killed_it_has_lost_the_last_second_at_most(desktop, opened):
    states, told = [], []
    editor = opened(on_state=states.append, on_closed=told.append)
    turn_attack(desktop, editor)
    until(lambda: states, "the state came")
    os.kill(editor.pid, signal.SIGKILL)
    until(lambda: told, "its end was told")
    assert isinstance(told[0], PluginDied)
    assert "Killed" in str(told[0])
    assert editor.state == states[-1]
    again = opened(state=editor.state)
    assert again.values["attack"].value > 0.1


def test_a_window_that_is_destroyed_ends_nothing_else(desktop, opened):
    one, other = opened(), opened("ZamCompX2")
    desktop.destroy(one.pid)
    until(lambda: one.over, "it ended")
    assert isinstance(one.error, PluginDied)
    assert other.shown
    assert desktop.windows(other.pid)


def test_several_windows_are_open_at_once_and_heed_the_panel(desktop, opened, hosted):
    plugin = hosted("ZamGateX2")
    plugin.set("threshold", 0.5)
    one, other = opened(state=plugin.state()), opened("ZaMaximX2")
    assert desktop.window(one.pid) != desktop.window(other.pid)
    assert one.values["threshold"].value == 0.5
    one.set("threshold", 0.75)
    one.set("nothing", 0.5)  # refused there, and the window stays
    until(lambda: one.state and one.state != plugin.last_state, "the state came back")
    carry(one, plugin)
    assert plugin.parameters()[2].value == 0.75
    one.restore(hosted("ZamGateX2").state())
    until(lambda: one.values["threshold"].value == 0.0, "the other state is shown")
    sound = noise(2, 1_000)
    assert np.isfinite(plugin.process(sound, 48_000)).all()


def test_what_has_no_window_or_is_not_there_is_told(desktop, monkeypatch):
    monkeypatch.setenv("DISPLAY", desktop.display)
    for path, error in (
        (odd_plugin(), PluginRefused),
        (bundle("ZamGateX2").with_name("Away.vst3"), PluginMissing),
    ):
        with Editor(path, patience=PATIENCE) as editor, pytest.raises(error):
            editor.wait()


def test_a_window_that_does_not_come_is_given_up(desktop, monkeypatch):
    monkeypatch.setenv("DISPLAY", desktop.display)
    with Editor(bundle("ZamGateX2"), patience=0.05) as editor, pytest.raises(PluginHung, match="did not come"):
        editor.wait()


def test_without_a_screen_it_says_so(monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    before = children()
    told = []
    editor = Editor(bundle("ZamGateX2"), patience=PATIENCE, on_closed=told.append)
    with editor, pytest.raises(NoDisplay, match="DISPLAY is not set"):
        editor.wait()
    assert isinstance(told[0], NoDisplay)
    assert children() == before


def test_a_screen_that_does_not_answer_is_told(monkeypatch):
    monkeypatch.setenv("DISPLAY", ":4711")
    with (
        Editor(bundle("ZamGateX2"), patience=PATIENCE) as editor,
        pytest.raises(NoDisplay, match="does not answer"),
    ):
        editor.wait()


def test_on_a_bare_screen_it_says_what_to_start_before_anything_dies(monkeypatch, tmp_path):
    bare = Desktop(tmp_path, bare=True)
    try:
        monkeypatch.setenv("DISPLAY", bare.display)
        editor = Editor(bundle("ZamGateX2"), patience=PATIENCE)
        with editor, pytest.raises(NoDisplay, match="apt-get install xsettingsd"):
            editor.wait()
    finally:
        bare.stop()
