"""What codecs lose, on sounds that were spoilt by a known amount."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.evaluation.codec_fidelity import (
    cents,
    clicks,
    fidelity,
    level_db,
    onset_smear,
    rise,
    spectral_distance,
    steady,
)
from presets.sound import Sound


def sound(samples: NDArray[np.float64]) -> Sound:
    return Sound(np.ascontiguousarray(samples[None], np.float32), 44100)


def noise(seed: int = 1) -> NDArray[np.float64]:
    return 0.2 * np.random.default_rng(seed).standard_normal(88200)


@pytest.mark.parametrize("shift", [-50.0, -3.0, 0.0, 1.0, 20.0])
@pytest.mark.parametrize("hertz", [55.0, 440.0, 4978.0])
def test_cents_finds_a_detuned_tone(hertz: float, shift: float) -> None:
    assert cents(hertz, steady(hertz * 2 ** (shift / 1200))) == pytest.approx(shift, abs=0.5)


@pytest.mark.parametrize("db", [-12.0, 3.0, 6.0])
def test_spectral_distance_of_a_louder_sound_is_the_gain(db: float) -> None:
    x = noise()
    assert spectral_distance(sound(x), sound(x * 10 ** (db / 20))) == pytest.approx(abs(db), rel=0.01)


def test_spectral_distance_of_other_noise_is_small_because_it_is_smoothed() -> None:
    assert spectral_distance(sound(noise(1)), sound(noise(1))) == 0.0
    assert 0.5 < spectral_distance(sound(noise(1)), sound(noise(2))) < 2.5


def test_spectral_distance_counts_active_frames_only() -> None:
    x, y = noise(), noise()
    x[44100:] *= 1e-5
    y[44100:] *= 1e-4
    assert spectral_distance(sound(x), sound(y)) < 0.2


@pytest.mark.parametrize("milliseconds", [2.0, 5.0, 10.0])
def test_smear_is_how_long_an_onset_is_smeared(milliseconds: float) -> None:
    length = round(milliseconds * 44.1)
    ramp = 10 ** (np.linspace(-60, 0, 2 * length) / 20)  # -30 dB is reached half way
    sharp, soft = np.zeros(44100), np.zeros(44100)
    sharp[20000:20400] = soft[20000:20400] = 0.5 * np.cos(np.arange(400))
    soft[20000 - 2 * length : 20000] = 0.5 * ramp * np.cos(np.arange(2 * length))
    (found,) = onset_smear(sound(sharp), sound(soft), (20000 / 44100,))
    assert found == pytest.approx(0.9 * milliseconds, abs=0.7)


def test_an_onset_that_is_lost_smears_over_everything() -> None:
    assert rise(sound(np.zeros(44100)), 0.5) == 0.1
    assert max(onset_smear(clicks(), clicks(), (0.25, 0.6))) == 0.0


def test_levels_are_root_mean_squares() -> None:
    assert level_db(sound(np.full(44100, 0.1)), 0.2, 0.8) == pytest.approx(-20.0, abs=0.01)
    assert level_db(sound(np.zeros(44100)), 0.0, 1.0) == -200.0


def test_a_codec_that_changes_nothing_loses_nothing() -> None:
    found = fidelity(lambda x: x, [sound(noise())])
    assert found.lsd_db == (0.0,)
    assert max(found.cents) < 0.5
    assert set(found.smear_ms) == {0.0}
    assert found.floor_db == found.silent_db == -200.0


def test_a_codec_that_detunes_blurs_and_hisses_is_found_out() -> None:
    kernel = np.hanning(441) / np.hanning(441).sum()

    def bad(x: Sound) -> Sound:
        slow = np.interp(np.arange(x.frames) * 1.001, np.arange(x.frames), x.samples[0])
        return sound(np.convolve(slow, kernel, "same") + 1e-3 * np.random.default_rng(2).standard_normal(x.frames))

    found = fidelity(bad, [sound(noise())])
    assert found.lsd_db[0] > 10
    assert np.median(found.cents[:3]) == pytest.approx(1.7, abs=0.6)
    assert found.floor_db == pytest.approx(-60.0, abs=0.5)
