"""Convolution with the user's own impulse responses, by our own FFT.

pedalboard's loads its response on a thread of its own and changes its level; a plain product of spectra is the
same on every run, late by nothing, and takes any number of channels.
"""

from __future__ import annotations

import numpy as np
import soxr

from plugin_bridge.rack.knobs import BuiltIn, Knob, Values
from presets.sound import Samples, Sound

IMPULSE = "impulse"
"""What a slot calls the file."""

LONGEST = 30.0
"""Seconds of a response; what is longer is cut."""


def _convolve(values: Values, samples: Samples, rate: int, impulse: Sound) -> Samples:
    """(C, N) -> (C', N): a stereo response makes two channels of one; otherwise channels meet in turn."""
    if not samples.shape[1]:
        return samples
    response = _response(impulse, rate, values["stretch"] / 100, values["length"] / 100)
    late = round(values["predelay"] * rate / 1000)
    channels = max(len(samples), len(response))
    frames = samples.shape[1]
    size = _fast(frames + response.shape[1] - 1)
    spectra = [np.fft.rfft(one, size) for one in response.astype(np.float64)]
    made = np.zeros((channels, frames), np.float32)
    for channel in range(channels):
        sound = np.fft.rfft(samples[channel % len(samples)].astype(np.float64), size)
        wet = np.fft.irfft(sound * spectra[channel % len(spectra)], size)
        made[channel, late:] = wet[: max(0, frames - late)]
    return made


def _response(impulse: Sound, rate: int, stretch: float, length: float) -> Samples:
    """The response (C, N) at a rate, with the energy of a single click; faded out where it was cut."""
    samples = impulse.samples[:, : round(LONGEST * impulse.rate)]
    if impulse.rate != rate * stretch:
        samples = soxr.resample(samples.T, impulse.rate, rate * stretch, quality="VHQ").T
    whole = samples.shape[1]
    shaped = np.array(samples[:, : max(1, round(length * whole))], np.float32, order="C")
    if shaped.shape[1] < whole:
        fade = 0.5 + 0.5 * np.cos(np.pi * np.linspace(0.0, 1.0, max(1, shaped.shape[1] // 10)))
        shaped[:, shaped.shape[1] - len(fade) :] *= fade.astype(np.float32)
    energy = float(np.sqrt(np.square(shaped, dtype=np.float64).sum(axis=1).max(initial=0.0)))
    return shaped / np.float32(energy or 1.0)


def _whole_response(values: Values, files: float) -> float:
    return min(files, LONGEST) * values["stretch"] / 100 * values["length"] / 100 + values["predelay"] / 1000


def _fast(size: int) -> int:
    """The next power of two."""
    return 1 << max(0, size - 1).bit_length()


CONVOLUTION = BuiltIn(
    "convolution",
    "Convolution",
    "space",
    "The room, box or loudspeaker of an impulse response of yours.",
    _convolve,
    (
        Knob("length", "Length", 1.0, 100.0, 100.0, "%", digits=0),
        Knob("stretch", "Stretch", 50.0, 200.0, 100.0, "%", "log", 0),
        Knob("predelay", "Pre-delay", 0.0, 250.0, 0.0, "ms", digits=0),
    ),
    mix=0.35,
    files=(IMPULSE,),
    quiet=_whole_response,
)
