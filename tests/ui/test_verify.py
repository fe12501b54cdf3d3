"""Making a file's sound again: the same bits here, and whatever was changed is told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from engine.local import Ask, plan
from presets import assemblies, slices
from presets.errors import NoRecipe, OnetakeError
from presets.export import version as versions
from presets.export import wav
from presets.schema import Chain, Slot
from presets.sound import Sound
from ui import verify


@pytest.fixture(scope="module")
def made(engine):
    (recipe,) = plan(Ask("a glass bell", length=0.6, seed=7, steps=2))
    return engine.make(recipe)


@pytest.fixture(autouse=True)
def _one_engine(engine, monkeypatch):
    monkeypatch.setattr("ui.engine_link.Engine", lambda model, device: engine)


@pytest.mark.parametrize(("rate", "depth"), [(48000, "24"), (44100, "32f"), (96000, "16")])
def test_a_file_is_what_its_recipe_makes(made, tmp_path, rate, depth):
    path = tmp_path / "bell.wav"
    versions.write(path, versions.heard(made.sound, made.version, rate), made.version, depth)
    found = verify.verify(path)
    assert (found.holds, found.same, found.bands_db, found.residual_db) == (True, True, 0.0, -np.inf)
    assert "the same to the last bit" in found.sentence


def test_one_that_another_device_made_holds_within_the_tolerance(made, tmp_path):
    path = tmp_path / "bell.wav"
    heard = versions.heard(made.sound, made.version, 48000)
    drawn = np.random.default_rng(1).standard_normal(heard.samples.shape).astype(np.float32)
    off = Sound(heard.samples * (1 + np.float32(1e-4) * drawn), 48000)
    versions.write(path, off, replace(made.version, checksum="0" * 64, device="cuda"), "24")
    found = verify.verify(path)
    assert (found.holds, found.same) == (True, False)
    assert found.bands_db < 0.1
    assert -90 < found.residual_db < -70
    assert "made by cuda" in found.sentence


@pytest.mark.parametrize("change", ["reversed", "quieter", "other", "shorter"])
def test_a_file_that_plays_something_else_does_not_hold(made, engine, tmp_path, change):
    path = tmp_path / "bell.wav"
    heard = versions.heard(made.sound, made.version, 48000)
    other = engine.make(replace(made.version.recipe, seed=8), made.version.edit)
    played = {
        "reversed": Sound(heard.samples[:, ::-1].copy(), 48000),
        "quieter": heard.scaled(-1.0),
        "other": versions.heard(other.sound, made.version, 48000),
        "shorter": heard.fitted(heard.frames // 8),
    }[change]
    versions.write(path, played, made.version, "24")
    found = verify.verify(path)
    assert (found.holds, found.same) == (False, True)
    assert "plays something else" in found.sentence


def test_a_wrong_checksum_and_another_sound_do_not_hold(made, tmp_path):
    path = tmp_path / "bell.wav"
    noise = np.random.default_rng(2).standard_normal((1, 28800)).astype(np.float32) * 0.1
    versions.write(path, Sound(noise, 48000), replace(made.version, checksum="0" * 64), "24")
    found = verify.verify(path)
    assert (found.holds, found.same) == (False, False)


def test_of_a_wet_file_the_sound_before_the_effects_is_compared(made, tmp_path):
    path = tmp_path / "bell.wav"
    wet = replace(made.version, chain=Chain(slots=(Slot(effect="gain"),)))
    versions.write(path, versions.heard(made.sound, made.version, 48000).scaled(-12), wet, "24")
    found = verify.verify(path)
    assert (found.holds, found.bands_db) == (True, None)
    assert "Effects are printed" in found.sentence
    versions.write(path, made.heard.resampled(48000), replace(wet, checksum="0" * 64), "24", overwrite=True)
    assert not verify.verify(path).holds


def test_slices_verify_by_their_takes_and_their_own_samples(made, tmp_path):
    path = tmp_path / "slice.wav"
    heard = versions.heard(made.sound, made.version, 48000)
    (first, *_) = slices.cut(heard, made.version, "bell")
    assemblies.write(path, first, "24")
    found = verify.verify(path)
    assert (found.holds, found.same) == (True, True)
    there = wav.read(path)
    wav.write(path, there.sound.scaled(-6.0), depth="24", chunks=there.all_chunks, overwrite=True)
    found = verify.verify(path)
    assert not found.holds
    assert "was changed" in found.sentence


def test_what_holds_no_recipe_or_is_no_file_is_told(tmp_path):
    path = tmp_path / "x.wav"
    wav.write(path, Sound(np.zeros((1, 9), np.float32), 48000), depth="24")
    with pytest.raises(NoRecipe):
        verify.verify(path)
    with pytest.raises(OnetakeError):
        verify.verify(Path("nothing.wav"))


def test_it_is_told_to_a_person(made, tmp_path, capsys):
    path = tmp_path / "bell.wav"
    versions.write(path, versions.heard(made.sound, made.version, 48000), made.version, "24")
    assert verify.tell(path, "auto", local=False)
    out = capsys.readouterr().out
    assert "verified" in out
    assert "residual  none" in out
