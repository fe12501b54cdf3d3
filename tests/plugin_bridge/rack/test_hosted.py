"""A plug-in in its process: whatever happens there, the parent gets a sentence and keeps the settings."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from plugin_bridge.rack.errors import PluginDied, PluginHung, RackError
from plugin_bridge.rack.hosted import SLOW_LOAD_SECONDS, HostedPlugin
from tests.plugin_bridge.rack.hosting import PATIENCE, bundle, children, noise, running, until
from tests.plugin_bridge.rack.odd_plugins import TURN_AND_LOOP, deed, odd_plugin

RATE = 48_000


def in_the_background(call, *args):
    """Start a call on a thread; what waits for it and gives what it returned or raised."""
    outcome = []

    def run():
        try:
            outcome.append(call(*args))
        except RackError as error:
            outcome.append(error)

    thread = threading.Thread(target=run)
    thread.start()

    def result(patience=PATIENCE):
        thread.join(patience)
        assert outcome, "the call never came back"
        return outcome[0]

    result.under_way = thread.is_alive
    return result


def test_nothing_of_a_plug_in_is_loaded_on_this_side():
    code = "import sys, plugin_bridge.rack.hosted, plugin_bridge.rack.editor; print('pedalboard' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-P", "-c", code], text=True).strip() == "False"


def test_it_says_who_it_is(hosted):
    about = hosted("ZamGateX2").about
    assert (about.name, about.maker, about.version) == ("ZamGateX2", "Damien Zammit", "4.1.0")
    assert about.channels == (2,)
    assert about.latency == 0


def test_killed_in_the_middle_of_a_sound_it_is_told_and_comes_back_as_it_was(hosted):
    plugin = hosted("Odd")
    plugin.set("gain", 0.25)
    plugin.set("deed", deed("loop"))  # so that the kill surely falls into a sound
    state, folder = plugin.last_state, plugin._child.folder
    result = in_the_background(plugin.process, noise(2, 48_000), RATE)
    until((folder / "sound").exists, "the sound is on its way")
    os.kill(plugin.pid, signal.SIGKILL)
    error = result()
    assert isinstance(error, PluginDied)
    assert "Odd ended itself (Killed)" in str(error)
    assert not plugin.alive
    assert not folder.exists()
    assert plugin.last_state == state
    with pytest.raises(PluginDied):
        plugin.parameters()
    plugin.reload()
    assert plugin.state() == state
    plugin.set("deed", 0.0)
    sound = noise(2, 1_000)
    assert np.array_equal(plugin.process(sound, RATE), sound * np.float32(0.25))


@pytest.mark.parametrize("crime", ["crash", "abort", "exit"])
def test_a_plug_in_that_ends_its_process_in_a_sound_ends_nothing_else(hosted, crime):
    plugin, other = hosted("Odd"), hosted("Odd")
    plugin.set("deed", deed(crime))
    with pytest.raises(PluginDied, match="ended itself"):
        plugin.process(noise(2, 1_000), RATE)
    assert other.process(noise(2, 1_000), RATE).shape == (2, 1_000)
    plugin.reload()
    assert plugin.parameters()[1].text == crime


def test_a_loop_in_a_sound_is_ended_after_its_time(hosted):
    plugin = hosted("Odd")
    plugin.set("deed", deed("loop"))
    plugin.answer_seconds = 0.5
    pid = plugin.pid
    with pytest.raises(PluginHung, match="did not answer within"):
        plugin.process(noise(2, 480), RATE)
    assert not running(pid)
    assert plugin.last_state


def test_a_loop_that_never_lets_the_interpreter_go_is_ended_too(hosted):
    plugin = hosted("Odd")
    plugin.set("gain", 0.5)
    plugin.answer_seconds = 0.5
    with pytest.raises(PluginHung):
        plugin.set("trap", TURN_AND_LOOP)
    plugin.answer_seconds = PATIENCE
    plugin.reload()
    assert [p.value for p in plugin.parameters()[:3]] == [0.5, 0.0, 0.0]


def test_a_stopped_process_counts_as_hung(hosted):
    plugin = hosted("ZamGateX2")
    os.kill(plugin.pid, signal.SIGSTOP)
    plugin.answer_seconds = 0.5
    with pytest.raises(PluginHung):
        plugin.parameters()
    assert not plugin.alive


def test_a_plug_in_that_never_finishes_loading_leaves_nothing_behind():
    before = children()
    with pytest.raises(PluginHung, match=r"ZamGateX2 did not finish loading within 0 s"):
        HostedPlugin(bundle("ZamGateX2"), patience=0.01)
    assert children() == before


def test_a_plug_in_that_dies_while_it_is_loaded_is_told(tmp_path):
    whole = bundle("ZamGateX2") / "Contents" / "x86_64-linux" / "ZamGateX2.so"
    cut = tmp_path / "Cut.vst3" / "Contents" / "x86_64-linux" / "Cut.so"
    cut.parent.mkdir(parents=True)
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    before = children()
    with pytest.raises(RackError):  # the loader ends the process, or refuses it, as the cut falls
        HostedPlugin(tmp_path / "Cut.vst3", patience=PATIENCE)
    assert children() == before


def test_what_it_prints_is_kept_short_and_not_shown(hosted, capfd):
    plugin = hosted("Odd")
    plugin.set("deed", deed("print"))
    plugin.process(noise(2, 1_000), RATE)
    until(lambda: "one more line 19999" in plugin.said, "all that it printed came")
    assert len(plugin.said) < 10_000
    plugin.kill()
    with pytest.raises(PluginDied) as told:
        plugin.parameters()
    assert "one more line 19999" in told.value.said
    assert capfd.readouterr() == ("", "")


def test_a_state_of_mebibytes_comes_through_whole(hosted):
    plugin, other = hosted("Odd"), hosted("Odd")
    plugin.set("gain", 0.5)
    plugin.set("mebibytes", 1.0)
    plugin.set("gain", 0.75)  # told by its knob alone: the state is too long to come each time
    state = plugin.state()
    assert len(state) > 4 * 2**20
    other.restore(state)
    assert other.state() == state
    assert other.last_state == state
    plugin.set("gain", 0.125)
    os.kill(plugin.pid, signal.SIGKILL)
    until(lambda: not plugin.alive, "it is dead")
    plugin.reload()
    assert plugin.parameters()[0].value == pytest.approx(0.125)
    assert not [p for p in plugin._child.folder.iterdir() if p.name.startswith("state")]


def test_several_threads_may_ask(hosted):
    plugin = hosted("Odd")
    sound = noise(2, 4_800)
    results = [in_the_background(plugin.process, sound * np.float32(k), RATE) for k in (0.1, 0.2, 0.4)]
    for k, result in zip((0.1, 0.2, 0.4), results, strict=True):
        assert np.array_equal(result(), sound * np.float32(k))


def test_closing_cancels_what_is_under_way(hosted):
    plugin = hosted("Odd")
    plugin.set("deed", deed("loop"))
    folder = plugin._child.folder
    result = in_the_background(plugin.process, noise(2, 4_800), RATE)
    until((folder / "sound").exists, "the sound is on its way")
    plugin.close()
    error = result()
    assert isinstance(error, PluginDied)
    assert "was closed" in str(error)
    plugin.close()
    assert not folder.exists()


_ORPHAN = """
import sys, time
from pathlib import Path
import numpy as np
from plugin_bridge.rack.hosted import HostedPlugin
plugin = HostedPlugin(Path(sys.argv[1]), patience=60)
plugin.answer_seconds = float(sys.argv[3])
print(plugin.pid, plugin._child.folder, flush=True)
if sys.argv[2] == "idle":
    sys.stdin.read()
elif sys.argv[2] == "sound":
    plugin.set("deed", float(sys.argv[4]))
    print("soon", flush=True)
    plugin.process(np.ones((2, 480), np.float32), 48000)
else:
    print("soon", flush=True)
    plugin.set("trap", 1.0)
"""


@pytest.mark.parametrize("doing", ["idle", "sound", "knob"])
def test_it_ends_with_its_parent_even_in_an_endless_loop(doing):
    """Asked for its state (after a knob) it never lets the interpreter go: there the kernel's timer ends it."""
    command = [sys.executable, "-P", "-c", _ORPHAN, str(odd_plugin()), doing, "1", str(deed("loop"))]
    if doing == "sound":
        command[6] = "600"
    parent = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with parent:
        pid, folder = parent.stdout.readline().split()
        if doing != "idle":
            parent.stdout.readline()
            until(lambda: _busy(int(pid)), "it loops")
        parent.kill()
    until(lambda: not running(int(pid)), "the child has ended")
    if doing == "knob":  # the timer leaves no time for that
        shutil.rmtree(folder)
    until(lambda: not Path(folder).exists(), "its folder is gone")


def _busy(pid):
    """Whether a process has used a fifth of a second more: it loops."""
    seen = _ticks(pid)
    time.sleep(0.05)
    _spent[pid] = _spent.get(pid, 0) + _ticks(pid) - seen
    return _spent[pid] > 15


_spent: dict[int, int] = {}


def _ticks(pid):
    return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[11])


@pytest.mark.long
def test_a_slow_loader_blocks_nobody(hosted):
    """ZamVerb takes 46 s of computing before it can be used."""
    slow = in_the_background(HostedPlugin, bundle("ZamVerb"), "", SLOW_LOAD_SECONDS * 3)
    for _ in range(5):
        plugin = hosted("ZamGateX2")
        assert plugin.process(noise(2, 48_000), RATE).shape == (2, 48_000)
        assert slow.under_way()
    with slow(SLOW_LOAD_SECONDS * 3) as verb:
        sound = noise(2, 24_000)
        assert np.array_equal(verb.process(sound, RATE), verb.process(sound, RATE))


@pytest.mark.long
def test_two_hundred_lives_leave_nothing_behind(hosted):
    before = children()
    plugin = hosted("Odd")
    for turn in range(200):
        os.kill(plugin.pid, signal.SIGKILL)
        with pytest.raises(PluginDied):
            plugin.process(noise(2, 480), RATE)
        plugin.reload()
        plugin.set("gain", turn / 200)
    plugin.close()
    assert children() == before
