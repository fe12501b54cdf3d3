"""Devices: listed, chosen by name, told apart; errors in sentences. Real servers, and lists of other systems."""

from __future__ import annotations

import json
import subprocess
import sys
from types import SimpleNamespace

import pytest

from plugin_bridge.audio import pa, soundserver
from plugin_bridge.audio.devices import Way, advice, choose, identity, ways
from plugin_bridge.audio.errors import NoDevice
from plugin_bridge.audio.protocol import Device

pytest_plugins = ["tests.plugin_bridge.audio.pipewire_fixture"]

WINDOWS = (
    ("MME", "Microsoft Sound Mapper - Output", 2, 44_100),
    ("MME", "Speakers (Realtek(R) Audio)", 2, 44_100),
    ("MME", "CABLE Input (VB-Audio Virtual C", 2, 44_100),
    ("Windows DirectSound", "Primary Sound Driver", 2, 44_100),
    ("Windows DirectSound", "CABLE Input (VB-Audio Virtual Cable)", 2, 44_100),
    ("ASIO", "Focusrite USB ASIO", 18, 48_000),
    ("Windows WASAPI", "CABLE Input (VB-Audio Virtual Cable)", 2, 48_000),
    ("Windows WASAPI", "Speakers (Realtek(R) Audio)", 2, 48_000),
    ("Windows WASAPI", "Speakers (USB)", 2, 48_000),
    ("Windows WASAPI", "Speakers (USB)", 2, 48_000),
    ("Windows WASAPI", "Microphone (Realtek(R) Audio)", 0, 48_000),
)
DEFAULTS = {"MME": 1, "Windows DirectSound": 3, "ASIO": 5, "Windows WASAPI": 7}
MAC = (
    ("Core Audio", "MacBook Pro Speakers", 2, 48_000),
    ("Core Audio", "BlackHole 16ch", 16, 48_000),
)
CARDS = (
    ("ALSA", "HDA Intel PCH: ALC257 Analog (hw:0,0)", 2, 44_100),
    ("ALSA", "USB Audio: - (hw:1,0)", 4, 44_100),
)


class FakeError(Exception):
    """As sounddevice.PortAudioError."""


def fake_library(rows, defaults) -> SimpleNamespace:
    """What a sounddevice module tells on such a machine."""
    apis = list(dict.fromkeys(row[0] for row in rows))
    listed = [
        {
            "name": name,
            "hostapi": apis.index(api),
            "max_output_channels": outputs,
            "max_input_channels": 2,
            "default_samplerate": float(rate),
            "default_low_output_latency": 0.01,
        }
        for api, name, outputs, rate in rows
    ]
    told = [{"name": api, "default_output_device": defaults.get(api, -1)} for api in apis]
    return SimpleNamespace(query_devices=lambda: listed, query_hostapis=lambda: told, PortAudioError=FakeError)


@pytest.fixture
def machine(monkeypatch):
    """Sets up what the machine has."""

    def has(rows, defaults):
        monkeypatch.setitem(sys.modules, "sounddevice", fake_library(rows, defaults))
        monkeypatch.setattr(soundserver, "look", lambda: None)
        return ways()

    return has


def test_lists_are_by_latency_and_tell_what_is_virtual(machine):
    there = machine(WINDOWS, DEFAULTS)
    assert [way.device.host_api for way in there] == [
        "ASIO", *["Windows WASAPI"] * 4, *["Windows DirectSound"] * 2, *["MME"] * 3,
    ]  # fmt: skip
    assert {way.index for way in there if way.device.virtual} == {2, 4, 6}
    assert all(way.device.remark for way in there)
    assert [way.device.name for way in there if "USB)" in way.device.name] == [
        "Speakers (USB)",
        "Speakers (USB) (2)",
    ]
    assert advice(there) == ""


def test_the_default_is_never_the_slowest_nor_one_that_shuts_others_out(machine):
    machine(WINDOWS, DEFAULTS)
    assert choose().index == 7
    assert choose(host_api="MME").index == 1
    assert choose(host_api="ASIO").index == 5
    with pytest.raises(NoDevice, match="no output of JACK"):
        choose(host_api="JACK")


@pytest.mark.parametrize(
    ("name", "host_api", "index"),
    [
        ("CABLE Input (VB-Audio Virtual Cable)", "", 6),
        ("CABLE Input (VB-Audio Virtual Cable)", "Windows DirectSound", 4),
        ("cable input", "", 6),
        ("CABLE", "MME", 2),
        ("Focus", "", 5),
        ("Speakers (USB) (2)", "", 9),
        ("Speakers (R", "", 7),
    ],
)
def test_a_name_or_its_beginning_is_enough(machine, name, host_api, index):
    machine(WINDOWS, DEFAULTS)
    assert choose(name, host_api).index == index


@pytest.mark.parametrize(
    ("name", "host_api", "sentence"),
    [
        ("Speakers", "", "could be 'Speakers \\(Realtek"),
        ("Realtek", "", "no output 'Realtek'"),
        ("Virtual Cable", "", "no output 'Virtual Cable'"),
        ("Microphone (Realtek(R) Audio)", "", "no output"),
        ("Focusrite USB ASIO", "MME", "is under ASIO, not under MME"),
    ],
)
def test_a_wrong_device_is_never_chosen(machine, name, host_api, sentence):
    machine(WINDOWS, DEFAULTS)
    with pytest.raises(NoDevice, match=sentence):
        choose(name, host_api)


def test_a_mac(machine):
    there = machine(MAC, {"Core Audio": 0})
    assert choose().device.name == "MacBook Pro Speakers"
    assert choose("BlackHole").device.outputs == 16
    assert advice(there) == ""
    assert "BlackHole" in choose("BlackHole").device.name


def test_a_card_is_known_again_in_another_place(machine):
    machine(CARDS, {"ALSA": 0})
    assert choose("USB Audio: - (hw:3,0)").index == 1
    assert choose("USB Audio: - (hw:3,0)").key == ("USB Audio: -", "ALSA")
    assert identity("BlackHole 2ch") == "BlackHole 2ch"
    with pytest.raises(NoDevice, match="ALC257"):
        choose("Other Audio: - (hw:1,0)")


def test_nothing_at_all(machine):
    assert machine((), {}) == ()
    with pytest.raises(NoDevice, match=r"There is no output\. Plug one in"):
        choose()
    assert "." in advice(())


@pytest.mark.parametrize("code", pa.SENTENCES)
def test_every_error_says_what_to_do(code):
    with pytest.raises(NoDevice) as raised, pa.told("Speakers", SimpleNamespace(PortAudioError=FakeError)):
        raise FakeError("Error opening OutputStream", code, (0, 1, "host says no"))
    assert "Speakers" in str(raised.value)
    assert str(raised.value).count(".") >= 2
    assert ("host says no" in str(raised.value)) == (code == -9999)


def test_errors_that_nobody_foresaw():
    library = SimpleNamespace(PortAudioError=FakeError)
    with pytest.raises(NoDevice, match=r"Speakers cannot be opened \(strange\)"), pa.told("Speakers", library):
        raise FakeError("strange", -1)
    with pytest.raises(NoDevice, match="Speakers cannot be opened: odd"), pa.told("Speakers", library):
        raise ValueError("odd")


def test_the_library_on_windows_is_the_one_with_asio(machine, monkeypatch):
    machine(WINDOWS, DEFAULTS)
    monkeypatch.delenv("SD_ENABLE_ASIO", raising=False)
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(pa.os, "environ", environment := {})
    pa.load()
    assert environment == {"SD_ENABLE_ASIO": "1"}


def test_without_portaudio_it_gives_the_line_to_install(monkeypatch, tmp_path):
    (tmp_path / "sounddevice.py").write_text("raise OSError('PortAudio library not found')\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    with pytest.raises(NoDevice, match="sudo apt-get install -y libportaudio2"):
        ways()


def told_by(code: str, environment: dict[str, str] | None = None):
    """What a process of its own answers: code prints JSON; nothing may come on stderr."""
    begin = "import json; from plugin_bridge.audio import devices, pa\n"
    done = subprocess.run(
        [sys.executable, "-c", begin + code],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


LIST = "print(json.dumps([(w.device.name, w.device.host_api, w.device.default) for w in devices.ways()]))"


def test_outputs_of_the_sound_server_are_listed(pipewire):
    server = pipewire()
    for name in ("cable", "other"):
        server.null_sink(name)
    server.null_sink("mic", media_class="Audio/Source/Virtual")
    server.pactl("set-default-sink", "other")
    rows = told_by(LIST, server.environment)
    assert sorted(rows[-2:]) == [["cable", "PipeWire", False], ["other", "PipeWire", True]]
    assert {row[0] for row in rows[:-2]} >= {"pipewire", "pulse", "default"}
    assert not any(row[2] for row in rows[:-2])


def test_inputs_are_no_outputs_under_pipewires_jack_either(pipewire):
    server = pipewire()
    server.null_sink("cable")
    server.null_sink("mic", media_class="Audio/Source/Virtual")
    library = "/usr/lib/x86_64-linux-gnu/pipewire-0.3/jack"
    rows = told_by(LIST, server.environment | {"LD_LIBRARY_PATH": library})
    assert "cable" in {name for name, api, _ in rows if api.startswith("JACK")}
    assert "mic" not in {name for name, *_ in rows}


def test_whether_jack_runs(jack_server, monkeypatch):
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "onetake-nobody")
    monkeypatch.setenv("JACK_NO_START_SERVER", "1")
    assert told_by("print(json.dumps(devices.jack_runs()))") is False
    jack_server(period=256)
    assert told_by("print(json.dumps(devices.jack_runs()))") is True


def test_a_refresh_sees_what_came_and_never_ends_a_stream(jack_server, monkeypatch):
    server = jack_server(period=256)
    server.stop()
    code = """
import sys
def names(): return [w.device.name for w in devices.ways(refresh=True) if w.device.host_api.startswith("JACK")]
def say(what): print(json.dumps(what), flush=True); return sys.stdin.readline()
say(names())
way = devices.choose("system", "JACK Audio Connection Kit", devices.ways(refresh=True))
stream = pa.open_output("system", way.index, {}, lambda *_: None, lambda: None, channels=2)
refused = pa.refresh()
alive = not stream.closed
pa.close(stream)
say([names(), refused, alive, pa.refresh()])
"""
    begin = "import json; from plugin_bridge.audio import devices, pa\n"
    command = [sys.executable, "-c", begin + code]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdin
        assert child.stdout
        assert json.loads(child.stdout.readline()) == []
        server.start()
        child.stdin.write("\n")
        child.stdin.flush()
        assert json.loads(child.stdout.readline()) == [["system"], False, True, True]
        child.stdin.close()
        assert child.wait(20) == 0


def test_a_way_is_known_by_name_and_host_api():
    device = Device(name="USB (hw:2,0)", host_api="ALSA", outputs=2, inputs=0, rate=48_000, latency=0.01)
    assert Way(device, 3).key == Way(device, 4, {"A": "b"}).key == ("USB", "ALSA")
