"""Metal: hit, scraped, dragged, drawn and dropped."""

from __future__ import annotations

import torch
from torch import Tensor

from engine.training.corpus.events import hits, regular
from engine.training.corpus.family import Family
from engine.training.corpus.filters import (
    RATE,
    band_pass,
    bell,
    filtered,
    fitted,
    high_pass,
    shaped,
    unit_peak,
    unit_rms,
)
from engine.training.corpus.kit import Kit
from engine.training.corpus.params import Params
from engine.training.corpus.resonators import laid_in, modes, splinters

_RATIOS = (
    (1, 2.76, 5.4, 8.93, 13.3, 18.6, 3.1, 6.0, 1.02, 2.9, 9.4, 14),
    (1, 1.31, 1.72, 2.2, 2.63, 3.4, 3.97, 4.6, 5.5, 6.3, 7.1, 8.7),
    (1, 1.58, 2.76, 3.9, 5.4, 6.7, 8.9, 10.2, 4.4, 7.7, 11.6, 13.1),
    (1, 1.5, 1.98, 2.44, 2.9, 3.6, 4.2, 1.04, 1.55, 5.1, 6.0, 7.0),
)
"""Twelve modes of a pipe, a sheet, an anvil and a pan."""


def metal_hit(p: Params, k: Kit) -> Tensor:
    """A pipe, a sheet, an anvil or a pan that is struck."""
    kind = p.pick(1, 1, 1, 1)
    base, tau, hard = p.log(140, 2200), p.log(0.05, 1.8), p.uniform(0.2, 1)
    count, rate = p.times(5, 1, 1), p.uniform(2, 7)
    f = base * p.table(kind, (0.8, 0.6, 1.6, 1.0))
    p.say(
        "@ {hard} {K} {N} {count}|{pitch} {K} {N}, {long}|{K} {N}|{long} metallic {N} {count}"
        "|{pitch} metal {N}, {hard}",
        "{O}|{A}|{A}, {long}|@ {pitch} metal {N}|something metal dropped|factory {N} {count}|hitting metal {count}"
        "|robot getting hit|@ {hard} {N} of metal on metal",
        hard=p.words(hard, "soft/gentle", 0.4, "", 0.75, "hard/harsh/loud"),
        pitch=p.words(f, "deep/low/large", 300, "", 900, "small/high/bright"),
        K=p.named(
            kind,
            "metal pipe/steel pipe/metal",
            "sheet metal/metal sheet/metal",
            "anvil/steel/metal",
            "metal pan/pan/metal pot",
        ),
        A=p.named(
            kind,
            "pipe falling/scaffolding hit/pipe on a pipe",
            "car bonnet hit/metal plate/metal panel hit",
            "blacksmith at work/hammer on an anvil/forging a sword",
            "frying pan to the head/cooking pot/pan dropped in the kitchen",
        ),
        N=p.any("clang/hit/clank/impact/clang"),
        O=p.words(count, "clang/clank/klang/bonk", 2, "clang clang/clank clank"),
        long=p.words(tau, "short/damped/dead", 0.15, "", 0.7, "ringing/long ringing/resonant"),
        count=p.words(count, "/single", 2, "twice/double", 3, "three times/repeated"),
    )
    p.tell(hertz=f, tail=tau, hard=hard, kind=kind, count=count, rate=rate)
    f, tau, hard, kind, count, rate = k.here(f, tau, hard, kind, count, rate)
    ratio = k.table(kind, _RATIOS) * (1 + 0.03 * k.normal(12))
    level = k.uniform(0.2, 1, 12) * torch.exp(-(ratio - 1) * (1 - hard) * 0.5)
    fading = tau * ratio.clamp(min=0.5) ** -0.35 * k.uniform(0.5, 1.1, 12)
    clang = unit_peak(modes(k, f * ratio, fading, level, 3.5))
    tick = fitted(k.burst(0.004, lambda q: band_pass(q, 3500.0, 0.4), 2048), clang.shape[1])
    times, there = regular(k, rate, 0.15, 3, count)
    return hits(k, times, there * (0.6 + 0.4 * k.rand(*times.shape)), [clang + 0.4 * hard * tick])


def metal_scrape(p: Params, k: Kit) -> Tensor:
    """Noise that drives resonances."""
    length, base = p.span(0.35, 2.6), p.log(350, 2600)
    rough, ring = p.uniform(0, 1), p.uniform(5, 60)
    p.say(
        "@ {speed} {pitch} {N}|{pitch} {N}, {rough}|{rough} {N} {speed}|{N}|{long} {N}, {ring}",
        "{O}|nails on a chalkboard|dragging a metal pipe over concrete|sharpening a knife|metal door dragged open"
        "|freddy's claws on a pipe|car scraping along a wall|@ {rough} grinding of metal"
        "|horror metal screech, {long}"
        "|shovel on stone|train brakes squeal|rusty gate",
        speed=p.words(length, "quick/fast", 0.8, "", 1.6, "slow"),
        long=p.words(length, "short", 0.8, "", 1.6, "long"),
        pitch=p.words(base, "low/deep", 700, "", 1500, "high/screeching/shrill"),
        rough=p.words(rough, "smooth", 0.35, "", 0.65, "rough/grinding/juddering"),
        ring=p.words(ring, "dull/noisy", 18, "", 40, "ringing/singing"),
        N=p.any("metal scrape/metal scraping/metal on metal scrape/knife scrape on metal/sword scrape"),
        O=p.any("skreee/screech/krrrrsh"),
    )
    p.tell(seconds=length, hertz=base, rough=rough, ring=ring)
    length, base, rough, ring = k.here(length, base, rough, ring)
    drive = k.noise() * (1 + rough * 1.5 * k.wander(k.uniform(30, 120))).clamp(min=0) * (0.6 + 0.4 * k.wander(5.0))
    at = base * torch.cumsum(k.uniform(0.3, 1.3, 9), 1)
    levels = (1, 0.9, 0.9, 0.8, 0.7, 0.7, 0.6, 0.5, 0.4)

    def resonances(q: Tensor) -> Tensor:
        out = 0.05 * high_pass(q, 2500.0)
        for i, level in enumerate(levels):
            out = out + level * band_pass(q, at[:, i : i + 1], ring)
        return out

    moving = base * 2 ** (1.2 + 1.3 * k.wander(3.0))
    y = shaped(filtered(drive, resonances), lambda q, of: 1 + 2.0 * bell(q, of(moving), 0.4))
    return y * k.bump(length, k.uniform(0.2, 0.6), 0.7)


def chain(p: Params, k: Kit) -> Tensor:
    """Links that fall against one another."""
    size, length, density = p.uniform(0, 1), p.span(0.4, 3.0), p.log(18, 70)
    p.say(
        "@ {size} {N} {busy}|{size} {N}, {long}|{N} {busy}|{long} {N}|{N}",
        "{O}|prisoner in chains|ghost dragging its chains|dungeon chains|@ {size} anchor chain|dog chain"
        "|@ {size} chain"
        " pulled through a ring|bike chain|shackles {busy}|castle drawbridge chain|chain dropped on the floor",
        size=p.words(size, "thin/small/light/delicate", 0.35, "", 0.65, "heavy/big/thick"),
        long=p.words(length, "short/quick", 0.9, "", 1.8, "long"),
        busy=p.words(density, "sparse/slowly moving", 28, "", 48, "busy/shaken rapidly/vigorously shaken"),
        N=p.any("metal chain rattle/chain rattling/chains/chain/metal chain jingle"),
        O=p.any("clink clank/chinka chinka/rattle rattle"),
    )
    p.tell(size=size, seconds=length, density=density)
    size, length, density = k.here(size, length, density)
    links = [splinters(k, 3400 - 2000 * size, (0.6, 3.2), (0.008, 0.06), 7) for _ in range(9)]
    links = [link + 0.25 * k.burst(0.003, lambda q: high_pass(q, 3000.0), link.shape[1]) for link in links]
    return rattling(k, links, length, density, 220, 5.0)


def rattling(k: Kit, parts: list[Tensor], length: Tensor, density: Tensor, most: int, restless: float) -> Tensor:
    """`density` events a second over `length` seconds, each one of the parts, in waves."""
    times = k.rand(k.count, most) * length
    waves = (0.675 + 0.325 * k.wander(restless)).gather(1, (times * RATE).long().clamp(max=k.samples - 1))
    number = torch.arange(most, device=k.device)[None]
    levels = k.rand(k.count, most) ** 2 * (number < (density * length).clamp(min=3)) * waves
    first = number == 0
    return hits(k, 0.003 + torch.where(first, 0.0, times), torch.where(first, 0.6, levels), parts)


_CLASH, _DRAW, _SWING = range(3)


def sword(p: Params, k: Kit) -> Tensor:
    """A blade that clashes, is drawn, or swings."""
    kind, f = p.pick(1, 1, 1), p.log(1200, 3600)
    tau, speed = p.log(0.25, 1.4), p.log(0.08, 0.4)
    p.say(
        "@ {pitch} {N} {tail}|{N}, {speed}|{speed} {N}|{N} {tail}|{pitch} {N}",
        "{A}|{A}|{A}, {speed}|{A} {tail}",
        pitch=p.words(f, "heavy/low", 1700, "", 2600, "light-bladed/high/bright"),
        N=p.named(
            kind,
            "sword clash/swords clashing/blade hit/sword clang",
            "sword draw/sword unsheathe/blade being drawn",
            "sword swing/blade swoosh/sword swish",
        ),
        A=p.named(
            kind,
            "sword fight/sword hit/knights fighting/parry/shing clang/swords crossing/blade on blade",
            "shing/schwing/samurai draws his katana/knife out of its sheath/drawing a dagger/swordsman ready",
            "swish/katana slash/slash through the air/cutting the air with a blade/ninja attack",
        ),
        speed=p.only(kind != _CLASH, p.words(speed, "fast/quick", 0.14, "", 0.26, "slow")),
        tail=p.only(
            kind != _SWING,
            p.words(tau, "short ring/dull", 0.45, "", 0.9, "long ringing/with a long metallic ring"),
        ),
    )
    p.tell(kind=kind, hertz=f, tail=tau, move=speed)
    kind, f, tau, speed = k.here(kind, f, tau, speed)
    at = f * torch.cumsum(k.uniform(0.15, 0.8, 9), 1) / 0.4
    ringing = unit_peak(modes(k, at, tau * k.uniform(0.3, 1, 9), k.uniform(0.3, 1, 9)))
    slide = shaped(k.noise(), lambda q, of: bell(q, of(2500 + 5000 * (k.t / speed).clamp(0, 1)), 0.35))
    slide = slide * k.bump(speed, 0.75, 1.2)

    def blade(q: Tensor) -> Tensor:
        return torch.stack([band_pass(q, f * r, 60.0) for r in (1, 1.63, 2.4, 3.1)]).sum(0)

    sung = unit_peak(filtered(0.3 * unit_rms(slide), blade))
    contact = laid_in(k, k.burst(0.006, lambda q: high_pass(q, 2000.0), 3000))
    since = torch.arange(k.samples, device=k.device)[None] - (speed * RATE).long()
    late = torch.where(since >= 0, ringing.gather(1, since.clamp(min=0)), 0.0)
    drawn = 0.8 * unit_peak(slide) + 0.5 * sung + 0.45 * late
    swung = unit_peak(slide) + 0.12 * sung
    return torch.where(kind == _CLASH, ringing + 0.6 * contact, torch.where(kind == _DRAW, drawn, swung))


def keys(p: Params, k: Kit) -> Tensor:
    """Keys, coins or cutlery that move against one another."""
    kind, length, density, bright = p.pick(1, 1, 1), p.span(0.25, 2.2), p.log(14, 60), p.log(0.7, 1.4)
    p.say(
        "@ {long} {N}|{N}, {busy}|{long} {busy} {N}|{bright} {N}|{N}, {long}",
        "{A}|{A}|{A}, {busy}|{long} {A}",
        N=p.named(
            kind,
            "keys jingle/jingling keys/keychain jingle",
            "coins jingling/handful of coins/loose change/coins dropped",
            "cutlery clatter/silverware rattling/forks and spoons",
        ),
        A=p.named(
            kind,
            "looking for the house keys/jailer's keys/jingle jangle/bunch of keys",
            "money/purse full of coins/pocket change/treasure/ka-ching/slot machine payout",
            "restaurant cutlery/setting the table/dropping a fork/kitchen drawer/clatter",
        ),
        long=p.words(length, "short/quick", 0.55, "", 1.2, "long"),
        busy=p.words(density, "sparse", 23, "", 40, "busy/vigorous"),
        bright=p.words(bright, "dull/low", 0.87, "", 1.15, "bright/high"),
    )
    p.tell(kind=kind, seconds=length, density=density, pitch=bright)
    kind, length, density, bright = k.here(kind, length, density, bright)
    centre, tau = k.table(kind, (4200, 5600, 2300)) * bright, k.table(kind, (0.03, 0.07, 0.12))
    parts = []
    for _ in range(6):
        f, level = centre * k.log(0.7, 1.7, 5), k.uniform(0.3, 1, 5)
        parts.append(unit_peak(modes(k, f, tau * k.uniform(0.4, 1.2, 5), level, 0.5)))
    return rattling(k, parts, length, density, 140, 7.0)


def metal_creak(p: Params, k: Kit) -> Tensor:
    """A hull or a gate that gives way: low resonances driven by slipping."""
    length, f, rate = p.span(0.7, 3.5), p.log(70, 420), p.log(9, 60)
    p.say(
        "@ {size} {N}, {long}|{speed} {N}|{size} {N}|{long} {N}|{N}, {speed}",
        "ship hull groaning|submarine under pressure|bridge about to collapse|@ {size} metal stress|rusted ship"
        "|titanic sinking|@ {size} iron gate|{O}|old crane|industrial horror metal moan"
        "|{long} groan of bending steel",
        size=p.words(f, "huge/deep/massive", 130, "", 240, "small/high"),
        long=p.words(length, "short", 1.2, "", 2.2, "long"),
        speed=p.words(length, "quick", 1.2, "", 2.2, "slow"),
        N=p.any("metal groan/metal creak/metal stress/creaking metal/bending metal"),
        O=p.any("grrroooan/eeerrrk/wrrrrong"),
    )
    p.tell(seconds=length, hertz=f, slips=rate)
    length, f, rate = k.here(length, f, rate)
    slipping = rate * 2 ** (0.8 * k.wander(1.5) + 0.2 * k.wander(12.0)) * (0.6 + 0.8 * k.bump(length, 0.5, 1.0))
    place = k.cycles(slipping)
    drive = torch.exp(-(place % 1).float() * 9) * (0.5 + 0.5 * k.held(place).abs()) + 0.05 * k.noise()
    ratios = torch.cumsum(k.uniform(0.4, 1.1, 8), 1)
    at = f * ratios / ratios[:, :1]

    def hull(q: Tensor) -> Tensor:
        return torch.stack([band_pass(q, at[:, i : i + 1], 22.0) / (1 + 0.35 * i) for i in range(8)]).sum(0)

    y = filtered(drive - drive.mean(-1, keepdim=True), hull)
    return y * k.gate(length, 0.08, 0.25 * length)


FAMILIES = (
    Family("metal hit", metal_hit, "shot", "metals", 1.3, "metal impact"),
    Family("metal scrape", metal_scrape, "shot", "metals", 1.0, "metal friction"),
    Family("chain", chain, "seq", "metals", 1.0, "chains"),
    Family("sword", sword, "shot", "metals", 1.1, "weapons sword"),
    Family("keys jingle", keys, "seq", "metals", 1.0, "objects keys"),
    Family("metal creak", metal_creak, "shot", "metals", 1.0, "metal groan"),
)
