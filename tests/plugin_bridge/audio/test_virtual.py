"""Virtual devices: known by their whole names, made and adopted in a real PipeWire."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from plugin_bridge.audio import soundserver, virtual
from plugin_bridge.audio.errors import NoDevice
from plugin_bridge.audio.virtual import VirtualDevice, is_virtual, tidy

pytest_plugins = ["tests.plugin_bridge.audio.pipewire_fixture"]


@pytest.fixture
def server(pipewire, monkeypatch):
    """A PipeWire that this process is a client of."""
    one = pipewire()
    for name, value in one.environment.items():
        monkeypatch.setenv(name, value)
    return one


@pytest.mark.parametrize(
    ("name", "host_api"),
    [
        ("BlackHole 2ch", "Core Audio"),
        ("BlackHole 16ch", "Core Audio"),
        ("Loopback Audio", "Core Audio"),
        ("Loopback Audio 2", "Core Audio"),
        ("CABLE Input (VB-Audio Virtual Cable)", "Windows WASAPI"),
        ("CABLE Input (2- VB-Audio Virtual Cable)", "Windows WASAPI"),
        ("CABLE In 16ch (VB-Audio Virtual Cable)", "Windows WASAPI"),
        ("CABLE-A Input (VB-Audio Cable A)", "Windows DirectSound"),
        ("CABLE-A Input (VB-Audio Virtual Cable A)", "Windows DirectSound"),
        ("CABLE Input (VB-Audio Virtual C", "MME"),
        ("VoiceMeeter Aux Input (VB-Audio", "MME"),
        ("VoiceMeeter Input (VB-Audio VoiceMeeter VAIO)", "Windows WASAPI"),
        ("Voicemeeter AUX Input (VB-Audio Voicemeeter VAIO)", "Windows WASAPI"),
        ("VoiceMeeter Aux Input (VB-Audio VoiceMeeter AUX VAIO)", "Windows WASAPI"),
        ("VoiceMeeter VAIO3 Input (VB-Audio VoiceMeeter VAIO3)", "Windows WASAPI"),
        ("Voicemeeter In 3 (VB-Audio Voicemeeter VAIO)", "Windows WASAPI"),
    ],
)
def test_virtual_devices_are_known(name, host_api):
    assert is_virtual(name, host_api)


@pytest.mark.parametrize(
    "name",
    [
        "BlackHole",
        "My BlackHole 2ch Headphones",
        "Loopback 1 (Focusrite USB Audio)",
        "CABLE Output (VB-Audio Virtual Cable)",
        "CABLE Input (VB-Audio Virtual C",  # cut off, but not by MME
        "Speakers (Realtek(R) Audio)",
        "Voicemeeter Out B1 (VB-Audio Voicemeeter VAIO)",
        "USB CABLE",
        "",
    ],
)
def test_other_devices_are_not(name):
    assert not is_virtual(name, "Windows WASAPI")


@pytest.mark.parametrize("system", ["darwin", "win32", "linux"])
def test_advice_names_what_to_get(monkeypatch, system):
    monkeypatch.setattr(sys, "platform", system)
    assert {"darwin": "BlackHole", "win32": "VB-Cable", "linux": "apt-get install"}[system] in virtual.advice()


def test_it_is_made_and_taken_away(server):
    device = VirtualDevice()
    assert (device.name, device.source, device.pairs) == ("Onetake", "Onetake output", 1)
    seen = soundserver.look()
    assert seen is not None
    assert (seen.kind, seen.rate) == ("PipeWire", 48_000)
    (sink,) = seen.sinks
    assert (sink.name, sink.description, sink.channels, sink.rate) == ("onetake", "Onetake", 2, 48_000)
    assert sink.virtual
    assert seen.sources == {"onetake_output", "Onetake output"}
    assert device.there()
    device.close()
    device.close()
    assert not device.there()
    assert server.sources() == ["auto_null.monitor"]


def test_a_second_onetake_has_its_own(server):
    first, second = VirtualDevice(), VirtualDevice(pairs=16, rate=44_100)
    assert (second.name, second.source) == ("Onetake 2", "Onetake 2 output")
    seen = soundserver.look()
    assert seen is not None
    sink = seen.sink("onetake_2")
    assert sink is not None
    assert (sink.channels, sink.rate) == (32, 44_100)
    third, fourth = VirtualDevice(), VirtualDevice()
    with pytest.raises(NoDevice, match="Close one of them first"):
        VirtualDevice()
    tidy()
    assert len(server.sinks()) == 4  # nothing that a living process owns is taken away
    for device in (first, second, third, fourth):
        device.close()
    assert server.sinks() == ["auto_null"]


def left_behind(pairs: int = 1) -> list[int]:
    """The modules of a process that made a device and died."""
    code = (
        "import os, json; from plugin_bridge.audio.virtual import VirtualDevice; "
        f"print(json.dumps(VirtualDevice({pairs})._modules), flush=True); os._exit(1)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    return json.loads(done.stdout)


def test_what_a_dead_process_left_is_adopted(server):
    modules = left_behind()
    device = VirtualDevice()
    assert list(device._modules) == modules  # so a DAW that records from it stays connected
    device.close()
    assert server.sinks() == ["auto_null"]


def test_what_does_not_fit_is_made_anew(server):
    left_behind(pairs=2)
    device = VirtualDevice()
    seen = soundserver.look()
    assert seen is not None
    assert [(sink.name, sink.channels) for sink in seen.sinks] == [("onetake", 2)]
    device.close()


def test_what_dead_processes_left_is_tidied_up(server):
    left_behind()
    server.null_sink("somebody_elses")
    tidy()
    assert server.sinks() == ["somebody_elses"]


def test_half_a_device_is_not_left(server, monkeypatch):
    loaded = soundserver.load
    monkeypatch.setattr(soundserver, "load", lambda m, **a: loaded(m, **a) if m == "module-null-sink" else None)
    with pytest.raises(NoDevice, match="refused"):
        VirtualDevice()
    assert server.sinks() == ["auto_null"]


def test_names_that_are_not_ascii(server):
    description = "Gerät „Öl“ 音"
    index = soundserver.load(
        "module-null-sink",
        **{"media.class": "Audio/Sink", "sink_name": "other"},
        sink_properties=soundserver.quoted(device_description=description),
    )
    seen = soundserver.look()
    assert seen is not None
    assert [sink.description for sink in seen.sinks] == [description]
    assert [sink.module for sink in seen.sinks] == [index]


def test_without_a_server_it_says_what_to_install(monkeypatch, tmp_path):
    for name in ("XDG_RUNTIME_DIR", "HOME", "PULSE_RUNTIME_PATH"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.delenv("PULSE_SERVER", raising=False)
    assert soundserver.look() is None
    assert not soundserver.has_sink("onetake")
    with pytest.raises(NoDevice, match="apt-get install"):
        VirtualDevice()


def test_a_server_that_hangs_is_given_up(monkeypatch, tmp_path: Path):
    (tmp_path / "pactl").write_text("#!/bin/sh\nexec sleep 60\n")
    (tmp_path / "pactl").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr(soundserver, "PATIENCE", 0.05)
    assert soundserver.look() is None
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    assert soundserver.look() is None
    monkeypatch.setattr(sys, "platform", "darwin")
    assert soundserver.look() is None
