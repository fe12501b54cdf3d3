"""Creatures: dogs, cats, birds, insects, monsters, and the bodies of people."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from engine.training.corpus.events import hits, regular, repeats, room_for
from engine.training.corpus.family import Family
from engine.training.corpus.filters import (
    TAU,
    Curve,
    band_pass,
    bell,
    filtered,
    high_pass,
    shaped,
    slope,
    unit_peak,
    unit_rms,
)
from engine.training.corpus.kit import Kit
from engine.training.corpus.params import Params
from engine.training.corpus.resonators import thump


def heartbeat(p: Params, k: Kit) -> Tensor:
    """Two thumps, over and over."""
    bpm, f, muffled = p.log(45, 150), p.log(38, 75), p.uniform(0, 1)
    p.say(
        "@ {speed} {N}|{speed} {pitch} {N}|{N}, {muffled}|{N}|{muffled} {N}, {speed}",
        "{O}|{A}|{A}|nervous {N}|horror film {N}, {speed}|stethoscope|in love|{speed} pulse of a patient"
        "|baby in the womb",
        speed=p.words(bpm, "slow/calm", 65, "", 100, "fast/racing/pounding"),
        A=p.words(
            bpm,
            "sleeping person's heart/calm heart",
            65,
            "suspense heartbeat",
            100,
            "panic/afraid/running for your life",
        ),
        pitch=p.words(f, "deep/low", 48, "", 60, "higher"),
        muffled=p.words(muffled, "thumping/close", 0.4, "", 0.7, "muffled/soft"),
        N=p.any("heartbeat/heart beating/human heartbeat/heartbeat"),
        O=p.any("lub dub/thump thump/ba-dum ba-dum"),
    )
    p.tell(rate=bpm / 60, hertz=f, muffled=muffled)
    bpm, f, muffled = k.here(bpm, f, muffled)
    times, there = regular(k, bpm / 60, 0.02, room_for(k, 2.5))
    t = k.time(0.5)
    y = hits(k, times, there, [thump(f, 0.06, t)])
    y = y + hits(k, times + 0.3 * (60 / bpm).clamp(max=0.9), there * 0.7, [thump(f * 1.25, 0.045, t)])
    body = filtered(k.noise() * y.abs(), lambda q: band_pass(q, 4.2 * f, 0.6))
    return unit_peak(y) + (1 - muffled) * 0.3 * unit_peak(body)


def breathing(p: Params, k: Kit) -> Tensor:
    """In through the throat, out through the mouth."""
    rate, effort, deep = p.log(0.22, 1.8), p.uniform(0, 1), p.uniform(0, 1)
    p.say(
        "{speed} {effort} {N}|{effort} {N}, {speed}|{speed} {N} {deep}|{N}|{deep} {N}",
        "{O}|{A}|{A}|someone {N} {speed}|killer behind the door, {N}|astronaut in his helmet|{effort} breath"
        "|person {N}, {effort}",
        speed=p.words(rate, "slow/calm", 0.4, "", 0.9, "fast/panting/rapid"),
        A=p.words(
            rate, "sleeping/meditation breath", 0.4, "breath", 0.9, "out of breath/after running/hyperventilating"
        ),
        effort=p.words(effort, "gentle", 0.3, "", 0.65, "heavy/exhausted/strained"),
        deep=p.words(deep, "light-bodied/small person", 0.3, "", 0.7, "deep/low"),
        N=p.any("breathing/human breathing/breath/breathing"),
        O=p.any("hhhh haaa/huff puff/haa hoo"),
    )
    p.tell(rate=rate, effort=effort, deep=deep)
    rate, effort, deep = k.here(rate, effort, deep)
    phase = k.phase(rate * (1 + 0.05 * k.wander(0.6)))
    into = torch.sin(math.pi * (phase / 0.42).clamp(max=1)).clamp(min=0) ** 1.4
    out = torch.sin(math.pi * ((phase - 0.47) / 0.48).clamp(0, 1)).clamp(min=0) ** 1.1
    size = 1.25 - 0.55 * deep

    def throat(q: Tensor) -> Tensor:
        return band_pass(q, 1900 * size, 1.6) + 0.7 * band_pass(q, 3600 * size, 2.0) + 0.2 * high_pass(q, 4500.0)

    def mouth(q: Tensor) -> Tensor:
        low = band_pass(q, 750 * size, 1.4) + 0.6 * band_pass(q, 1500 * size, 2.0)
        return low + 0.35 * band_pass(q, 2900 * size, 2.0)

    return filtered(k.noise() * into, throat) + (0.8 + 0.7 * effort) * filtered(k.noise() * out, mouth)


def crickets(p: Params, k: Kit) -> Tensor:
    """Chirps of one to three crickets, or cicadas without a pause."""
    cicadas, rate, count, f = p.chance(0.25), p.log(0.8, 3.0), p.times(1, 1, 1), p.log(2800, 6200)
    p.say(
        "{K} {place}, {pitch}|{speed} {K}|{K} {count}|{K} {place}|{pitch} {K}, {speed}",
        "{O}|{A}|{A}|{K}|{A}, {count}|{pitch} insects",
        K=p.when(cicadas, "cicadas/cicada drone/buzzing insects", "crickets/cricket chirps/night crickets"),
        A=p.when(
            cicadas,
            "hot summer day/mediterranean afternoon/japanese summer/tropical heat",
            "summer night/awkward silence/night in the country/camping at night/meadow at night",
        ),
        place=p.when(cicadas, "in summer/ambience//", "at night/in summer/ambience//"),
        pitch=p.words(f, "low pitched", 3700, "", 5000, "high pitched/shrill"),
        speed=p.only(cicadas == 0, p.words(rate, "slow", 1.2, "", 2.0, "fast")),
        count=p.only(cicadas == 0, p.words(count, "a single insect/just one", 2, "", 3, "several insects/many")),
        O=p.when(cicadas, "zzzzzz/tssssss", "chirp chirp/cri cri"),
    )
    p.tell(cicadas=cicadas, rate=rate, count=count, hertz=f)
    cicadas, rate, count, f = k.here(cicadas, rate, count, f)
    y = k.silence()
    for voice in range(3):
        song = (k.phase(rate * k.uniform(0.85, 1.15)) + (voice > 0) * k.uniform(0, 1)) % 1
        wing = torch.sin(TAU * k.phase(k.log(22, 48))).clamp(min=0) ** 1.5
        wing = wing * torch.sin(math.pi * (song / 0.45).clamp(max=1)).clamp(min=0) ** 0.4
        y = y + k.sine(f * k.uniform(0.9, 1.1) * (1 + 0.01 * wing)) * wing * (voice < count) / (1 + voice * 0.6)
    drone = k.coloured(lambda q: bell(q, f * 1.1, 0.22)) * (0.6 + 0.4 * k.sine(k.log(60, 140)))
    drone = drone * (1 + 0.5 * k.wander(0.6))
    air = 0.02 * k.coloured(lambda q: slope(q, 0.7))
    return torch.where(cicadas > 0, unit_rms(drone), unit_rms(y)) + air


_RISES, _FALLS, _TRILLS, _WHISTLES = range(4)


def birds(p: Params, k: Kit) -> Tensor:
    """A whistle that bends, again and again and never quite the same."""
    f, rate, style, sweep = p.log(1700, 5800), p.log(2.2, 12), p.pick(1, 1, 1, 1), p.uniform(0.15, 0.9)
    count = p.fitting(p.uniform(1, 14).floor(), 1.1 / rate)
    p.say(
        "@ {pitch} {N} {count}|{N}, {style}|{pitch} {N}, {speed}|{N} {count}|{style} {N}",
        "{O}|morning in the garden|spring|forest {N}|robin|canary|@ {pitch} {N} in a tree|nature, {N} {count}"
        "|dawn chorus"
        "|jungle bird {style}|sparrow {count}",
        pitch=p.words(f, "low pitched/deep", 2500, "", 4200, "high pitched/small"),
        speed=p.only(count > 1, p.words(rate, "slow", 4, "", 7.5, "fast/rapid")),
        style=p.named(
            style, "rising/upward chirps", "falling/downward chirps", "trilling/warbling", "whistling/whistled"
        ),
        count=p.words(count, "single chirp/once", 2, "few chirps", 5, "", 9, "singing/chirping repeatedly"),
        N=p.any("bird chirp/bird song/songbird/bird tweet/bird"),
        O=p.any("tweet tweet/chirp/twit twit/tweet"),
    )
    p.tell(
        hertz=f, rate=rate, count=count, style=style, rise=(style == _RISES).float() - (style == _FALLS).float()
    )
    f, rate, style, sweep, count = k.here(f, rate, style, sweep, count)
    place = k.t * rate * (1 + 0.08 * k.wander(1.0))
    number = place.floor().clamp(min=0)
    said = ((k.held(number, k.rand(k.count, 64)) < 0.78) | (number == 0)) & (number < count)
    length = (0.45 + 0.4 * k.held(number, k.rand(k.count, 64))) / rate
    x = ((place - number) / rate / length).clamp(0, 1)
    tune = 2 ** (0.35 * (k.held(number, k.rand(k.count, 64)) - 0.5))
    bending = torch.where(style == _TRILLS, 0.5 + 0.5 * torch.sin(TAU * x * 5), torch.sin(math.pi * x))
    bend = torch.where(style == _RISES, x, torch.where(style == _FALLS, 1 - x, bending))
    angle = TAU * k.phase(f * tune * (1 + sweep * (bend - 0.5)))
    return (torch.sin(angle) + 0.15 * torch.sin(2 * angle)) * torch.sin(math.pi * x).clamp(min=0) ** 0.7 * said


def frog(p: Params, k: Kit) -> Tensor:
    """Pulses through a throat."""
    f, pulse, length, rise = p.log(180, 900), p.log(18, 70), p.log(0.12, 0.6), p.uniform(-0.2, 0.6)
    pause = p.uniform(1.4, 2.6)
    count = p.fitting(p.uniform(1, 6).floor(), length * pause)
    p.say(
        "@ {size} {N} {count}|{pitch} {N}|{N} {count}|{N}, {grain}|{size} {N}, {grain}",
        "{O}|pond at night|swamp creature croak|@ {size} frog in a pond|prince turned into a frog|toad {count}"
        "|bullfrog calling {count}|marsh|rainforest frog {count}",
        size=p.words(f, "big/large", 300, "", 560, "small/tiny"),
        pitch=p.words(f, "deep/low", 300, "", 560, "high"),
        count=p.words(count, "once/single croak", 2, "twice/two croaks", 3, "repeatedly/several croaks"),
        grain=p.words(pulse, "slow rattling croak", 28, "", 46, "buzzy croak"),
        N=p.any("frog croak/frog/toad croak/frog croaking"),
        O=p.words(count, "ribbit/croak", 2, "ribbit ribbit/croak croak"),
    )
    p.tell(hertz=f, pulse=pulse, stroke=length, count=count)
    f, pulse, length, rise, pause, count = k.here(f, pulse, length, rise, pause, count)
    number, since = repeats(k, length * pause)
    x = (since / length).clamp(0, 1)
    beat = torch.exp(-k.phase(pulse) * 5)
    source = (k.saw((60 + f * 0.35) * (1 + rise * x)) + 0.1 * k.noise()) * beat
    source = source * (math.pi * x).sin().clamp(min=0) ** 0.6 * (number < count)
    return filtered(
        source,
        lambda q: band_pass(q, f, 5.0) + 0.7 * band_pass(q, f * 2.3, 6.0) + 0.25 * band_pass(q, f * 4.1, 5.0),
    )


def bark(p: Params, k: Kit) -> Tensor:
    """A dog, small or large, one to four times."""
    size, hoarse, rate = p.uniform(0, 1), p.uniform(0, 1), p.uniform(1.8, 4.2)
    count = p.fitting(p.times(2, 2, 1, 1), 1.2 / rate)
    f = 520 * (110 / 520) ** size * p.uniform(0.9, 1.1)
    p.say(
        "@ {size} {N} {count}|{N} {count}|{size} {N}, {hoarse}|{hoarse} {N} {count}|{N}",
        "{O}|{A}|{A} {count}|{A}|someone at the door, dog {count}|dog in the yard|watchdog {count}|@ {size} dog",
        size=p.words(size, "small/little/high pitched", 0.35, "", 0.65, "large/big/deep"),
        A=p.words(size, "chihuahua/puppy/terrier", 0.35, "dog", 0.65, "guard dog/german shepherd/rottweiler"),
        hoarse=p.words(hoarse, "clean yap", 0.3, "", 0.7, "hoarse/aggressive/gruff"),
        count=p.words(count, "once/single", 2, "twice/two barks", 3, "several times/repeatedly"),
        N=p.any("dog bark/dog barking/dog/barking dog"),
        O=p.words(size, "yap/arf/yip", 0.5, "woof/bow wow/ruff"),
    )
    p.tell(size=size, hertz=f, count=count, hoarse=hoarse, rate=rate)
    size, hoarse, rate, count, f = k.here(size, hoarse, rate, count, f)
    times, there = regular(k, rate, 0.2, 4, count)
    y, rough = k.silence(), 1 + hoarse * 0.25 * k.wander(150.0)
    for e in range(4):
        since = k.t - times[:, e : e + 1]
        x = (since / (0.13 + 0.08 * size)).clamp(0, 1)
        envelope = (since > 0) * (since / 0.012).clamp(0, 1) * (1 - x) ** 0.8
        pitch = f * (0.75 + 0.6 * torch.sin(math.pi * (x * 0.9 + 0.08))) * rough
        source = torch.tanh(2 * k.saw(pitch)) + (0.08 + 0.55 * hoarse) * k.noise()
        y = y + source * envelope * there[:, e : e + 1]
    snout = 1.55 - 0.8 * size

    def mouth(q: Tensor) -> Tensor:
        low = band_pass(q, 620 * snout, 3.0) + 0.9 * band_pass(q, 1150 * snout, 3.5)
        return low + 0.45 * band_pass(q, 2500 * snout, 3.0) + 0.1 * high_pass(q, 4000.0)

    return filtered(y, mouth)


def meow(p: Params, k: Kit) -> Tensor:
    """A mouth that opens and closes over a bending tone."""
    f, length, whine = p.log(380, 900), p.log(0.3, 1.0), p.uniform(0, 1)
    count = p.fitting(p.times(4, 1), length * 1.4)
    p.say(
        "@ {pitch} {N} {count}|{N}, {long}|{long} {pitch} {N}|{whine} {N} {count}|{N}",
        "{O}|hungry cat|{A}|{A}|@ {pitch} cat asking for food|cat at the door|pet cat {count}"
        "|@ {whine} kitty {count}",
        pitch=p.words(f, "low/adult", 500, "", 690, "high pitched/kitten"),
        A=p.words(f, "tomcat/old cat", 500, "house cat", 690, "kitten/baby cat"),
        long=p.words(length, "short/quick", 0.45, "", 0.72, "long/drawn out"),
        whine=p.words(whine, "plain", 0.3, "", 0.7, "whining/pleading"),
        count=p.words(count, "once/", 2, "twice"),
        N=p.any("cat meow/meow/cat meowing/cat"),
        O=p.any("meow/miaow/mew/mreow"),
    )
    p.tell(hertz=f, stroke=length, whine=whine, count=count)
    f, length, whine, count = k.here(f, length, whine, count)
    number, since = repeats(k, length * 1.4)
    raw = torch.where(number < count, since / length, 2.0)
    x, on = raw.clamp(0, 1), (raw < 1).float()
    bend = torch.sin(math.pi * x ** (0.7 + 0.5 * whine))
    source = k.saw(f * (0.75 + 0.45 * bend + 0.015 * k.wander(14.0))) + 0.06 * k.noise()
    source = source * on * (x / 0.12).clamp(max=1) * ((1 - x) / 0.35).clamp(max=1)
    open_, head = torch.sin(math.pi * x**0.8), (f / 580) ** 0.5

    def mouth(q: Tensor, at: Curve) -> Tensor:
        low = bell(q, at(head * (550 + 750 * open_)), 0.35) + 0.8 * bell(
            q, at(head * (2700 - 900 * open_ * x)), 0.25
        )
        return low + 0.25 * bell(q, at(4200 * head), 0.3) + 0.04

    return shaped(source, mouth)


def growl(p: Params, k: Kit) -> Tensor:
    """A huge throat: rough pulses, noise, and a mouth that opens for a roar."""
    length, rough, size, roar = p.span(0.5, 2.6), p.uniform(0, 1), p.uniform(0, 1), p.chance(0.45)
    f = 130 * (38 / 130) ** size * p.uniform(0.9, 1.1)
    p.say(
        "@ {size} {N} {rough}|{rough} {N}|{size} {N}, {long}|{long} {size} {N}|{N}|{rough} {size} creature {V}",
        "{O}|{A}|{A}|{A}, {long}|@ {size} beast|monster|@ {size} creature {V} in the dark"
        "|horror creature, {rough}",
        size=p.words(size, "small/high", 0.3, "", 0.6, "huge/deep/giant/large"),
        A=p.words(
            size,
            "goblin/gremlin/imp",
            0.3,
            "werewolf/demon/alien beast",
            0.6,
            "dinosaur/dragon/troll/ogre/godzilla",
        ),
        rough=p.words(rough, "smooth", 0.25, "", 0.6, "raspy/rough/gritty"),
        long=p.words(length, "short/quick", 0.9, "", 1.7, "long"),
        N=p.when(
            roar,
            "monster roar/creature roar/beast roar/dragon roar",
            "monster growl/creature growl/beast growl/growling creature",
        ),
        V=p.when(roar, "roar", "growl/snarl"),
        O=p.when(roar, "roooaaar/raaawr/graaah", "grrrr/rrrrgh/hrrrr"),
    )
    p.tell(size=size, seconds=length, rough=rough, roar=roar, hertz=f)
    length, rough, size, roar, f = k.here(length, rough, size, roar, f)
    x = (k.t / length).clamp(0, 1)
    arch = torch.sin(math.pi * x)
    pitch = f * (1 + 0.35 * roar * arch + 0.06 * k.wander(8.0) + 0.2 * rough * k.wander(90.0))
    place = k.cycles(pitch)
    source = torch.tanh(3 * k.saw(pitch)) * (0.6 + 0.4 * rough * k.held(place)) + 0.6 * k.saw(pitch * 0.5)
    source = source + (0.4 + 0.8 * rough) * k.noise() * torch.exp(-(place % 1).float() * 4)
    source = source * (1 - 0.45 * k.sine(k.uniform(18, 38)) * (0.3 + 0.7 * rough))
    open_ = (0.35 + 0.65 * arch * torch.where(roar > 0, 1.0, 0.35)) * (1 + 0.2 * k.wander(4.0))
    head = 1.35 - 0.65 * size

    def mouth(q: Tensor, at: Curve) -> Tensor:
        low = bell(q, at(head * (260 + 560 * open_)), 0.4) + 0.7 * bell(q, at(head * (800 + 900 * open_)), 0.3)
        return low + 0.3 * bell(q, at(head * 2600), 0.4) + 0.5 * (q < 180)

    y = torch.tanh(1.5 * unit_peak(shaped(source, mouth)))
    return y * k.bump(length, torch.where(roar > 0, 0.35, 0.25), 0.8)


def insect(p: Params, k: Kit) -> Tensor:
    """Wings too fast to see, near and far."""
    f, restless, kind = p.log(110, 720), p.uniform(0, 1), p.uniform(0, 1)
    p.say(
        "@ {pitch} {N} {moving}|{N} {moving}|{N}, {pitch}|{N}",
        "{O}|@ {A}|{A} near the ear|annoying insect {moving}|@ {A} {moving}|picnic in summer, {A}|beehive"
        "|insect buzzing",
        pitch=p.words(f, "low/deep/large", 190, "", 420, "high/tiny/thin"),
        A=p.words(f, "bumblebee/beetle/hornet", 190, "fly/bee/housefly", 420, "mosquito/gnat"),
        moving=p.words(restless, "hovering/steady", 0.35, "", 0.65, "flying around/darting about"),
        N=p.words(f, "bumblebee buzz/buzzing insect", 190, "fly buzzing/bee buzz", 420, "mosquito/mosquito whine"),
        O=p.words(f, "bzzzz/brzzzz", 420, "eeeeee/nnneeee"),
    )
    p.tell(hertz=f, restless=restless)
    f, restless, kind = k.here(f, restless, kind)
    flight = k.wander(0.4 + 2.2 * restless)
    pitch = f * 2 ** ((0.04 + 0.3 * restless) * flight + 0.02 * k.wander(20.0))
    y = k.saw(pitch) * (1 + 0.3 * k.noise()) + 0.6 * kind * k.sine(pitch * 2)
    y = filtered(y, lambda q: band_pass(q, f * 2.5, 0.7) + 0.4 * band_pass(q, f * 7, 1.0))
    return y * (1 - (0.2 + 0.6 * restless) * (0.5 + 0.5 * k.wander(0.5 + 1.5 * restless)))


def owl(p: Params, k: Kit) -> Tensor:
    """Hoots, a long last one."""
    f, count, breath = p.log(240, 560), p.times(1, 2, 2, 1), p.uniform(0, 1)
    gap = p.uniform(0.45, 0.9)
    count = p.fitting(count, gap)
    p.say(
        "@ {pitch} {N} {count}|{N} {count}|{pitch} {N}|{N}|{airy} {N} {count}",
        "{O}|night in the forest|spooky forest bird {count}|halloween {N}|{N} at night|graveyard at midnight"
        "|dark woods {N}",
        pitch=p.words(f, "deep/low/large", 320, "", 430, "high/small"),
        airy=p.words(breath, "clear", 0.35, "", 0.65, "breathy/airy"),
        count=p.words(count, "once", 2, "twice", 3, "several times/repeatedly"),
        N=p.any("owl hoot/owl hooting/owl/hooting owl"),
        O=p.words(count, "hoo/hooo", 2, "hoo hoo/hoot hoot/tu-whit tu-whoo"),
    )
    p.tell(hertz=f, count=count, breath=breath, rate=1 / gap)
    f, count, breath, gap = k.here(f, count, breath, gap)
    number, since = repeats(k, gap)
    x = (since / (gap * 0.65)).clamp(0, 1)
    hoot = torch.sin(math.pi * x).clamp(min=0) ** 0.8 * (number < count)
    pitch = f * (0.92 + 0.1 * torch.sin(math.pi * x) + 0.006 * k.sine(7.0))
    y = k.sine(pitch) + 0.12 * k.sine(pitch * 2) + 0.05 * k.sine(pitch * 3)
    air = shaped(k.noise(), lambda q, at: bell(q, at(f * 1.1), 0.35))
    return (y + (0.05 + 0.4 * breath) * unit_rms(air)) * hoot


def wolf(p: Params, k: Kit) -> Tensor:
    """A howl that climbs, holds and sinks."""
    f, length, pack = p.log(260, 620), p.span(1.4, 4.0), p.chance(0.3)
    p.say(
        "@ {long} {pitch} {N}|{N}, {pitch}|{long} {N}|{N}|{pitch} {N}",
        "{O}|full moon|werewolf at night|lonely wilderness {N}|transylvania|siberian forest|{A}|coyote"
        "|scary night {N}",
        pitch=p.words(f, "deep/low", 350, "", 470, "high"),
        long=p.words(length, "short", 2.0, "", 3.0, "long/drawn out"),
        A=p.when(pack, "wolf pack/several wolves howling", "lone wolf/a single wolf"),
        N=p.when(pack, "wolves howling/wolf pack howling", "wolf howl/howling wolf"),
        O=p.any("awoooo/aaooooo/owooooo"),
    )
    p.tell(hertz=f, seconds=length, pack=pack)
    f, length, pack = k.here(f, length, pack)
    y = k.silence()
    for voice in range(3):
        delay = (voice > 0) * k.uniform(0.1, 0.3) * k.seconds * 0.5
        x = ((k.t - delay) / length).clamp(0, 1)
        climb = (x / 0.2).clamp(max=1) - 0.5 * ((x - 0.75) / 0.25).clamp(min=0)
        scale = 1.0 if voice == 0 else k.uniform(0.8, 1.25)
        pitch = (
            f * scale * 2 ** (0.8 * climb - 0.8) * (1 + 0.01 * k.sine(k.uniform(4.5, 6.5)) + 0.01 * k.wander(3.0))
        )
        cry = k.sine(pitch) + 0.45 * k.sine(pitch * 2) + 0.15 * k.sine(pitch * 3) + 0.05 * k.noise()
        there = 1.0 if voice == 0 else 0.6 * pack
        y = y + there * cry * (x / 0.12).clamp(max=1) * ((1 - x) / 0.25).clamp(max=1) * (k.t > delay)
    return filtered(y, lambda q: 0.3 + band_pass(q, 700.0, 0.8))


FAMILIES = (
    Family("heartbeat", heartbeat, "loop", "creatures", 1.0, "human heartbeat"),
    Family("breathing", breathing, "loop", "creatures", 1.0, "voices breath"),
    Family("crickets", crickets, "loop", "creatures", 1.0, "animals insect"),
    Family("birds", birds, "seq", "creatures", 1.2, "birds"),
    Family("frog", frog, "seq", "creatures", 1.0, "animals amphibian"),
    Family("dog bark", bark, "seq", "creatures", 1.0, "animals dog"),
    Family("cat meow", meow, "shot", "creatures", 1.0, "animals cat"),
    Family("growl", growl, "shot", "creatures", 1.3, "creatures"),
    Family("insect", insect, "loop", "creatures", 0.9, "animals insect"),
    Family("owl", owl, "seq", "creatures", 0.9, "birds owl"),
    Family("wolf", wolf, "shot", "creatures", 0.9, "animals wolf"),
)
