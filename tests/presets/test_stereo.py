"""Stereo of mono takes: added up it is the take, both sides are equally loud, and a file says what it is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from presets import assemblies, stereo
from presets.errors import InvalidRequest
from presets.export import formats, version, wav
from presets.export.formats import Selection
from presets.export.reading import read_metadata
from presets.schema import (
    SEED_LIMIT,
    Assembly,
    Chain,
    Edit,
    Prompt,
    Recipe,
    Slot,
    Version,
    canonical,
    decode,
    lineage_id,
)
from presets.sound import Sound

RATE = 48_000


def noise(seed, frames=24_000, peak=0.4, rate=RATE):
    samples = np.random.default_rng(seed).uniform(-peak, peak, (1, frames)).astype(np.float32)
    return Sound(samples, rate)


def recipe(**other):
    plain = {"model": "starter", "model_hash": "h", "prompt": Prompt(text="rain"), "seed": 7, "frames": 64}
    return Recipe(**(plain | {"omega": 3.0, "decode_seed": 7, "renderer": 1} | other))


def taken(**other):
    return Version(**({"recipe": recipe(), "edit": Edit(length=0.5, onset=0.1), "checksum": "c"} | other))


def level(samples):
    return 10 * np.log10(np.mean(np.square(samples, dtype=np.float64)))


def likeness(left, right):
    return float(np.corrcoef(left, right)[0, 1])


@settings(max_examples=30)
@given(
    st.integers(0, 2**31), st.integers(1, 5000), st.sampled_from([8000, 44_100, 48_000, 96_000]), st.floats(0, 1)
)
def test_wide_adds_up_to_the_mono_it_was_made_of(seed, frames, rate, width):
    mono = noise(seed, frames, rate=rate)
    both = stereo.widened(mono.samples, rate, width)
    again = stereo.widened(mono.samples, rate, width)
    assert np.array_equal(both, again)
    assert np.abs(both.mean(axis=0) - mono.samples[0]).max() <= 2e-7
    assert both.dtype == np.float32


@pytest.mark.parametrize("rate", [44_100, 96_000])
def test_wide_is_wide_and_neither_side_is_louder_at_any_frequency(rate):
    mono = noise(1, 4 * rate, rate=rate)
    left, right = stereo.widened(mono.samples, rate)
    assert likeness(left, right) < 0.75
    spectra = [np.abs(np.fft.rfft(one[rate : 3 * rate] * np.hanning(2 * rate))) ** 2 for one in (left, right)]
    hertz = np.fft.rfftfreq(2 * rate, 1 / rate)
    for low in (30, 60, 120, 250, 500, 1000, 2000, 4000, 8000):
        band = (hertz >= low) & (hertz < 2 * low)
        a, b, plain = spectra[0][band].sum(), spectra[1][band].sum(), 0
        plain = np.abs(np.fft.rfft(mono.samples[0, rate : 3 * rate] * np.hanning(2 * rate)))[band] ** 2
        assert abs(10 * np.log10(a / b)) < 0.5
        assert -0.5 < 10 * np.log10(a / plain.sum()) < 2.0


@pytest.mark.parametrize("hertz", [110.0, 440.0, 997.0, 5000.0])
def test_a_tone_stays_in_the_middle(hertz):
    tone = (0.3 * np.sin(2 * np.pi * hertz * np.arange(2 * RATE) / RATE)).astype(np.float32)[None]
    left, right = stereo.widened(tone, RATE)[:, RATE // 2 : -RATE // 2]
    assert abs(level(left) - level(right)) < 0.05


def test_what_has_two_channels_and_what_is_not_widened_stay_as_they_are():
    pair = np.repeat(noise(1).samples, 2, axis=0)
    assert stereo.widened(pair, RATE) is pair
    assert stereo.widened(noise(1).samples, RATE, 0.0).shape[0] == 1
    assert stereo.widened(np.zeros((1, 0), np.float32), RATE).shape == (2, 0)


@given(st.floats(-0.95, 0.95))
def test_siblings_are_equally_loud_and_equally_wide_whatever_they_have_in_common(common):
    middle, own = noise(1), noise(2)
    other = Sound((common * middle.samples + np.sqrt(1 - common**2) * own.samples).astype(np.float32), RATE)
    left, right = stereo.siblings(middle, other).samples
    assert abs(level(left) - level(right)) < 0.01
    assert np.abs((left + right) / 2 - middle.samples[0]).max() <= 2e-7
    assert likeness(left, right) == pytest.approx((1 - stereo.WIDTH**2) / (1 + stereo.WIDTH**2), abs=0.01) or (
        abs(common) > 0.85 and 0.3 < likeness(left, right) < 0.9
    )


def test_siblings_of_silence_and_of_itself_are_the_take_twice():
    silent, mono = Sound(np.zeros((1, 100), np.float32), RATE), noise(1)
    assert not stereo.siblings(silent, silent).samples.any()
    assert np.abs(np.diff(stereo.siblings(mono, mono).samples, axis=0)).max() < 1e-6


def test_sounds_that_are_no_siblings_are_refused():
    pair = Sound(np.repeat(noise(1).samples, 2, axis=0), RATE)
    for other in (pair, noise(1, 100), noise(1, rate=44_100)):
        with pytest.raises(InvalidRequest):
            stereo.siblings(noise(1), other)


@given(st.integers(0, SEED_LIMIT - 1), st.integers(0, SEED_LIMIT - 1), st.floats(0, 1))
def test_a_sibling_is_another_take_whose_seeds_are_seeds(seed, varied, radius):
    own = recipe(decode_seed=seed, variation_seed=varied, variation_radius=radius)
    other = stereo.sibling(own)
    assert decode(canonical(other), Recipe, "a recipe") == other
    assert lineage_id(other) != lineage_id(own)
    assert other.variation_radius > 0


def test_a_pair_is_known_again_and_nothing_else_is_one():
    own = taken()
    other = replace(own, recipe=stereo.sibling(own.recipe))
    made = stereo.pair(own, other, noise(1))
    back = decode(canonical(made), Assembly, "a pair")
    assert stereo.pair_of(back) == (own, other)
    assert stereo.take_of(back) == stereo.take_of(own) == own
    assert stereo.pair_of(stereo.pair(own, own, noise(1))) is None
    assert stereo.pair_of(own) is stereo.pair_of(None) is stereo.take_of(None) is None


def test_wide_is_told_as_one_more_effect_and_the_tail_moves_behind_it():
    slots = (Slot(effect="reverse", tail=0.0), Slot(effect="reverb", tail=1.5))
    _, told = stereo.wide(noise(1), taken(chain=Chain(slots=slots)))
    assert [(slot.effect, slot.tail) for slot in told.chain.slots] == [
        ("reverse", 0.0), ("reverb", None), ("widen", 1.5)
    ]  # fmt: skip
    _, told = stereo.wide(noise(1), taken())
    assert [(slot.effect, slot.tail) for slot in told.chain.slots] == [("widen", 0.0)]


# ---- exports


@pytest.fixture
def files(tmp_path):
    """A take, the same one louder, one with two channels, and a recording."""
    quiet, loud = tmp_path / "quiet.wav", tmp_path / "loud.wav"
    version.write(quiet, noise(1), taken(), "24")
    version.write(loud, noise(2, peak=0.99), taken(recipe=recipe(seed=8)), "24")
    pair = Sound(np.repeat(noise(1).samples, 2, axis=0), RATE)
    version.write(tmp_path / "pair.wav", pair, taken(), "24")
    wav.write(tmp_path / "recording.wav", noise(3), depth="16")
    return quiet, loud, tmp_path / "pair.wav", tmp_path / "recording.wav"


def native(asked):
    """What an engine would render: noise of the recipe's own."""
    return noise(asked.seed + (asked.decode_seed >> 52), frames=30_000, rate=RATE)


def exported(name, paths, into, **asked):
    done = formats.export(formats.find(name), Selection("Out", tuple(paths)), into, asked, native=native)
    return done.place, done.remarks


def test_without_the_wish_not_a_byte_differs(files, tmp_path):
    plain, _ = exported("wav", files, tmp_path / "a")
    asked, remarks = exported("wav", files, tmp_path / "b", stereo="")
    assert remarks == ()
    for path in files:
        assert (plain / path.name).read_bytes() == (asked / path.name).read_bytes() == path.read_bytes()


def test_wide_files_say_so_and_are_lowered_alike(files, tmp_path):
    place, remarks = exported("wav", files, tmp_path / "out", stereo="wide")
    assert any("pair.wav" in words for words in remarks)
    lowered = float(next(words for words in remarks if "lowered by" in words).split("by ")[1].split(" dB")[0])
    for path in files:
        told, before = wav.read(place / path.name), wav.read(path).sound
        if path.stem == "pair":
            assert (place / path.name).read_bytes() == path.read_bytes()
            continue
        assert told.sound.channels == 2
        factor = 10 ** (lowered / 20)
        assert np.abs(factor * told.sound.samples.mean(axis=0) - before.samples[0]).max() < 0.01
        if path.stem != "recording":
            said = read_metadata(place / path.name)
            assert said.source.match_db == pytest.approx(-lowered, abs=0.06)
            assert said.source.chain.slots[-1].effect == stereo.EFFECT
            assert said.ixml.aswg.channel_config == "Stereo"
            assert said.ixml.aswg.fx_chain_name == stereo.EFFECT
    assert wav.read(place / "quiet.wav").depth == "24"


def test_sibling_files_hold_both_recipes_and_keep_their_moments(files, tmp_path):
    place, remarks = exported("wav", files[:1] + files[3:], tmp_path / "out", stereo="siblings")
    assert any("recording.wav" in words for words in remarks)
    path = place / "quiet.wav"
    made = assemblies.read(path)
    take, other = stereo.pair_of(made)
    assert take.recipe == recipe()
    assert other.recipe == stereo.sibling(recipe())
    there = wav.read(path)
    assert there.sound.channels == 2
    assert made.checksum == there.sound.checksum()
    assert b"cue " in there.chunks
    assert stereo.NOTE in read_metadata(path).ixml.note
    again, _ = exported("wav", files[:1], tmp_path / "again", stereo="siblings")
    assert (again / "quiet.wav").read_bytes() == path.read_bytes()


@pytest.mark.parametrize("name", ["sfz", "decentsampler", "dawproject", "reaper", "flac"])
def test_every_format_that_is_not_mono_by_its_nature_offers_it(files, tmp_path, name):
    place, _ = exported(name, files[:1], tmp_path / "out", stereo="siblings")
    assert place.exists()


def test_siblings_without_an_engine_are_refused_and_nothing_is_left(files, tmp_path):
    with pytest.raises(InvalidRequest, match="engine"):
        formats.export(
            formats.find("wav"), Selection("Out", files), tmp_path / "out", {"stereo": "siblings"}, native=None
        )
    assert not list((tmp_path / "out").glob("[!.]*"))
