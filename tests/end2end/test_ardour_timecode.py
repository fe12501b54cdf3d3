"""A real DAW lays an exported file where its typed timecode says: `bext` TimeReference is its position there."""

from __future__ import annotations

import re
import shutil

import numpy as np
import pytest

from presets.export import formats, timecode, wav
from presets.export.formats import Selection
from presets.sound import Sound
from tests.end2end.test_ardour_handoff import EMBED, ardour, embedded, jack_server

__all__ = ["ardour", "jack_server"]

PLACE = EMBED.with_name("ardour_timecode.lua")
FRAMES = 4800


@pytest.mark.parametrize(
    ("typed", "fps"), [("10:02:03;04", "29.97df"), pytest.param("01:00:10:12", "25", marks=pytest.mark.long)]
)
def test_ardour_lays_our_file_where_the_typed_timecode_says(ardour, tmp_path, typed, fps):
    sound = Sound(np.linspace(-0.5, 0.5, FRAMES, dtype=np.float32)[None], 48_000)
    take = tmp_path / "door.wav"
    wav.write(take, sound, depth="24")
    session = tmp_path / "session"
    ardour(EMBED, "regions 1", session, 0.3, lambda: shutil.rmtree(session, ignore_errors=True))
    wishes = {"at": typed, "fps": fps}
    done = formats.export(formats.find("wav"), Selection(f"at {fps}", (take,)), tmp_path / "out", wishes)
    embedded(session, done.place / take.name)
    said = ardour(PLACE, "natural ", session, 0)
    found = re.search(r"natural (\d+) of (\d+) end", said)
    assert found is not None, said
    assert [int(number) for number in found.groups()] == [timecode.parse(typed, fps).samples(48_000), FRAMES]
