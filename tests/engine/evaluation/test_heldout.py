"""Real sounds: the same again for the same seed, unmixed where there is one right answer, and folders."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.evaluation.heldout import FIRST_SEED, family_names, members, of_chunk, recordings, unmixed
from presets.errors import UnreadableFile
from presets.export import wav
from presets.sound import Sound

SEED = FIRST_SEED + 60


def test_unmixed_sounds_are_of_one_family_each_and_as_many_as_asked() -> None:
    told: list[tuple[str, int, int]] = []
    found = list(unmixed(SEED, 5, 0.5, lambda *where: told.append(where)))
    assert len(found) == 5
    assert {len(real.families) for real in found} == {1}
    assert {real.family for real in found} <= set(family_names())
    assert told == [("held-out sounds", 5, 5)]


def test_the_same_seed_gives_the_same_sounds() -> None:
    first, second = (of_chunk(SEED, 3, 4, 0.5) for _ in range(2))
    assert [a.sound.checksum() for a in first] == [b.sound.checksum() for b in second]


def test_members_are_of_the_length_asked() -> None:
    assert {one.frames for one in members(family_names()[0], 3, 0.5, SEED)} == {22050}


def test_a_folder_is_read_in_order_as_mono_at_the_judges_rate(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    for name, rate in (("b.wav", 48000), ("a.wav", 44100)):
        wav.write(
            tmp_path / name, Sound(rng.standard_normal((2, rate)).astype(np.float32) * 0.1, rate), depth="24"
        )
    (tmp_path / "notes.txt").write_text("no sound")
    found = recordings(tmp_path, 0.5)
    assert [(one.rate, one.channels, one.frames) for one in found] == [(44100, 1, 22050)] * 2
    first = wav.read(tmp_path / "a.wav").sound.samples.mean(axis=0)[:22050]
    assert np.array_equal(found[0].samples[0], first)


def test_other_formats_are_read_too(tmp_path: Path) -> None:
    soundfile = pytest.importorskip("soundfile")
    soundfile.write(tmp_path / "a.flac", np.full(4410, 0.25), 44100)
    assert recordings(tmp_path, 1.0)[0].samples.max() == pytest.approx(0.25, abs=1e-3)
    (tmp_path / "b.flac").write_bytes(b"fLaC nothing")
    with pytest.raises(UnreadableFile, match=r"b\.flac"):
        recordings(tmp_path, 1.0)


def test_a_folder_without_sounds_is_told(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="holds no sounds"):
        recordings(tmp_path, 1.0)
