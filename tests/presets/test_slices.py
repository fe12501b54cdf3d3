"""Cutting at onsets: every hit of a train is found where it is, and every slice is a stretch of the whole."""

from __future__ import annotations

from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pytest
import soundfile
from hypothesis import given, settings

from presets import assemblies, kits, slices
from presets.errors import InvalidRequest, NoRecipe, UnreadableFile
from presets.export import wav
from presets.onsets import first_onset, onsets
from presets.sound import Sound, linear

RATE = 48000
RECORDINGS = Path(__file__).parents[1] / "fixtures" / "audio"


def hit(rng, rate=RATE, seconds=0.15, level=1.0):
    """A burst of noise that begins at once and dies away within its seconds."""
    count = round(seconds * rate)
    burst = rng.standard_normal(count) * np.exp(-np.arange(count) / (0.1 * count))
    return level * burst / np.abs(burst).max()


def train(places, levels, rate=RATE, seconds=4.0, floor_db=-90.0, seed=0, length=0.15):
    rng = np.random.default_rng(seed)
    samples = linear(floor_db) * rng.standard_normal(round(seconds * rate))
    for place, level in zip(places, levels, strict=True):
        one = hit(rng, rate, length, level)
        begin = round(place * rate)
        samples[begin : begin + len(one)] += one[: len(samples) - begin]
    return Sound(samples.astype(np.float32)[None], rate)


@st.composite
def trains(draw):
    """Times at least 120 ms apart, levels within 18 dB."""
    count = draw(st.integers(1, 8))
    gaps = draw(st.lists(st.floats(0.12, 0.45), min_size=count, max_size=count))
    levels = draw(st.lists(st.floats(-18.0, 0.0), min_size=count, max_size=count))
    return np.cumsum(gaps), [linear(level) for level in levels]


@given(trains(), st.sampled_from([16000, 44100, 48000, 96000]), st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_every_hit_of_a_train_is_found_where_it_begins(made, rate, seed):
    places, levels = made
    found = np.array(onsets(train(places, levels, rate, seed=seed))) / rate
    assert len(found) == len(places)
    assert np.abs(found - places).max() <= 0.003


@pytest.mark.parametrize("channels", [1, 2, 6])
@pytest.mark.parametrize("gain", [1.0, 0.01, 30.0])
def test_onsets_depend_on_neither_gain_nor_channels(channels, gain):
    sound = train([0.0, 0.5, 1.1], [1.0, 0.5, 0.8])
    other = Sound(np.repeat(sound.samples * np.float32(gain), channels, axis=0), RATE)
    assert onsets(other) == onsets(sound)


def test_nothing_begins_in_silence_and_in_what_swells():
    swell = np.random.default_rng(1).standard_normal(3 * RATE) * np.sin(np.linspace(0, np.pi, 3 * RATE)) ** 2
    assert onsets(Sound(np.zeros((1, RATE), np.float32), RATE)) == []
    assert onsets(Sound(np.zeros((1, 0), np.float32), RATE)) == []
    assert len(onsets(Sound((0.3 * swell).astype(np.float32)[None], RATE))) <= 1


@pytest.mark.parametrize(
    ("name", "onset"), [("drum_snare_hard", 0.003), ("elec_bell", 0.009), ("perc_door", 0.174)]
)
def test_real_recordings_begin_where_one_hears_it(name, onset):
    samples, rate = soundfile.read(RECORDINGS / f"{name}.flac", dtype="float32", always_2d=True)
    sound = Sound(np.ascontiguousarray(samples.T), rate)
    assert first_onset(sound) / rate == pytest.approx(onset, abs=0.005)


def test_a_row_of_real_hits_is_cut_into_them():
    places, parts = [], []
    rng = np.random.default_rng(4)
    for name in ("drum_snare_hard", "elec_bell", "drum_cymbal_closed", "drum_snare_hard"):
        samples, rate = soundfile.read(RECORDINGS / f"{name}.flac", dtype="float32", always_2d=True)
        assert rate == 44100
        places.append(sum(map(len, parts)))
        parts += [samples[:, 0], np.zeros(rng.integers(3000, 20000), np.float32)]
    found = slices.cut(Sound(np.concatenate(parts)[None], 44100))
    assert len(found) == 4
    begins = [round(one.assembly.pieces[0].begin * 44100) for one in found]
    assert all(-100 <= begin - place < 900 for begin, place in zip(begins, places, strict=True))


@given(trains(), st.integers(0, 99))
@settings(max_examples=20, deadline=None)
def test_a_slice_is_a_stretch_of_the_whole_between_tight_fades(made, seed):
    sound = train(*made, seed=seed)
    found = slices.cut(sound, name="feet")
    ends = 0.0
    for one in found:
        (piece,) = one.assembly.pieces
        assert (piece.name, piece.source, piece.gain_db, piece.pitch, piece.at) == ("feet", None, 0.0, 0.0, 0.0)
        begin, end = round(piece.begin * RATE), round(piece.end * RATE)
        assert end - begin == one.sound.frames
        assert piece.begin >= ends
        ends = piece.end
        whole = sound.samples[:, begin:end]
        quiet = round(0.0005 * RATE)
        fade = round(0.010 * RATE)
        assert np.array_equal(one.sound.samples[:, quiet : -fade - 1], whole[:, quiet : -fade - 1])
        assert np.abs(one.sound.samples[:, -1]).max() <= 0.01 * max(one.sound.peak, 1e-9) + 1e-6
        assert one.assembly.checksum == one.sound.checksum()


def test_nearly_silent_hits_are_left_out_and_levels_are_kept():
    sound = train([0.2, 0.8, 1.4, 2.0], [1.0, linear(-45), linear(-12), 0.5])
    found = slices.cut(sound)
    assert [round(one.assembly.pieces[0].begin, 1) for one in found] == [0.2, 1.4, 2.0]
    peaks = [one.sound.peak_db for one in found]
    assert peaks == pytest.approx([0.0, -12.0, -6.0], abs=0.5)
    # The hit before it rings on no longer than to the one that is left out.
    assert found[0].assembly.pieces[0].end <= 0.8


def test_silence_and_too_many_hits_are_refused():
    with pytest.raises(InvalidRequest, match="Nothing begins in rest"):
        slices.cut(Sound(np.zeros((1, RATE), np.float32), RATE), name="rest")
    many = train(np.arange(0.05, 20, 0.1), [1.0] * 200, seconds=21, length=0.02)
    with pytest.raises(InvalidRequest, match="at most 128"):
        slices.cut(many, closest=0.03)


def test_slices_take_turns_on_one_note():
    kit = slices.round_robin([f"s{n}.wav" for n in range(6)], 40, "feet")
    assert {(zone.low, zone.high, zone.root) for zone in kit.zones} == {(40, 40, 40)}
    assert [zone.round_robin for zone in kit.zones] == [1, 2, 3, 4, 5, 6]
    assert kits.takes_of(kit) == tuple(f"s{n}.wav" for n in range(6))
    for takes, note in (([], 40), (["a"] * 129, 40), (["a"], 128), (["a"], -1)):
        with pytest.raises(InvalidRequest):
            slices.round_robin(takes, note, "x")


@pytest.mark.parametrize("depth", ["16", "24", "32f"])
def test_a_slice_travels_in_its_file_and_its_checksum_is_of_what_the_file_holds(tmp_path, depth):
    (one, *_) = slices.cut(train([0.1, 0.6], [1.0, 0.5]), name="feet")
    path = tmp_path / "slice.wav"
    told = assemblies.write(path, one, depth)
    assert assemblies.read(path) == told.assembly
    assert wav.read(path).sound.checksum() == told.assembly.checksum == told.sound.checksum()
    assert assemblies.source_of(path) is None


def test_what_is_too_loud_is_lowered_and_told_in_every_piece(tmp_path):
    loud = assemblies.assembled(
        Sound(np.full((1, 99), 4.0, np.float32), RATE), slices.cut(train([0.1], [1.0]))[0].assembly.pieces
    )
    told = assemblies.write(tmp_path / "loud.wav", loud, "24")
    assert told.assembly.pieces[0].gain_db == pytest.approx(-12.1, abs=0.1)
    assert told.sound.peak <= 1.0


def test_a_file_without_pieces_says_so(tmp_path):
    path = tmp_path / "x.wav"
    wav.write(path, train([0.1], [1.0]), depth="24")
    with pytest.raises(NoRecipe):
        assemblies.read(path)
    wav.write(path, train([0.1], [1.0]), depth="24", chunks={b"1tak": b""}, overwrite=True)
    with pytest.raises(NoRecipe):
        assemblies.read(path)
    for chunk in (b"[]", b"\xff", b'{"kind":5}', b"[" * 100_000):
        wav.write(path, train([0.1], [1.0]), depth="24", chunks={b"1tak": chunk}, overwrite=True)
        with pytest.raises(UnreadableFile):
            assemblies.read(path)
