"""Where an output leads that names no device: the default as it changes, and JACK as it comes and goes."""

from __future__ import annotations

import subprocess
import sys
import threading

import numpy as np
import pytest

from plugin_bridge.audio.following import Following
from plugin_bridge.audio.outputs import Route
from plugin_bridge.audio.protocol import Device, Devices, Monitor, Opened, Output
from plugin_bridge.audio.silent import SilentDriver
from presets.export import wav
from presets.sound import Sound
from tests.plugin_bridge.audio.playing import recorded
from tests.plugin_bridge.audio.test_audio_process import RATE, process

pytest_plugins = ["tests.plugin_bridge.audio.pipewire_fixture"]

__all__ = ["process"]

SOON = 60.0  # seconds; a look is due every five, and the machine may be busy


def device(name, host_api="Core Audio"):
    return Device(name=name, host_api=host_api, outputs=2, inputs=0, rate=RATE, latency=0.0, default=True)


def route(name):
    return Route(SilentDriver(0, 0, list), "portaudio", name)


def test_a_default_that_changed_is_told_once_and_no_other():
    following, here = Following(), route("Speakers")
    told = [following.see(here, device(name)) for name in ("Speakers", "Speakers", "Phones", "Phones", "Speakers")]
    assert told == ["stays", "stays", "elsewhere", "stays", "stays"]
    assert following.see(route("Phones"), device("Phones")) == "stays"  # it was opened again, and is there now
    assert following.see(route("Phones"), device("Speakers")) == "elsewhere"


def test_a_default_that_changed_before_the_first_look_is_seen():
    assert Following().see(route("Speakers"), device("Phones")) == "elsewhere"
    assert Following().see(route("Card (hw:1,0)"), device("Card (hw:2,0)")) == "stays"


def test_a_sound_server_carries_the_stream_along_itself():
    assert Following().see(route("Speakers"), device("Phones", "PipeWire")) == "carried"
    following = Following()
    assert following.see(route("ALSA's"), device("default", "ALSA")) == "stays"
    assert not following.follows(route("ALSA's"), Output())


def test_where_the_default_is_the_daws_alone_nothing_is_followed_until_it_changes():
    following, daws = Following(), route("")
    assert [following.see(daws, device(name)) for name in ("Cable", "Cable", "Speakers")] == [
        "stays",
        "stays",
        "elsewhere",
    ]


@pytest.mark.parametrize(
    ("output", "follows"),
    [
        (Output(), True),
        (Output(driver="portaudio", daw="Cable"), True),
        (Output(device="Speakers"), False),
        (Output(daw="Cable", ears=False), False),
    ],
)
def test_only_an_output_without_a_name_follows(output, follows):
    assert Following().follows(route("Speakers"), output) is follows


def enter(server, monkeypatch):
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)


def opened(player, seconds=SOON, **fields):
    return player.wait(Opened, seconds=seconds, **fields)


def test_another_default_of_the_sound_server_is_played_to_and_told(pipewire, process, monkeypatch, tmp_path):
    server = pipewire()
    enter(server, monkeypatch)
    for name in ("first", "second"):
        server.null_sink(name)
    server.pactl("set-default-sink", "first")
    player = process(driver="portaudio")
    assert player.opened.device == "first"
    hum = np.sin(np.arange(RATE) / 40).astype(np.float32) * 0.3
    wav.write(tmp_path / "hum.wav", Sound(hum[None], RATE), depth="32f")
    player.client.load("hum", tmp_path / "hum.wav")
    server.pactl("set-default-sink", "second")
    assert opened(player, device="second").remark == ""
    player.client.monitor(Monitor())
    strike = threading.Timer(1.0, player.client.audition, ["hum"])
    strike.start()
    assert np.abs(recorded("second.monitor", RATE // 2, server.environment)).max() > 0.01
    strike.join()
    assert player.client.restarts == 0


def test_auto_falls_back_when_jack_dies_and_returns_when_it_is_back(jack_server, pipewire, process, monkeypatch):
    server = pipewire()
    enter(server, monkeypatch)
    server.null_sink("studio")
    server.pactl("set-default-sink", "studio")
    jack = jack_server(256, realtime=True)
    player = process(driver="auto")
    assert player.opened.driver == "jack"
    jack.kill()
    away = opened(player)
    assert (away.driver, away.device) == ("portaudio", "studio")
    jack.start()
    assert opened(player).driver == "jack"


def test_devices_are_told_again_and_again_by_one_process(pipewire, process, monkeypatch):
    server = pipewire()
    enter(server, monkeypatch)
    player = process(driver="none")
    player.client.devices()
    names = {one.name for one in player.wait(Devices, seconds=SOON).devices}
    assert "Onetake" in names  # one that is made when it is chosen
    server.null_sink("later")
    player.client.devices()
    assert "later" in {one.name for one in player.wait(Devices, seconds=SOON).devices}


def test_a_machine_without_jack_plays_all_the_same(tmp_path):
    """JACK-Client cannot be imported where there is no libjack; most machines have none."""
    code = (
        "import ctypes.util, sys; ctypes.util.find_library = lambda name: None; sys.modules.pop('jack', None);"
        "import plugin_bridge.audio.server; from plugin_bridge.audio.jack import JackDriver, listeners;"
        "from plugin_bridge.audio.errors import NoDevice; from plugin_bridge.audio.devices import jack_runs;"
        "from plugin_bridge.audio.outputs import open_route; from plugin_bridge.audio.protocol import Output;"
        "assert not jack_runs() and listeners() == ();"
        "print(open_route(Output(driver='jack'), list).remark)"
    )
    told = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    assert "JACK is not installed here. Start JACK" in told.stdout
