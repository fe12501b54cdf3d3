"""Drums and percussion."""

from __future__ import annotations

import torch
from torch import Tensor

from engine.training.corpus.events import grains, hits, regular, train
from engine.training.corpus.family import Family
from engine.training.corpus.filters import (
    TAU,
    band_pass,
    convolved,
    faded,
    filtered,
    fitted,
    high_pass,
    unit_peak,
)
from engine.training.corpus.kit import Kit
from engine.training.corpus.params import Params
from engine.training.corpus.resonators import cymbal_noise, laid_in, modes


def kick(p: Params, k: Kit) -> Tensor:
    """A falling sine with a click."""
    f, top, bend = p.log(38, 70), p.log(110, 420), p.log(0.012, 0.06)
    tau, drive, click = p.log(0.06, 0.55), p.log(0.4, 7), p.uniform(0, 1)
    p.say(
        "@ {long} {pitch} {K} {N}|{K} {N}, {click}|{pitch} {N} {click}|{long} {N}, {K}|{K} {N}",
        "{O}|kick|bd|four on the floor {N}|@ {long} kick sample|techno {N}|hip hop {N} {click}|dance music {N}"
        "|@ {pitch} kick"
        "|drum machine {N}",
        long=p.words(tau, "short/tight/punchy", 0.13, "", 0.3, "long/booming/808 style"),
        pitch=p.words(f, "deep/low", 46, "", 58, "high"),
        K=p.words(drive, "clean/soft", 0.9, "", 3.0, "distorted/hard/saturated"),
        click=p.words(click, "no click/round", 0.25, "", 0.7, "with a sharp click/clicky attack"),
        N=p.any("kick drum/kick/bass drum/electronic kick"),
        O=p.any("boom/dum/doof/thump"),
    )
    p.tell(hertz=f, tail=tau, drive=drive, click=click)
    f, top, bend, tau, drive, click = k.here(f, top, bend, tau, drive, click)
    y = torch.tanh(drive * k.sine(f + (top - f) * torch.exp(-k.t / bend)) * k.decay(tau)) / torch.tanh(drive)
    snap = laid_in(k, k.burst(0.0025, lambda q: band_pass(q, 3200.0, 0.6), 2048))
    return y * (((tau * 7) - k.t) / 0.05).clamp(0, 1) + 0.4 * click * snap


def snare(p: Params, k: Kit) -> Tensor:
    """Two modes of a head, and wires."""
    f, tau, wires, bright = p.log(140, 330), p.log(0.05, 0.35), p.uniform(0, 1), p.uniform(0, 1)
    p.say(
        "@ {long} {bright} {N} {wires}|{noisy} {N}|{pitch} {N}, {long}|{bright} {N}|{long} {noisy} {N}",
        "{O}|snare|sd|rimless {N}|@ {long} snare sample|rock {N}|backbeat|@ {bright} trap snare|marching {N}"
        "|funk {N}",
        long=p.words(tau, "short/tight/dry", 0.1, "", 0.22, "long/loose"),
        bright=p.words(bright, "dark/dull", 0.33, "", 0.66, "bright/crisp"),
        pitch=p.words(f, "low/deep/fat", 190, "", 250, "high pitched/piccolo"),
        wires=p.words(wires, "mostly tonal body", 0.25, "", 0.7, "with lots of snare noise"),
        noisy=p.words(wires, "tonal", 0.25, "", 0.7, "noisy"),
        N=p.any("snare drum/snare/snare hit/snare drum hit"),
        O=p.any("tak/crack/tshh/tah"),
    )
    p.tell(hertz=f, tail=tau, wires=wires, bright=bright)
    f, tau, wires, bright = k.here(f, tau, wires, bright)
    head = k.sine(f * (1 + 0.5 * torch.exp(-k.t / 0.012))) * k.decay(0.07) + 0.6 * k.sine(f * 1.62) * k.decay(0.05)
    hiss = filtered(k.noise(), lambda q: band_pass(q, 1800 + 5500 * bright, 0.5) * high_pass(q, 500.0))
    hiss = unit_peak(hiss * (k.decay(tau) + 0.6 * k.decay(0.008)))
    return torch.tanh(1.3 * (head * (1.1 - 0.7 * wires) + hiss * (0.35 + 0.9 * wires)))


def hihat(p: Params, k: Kit) -> Tensor:
    """Sheet metal, choked or open."""
    open_, f, bright = p.chance(0.4), p.log(260, 560), p.uniform(0, 1)
    tau = torch.where(open_ > 0, p.log(0.12, 0.55), p.log(0.012, 0.06))
    rate = p.uniform(3, 9)
    count = p.fitting(p.times(4, 0.5, 0.5, 1), 1 / rate)
    p.say(
        "@ {K} {N} {count}|{bright} {K} {N}|{K} {N}, {long}|{bright} {N} {count}|{K} {N}, {tune}",
        "{O}|hh|{K} hat|@ {bright} {K} hat {count}|trap {N} {count}|disco {K} {N}|{K} hats|909 {K} {N}",
        K=p.when(open_, "open", "closed"),
        bright=p.words(bright, "dark", 0.33, "", 0.66, "bright/crisp"),
        long=p.words(tau, "short/tight/very short", 0.025, "", 0.3, "long/sizzling"),
        count=p.words(count, "single/", 2, "two hits", 3, "three hits", 4, "pattern/four hits"),
        tune=p.words(f, "low tuned", 340, "", 450, "high tuned"),
        N=p.any("hi-hat/hihat/hi hat/hat"),
        O=p.when(open_, "tssss/tshh", "ts/tik/tss"),
    )
    p.tell(open=open_, tail=tau, tune=f, bright=bright, count=count, rate=rate)
    tau, f, bright, count, rate = k.here(tau, f, bright, count, rate)
    t = k.time(2.2)
    hat = filtered(
        cymbal_noise(k, f), lambda q: high_pass(q, 4000 + 4500 * bright) + 0.4 * band_pass(q, 7500.0, 2.0)
    )
    hat = unit_peak(hat[:, : t.shape[1]] * k.decay(tau, 0, 0.0008, t))
    times, there = regular(k, rate, 0.0, 4, count)
    return hits(k, times, there * (0.6 + 0.4 * k.rand(*times.shape)), [hat])


def tom(p: Params, k: Kit) -> Tensor:
    """A tom, a taiko or a bongo."""
    kind, tune, hard = p.pick(3, 2, 2), p.log(65, 260), p.uniform(0, 1)
    f = tune * p.table(kind, (1, 0.65, 2.2))
    tau, rate = p.log(0.1, 0.6) * p.table(kind, (1, 1.3, 0.35)), p.uniform(2.5, 7)
    count = p.times(4, 1, 1)
    p.say(
        "@ {pitch} {K} {N} {count}|{hard} {K} {N}|{K} {N}, {long}|{pitch} {K} {count}|{hard} {pitch} {K}",
        "{O}|{A}|{A} {count}|{A}|drum hit|{K} {count}|percussion {N}",
        pitch=p.words(tune, "low/deep", 105, "", 165, "high"),
        hard=p.words(hard, "soft/gentle", 0.3, "", 0.7, "hard"),
        K=p.named(kind, "tom drum/tom", "taiko drum/taiko/big war drum", "bongo/conga"),
        A=p.named(
            kind,
            "drum fill/floor tom/rack tom",
            "epic trailer drum/tribal war drum/lord of the rings drums/japanese drum",
            "jungle drum/latin percussion/cuban drum/hand drum",
        ),
        N=p.any("hit//hit/strike"),
        long=p.words(tau, "short/tight/dead", 0.12, "", 0.35, "long/resonant/boomy"),
        count=p.words(count, "/single", 2, "two hits/double hit", 3, "three hits"),
        O=p.named(kind, "dum/doom", "boom/dooom", "bop/pok/tak"),
    )
    p.tell(hertz=f, tail=tau, hard=hard, count=count, kind=kind, rate=rate)
    f, tau, hard, count, rate = k.here(f, tau, hard, count, rate)
    t = k.time(2.0)
    drum = torch.zeros_like(f * t)
    bent = t + 0.006 * (1 - torch.exp(-t / 0.03))
    for ratio, level, fading in (
        (1, 1, 1),
        (1.59, 0.5, 0.6),
        (2.14, 0.35, 0.45),
        (2.3, 0.25, 0.4),
        (2.92, 0.2, 0.3),
    ):
        heard = level * (0.3 + 0.7 * hard if ratio > 1 else 1)
        drum = drum + heard * torch.sin(TAU * ((f * ratio * bent) % 1)) * k.decay(tau * fading, 0, 0.001, t)
    stick = k.burst(0.008, lambda q: band_pass(q, 900 + 1500 * hard, 0.5), 4096)
    one = unit_peak(drum) + (0.1 + 0.4 * hard) * fitted(stick, t.shape[1])
    times, there = regular(k, rate, 0.05, 3, count)
    return hits(k, times, there * (0.75 + 0.25 * k.rand(*times.shape)), [one])


_RIDE, _SWELL = 1, 2


def cymbal(p: Params, k: Kit) -> Tensor:
    """A crash, a ride, or a swell that ends at its loudest."""
    kind, bright = p.pick(3, 2, 1), p.uniform(0, 1)
    tau = (p.log(0.4, 1.8) * torch.where(kind == _RIDE, 0.8, 1.0)).clamp(max=p.seconds * 0.4)
    p.say(
        "@ {bright} {K} {long}|{K}, {long}|{long} {K}|{bright} {K}|{K}",
        "{O}|cymbal|{A}|{A}|@ {bright} {A}",
        K=p.named(
            kind,
            "crash cymbal/cymbal crash/crash",
            "ride cymbal/ride cymbal ping/ride",
            "cymbal swell/reverse cymbal/reversed crash cymbal",
        ),
        A=p.named(
            kind,
            "rock drummer hits the crash/orchestra cymbals/punch line crash",
            "jazz ride/drummer playing the ride once",
            "cymbal roll building up/orchestral swell/reverse crash before the drop",
        ),
        bright=p.words(bright, "dark/low", 0.33, "", 0.66, "bright/high/shimmering"),
        long=p.words(tau, "short/quickly choked/tight", 0.65, "", 1.1, "long/long decay"),
        O=p.named(kind, "crash/psshhh/tshhhh", "ting/ping", "shhhHHHH/fffFFFF"),
    )
    p.tell(kind=kind, tail=tau, bright=bright)
    kind, tau, bright = k.here(kind, tau, bright)
    source = cymbal_noise(k, k.log(210, 420))
    high = filtered(source, lambda q: high_pass(q, 2800 + 4200 * bright))
    middle = filtered(source, lambda q: band_pass(q, 1000 + 1400 * bright, 0.6)) * (1.4 - 0.9 * bright)
    length = (tau * 2.0).clamp(max=k.seconds * 0.8)
    swell = (k.t / length).clamp(0, 1) ** 2.5 * ((length - k.t) / 0.03).clamp(0, 1)
    y = unit_peak(high) * torch.where(kind == _SWELL, swell, k.decay(tau, 0, 0.002))
    y = y + 0.6 * unit_peak(middle) * torch.where(kind == _SWELL, swell, k.decay(tau * 0.4, 0, 0.002))
    ping = unit_peak(
        modes(k, k.log(2500, 5200, 4) * (0.7 + 0.6 * bright), k.uniform(0.1, 0.5, 4), k.uniform(0.4, 1, 4))
    )
    return torch.where(kind == _RIDE, 0.4 * y + 0.8 * ping, y)


_TAMBOURINE = 1


def shaker(p: Params, k: Kit) -> Tensor:
    """Beads, jingles or seeds, forth and back."""
    kind, rate, bright, soft = p.pick(3, 2, 2), p.log(2.5, 10), p.uniform(0, 1), p.log(0.015, 0.06)
    count = p.fitting(p.uniform(1, 14).floor(), 1.04 / rate)
    p.say(
        "@ {speed} {K} {count}|{K}, {speed}|{bright} {K} {count}|{speed} {bright} {K}|{K} {attack}",
        "{O}|{A}|{A} {count}|percussion {K}|@ {bright} {K}",
        speed=p.only(count > 1, p.words(rate, "slow", 4, "", 6.5, "fast")),
        K=p.named(
            kind, "shaker/egg shaker/rhythm shaker", "tambourine/tambourine shake", "maracas/maraca/rattle shaker"
        ),
        A=p.named(
            kind,
            "pop song shaker/shaking a box of rice",
            "gospel tambourine/gypsy dance",
            "mexican maracas/rattlesnake/baby rattle",
        ),
        bright=p.words(bright, "dark/dull", 0.33, "", 0.66, "bright/crisp"),
        attack=p.words(soft, "sharp attack/tight", 0.022, "", 0.04, "soft attack/loose"),
        count=p.words(
            count,
            "single shake/one hit",
            2,
            "a few shakes",
            5,
            "",
            9,
            "rhythmic pattern/shaken repeatedly/loop",
        ),
        O=p.named(kind, "chk chk/shk shk", "ching ching/chinka", "chicka chicka/shaka shaka"),
    )
    p.tell(kind=kind, rate=rate, count=count, bright=bright, attack=soft)
    kind, rate, bright, soft, count = k.here(kind, rate, bright, soft, count)
    times, there = regular(k, rate, 0.04, 14, count)
    accents = torch.where(torch.arange(14, device=k.device)[None] % 2 == 0, 1.0, 0.6)
    t = k.time(0.5)
    stroke = (t / soft).clamp(max=1) * faded((t - soft).clamp(min=0) / (0.02 + 0.02 * (kind == _TAMBOURINE)))
    envelope = convolved(train(k, times, there * accents), stroke).clamp(min=0)
    beads = k.sparks(3500 + 4000 * (kind == 0)) * envelope
    y = unit_peak(filtered(beads, lambda q: band_pass(q, 3000 + 6000 * bright, 1.0) * high_pass(q, 2000.0)))
    parts = [
        modes(k, k.log(3500, 9000, 4) * (0.7 + 0.6 * bright), k.uniform(0.03, 0.1, 4), k.uniform(0.4, 1, 4), 0.4)
        for _ in range(3)
    ]
    jingles = unit_peak(grains(k, [k.sparks(300.0) * envelope for _ in parts], parts))
    return torch.where(kind == _TAMBOURINE, 0.4 * y + jingles, y)


FAMILIES = (
    Family("kick", kick, "shot", "drums", 1.2, "drums kick"),
    Family("snare", snare, "shot", "drums", 1.2, "drums snare"),
    Family("hi-hat", hihat, "shot", "drums", 1.1, "drums hihat"),
    Family("tom", tom, "shot", "drums", 1.0, "drums tom"),
    Family("cymbal", cymbal, "shot", "drums", 1.0, "drums cymbal"),
    Family("shaker", shaker, "seq", "drums", 1.0, "musical shaker"),
)
