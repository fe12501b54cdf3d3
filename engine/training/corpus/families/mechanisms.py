"""Small mechanisms: keyboards, clocks, ratchets, zips, shutters."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.training.corpus.events import hits, regular, room_for, turns
from engine.training.corpus.family import Family
from engine.training.corpus.filters import band_pass, bell, convolved, fitted, shaped, unit_peak
from engine.training.corpus.kit import Kit
from engine.training.corpus.params import Params
from engine.training.corpus.resonators import METAL, PLASTIC, WOOD, contact, modes


def typing(p: Params, k: Kit) -> Tensor:
    """Keys of a laptop, a mechanical keyboard or a typewriter, at an uneven pace."""
    kind, rate, hard = p.pick(1, 1, 1), p.log(2.5, 11), p.uniform(0.2, 1)
    length = p.uniform(0.4, 1.05) * p.seconds
    p.say(
        "{speed} {K} {N}|{K} {N}, {speed}|{hard} {K} {N}|{speed} {N} on a {K}|{K} {N}",
        "{A}|{A}|{speed} {N}|someone {N} on a {K}|{O}|{A}, {speed}",
        speed=p.words(rate, "slow", 4.2, "", 7.5, "fast/rapid/furious"),
        K=p.named(
            kind,
            "laptop keyboard/keyboard",
            "mechanical keyboard/clicky keyboard",
            "typewriter/old typewriter",
        ),
        A=p.named(
            kind,
            "office work/writing an email/student writing an essay",
            "hacker at work/gamer keyboard/programmer coding",
            "novelist writing/1940s newsroom/detective writes a report",
        ),
        hard=p.words(hard, "soft/gentle", 0.45, "", 0.75, "loud/hard"),
        N=p.any("typing/typing/keystrokes"),
        O=p.named(kind, "tip tap tip tap", "clickety click", "clack clack clack"),
    )
    p.tell(kind=kind, rate=rate, hard=hard, seconds=length.clamp(max=p.seconds))
    kind, rate, hard, length = k.here(kind, rate, hard, length)
    strokes = []
    for v in range(5):
        f = k.table(kind, (750, 1600, 1900)) * k.log(0.75, 1.3)
        material = k.table(kind, (PLASTIC, PLASTIC, METAL))
        key = contact(k, f, k.table(kind, (0.003, 0.006, 0.009)), material, hard, 6000)
        bed = modes(
            k, k.log(140, 330, 2), k.table(kind, (0.008, 0.014, 0.02)), k.uniform(0.3, 0.8, 2), 6000 / 44100
        )
        release = F.pad(key, (2600 + 500 * v, 0))[:, : key.shape[1]] * k.table(kind, (0.2, 0.45, 0.15))
        strokes.append(unit_peak(key) + bed * k.table(kind, (0.5, 0.5, 0.9)) + release)
    times, there = regular(k, rate, 0.65, room_for(k, 15))
    return hits(k, times, there * (times < length) * (0.45 + 0.55 * k.rand(*times.shape)), strokes)


def clock(p: Params, k: Kit) -> Tensor:
    """A watch, a wall clock, a grandfather clock or a kitchen timer."""
    kind, bright, tock = p.pick(1, 1, 1, 1), p.uniform(0, 1), p.chance(0.7)
    rate = p.table(kind, (5, 1.6, 1.0, 7)) * p.uniform(0.85, 1.25)
    f = p.table(kind, (5200, 2300, 700, 2800)) * p.log(0.75, 1.3)
    p.say(
        "{speed} {K} ticking|{K} ticking, {bright}|{bright} {K} {N}|{speed} clock tick {tock}|{K} {N}",
        "{A}|{A}|{O}|time running out, {K}|suspense, {speed} {N}|{K}|{speed} {N}|waiting in silence, {K} {N}",
        speed=p.words(rate, "slow", 1.3, "", 4, "fast/rapid"),
        K=p.named(
            kind,
            "wristwatch/small watch/pocket watch",
            "wall clock/clock",
            "grandfather clock/large wooden clock",
            "kitchen timer/egg timer",
        ),
        A=p.named(
            kind,
            "watch held to the ear/time bomb",
            "quiet office clock/classroom clock/kitchen clock",
            "old mansion clock/haunted library clock",
            "countdown/cooking timer/timer running",
        ),
        bright=p.words(bright, "dull/soft", 0.33, "", 0.66, "bright/sharp"),
        tock=p.when(tock, "tock/alternating"),
        N=p.any("ticking/tick tock/ticks"),
        O=p.any("tick tock/tick tick tick/tik tok"),
    )
    p.tell(kind=kind, rate=rate, hertz=f, bright=bright)
    kind, rate, f, bright, tock = k.here(kind, rate, f, bright, tock)
    material = k.table(kind, (METAL, METAL, WOOD, PLASTIC))
    tick = contact(k, f, k.table(kind, (0.002, 0.005, 0.014, 0.004)), material, 0.4 + 0.6 * bright, 8000)
    lower = f * torch.where(tock > 0, 0.78, 1.0)
    tick2 = contact(k, lower, k.table(kind, (0.002, 0.005, 0.016, 0.004)), material, 0.3 + 0.6 * bright, 8000)
    times, there = regular(k, rate, 0.004, room_for(k, 8.8))
    return hits(k, times, there, [unit_peak(tick), 0.85 * unit_peak(tick2)], turns(k, times, 2))


def ratchet(p: Params, k: Kit) -> Tensor:
    """Teeth that pass a pawl, steadily, faster or slower."""
    rate, length, f = p.log(7, 45), p.log(0.15, 0.9) * p.seconds, p.log(500, 3500)
    material, hurry = p.table(p.pick(2, 1, 3), (PLASTIC, WOOD, METAL)), p.uniform(-1, 1)
    p.say(
        "@ {speed} {M} {N} {hurry}|{M} {N}, {pitch}|{N} {hurry}|{speed} {N}|{M} {N}, {long}",
        "{O}|winding up a toy|socket wrench|@ {speed} crank|fishing reel {hurry}|clockwork mechanism|@ {M} winch"
        "|wheel of fortune {hurry}|old mechanism turning|zip tie|bicycle freewheel {hurry}"
        "|medieval crossbow winding",
        speed=p.words(rate, "slow", 14, "", 28, "fast/rapid"),
        M=p.named(material, "plastic", "wooden", "metal/metallic"),
        pitch=p.words(f, "low/heavy", 1000, "", 2200, "high/light/clicky"),
        hurry=p.words(hurry, "slowing down/decelerating", -0.4, "", 0.4, "speeding up/accelerating"),
        long=p.words(length / p.seconds, "short/quick", 0.3, "", 0.65, "long"),
        N=p.any("ratchet/gear clicks/cog turning/winding mechanism/ratcheting"),
        O=p.any("rrrrtttt/click-click-click/trrrrr"),
    )
    p.tell(rate=rate, seconds=length, material=material, hurry=hurry, hertz=f)
    rate, length, f, material, hurry = k.here(rate, length, f, material, hurry)
    place = k.cycles(rate * 2.0 ** (hurry * 1.6 * ((k.t / length).clamp(0, 1) - 0.5)))
    teeth = F.pad((place[:, 1:].floor() > place[:, :-1].floor()).float(), (20, 0))[:, : k.samples] * (k.t < length)
    teeth[:, 60] = 1.0
    click = unit_peak(contact(k, f, k.log(0.003, 0.008), material, k.uniform(0.4, 1)))
    body = modes(k, k.log(120, 300), k.uniform(0.01, 0.03), torch.ones_like(f), 4096 / 44100)
    return convolved(teeth * (0.75 + 0.25 * k.held(place).abs()), click + 0.2 * body)


def zipper(p: Params, k: Kit) -> Tensor:
    """Teeth too fast to count, faster and higher while it closes."""
    length, pitch, up, fine = p.log(0.15, 1.1), p.uniform(0, 1), p.chance(0.5), p.uniform(0, 1)
    p.say(
        "@ {speed} {N}|{N} {way}|{speed} {N}, {way}|{pitch} {N}|{fine} {N} {way}",
        "{O}|{A}|{A} {speed}|@ {fine} zip {way}|{A}|zip of a jacket, {way}",
        speed=p.words(length, "quick/fast/short", 0.3, "", 0.65, "slow/long"),
        way=p.when(up, "zipping up/closing", "unzipping/opening"),
        pitch=p.words(pitch, "low/heavy", 0.33, "", 0.66, "bright/high"),
        fine=p.words(fine, "coarse", 0.35, "", 0.65, "fine"),
        A=p.when(
            up,
            "closing a jacket/zipping up a tent/closing a suitcase/body bag zipped up",
            "opening a bag/unzipping a tent/opening a sleeping bag",
        ),
        N=p.any("zipper/zip/jacket zipper/bag zipper"),
        O=p.when(up, "zzzip/zwiiip", "zzzup/zwooop"),
    )
    p.tell(seconds=length, pitch=pitch, rise=2 * up - 1, teeth=fine)
    length, pitch, up, fine = k.here(length, pitch, up, fine)
    x = (k.t / length).clamp(0, 1)
    way = torch.where(up > 0, x, 1 - x)
    place = k.cycles((60 + 160 * fine) * (0.6 + 0.9 * way))
    teeth = torch.exp(-(place % 1).float() * 8) * (0.6 + 0.4 * k.held(place).abs())
    centre = (1800 + 1800 * pitch) * 2 ** (way * 0.9)
    y = shaped(k.noise() * teeth, lambda q, at: bell(q, at(centre), 0.6) + 0.3 * bell(q, 6500.0, 0.4), 512)
    return y * k.gate(length, 0.01, 0.03)


def camera(p: Params, k: Kit) -> Tensor:
    """Three contacts in a row: a shutter, a lock, or a weapon made ready."""
    kind, gap, pitch = p.pick(1, 1, 1), p.log(0.04, 0.2), p.log(0.7, 1.4)
    count = p.fitting(p.times(4, 1, 1, 1), gap * 3 + 0.15)
    p.say(
        "@ {speed} {N} {count}|{N} {count}|{pitch} {N}|{speed} {N}, {pitch}|{N}",
        "{O}|{A}|{A} {count}|{A}",
        N=p.named(
            kind,
            "camera shutter/camera click/taking a photo/dslr shutter",
            "lock click/latch/key turning in a lock/door latch",
            "gun cocking/gun reload/weapon reload/pistol slide",
        ),
        A=p.named(
            kind,
            "paparazzi/photographer at work/snapshot/say cheese",
            "unlocking the door/door bolt/safe being opened/handcuffs",
            "loading a gun/soldier readies his rifle/shotgun pump/ready to shoot",
        ),
        speed=p.words(gap, "quick/fast", 0.07, "", 0.13, "slow"),
        pitch=p.words(pitch, "low/heavy", 0.87, "", 1.15, "light/high"),
        count=p.words(count, "once/", 2, "twice", 3, "three times", 4, "repeated/four times"),
        O=p.named(kind, "click/ka-shick", "clack/chk-chk", "chk-chk/ch-chak"),
    )
    p.tell(kind=kind, gap=gap, pitch=pitch, count=count)
    kind, gap, pitch, count = k.here(kind, gap, pitch, count)
    parts = []
    for row in ((2600, 900, 1100), (1900, 1400, 750), (3300, 700, 1500)):
        metal, hard = torch.full_like(gap, METAL), torch.full_like(gap, 0.7)
        click = contact(k, pitch * k.table(kind, row), k.table(kind, (0.004, 0.008, 0.009)), metal, hard, 8000)
        slide = k.burst(k.table(kind, (0.018, 0.012, 0.025)), lambda q: band_pass(q, 3000 * pitch, 0.7), 8000)
        parts.append(fitted(unit_peak(click) + 0.25 * slide, 8000))
    one = torch.cat([0 * gap, gap, gap * k.uniform(1.3, 2.2)], 1)
    starts, there = regular(k, 1 / (gap * 3 + 0.1), 0.03, 4, count)
    times = (starts[:, :, None] + one[:, None]).flatten(1)
    levels = (there[:, :, None] * torch.tensor([1.0, 0.8, 0.6], device=k.device)).flatten(1)
    return hits(k, times, levels, parts, turns(k, times, 3))


FAMILIES = (
    Family("keyboard typing", typing, "seq", "mechanisms", 1.2, "computers keyboard"),
    Family("clock ticking", clock, "loop", "mechanisms", 1.0, "clocks"),
    Family("ratchet", ratchet, "seq", "mechanisms", 1.0, "mechanical ratchet"),
    Family("zipper", zipper, "shot", "mechanisms", 1.0, "zippers"),
    Family("camera shutter", camera, "shot", "mechanisms", 1.0, "mechanical click"),
)
