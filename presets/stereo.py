"""Stereo of a mono take, so that the mono sum of what comes out is the take itself.

Both ways write left = middle + side and right = middle - side with the take as the middle. "wide" makes the side
of the take alone: every frequency a quarter of a turn early or late, turn about along the octaves, so that neither
channel is louder than the other. "siblings" takes another rendering of the same recipe for the side: a second
decode seed, and a variation so small that nobody hears another sound. Rain becomes two rains.

Why not the sibling itself on the right, measured on the starter: a bell's two renderings had a correlation of
-0.82, and their mono sum was 10 dB down.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from presets.errors import InvalidRequest
from presets.schema import Assembly, Chain, Piece, Recipe, Slot, Version
from presets.sound import Samples, Sound

Stereo = Literal["", "wide", "siblings"]
"""What a person asks for; "" is the take as it is."""

STEREOS: tuple[Stereo, ...] = get_args(Stereo)

WIDTH = 0.7
"""Level of the side against the middle; a sibling's correlation of left and right is then 0.34."""

NOTE = "Stereo of two siblings: added up to mono it is the take, and its sides are a second rendering."
"""What a file of siblings says of itself where a person has said nothing."""

EFFECT, KNOB = "widen", "width"
"""The built-in effect that "wide" is, and its knob, by their ids."""

_OTHER = 1 << 52  # a seed's highest bit: seeds that follow each other never meet
_APART = 0.1  # variation radius, for models whose decoder makes no noise too; identity stays above 0.98
_MOST = 2.0  # a side that is mostly the middle is raised by no more
_TURNS = 1.0  # an octave; more of them spread the side over more than 2 ms before a hit
_BASS, _FULL = 90.0, 240.0  # Hz: below stays in the middle, above is as wide as it gets
_FADES = 0.002, 0.010  # seconds: what reaches beyond the sound's ends must not begin or end it with a step


def sides(middle: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
    """The side of "wide" at full level, (N,), for a middle (N,).

    Its transfer function is imaginary at every frequency, i sin(2 pi octaves): middle + side and middle - side are
    equally loud there, and never louder than the middle by more than 3 dB.
    """
    frames = middle.shape[0]
    size = 1 << max(1, (2 * frames - 1).bit_length())
    hertz = np.maximum(np.fft.rfftfreq(size, 1 / rate), 1.0)
    rise = np.clip(np.log(hertz / _BASS) / np.log(_FULL / _BASS), 0.0, 1.0)
    turn = rise * np.sin(2 * np.pi * _TURNS * np.log2(hertz / _BASS))
    turn[-1] = 0.0  # half the rate has no phase
    spectrum = np.fft.rfft(middle.astype(np.float64), size)
    made = np.fft.irfft(1j * turn * spectrum, size)[:frames]
    for end, seconds in zip((made, made[::-1]), _FADES, strict=True):
        fade = min(round(seconds * rate), frames)
        end[:fade] *= (np.arange(fade) + 0.5) / max(fade, 1)
    return made.astype(np.float32)


def widened(samples: Samples, rate: int, width: float = WIDTH) -> Samples:
    """Samples (1, N) as (2, N); what has more channels, and a width of 0, stay as they are."""
    if len(samples) != 1 or not width:
        return samples
    return _around(samples[0], sides(samples[0], rate) * np.float32(width))


def wide(sound: Sound, version: Version) -> tuple[Sound, Version]:
    """A mono version widened, and the version that says so: the effect stands behind those it has."""
    chain = version.chain or Chain()
    slots = list(chain.slots)
    last = next((n for n in reversed(range(len(slots))) if slots[n].tail is not None), None)
    tail = 0.0 if last is None else slots[last].tail
    if last is not None:  # what rings on there now rings on behind the new end of that stretch
        slots[last] = replace(slots[last], tail=None)
    slots.append(Slot(effect=EFFECT, parameters={KNOB: WIDTH}, tail=tail))
    told = replace(version, chain=replace(chain, slots=tuple(slots)))
    return Sound(widened(sound.samples, sound.rate), sound.rate), told


def sibling(recipe: Recipe) -> Recipe:
    """The recipe of a take's sides. A take that is a variation itself gets another one of the same radius."""
    return replace(
        recipe,
        decode_seed=recipe.decode_seed ^ _OTHER,
        variation_seed=recipe.variation_seed ^ _OTHER,
        variation_radius=recipe.variation_radius or _APART,
    )


def siblings(middle: Sound, other: Sound) -> Sound:
    """Two mono renderings of a take as its stereo.

    What the other one has in common with the middle is left out of the side, so that left and right are equally
    loud whatever the phases of their tones are.

    Raises:
        InvalidRequest: more channels than one, or sounds of other lengths or rates.
    """
    if (middle.channels, other.channels) != (1, 1):
        raise InvalidRequest(
            "Stereo is made of mono sounds; this one has its channels already. Leave it as it is."
        )
    if (middle.rate, middle.frames) != (other.rate, other.frames):
        raise InvalidRequest(
            "These two sounds are no siblings: their lengths or rates differ. Render the take anew."
        )
    mid, side = middle.samples[0].astype(np.float64), other.samples[0].astype(np.float64)
    power = float(mid @ mid)
    if power:
        side = side - (float(side @ mid) / power) * mid
    level = float(side @ side)
    gain = WIDTH * min(np.sqrt(power / level), _MOST) if level else 0.0
    return Sound(_around(middle.samples[0], (gain * side).astype(np.float32)), middle.rate)


def pair(version: Version, other: Version, sound: Sound) -> Assembly:
    """What a file of siblings says it was made of. sound: the file's own."""
    text, end = " ".join(version.recipe.prompt.text.split()), sound.seconds
    pieces = Piece(source=version, name=text, end=end), Piece(source=other, end=end)
    return Assembly(pieces=pieces, checksum=sound.checksum(), made_by=version.made_by)


def pair_of(made: Version | Assembly | None) -> tuple[Version, Version] | None:
    """The take and its sibling that a file was made of; None where it is something else."""
    if not isinstance(made, Assembly) or len(made.pieces) != 2:
        return None
    take, other = (piece.source for piece in made.pieces)
    return (take, other) if take and other and other.recipe == sibling(take.recipe) else None


def take_of(made: Version | Assembly | None) -> Version | None:
    """The take that a file plays, also in stereo; None for what is none."""
    if isinstance(made, Version):
        return made
    both = pair_of(made)
    return both[0] if both else None


def _around(middle: NDArray[np.float32], side: NDArray[np.float32]) -> Samples:
    return np.stack([middle + side, middle - side])
