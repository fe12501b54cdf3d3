"""Rounding in memory is what a file gives back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from presets.export import wav, wav_codes
from presets.sound import Sound


@given(st.integers(0, 2**32), st.integers(1, 3), st.integers(0, 3000), st.floats(1e-6, 3.0))
@settings(max_examples=60, deadline=None)
@pytest.mark.parametrize("depth", ["16", "24", "32f"])
def test_rounding_in_memory_is_what_a_file_gives_back(tmp_path_factory, depth, seed, channels, frames, level):
    samples = (level * np.random.default_rng(seed).uniform(-1, 1, (channels, frames))).astype(np.float32)
    sound = Sound(samples, 48_000)
    path = tmp_path_factory.mktemp("w") / "x.wav"
    lowered = wav.write(path, sound, depth=depth, durable=False).lowered_db
    assert wav_codes.excess_db(sound, depth) == lowered
    assert wav_codes.rounded(sound.scaled(-lowered), depth).checksum() == wav.read(path).sound.checksum()
