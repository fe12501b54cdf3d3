"""Water: streams, drops, bubbles, splashes, and what is poured."""

from __future__ import annotations

import torch
from torch import Tensor

from engine.training.corpus.events import grains, hits, regular
from engine.training.corpus.family import Family
from engine.training.corpus.filters import (
    TAU,
    Curve,
    band_pass,
    bell,
    faded,
    filtered,
    fitted,
    shaped,
    slope,
    unit_peak,
    unit_rms,
)
from engine.training.corpus.kit import Kit
from engine.training.corpus.params import Params
from engine.training.corpus.resonators import drops


def stream(p: Params, k: Kit) -> Tensor:
    """Bubbles without end over a bed of noise."""
    size, flow, bright = p.uniform(0, 1), p.log(60, 420), p.uniform(0, 1)
    p.say(
        "@ {size} {N}, {flow}|{flow} {N}|{size} {N} {bright}|{N}|{size} flowing water, {flow}",
        "{O}|{A}|{A}|nature by the {N}|relaxing {size} {N}|forest {N}|@ {size} {N} over rocks|hiking past a {N}"
        "|{size} running water|{flow} water, outdoors",
        size=p.words(size, "small/gentle/tiny", 0.33, "", 0.66, "large/strong/rushing"),
        A=p.words(
            size,
            "little mountain brook/garden fountain",
            0.33,
            "forest stream",
            0.66,
            "rapids/river in the mountains",
        ),
        flow=p.words(
            flow,
            "sparse bubbling/few bubbles",
            110,
            "",
            240,
            "babbling/bubbling busily/gurgling",
        ),
        bright=p.words(bright, "dark/low", 0.3, "", 0.7, "bright/sparkling"),
        N=p.words(size, "stream/creek/brook", 0.6, "river/stream/river"),
        O=p.words(size, "trickle trickle/blub blub", 0.6, "rushing water/fshhhh"),
    )
    p.tell(strength=size, density=flow, bright=bright)
    size, flow, bright = k.here(size, flow, bright)
    low, high = 350 + 250 * (1 - size) + 200 * bright, 1800 + 2200 * bright
    bubbles_ = drops(k, low, high, (0.006, 0.03), variants=10, chirp=1.0, seconds=0.15)
    y = unit_rms(grains(k, [k.sparks(flow / 6 * (1 + 0.6 * k.wander(4.0))) for _ in bubbles_], bubbles_))
    bed = k.coloured(lambda q: band_pass(q, 500 + 1300 * bright, 0.4) * slope(q, 0.5))
    deep = k.coloured(lambda q: band_pass(q, 200.0, 0.5))
    return y + bed * (0.15 + 0.9 * size) + deep * 0.6 * size


def water_drip(p: Params, k: Kit) -> Tensor:
    """Drops into water: tones that rise while they die."""
    f, rate, rise = p.log(350, 2600), p.uniform(0.8, 6), p.uniform(1, 9)
    number = p.pick(3, 1, 1, 2)
    count = p.fitting(torch.where(number == 3, p.uniform(5, 14).floor(), number + 1), 1.3 / rate)
    p.say(
        "@ {pitch} {N} {count}|{count} {N}|{N}, {pitch}, {count}|{pitch} {N}|{N} {speed}",
        "{O}|leaking faucet {speed}|cave drip {count}|leaky pipe {speed}|@ {pitch} drop into a puddle"
        "|drop in a bucket"
        "|tap dripping {speed}|one drop after another {speed}|dungeon drip|stalactite drip {count}",
        pitch=p.words(f, "deep/low/big", 700, "", 1500, "high/tiny/small"),
        count=p.words(count, "single", 2, "double", 3, "triple", 4, "repeated/dripping repeatedly"),
        speed=p.only(count > 1, p.words(rate, "slow/slowly", 2.0, "", 4.0, "fast/quickly")),
        N=p.any("water drip/water drop/droplet/water drip/drop of water"),
        O=p.words(count, "plop/plip/blip/drip", 2, "drip drop/plip plop", 3, "drip drip drip/plip plop plip"),
    )
    p.tell(hertz=f, count=count, rate=rate)
    f, rate, rise, count = k.here(f, rate, rise, count)
    t, parts = k.time(0.4), []
    for _ in range(4):
        turn = f * k.log(0.8, 1.25) * (t + rise * k.uniform(0.6, 1.2) * t * t)
        tone = torch.sin(TAU * (turn % 1)) * (t / 0.003).clamp(max=1) * faded(t / k.log(0.015, 0.05))
        tick = fitted(k.burst(0.0012, lambda q: band_pass(q, f * 3, 0.8), 1024), t.shape[1])
        parts.append(tone + 0.15 * tick)
    times, there = regular(k, rate, 0.3, 14, count)
    return hits(k, times, there * (0.5 + 0.5 * k.rand(*times.shape)), parts)


def bubbles(p: Params, k: Kit) -> Tensor:
    """Bubbles that come up, few or many."""
    size, density = p.uniform(0, 1), p.log(6, 70)
    length = (p.log(0.25, 1.4) * p.seconds).clamp(max=p.seconds)
    p.say(
        "{size} {N} {busy}|{busy} {size} {N}|{N}, {size}|{N} {busy}, {long}",
        "{O}|aquarium|scuba diver breathing out|{size} {N} in a tank|boiling pot|witch's cauldron"
        "|mad scientist lab"
        "|{busy} {N} rising|{size} {N} in a swamp|drinking through a straw|lava lamp {N}",
        size=p.words(size, "tiny/small/high pitched", 0.33, "", 0.66, "big/large/deep"),
        busy=p.words(density, "sparse/slow", 15, "", 35, "many/busy/rapid/boiling"),
        long=p.words(length / p.seconds, "short", 0.45, "", 0.95, "continuous/loop"),
        N=p.any("bubbles/underwater bubbles/air bubbles/water bubbles"),
        O=p.any("blub blub/bloop bloop/blublublub"),
    )
    p.tell(size=size, density=density, seconds=length)
    size, density, length = k.here(size, density, length)
    low = (1300 - 1000 * size) * 0.6
    parts = drops(k, low, low * 3.7, (0.015, 0.06), variants=9, chirp=1.3, seconds=0.35)
    open_ = ((length - k.t) / 0.1).clamp(0, 1)
    trains = [k.sparks(density / 9 * open_ * (1 + 0.8 * k.wander(3.0)), 1.5) for _ in parts]
    trains[0][:, 200], trains[1][:, 2100] = 0.8, 0.8
    return grains(k, trains, parts)


def splash(p: Params, k: Kit) -> Tensor:
    """A slap on the surface, a cavity that closes, drops that come down."""
    size, length, after = p.uniform(0, 1), p.log(0.2, 1.2), p.uniform(0, 1)
    p.say(
        "@ {size} {N} {drops}|{size} {N}|{N} {drops}, {long}|{size} water {N}, {long}",
        "{O}|{A}|{A}|jumping into the pool|@ {size} cannonball|diving in|@ {size} rock thrown into a lake {drops}"
        "|falling into water|stepping into a puddle|@ {size} fish jumping|man overboard",
        size=p.words(size, "small/tiny/little", 0.33, "", 0.66, "big/large/huge"),
        A=p.words(
            size, "pebble in a pond/plop in water", 0.33, "body of water hit", 0.66, "belly flop/boulder in a lake"
        ),
        drops=p.words(after, "", 0.55, "with droplets falling/with drops"),
        long=p.words(length, "short/quick", 0.35, "", 0.7, "long"),
        N=p.any("splash/splash/splash into water/splashing"),
        O=p.words(size, "plip/splish/plop", 0.4, "splash/sploosh/splosh"),
    )
    p.tell(size=size, seconds=length, drops=after)
    size, length, after = k.here(size, length, after)
    centre = (1200 + 3200 * (1 - size)) * 2 ** (
        1.3 * torch.exp(-k.t / (0.3 * length)) - 0.6 * (k.t / length).clamp(max=2)
    )
    envelope = k.decay(0.25 * length, 0, 0.008) + 0.5 * k.decay(0.4 * length, 0.06 + 0.1 * size, 0.05)
    spray = shaped(k.noise(), lambda q, at: bell(q, at(centre), 1.1), 512) * envelope * (1 + 0.5 * k.wander(45.0))
    cavity = torch.sin(TAU * k.t * (190 - 110 * size) * (1 + k.t * 2)) * k.decay(0.05 + 0.07 * size, 0.01, 0.01)
    parts = drops(k, 500.0, 2600.0, (0.008, 0.03), variants=6, chirp=1.6, seconds=0.2)
    later = 60 * torch.exp(-k.t / (0.7 * length)) * (k.t > 0.08)
    rest = grains(k, [k.sparks(later) for _ in parts], parts)
    return unit_peak(spray) + 0.7 * size * cavity + 0.5 * after * unit_peak(rest) * (after > 0.4)


def water_pour(p: Params, k: Kit) -> Tensor:
    """Bubbles, and the air above the water, whose tone climbs while the vessel fills."""
    length, size, flow = (p.log(0.3, 1.2) * p.seconds).clamp(max=p.seconds), p.uniform(0, 1), p.uniform(0, 1)
    p.say(
        "{size} {N} {flow}|{N}, {long}|{flow} {N} {vessel}|{size} {N} {vessel}|{N}",
        "{O}|{A}|{A}|barista|serving a drink|{flow} tap water running {vessel}|{A}, {flow}|filling up {vessel}",
        N=p.any("pouring water/water pouring/pouring a drink/liquid pouring"),
        A=p.words(
            size,
            "filling a glass/pouring tea/wine being poured",
            0.5,
            "filling a bucket/filling a bathtub/watering can",
        ),
        size=p.words(size, "small/thin", 0.33, "", 0.66, "large/big"),
        flow=p.words(flow, "gentle/trickling", 0.33, "", 0.66, "strong/fast"),
        long=p.words(length / p.seconds, "short", 0.5, "", 0.9, "long"),
        vessel=p.words(size, "into a glass/into a cup", 0.5, "into a bucket/into a large container"),
        O=p.any("glug glug/blub blub/gloop gloop"),
    )
    p.tell(seconds=length, size=size, flow=flow, rise=torch.ones_like(size))
    length, size, flow = k.here(length, size, flow)
    parts = drops(k, 500 - 200 * size, 2600 - 1200 * size, (0.006, 0.022), variants=8, chirp=1.0, seconds=0.12)
    open_ = k.gate(length, 0.05, 0.15)
    y = unit_rms(grains(k, [k.sparks((25 + 60 * flow) * open_, 1.6) for _ in parts], parts))
    air = (380 + 500 * (1 - size)) * 2 ** (1.3 * (k.t / length).clamp(0, 1))

    def vessel(q: Tensor, at: Curve) -> Tensor:
        return bell(q, at(air), 0.1) + 0.5 * bell(q, at(air * 2.9), 0.12) + 0.1 * bell(q, 3500.0, 0.9)

    return y + (0.6 + 0.6 * flow) * unit_rms(shaped(k.noise(), vessel)) * open_ * (1 + 0.3 * k.wander(12.0))


def lava(p: Params, k: Kit) -> Tensor:
    """Thick bubbles that burst slowly over a deep simmer."""
    size, rate, hiss = p.uniform(0, 1), p.log(1.0, 6.0), p.uniform(0, 1)
    p.say(
        "{size} {N} {busy}|{N} {hiss}|{busy} {N}|{N}|{size} {N}, {hiss}",
        "volcano crater|hell|mud pool|tar pit|{O}|witch's swamp|lava pit in a dungeon|thick goo boiling {busy}"
        "|hot spring mud"
        "|monster slime pit",
        size=p.words(size, "small", 0.33, "", 0.66, "huge/deep/big"),
        busy=p.words(rate, "slow/slowly bubbling", 1.9, "", 3.5, "busy/boiling quickly"),
        hiss=p.words(hiss, "", 0.6, "with hissing steam/hissing"),
        N=p.any("bubbling lava/boiling mud/lava bubbles/bubbling tar"),
        O=p.any("blorp blorp/gloop/blup blup"),
    )
    p.tell(size=size, rate=rate, hiss=hiss)
    size, rate, hiss = k.here(size, rate, hiss)
    parts = drops(
        k, 70 + 110 * (1 - size), 200 + 260 * (1 - size), (0.03, 0.1), variants=8, chirp=4.0, seconds=0.5
    )
    times, there = regular(k, rate, 0.9, 60)
    y = hits(k, times, there * (0.4 + 0.6 * k.rand(*times.shape)), parts)
    slurp = shaped(k.noise(), lambda q, at: bell(q, at(500 * 2 ** k.wander(6.0)), 0.4)) * k.wander(5.0).clamp(
        min=0
    )
    steam = filtered(k.noise(), lambda q: band_pass(q, 5000.0, 0.7)) * (0.5 + 0.5 * k.wander(1.0))
    return unit_peak(y) + 0.05 * unit_rms(slurp) + 0.06 * (hiss > 0.6) * unit_rms(steam)


FAMILIES = (
    Family("stream", stream, "loop", "water", 1.0, "water flow"),
    Family("water drip", water_drip, "seq", "water", 1.1, "water drip"),
    Family("bubbles", bubbles, "seq", "water", 1.0, "water bubbles"),
    Family("splash", splash, "shot", "water", 1.0, "water splash"),
    Family("water pour", water_pour, "seq", "water", 1.0, "water pour"),
    Family("lava", lava, "loop", "water", 0.8, "lava mud"),
)
