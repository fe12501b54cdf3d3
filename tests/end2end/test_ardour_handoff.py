"""A real DAW reads a hand-off where it lies: updated and opened again, its session plays the refined sound.

Ardour's session is made by Ardour; only which file its region reads is written into it here, because embedding has
no command without a screen. What it plays it records itself, over JACK, so that it is heard through its own mixer.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine.local import Ask, plan
from presets import handoff
from presets.export import version as versions
from presets.export import wav
from presets.handoff import Given
from presets.schema import with_steps
from tests.plugin_bridge.audio.conftest import jack_server

__all__ = ["jack_server"]

EMBED = Path(__file__).with_name("ardour_embed.lua")
PRINT = Path(__file__).with_name("ardour_print.lua")
INSTALL = "apt-get install -y --no-install-recommends ardour"
BEGIN = 12_000  # frame in the timeline; at its own begin, Ardour fades the transport in
SUPERCLOCK = 5880  # Ardour's ticks in a frame of 48 kHz


@pytest.fixture
def ardour(jack_server, tmp_path):
    """Runs a script of ours in Ardour until it says the words; a busy machine may take several tries."""
    if not shutil.which("ardour7-lua"):
        pytest.fail(f"This test needs Ardour. Install it: {INSTALL}")
    jack_server(512, realtime=True, sync=True)

    def run(script, expected, session, seconds):
        words = {"SESSION": str(session), "SECONDS": str(seconds), "HOME": str(tmp_path)}
        return subprocess.run(
            ["timeout", "-k", "5", "120", "ardour7-lua", str(script)],
            env=os.environ | words,
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        ).stdout

    def until(script, expected, session, seconds, again=lambda: None):
        for _ in range(4):
            again()
            said = run(script, expected, session, seconds)
            if expected in said:
                return said
        pytest.fail(f"Ardour said:\n{said}")

    return until


def embedded(session, path):
    """Let the region of the session's track "film" read this file, from first frame to last, without fades."""
    file = session / "take.ardour"
    text = file.read_text(encoding="utf-8")
    assert text.count("<Source ") == 1
    text = re.sub(r'(<Source name=)"[^"]*"', rf'\1"{path}"', text)
    text = re.sub(r'captured-for="film" ', "", text)
    length = f"a{soundfile.info(path).frames * SUPERCLOCK}"
    regions, playlists = text.split("<Playlists", 1)
    regions = re.sub(r'( length=)"a\d+@a\d+"', rf'\1"{length}@a0"', regions)
    playlists = re.sub(r'( length=)"a\d+@a\d+"', rf'\1"{length}@a{BEGIN * SUPERCLOCK}"', playlists, count=1)
    text = f"{regions}<Playlists{playlists}"
    text = text.replace('fade-in-active="1" fade-out-active="1"', 'fade-in-active="0" fade-out-active="0"')
    file.write_text(text, encoding="utf-8")
    for recorded in (session / "interchange").rglob("*.wav"):
        recorded.unlink()


def played(ardour, session, seconds):
    """What the session plays, (frames,)."""

    def clean():
        for path in (session / "interchange").rglob("*.wav"):
            path.unlink()

    ardour(PRINT, "printed 1", session, seconds, clean)
    (path,) = (session / "interchange").rglob("*print*.wav")
    samples, rate = soundfile.read(path, dtype="float32")
    assert rate == 48000
    return samples


def place(heard, sound):
    """The frame at which a sound lies in what was heard, where the two are most alike."""
    return int(np.argmax(np.correlate(heard.astype(np.float64), sound.astype(np.float64), mode="valid")))


def test_a_session_that_is_opened_again_plays_the_refined_sound(ardour, engine, tmp_path):
    (recipe,) = plan(Ask("huge metal door slam", length=0.5, seed=5))
    draft = engine.make(recipe)
    refined = engine.make(with_steps(recipe, 8), draft.version.edit)
    given = [
        Given(versions.heard(one.sound, one.version, 48000), one.version, onset=one.version.edit.onset)
        for one in (draft, refined)
    ]
    made = handoff.give(tmp_path, "door", given[0], 48000, "24", linked=True)
    path = tmp_path / "handoffs" / made.name
    session = tmp_path / "session"
    ardour(EMBED, "regions 1", session, 0.6, lambda: shutil.rmtree(session, ignore_errors=True))
    embedded(session, path)
    places, sounds = [], []
    for one, state in zip(given, ("current", "updated"), strict=True):
        assert [outcome.state for outcome in handoff.update(tmp_path, lambda h, one=one: one)] == [state]
        sound = wav.read(path).sound.samples[0]
        heard = played(ardour, session, 1.5)
        places.append(place(heard, sound))
        assert abs(places[-1] - BEGIN) < 4096  # where it was put, but for what recording is late
        assert np.array_equal(heard[places[-1] :][: len(sound)], sound)
        sounds.append(sound)
    assert len(sounds[0]) == len(sounds[1]) == made.frames
    assert abs(places[1] - places[0]) <= 1024
    assert not np.array_equal(*sounds)
    level = [20 * np.log10(np.sqrt(np.mean(np.square(sound)))) for sound in sounds]
    assert level[1] == pytest.approx(level[0], abs=0.2)
