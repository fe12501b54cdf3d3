"""The noise of a sound: the same bits on every machine, for every length, in every batch.

"The draft is the sound" rests on this file: a take is its noise, so the noise may depend on nothing but
the seed. Hence a counter-based generator instead of a stream, and no function of a maths library, whose
last bits differ between processors.

Generator. Philox-4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011). The key
is the 64-bit seed (low word first). The counter's four words are (frame, channel, stream, step).

Normal noise (`normal`). Words 0 and 1 of the block at (frame, channel) give
u = (word0 // 64 * 2**26 + word1 // 64 + 1/2) / 2**52 (exact, never 0 or 1), and z = Phi^-1(u) by Wichura's
algorithm AS 241 (PPND16; Applied Statistics 37, 1988, pp. 477-484), evaluated in float64 by Horner's rule and
rounded once to float32. The logarithm of its tails is our own (`_log`). Only + - x / and sqrt are used, which
IEEE 754 rounds exactly; numpy evaluates one operation at a time, so nothing is fused.

White noise (`white`). Sample i is word i % 4 of the block at frame i // 4, as (word + 1/2) * 2**-32,
mapped linearly to [-sqrt 3, sqrt 3): variance 1. Uniform, because only whiteness is asked of it.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from presets.schema import SEED_LIMIT

Words = NDArray[np.uint64]
Doubles = NDArray[np.float64]
Floats = NDArray[np.float32]

_BLOCK = 8192
"""Counters made at a time: the working set stays in the processor's second cache."""


class Stream(IntEnum):
    """What a piece of noise is for; equal seeds give unrelated noise in different streams."""

    INITIAL = 0
    VARIATION = 1
    STEP = 2
    DECODER = 3


def philox(counter: Words, key: tuple[int, int]) -> Words:
    """Philox-4x32 with 10 rounds.

    Args:
        counter: (4, n) words below 2**32, held in uint64.
        key: two words below 2**32.

    Returns:
        (4, n) words below 2**32, held in uint64.
    """
    c0, c1, c2, c3 = counter
    low, shift = np.uint64(0xFFFFFFFF), np.uint64(32)
    k0, k1 = key
    for _ in range(10):
        a = c0 * np.uint64(0xD2511F53)
        b = c2 * np.uint64(0xCD9E8D57)
        c0, c1 = (b >> shift) ^ c1 ^ np.uint64(k0), b & low
        c2, c3 = (a >> shift) ^ c3 ^ np.uint64(k1), a & low
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return np.stack([c0, c1, c2, c3])


def normal(seed: int, channels: int, frames: int, stream: Stream = Stream.INITIAL, step: int = 0) -> Floats:
    """Standard normal noise of one sound, (channels, frames) float32.

    A longer sound begins with the shorter one's noise, and more channels begin with the fewer ones'.

    Raises:
        ValueError: a seed outside 0 .. 2**53 - 1.
    """
    frame, channel = np.meshgrid(
        np.arange(frames, dtype=np.uint64), np.arange(channels, dtype=np.uint64), indexing="xy"
    )
    words = philox(_counter(frame.ravel(), channel.ravel(), stream, step), _key(seed))
    whole = (words[0] >> np.uint64(6)) * np.uint64(2**26) + (words[1] >> np.uint64(6))
    u = (whole.astype(np.float64) + 0.5) / 2.0**52
    return inverse_normal(u).astype(np.float32).reshape(channels, frames)


def white(seed: int, start: int, count: int, stream: Stream = Stream.DECODER) -> Floats:
    """White noise of variance 1 for the samples start .. start + count - 1, (count,) float32.

    Raises:
        ValueError: a seed outside 0 .. 2**53 - 1.
    """
    first, last = start // 4, -(-(start + count) // 4)
    out = np.empty((last - first, 4), np.float32)
    key = _key(seed)
    for at in range(first, last, _BLOCK):
        frame = np.arange(at, min(at + _BLOCK, last), dtype=np.uint64)
        words = philox(_counter(frame, np.zeros_like(frame), stream, 0), key)
        uniform = (words.astype(np.float64) + 0.5) * 2.0**-32 - 0.5
        out[at - first : at - first + len(frame)] = (uniform * np.sqrt(12.0)).T
    return out.reshape(-1)[start - 4 * first :][:count]


def initial(seed: int, channels: int, frames: int, variation_seed: int, radius: float) -> Floats:
    """The unit noise that x_T is made of: a take's own, turned by `radius` towards another's.

    sqrt(1 - radius^2) n(seed) + radius n(variation seed) is standard normal again, so every variation is as
    likely a sound as the take itself. radius 0 is the take itself, bit for bit.

    Raises:
        ValueError: a radius outside 0 .. 1 or a seed outside 0 .. 2**53 - 1.
    """
    if not 0.0 <= radius <= 1.0:
        raise ValueError(f"variation radius {radius} is outside 0 to 1")
    own = normal(seed, channels, frames)
    if radius == 0.0:
        return own
    other = normal(variation_seed, channels, frames, Stream.VARIATION).astype(np.float64)
    return (np.sqrt(1.0 - radius * radius) * own + radius * other).astype(np.float32)


def inverse_normal(u: Doubles) -> Doubles:
    """Phi^-1(u) for u in (0, 1), float64: AS 241, relative error about 1e-16."""
    q = u - 0.5
    z = np.empty_like(q)
    central = np.abs(q) <= 0.425
    r = 0.180625 - q[central] * q[central]
    z[central] = q[central] * (_horner(_A, r) / _horner(_B, r))
    tail = ~central
    nearer = np.minimum(u[tail], 1.0 - u[tail])
    z[tail] = np.copysign(_tail(np.sqrt(-_log(nearer))), q[tail])
    return z


def _tail(r: Doubles) -> Doubles:
    middle, far = r - 1.6, r - 5.0
    return np.where(r <= 5.0, _horner(_C, middle) / _horner(_D, middle), _horner(_E, far) / _horner(_F, far))


def _log(x: Doubles) -> Doubles:
    """Natural logarithm of positive float64 by + - x / only, relative error about 1e-16.

    x = m 2^e with m in [sqrt 1/2, sqrt 2); ln m = 2 artanh((m - 1)/(m + 1)), its series cut after s^21.
    """
    m, e = np.frexp(x)
    small = m < np.sqrt(0.5)
    m = np.where(small, m + m, m)
    e = e - small
    s = (m - 1.0) / (m + 1.0)
    series = _horner(tuple(1.0 / (2 * k + 1) for k in range(11)), s * s)
    return 2.0 * s * series + e * 0.6931471805599453


def _horner(coefficients: tuple[float, ...], x: Doubles) -> Doubles:
    """Sum of coefficients[k] x^k."""
    y = np.full_like(x, coefficients[-1])
    for c in reversed(coefficients[:-1]):
        y = y * x + c
    return y


def _counter(frame: Words, channel: Words, stream: Stream, step: int) -> Words:
    return np.stack([frame, channel, np.full_like(frame, int(stream)), np.full_like(frame, step)])


def _key(seed: int) -> tuple[int, int]:
    if not 0 <= seed < SEED_LIMIT:
        raise ValueError(f"seed {seed} is outside 0 to {SEED_LIMIT - 1}")
    return seed & 0xFFFFFFFF, seed >> 32


# Wichura 1988, PPND16. Numerators A, C, E and denominators B, D, F by rising power.
_A = (
    3.3871328727963666080e0,
    1.3314166789178437745e2,
    1.9715909503065514427e3,
    1.3731693765509461125e4,
    4.5921953931549871457e4,
    6.7265770927008700853e4,
    3.3430575583588128105e4,
    2.5090809287301226727e3,
)
_B = (
    1.0,
    4.2313330701600911252e1,
    6.8718700749205790830e2,
    5.3941960214247511077e3,
    2.1213794301586595867e4,
    3.9307895800092710610e4,
    2.8729085735721942674e4,
    5.2264952788528545610e3,
)
_C = (
    1.42343711074968357734e0,
    4.63033784615654529590e0,
    5.76949722146069140550e0,
    3.64784832476320460504e0,
    1.27045825245236838258e0,
    2.41780725177450611770e-1,
    2.27238449892691845833e-2,
    7.74545014278341407640e-4,
)
_D = (
    1.0,
    2.05319162663775882187e0,
    1.67638483018380384940e0,
    6.89767334985100004550e-1,
    1.48103976427480074590e-1,
    1.51986665636164571966e-2,
    5.47593808499534494600e-4,
    1.05075007164441684324e-9,
)
_E = (
    6.65790464350110377720e0,
    5.46378491116411436990e0,
    1.78482653991729133580e0,
    2.96560571828504891230e-1,
    2.65321895265761230930e-2,
    1.24266094738807843860e-3,
    2.71155556874348757815e-5,
    2.01033439929228813265e-7,
)
_F = (
    1.0,
    5.99832206555887937690e-1,
    1.36929880922735805310e-1,
    1.48753612908506148525e-2,
    7.86869131145613259100e-4,
    1.84631831751005468180e-5,
    1.42151175831644588870e-7,
    2.04426310338993978564e-15,
)
