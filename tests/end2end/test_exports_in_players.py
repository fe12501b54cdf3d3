"""Exported kits in programs that others wrote: polyphone and fluidsynth play the SFZ, LMMS renders its samples."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess

import numpy as np
import pytest
import soundfile
from msgspec.structs import replace

from presets.export import formats
from presets.export.formats import Selection
from presets.schema import Kit, Zone
from presets.sound import decibels
from tests.presets.export_formats.conftest import noise, sounds
from tests.presets.export_formats.players import RATE, ours, song

__all__ = ["sounds"]

ZONE = Zone(take="a", low=36, high=36, root=36)
PATIENCE = 120


def program(name, package):
    if not shutil.which(name):
        pytest.fail(f"This test needs {name}. Install it: apt-get install -y --no-install-recommends {package}")
    return name


def run(words, folder, patience=PATIENCE):
    quiet = os.environ | {"HOME": str(folder), "XDG_RUNTIME_DIR": str(folder), "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(
        words, check=False, cwd=folder, env=quiet, capture_output=True, text=True, timeout=patience
    )
    assert done.returncode == 0, done.stdout + done.stderr


def soundfont(sfz, folder):
    """Polyphone makes kit.sf2 of an SFZ. Now and then it opens a window and waits, whatever the file."""
    for _ in range(5):
        with contextlib.suppress(subprocess.TimeoutExpired):
            run(["polyphone", "-1", "-i", str(sfz), "-d", str(folder), "-o", "kit"], folder, 20)
            return
    pytest.fail("polyphone waited for somebody five times")


def likeness(heard, sound):
    """Correlation of a sound with where it is found best, and that frame."""
    sound = np.asarray(sound, np.float64)
    dots = np.correlate(np.asarray(heard, np.float64), sound, "valid")
    begin = int(np.argmax(dots))
    part = heard[begin : begin + sound.size]
    return float(np.corrcoef(part, sound)[0, 1]), begin


def rms(heard):
    return np.sqrt((np.asarray(heard, np.float64) ** 2).mean())


def test_polyphone_and_fluidsynth_play_an_exported_kit(tmp_path, sounds):
    """SoundFont has no turns and no choke groups as ours: notes, velocities, loops and tuning remain."""
    program("polyphone", "polyphone")
    program("fluidsynth", "fluidsynth")
    files = sounds(a=noise(1), b=noise(2), long=noise(4, 1.0))
    zones = (
        ZONE,
        replace(ZONE, take="b", low=37, high=37, root=37, gain_db=-6.0),
        replace(ZONE, take="long", low=38, high=38, root=38, mode="loop", loop=(0.2, 0.6), crossfade=0.05),
    )
    kit = Kit(name="kit", zones=zones)
    place = formats.export(formats.find("sfz"), Selection("kit", kit=kit, sounds=files), tmp_path).place
    events = [(4_800, 36, 127, 0), (48_000, 37, 127, 0), (96_000, 36, 64, 0), (144_000, 38, 127, 0)]
    events += [(frame + 30_000, note, 0, 0) for frame, note, *_ in events[:3]] + [(240_000, 38, 0, 0)]
    midi = song(tmp_path / "song.mid", events)
    soundfont(place / "kit.sfz", tmp_path)
    quiet = ["-o", "synth.reverb.active=0", "-o", "synth.chorus.active=0", "-g", "1"]
    run(["fluidsynth", "-ni", *quiet, "-F", "out.wav", "-r", str(RATE), "kit.sf2", str(midi)], tmp_path)
    theirs, rate = soundfile.read(tmp_path / "out.wav", always_2d=True)
    assert rate == RATE
    theirs = theirs[:, 0]
    mine = ours(kit, files, midi)[0]
    parts = {begin: slice(begin, begin + 14_000) for begin in (4_800, 48_000, 96_000, 144_000)}
    for begin, part in parts.items():
        alike, found = likeness(theirs[begin - 2_000 : begin + 18_000], mine[part])
        assert alike > 0.9
        assert abs(found - 2_000) <= 128  # fluidsynth counts in blocks of 64 frames
    gains = [decibels(rms(theirs[part]) / rms(mine[part])) for part in parts.values()]
    assert gains == pytest.approx([gains[0]] * 4, abs=0.5)  # gain, velocity and loop are as loud as ours
    assert rms(theirs[200_000:238_000]) > 0.5 * rms(theirs[parts[144_000]])  # it goes on and on
    assert rms(theirs[250_000:]) < 1e-3


PROJECT = """<?xml version="1.0"?>
<!DOCTYPE lmms-project>
<lmms-project type="song" version="1.0" creator="LMMS" creatorversion="1.2.2">
 <head timesig_numerator="4" timesig_denominator="4" bpm="120" mastervol="100" masterpitch="0"/>
 <song><trackcontainer type="song" visible="1">
  <track name="take" type="2" muted="0" solo="0"><sampletrack vol="100" pan="0"/>
   <sampletco pos="48" len="96" muted="0" src="{file}"/></track>
 </trackcontainer>
 <fxmixer><fxchannel num="0" name="Master" volume="1" muted="0"/></fxmixer></song>
</lmms-project>
"""


def test_lmms_renders_an_exported_sound(tmp_path, sounds):
    program("lmms", "lmms")
    files = sounds(a=noise(1))
    place = formats.export(formats.find("game"), Selection("kit", tuple(files.values())), tmp_path).place
    (file,) = place.rglob("*.wav")
    (tmp_path / "p.mmp").write_text(PROJECT.format(file=file))
    run(["lmms", "--allowroot", "render", "p.mmp", "-f", "wav", "-o", "o.wav", "-s", str(RATE)], tmp_path)
    heard, _ = soundfile.read(tmp_path / "o.wav", always_2d=True)
    take, _ = soundfile.read(file)
    onset = np.flatnonzero(np.abs(heard[:, 0]) > 0.02)[0]
    assert abs(onset - RATE / 2) <= 512  # a quarter of a bar at 120 is half a second; LMMS counts in blocks
    alike, begin = likeness(heard[: RATE + take.size, 0], take)
    assert alike > 0.95
    assert abs(begin - RATE / 2) <= 512
