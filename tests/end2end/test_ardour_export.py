"""A real DAW opens what is exported: a WAV with cues, a loop, a tempo and a timecode plays in it bit for bit."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from msgspec.structs import replace

from presets.export import formats, metadata, wav
from presets.export import version as versions
from presets.export.formats import Selection
from presets.export.reading import read_metadata
from presets.schema import Edit
from presets.sound import Sound
from tests.end2end.test_ardour_handoff import (
    BEGIN,
    EMBED,
    SUPERCLOCK,
    ardour,
    embedded,
    jack_server,
    place,
    played,
)
from tests.presets.synthetic import version

__all__ = ["ardour", "jack_server"]

FRAMES = 24_000


@pytest.fixture
def exported(tmp_path):
    """What `onetake export --format wav` writes of a take that loops."""
    noise = np.random.default_rng(5).uniform(-0.5, 0.5, (1, FRAMES)).astype(np.float32)
    edit = Edit(length=0.5, onset=0.01, sync=0.02, loop=(0.1, 0.4))
    about = metadata.About(name="wind", tempo=120.0, unity_note=48, time_reference=48_000)
    take = tmp_path / "takes" / "wind.wav"
    take.parent.mkdir()
    versions.write(take, Sound(noise, 48_000), replace(version(1, "steady wind"), edit=edit), "24", about=about)
    done = formats.export(formats.find("wav"), Selection("wind", (take,)), tmp_path / "out", {"bit_depth": "24"})
    (path,) = done.place.glob("*.wav")
    return path


def test_an_exported_wav_with_cues_and_loop_plays_bit_for_bit(ardour, exported, tmp_path):
    told = read_metadata(exported)
    assert (len(told.markers), len(told.sampler.loops), told.acid.tempo) == (2, 1, 120.0)
    session = tmp_path / "session"
    ardour(EMBED, "regions 1", session, 0.6, lambda: shutil.rmtree(session, ignore_errors=True))
    embedded(session, exported)
    sound = wav.read(exported).sound.samples[0]
    heard = played(ardour, session, 1.5)
    at = place(heard, sound)
    assert abs(at - BEGIN) < 4096  # where it was put, but for what recording is late
    assert np.array_equal(heard[at:][: len(sound)], sound)
    saved = (session / "printed.ardour").read_text(encoding="utf-8")
    assert f'natural-position="a{told.bext.time_reference * SUPERCLOCK}"' in saved  # its TimeReference
