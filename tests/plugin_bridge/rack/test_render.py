"""Chain(Edit(Sound)): stretches and tails, what is inherited, and that the cache gives what rendering gives."""

from __future__ import annotations

import os

import numpy as np
import pytest
from msgspec.structs import replace

from plugin_bridge.rack.cache import Cache, key_of
from plugin_bridge.rack.chain import LiveChain
from plugin_bridge.rack.effects import new_slot
from plugin_bridge.rack.render import Abandoned, render, stretches, with_tails
from presets import edit as edits
from presets.chains import tails_of, without_tails
from presets.errors import InvalidRequest
from presets.export.wet import Printed, read
from presets.schema import Chain, Edit, Slot
from presets.sound import Sound
from tests.plugin_bridge.rack.live_effects import Loads, loader, needs_zam
from tests.plugin_bridge.rack.sounds import RATE, noise

SOUND = noise(1.0, 1)
EDIT = Edit(start=0.1, length=0.5, fade_in=0.01, fade_out=0.05, gain_db=-3.0)
REVERB, REVERSE, GAIN, DELAY = (new_slot(effect) for effect in ("reverb", "reverse", "gain", "delay"))
REVERB = replace(REVERB, mix=1.0)
GATE = Slot(effect="ZamGateX2", format="vst3")


def chain(*slots):
    return Chain(slots=slots)


@pytest.fixture
def through():
    """Renders a sound through slots."""
    opened = []

    def go(*slots, sound=SOUND, edit=EDIT, load=None, **options):
        live = LiveChain(load or loader())
        opened.append(live)
        live.use(chain(*slots))
        return render(live, sound, edit, **options)

    yield go
    for live in opened:
        live.close()


def test_an_empty_chain_is_the_edited_sound(through):
    for match in (0.0, 6.0):
        wet = through(match_db=match)
        assert wet.sound.checksum() == edits.apply(SOUND, EDIT, match).checksum()
        assert wet.printed == Printed(chain=chain())
    assert through(edit=None).sound.checksum() == SOUND.checksum()


@pytest.mark.parametrize("slot", [replace(REVERB, enabled=False), replace(REVERSE, mix=0.0), GAIN])
def test_what_does_nothing_changes_no_bit_and_no_length(through, slot):
    assert through(slot).sound.checksum() == through().sound.checksum()


def test_a_reverb_rings_out_and_is_deterministic(through):
    one, other = through(REVERB), through(REVERB)
    assert one.printed.tail > 0.5
    assert one.sound.seconds == pytest.approx(EDIT.length + one.printed.tail)
    assert one.sound.checksum() == other.sound.checksum()
    assert np.abs(one.sound.samples[:, -1]).max() >= 1e-4
    assert one.sound.rate == RATE


def test_a_refined_version_inherits_the_tail(through):
    draft = through(REVERB, DELAY)
    refined = noise(1.0, 1, seed=2, level=0.01)
    wet = through(REVERB, DELAY, sound=refined, tails=draft.printed.tails)
    assert wet.sound.frames == draft.sound.frames
    assert wet.printed.tails == draft.printed.tails
    assert through(REVERB, DELAY, sound=refined).sound.frames < draft.sound.frames
    again = through(REVERB, DELAY, tails=draft.printed.tails)
    assert again.sound.checksum() == draft.sound.checksum()


def test_tails_of_another_chain_are_refused(through):
    with pytest.raises(InvalidRequest, match="stretches"):
        through(REVERB, tails=(1.0, 2.0))


def test_a_reversed_reverb_begins_with_its_tail(through):
    wet, back = through(REVERB), through(REVERB, REVERSE)
    assert np.array_equal(back.sound.samples, wet.sound.samples[:, ::-1])
    assert through(REVERSE).sound.frames == through().sound.frames
    assert len(back.printed.tails) == 2


def test_stretches_part_at_what_needs_the_whole_sound():
    off = replace(GAIN, enabled=False)
    assert stretches([GAIN, REVERB, off, DELAY]) == [(0, 1, 3)]
    assert stretches([GAIN, REVERSE, REVERB, REVERSE]) == [(0,), (1,), (2,), (3,)]
    assert stretches([off]) == []


def test_a_chain_carries_its_tails():
    held = with_tails(chain(REVERB, REVERSE, DELAY), (1.5, 0.0, 2.5))
    assert tails_of(held) == (1.5, 0.0, 2.5)
    assert tails_of(chain(REVERB)) is None
    assert without_tails(held) == chain(REVERB, REVERSE, DELAY)


def test_mono_stays_mono_until_a_slot_widens_it(through):
    assert through(REVERB, GAIN).sound.channels == 1
    assert through(REVERB, new_slot("stereo"), GAIN).sound.channels == 2
    assert through(new_slot("stereo"), new_slot("mono")).sound.channels == 1


def test_a_missing_plug_in_is_told_and_the_rest_is_heard(through):
    wet = through(Slot(effect="gone", format="vst3"), new_slot("gain", gain=1.0))
    assert [slot.enabled for slot in wet.printed.chain.slots] == [False, True]
    assert "gone is bypassed" in wet.printed.remarks[0]
    assert wet.sound.peak_db > through().sound.peak_db + 20


def test_an_endless_tail_is_told(through):
    loads = Loads()
    live = LiveChain(loads)
    live.use(chain(Slot(effect="scale", format="vst3")))
    loads.made[0].breaks = lambda samples: samples + np.float32(0.1)
    wet = render(live, noise(0.1, 1, rate=8000))
    live.close()
    assert wet.printed.tail == 30.0
    assert "faded out after 30 s" in wet.printed.remarks[0]


def test_it_is_abandoned_between_two_effects():
    loads, asked = Loads(), []
    live = LiveChain(loads)
    live.use(chain(*[Slot(effect="scale", format="vst3")] * 3))

    def cancelled():
        asked.append(1)
        return len(asked) == 2

    with pytest.raises(Abandoned):
        render(live, SOUND, cancelled=cancelled)
    live.close()
    assert len(asked) == 2


@needs_zam
def test_real_plug_ins_render_the_same_each_time(through):
    slots = (GATE, REVERB, Slot(effect="ZaMaximX2", format="vst3"))
    one, other = through(*slots, sound=noise()), through(*slots, sound=noise())
    assert not one.printed.remarks
    assert one.sound.checksum() == other.sound.checksum()


@needs_zam
def test_latency_is_taken_away_to_the_frame(through):
    """ZaMaximX2 is 480 frames late; what it gives must lie over what it got, silence and tail included."""
    samples = np.zeros((2, RATE), np.float32)
    samples[:, 1000] = 0.001
    wet = through(Slot(effect="ZaMaximX2", format="vst3"), sound=Sound(samples, RATE), edit=None)
    assert np.argmax(np.abs(wet.sound.samples[0])) == 1000


# ── the cache ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_cache_gives_what_rendering_gives(through, tmp_path):
    cache = Cache(tmp_path / "wet")
    wet = through(REVERB, REVERSE)
    key = key_of(SOUND.checksum(), EDIT, 0.0, chain(REVERB, REVERSE))
    assert cache.find(key) is None
    kept, found = cache.keep(key, *wet), Cache(tmp_path / "wet").find(key)
    assert found == kept
    sound, printed = read(found.path)
    assert (sound.checksum(), printed) == (wet.sound.checksum(), wet.printed)


@pytest.mark.parametrize("change", [
    {"content": "other"}, {"edit": replace(EDIT, length=0.6)}, {"edit": None}, {"match_db": 1.0},
    {"chain": Chain(slots=(replace(REVERB, mix=0.9),))}, {"chain": Chain(slots=(replace(GATE, state=b"1"),))},
    {"tails": (1.0,)},
])  # fmt: skip
def test_whatever_is_heard_has_a_key_of_its_own(change):
    given = {"content": "one", "edit": EDIT, "match_db": 0.0, "chain": chain(REVERB), "tails": None}
    assert key_of(**given) == key_of(**given)
    assert key_of(**given | change) != key_of(**given)


@pytest.mark.parametrize("damage", [lambda data: data[: len(data) // 2], lambda data: b"", lambda data: b"x" * 99])
def test_a_damaged_file_counts_as_missing(through, tmp_path, damage):
    cache = Cache(tmp_path)
    path = cache.keep("k", *through(GAIN)).path
    path.write_bytes(damage(path.read_bytes()))
    assert cache.find("k") is None
    assert not path.exists()


def test_the_cache_stays_within_its_size_and_keeps_what_was_wanted_last(through, tmp_path):
    wet = through(GAIN)
    one = Cache(tmp_path).keep("a", *wet).path.stat().st_size
    cache = Cache(tmp_path, megabytes=3.5 * one / 2**20)
    for place, key in enumerate("abc"):
        os.utime(cache.keep(key, *wet).path, (place, place))
    assert cache.find("a")
    cache.keep("d", *wet)
    assert cache.find("b") is None
    assert all(cache.find(key) for key in "acd")
    big = Cache(tmp_path, megabytes=0.001)
    assert big.keep(None, *wet).path.exists()
    assert len(list(tmp_path.glob("*.wav"))) == 1
