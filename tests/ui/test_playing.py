"""The commands that are heard, against a real JACK server: what they play is recorded, what they say is true."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time

import mido
import numpy as np
import pytest

from presets.export import wav
from presets.sound import Sound
from tests.plugin_bridge.audio.conftest import jack_server
from tests.plugin_bridge.audio.listener import Listener
from ui.cli import run

__all__ = ["jack_server"]

RATE = 48_000


@pytest.fixture
def folder(tmp_path):
    """A folder with two WAVs."""
    takes = tmp_path / "takes"
    takes.mkdir()
    for seed, name in enumerate(("boom", "crack")):
        samples = np.random.default_rng(seed).uniform(-0.3, 0.3, (2, RATE // 4)).astype(np.float32)
        wav.write(takes / f"{name}.wav", Sound(samples, RATE), depth="32f")
    return takes


@pytest.fixture
def ear(jack_server):
    """Hears Onetake under a JACK server of its own."""
    jack_server(512, realtime=True, sync=True)
    one = Listener(2)
    yield one
    one.close()


def test_play_is_heard_and_tells_length_and_loudness(ear, folder, capfd):
    child = subprocess.Popen(
        [sys.executable, "-P", "-m", "ui", "play", str(folder / "boom.wav"), str(folder / "crack.wav")]
    )
    ear.connect("Onetake", "monitor_left", "monitor_right")
    ear.start([])
    assert child.wait(60) == 0
    assert ear.wait().any()
    told = capfd.readouterr().out
    assert "boom.wav  0.250 s  -" in told
    assert "LUFS-M" in told


def test_a_kit_plays_from_keys_and_ends_with_ctrl_c(ear, folder):
    child = subprocess.Popen(
        [sys.executable, "-P", "-m", "ui", "kit", str(folder), "--watch"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    ear.connect("Onetake")
    time.sleep(1.0)  # its sounds are loaded after its ports are there
    heard = ear.heard([(8_000, bytes((0x90, 37, 127)))])
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=30)
    assert child.returncode == 130
    assert "C1 (36)" in out
    assert "crack.wav" in out
    assert "ch 1  note on  C#1 (37)  127" in out
    assert "Ctrl-C ends" in err
    sound = wav.read(folder / "crack.wav").sound.samples
    first = int(np.flatnonzero(heard.any(0))[0])
    assert np.array_equal(heard[:, first : first + sound.shape[1]], sound)


def test_devices_lists_the_server_and_measures_it(ear, capsys):
    assert run(["devices"]) == 0
    assert "JACK" in capsys.readouterr().out
    assert run(["devices", "--measure"]) == 0
    assert "after 0 frames" in capsys.readouterr().out


def test_a_kit_is_saved_bounced_and_its_stems_are_told(folder, tmp_path, capsys):
    assert run(["kit", str(folder), "--save", str(folder / "door.json")]) == 0
    saved = json.loads((folder / "door.json").read_text())
    assert [zone["low"] for zone in saved["zones"]] == [36, 37]
    file = mido.MidiFile()
    track = file.add_track()
    track.append(mido.Message("note_on", note=36, velocity=127))
    track.append(mido.Message("note_on", note=37, velocity=127, time=480))
    file.save(tmp_path / "part.mid")
    stems = tmp_path / "stems"
    words = ["bounce", str(folder / "door.json"), str(tmp_path / "part.mid"), "-o", str(stems), "--by", "takes"]
    assert run([*words, "--bit-depth", "32f"]) == 0
    out = capsys.readouterr().out
    assert sorted(path.name for path in stems.iterdir()) == ["part_boom.wav", "part_crack.wav"]
    assert str(stems / "part_crack.wav") in out
    crack = wav.read(stems / "part_crack.wav").sound
    sound = wav.read(folder / "crack.wav").sound.samples
    assert np.array_equal(crack.samples[:, RATE // 2 : RATE // 2 + sound.shape[1]], sound)
    assert crack.frames == wav.read(stems / "part_boom.wav").sound.frames


@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        (["bounce", "{folder}", "{folder}/nowhere.mid"], 1, "There is no file"),
        (["bounce", "{folder}", "{folder}/boom.wav"], 1, "no MIDI file"),
        (["kit", "{folder}/nothing"], 1, "nothing"),
        (["kit", "{empty}"], 2, "There are no WAVs"),
        (["kit", "{folder}", "{folder}", "--save", "{folder}/two.json"], 2, "A file holds one kit"),
        (["play", "{folder}/boom.wav", "--driver", "jack", "--host-api", "ALSA"], 2, "JACK is asked itself"),
        (["bounce", "{folder}", "{folder}/boom.wav", "--bit-depth", "12"], 2, "--bit-depth"),
    ],
)
def test_mistakes_are_told_in_a_sentence(folder, tmp_path, capsys, words, status, sentence):
    (tmp_path / "empty").mkdir()
    filled = [word.format(folder=folder, empty=tmp_path / "empty") for word in words]
    assert run(filled) == status
    assert sentence in capsys.readouterr().err


def test_several_kits_are_chosen_by_program_change_and_notes_are_passed_on(ear, folder, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    samples = np.random.default_rng(9).uniform(-0.3, 0.3, (2, RATE // 4)).astype(np.float32)
    wav.write(other / "boom.wav", Sound(samples, RATE), depth="32f")
    words = ["kit", str(folder), str(other), "--thru", "listener:thru"]
    thru = ear.client.midi_inports.register("thru")
    child = subprocess.Popen(
        [sys.executable, "-P", "-m", "ui", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    said = [child.stdout.readline() for _ in range(7)]  # its sounds are loaded when it tells of them
    ear.connect("Onetake")
    until = time.monotonic() + 20
    while not thru.connections:
        assert time.monotonic() < until
        time.sleep(0.01)
    want = [wav.read(place / "boom.wav").sound.samples for place in (folder, other)]
    for program, sound in ((1, want[1]), (77, want[1]), (0, want[0])):
        heard = ear.heard([(4_000, bytes((0xC0, program))), (8_000, bytes((0x90, 36, 127)))])
        first = int(np.flatnonzero(heard.any(0))[0])
        assert np.array_equal(heard[:, first : first + sound.shape[1]], sound)
    passed = [port.name for port in thru.connections]
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=30)
    assert child.returncode == 130
    assert passed == ["Onetake:midi_thru"]
    told = "".join(said) + out
    assert "Program 0: takes" in told
    assert "Program 1: other" in told
    assert "Program 1: other" in err


def test_a_device_is_chosen_by_name_and_host_api(jack_server, capsys):
    jack_server(512)
    words = ["--driver", "portaudio", "--output", "system", "--host-api", "JACK Audio Connection Kit"]
    assert run(["devices", *words]) == 0
    rows = capsys.readouterr().out.splitlines()
    assert [row for row in rows if row.startswith("system")] == [rows[1]]
    assert "JACK Audio Connection Kit" in rows[1]
    assert run(["devices", "--tone", *words]) == 0
    assert "on system." in capsys.readouterr().out
    assert run(["devices", "--tone", *words[:-1], "Nobody's"]) == 0
    told = capsys.readouterr()
    assert "'system' is under JACK Audio Connection Kit, not under Nobody's. Choose it there." in told.err
