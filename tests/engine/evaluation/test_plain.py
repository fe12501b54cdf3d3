"""Plain measures on sounds whose answers are known, and the attributes that rest on them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.evaluation.attributes import ATTRIBUTES, Asked, in_captions, prompts, truth
from engine.plain import SILENCE, Plain, band_hertz, levels, plain
from presets.sound import Sound

TIME = np.arange(3 * 44100) / 44100


def heard(samples: NDArray[np.float64], rate: int = 44100) -> Plain:
    return plain(levels(Sound(np.ascontiguousarray(samples[None], np.float32), rate)))


def tone(hertz: float) -> NDArray[np.float64]:
    return 0.5 * np.sin(2 * np.pi * hertz * TIME)


def glide(first: float, last: float) -> NDArray[np.float64]:
    hertz = first * (last / first) ** (TIME / TIME[-1])
    return 0.5 * np.sin(2 * np.pi * np.cumsum(hertz) / 44100)


def clicks(a_second: float) -> NDArray[np.float64]:
    since = TIME % (1 / a_second)
    return np.random.default_rng(1).standard_normal(len(TIME)) * np.exp(-since / 0.01) * 0.3


@pytest.mark.parametrize("seconds", [0.2, 1.0, 2.5])
def test_duration_is_the_active_part(seconds: float) -> None:
    assert heard(tone(440) * (seconds > TIME)).duration == pytest.approx(seconds, abs=0.06)


@pytest.mark.parametrize("hertz", [200.0, 1000.0, 6000.0])
def test_height_is_where_the_power_lies(hertz: float) -> None:
    assert heard(tone(hertz)).height == pytest.approx(np.log2(hertz), abs=0.25)


@pytest.mark.parametrize(("first", "last"), [(300, 2400), (2400, 300), (1000, 1000)])
def test_rise_is_the_octaves_of_a_glide(first: float, last: float) -> None:
    assert heard(glide(first, last)).rise == pytest.approx(np.log2(last / first), abs=0.35)


def test_pace_grows_with_the_clicks() -> None:
    found = [heard(clicks(rate)).pace for rate in (1.0, 2.0, 4.0, 8.0)]
    assert found == sorted(found)
    assert found[-1] > found[0] + 1


def test_attack_and_fall_tell_a_hit_from_a_swell() -> None:
    hit, swell = heard(tone(440) * np.exp(-TIME * 2)), heard(tone(440) * np.exp((TIME - 3) * 2))
    assert hit.attack < 0.05
    assert swell.attack > 2
    assert hit.fall < -20
    assert swell.fall > 20


def test_tones_are_peakier_than_noise() -> None:
    noise = np.random.default_rng(1).standard_normal(len(TIME)) * 0.1
    assert heard(tone(440)).peakiness > heard(noise).peakiness + 20


def test_level_plays_no_part() -> None:
    hit = tone(440) * np.exp(-TIME * 5)
    assert list(heard(0.05 * hit)) == pytest.approx(list(heard(hit)), abs=0.02)


def test_silence_has_no_measures_at_any_rate() -> None:
    for rate in (44100, 48000):
        assert heard(np.zeros(rate), rate) == SILENCE


def test_bands_rise_to_half_the_rate() -> None:
    hertz = band_hertz()
    assert len(hertz) == 64
    assert (np.diff(hertz) > 0).all()
    assert hertz[-1] < 22050


def measured(asked: Asked) -> Plain:
    """What a model that understands would make of a prompt."""
    sounds = {
        "short / long": lambda side: tone(440) * ((0.4 if side < 0 else 2.0) > TIME),
        "deep / high": lambda side: tone(200 if side < 0 else 3000),
        "falling / rising": lambda side: glide(600, 600 * 4.0**side),
        "slow / fast": lambda side: clicks(1.5 if side < 0 else 6.0),
    }
    return heard(sounds[asked.attribute](asked.side))


def test_a_model_that_understands_reaches_one_and_the_contrary_minus_one() -> None:
    asked = prompts()
    heard_once = {key: measured(one) for one in asked for key in [(one.attribute, one.side)]}
    made = [heard_once[one.attribute, one.side] for one in asked]
    assert {name: round(found.value, 3) for name, found in truth(asked, made).items()} == {
        one.name: 1.0 for one in ATTRIBUTES
    }
    contrary = truth(asked, [made[i ^ 1] for i in range(len(made))])
    assert all(found.value == pytest.approx(-1.0) for found in contrary.values())


def test_a_model_that_does_not_listen_reaches_nothing() -> None:
    asked = prompts() * 20
    rng = np.random.default_rng(1)
    made = [Plain(*rng.standard_normal(8)) for _ in asked]
    assert all(found.low < 0 < found.high for found in truth(asked, made).values())


def test_each_thing_has_its_own_mean() -> None:
    """A deep bell may be higher than a high engine."""
    rows = [("bell", -1, 10.0), ("bell", 1, 11.0), ("engine", -1, 5.0), ("engine", 1, 6.0)]
    asked = [Asked("deep / high", thing, side, "") for thing, side, _ in rows] * 2
    made = [SILENCE._replace(height=height) for *_, height in rows] * 2
    assert truth(asked, made)["deep / high"].value == pytest.approx(1.0)


def test_what_was_not_asked_of_both_sides_is_not_known() -> None:
    found = truth([Asked("deep / high", "bell", 1, "")], [SILENCE])["deep / high"]
    assert math.isnan(found.value)


def test_captions_are_asked_by_their_words() -> None:
    captions = ["A high-pitched bell, long", "deep and high drum", "highway noise", "Slowly rising siren"]
    found = {(i, one.attribute, one.side) for i, one in in_captions(captions, ["a"] * 4)}
    assert found == {
        (0, "deep / high", 1),
        (0, "short / long", 1),
        (3, "slow / fast", -1),
        (3, "falling / rising", 1),
    }
