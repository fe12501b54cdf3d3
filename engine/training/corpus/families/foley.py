"""Foley: what bodies and hands do to things."""

from __future__ import annotations

import torch
from torch import Tensor

from engine.training.corpus.events import grains, hits, regular, repeats, train
from engine.training.corpus.family import Family
from engine.training.corpus.filters import (
    TAU,
    band_pass,
    bell,
    convolved,
    filtered,
    shaped,
    unit_peak,
    unit_rms,
)
from engine.training.corpus.kit import Kit
from engine.training.corpus.params import Params
from engine.training.corpus.resonators import METAL, PLASTIC, WOOD, contact, drops, modes

_SURFACES = 7
_METAL_FLOOR = 5


def footsteps(p: Params, k: Kit) -> Tensor:
    """Heel and sole on one of seven grounds: grit, a thump, a contact."""
    ground, rate, weight = p.pick(*[1.0] * _SURFACES), p.log(1.3, 3.4), p.uniform(0, 1)
    count = p.fitting(p.uniform(1, 12).floor(), 1.05 / rate)
    several = count > 1
    grounds = (
        "gravel/pebbles",
        "wood/a wooden floor/floorboards",
        "concrete/pavement/a stone floor",
        "snow",
        "dry leaves/leaves",
        "metal/a metal grate/a steel walkway",
        "mud/wet ground",
    )
    p.say(
        "{weight} {N} on {S}, {speed}|{speed} {N} on {S}|{N} on {S} {speed}|{weight} {N} on {S}|{N} on {S}"
        "|{N}, {S}, {speed}",
        "{W} on {S}|{W} {I} {S}|someone {G} on {S}|{A} {N}|{S} {N}|person {G}, {S}|{O} on {S}|{N}, {weight}"
        "|{weight} steps on {S}|shoes on {S}|walk cycle, {S}",
        S=p.named(ground, *grounds),
        weight=p.words(weight, "light", 0.3, "", 0.7, "heavy"),
        speed=p.only(several, p.words(rate, "slow/walking slowly", 1.7, "walking", 2.4, "fast/running")),
        W=p.either(
            several, p.words(rate, "slow walking", 1.7, "walking", 2.4, "running"), p.any("one step/a step")
        ),
        G=p.either(
            several,
            p.words(rate, "walking slowly/sneaking", 1.7, "walking", 2.4, "running/hurrying"),
            p.any("taking one step"),
        ),
        I=p.named(ground, "over", "across", "across", "through/in", "through", "over", "through"),
        A=p.named(
            ground,
            "driveway/garden path",
            "old house/stage/cabin",
            "sidewalk/corridor/parking garage",
            "winter/crunchy snow/arctic",
            "autumn forest/woods",
            "factory catwalk/spaceship corridor/fire escape",
            "swamp/rainy field/squelching",
        ),
        O=p.named(
            ground,
            "crunch crunch",
            "clop clop",
            "tap tap",
            "crunch crunch",
            "rustle rustle",
            "clang clang",
            "squelch",
        ),
        N=p.when(several, "footsteps", "single footstep/one footstep"),
    )
    p.tell(ground=ground, rate=rate, size=weight, count=count)
    ground, rate, weight, count = k.here(ground, rate, weight, count)
    times, there = regular(k, rate, 0.06, 12, count)
    steps = train(k, times, there * (0.7 + 0.3 * k.rand(*times.shape)))
    grit = _grit(k, ground, steps)
    return grit + _weight(k, ground, weight, steps)


def _grit(k: Kit, ground: Tensor, steps: Tensor) -> Tensor:
    """What the ground's grains do under heel and sole."""
    t = k.time(0.4)
    heel = k.table(ground, (0.05, 0.015, 0.012, 0.09, 0.07, 0.02, 0.05))
    press = k.decay(heel, 0, 0.004, t) + 0.6 * k.decay(heel * 0.8, k.uniform(0.07, 0.13), 0.006, t)
    envelope = convolved(steps, press).clamp(min=0)
    density = k.table(ground, (2600, 300, 400, 9000, 1800, 300, 500))
    centre = k.table(ground, (2600, 1200, 2400, 3200, 4800, 3000, 500))
    q = k.table(ground, (0.8, 0.6, 0.7, 0.9, 0.8, 0.8, 0.6))
    grains_ = filtered(
        k.sparks(density, 3.0), lambda f: band_pass(f, centre, q) + 0.5 * band_pass(f, centre * 2.1, q)
    )
    return unit_rms(grains_) * envelope * k.table(ground, (1, 0.25, 0.3, 0.8, 1, 0.2, 0.9))


def _weight(k: Kit, ground: Tensor, weight: Tensor, steps: Tensor) -> Tensor:
    """The floor's thump, the shoe's contact, and a metal floor's ringing."""
    f = torch.cat([95 - 30 * weight, 180 - 50 * weight, 330 - 60 * weight], 1) * (1 + 0.05 * k.normal(3))
    fading = (
        (0.02, 0.02, 0.02),
        (0.05, 0.04, 0.03),
        (0.018, 0.018, 0.018),
        (0.03, 0.02, 0.02),
        (0.02, 0.02, 0.02),
        (0.06, 0.05, 0.04),
        (0.04, 0.03, 0.02),
    )
    thump = unit_peak(modes(k, f, k.table(ground, fading), k.uniform(0.5, 1, 3), 0.4))
    shoe = contact(
        k,
        k.table(ground, (900, 420, 1100, 500, 700, 620, 300)),
        k.table(ground, (0.003, 0.01, 0.005, 0.004, 0.003, 0.012, 0.004)),
        k.table(ground, (PLASTIC, WOOD, PLASTIC, WOOD, WOOD, METAL, WOOD)),
        torch.full_like(weight, 0.5),
        17640,
    )
    floor = unit_peak(modes(k, k.log(300, 2500, 8), k.uniform(0.1, 0.35, 8), k.uniform(0.3, 1, 8), 0.9))
    heavy = (0.3 + 0.6 * weight) * k.table(ground, (0.4, 1.1, 0.6, 0.5, 0.3, 0.9, 0.8))
    y = heavy * convolved(steps, thump) + 0.6 * (ground == _METAL_FLOOR) * convolved(steps, floor)
    return y + convolved(steps, unit_peak(shoe)) * k.table(ground, (0.15, 0.9, 1.1, 0.05, 0.1, 1.2, 0.1))


def cloth(p: Params, k: Kit) -> Tensor:
    """Fabric that moves once to three times."""
    length, bright = p.log(0.15, 0.8), p.uniform(0, 1)
    pause = p.uniform(1.1, 1.6)
    count = p.fitting(p.times(2, 1, 1), length * pause)
    p.say(
        "@ {speed} {bright} {N} {count}|{K} {N}, {speed}|{N} {count}|{bright} {N}|{speed} {N}",
        "{O}|someone putting on a jacket|turning over in bed|getting dressed {count}|{K} movement|flag in the wind"
        "|bed sheets|character moving, {K}|sitting down, clothes|@ {bright} fabric handled|backpack taken off",
        speed=p.words(length, "quick/fast/short", 0.26, "", 0.5, "slow/long"),
        bright=p.words(bright, "heavy/thick/dull", 0.35, "", 0.65, "crisp/light/bright"),
        K=p.words(bright, "heavy fabric/coat", 0.35, "clothes", 0.65, "nylon jacket/silk"),
        count=p.words(count, "/once", 2, "twice/two movements", 3, "repeated/several movements"),
        N=p.any("cloth rustle/fabric rustle/clothing movement/cloth movement"),
        O=p.any("rustle/swish swish/fwip"),
    )
    p.tell(stroke=length, bright=bright, count=count)
    length, bright, pause, count = k.here(length, bright, pause, count)
    times, there = regular(k, 1 / (length * pause), 0.2, 3, count)
    strokes = [
        k.bump(length * k.uniform(0.8, 1.2), k.uniform(0.2, 0.6), 1.2, times[:, e : e + 1]) for e in range(3)
    ]
    envelope = (torch.stack(strokes, -1) * there[:, None]).sum(-1)
    centre = (900 + 2600 * bright) * 2 ** (0.8 * envelope - 0.3)
    y = shaped(k.noise(), lambda q, at: bell(q, at(centre), 0.9))
    y = y * envelope * (0.55 + 0.45 * k.wander(60.0)).clamp(min=0)
    return y + 0.15 * filtered(k.sparks(250 * envelope), lambda q: band_pass(q, 2500 + 2500 * bright, 0.8))


def paper(p: Params, k: Kit) -> Tensor:
    """Paper that is crumpled or torn."""
    tear, length = p.chance(0.35), p.span(0.35, 2.4)
    density, bright = p.log(150, 1500), p.uniform(0, 1)
    p.say(
        "@ {speed} {N}|{bright} {N} {busy}|{N}, {speed}|{N} {busy}|{speed} {bright} {N}",
        "{A}|{A}|{A}, {speed}|{A} {busy}",
        speed=p.words(length, "quick/short/fast", 0.7, "", 1.4, "slow/long"),
        bright=p.words(bright, "soft/thick", 0.3, "", 0.65, "crisp/crunchy/bright"),
        busy=p.words(density, "sparse/gently", 300, "", 800, "dense/vigorously"),
        A=p.when(
            tear,
            "ripping a page out/tearing up a letter/rrrip/opening an envelope/shredding a document/torn in half",
            "throwing away a note/unwrapping a present/crinkle/chip bag/scrunching up paper/candy wrapper",
        ),
        N=p.when(
            tear,
            "paper tear/ripping paper/paper being torn/paper rip",
            "paper crumple/crumpling paper/paper crinkle/paper being crumpled",
        ),
    )
    p.tell(tear=tear, seconds=length, density=density, bright=bright)
    tear, length, density, bright = k.here(tear, length, density, bright)
    x = (k.t / length).clamp(0, 1)
    waves = torch.maximum((0.5 + 0.8 * k.wander(k.uniform(10, 25))).clamp(min=0) ** 2, torch.exp(-k.t / 0.03))
    creases = k.sparks(torch.where(tear > 0, density * 2.5 * (0.5 + x), density * waves), 4.0)

    def sheet(q: Tensor) -> Tensor:
        middle = band_pass(q, 1700 + 1200 * bright, 1.0) + band_pass(q, 3800 + 1500 * bright, 1.2)
        return middle + (0.2 + bright) * band_pass(q, 7500.0, 1.5)

    bed = shaped(k.noise(), lambda q, at: bell(q, at(2500 * 2 ** (x * tear) * (1 + bright)), 0.8))
    y = unit_rms(filtered(creases, sheet)) + unit_rms(bed) * torch.where(tear > 0, 0.8, 0.12 * waves)
    return y * k.gate(length, 0.01, 0.06)


def squish(p: Params, k: Kit) -> Tensor:
    """Something soft and wet that gives way."""
    size, length, wet = p.uniform(0, 1), p.log(0.12, 0.8), p.uniform(0, 1)
    count = p.fitting(p.times(3, 1, 1), length * 1.25)
    p.say(
        "@ {size} {wet} {N} {count}|{wet} {N}|{size} {N}, {long}|{N} {count}|{long} {wet} {N}",
        "{O}|stepping in something nasty|zombie gore|slime monster|@ {size} tomato crushed"
        "|stabbing into flesh {count}"
        "|jelly|@ {wet} alien goo|mud squeezed|organ dropped on the floor|horror guts {count}",
        size=p.words(size, "small/little", 0.33, "", 0.66, "big/large/heavy"),
        wet=p.words(wet, "dry", 0.2, "", 0.55, "wet/slimy/gooey"),
        long=p.words(length, "short/quick", 0.25, "", 0.5, "long"),
        count=p.words(count, "/single", 2, "twice/double", 3, "repeated/three times"),
        N=p.any("squish/splat/slime squelch/squelch/gore squish"),
        O=p.any("splat/squelch/schlop/sploosh"),
    )
    p.tell(size=size, stroke=length, wet=wet, count=count)
    size, length, wet, count = k.here(size, length, wet, count)
    number, since = repeats(k, length * 1.25)
    since = torch.where(number < count, since, 99.0)
    x = (since / length).clamp(0, 1)
    envelope = (x / 0.12).clamp(max=1) * (1 - x) ** 1.3
    centre = (1100 - 750 * size) * 2 ** (1.6 * (0.5 + 0.5 * k.wander(12.0)) - 0.6 * x)
    sticky = k.noise() * (0.35 + 0.65 * k.wander(55.0)).clamp(min=0)
    y = shaped(sticky, lambda q, at: bell(q, at(centre), 0.3) + 0.6 * bell(q, at(centre * 2.4), 0.25) + 0.1, 512)
    pops = drops(k, 300 + 300 * (1 - size), 1800 - 700 * size, (0.006, 0.02), variants=4, chirp=2.0, seconds=0.12)
    popping = grains(k, [k.sparks(70 * wet * envelope, 1.5) for _ in pops], pops)
    thud = torch.sin(TAU * 85 * since.clamp(max=5)) * torch.exp(-since.clamp(max=5) / 0.05)
    return unit_rms(y) * envelope * 0.3 + 0.6 * unit_peak(popping) * wet + 0.3 * size * thud


def wings(p: Params, k: Kit) -> Tensor:
    """Strokes of air, slow where the wing is large."""
    size = p.uniform(0, 1)
    rate = (14 * (1 - size) + 2.2) * p.uniform(0.85, 1.2)
    count = p.fitting(p.uniform(2, 14).floor(), 1.08 / rate)
    p.say(
        "{size} {N}|{N}, {speed}|{size} {N} {count}|{speed} {N}|{size} {speed} {N}",
        "{O}|{A}|{A}|{A} {count}|creature flying|taking off, {speed} {N}|flying away",
        size=p.words(size, "small", 0.33, "", 0.66, "large/huge"),
        A=p.words(
            size,
            "small bird taking off/sparrow fluttering/bat flying past/moth",
            0.33,
            "pigeon taking off/crow flapping",
            0.66,
            "dragon flying/giant eagle/huge winged creature/dragon wings",
        ),
        speed=p.words(rate, "slow", 6, "", 11, "fast/fluttering"),
        count=p.words(count, "a few flaps", 5, "", 9, "many flaps"),
        N=p.any("wing flaps/wings flapping/flapping wings/bird wings"),
        O=p.words(size, "flutter/frrrrp", 0.33, "flap flap", 0.66, "whump whump/fwoomp fwoomp"),
    )
    p.tell(size=size, rate=rate, count=count)
    size, rate, count = k.here(size, rate, count)
    times, there = regular(k, rate, 0.08, 14, count)
    stroke = torch.sin(TAU / 2 * (k.time(0.5) / (0.35 / rate)).clamp(0, 1)).clamp(min=0) ** 1.5
    beats = convolved(train(k, times, there * (0.7 + 0.3 * k.rand(*times.shape))), stroke).clamp(0, 1.5)
    centre = (1500 - 1150 * size) * 2 ** (1.2 * beats.clamp(max=1))
    y = shaped(k.noise(), lambda q, at: bell(q, at(centre), 0.8)) * beats
    tips = filtered(k.noise() * beats**3, lambda q: band_pass(q, 3500 - 1500 * size, 0.7))
    return y + 0.3 * tips * (1 - 0.6 * size)


def bounce(p: Params, k: Kit) -> Tensor:
    """A ball that falls a little lower each time."""
    kind, keeps, first, pitch = p.pick(1, 1, 1, 1), p.uniform(0.6, 0.87), p.log(0.18, 0.6), p.log(0.7, 1.5)
    p.say(
        "@ {K} {N}|{K} bouncing {speed}|{size} {K} {N}|{K} {N}, {often}|{K} {N} {speed}",
        "{O}|{A}|{A}|{A}, {often}|@ {K} dropped|something {W} bouncing on the floor, {often}",
        K=p.named(
            kind,
            "rubber ball/basketball/ball",
            "ping pong ball/table tennis ball",
            "metal ball/metal coin/steel ball",
            "wooden ball/wooden block",
        ),
        W=p.named(kind, "rubbery", "tiny and light", "metallic", "wooden"),
        A=p.named(
            kind,
            "dribbling ball/gym/ball on the floor",
            "ping pong/table tennis/small plastic ball",
            "coin dropped on the floor/marble rolling off a table/ball bearing dropped",
            "dice/wooden toy dropped/bowling pin falling",
        ),
        size=p.words(pitch, "large/heavy", 0.9, "", 1.15, "small/light"),
        speed=p.words(first, "quickly/fast", 0.27, "", 0.42, "slowly/from high up"),
        often=p.words(keeps, "few bounces/dying quickly", 0.68, "", 0.8, "many bounces"),
        N=p.any("bounce/bouncing/bouncing to a stop/dropped and bouncing"),
        O=p.named(kind, "boing boing", "tok tok tok", "ting ting ting", "clop clop"),
    )
    p.tell(kind=kind, keeps=keeps, rate=1 / first, pitch=pitch)
    kind, keeps, first, pitch = k.here(kind, keeps, first, pitch)
    number = torch.arange(24, device=k.device)[None].float()
    interval = first * keeps**number
    times = 0.004 + torch.cumsum(interval, 1) - interval
    levels = keeps ** (1.3 * number) * (interval > 0.012)
    f, tau = pitch * k.table(kind, (150, 1250, 2600, 420)), k.table(kind, (0.03, 0.006, 0.03, 0.012))
    material, hard = k.table(kind, (WOOD, PLASTIC, METAL, WOOD)), k.table(kind, (0.1, 0.5, 0.9, 0.5))
    return hits(k, times, levels, [unit_peak(contact(k, f * r, tau, material, hard, 12000)) for r in (1, 1.012)])


def body_fall(p: Params, k: Kit) -> Tensor:
    """A body that meets a floor or a fist: flesh, cloth, weight."""
    size, kind, count, rate = p.uniform(0, 1), p.chance(0.5), p.times(3, 1, 1), p.uniform(1.8, 5)
    p.say(
        "@ {size} {N}|{size} {N} {count}|{N} {count}|{N}",
        "{O}|{A}|{A} {count}|{A}|@ {size} hit on a body|action movie {N} {count}|fight scene, {N}",
        size=p.words(size, "light/small", 0.33, "", 0.66, "heavy/hard/big"),
        count=p.words(count, "/single", 2, "twice/two hits", 3, "three times/several hits"),
        N=p.when(
            kind,
            "punch/body punch/fist hit/punch impact",
            "body fall/body thud/body hitting the floor/falling body",
        ),
        A=p.when(
            kind,
            "boxing/hit in the face/kung fu hit/punching bag/bar brawl/beat up",
            "someone falls down/collapsing on the floor/knocked out/tackled to the ground/dropping a heavy sack",
        ),
        O=p.when(kind, "pow/smack/biff/whack", "thud/whump/flump"),
    )
    p.tell(size=size, punch=kind, count=count, rate=rate)
    size, kind, count, rate = k.here(size, kind, count, rate)
    t = k.time(0.8)
    f = (150 - 95 * size) * (1 + 0.8 * torch.exp(-t / 0.03))
    weight = torch.sin(TAU * torch.cumsum(f, -1) / 44100) * k.decay(0.04 + 0.06 * size, 0, 0.002, t)
    slap = k.burst(torch.where(kind > 0, 0.012, 0.03), lambda q: band_pass(q, 1700 - 1100 * size, 0.5), t.shape[1])
    clothes = k.burst(0.07, lambda q: band_pass(q, 1300.0, 0.5), t.shape[1], 0.02)
    one = weight + torch.where(kind > 0, 1.1, 0.6) * slap + torch.where(kind > 0, 0.1, 0.35) * clothes
    times, there = regular(k, rate, 0.15, 3, count)
    return hits(k, times, there * (0.75 + 0.25 * k.rand(*times.shape)), [torch.tanh(1.4 * one)])


FAMILIES = (
    Family("footsteps", footsteps, "seq", "foley", 1.8, "footsteps"),
    Family("cloth", cloth, "seq", "foley", 1.0, "cloth movement"),
    Family("paper", paper, "seq", "foley", 1.0, "paper"),
    Family("squish", squish, "shot", "foley", 1.0, "gore"),
    Family("wings", wings, "seq", "foley", 1.0, "wings"),
    Family("bounce", bounce, "seq", "foley", 1.0, "objects bounce"),
    Family("punch", body_fall, "shot", "foley", 1.2, "fight"),
)
