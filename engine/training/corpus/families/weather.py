"""Weather: rain, thunder, wind and the sea."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.training.corpus.events import grains
from engine.training.corpus.family import Family
from engine.training.corpus.filters import (
    Curve,
    Response,
    band_pass,
    bell,
    falling,
    filtered,
    high_pass,
    low_pass,
    shaped,
    slope,
    unit_peak,
    unit_rms,
)
from engine.training.corpus.kit import Kit
from engine.training.corpus.params import Params
from engine.training.corpus.resonators import drops, modes


def rain(p: Params, k: Kit) -> Tensor:
    """A bed of noise and single drops."""
    strength, bright, fat = p.uniform(0, 1), p.uniform(0, 1), p.uniform(0, 1)
    p.say(
        "{strong} {N}, {bright}|{strong} {N}|{N} {place}, {strong}|{strong} {N} {place}|{N}|{strong} {N} {drops}",
        "{A}|{A}|{O}|{strong} {N} background|it is raining|sad rainy day|{strong} rain for sleeping|jungle {N}"
        "|{strong} {N} on a street|melancholic {N}|walking in the {N}",
        strong=p.words(
            strength, "light/gentle/drizzling", 0.33, "moderate/steady", 0.66, "heavy/pouring/torrential"
        ),
        A=p.words(
            strength,
            "drizzle/soft spring rain/misty morning rain",
            0.33,
            "rainy afternoon/rain shower",
            0.66,
            "downpour/cloudburst/monsoon/raining cats and dogs",
        ),
        bright=p.words(bright, "dull/dark", 0.3, "", 0.7, "bright/hissing"),
        drops=p.words(fat, "with fine drops/fine mist", 0.3, "", 0.7, "with big drops/with fat drops"),
        place=p.any("outdoors/on the ground/loop/ambience/"),
        N=p.any("rain/rainfall/rain/rain shower"),
        O=p.words(strength, "pitter patter", 0.33, "pssshhh", 0.66, "pshhhhh"),
    )
    p.tell(strength=strength, bright=bright, drops=fat)
    strength, bright, fat = k.here(strength, bright, fat)
    bed = k.coloured(lambda q: slope(q, 0.35) * high_pass(q, 400.0) * low_pass(q, 3500 + 10000 * bright))
    small = [
        k.burst(k.log(0.0006, 0.004), _at(k.log(2000, 8000) * 2 ** (-1.6 * fat) * (0.6 + 0.6 * bright)), 1024)
        for _ in range(5)
    ]
    small += drops(k, 900.0, 6500.0, (0.0006, 0.0016), variants=5, chirp=2.0, seconds=0.03)
    falling_ = grains(k, [k.sparks(9 * (1 + 45 * strength), 4.0) for _ in small], small)
    y = bed * (0.12 + strength) * (1 + 0.1 * k.wander(0.7)) + unit_rms(falling_) * (
        0.75 - 0.45 * strength + 0.5 * fat
    )
    return y + 0.3 * strength * k.coloured(lambda q: band_pass(q, 350.0, 0.5))


def _at(centre: Tensor) -> Response:
    return lambda q: band_pass(q, centre, 1.3)


def rain_on_roof(p: Params, k: Kit) -> Tensor:
    """Drops that make metal, canvas, glass, an umbrella or leaves sound."""
    kind, strength, ring = p.pick(1, 1, 1, 1, 1), p.uniform(0, 1), p.uniform(0.5, 1.5)
    p.say(
        "{strong} {N} on {S}|{N} on {S}, {strong}|{strong} {N} on {S}, {ring}|{N} drumming on {S}"
        "|{N} falling on {S}",
        "{A}|{A}|{strong} {N} against {S}|{O} on {S}|{A}, {strong} {N}|cosy {N} on {S}",
        strong=p.words(strength, "light/gentle", 0.33, "", 0.66, "heavy/hard"),
        ring=p.words(ring, "dull", 0.8, "", 1.2, "resonant/ringing"),
        S=p.named(
            kind,
            "a metal roof/a tin roof/corrugated metal",
            "a tent/a tarp",
            "a window/a glass pane",
            "an umbrella",
            "leaves",
        ),
        A=p.named(
            kind,
            "tin shack in the rain/inside a car in the rain/barn roof in the rain",
            "camping in the rain/inside a tent in the rain",
            "looking out of the window on a rainy day/rainy window",
            "walking under an umbrella/person with an umbrella in the rain",
            "forest in the rain/rain in the woods/garden in the rain",
        ),
        N=p.any("rain/rain/raindrops"),
        O=p.any("pitter patter/drip drop"),
    )
    p.tell(kind=kind, strength=strength, ring=ring)
    kind, strength, ring = k.here(kind, strength, ring)
    parts = []
    for _ in range(9):
        f = k.table(kind, (420, 170, 1100, 260, 1500)) * k.log(0.7, 2.2, 4)
        f = f * torch.tensor([[1, 1.7, 2.9, 4.3]], device=k.device)
        tau = k.table(kind, (0.03, 0.008, 0.003, 0.006, 0.0015)) * ring * k.uniform(0.4, 1.3, 4)
        sheet = unit_peak(modes(k, f, tau, k.uniform(0.3, 1, 4), 0.3)) * k.table(kind, (1, 0.8, 0.35, 0.6, 0.15))
        centre = k.table(kind, (2600, 900, 3200, 1100, 4200)) * k.log(0.6, 1.6)
        tick = k.burst(k.log(0.0005, 0.003), _at(centre), 1024)
        parts.append(sheet + 0.6 * F.pad(tick, (0, sheet.shape[1] - tick.shape[1])))
    y = grains(k, [k.sparks(8 * (1 + 20 * strength), 2.5) for _ in parts], parts)
    middle = k.table(kind, (1800, 600, 3000, 700, 4200))
    bed = k.coloured(lambda q: slope(q, 0.5) * band_pass(q, middle, 0.4))
    return unit_rms(y) + bed * (0.08 + 0.5 * strength)


def thunder(p: Params, k: Kit) -> Tensor:
    """A rolling rumble, and near by a crack."""
    near, crack = p.uniform(0, 1), p.uniform(0, 1)
    length = (p.uniform(0.35, 0.9) * p.seconds).clamp(max=6)
    cracked = (near > 0.5) & (crack > 0.5)
    p.say(
        "{near} {N} {crack}|@ {long} {N}, {near}|{N} {crack}|{long} {near} {N}|{N}",
        "{O}|{A}|{A}|stormy night|@ {long} roll of thunder|storm {near}|gods are angry|ominous sky|lightning storm"
        "|horror film storm",
        near=p.words(near, "distant/far off", 0.33, "", 0.66, "close/nearby/loud"),
        long=p.words(length, "short", 2.0, "", 3.5, "long/long rolling"),
        crack=p.either(
            cracked, p.any("with a sharp crack"), p.words(near, "low rumble/deep and rumbling/", 0.4, "")
        ),
        A=p.words(
            near,
            "storm on the horizon/approaching storm",
            0.33,
            "thunderstorm",
            0.66,
            "lightning strike/lightning hits",
        ),
        N=p.words(near, "thunder/thunder rumble/rolling thunder", 0.6, "thunder/thunderclap/thunder crack"),
        O=p.words(near, "rrrummmble/brrrrmmm", 0.6, "ka-krakoom/crack-boom"),
    )
    p.tell(near=near, seconds=length, crack=crack)
    near, crack, length = k.here(near, crack, length)
    rolling = (0.4 + 0.6 * k.wander(2.5).abs() + 0.5 * k.wander(9.0)).clamp(min=0.05)
    x = (k.t / length).clamp(0, 1)
    low = k.coloured(lambda q: low_pass(q, 90 + 140 * near) * high_pass(q, 22.0))
    low = low * rolling * (1 - x) ** 1.6 * (k.t / (0.01 + 0.5 * (1 - near))).clamp(max=1)
    cut = (250 + 5500 * near) * torch.exp(-3.5 * x) + 120
    middle = shaped(k.noise(), lambda q, at: falling(q, at(cut))) * rolling * (1 - x) ** 3
    split = filtered(k.sparks(2500 * torch.exp(-k.t / 0.15), 3.0), lambda q: band_pass(q, 1800.0, 0.5))
    split = split + filtered(k.noise(), lambda q: high_pass(q, 500.0)) * k.decay(0.05)
    y = low + unit_rms(middle) * (0.3 + 0.6 * near) + unit_peak(split) * 2.2 * crack * (near > 0.5) * (crack > 0.5)
    return torch.tanh(y * 0.6)


def wind(p: Params, k: Kit) -> Tensor:
    """Noise whose band and level follow the gusts, and what whistles in them."""
    centre, gust, whistle, rate = p.log(140, 1100), p.uniform(0, 1), p.chance(0.4), p.log(0.25, 1.5)
    p.say(
        "{gust} {N}, {pitch}|{pitch} {T} {N}|{T} {N}, {gust}|{N}|{gust} {T} {N}",
        "{O}|{A}|{A}|desert {N}|mountain top {N}|{T} {N} in the trees|{T} {N} through a window|arctic {N}"
        "|lonely {N}"
        "|{gust} air|windy day, {gust}|abandoned town {N}",
        gust=p.words(gust, "steady/constant/gentle", 0.33, "", 0.66, "gusty/strong gusting/stormy"),
        A=p.words(gust, "calm breeze/soft breeze", 0.33, "windy field", 0.66, "storm/blizzard/hurricane/gale"),
        pitch=p.words(centre, "low/deep/rumbling", 260, "", 580, "high/airy/thin"),
        T=p.when(whistle, "whistling/howling"),
        N=p.any("wind/wind blowing/wind ambience/wind"),
        O=p.when(whistle, "whoooo/wheeeew", "whoosh/fwooo"),
    )
    p.tell(hertz=centre, gust=gust, whistle=whistle, change=rate)
    centre, gust, whistle, rate = k.here(centre, gust, whistle, rate)
    wave = k.wander(rate)
    moving = centre * 2 ** (0.9 * wave * (0.3 + gust))
    sung = whistle[..., None] * 1.6

    def gain(q: Tensor, at: Curve) -> Tensor:
        wide = bell(q, at(moving), 0.8) + 0.25 * bell(q, at(moving) * 3, 1.0)
        return wide + sung * (bell(q, at(moving * 1.9), 0.06) + 0.6 * bell(q, at(moving * 2.9), 0.05))

    y = shaped(k.noise(), gain, 2048) * (1 + (0.25 + 0.65 * gust) * wave).clamp(min=0.05)
    return y + 0.15 * k.coloured(lambda q: low_pass(q, 200.0))


def ocean(p: Params, k: Kit) -> Tensor:
    """Waves that rise, break and run out."""
    period, rough, bright = p.uniform(3.0, 7.0), p.uniform(0, 1), p.uniform(0, 1)
    p.say(
        "{rough} {N}, {speed}|{rough} {N}|{speed} {N} {bright}|{N} on a beach, {rough}|{N}",
        "{O}|{A}|{A}|beach|seaside|by the sea, {rough}|holiday at the beach|pirate ship deck, {rough} {N}"
        "|{rough} sea"
        "|{rough} coast|relaxing {N}|{bright} {N}",
        rough=p.words(rough, "calm/gentle/small", 0.33, "", 0.66, "rough/stormy/crashing/big"),
        A=p.words(
            rough, "lagoon/quiet beach at dawn", 0.33, "ocean shore", 0.66, "stormy sea/waves against rocks"
        ),
        speed=p.words(period, "fast/quick rhythm", 4.0, "", 5.6, "slow"),
        bright=p.words(bright, "dark", 0.3, "", 0.7, "bright and foamy/hissing"),
        N=p.any("ocean waves/sea waves/waves/surf/waves on the shore"),
        O=p.any("swoosh shhhh/shhhhaaa"),
    )
    p.tell(rate=1 / period, rough=rough, bright=bright)
    period, rough, bright = k.here(period, rough, bright)
    phase = (k.t / period + k.uniform(0, 1) + 0.05 * k.wander(0.5)) % 1
    swell = torch.where(phase < 0.35, 0.065 + 0.935 * (phase / 0.35) ** 2, torch.exp(-(phase - 0.35) * 4.2))
    centre = (400 + 2400 * bright) * 2 ** (1.8 * swell)
    y = shaped(k.noise(), lambda q, at: (bell(q, at(centre), 1.4) + 0.7 * (q < 400)) * at(0.03 + swell) ** 1.2)
    deep = unit_rms(shaped(k.noise(), lambda q, at: bell(q, 180.0, 1.0) * at(swell**1.5)))
    return y + rough * 0.7 * deep * y.square().mean(-1, keepdim=True).sqrt()


FAMILIES = (
    Family("rain", rain, "loop", "weather", 1.4, "rain"),
    Family("rain on roof", rain_on_roof, "loop", "weather", 1.2, "rain surface"),
    Family("thunder", thunder, "shot", "weather", 1.0, "weather thunder"),
    Family("wind", wind, "loop", "weather", 1.3, "wind"),
    Family("ocean", ocean, "loop", "weather", 1.0, "water wave"),
)
