"""Wood and doors: knocks, slams, creaks and breaks."""

from __future__ import annotations

import torch
from torch import Tensor

from engine.training.corpus.events import hits, regular
from engine.training.corpus.family import Family
from engine.training.corpus.filters import band_pass, filtered, fitted, high_pass, low_pass, unit_peak
from engine.training.corpus.kit import Kit
from engine.training.corpus.params import Params
from engine.training.corpus.resonators import BAR, METAL, WOOD, contact, laid_in, modes, splinters, struck


def wood_knock(p: Params, k: Kit) -> Tensor:
    """Knuckles on a board, one to five times."""
    f, hollow, hard, rate = p.log(110, 750), p.uniform(0, 1), p.uniform(0, 1), p.uniform(2.2, 7)
    count = p.fitting(p.times(2, 1, 2, 1.5, 1), 1 / rate)
    p.say(
        "@ {hard} {N} {count}|{hollow} {pitch} {N}|{N} {count}, {speed}|{hard} {N}|{N}, {hollow}, {count}"
        "|{count} {N}, {pitch}",
        "{O}|someone at the door|knocking {count}|who is there|police knocking {count}"
        "|@ {hollow} wooden box tapped"
        "|@ {hard} knock {count}|neighbour knocks {count}|tapping on a table {count}|horror film knock {count}",
        hard=p.words(hard, "soft/gentle", 0.3, "", 0.7, "hard/loud/firm"),
        hollow=p.words(hollow, "solid/dry", 0.3, "", 0.65, "hollow/resonant"),
        pitch=p.words(f, "deep/low", 200, "", 420, "high/small"),
        count=p.words(
            count, "single/once", 2, "double/twice", 3, "three times/triple", 4, "several times/repeated"
        ),
        speed=p.only(count > 1, p.words(rate, "slow", 3.2, "", 5.2, "fast/rapid")),
        N=p.any("wood knock/door knock/knock on wood/knocking on a wooden door/wooden knock"),
        O=p.words(count, "knock/tok/thock", 2, "knock knock", 3, "knock knock knock/tok tok tok"),
    )
    p.tell(hertz=f, hollow=hollow, hard=hard, count=count, rate=rate)
    f, hollow, hard, count, rate = k.here(f, hollow, hard, count, rate)
    knocks = []
    for detune in (1.0, 1.015):
        board = struck(
            k, f * detune, BAR, 0.012 + 0.05 * hollow, 0.3 + 0.6 * hard, damping=0.6, seconds=0.6, detune=0.03
        )
        tick = fitted(k.burst(0.003, lambda q: band_pass(q, 1800.0, 0.6), 2048), board.shape[1])
        knocks.append(unit_peak(board) + (0.15 + 0.5 * hard) * tick)
    times, there = regular(k, rate, 0.12, 5, count)
    return hits(k, times, there * (0.7 + 0.3 * k.rand(*times.shape)), knocks)


def door_slam(p: Params, k: Kit) -> Tensor:
    """A panel, its frame, a latch, and what rattles after."""
    weight, metal, rattle, latch = p.uniform(0, 1), p.chance(0.3), p.uniform(0, 1), p.chance(0.6)
    p.say(
        "@ {size} {M} {N} {rattle}|{M} {N} {rattle}|{size} {N}|{N}, {size}, {rattle}",
        "{O}|someone leaving angrily|@ {size} {M} door shut|{A}|{A}|{A} {rattle}|door shuts behind them"
        "|@ {M} door banging"
        "|haunted house door|@ {size} door closed with force",
        size=p.words(weight, "light/small", 0.35, "", 0.65, "heavy/big/huge"),
        M=p.when(metal, "metal/metallic/steel", "wooden/"),
        A=p.when(
            metal,
            "prison door/garage door/cell door slam/bunker door/vault door/factory door/locker",
            "front door/house door/bedroom door/front door slammed/closet door",
        ),
        rattle=p.words(rattle, "", 0.5, "with a rattle/rattling"),
        N=p.any("door slam/door slamming shut/door closing hard/door slam/door shutting"),
        O=p.any("slam/bang/wham/thud"),
    )
    p.tell(size=weight, metal=metal, rattle=rattle, latch=latch)
    weight, metal, rattle, latch = k.here(weight, metal, rattle, latch)
    panel = ((1, 1.48, 2.3, 3.2, 4.4), (1, 0.8, 0.5, 0.4, 0.3))
    thud = struck(k, 160 - 90 * weight, panel, 0.05 + 0.09 * weight, 0.6 + 0 * weight, seconds=1.5, detune=0.05)
    air = k.burst(0.02 + 0.04 * weight, lambda q: low_pass(q, 2600 - 900 * weight) * high_pass(q, 90.0), 35280)
    sheet = modes(
        k, k.log(180, 2400, 12) * (1.3 - 0.6 * weight), k.uniform(0.15, 0.8, 12), k.uniform(0.2, 1, 12), 2.5
    )
    y = laid_in(k, unit_peak(thud)) + 0.9 * laid_in(k, air) + metal * 0.6 * laid_in(k, unit_peak(sheet))
    full = torch.full_like(weight, 0.6)
    loose = contact(k, k.log(500, 1400), k.uniform(0.005, 0.012), metal + WOOD, full)
    times, there = regular(k, k.uniform(14, 28), 0.5, 7, k.uniform(3, 7), start=0.03)
    y = y + 0.3 * (rattle > 0.5) * hits(k, times, there * torch.exp(-times * 6), [loose])
    bolt = contact(k, k.log(900, 2200), k.uniform(0.004, 0.01), torch.full_like(weight, METAL), full + 0.2)
    return y + 0.3 * latch * hits(k, k.uniform(0.02, 0.12), torch.ones_like(weight), [bolt])


def door_creak(p: Params, k: Kit) -> Tensor:
    """A hinge that sticks and slips."""
    length, pitch, rate, metal = p.span(0.5, 3.2), p.uniform(0, 1), p.log(14, 120), p.chance(0.3)
    p.say(
        "@ {speed} {pitch} {N}|{pitch} {M} {N}, {long}|{N} opening {speed}|{long} {N}|{N}, {grain}",
        "{O}|haunted house door|old door opening {speed}|spooky door|coffin opening|@ {M} hinge"
        "|floorboard creaking"
        "|horror movie door {speed}|{long} squeak of a door|attic door|creaky cellar door, {grain}",
        speed=p.words(length, "quick/fast/short", 0.9, "", 1.8, "slow/slowly"),
        long=p.words(length, "short", 0.9, "", 1.8, "long"),
        pitch=p.words(pitch, "low/deep", 0.35, "", 0.65, "high/squeaky"),
        M=p.when(metal, "rusty metal/metallic", "wooden/old wooden"),
        grain=p.words(rate, "slow stick-slip clicks/crackly", 28, "", 65, "groaning tone/tonal"),
        N=p.any("door creak/creaking door/hinge creak/door creak/squeaking hinge"),
        O=p.any("creeeak/eeeeerk/skreeek"),
    )
    p.tell(seconds=length, pitch=pitch, slips=rate, metal=metal)
    length, pitch, rate, metal = k.here(length, pitch, rate, metal)
    f = rate * 2 ** (0.9 * k.wander(2.5) + 0.25 * k.wander(14.0)) * (0.6 + 0.8 * k.bump(length, 0.5, 1.0))
    place = k.cycles(f)
    slip = torch.exp(-(place % 1).float() * (900 / f.clamp(min=10)).clamp(min=4.0))
    slip = slip * (0.5 + 0.5 * k.held(place).abs()) * (1 + 0.4 * k.noise())
    base = 260 + 700 * pitch
    levels = ((1.0, 1.0, 9.0), (1.83, 0.8, 12.0), (2.9, 0.7, 14.0), (4.3, 0.5, 10.0))

    def panel(q: Tensor) -> Tensor:
        out = metal * band_pass(q, base * 7.1, 25.0)
        for ratio, level, sharp in levels:
            out = out + level * band_pass(q, base * ratio, sharp)
        return out

    return filtered(slip - slip.mean(-1, keepdim=True), panel) * k.gate(length, 0.03, 0.1)


def wood_break(p: Params, k: Kit) -> Tensor:
    """Fibres that snap one after another, and a crack."""
    size, length, amount = p.uniform(0, 1), p.log(0.08, 1.1), p.log(8, 120)
    p.say(
        "@ {size} {N}|{size} {N} {splinters}|{N}, {splinters}|{long} {N}|{N}",
        "{O}|{A}|{A}|@ {size} board snapped|karate chop through wood|@ {size} plank cracking {splinters}"
        "|kicking in a door"
        "|crate smashed|chair broken in a bar fight",
        size=p.words(size, "small/thin", 0.35, "", 0.65, "big/thick/heavy"),
        A=p.words(
            size,
            "twig snapping/pencil broken/stick snapped",
            0.35,
            "branch breaking",
            0.65,
            "tree trunk cracking/beam breaking",
        ),
        long=p.words(length, "short/quick", 0.2, "", 0.5, "long/slow"),
        splinters=p.words(amount, "clean snap", 20, "", 55, "with splintering/splintering"),
        N=p.any("wood break/wood crack/wood snapping/breaking wood/wood splintering"),
        O=p.any("crack/snap/krrak/crunch"),
    )
    p.tell(size=size, seconds=length, amount=amount)
    size, length, amount = k.here(size, length, amount)
    fibres = [splinters(k, 1500 - 1050 * size, (0.5, 3.5), (0.002, 0.02), 5) for _ in range(8)]
    number = torch.arange(120, device=k.device)[None]
    times = 0.004 + length * k.rand(k.count, 120) ** 1.5
    levels = k.rand(k.count, 120) ** 3 * (number < amount)
    cracks = hits(k, times, levels, fibres)
    snap = filtered(k.noise(), lambda q: band_pass(q, 2400 - 1700 * size, 0.5)) * k.decay(0.006 + 0.03 * size)
    body = struck(k, 320 - 220 * size, BAR, 0.03 + 0.05 * size, 0.7 + 0 * size, seconds=0.8, detune=0.03)
    return 0.8 * unit_peak(cracks) + unit_peak(snap) + 0.7 * size * laid_in(k, unit_peak(body))


FAMILIES = (
    Family("wood knock", wood_knock, "shot", "wood", 1.3, "doors knock"),
    Family("door slam", door_slam, "shot", "wood", 1.2, "doors"),
    Family("door creak", door_creak, "shot", "wood", 1.0, "doors creak"),
    Family("wood break", wood_break, "shot", "wood", 1.0, "wood break"),
)
