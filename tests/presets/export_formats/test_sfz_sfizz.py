"""What a kit plays, and what the real sfizz plays of the same kit as SFZ: one MIDI file through both.

Tolerances. Onset: one frame. Level: 0.05 dB on either side. The rest of the sound: 25 dB below it, which is what
sfizz's reading between frames adds to noise up to 6 kHz. Attack, release and choke have their own shapes there.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from presets.export import sfz
from presets.schema import Kit, Zone
from presets.sound import Sound, decibels
from tests.presets.export_formats.conftest import noise
from tests.presets.export_formats.players import RATE, loaded, ours, sfizz, song

ONSET = 1_003
ZONE = Zone(take="a", low=36, high=36, root=36)


@pytest.fixture
def both(tmp_path, sounds):
    """Plays events through our voices and through sfizz; sounds a, b (mono), st (stereo), long."""
    files = sounds(a=noise(1), b=noise(2), st=noise(3, channels=2), long=noise(4, 1.0))

    def play(zones, events):
        kit = Kit(name="kit", zones=tuple(zones))
        folder = tmp_path / "out"
        folder.mkdir()
        written = sfz.write_kit(folder, kit, files, RATE, "32f", lambda _share: True)
        midi = song(tmp_path / "song.mid", events)
        return ours(kit, files, midi), sfizz(written, midi)

    return play


def rms(heard):
    return np.sqrt((heard.astype(np.float64) ** 2).mean(axis=-1))


def lag(one, other):
    """Frames by which the other is later, -4..4."""
    return min(range(-4, 5), key=lambda by: float(((one - np.roll(other, -by, 1)) ** 2).sum()))


def assert_alike(mine, theirs, residual_db=-25.0, level_db=0.05):
    """The same sounds at the same frames and levels."""
    late = lag(mine, theirs)
    assert abs(late) <= 1
    theirs = np.roll(theirs, -late, 1)
    for side in (0, 1):
        assert abs(decibels(rms(theirs[side]) / rms(mine[side]))) < level_db
    assert decibels(rms((mine - theirs).ravel()) / rms(mine.ravel())) < residual_db


@pytest.mark.parametrize(
    ("zone", "note", "velocity"),
    [
        (ZONE, 36, 127),
        (replace(ZONE, take="st"), 36, 127),
        (replace(ZONE, pan=0.5), 36, 127),
        (replace(ZONE, pan=-0.8, gain_db=-3.3), 36, 127),
        (replace(ZONE, take="st", pan=0.3), 36, 127),
        (replace(ZONE, gain_db=-7.5), 36, 127),
        (replace(ZONE, gain_db=5.0), 36, 40),
        (replace(ZONE, touch=0.6), 36, 90),
        (replace(ZONE, touch=0.0), 36, 20),
        (replace(ZONE, tune=-130.0), 36, 127),
        (replace(ZONE, tune=37.5), 36, 127),
        (replace(ZONE, tracking=True, high=50), 43, 127),
        (replace(ZONE, tracking=True, low=20, root=40), 31, 127),
        (replace(ZONE, tracking=False, high=60), 55, 127),
    ],
)
def test_onset_level_pan_velocity_and_tuning_are_ours(both, zone, note, velocity):
    mine, theirs = both([zone], [(ONSET, note, velocity, 0), (40_000, note, 0, 0)])
    assert np.flatnonzero(np.abs(mine).max(0))[0] == ONSET
    assert rms(mine).min() > 1e-4
    assert_alike(mine, theirs)


@pytest.mark.parametrize("touch", [0.0, 0.5, 1.0])
def test_every_velocity_is_as_loud_as_ours(both, touch):
    velocities = (1, 8, 20, 40, 64, 90, 110, 127)
    events = [(ONSET + 20_000 * n, 36, velocity, 0) for n, velocity in enumerate(velocities)]
    mine, theirs = both([replace(ZONE, touch=touch)], events)
    for frame, *_ in events:
        part = slice(frame, frame + 14_000)
        assert abs(decibels(rms(theirs[0, part]) / rms(mine[0, part]))) < 0.05


def test_velocity_layers_part_where_ours_do(both):
    zones = [replace(ZONE, loudest=63), replace(ZONE, take="b", softest=64)]
    mine, theirs = both(zones, [(ONSET + 20_000 * n, 36, v, 0) for n, v in enumerate((1, 63, 64, 127))])
    assert_alike(mine, theirs)


def test_turns_go_round_in_our_order_on_every_key(both):
    zones = [replace(ZONE, take=take, high=38, round_robin=turn) for turn, take in ((3, "st"), (1, "a"), (2, "b"))]
    notes = (36, 36, 37, 36, 37, 36, 37, 38, 37)
    mine, theirs = both(zones, [(ONSET + 20_000 * n, note, 127, 0) for n, note in enumerate(notes)])
    assert_alike(mine, theirs)


def test_turns_of_layers_with_different_lengths_are_ours(both):
    zones = [
        replace(ZONE, take="a", round_robin=1, loudest=80),
        replace(ZONE, take="b", round_robin=2, loudest=80),
        replace(ZONE, take="st", round_robin=1, softest=81),
    ]
    velocities = (60, 60, 60, 60, 100, 100)
    mine, theirs = both(zones, [(ONSET + 20_000 * n, 36, v, 0) for n, v in enumerate(velocities)])
    assert_alike(mine, theirs)


def test_a_choke_group_ends_what_rings_even_on_its_own_key_and_spares_its_layers(both):
    zones = [
        replace(ZONE, choke=1),
        replace(ZONE, take="st", choke=1, gain_db=-3.0),
        replace(ZONE, take="b", low=37, high=37, choke=1),
        replace(ZONE, take="long", low=38, high=38, choke=2),
    ]
    events = [(ONSET, 38, 127, 0), (2_000, 36, 127, 0), (6_000, 37, 127, 0), (30_000, 36, 127, 0)]
    mine, theirs = both(zones, [*events, (34_000, 36, 127, 0)])
    assert_alike(mine, theirs, residual_db=-20.0, level_db=0.15)


def test_a_gate_ends_with_its_note_within_its_release(both):
    zone = replace(ZONE, take="long", mode="gate", release=0.1)
    end = 20_000
    mine, theirs = both([zone], [(ONSET, 36, 127, 0), (end, 36, 0, 0)])
    assert_alike(mine[:, :end], theirs[:, :end])
    after = end + round(0.1 * RATE)
    for heard in (mine, theirs):
        assert rms(heard[0, end + 100 : end + 600]) > 0.1 * rms(heard[0, :end])
        assert decibels(rms(heard[0, after : after + 2_000]) / rms(heard[0, :end])) < -60


def test_a_one_shot_ignores_the_end_of_its_note(both):
    mine, theirs = both([ZONE], [(ONSET, 36, 127, 0), (ONSET + 500, 36, 0, 0)])
    assert_alike(mine, theirs)


def test_an_attack_rises_in_its_time(both):
    mine, theirs = both([replace(ZONE, attack=0.05)], [(ONSET, 36, 127, 0), (30_000, 36, 0, 0)])
    risen = ONSET + round(0.05 * RATE)
    assert_alike(mine[:, risen:], theirs[:, risen:])
    early = slice(ONSET, ONSET + 400)
    assert rms(theirs[0, early]) < 0.25 * rms(theirs[0, risen:30_000])


def test_a_loop_turns_where_ours_turns_and_does_not_click(both):
    zone = replace(ZONE, take="long", mode="loop", loop=(0.2, 0.6), crossfade=0.05, release=0.1)
    mine, theirs = both([zone], [(ONSET, 36, 127, 0), (100_000, 36, 0, 0)])
    held = slice(0, 100_000)
    assert_alike(mine[:, held], theirs[:, held])
    assert rms(theirs[0, 90_000:100_000]) > 0.9 * rms(theirs[0, ONSET:20_000])  # it goes on for ever
    assert decibels(rms(theirs[0, 106_000:110_000])) < -80


def test_a_pure_tone_loops_without_a_click(both, tmp_path, sounds):
    """220.5 Hz does not fit into the loop: without its crossfade every turn would jump."""
    tone = np.sin(2 * np.pi * 220.5 * np.arange(RATE) / RATE, dtype=np.float64)
    files = sounds(tone=Sound((0.5 * tone[None]).astype(np.float32), RATE))
    zone = replace(ZONE, take="tone", mode="loop", loop=(0.1, 0.5051), crossfade=0.08)
    folder = tmp_path / "tone"
    folder.mkdir()
    path = sfz.write_kit(folder, Kit(name="tone", zones=(zone,)), files, RATE, "32f", lambda _share: True)
    theirs = sfizz(path, song(tmp_path / "tone.mid", [(0, 36, 127, 0), (150_000, 36, 0, 0)]))
    second = np.abs(np.diff(theirs[0, 100:149_000], 2))
    assert second.max() < 5 * (0.5 * (2 * np.pi * 220.5 / RATE) ** 2)


def test_a_level_that_integers_cannot_hold_is_given_back(tmp_path, sounds):
    loud = noise(5)
    files = sounds(a=Sound(loud.samples * np.float32(5.0), RATE))
    folder = tmp_path / "out"
    folder.mkdir()
    path = sfz.write_kit(folder, Kit(name="k", zones=(ZONE,)), files, RATE, "24", lambda _share: True)
    midi = song(tmp_path / "song.mid", [(ONSET, 36, 64, 0), (30_000, 36, 0, 0)])
    assert_alike(ours(Kit(name="k", zones=(ZONE,)), files, midi), sfizz(path, midi))


def test_another_rate_plays_alike(tmp_path, sounds):
    files = sounds(a=noise(6, rate=44_100))
    folder = tmp_path / "out"
    folder.mkdir()
    path = sfz.write_kit(folder, Kit(name="k", zones=(ZONE,)), files, 44_100, "24", lambda _share: True)
    midi = song(tmp_path / "song.mid", [(ONSET, 36, 127, 0), (30_000, 36, 0, 0)])
    assert_alike(ours(Kit(name="k", zones=(ZONE,)), files, midi), sfizz(path, midi), residual_db=-20.0)


def test_sfizz_reads_what_was_written(tmp_path, sounds):
    zone = replace(ZONE, take="long", mode="loop", loop=(0.25, 0.5), tune=-1_234.5, choke=3, softest=5, loudest=99)
    folder = tmp_path / "out"
    folder.mkdir()
    files = sounds(long=noise(4, 1.0))
    path = sfz.write_kit(folder, Kit(name="k", zones=(zone,)), files, RATE, "24", lambda _share: True)
    region = loaded(path).get_region_data(0)
    assert (region["lokey"], region["hikey"], region["key"]) == (36, 36, 36)
    assert round(127 * region["lovel"]) == 5
    assert int(127 * region["hivel"] - 1e-3) == 99  # sfizz holds the end of the range, below 100
    assert (region["loop_start"], region["loop_end"]) == (12_000, 23_999)
    assert region["pitch_keytrack"] == 0
    assert 100 * region["transpose"] + region["tune"] == pytest.approx(-1_234.5, abs=0.01)
    assert Path(str(region["sample_id"])).name == "long_loop.wav"


@pytest.mark.parametrize("seed", [0, 1, pytest.param(2, marks=pytest.mark.long)])
def test_a_random_kit_plays_a_random_song_alike(tmp_path, sounds, seed):
    dice = np.random.default_rng(seed)
    files = sounds(**{f"t{n}": noise(n + 10 * seed, 0.2, 1 + n % 2) for n in range(5)})
    zones = tuple(
        Zone(
            take=f"t{dice.integers(5)}",
            low=36 + n % 4,
            high=36 + n % 4 + int(dice.integers(3)),
            root=38,
            tracking=bool(dice.integers(2)),
            tune=float(dice.uniform(-200, 200)),
            touch=float(dice.uniform()),
            pan=float(dice.uniform(-1, 1)),
            gain_db=float(dice.uniform(-12, 0)),
            round_robin=int(dice.integers(3)),
        )
        for n in range(8)
    )
    kit = Kit(name="kit", zones=zones)
    folder = tmp_path / "out"
    folder.mkdir()
    path = sfz.write_kit(folder, kit, files, RATE, "32f", lambda _share: True)
    strikes = [(ONSET + 12_000 * n, 36 + int(dice.integers(5)), int(dice.integers(20, 128)), 0) for n in range(40)]
    midi = song(tmp_path / "song.mid", strikes)
    assert_alike(ours(kit, files, midi), sfizz(path, midi), residual_db=-18.0)
