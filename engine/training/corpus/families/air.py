"""Air, fire and electricity: what hisses, crackles, hums and sparks."""

from __future__ import annotations

import torch
from torch import Tensor

from engine.training.corpus.events import grains, hits, regular, repeats
from engine.training.corpus.family import Family
from engine.training.corpus.filters import (
    Response,
    band_pass,
    bell,
    filtered,
    fitted,
    high_pass,
    low_pass,
    shaped,
    slope,
    unit_peak,
    unit_rms,
)
from engine.training.corpus.kit import Kit
from engine.training.corpus.params import Params
from engine.training.corpus.resonators import contact


def _pops(k: Kit, count: int, tau: tuple[float, float], hertz: tuple[float, float], q: float) -> list[Tensor]:
    """Tiny bursts of noise of various pitch, (B, L) each."""

    def at(centre: Tensor) -> Response:
        return lambda f: band_pass(f, centre, q)

    return [k.burst(k.log(*tau), at(k.log(*hertz)), 2048) for _ in range(count)]


def fire(p: Params, k: Kit) -> Tensor:
    """A low roar, a hiss, and wood that pops."""
    size, crackle, hiss = p.uniform(0, 1), p.log(5, 60), p.uniform(0, 1)
    p.say(
        "{size} {N} {crackle}|{N} {crackle}|{size} {N}, {hiss}|{N}|{crackle} {size} {N}",
        "{O}|{A}|{A}|something burning|{size} flames|{A} {crackle}|{crackle} wood fire|burning wood"
        "|flames {crackle}",
        size=p.words(size, "small/gentle/cozy", 0.33, "", 0.66, "large/roaring/raging"),
        A=p.words(
            size,
            "sitting by the fireplace/candle and kindling/cosy evening by the fire",
            0.33,
            "camping at night by the fire/torch",
            0.66,
            "house on fire/forest fire/inferno/burning village",
        ),
        crackle=p.words(
            crackle,
            "with a few crackles/with sparse pops",
            12,
            "",
            30,
            "crackling/with lots of crackling/popping and crackling",
        ),
        hiss=p.words(hiss, "", 0.7, "with a hiss/hissing"),
        N=p.words(size, "campfire/fireplace/fire", 0.6, "fire/bonfire/fire burning"),
        O=p.any("crackle crackle/snap crackle pop/fwoosh crackle"),
    )
    p.tell(size=size, density=crackle, hiss=hiss)
    size, crackle, hiss = k.here(size, crackle, hiss)
    clumps = (0.6 + 0.9 * k.wander(2.0)).clamp(min=0.05) ** 2
    parts = _pops(k, 5, (0.0006, 0.005), (900, 5500), 1.2)
    y = unit_peak(grains(k, [k.sparks(crackle / 5 * clumps, 1.6) for _ in parts], parts))
    roar = k.coloured(lambda q: low_pass(q, 130 + 120 * size) * high_pass(q, 30.0))
    roar = roar * (1 + 0.5 * k.wander(k.uniform(4, 11)))
    air = k.coloured(lambda q: high_pass(q, 1500.0) * slope(q, 0.4)) * (1 + 0.4 * k.wander(6.0))
    return y + roar * (0.02 + 0.13 * size**1.5) + air * (0.01 + 0.05 * hiss + 0.05 * size)


def steam(p: Params, k: Kit) -> Tensor:
    """Air that leaves under pressure."""
    length = (p.log(0.2, 1.3) * p.seconds).clamp(max=p.seconds)
    bright, pressure, sputter = p.uniform(0, 1), p.uniform(0, 1), p.chance(0.3)
    p.say(
        "@ {long} {N} {force}|{bright} {N}, {long}|{force} {N}|{N} {flow}, {bright}|{N}",
        "{O}|pipe leaking|@ {long} hiss|espresso machine|iron steaming|industrial pipe {N}|tyre losing air {flow}"
        "|snake hiss {long}|spray can|boiler room|pressure cooker {flow}|airlock venting|@ {bright} air leak",
        long=p.words(length / p.seconds, "short", 0.45, "", 0.85, "long/continuous"),
        bright=p.words(bright, "dull/low", 0.33, "", 0.66, "bright/high/sharp"),
        force=p.words(pressure, "soft/gentle", 0.3, "", 0.7, "high pressure/forceful"),
        flow=p.when(sputter, "sputtering/fluctuating", "/steady"),
        N=p.any("steam hiss/steam release/gas leak/hissing steam"),
        O=p.any("psssshhh/ssssss/fsssh"),
    )
    p.tell(seconds=length, bright=bright, pressure=pressure, sputter=sputter)
    length, bright, pressure, sputter = k.here(length, bright, pressure, sputter)
    centre = (2000 + 6500 * bright) * (0.7 + 0.3 * k.gate(length, 0.06, length * 0.4))
    force = 0.25 * pressure[..., None]
    y = shaped(k.noise(), lambda q, at: bell(q, at(centre), 0.8) + force * bell(q, at(centre * 0.35), 0.25))
    return (
        y * (1 + 0.1 * k.wander(30.0) + 0.5 * sputter * k.wander(9.0)) * k.gate(length, 0.03, 0.1 + 0.25 * length)
    )


def air_release(p: Params, k: Kit) -> Tensor:
    """A valve opens and the pressure runs out."""
    length, bright, click = p.log(0.12, 1.0), p.uniform(0, 1), p.chance(0.5)
    count = p.fitting(p.times(4, 1, 0.6), length * 1.2 + 0.12)
    p.say(
        "@ {long} {N} {count}|{bright} {N}|{long} {bright} {N}, {click}|{N} {click}|{N} {count}",
        "{O}|bus door opening|truck brakes|sci-fi door|hydraulic piston {count}|airlock|robot joint {count}"
        "|nail gun {count}"
        "|spaceship door {click}|soda bottle opened|@ {long} puff of air|paintball gun",
        long=p.words(length, "short/quick/sharp", 0.25, "", 0.55, "long/slow"),
        bright=p.words(bright, "low/dull", 0.33, "", 0.66, "bright/hissing"),
        count=p.words(count, "/single", 2, "twice/double", 3, "three times/repeated"),
        click=p.when(click, "with a click/with a valve click"),
        N=p.any("air release/pneumatic hiss/air brake release/compressed air burst/pneumatic valve"),
        O=p.any("psshh/tsss/pfff/chhhh"),
    )
    p.tell(stroke=length, bright=bright, count=count, click=click)
    length, bright, click, count = k.here(length, bright, click, count)
    t = k.time(1.6)
    centre = (1400 + 6200 * bright) * 2 ** (-1.2 * (t / length).clamp(max=1.5))
    puff = shaped(k.noise(t.shape[1]), lambda q, at: bell(q, at(centre), 0.8), 512)
    puff = unit_peak(puff * k.decay(0.35 * length, 0, 0.006, t))
    valve = contact(k, k.log(500, 1500), k.uniform(0.004, 0.01), k.pick(1, 1, 1), torch.full_like(length, 0.6))
    times, there = regular(k, 1 / (length * 1.2 + 0.1), 0.1, 3, count)
    return hits(k, times, there, [puff + 0.6 * click * fitted(valve, t.shape[1])])


def vinyl(p: Params, k: Kit) -> Tensor:
    """Dust in a groove, once a turn."""
    density, hiss, turning = p.log(4, 90), p.uniform(0, 1), p.chance(0.5)
    p.say(
        "{busy} {N} {hiss}|{N}, {busy}|@ {N}, {hiss}|{N}|{busy} {N}",
        "{O}|lo-fi hip hop background|old gramophone|needle on a record|grandma's record player|nostalgic {N}"
        "|{busy} dust"
        " on a record|retro music texture|end of a record {hiss}",
        busy=p.words(density, "sparse/light", 13, "", 35, "heavy/dense/dusty"),
        hiss=p.words(hiss, "clean/without much hiss", 0.3, "", 0.65, "with hiss/hissy"),
        N=p.any("vinyl crackle/record crackle/vinyl noise/old record surface noise"),
        O=p.any("crackle pop/pop crackle/tick tick crackle"),
    )
    p.tell(density=density, hiss=hiss, turning=turning)
    density, hiss, turning = k.here(density, hiss, turning)
    parts = _pops(k, 3, (0.0003, 0.002), (1200, 5000), 0.8)
    turn = 1 + 0.9 * turning * k.sine(0.555, k.uniform(0, 1))
    y = unit_peak(grains(k, [k.sparks(density / 3 * turn, 3.5) for _ in parts], parts))
    y = y + (0.004 + 0.06 * hiss**2) * k.coloured(lambda q: slope(q, 0.6))
    return y + 0.02 * k.coloured(lambda q: low_pass(q, 60.0))


def radio_static(p: Params, k: Kit) -> Tensor:
    """Noise between stations."""
    centre, crackle, tuning = p.log(900, 5000), p.uniform(0, 1), p.chance(0.4)
    p.say(
        "{bright} {N}, {crackle}|{N} {tuning}|{crackle} {N}|{N}|{bright} {N} {tuning}",
        "{O}|no signal|lost transmission {crackle}|old tv without reception|searching for a station {tuning}"
        "|white noise"
        "|walkie talkie noise|{crackle} interference|detuned radio|haunted television|ham radio {tuning}",
        bright=p.words(centre, "dull/dark/low", 1600, "", 3000, "bright/harsh/hissing"),
        crackle=p.words(crackle, "steady/smooth", 0.33, "", 0.66, "crackling/broken up"),
        tuning=p.when(tuning, "with tuning whistles/while tuning/with a warbling whistle"),
        N=p.any("radio static/white noise static/static noise/tv static/radio noise"),
        O=p.any("kshhhhh/kssshhh/fzzzzz"),
    )
    p.tell(hertz=centre, crackle=crackle, tuning=tuning)
    centre, crackle, tuning = k.here(centre, crackle, tuning)
    level = (1 + 0.25 * k.wander(8.0) + 0.5 * crackle * k.wander(50.0)).clamp(min=0)
    y = k.coloured(lambda q: bell(q, centre, 0.9)) * level
    broken = filtered(k.sparks(60 * crackle, 3.0), lambda q: band_pass(q, centre, 0.7))
    whistle = k.sine((900 + 800 * k.wander(0.8)).clamp(min=40)) * (0.5 + 0.5 * k.wander(1.5))
    return y + crackle * 2.0 * unit_peak(broken) + 0.8 * tuning * whistle


def electric_buzz(p: Params, k: Kit) -> Tensor:
    """Mains hum, and arcs where the insulation fails."""
    f, bright = p.table(p.pick(1, 1, 1, 1), (50, 60, 100, 120)), p.log(500, 6000)
    spark, rate = p.uniform(0, 1), p.log(1.0, 12)
    arcs = spark > 0.7
    p.say(
        "@ {pitch} {N} {spark}|{bright} {N}, {spark}|{N} {spark}|{N}|{bright} {pitch} {N}",
        "{O}|{A}|{A}|@ {bright} current|faulty wiring {spark}|high voltage {spark}|electrical room",
        pitch=p.words(f, "low/deep", 80, "", 110, "higher/buzzing"),
        bright=p.words(bright, "dull/muted", 1000, "", 2800, "harsh/bright/raspy"),
        spark=p.words(
            spark,
            "steady/no sparks",
            0.4,
            "with a few sparks/sparking",
            0.7,
            "with heavy sparking/arcing and crackling/with violent sparks",
        ),
        A=p.either(
            arcs,
            p.any("tesla coil/frankenstein's laboratory/broken power line/welding/torn cable"),
            p.any("transformer station/fluorescent light/neon sign/fridge hum/guitar amp hum/street light"),
        ),
        N=p.either(
            arcs,
            p.any("electric sparks/electrical arcing/electricity"),
            p.any("electrical hum/electric buzz/mains hum/power line buzz"),
        ),
        O=p.either(arcs, p.any("bzzt krrk bzzt/zzzkt zzkt"), p.any("bzzzzz/mmmmmm/hummm")),
    )
    p.tell(hertz=f, cut=bright, spark=spark)
    f, bright, spark, rate = k.here(f, bright, spark, rate)
    sine = k.sine(f)
    hum = torch.tanh(4 * sine) + 0.4 * k.saw(f * 2) + 0.3 * torch.sign(sine) * k.noise() * sine.abs() ** 6
    hum = filtered(hum, lambda q: low_pass(q, bright) * high_pass(q, 60.0))
    strikes = (k.wander(rate * 2) - 0.25).clamp(min=0) * 1.6
    arc = k.sparks(2500 * strikes) + 0.2 * k.noise() * strikes * (k.sine(f * 2) > 0.3)
    arc = filtered(arc, lambda q: high_pass(q, 900 + 0.4 * bright) + 0.6 * band_pass(q, 2000 + 0.5 * bright, 1.0))
    arcing = spark * (spark > 0.4)
    return unit_rms(hum) * (0.9 - 0.6 * arcing) + unit_peak(arc) * 6.0 * arcing


def electric_zap(p: Params, k: Kit) -> Tensor:
    """A discharge: noise that is gated by a failing tone."""
    length, bright, f = p.log(0.06, 0.7), p.uniform(0, 1), p.log(60, 240)
    count = p.fitting(p.times(4, 1, 1), length * 1.5)
    p.say(
        "@ {long} {bright} {N} {count}|{N} {count}|{bright} {N}, {long}|{long} {N}|{count} {N}",
        "{O}|getting electrocuted|bug zapper {count}|lightning spell|taser {count}|short circuit|fuse blowing"
        "|static discharge {count}|electric shock|force lightning|jumper cables|@ {long} electrical discharge",
        long=p.words(length, "short/quick", 0.15, "", 0.38, "long"),
        bright=p.words(bright, "dark/low", 0.3, "", 0.7, "bright/sharp"),
        count=p.words(count, "/single", 2, "double", 3, "repeated"),
        N=p.any("electric zap/spark/electric shock/taser zap/electrical short"),
        O=p.any("bzzt/zzap/zzzt/krzzt"),
    )
    p.tell(stroke=length, bright=bright, count=count, gating=f)
    length, bright, f, count = k.here(length, bright, f, count)
    period = length * 1.5
    number, since = repeats(k, period)
    since = torch.where(number < count, since, k.t - (count - 1) * period)
    envelope = k.decay(0.4 * length, 0, 0.001, since) * ((length * 1.4 - since) / 0.02).clamp(0, 1)
    failing = (k.held(k.cycles(f * (1 + 0.4 * k.wander(20.0)))) > -0.25).float()
    arc = (k.noise() * 0.5 + k.sparks(6000.0, 1.0)) * failing * envelope
    arc = filtered(
        arc, lambda q: high_pass(q, 500 + 2200 * bright) + 0.7 * band_pass(q, 2200 + 4500 * bright, 1.0)
    )
    return arc + (0.65 - 0.4 * bright) * k.saw(f * (1 + torch.exp(-since / 0.03))) * envelope


FAMILIES = (
    Family("fire", fire, "loop", "air", 1.2, "fire"),
    Family("steam", steam, "seq", "air", 1.0, "air hiss"),
    Family("air release", air_release, "shot", "air", 1.0, "air release"),
    Family("vinyl crackle", vinyl, "loop", "air", 1.0, "vinyl"),
    Family("radio static", radio_static, "loop", "air", 1.0, "communications static"),
    Family("electric buzz", electric_buzz, "loop", "air", 1.2, "electricity buzz"),
    Family("electric zap", electric_zap, "shot", "air", 1.0, "electricity zap"),
)
