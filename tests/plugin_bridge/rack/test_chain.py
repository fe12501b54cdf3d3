"""A chain of live effects: order, mix, what is saved, and that none of them can hurt the rest."""

from __future__ import annotations

import os
import signal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from plugin_bridge.rack.chain import LiveChain, mixed
from plugin_bridge.rack.effects import new_slot
from plugin_bridge.rack.errors import PluginDied, PluginRefused
from presets.errors import InvalidRequest
from presets.schema import Chain, Slot
from tests.plugin_bridge.rack.live_effects import Loads, loader, needs_zam
from tests.plugin_bridge.rack.sounds import RATE, noise

SCALE = Slot(effect="scale", format="vst3", maker="us", effect_version="1")
SOUND = noise()


def chain(*slots):
    return Chain(slots=slots)


@pytest.fixture
def live():
    """A live chain that loads Scales; `live.made` are they, `live.failed` what was told."""
    loads, failed = Loads(), []
    made = LiveChain(loads, lambda index, sentence: failed.append((index, sentence)))
    made.made, made.failed = loads.made, failed
    yield made
    made.close()
    assert all(one.closed for one in loads.made)


def through(live, samples=SOUND.samples):
    for index in range(len(live.slots)):
        samples = live.through(index, samples, RATE)
    return samples


def test_the_order_is_the_slots(live):
    distortion, gain = new_slot("distortion"), new_slot("gain", gain=1.0)
    live.use(chain(distortion, gain))
    one = through(live)
    live.use(chain(gain, distortion))
    assert not np.allclose(one, through(live))


@pytest.mark.parametrize("change", [{"enabled": False}, {"mix": 0.0}])
@pytest.mark.parametrize("effect", ["distortion", "reverb", "mono", "stereo", "reverse", "pitch"])
def test_what_is_off_or_mixed_to_nothing_passes_every_bit(live, effect, change):
    live.use(chain(replace(new_slot(effect), **change)))
    assert np.array_equal(through(live), SOUND.samples)


@given(mix=st.floats(0, 1), dry=st.integers(1, 3), wet=st.integers(1, 3))
@settings(deadline=None, max_examples=40)
def test_a_mix_lies_between_dry_and_wet(mix, dry, wet):
    one, other = noise(0.01, dry).samples, noise(0.01, wet, seed=1).samples
    made = mixed(one, other, mix)
    channels = len(other) if mix == 1 else len(one) if mix == 0 else max(len(made), 1)
    assert made.shape == (channels, one.shape[1])
    assert np.abs(made).max() <= 0.41
    assert np.array_equal(mixed(one, one, 1.0), one)


def test_a_knob_says_where_it_stands_and_is_saved(live):
    live.use(chain(new_slot("gain"), SCALE))
    assert live.set(0, "gain", 1.0).text == "24.0"
    live.set(1, "factor", 0.25)
    saved = live.chain()
    assert saved.slots[0].parameters == {"gain": 1.0}
    assert saved.slots[0].state == b""
    assert saved.slots[1].parameters == {"factor": 0.25}
    assert saved.slots[1].state == b"scale 0.25"
    live.use(chain())
    live.use(saved)
    assert live.made[-1].factor == 0.25
    assert live.chain() == saved


def test_what_is_not_there_is_said(live):
    live.use(chain(new_slot("gain")))
    for wrong in (lambda: live.set(1, "gain", 0.5), lambda: live.reload(-1), lambda: live.adjust(9, True, 1.0)):
        with pytest.raises(InvalidRequest):
            wrong()
    with pytest.raises(PluginRefused):
        live.set(0, "level", 0.5)
    with pytest.raises(InvalidRequest, match="at most"):
        live.use(chain(*[new_slot("gain")] * 65))


@pytest.mark.parametrize("slot", [
    Slot(effect="gone", format="vst3", maker="them", state=b"theirs", parameters={"a": 0.5}),
    Slot(effect="nothing"),
    Slot(effect="convolution", files={"impulse": "0" * 32}),
    replace(new_slot("gain"), parameters={"other": 0.5}),
])  # fmt: skip
def test_a_missing_effect_is_bypassed_and_keeps_everything(live, slot):
    live.use(chain(new_slot("gain", gain=1.0), slot, SCALE))
    assert np.allclose(through(live), SOUND.samples * 10 ** (24 / 20) * 0.5, rtol=1e-4)
    assert live.slots[1].problem.startswith(f"{slot.effect} is bypassed.")
    assert live.failed[0][0] == 1
    assert live.chain().slots[1] == slot


def break_shape(samples):
    return samples[:, :-1]


def break_numbers(samples):
    return samples * np.float32(np.nan)


def break_process(samples):
    raise PluginDied("It ended itself.")


@pytest.mark.parametrize("breaks", [break_shape, break_numbers, break_process])
def test_a_broken_effect_is_bypassed_and_the_rest_goes_on(live, breaks):
    live.use(chain(SCALE, SCALE, new_slot("gain", gain=1.0)))
    live.set(0, "factor", 0.1)
    live.made[0].breaks = breaks
    assert np.allclose(through(live), SOUND.samples * 0.5 * 10 ** (24 / 20), rtol=1e-4)
    assert [index for index, _ in live.failed] == [0]
    assert np.array_equal(through(live), through(live))
    assert len(live.failed) == 1
    live.made[0].breaks = None
    live.reload(0)
    assert live.slots[0].problem == ""
    assert np.allclose(through(live), SOUND.samples * 0.05 * 10 ** (24 / 20), rtol=1e-4)


def test_a_dead_effect_keeps_its_last_good_state(live):
    live.use(chain(SCALE))
    live.set(0, "factor", 0.3)
    live.made[0].dead = True
    with pytest.raises(PluginDied):
        live.set(0, "factor", 0.9)
    assert live.parameters(0) == ()
    assert live.chain().slots[0].state == b"scale 0.3"


def test_a_state_from_elsewhere_waits_for_consent(live):
    foreign = replace(SCALE, state=b"scale 0.9", parameters={"factor": 0.2, "gone": 0.5})
    live.use(chain(foreign), foreign=[0])
    assert live.made[0].restored == 0
    assert live.made[0].factor == 0.2
    assert "Allow it" in live.slots[0].remark
    assert "gone" in live.slots[0].remark
    assert live.chain().slots[0] == foreign
    live.allow(0)
    assert live.made[0].factor == 0.9
    assert live.slots[0].remark == ""


def test_a_state_that_is_refused_gives_way_to_the_parameters(live):
    live.use(chain(replace(SCALE, state=b"older", parameters={"factor": 0.7})))
    assert live.made[0].factor == 0.7
    assert "was refused" in live.slots[0].remark


def test_plug_ins_stay_loaded_when_the_chain_changes(live):
    live.use(chain(SCALE, new_slot("gain")))
    live.set(0, "factor", 0.3)
    saved = live.chain()
    live.use(chain(new_slot("reverb"), *reversed(saved.slots)))
    assert len(live.made) == 1
    assert live.made[0].factor == 0.3
    live.use(chain(replace(saved.slots[0], state=b"scale 0.8")))
    assert len(live.made) == 1
    assert live.made[0].factor == 0.8
    live.use(chain(replace(saved.slots[0], state=b"")))
    assert len(live.made) == 2
    assert live.made[0].closed


def test_two_of_a_kind_keep_to_their_own_states(live):
    live.use(chain(SCALE, SCALE))
    live.set(0, "factor", 0.1)
    live.set(1, "factor", 0.2)
    saved = live.chain()
    live.use(chain(saved.slots[1], saved.slots[0]))
    assert [one.slot.state for one in live.slots] == [b"scale 0.2", b"scale 0.1"]
    assert [live.made.index(one.effect) for one in live.slots] == [1, 0]


# ── real plug-ins ─────────────────────────────────────────────────────────────────────────────────────────────

GATE = Slot(effect="ZamGateX2", format="vst3")
COMPRESSOR = Slot(effect="ZamCompX2", format="vst3")


@pytest.fixture
def real():
    """A live chain that loads the real zam-plugins."""
    made = LiveChain(loader())
    yield made
    made.close()


@needs_zam
def test_real_plug_ins_sound_as_they_were_saved(real):
    real.use(chain(GATE, new_slot("eq", gain_2=0.9), COMPRESSOR))
    assert [one.problem for one in real.slots] == ["", "", ""]
    knob = real.parameters(0)[0]
    real.set(0, knob.id, 0.8)
    wet, saved = through(real), real.chain()
    assert not np.array_equal(wet, SOUND.samples)
    assert saved.slots[0].state
    assert saved.slots[0].parameters[knob.id] == pytest.approx(0.8, abs=0.01)
    other = LiveChain(loader())
    try:
        other.use(saved)
        assert np.array_equal(through(other), wet)
    finally:
        other.close()


@needs_zam
def test_a_killed_plug_in_leaves_the_rest_of_the_chain_working(real):
    real.use(chain(COMPRESSOR, new_slot("gain", gain=1.0)))
    real.set(0, real.parameters(0)[0].id, 0.6)
    wet = through(real)
    os.kill(real.slots[0].effect.pid, signal.SIGKILL)
    assert np.allclose(through(real), SOUND.samples * 10 ** (24 / 20), rtol=1e-4)
    assert "ended itself" in real.slots[0].problem
    real.reload(0)
    assert np.array_equal(through(real), wet)
