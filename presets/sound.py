"""Sound: float32 audio with its rate, immutable, because drafts are played and exported as they are."""

from __future__ import annotations

import hashlib
import math
import struct
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import soxr

from presets.errors import InvalidRequest

Samples = npt.NDArray[np.float32]

HIGHEST_RATE = 768_000
MAX_CHANNELS = 64

# Measured: soxr never comes back from 1 Hz to 768 kHz; up to this factor it answers within milliseconds.
_MAX_RATIO = 1_000


def decibels(amplitude: float) -> float:
    """Level of an amplitude in dBFS (1.0 is 0 dB), whatever its sign; -inf for silence."""
    return 20.0 * math.log10(abs(amplitude)) if amplitude else -math.inf


def linear(db: float) -> float:
    """Amplitude of a level in dBFS; 0.0 for -inf, inf beyond what a float holds."""
    try:
        return math.pow(10.0, db / 20.0)
    except OverflowError:
        return math.inf


@dataclass(frozen=True, eq=False)
class Sound:
    """Audio that never changes. Two sounds are compared by `checksum()`, not by `==`.

    A writable array is copied, so that nobody changes a sound from outside; a read-only one is taken as is.

    Attributes:
        samples: shape (C, N), float32, C-contiguous, read-only, finite; full scale (1.0) may be exceeded.
        rate: frames per second in Hz, 1 to 768,000.

    Raises:
        InvalidRequest: the samples or the rate are not as described.
    """

    samples: Samples = field(repr=False)
    rate: int

    def __post_init__(self) -> None:
        _check_rate(self.rate)
        _check_samples(self.samples)
        object.__setattr__(self, "samples", _frozen(self.samples))

    @property
    def channels(self) -> int:
        """Number of channels, C."""
        return int(self.samples.shape[0])

    @property
    def frames(self) -> int:
        """Length in frames, N."""
        return int(self.samples.shape[1])

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return self.frames / self.rate

    @property
    def peak(self) -> float:
        """Largest magnitude of any sample, linear; 0.0 for an empty sound."""
        if not self.frames:
            return 0.0
        return max(float(self.samples.max()), -float(self.samples.min()), 0.0)

    @property
    def peak_db(self) -> float:
        """Largest magnitude in dBFS; -inf for silence."""
        return decibels(self.peak)

    @property
    def rms(self) -> float:
        """Root of the mean square over all channels and frames, linear; 0.0 for an empty sound."""
        if not self.frames:
            return 0.0
        return math.sqrt(float(np.mean(np.square(self.samples, dtype=np.float64))))

    def resampled(self, rate: int) -> Sound:
        """The same sound at another rate, by soxr at quality VHQ.

        Args:
            rate: frames per second in Hz.

        Returns:
            Exactly round(N * rate / self.rate) frames, cut or filled with silence; itself at its own rate.

        Raises:
            InvalidRequest: the rate is no rate, or more than 1,000 times higher or lower than this sound's.
        """
        _check_rate(rate)
        if rate == self.rate:
            return self
        if max(rate, self.rate) > _MAX_RATIO * min(rate, self.rate):
            raise InvalidRequest(f"{self.rate} Hz cannot be resampled to {rate} Hz: choose a rate closer to it.")
        made: Samples = soxr.resample(self.samples.T, self.rate, rate, quality="VHQ").T
        return Sound(made, rate).fitted(round(self.frames * rate / self.rate))

    def fitted(self, frames: int) -> Sound:
        """The same sound exactly so many frames long: cut, or filled with silence, at its end.

        Raises:
            InvalidRequest: the number is negative.
        """
        if frames < 0:
            raise InvalidRequest(f"A sound cannot be {frames} frames long: choose 0 or more.")
        if frames == self.frames:
            return self
        samples = np.zeros((self.channels, frames), np.float32)
        samples[:, : self.frames] = self.samples[:, :frames]
        return Sound(_locked(samples), self.rate)

    def scaled(self, gain_db: float) -> Sound:
        """The same sound louder or softer.

        Args:
            gain_db: in dB; 0.0 gives this very sound, -inf silence.

        Raises:
            InvalidRequest: the gain is not a number, or takes the sound beyond what float32 holds.
        """
        if gain_db == 0.0:
            return self
        factor = linear(gain_db)
        if not self.peak * factor <= float(np.finfo(np.float32).max):
            raise InvalidRequest(f"A gain of {gain_db} dB is more than a sound holds: choose a smaller one.")
        # In float64, because the factor itself may lie outside float32 where the result does not.
        return Sound(_locked((self.samples * np.float64(factor)).astype(np.float32)), self.rate)

    def checksum(self) -> str:
        """SHA-256 in hex: the identity of these very samples, the same on every machine.

        Hashed are rate, channels (uint32) and frames (uint64), then the samples channel after channel as
        float32, all little-endian. Of the untrimmed native sound it says whether a rendering is the same.
        """
        digest = hashlib.sha256(struct.pack("<IIQ", self.rate, self.channels, self.frames))
        digest.update(self.samples.astype("<f4", copy=False).ravel().data)
        return digest.hexdigest()


def _check_rate(rate: object) -> None:
    if isinstance(rate, bool) or not isinstance(rate, int) or not 1 <= rate <= HIGHEST_RATE:
        raise InvalidRequest(f"A sample rate is a whole number from 1 to {HIGHEST_RATE} Hz, not {rate!r}.")


def _check_samples(samples: object) -> None:
    if not isinstance(samples, np.ndarray) or samples.dtype != np.float32:
        kind = samples.dtype if isinstance(samples, np.ndarray) else type(samples).__name__
        raise InvalidRequest(f"A sound is made of float32 samples, not of {kind}.")
    if samples.ndim != 2 or not 1 <= samples.shape[0] <= MAX_CHANNELS:
        raise InvalidRequest(
            f"A sound has the shape (channels, frames), 1 to {MAX_CHANNELS} channels, not {samples.shape}."
        )
    if not np.isfinite(samples).all():
        raise InvalidRequest("The sound holds samples that are infinite or not numbers: it cannot be played.")


def _locked(samples: Samples) -> Samples:
    samples.flags.writeable = False
    return samples


def _frozen(samples: Samples) -> Samples:
    if samples.flags.writeable or not samples.flags.c_contiguous:
        return _locked(np.array(samples, order="C"))
    return samples
