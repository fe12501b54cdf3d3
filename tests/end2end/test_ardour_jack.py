"""A real DAW records us under JACK: the sounds bit for bit, the notes that are passed on note for note."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

import mido
import numpy as np
import pytest
import soundfile

from presets.export import wav
from tests.plugin_bridge.audio.conftest import jack_server
from tests.plugin_bridge.audio.test_audio_process import NOTE_OFF, NOTE_ON, listener, process, ready, sounds

__all__ = ["jack_server", "listener", "process", "sounds"]

SCRIPT = Path(__file__).with_name("ardour_record_jack.lua")
INSTALL = "apt-get install -y --no-install-recommends ardour"


def test_ardour_records_sounds_and_notes(jack_server, process, listener, sounds, tmp_path):
    if not shutil.which("ardour7-lua"):
        pytest.fail(f"This test needs Ardour. Install it: {INSTALL}")
    jack_server(512, realtime=True, sync=True)
    player = process()
    ready(player, sounds)
    player.client.midi_ports(thru="jack")
    keys = listener(3)
    keys.connect("Onetake")
    frames = [4_000, 30_000, 61_111, 80_000]
    for attempt in range(5):  # where JACK was late, Ardour parts its recording
        late = keys.xruns
        session = tmp_path / f"session{attempt}"
        said = recording(session, keys, frames, tmp_path)
        if "regions 1 1" in said and keys.xruns == late:
            break
    assert "regions 1 1" in said, said
    takes = sorted((session / "interchange").rglob("*.wav"))
    heard = np.stack([soundfile.read(side, dtype="float32")[0] for side in takes])
    onsets = _onsets(heard)
    assert len(onsets) == len(frames)
    assert np.array_equal(np.diff(onsets), np.diff(frames))
    sound = wav.read(sounds["a"]).sound.samples
    for onset in onsets:
        assert np.array_equal(heard[:, onset : onset + sound.shape[1]], sound)
    (notes,) = (session / "interchange").rglob("*.mid")
    recorded = [message for message in mido.MidiFile(notes) if message.type == "note_on" and message.velocity]
    assert [(message.note, message.velocity) for message in recorded] == [(36, 127)] * len(frames)


def recording(session, keys, frames, folder):
    """Let Ardour record while notes are played at these frames; what it says."""
    go = folder / f"{session.name}.go"
    words = {"SESSION": str(session), "SECONDS": "2.5", "GO": str(go), "HOME": str(folder)}
    words |= {"LEFT": "Onetake:out_1", "RIGHT": "Onetake:out_2", "MIDI": "Onetake:midi_thru"}
    daw = subprocess.Popen(
        ["timeout", "-k", "5", "90", "ardour7-lua", str(SCRIPT)],
        env=os.environ | words,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    until = time.monotonic() + 60
    while not go.exists() and daw.poll() is None:
        assert time.monotonic() < until
        time.sleep(0.02)
    strikes = [(at, bytes((NOTE_ON, 36, 127))) for at in frames]
    keys.start(strikes + [(at + 100, bytes((NOTE_OFF, 36, 64))) for at in frames])
    return daw.communicate()[0]


def _onsets(heard):
    """Frames where sound begins after at least 1,000 frames of silence."""
    sounding = np.flatnonzero(heard.any(0))
    return sounding[np.diff(sounding, prepend=-10_000) > 1_000]
