"""Whooshes, risers and falls: what moves past, up or down without being a thing."""

from __future__ import annotations

import torch
from torch import Tensor

from engine.training.corpus.family import Family
from engine.training.corpus.filters import bell, falling, fitted, shaped, unit_rms
from engine.training.corpus.kit import Kit
from engine.training.corpus.params import Params

_PAST, _UP, _DOWN = range(3)


def whoosh(p: Params, k: Kit) -> Tensor:
    """A band of noise that moves through the spectrum while it swells and fades."""
    length, way = p.span(0.15, 1.8, 0.9), p.pick(2, 1, 1)
    low, ratio, tonal = p.log(150, 900), p.uniform(3, 9), p.chance(0.25)
    top = low * ratio
    p.say(
        "@ {speed} {bright} {air} {N} {way}|{speed} {air} {N}, {bright} {way}|{bright} {air} {N} {way}"
        "|{N} sound, {speed}, {bright}|{air} {N}",
        "{O}|@ {speed} {N}|something {rushing} past the camera|@ {speed} swing through the air"
        "|camera move {N} {way}"
        "|transition {N} {way}|@ {speed} title {N}|@ {speed} movement through air {way}|fly by {N}"
        "|@ {bright} gust {way}"
        "|arm swing|cape {N}|@ {bright} swipe {way}|object thrown past, {speed}|kung fu movie {N}",
        speed=p.words(length, "very fast/quick/short/rapid", 0.3, "", 0.9, "slow/long"),
        rushing=p.words(length, "shooting/zipping", 0.3, "flying/moving", 0.9, "slowly sweeping"),
        bright=p.words(top, "deep/low/dark", 1500, "", 4000, "bright/high"),
        air=p.when(tonal, "whistling/tonal/synth", "airy//noisy/"),
        N=p.any("whoosh/swoosh/swish/woosh/whoosh"),
        O=p.any("fwoosh/whoosh/swish/shwoop/vwoosh"),
        way=p.named(
            way,
            "passing by/going past//fly-by",
            "rising/moving up/rising in pitch",
            "falling/moving down/descending",
        ),
    )
    p.tell(seconds=length, hertz=top, rise=(way == _UP).float() - (way == _DOWN).float(), tonal=tonal)
    samples = min(k.samples, int(float(length.max()) * 44100) + 4096)
    length, way, low, ratio, tonal = k.here(length, way, low, ratio, tonal)
    x, peak = (k.t / length).clamp(0, 1), k.uniform(0.35, 0.75)
    curve = torch.where(way == _PAST, k.bump(length, peak, 1.0), torch.where(way == _UP, x, 1 - x))
    centre = (low * ratio ** (curve + 0.06 * k.wander(12.0)))[:, :samples]
    width = torch.where(tonal > 0, 0.12, k.uniform(0.35, 1.3))[..., None]
    y = shaped(k.noise(samples), lambda f, at: bell(f, at(centre), width) + 0.15 * bell(f, at(centre) * 2.1, 0.5))
    peak = torch.where(way == _UP, 0.8, torch.where(way == _DOWN, 0.25, peak))
    return fitted(y, k.samples) * k.bump(length, peak, k.uniform(1.2, 3.0))


_NOISE, _SYNTH, _SINES = range(3)


def riser(p: Params, k: Kit) -> Tensor:
    """Noise, detuned saws or sines that climb and swell."""
    length = (p.uniform(0.3, 0.97) * p.seconds).clamp(max=7.0)
    kind, low, octaves, pulsing = p.pick(1, 1, 1), p.log(60, 220), p.uniform(1, 3.2), p.chance(0.3)
    p.say(
        "@ {long} {K} {N} {pulse}|{K} {N}, {long}, {height}|{long} {N} {pulse} {height}"
        "|{K} {N} building up tension|tension {N}, {K}",
        "build up|@ {long} build-up before the drop|suspense rising {pulse}|trailer {N} {height}"
        "|something is coming"
        "|@ {long} {K} sweep up|edm {N} {pulse}|tension builder|anticipation {N}|{O}|@ {long} swell up {height}"
        "|horror film {N}|whole tone rising higher and higher",
        long=p.words(length, "short/quick/fast", 2.0, "", 4.0, "long/slow"),
        K=p.named(kind, "noise/white noise/airy", "synth/detuned saw/edm synth", "tonal/sine/eerie"),
        N=p.any("riser/uplifter/build-up riser/rising sweep/riser"),
        O=p.any("wooooOOP/shhhhHHH/eeeeEEE"),
        pulse=p.when(pulsing, "with a pulsing tremolo/with accelerating tremolo/pulsing"),
        height=p.words(octaves, "subtle rise/", 1.6, "", 2.5, "rising very high/huge rise/"),
    )
    p.tell(seconds=length, octaves=octaves, kind=kind, hertz=low, rise=torch.ones_like(low))
    length, kind, low, octaves, pulsing = k.here(length, kind, low, octaves, pulsing)
    x = (k.t / length).clamp(0, 1)
    f = low * 2 ** (octaves * x)
    saws = k.saw(f) + k.saw(f * 1.008) + k.saw(f * 0.993) + 0.7 * k.saw(f * 1.5)
    sines = k.sine(f * 2) + k.sine(f * 3.01) + k.sine(f * 4.97) + k.sine(f * 2.03)
    tones = torch.where(kind == _SYNTH, saws, torch.where(kind == _SINES, sines, 0.0))
    y = unit_rms(tones) + torch.where(kind == _NOISE, 1.0, 0.25) * k.noise()
    cut, noisy = 300 * 2 ** (x * 5), kind[..., None] == _NOISE
    y = shaped(y, lambda q, at: falling(q, at(cut * 2)) * torch.where(noisy, bell(q, at(cut), 0.8), 1.0))
    tremolo = 1 - pulsing * 0.45 * (1 + k.sine(3 + 14 * x**2))
    return y * tremolo * x ** k.uniform(1.2, 2.5) * ((length - k.t) / 0.04).clamp(0, 1)


def downlifter(p: Params, k: Kit) -> Tensor:
    """Noise or detuned saws that fall and darken."""
    length = (p.uniform(0.3, 0.95) * p.seconds).clamp(max=6.0)
    synth, top, octaves = p.chance(0.5), p.log(300, 1600), p.uniform(1.2, 3.5)
    p.say(
        "@ {long} {K} {N}|{K} {N}, {long}, {deep}|{long} {deep} {N}|{K} sweep falling down, {long}",
        "down sweep|{O}|@ {long} fall after the drop|energy draining away|tension released, {K}|@ {long} {K} fall"
        "|going down|trailer {N}|everything sinking|edm transition down|@ {deep} whoosh down",
        long=p.words(length, "short/quick/fast", 2.0, "", 3.5, "long/slow"),
        K=p.when(synth, "synth/detuned synth/tonal", "noise/white noise/airy"),
        deep=p.only(synth, p.words(top, "deep/dark", 600, "", 1100, "starting high/bright")),
        N=p.any("downlifter/falling sweep/down sweep/downer transition/descending sweep"),
        O=p.any("pfeeeww/peeeooow/whooom"),
    )
    p.tell(seconds=length, octaves=octaves, synth=synth, start=top, rise=torch.full_like(top, -1.0))
    length, synth, top, octaves = k.here(length, synth, top, octaves)
    x = (k.t / length).clamp(0, 1)
    f = top * 2 ** (-octaves * x)
    saws = unit_rms(k.saw(f) + k.saw(f * 1.011) + k.sine(f * 0.5))
    y = synth * saws + torch.where(synth > 0, 0.3, 1.0) * k.noise()
    y = shaped(y, lambda q, at: falling(q, at(9000 * 2 ** (-5 * x))))
    return y * k.gate(length, 0.02, length * 0.7)


def reverse_swell(p: Params, k: Kit) -> Tensor:
    """A sound played backwards: it grows out of nothing and is cut off."""
    length, bright, ringing = p.span(0.4, 3.5), p.uniform(0, 1), p.chance(0.5)
    p.say(
        "@ {long} {bright} {N} {R}|{N}, {long}|{bright} {N} {R}|{long} {N}|{N}",
        "reverse whoosh|@ {long} suck-in|{O}|sucked into a vacuum|backwards sound {R}|@ {bright} reverse hit"
        "|inhale of the"
        " universe|time rewinding|@ {long} swell that stops dead|pre-impact suction|vacuum whoosh",
        long=p.words(length, "short/quick", 0.9, "", 2.0, "long/slow"),
        bright=p.words(bright, "dark/low", 0.33, "", 0.66, "bright/high"),
        R=p.when(ringing, "tonal/with a ringing tone"),
        N=p.any("reverse swell/reversed impact/reverse whoosh/suck-in/reversed sound"),
        O=p.any("fwwwWWWP/shhhhup/vvvVVVp"),
    )
    p.tell(seconds=length, bright=bright, tonal=ringing)
    length, bright, ringing = k.here(length, bright, ringing)
    grows = (k.t / length).clamp(0, 1) ** k.uniform(2.0, 4.0) * ((length - k.t) / 0.012).clamp(0, 1)
    centre = 250 * 2 ** (4 * bright) * 2 ** (1.2 * grows)
    y = unit_rms(shaped(k.noise(), lambda q, at: bell(q, at(centre), 1.0)))
    tones = torch.stack(
        [k.sine(250 * 2 ** (2.5 * bright) * r, k.uniform(0, 1)) for r in (1, 1.52, 2.81, 4.2)]
    ).sum(0)
    return (y + 0.9 * ringing * unit_rms(tones)) * grows


FAMILIES = (
    Family("whoosh", whoosh, "shot", "whooshes", 2.0, "whooshes"),
    Family("riser", riser, "shot", "whooshes", 1.0, "designed riser"),
    Family("downlifter", downlifter, "shot", "whooshes", 1.0, "designed whoosh down"),
    Family("reverse swell", reverse_swell, "shot", "whooshes", 1.0, "designed reverse"),
)
