"""A real DAW reads from our files where in the film they lie: `bext` TimeReference is its position."""

from __future__ import annotations

import re
import shutil

import numpy as np

from presets.export import metadata, timecode, wav
from presets.sound import Sound
from tests.end2end.test_ardour_handoff import EMBED, ardour, embedded, jack_server

__all__ = ["ardour", "jack_server"]

PLACE = EMBED.with_name("ardour_timecode.lua")
FRAMES = 4800


def test_ardour_lays_our_file_where_its_timecode_says(ardour, tmp_path):
    sound = Sound(np.linspace(-0.5, 0.5, FRAMES, dtype=np.float32)[None], 48_000)
    session = tmp_path / "session"
    ardour(EMBED, "regions 1", session, 0.3, lambda: shutil.rmtree(session, ignore_errors=True))
    for typed, rate in (("01:00:10:12", "25"), ("10:02:03;04", "29.97df")):
        place = timecode.parse(typed, rate).samples(48_000)
        about = metadata.About(name="door", time_reference=place)
        path = tmp_path / f"door at {rate}.wav"
        wav.write(path, sound, depth="24", chunks=metadata.chunks(sound, None, "24", about))
        embedded(session, path)
        said = ardour(PLACE, "natural ", session, 0)
        found = re.search(r"natural (\d+) of (\d+) end", said)
        assert found is not None, said
        assert [int(number) for number in found.groups()] == [place, FRAMES]
