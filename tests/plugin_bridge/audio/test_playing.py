"""Kit, MIDI and mixer together, without a device: no note sticks, loops turn, sounds change places."""

from __future__ import annotations

import itertools

import mido
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugin_bridge.audio.bounce import bounce
from plugin_bridge.audio.desk import Desk
from plugin_bridge.audio.driver import PAIRS
from plugin_bridge.audio.errors import NotLoaded
from plugin_bridge.audio.interpolate import GUARD
from plugin_bridge.audio.pool import Pool
from plugin_bridge.audio.protocol import Monitor
from plugin_bridge.audio.voices import AUDITION, Start
from presets.errors import InvalidRequest, UnreadableFile
from presets.export import wav
from presets.schema import Kit, Zone
from presets.sound import Sound

RATE = 48_000
BLOCK = 128


def desk_of(tmp_path, kit, sounds, **monitor):
    """A desk with a kit and its sounds, all in the DAW's outputs."""
    desk = Desk(RATE, 64, 64, Monitor(**({"hear": "both"} | monitor)))
    for take, samples in sounds.items():
        path = tmp_path / f"{take}.wav"
        wav.write(path, Sound(np.atleast_2d(samples).astype(np.float32), RATE), depth="32f", overwrite=True)
        desk.load(take, path)
    assert desk.use_kit(kit) == ()
    return desk


def run(desk, frames, events=(), block=BLOCK):
    """(pairs, frames) of the outputs."""
    out, events = [], sorted(events)
    for first in range(0, frames, block):
        now = [(at - first, data) for at, data in events if first <= at < first + block]
        out.append(desk.mixer(block, now).outputs.copy())
    return np.concatenate(out, axis=1)[:, :frames]


def noise(frames, seed=0):
    return np.random.default_rng(seed).uniform(-0.3, 0.3, (2, frames)).astype(np.float32)


def on(note, velocity=127, channel=0):
    return bytes((0x90 + channel, note, velocity))


def off(note, channel=0):
    return bytes((0x80 + channel, note, 64))


EVERYTHING = Kit(
    name="everything",
    zones=(
        Zone(take="a", low=0, high=40, root=20, tracking=True, mode="gate", round_robin=1, output=2),
        Zone(take="b", low=0, high=60, root=30, tracking=True, mode="loop", loop=(0.01, 0.05), round_robin=2),
        Zone(take="a", low=41, high=127, root=64, choke=1, softest=64, pan=-0.7),
        Zone(take="b", low=50, high=90, root=64, choke=1, mode="gate", attack=0.01, channel=3, output=16),
    ),
)


@pytest.mark.parametrize("seed", range(3))
def test_ten_thousand_random_notes_leave_no_voice(tmp_path, seed):
    desk = desk_of(tmp_path, EVERYTHING, {"a": noise(4000), "b": noise(5000, 1)})
    draw = np.random.default_rng(seed)
    kinds = np.array([0x90, 0x90, 0x90, 0x80, 0x80, 0xB0, 0xE0, 0xC0, 0xF8, 0xD0])
    for _ in range(10_000 // 8):
        events = []
        for offset in sorted(draw.integers(0, BLOCK, 8)):
            kind = int(draw.choice(kinds))
            number = int(draw.choice([7, 10, 11, 64, 120, 123])) if kind == 0xB0 else int(draw.integers(0, 128))
            data = bytes(
                (kind | int(draw.integers(0, 16)), 0 if kind == 0xC0 else number, int(draw.integers(128)))
            )
            events.append((int(offset), data[: 2 if kind in (0xC0, 0xD0) else 3] if kind != 0xF8 else b"\xf8"))
        desk.mixer(BLOCK, events)
        assert desk.mixer.voices.playing() <= 64
    ends = [(0, bytes((0xB0 + channel, number, 0))) for channel in range(16) for number in (64, 123)]
    desk.mixer(BLOCK, ends)
    run(desk, RATE)
    assert desk.mixer.voices.silent()
    assert desk.mixer.meters.faults == 0


@given(st.lists(st.tuples(st.integers(0, BLOCK - 1), st.binary(max_size=5)), max_size=20))
@settings(max_examples=50, deadline=None)
def test_whatever_comes_in_no_block_fails(tmp_path_factory, events):
    desk = desk_of(tmp_path_factory.mktemp("desk"), EVERYTHING, {"a": noise(400), "b": noise(5000, 1)})
    desk.mixer(BLOCK, sorted(events))
    run(desk, 1024)
    assert desk.mixer.meters.faults == 0


def test_velocity_pan_output_and_channel_are_heard(tmp_path):
    sound = noise(1000)
    kit = Kit(
        name="k",
        zones=(
            Zone(take="a", low=1, high=1, root=1, output=3),
            Zone(take="a", low=2, high=2, root=2, pan=1.0, touch=0.0),
            Zone(take="a", low=3, high=3, root=3, channel=5),
        ),
    )
    desk = desk_of(tmp_path, kit, {"a": sound})
    out = run(desk, 4096, [(0, on(1)), (1100, on(2, 1)), (2200, on(3)), (3000, on(3, channel=4))])
    assert np.array_equal(out[2, :1000].real, sound[0])
    assert np.array_equal(out[0, 1100:2100].imag, sound[1])
    assert not out[0, 1100:2100].real.any()
    assert not out[:, 2200:3000].any()
    assert np.array_equal(out[0, 3000:4000].real, sound[0])
    soft = run(desk, 1024, [(0, on(1, 64))])
    assert np.allclose(soft[2, :1000].real, sound[0] * (64 / 127) ** 2, atol=1e-6)


def test_a_wheel_bends_by_the_kits_range(tmp_path):
    wave = 0.3 * np.sin(2 * np.pi * 1000 * np.arange(RATE) / RATE)
    kit = Kit(name="k", bend=12.0, zones=(Zone(take="a", low=1, high=1, root=1),))
    desk = desk_of(tmp_path, kit, {"a": wave})
    out = run(desk, RATE // 4, [(0, bytes((0xE0, 127, 127))), (10, on(1))])[0].real
    spectrum = np.abs(np.fft.rfft(out[200:] * np.hanning(out.size - 200)))
    assert spectrum.argmax() * RATE / (out.size - 200) == pytest.approx(2000, rel=2e-3)


def test_the_pedal_holds_and_lets_go(tmp_path):
    kit = Kit(name="k", zones=(Zone(take="a", low=1, high=1, root=1, mode="gate", release=0.001),))
    desk = desk_of(tmp_path, kit, {"a": np.full(RATE, 0.5)})
    told = [(0, bytes((0xB0, 64, 127))), (1, on(1)), (500, off(1)), (3000, bytes((0xB0, 64, 0)))]
    out = run(desk, 4096, told)[0].real
    assert (out[100:3000] == 0.5).all()
    assert not out[3100:].any()


def test_a_crossfaded_loop_of_noise_has_no_step(tmp_path):
    """At the seam the sound continues as well as anywhere else: its largest step is no larger than inside."""
    rolling = np.cumsum(np.random.default_rng(4).normal(0, 0.003, RATE)) % 0.8 * 0.5
    rolling = np.convolve(rolling, np.ones(256) / 256, "same")
    kit = Kit(
        name="k", zones=(Zone(take="a", low=1, high=1, root=1, mode="loop", loop=(0.3, 0.6), crossfade=0.1),)
    )
    desk = desk_of(tmp_path, kit, {"a": rolling})
    out = run(desk, RATE * 2, [(0, on(1))])[0].real
    seams = [round(0.6 * RATE) + turn * round(0.3 * RATE) for turn in range(3)]
    inside = np.abs(np.diff(out[1000 : round(0.5 * RATE)])).max()
    for seam in seams:
        assert np.abs(np.diff(out[seam - 4 : seam + 4])).max() <= 1.5 * inside
    assert out[-1000:].any()


def test_a_replaced_sound_is_new_at_the_next_hit_and_its_room_comes_back(tmp_path):
    kit = Kit(name="k", zones=(Zone(take="a", low=1, high=1, root=1),))
    first, second = noise(4000), noise(3000, 7)
    desk = desk_of(tmp_path, kit, {"a": first})
    began = run(desk, 1024, [(0, on(1))])[0]
    path = tmp_path / "new.wav"
    wav.write(path, Sound(second, RATE), depth="32f")
    used = desk.pool.used
    desk.load("a", path)
    went_on = run(desk, 4096)[0]
    assert np.array_equal(np.concatenate([began, went_on]).real[:4000], first[0])
    assert desk.pool.used > used
    desk.sweep()
    assert desk.pool.used == used - 8 * 1000
    assert np.array_equal(run(desk, 4096, [(0, on(1))])[0].real[:3000], second[0])


@given(st.lists(st.integers(1, 3000), min_size=1, max_size=40), st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_the_pool_never_overlaps_and_ends_empty(sizes, draw):
    pool = Pool(1)
    empty = pool.used
    here = []
    for size in sizes:
        try:
            here.append((pool.take(size), size))
        except NotLoaded:
            pool.give(*here.pop(draw.randrange(len(here))))
        spans = sorted((first - GUARD, first + count + GUARD) for first, count in here)
        assert all(end <= begin for (_, end), (begin, _) in itertools.pairwise(spans))
    for first, size in here:
        pool.give(first, size)
    assert pool.used == empty


def test_a_sound_too_short_for_its_loop_silences_its_zone_and_nothing_plays_what_was_given_back(tmp_path):
    zones = (
        Zone(take="a", low=1, high=1, root=1, mode="loop", loop=(0.3, 0.5)),
        Zone(take="a", low=2, high=2, root=2),
    )
    desk = desk_of(tmp_path, Kit(name="k", zones=zones), {"a": noise(RATE)})
    run(desk, 1024, [(0, on(1)), (512, off(1))])
    run(desk, 4096)
    path = tmp_path / "short.wav"
    short = noise(1000, 3)
    wav.write(path, Sound(short, RATE), depth="32f")
    with pytest.raises(NotLoaded, match="loop"):
        desk.load("a", path)
    run(desk, 4096)
    desk.sweep()
    assert not run(desk, 2048, [(0, on(1))]).any()
    assert np.array_equal(run(desk, 2048, [(0, on(2))])[0].real[:1000], short[0])


def test_hear_here_daw_and_both(tmp_path):
    kit = Kit(name="k", zones=(Zone(take="a", low=1, high=1, root=1),))
    for hear, daw, ears in (("here", False, True), ("daw", True, False), ("both", True, True)):
        desk = desk_of(tmp_path, kit, {"a": noise(2000)}, hear=hear)
        desk.mixer(BLOCK, [(0, on(1))])
        heard = [desk.mixer(BLOCK, ()) for _ in range(3)]
        assert bool(np.any(heard[-1].outputs)) == daw, hear
        assert bool(np.any(heard[-1].monitor)) == ears, hear


def test_a_mixer_that_fails_is_silent_and_says_so(tmp_path, monkeypatch):
    desk = desk_of(tmp_path, EVERYTHING, {"a": noise(4000), "b": noise(5000, 1)})
    desk.mixer.voices.start(Start(first=8, length=100, bus=AUDITION), 0)
    monkeypatch.setattr(desk.mixer.voices, "render", lambda *_: 1 / 0)
    buses = desk.mixer(BLOCK, ())
    assert not buses.outputs.any()
    assert not buses.monitor.any()
    assert desk.mixer.meters.faults == 1


def midi_file(path, notes, tempo=120, ppq=480):
    """A file of (beat, note, velocity), each half a beat long."""
    file = mido.MidiFile(ticks_per_beat=ppq)
    track = file.add_track()
    track.append(mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(tempo)))
    events = [(int(beat * ppq), on(note, velocity)) for beat, note, velocity in notes]
    events += [(int((beat + 0.5) * ppq), off(note)) for beat, note, _ in notes]
    before = 0
    for tick, data in sorted(events):
        track.append(mido.Message.from_bytes(data, time=tick - before))
        before = tick
    file.save(path)
    return path


def test_a_bounce_prints_every_onset_at_its_frame_and_its_stems_add_up(tmp_path):
    sounds = {"a": noise(3000), "b": noise(2500, 1)}
    kit = Kit(name="k", zones=tuple(Zone(take=t, low=n, high=n, root=n) for n, t in ((36, "a"), (37, "b"))))
    paths = {}
    for take, samples in sounds.items():
        paths[take] = tmp_path / f"{take}.wav"
        wav.write(paths[take], Sound(samples, RATE), depth="32f")
    part = midi_file(tmp_path / "part.mid", [(0, 36, 127), (1, 37, 127), (1.25, 36, 127), (9, 37, 127)], tempo=90)
    (whole,) = bounce(kit, paths, part)
    want = np.zeros_like(whole.sound.samples)
    for beat, take in ((0, "a"), (1, "b"), (1.25, "a"), (9, "b")):
        at = round(beat * 60 / 90 * RATE)
        want[:, at : at + sounds[take].shape[1]] += sounds[take]
    assert np.array_equal(whole.sound.samples, want)
    stems = bounce(kit, paths, part, by="takes")
    assert [stem.name for stem in stems] == ["a", "b"]
    assert np.array_equal(sum(stem.sound.samples for stem in stems), want)


def test_a_bounce_says_what_is_wrong(tmp_path):
    kit = Kit(name="k", zones=(Zone(take="a", low=1, high=1, root=1),))
    path = tmp_path / "a.wav"
    wav.write(path, Sound(noise(100), RATE), depth="32f")
    junk = tmp_path / "junk.mid"
    junk.write_bytes(b"MThd\0\0\0\6junk")
    with pytest.raises(UnreadableFile, match=r"junk\.mid"):
        bounce(kit, {"a": path}, junk)
    with pytest.raises(UnreadableFile, match="nowhere"):
        bounce(kit, {"a": path}, tmp_path / "nowhere.mid")
    with pytest.raises(InvalidRequest, match="no notes"):
        bounce(kit, {"a": path}, midi_file(tmp_path / "empty.mid", []))
    with pytest.raises(NotLoaded, match="'a'"):
        bounce(kit, {}, midi_file(tmp_path / "part.mid", [(0, 1, 100)]))
    assert bounce(kit, {"a": path}, tmp_path / "part.mid", progress=lambda _share: False) == []


def test_many_takes_get_a_stem_each(tmp_path):
    takes = [f"t{number}" for number in range(PAIRS + 3)]
    kit = Kit(name="k", zones=tuple(Zone(take=t, low=40 + n, high=40 + n, root=40) for n, t in enumerate(takes)))
    paths = {}
    for number, take in enumerate(takes):
        paths[take] = tmp_path / f"{take}.wav"
        wav.write(paths[take], Sound(noise(500, number), RATE), depth="32f")
    part = midi_file(tmp_path / "p.mid", [(n, 40 + n, 127) for n in range(len(takes))])
    stems = bounce(kit, paths, part, by="takes")
    assert [stem.name for stem in stems] == takes
    for number, stem in enumerate(stems):
        at = number * RATE // 2
        assert np.array_equal(stem.sound.samples[:, at : at + 500], noise(500, number))


def test_a_program_that_no_kit_has_changes_nothing_and_panic_leaves_a_kit_that_plays(tmp_path):
    sounds = {"a": noise(500), "b": noise(500, 1)}
    desk = desk_of(tmp_path, Kit(name="first", program=3, zones=(Zone(take="a", low=1, high=1, root=1),)), sounds)
    desk.use_kit(Kit(name="second", program=5, zones=(Zone(take="b", low=1, high=1, root=1),)))

    def heard(*before):
        return run(desk, 1024, [(0, bytes(data)) for data in before] + [(1, on(1))])[0, 1:501]

    first, second = (sounds[take][0] + 1j * sounds[take][1] for take in "ab")
    assert np.array_equal(heard(), first)  # the first kit that came plays, whatever its program is
    assert np.array_equal(heard((0xC0, 0), (0xC7, 99)), first)
    assert np.array_equal(heard((0xC0, 5)), second)
    assert np.array_equal(heard((0xC0, 77)), second)
    desk.mixer.say(desk.mixer.player.stop, "panic")
    assert np.array_equal(heard(), second)
    assert desk.mixer.player.program == 5


def test_another_rate_knows_every_kit_again_also_an_empty_one(tmp_path):
    desk = desk_of(tmp_path, Kit(name="k", zones=(Zone(take="a", low=1, high=1, root=1),)), {"a": noise(500)})
    desk.use_kit(Kit(name="empty", program=9))
    run(desk, BLOCK, [(0, bytes((0xC0, 9)))])
    moved = desk.moved_to(96_000, 64, 64, Monitor())
    run(moved, BLOCK)
    assert moved.mixer.player.program == 9
    assert run(moved, 1024, [(0, bytes((0xC0, 0))), (1, on(1))]).any()
