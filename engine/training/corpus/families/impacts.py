"""Impacts: booms, blasts, shots, and what falls into the depths."""

from __future__ import annotations

import torch
from torch import Tensor

from engine.training.corpus.events import hits, regular
from engine.training.corpus.family import Family
from engine.training.corpus.filters import (
    TAU,
    band_pass,
    filtered,
    high_pass,
    low_pass,
    slope,
    unit_peak,
    unit_rms,
)
from engine.training.corpus.kit import Kit
from engine.training.corpus.params import Params
from engine.training.corpus.resonators import modes


def impact(p: Params, k: Kit) -> Tensor:
    """A cinematic hit: a falling sine, a thud of noise, a rumbling tail, sometimes ringing metal."""
    size, tail, metal = p.uniform(0, 1), p.log(0.25, 2.2), p.chance(0.35)
    p.say(
        "@ {size} {metal} {N} {tail}|{size} cinematic {N} {tail}|{metal} {N}, {size}, {tail}|cinematic {N}"
        "|trailer {N}, {size} {metal}|{size} {N}",
        "boom|{O}|@ {size} {O}|@ {size} boom {tail}|trailer hit|braam hit {tail}|@ {size} thud|title card slam"
        "|something {weight} hitting the ground|@ {size} {metal} cinematic impact|bass hit {tail}|dramatic {N}"
        "|horror movie {N} {tail}|@ {size} {metal} slam|film trailer boom|designed impact {tail}",
        size=p.words(size, "tight/punchy/small", 0.3, "", 0.65, "deep/huge/massive/enormous/low"),
        metal=p.when(metal, "metallic/ringing metal/metal"),
        weight=p.words(size, "small", 0.3, "hard", 0.65, "huge/gigantic"),
        N=p.any("boom/impact/cinematic hit/boom/cinematic slam"),
        O=p.any("kaboom/boom/doom/bwoom/thoom"),
        tail=p.words(
            tail,
            "with a short tail/short/with a tight decay",
            0.55,
            "",
            1.2,
            "with a long tail/with a long rumbling tail/long decay",
        ),
    )
    p.tell(size=size, tail=tail, metal=metal, hertz=70 - 38 * size)
    size, tail, metal = k.here(size, tail, metal)
    f = (70 - 38 * size) * (1 + k.uniform(0.8, 2.5) * torch.exp(-k.t / 0.06))
    body = torch.tanh(2 * k.sine(f)) * k.decay(0.12 + 0.4 * tail, 0, 0.003)
    thud = filtered(k.noise(), lambda q: low_pass(q, 900 - 550 * size)) * k.decay(0.06 + 0.1 * size)
    rumble = k.coloured(lambda q: low_pass(q, 160.0) * high_pass(q, 28.0)) * k.decay(tail, 0, 0.02)
    click = filtered(k.noise(), lambda q: high_pass(q, 1500.0)) * k.decay(0.008)
    at = k.log(110, 2200, 14)
    ringing = modes(k, at, k.uniform(0.3, 1, 14) * tail * (300 / at).clamp(max=1) ** 0.4, k.uniform(0.2, 1, 14))
    whole = body + 1.2 * unit_peak(thud) + 0.22 * rumble + click * k.uniform(0.02, 0.4) * (1.1 - size)
    return torch.tanh(0.9 * (whole + 0.6 * metal * unit_peak(ringing)))


def explosion(p: Params, k: Kit) -> Tensor:
    """Three bands of rough noise, the low one longest, and debris that comes down."""
    size, debris, length = p.uniform(0, 1), p.uniform(0, 1), p.log(0.6, 3.0)
    p.say(
        "@ {size} {N} {debris}|{size} {N}, {long}|{long} {size} {N} {debris}|{N}|{size} bomb {N} {debris}"
        "|{N} {debris}, {size}",
        "{O}|explosion|@ {size} bomb going off|@ {size} grenade|something blowing up {debris}|@ {size} {N} {long}"
        "|building blown up {debris}|war scene {N}|action movie {N} {debris}|dynamite|@ {size} fireball"
        "|@ car blowing up|artillery shell hitting|@ {size} mine going off|demolition blast {debris}",
        size=p.words(size, "small", 0.3, "", 0.65, "massive/huge/big/powerful"),
        N=p.any("explosion/blast/explosion/detonation"),
        O=p.any("kaboom/boom/ka-boom/bang"),
        debris=p.words(
            debris,
            "no debris/clean/",
            0.35,
            "",
            0.6,
            "with falling debris/with debris/with crackling debris",
        ),
        long=p.words(length, "short/quick", 1.0, "", 1.9, "long/long rumbling"),
    )
    p.tell(size=size, debris=debris, seconds=length)
    size, debris, length = k.here(size, debris, length)
    rough = 1 + 0.7 * k.wander(k.uniform(8, 25))
    low = k.coloured(lambda q: low_pass(q, 200 - 110 * size) * high_pass(q, 25.0))
    low = low * k.decay(0.4 * length, 0, 0.004) * rough
    middle = k.coloured(lambda q: band_pass(q, 950 - 650 * size, 0.6)) * k.decay(0.22 * length, 0, 0.002) * rough
    high = k.coloured(lambda q: high_pass(q, 1800.0) * slope(q, 0.5)) * k.decay(0.05 + 0.05 * length)
    falling = k.sparks(900 * torch.exp(-k.t / (0.4 * length)) * (k.t > 0.1), 3.0)
    falling = filtered(falling, lambda q: band_pass(q, 1800.0, 0.7) + band_pass(q, 4500.0, 1.5))
    blast = torch.tanh(1.5 * (low + 0.55 * middle + (0.45 - 0.3 * size) * high))
    return blast + 0.5 * debris * unit_peak(falling) * (debris > 0.35)


_PISTOL, _RIFLE, _SHOTGUN, _SILENCED = range(4)


def gunshot(p: Params, k: Kit) -> Tensor:
    """A crack, a muzzle blast and a thump, alone or in a burst, and what the surroundings answer."""
    kind = p.pick(3, 3, 2, 1.2)
    rate, tail = p.uniform(7, 14), p.log(0.08, 0.7)
    auto = p.chance(0.3) * (kind != _SHOTGUN)
    count = p.fitting(torch.where(auto > 0, p.uniform(3, 14).floor(), 1.0), 1 / rate)
    auto = (count > 1).float()
    echo = p.words(tail, "dry/close/tight", 0.15, "", 0.35, "with a long echoing tail/echoing outdoors")
    p.say(
        "@ {count} {K} {N} {tail}|{K} {N}, {times}|{K}, {times}, {tail}|@ {count} gun{N} {tail}|{K} {N}, {tail}",
        "{O}|gun{N}|{K} {N}|someone firing a {K}|war scene, {K} {times}|{K} being fired {times}|weapon {N} {tail}"
        "|shooting, {K}|action movie gun{N}|{K} {times}|bullets, {times}",
        K=p.named(kind, "pistol/handgun/gun", "rifle/assault rifle", "shotgun", "silenced pistol/suppressed gun"),
        N=p.when(auto, "fire burst/fire", "shot"),
        O=p.either(auto, p.any("ratatat/rat-a-tat-tat/brrrt"), p.any("bang/pow/blam")),
        count=p.when(auto, "automatic/rapid fire", "single/"),
        times=p.when(auto, "burst, full auto/firing rapidly/several shots", "firing once/single shot/one shot"),
        tail=p.only(kind != _SILENCED, echo),
    )
    p.tell(kind=kind, count=count, tail=tail, rate=rate)
    kind, count, tail, rate = k.here(kind, count, tail, rate)
    samples, t = int(1.8 * 44100), k.time(1.8)
    low, middle = k.table(kind, (170, 110, 75, 220)), k.table(kind, (1500, 1000, 650, 2600))
    tau = k.table(kind, (0.03, 0.045, 0.08, 0.02))
    crack = k.burst(0.004, lambda q: high_pass(q, 900.0), samples) * k.table(kind, (1, 1.3, 1, 0.25))
    blast = k.burst(tau, lambda q: band_pass(q, middle, 0.5), samples) * k.table(kind, (1, 1, 1.2, 0.7))
    thump = torch.sin(TAU * low * (t + 0.012 * (1 - torch.exp(-t / 0.012)))) * k.decay(tau * 1.6, 0, 0.001, t)
    echoes = k.burst(tail, lambda q: band_pass(q, 450.0, 0.4) * low_pass(q, 3000.0), samples, 0.02)
    shot = torch.tanh(1.6 * (crack + blast + thump * k.table(kind, (0.7, 1, 1.3, 0.15))))
    shot = shot + 0.4 * echoes * (kind != _SILENCED)
    times, there = regular(k, rate, 0.03, 14, count)
    return hits(k, times, there * (0.85 + 0.15 * k.rand(*times.shape)), [shot])


def sub_drop(p: Params, k: Kit) -> Tensor:
    """A sine that falls from the bass into the sub-bass."""
    top, bottom = p.log(90, 260), p.log(26, 45)
    tau, length, drive = p.uniform(0.15, 1.0), p.log(0.4, 2.6), p.log(0.3, 8)
    p.say(
        "@ {long} {dirt} {N}|{dirt} {N}, {long}|{N} {fall}|{long} 808 style {N}, {dirt}",
        "{O}|bass drop|@ {long} sub drop|the floor falling away|stomach drop|trailer {N}|@ {long} low end drop"
        "|edm {N} {dirt}|falling sub bass|@ {dirt} sub boom going down",
        long=p.words(length, "short", 0.8, "", 1.6, "long"),
        dirt=p.words(drive, "clean/smooth/pure", 1.2, "", 4, "distorted/dirty/saturated"),
        fall=p.words(tau, "dropping quickly/falling fast", 0.35, "", 0.65, "sliding down slowly"),
        N=p.any("sub drop/bass drop/sub bass drop/low frequency drop"),
        O=p.any("bwooom/wooom/doooom"),
    )
    p.tell(hertz=top, fall=tau, seconds=length, drive=drive, rise=torch.full_like(top, -1.0))
    top, bottom, tau, length, drive = k.here(top, bottom, tau, length, drive)
    f = bottom + (top - bottom) * torch.exp(-k.t / tau)
    y = torch.tanh(drive * k.sine(f)) / torch.tanh(drive)
    return y * k.decay(length * 0.5, 0, 0.004) * k.gate(length * 2.5, 0.003, 0.3)


def firework(p: Params, k: Kit) -> Tensor:
    """A whistle that climbs, a burst, and stars that crackle."""
    launched, up, crackle, size = p.chance(0.65), p.log(0.4, 1.1), p.uniform(0, 1), p.uniform(0, 1)
    up = torch.where(launched > 0, up, 0.0)
    p.say(
        "@ {size} {N} {crackle}|{N} {launch}|{size} {N} {launch}|{N} {crackle}|{N} {launch} {crackle}",
        "new year's eve {N}|fourth of july {N}|@ {size} rocket in the night sky {crackle}|celebration {N}"
        "|{O}|@ {size} {N}|firecracker {N} {crackle}|pyrotechnics {launch}|new year {N} {crackle}",
        N=p.any("firework/fireworks explosion/firework burst"),
        O=p.either(launched, p.any("fweee boom/wheee bang"), p.any("boom crackle/bang")),
        size=p.words(size, "small", 0.33, "", 0.66, "big/large"),
        crackle=p.words(crackle, "", 0.45, "with crackle/crackling"),
        launch=p.when(
            launched, "with whistle/whistling up then bursting/launch and explosion", "burst only/burst"
        ),
    )
    p.tell(launched=launched, crackle=crackle, size=size, delay=up)
    launched, up, crackle, size = k.here(launched, up, crackle, size)
    whistle = k.sine(1400 + 1800 * k.t.clamp(max=1.5) + 60 * k.wander(20.0)) * k.gate(up, 0.03, 0.15) * launched
    hiss = filtered(k.noise(), lambda q: band_pass(q, 4000.0, 0.6)) * k.gate(up, 0.03, 0.1) * launched
    boom = k.coloured(lambda q: low_pass(q, 420 - 260 * size)) * k.decay(0.12 + 0.3 * size, up, 0.003)
    boom = boom + 0.4 * filtered(k.noise(), lambda q: high_pass(q, 700.0)) * k.decay(0.025, up)
    after = (k.t > up + 0.1) * torch.exp(-(k.t - up).clamp(min=0) / (0.3 + 0.8 * crackle))
    stars = filtered(k.sparks(220 * after), lambda q: band_pass(q, 3000.0, 0.8))
    sky = 0.12 * whistle + 0.1 * unit_peak(hiss) + unit_peak(boom)
    return sky + 0.5 * (crackle > 0.4) * unit_peak(stars)


def rumble(p: Params, k: Kit) -> Tensor:
    """The ground that shakes: low noise whose roughness wanders."""
    deep, rough, stones = p.log(45, 160), p.uniform(0, 1), p.uniform(0, 1)
    p.say(
        "{deep} {N}, {rough}|{rough} {N}|{N} {stones}|{deep} {N} {stones}|@ {deep} {N}",
        "earthquake|the ground shaking|@ {deep} lfe rumble|something huge moving underground|low rumble bed"
        "|volcano about to erupt|tremor {stones}|avalanche far below|landslide {stones}|ominous {N}|ship rumble",
        deep=p.words(deep, "deep/very low/subsonic", 70, "", 110, "higher"),
        rough=p.words(rough, "steady/smooth", 0.35, "", 0.65, "rough/violent/shaking"),
        stones=p.words(stones, "", 0.6, "with falling rocks/with stones tumbling"),
        N=p.any("rumble/earthquake rumble/ground rumble/rumbling"),
    )
    p.tell(hertz=deep, rough=rough, stones=stones)
    deep, rough, stones = k.here(deep, rough, stones)
    bed = k.coloured(lambda q: low_pass(q, deep) * low_pass(q, deep) * high_pass(q, 22.0))
    bed = bed * (1 + (0.15 + 0.8 * rough) * k.wander(k.uniform(4, 14))).clamp(min=0.05)
    tumbling = filtered(k.sparks(25 * (0.6 + k.wander(2.0)).clamp(min=0), 1.5), lambda q: band_pass(q, 700.0, 0.8))
    return torch.tanh(0.8 * bed) + 0.4 * (stones > 0.6) * unit_peak(unit_rms(tumbling))


FAMILIES = (
    Family("impact", impact, "shot", "impacts", 1.8, "designed boom"),
    Family("explosion", explosion, "shot", "impacts", 1.5, "explosions"),
    Family("gunshot", gunshot, "shot", "impacts", 1.2, "guns"),
    Family("sub drop", sub_drop, "shot", "impacts", 1.0, "designed bass dive"),
    Family("firework", firework, "shot", "impacts", 1.0, "fireworks"),
    Family("rumble", rumble, "loop", "impacts", 1.0, "designed rumble"),
)
