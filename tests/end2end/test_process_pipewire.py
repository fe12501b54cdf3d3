"""The whole audio process into the virtual device that it makes itself: exact, and gone when the process is."""

from __future__ import annotations

import os
import threading
import time

import numpy as np

from plugin_bridge.audio.protocol import Monitor, Opened
from presets.export import wav
from presets.schema import Kit, Zone
from presets.sound import Sound
from tests.plugin_bridge.audio.playing import recorded
from tests.plugin_bridge.audio.test_audio_process import NOTE_ON, RATE, process, ready

pytest_plugins = ["tests.plugin_bridge.audio.pipewire_fixture"]

__all__ = ["process"]


def struck(player, source, server):
    """(2, frames) of what the input hears of a note, after what played before has ended."""
    time.sleep(1.5)
    strike = threading.Timer(1.0, player.client.midi, [bytes((NOTE_ON, 60, 127))])
    strike.start()
    heard = recorded(source, RATE - 4_000, server.environment).T
    strike.join()
    return heard


def is_exact(heard, samples):
    first = int(np.flatnonzero(heard.any(0))[0])
    count = min(heard.shape[1] - first, RATE - 4_000)
    return np.array_equal(heard[:, first : first + count], samples[:, :count])


def test_notes_reach_the_virtual_device_bit_for_bit(pipewire, process, tmp_path, monkeypatch):
    server = pipewire()
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    for name in set(os.environ) - set(server.environment):
        monkeypatch.delenv(name)
    samples = np.random.default_rng(0).uniform(0.1, 0.4, (2, RATE)).astype(np.float32)
    path = tmp_path / "a.wav"
    wav.write(path, Sound(samples, RATE), depth="32f")
    player = process(driver="portaudio", daw="Onetake", ears=False)
    assert (player.opened.driver, player.opened.daw, player.opened.remark) == ("portaudio", "Onetake output", "")
    kit = Kit(name="k", zones=(Zone(take="a", low=60, high=60, root=60),))
    ready(player, {"a": path}, kit, hear="daw")
    (source,) = [name for name in server.sources() if name.endswith("onetake_output")]
    assert any(is_exact(struck(player, source, server), samples) for _ in range(5))  # a busy machine loses blocks
    player.client.monitor(Monitor(hear="here"))
    player.client.close()
    until = time.monotonic() + 10
    while any("onetake" in name for name in server.sinks() + server.sources()):
        assert time.monotonic() < until
        time.sleep(0.05)


def test_a_server_that_goes_and_comes_back_is_returned_to(pipewire, process, monkeypatch):
    server = pipewire()
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    index = server.null_sink("studio")
    player = process(driver="portaudio", device="studio")
    assert (player.opened.device, player.opened.remark) == ("studio", "")
    server.pactl("unload-module", index)
    away = player.wait(Opened, seconds=30)
    assert away.remark
    server.null_sink("studio")
    back = player.wait(Opened, seconds=40)
    assert (back.device, back.remark) == ("studio", "")
