"""The tone-and-noise synthesis: what it keeps of tones, levels, silence and real recordings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import seeds
from engine.networks import tone_noise
from engine.networks.starter_codec import pack, unpack
from engine.networks.tone_noise import HOP, RATE, Maps, analyse, noise_samples, synthesise

AUDIO = Path(__file__).parents[2] / "fixtures" / "audio"
FRAMES = 64


def noise(frames=FRAMES, seed=1):
    return torch.from_numpy(seeds.white(seed, 0, noise_samples(frames)))


def round_trip(sound):
    return synthesise(analyse(sound[None]), noise(len(sound) // HOP))


def recording(name):
    samples, rate = soundfile.read(AUDIO / f"{name}.flac", dtype="float32", always_2d=True)
    assert rate == RATE
    mono = samples.mean(1)
    return torch.from_numpy(np.pad(mono, (0, -len(mono) % HOP)))


def smoothed_lsd(x, y):
    """Log-spectral distance in dB, power averaged over 9 x 5 bins, frames within 50 dB of the loudest."""

    def power(v):
        p = torch.stft(v, 2048, 512, window=torch.hann_window(2048), return_complex=True).abs() ** 2
        return torch.nn.functional.avg_pool2d(p[None], (9, 5), 1, (4, 2))[0]

    p, q = power(x), power(y)
    active = p.sum(0) >= p.sum(0).max() * 1e-5
    difference = (10 * torch.log10((p + 1e-7) / (q + 1e-7)))[2:744].pow(2).mean(0).sqrt()
    return float(difference[active].mean())


@pytest.mark.parametrize("name", ["perc_door", "elec_bell", "drum_cymbal_closed", "drum_snare_hard"])
def test_real_recordings_survive_analysis_and_synthesis(name):
    sound = recording(name)
    assert smoothed_lsd(sound, round_trip(sound)) < 3.5


# Above 2.8 kHz the power bins widen and a lone tone's peak is averaged with its empty neighbours.
@pytest.mark.parametrize(("hertz", "loss_db"), [(110.0, 1.0), (441.3, 1.0), (2000.7, 1.0), (6111.0, 3.0)])
def test_a_steady_tone_keeps_pitch_and_level(hertz, loss_db):
    t = torch.arange(FRAMES * HOP) / RATE
    sound = 0.25 * torch.sin(2 * torch.pi * hertz * t)
    middle = slice(16 * HOP, 48 * HOP)
    found = round_trip(sound)[middle]
    spectrum = torch.fft.rfft(found * torch.hann_window(len(found))).abs()
    peak = int(spectrum.argmax())
    assert abs(1200 * np.log2(peak * RATE / len(found) / hertz)) < 10
    assert abs(20 * torch.log10(found.pow(2).mean().sqrt() / sound[middle].pow(2).mean().sqrt())) < loss_db


def test_white_noise_keeps_its_level():
    sound = 0.1 * torch.from_numpy(seeds.white(9, 0, FRAMES * HOP))
    ratio = round_trip(sound)[4 * HOP : -4 * HOP].pow(2).mean() / 0.01
    assert abs(10 * torch.log10(ratio)) < 1.0


def test_silence_stays_below_the_floor():
    found = round_trip(torch.zeros(FRAMES * HOP))
    assert 20 * torch.log10(found.abs().max()) < -70


def test_same_maps_and_noise_give_the_same_bytes_and_other_noise_others():
    maps = analyse(recording("drum_snare_hard")[None])
    frames = maps.log_power.shape[-1] // 2
    a, b, c = (synthesise(maps, noise(frames, seed)) for seed in (1, 1, 2))
    assert torch.equal(a, b)
    assert not torch.equal(a, c)


def test_an_onset_stays_where_it_was():
    sound = torch.zeros(FRAMES * HOP)
    burst = torch.from_numpy(seeds.white(4, 0, 4000)) * torch.exp(-torch.arange(4000) / 800)
    sound[20_000:24_000] = 0.5 * burst
    found = round_trip(sound).abs()
    first = int((found > 0.1 * found.max()).nonzero()[0])
    assert abs(first - 20_000) < 0.010 * RATE


@given(frames=st.integers(1, 6), bins=st.integers(3, 40), seed=st.integers(0, 2**31), flat=st.booleans())
@settings(deadline=None, max_examples=80, derandomize=True)
def test_phases_continue_as_the_definition_says(frames, bins, seed, flat):
    """phase_t(k) = phase_{t-1}(p) + (f_t(p) + f_{t-1}(p')) / 2: p is k's nearest peak, p' is p's one before."""
    random = np.random.default_rng(seed)
    level = random.uniform(-9, 0, (frames, bins)).astype(np.float32)
    if flat:
        level[frames // 2] = -3.0
    begin = random.uniform(-3, 3, bins).astype(np.float32)
    phase, frequency = np.zeros((frames, bins)), np.zeros((frames, bins))
    for t in range(frames):
        row = level[t]
        peaks = [k for k in range(1, bins - 1) if row[k] >= row[k - 1] and row[k] > row[k + 1]] or [0]
        for k in range(bins):
            p = min(peaks, key=lambda peak: (abs(peak - k), peak))
            around = row[p - 1 : p + 2] if p else level.ravel()[[t * bins - 1, t * bins, t * bins + 1]]
            left, centre, right = around.astype(np.float64)
            offset = np.clip(0.5 * (left - right) / min(left - 2 * centre + right, -1e-6), -0.5, 0.5)
            frequency[t, k] = (p + offset) / 4
            phase[t, k] = begin[p] / (2 * np.pi) if t == 0 else phase[t - 1, p]
            if t:
                phase[t, k] += (frequency[t, k] + frequency[t - 1, p]) / 2
    phasors, owner = tone_noise._phasors(level, begin)
    found = phasors[owner].reshape(frames, bins)
    assert np.abs(found - np.exp(2j * np.pi * phase)).max() < 2e-4


def test_maps_survive_packing():
    maps = analyse(recording("perc_door")[None])
    logit = torch.logit(maps.tonality.clamp(1e-4, 1 - 1e-4))
    features = pack(Maps(maps.log_power, (logit + 1) / 2, maps.log_bands))
    for found, expected in zip(unpack(features), maps, strict=True):
        assert torch.allclose(found, expected, atol=2e-4)
