"""What a loaded plug-in is: knobs, state, sound. Real plug-ins, each in its process, because some end theirs."""

from __future__ import annotations

import sys
import zlib

import numpy as np
import pytest

from plugin_bridge.rack.errors import PluginBroken, PluginMissing, PluginRefused
from plugin_bridge.rack.hidden import is_wiring, knobs
from plugin_bridge.rack.hosted import HostedPlugin
from presets.errors import InvalidRequest
from tests.plugin_bridge.rack.hosting import PATIENCE, bundle, noise
from tests.plugin_bridge.rack.odd_plugins import deed, odd_plugin

RATE = 48_000
KNOBS = {
    "ZamGateX2": "attack release threshold makeup sidechain max_gate_close mode_open_shut",
    "ZaMaximX2": "release output_ceiling threshold",
    "ZamHeadX2": "azimuth elevation width",
    "ZamDelay": "invert time sync_bpm lpf divisor output_gain dry_wet feedback",
    "ZamGrains": "output_gain grains grain_speed play_speed loop_time freeze",
    "ZamComp": "attack release knee ratio threshold makeup slew sidechain",
    "ZamAutoSat": "",
}
"""All that a person can turn: neither wiring (buffer size, program) nor meters (levels, gain reduction)."""

SOUNDING = ("ZamGateX2", "ZaMaximX2", "ZamHeadX2", "ZamDelay", "ZamTube", "ZamGrains", "ZaMultiCompX2")
"""Echoes, filters that a reset leaves behind, look-ahead, tubes that do not clear: all that may leak or differ."""


def turned(plugin, seed):
    """Turn every knob to a place of its own; the plug-in's state then."""
    places = np.random.default_rng(seed)
    for knob in plugin.parameters():
        plugin.set(knob.id, float(places.uniform(0.05, 0.95)))
    return plugin.state()


@pytest.mark.parametrize("name", KNOBS)
def test_only_what_can_be_turned_is_shown(hosted, name):
    assert [p.id for p in hosted(name).parameters()] == KNOBS[name].split()


def test_meters_are_known_by_the_state_and_not_by_their_flag(hosted):
    # Its gain reductions say that they can be automated; its outputs say that they cannot.
    ids = [p.id for p in hosted("ZaMultiComp").parameters()]
    assert len(ids) == 27
    assert not any("gain_reduction" in knob or knob.startswith("output") for knob in ids)


def test_wiring_of_frameworks_is_known_by_name():
    assert is_wiring("Buffer Size", "frames")
    assert is_wiring("MIDI CC 3|127", "")
    assert is_wiring("", "dB")
    assert not is_wiring("Buffer Size", "ms")
    assert not is_wiring("Bypass", "")
    assert knobs([], lambda *_: b"") == []


def test_a_knob_says_what_it_is_and_stands_where_it_says(hosted):
    plugin = hosted("ZamGateX2")
    threshold = plugin.set("threshold", 0.75)
    assert (threshold.name, threshold.text, threshold.unit, threshold.steps) == ("Threshold", "-15", "dB", 0)
    assert plugin.parameters()[2] == threshold
    switch = plugin.set("mode_open_shut", 0.7)
    assert (switch.value, switch.steps) == (1.0, 2)
    assert hosted("ZamTube").set("tone_stack_model", 0.7).text == "Ampeg Reverb Rocket"


def test_a_knob_that_is_not_there_or_a_place_outside_is_refused_and_nothing_moves(hosted):
    plugin = hosted("ZamGateX2")
    before = plugin.parameters()
    for knob, value in (("buffer_size", 0.5), ("nothing", 0.5), ("threshold", 1.5), ("threshold", float("nan"))):
        with pytest.raises(InvalidRequest):
            plugin.set(knob, value)
    assert plugin.parameters() == before


@pytest.mark.parametrize("name", SOUNDING)
def test_a_state_restored_elsewhere_sounds_the_same_to_the_bit(hosted, name):
    """And knobs, and what came before, in both: whatever a sound leaves behind is gone before the next."""
    one, other = hosted(name), hosted(name)
    sound = noise(2, 20_000)
    states = [turned(one, seed) for seed in (1, 2)]
    wets = []
    for state in states:
        one.restore(state)
        wets.append((one.process(sound, RATE), one.parameters()))
    assert not np.array_equal(wets[0][0], sound)
    turned(other, 3)
    other.process(noise(2, 30_000, seed=9), RATE)
    for state, (wet, knobs_then) in reversed(list(zip(states, wets, strict=True))):
        other.restore(state)
        assert other.state() == state
        assert np.array_equal(other.process(sound, RATE), wet)
        assert np.array_equal(other.process(sound, RATE), wet)
        assert other.parameters() == knobs_then


def test_turning_knobs_and_restoring_their_state_are_the_same(hosted):
    one, other = hosted("ZamDelay"), hosted("ZamDelay")
    state = turned(one, 5)
    other.restore(state)
    sound = noise(1, 30_000)
    assert np.array_equal(one.process(sound, RATE), other.process(sound, RATE))


def test_another_rate_in_between_leaves_nothing_behind(hosted):
    plugin = hosted("ZamDelay")
    turned(plugin, 4)
    sound = noise(1, 20_000)
    wet = plugin.process(sound, RATE)
    plugin.process(sound, 96_000)
    assert np.array_equal(plugin.process(sound, RATE), wet)


@pytest.mark.parametrize("rate", [44_100, 48_000, 96_000])
@pytest.mark.parametrize("frames", [1, 479, 480, 512, 513, 20_000])
def test_a_limiter_with_look_ahead_that_limits_nothing_is_a_null(maximizer, frames, rate):
    """The delay of 480 frames is taken away and the end comes out whole: the difference is zero."""
    sound = noise(2, frames) * np.float32(0.1)
    assert np.array_equal(maximizer.process(sound, rate), sound)


@pytest.fixture(scope="module")
def maximizer():
    """A limiter that looks 480 frames ahead, at the settings in which it does nothing to soft sounds."""
    with HostedPlugin(bundle("ZaMaximX2"), patience=PATIENCE) as plugin:
        assert plugin.about.latency == 480
        yield plugin


def test_a_plug_in_without_delay_is_a_null_too(hosted):
    plugin = hosted("ZamEQ2")  # one that passes everything at its defaults but for rounding
    sound = noise(1, 10_000)
    assert np.abs(plugin.process(sound, RATE) - sound).max() < 1e-4


def test_a_longer_sound_begins_with_the_shorter_one(hosted):
    plugin = hosted("ZaMaximX2")
    turned(plugin, 6)
    long = noise(2, 9_000)
    wet = plugin.process(long, RATE)
    short = plugin.process(np.concatenate((long[:, :5_000], np.zeros((2, 1_000), np.float32)), axis=1), RATE)
    assert np.array_equal(short[:, :4_000], wet[:, :4_000])


def test_a_mono_effect_gets_each_channel_alone(hosted):
    plugin = hosted("ZamDelay")
    turned(plugin, 2)
    sound = noise(3, 20_000)
    wet = plugin.process(sound, RATE)
    assert wet.shape == sound.shape
    for channel in range(3):
        assert np.array_equal(plugin.process(sound[channel : channel + 1], RATE)[0], wet[channel])


def test_mono_stays_mono_until_an_effect_widens_it(hosted):
    mono = noise(1, 10_000)
    plugin = hosted("ZamHeadX2")  # places a sound in space
    plugin.set("azimuth", 0.25)
    centre = plugin.process(mono, RATE)
    plugin.set("azimuth", 0.6)
    plugin.set("width", 1.0)
    aside = plugin.process(mono, RATE)
    alike = hosted("ZaMaximX2")
    alike.set("threshold", 0.3)
    assert alike.process(mono, RATE).shape == (1, 10_000)
    assert centre.shape[0] in (1, 2)
    assert aside.shape == (2, 10_000)
    assert not np.array_equal(aside[0], aside[1])


def test_channels_that_an_effect_does_not_take_are_refused(hosted):
    with pytest.raises(PluginRefused, match="one or two channels, not 6"):
        hosted("ZamGateX2").process(noise(6, 1_000), RATE)


def test_no_frames_are_no_frames(hosted):
    assert hosted("ZamGateX2").process(noise(2, 0), RATE).shape == (2, 0)


@pytest.mark.parametrize("junk", [b"", b"junk", b"VC2!", b"VC2!\x10\x00\x00\x00<?xml junk"])
def test_junk_is_no_state_and_changes_nothing(hosted, junk):
    plugin = hosted("ZamGateX2")
    plugin.set("threshold", 0.5)
    before = plugin.state()
    with pytest.raises(PluginRefused):
        plugin.restore(junk)
    assert plugin.state() == before


def test_what_is_no_plug_in_is_told_apart(tmp_path):
    empty = tmp_path / "empty.vst3"
    empty.write_bytes(b"")
    noise_file = tmp_path / "noise.vst3"
    noise_file.write_bytes(zlib.compress(bytes(5_000)))
    with pytest.raises(PluginMissing, match="no plug-in at"):
        HostedPlugin(tmp_path / "away.vst3", patience=PATIENCE)
    for path in (empty, noise_file):
        with pytest.raises(PluginBroken, match="cannot be loaded"):
            HostedPlugin(path, patience=PATIENCE)
    if sys.platform != "darwin":
        component = tmp_path / "x.component"
        component.mkdir()
        with pytest.raises(PluginBroken, match="macOS only"):
            HostedPlugin(component, patience=PATIENCE)


def test_a_bundle_of_several_needs_a_name_that_is_in_it(monkeypatch, tmp_path):
    """There is no such bundle here, so the words are pedalboard's and the bundle is not."""
    from plugin_bridge.rack import loading

    said = (
        'To open a specific plugin within this file, pass a "plugin_name" …:\n\t"Waves One"\n\t"Waves \\"Two\\""'
    )

    def refuse(path, plugin_name, initialization_timeout):
        raise ValueError(f"Plugin file {path} contains 2 plugins. {said}")

    monkeypatch.setattr(loading.pedalboard, "VST3Plugin", refuse)
    shell = tmp_path / "Shell.vst3"
    shell.write_bytes(b"")
    for name, words in (
        ("", "several plug-ins; say which: Waves One, "),
        ("Three", "no plug-in called Three; it holds"),
    ):
        with pytest.raises(PluginMissing, match=words):
            loading.load(shell, name)


def test_a_bundle_of_one_is_not_taken_for_another():
    with pytest.raises(PluginMissing, match="no plug-in called ZamComp; it holds ZamGateX2"):
        HostedPlugin(bundle("ZamGateX2"), "ZamComp", patience=PATIENCE)


def test_an_instrument_is_refused_with_advice():
    with pytest.raises(PluginBroken, match="Player is an instrument"):
        HostedPlugin(odd_plugin("Player"), patience=PATIENCE)


@pytest.mark.long
def test_an_effect_that_makes_two_channels_of_one_only_is_refused_with_advice():
    with pytest.raises(PluginBroken, match=r"Widener cannot be used here: .* Choose its stereo version"):
        HostedPlugin(odd_plugin("Widener"), patience=PATIENCE)


def test_samples_that_are_no_numbers_are_not_passed_on(hosted):
    plugin = hosted("Odd")
    plugin.set("deed", deed("nan"))
    with pytest.raises(PluginRefused, match="no numbers"):
        plugin.process(noise(2, 1_000), RATE)
    plugin.set("deed", deed("none"))
    sound = noise(2, 1_000)
    assert np.array_equal(plugin.process(sound, RATE), sound)
