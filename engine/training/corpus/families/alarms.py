"""Alarms: horns, sirens, clocks and telephones, all of which want to be heard."""

from __future__ import annotations

import torch
from torch import Tensor

from engine.training.corpus.events import hits, regular, repeats, room_for, turns
from engine.training.corpus.family import Family
from engine.training.corpus.filters import RATE, band_pass, filtered, low_pass, unit_peak
from engine.training.corpus.kit import Kit
from engine.training.corpus.params import Params
from engine.training.corpus.resonators import struck

_SHIP, _TOY = 2, 4
_HORNS = (390, 155, 78, 260, 240)


def horn(p: Params, k: Kit) -> Tensor:
    """A car's, a truck's, a ship's, a train's or a clown's."""
    kind, length, tune = p.pick(1, 1, 1, 1, 1), p.log(0.18, 1.8), p.log(0.82, 1.2)
    longer = torch.where(kind == _SHIP, length.clamp(min=0.9) * 1.4, length)
    length = torch.where(kind == _TOY, length.clamp(max=0.3), longer).clamp(max=p.seconds * 0.8)
    count = p.fitting(p.times(4, 2, 1), length * 1.35 + 0.06)
    p.say(
        "@ {long} {pitch} {N} {count}|{N} {count}|{pitch} {N}|{count} {N}, {long}|{long} {N}",
        "{O}|{A}|{A}|{A} {count}|warning honk {count}",
        long=p.words(length, "short/quick", 0.35, "", 0.9, "long"),
        pitch=p.words(tune, "lower pitched/deep", 0.92, "", 1.09, "higher pitched"),
        count=p.words(count, "once/", 2, "twice/double", 3, "three times/repeated"),
        N=p.named(
            kind,
            "car horn/car honk/car horn honking",
            "truck horn/air horn",
            "ship horn/fog horn/boat horn",
            "train horn/locomotive horn",
            "clown horn/bicycle horn honk/toy horn",
        ),
        A=p.named(
            kind,
            "angry driver/traffic jam/taxi in new york",
            "big rig honking/stadium air horn",
            "harbour in the fog/cruise ship leaving/titanic",
            "level crossing/train coming/freight train warning",
            "circus/comedy honk/clown nose",
        ),
        O=p.named(kind, "honk/beep beep/toot", "hooonk/baaaamp", "mooooom/bwoooom", "waaaaah", "honk honk/awooga"),
    )
    p.tell(kind=kind, count=count, stroke=length, pitch=tune, seconds=length * count * 1.35)
    kind, length, tune, count = k.here(kind, length, tune, count)
    number, since = repeats(k, length * 1.35 + 0.06)
    sounding = (number < count) * (since / 0.025).clamp(0, 1) * ((length - since) / 0.05).clamp(0, 1)
    f = k.table(kind, _HORNS) * tune * (1 - 0.06 * torch.exp(-since / 0.03))
    f = f * torch.where(kind == _TOY, 1 - 0.25 * (since / length).clamp(0, 1), 1.0)
    other = k.table(kind, (1.26, 1.19, 1.004, 1.335, 1.01))
    y = torch.tanh(2.5 * k.saw(f)) + torch.tanh(2.5 * k.saw(f * other)) + (kind == 3) * k.saw(f * 1.68)
    cut, bell_ = k.table(kind, (5000, 2500, 900, 3200, 4200)), k.table(kind, (1300, 600, 220, 900, 1050))
    y = filtered(y * sounding, lambda q: low_pass(q, cut) * (0.5 + band_pass(q, bell_, 1.2)))
    return y + 0.03 * filtered(k.noise() * sounding, lambda q: band_pass(q, 2000.0, 0.5))


_HILO, _AIR_RAID = 2, 3


def siren(p: Params, k: Kit) -> Tensor:
    """Wail, yelp, two-tone, or the slow one of an air raid."""
    kind, hurry, tune, drive = p.pick(1, 1, 1, 1), p.uniform(0.8, 1.25), p.uniform(0.8, 1.25), p.uniform(0.5, 5)
    rate = p.table(kind, (0.28, 3.6, 0.9, 0.12)) * hurry
    p.say(
        "@ {K} {speed}|{K}, {pitch}|{speed} {K}|{K} {harsh}|{pitch} {K} {speed}",
        "{O}|{A}|{A}|{A}, {speed}|{K}|siren",
        K=p.named(
            kind,
            "police siren wail/wailing siren/ambulance siren",
            "police siren yelp/fast yelping siren/yelp siren",
            "european two-tone siren/hi-lo siren/fire truck two-tone siren",
            "air raid siren/civil defense siren/tornado siren",
        ),
        A=p.named(
            kind,
            "cop car/ambulance in new york/emergency vehicle",
            "police chase/cops coming/pursuit",
            "paris ambulance/german police car/london fire brigade",
            "blitz/bombers coming/silent hill/evacuation warning/world war two",
        ),
        speed=p.words(hurry, "slow/slower", 0.93, "", 1.12, "fast/urgent"),
        pitch=p.words(tune, "low/deep", 0.93, "", 1.12, "high pitched"),
        harsh=p.words(drive, "clean/smooth", 1.5, "", 3.2, "harsh/distorted"),
        O=p.named(
            kind, "weeoo weeoo/wooooo", "wip wip wip/yelp yelp", "nee naw nee naw/ta tu ta ta", "ooooOOOOoooo"
        ),
    )
    p.tell(kind=kind, rate=rate, pitch=tune, drive=drive)
    kind, tune, drive, rate = k.here(kind, tune, drive, rate)
    phase = k.phase(rate)
    swing = 1 - (2 * phase - 1).abs()
    slow = 180 + 330 * (1 - torch.exp(-3 * swing))
    other = torch.where(kind == _AIR_RAID, slow, 550 * 2 ** (1.35 * swing))
    f = torch.where(kind == _HILO, torch.where(phase < 0.5, 450.0, 600.0), other) * tune
    y = torch.tanh(drive * (k.saw(f) + 0.3 * k.sine(f * 0.5) * (kind == _AIR_RAID)))
    return filtered(y, lambda q: low_pass(q, 3800.0) * (0.4 + band_pass(q, 1300.0, 0.8)))


def alarm(p: Params, k: Kit) -> Tensor:
    """An alarm clock, a buzzer, a smoke detector, a red alert or a bell."""
    kind, rate, tune = p.pick(1, 1, 1, 1, 1), p.log(0.7, 1.6), p.log(0.75, 1.35)
    p.say(
        "@ {speed} {K}|{K}, {pitch}|{pitch} {K} {speed}|{K}|{speed} {pitch} {K}",
        "{O}|{A}|{A}|{A}, {speed}|alarm|{K}",
        K=p.named(
            kind,
            "digital alarm clock/alarm clock beeping/beeping alarm",
            "buzzer alarm/klaxon/warning buzzer",
            "smoke detector alarm/smoke alarm beeping",
            "sci-fi red alert/spaceship alert/rising warning alarm",
            "fire alarm bell/school bell ringing/alarm bell",
        ),
        A=p.named(
            kind,
            "wake up/monday morning/time to get up",
            "submarine dive/prison break/nuclear plant emergency",
            "kitchen on fire/something is burning",
            "shields down/self destruct/hull breach/intruder alert",
            "end of class/bank robbery/evacuate the building",
        ),
        speed=p.words(rate, "slow", 0.9, "", 1.25, "fast/urgent/frantic"),
        pitch=p.words(tune, "low/lower pitched", 0.9, "", 1.13, "high/higher pitched/shrill"),
        O=p.named(kind, "beep beep beep beep", "aaawk aaawk/baap baap", "bip bip bip", "woop woop", "rrriiinnng"),
    )
    p.tell(kind=kind, speed=rate, pitch=tune)
    kind, rate, tune = k.here(kind, rate, tune)
    phase = k.phase(k.table(kind, (1, 0.9, 0.55, 1.1, 1)) * rate)
    digital = k.square(2050 * tune) * (phase < 0.5) * (((phase * 8) % 1) < 0.5)
    horns = torch.tanh(3 * (k.saw(175 * tune) + k.saw(179 * tune)))
    horns = filtered(horns, lambda q: low_pass(q, 2500.0)) * (phase < 0.6)
    smoke = k.sine(3150 * tune) * (((phase * 4) % 1) < 0.55) * (phase < 0.75)
    sweep = k.saw(tune * 420 * 2**phase) + 0.7 * k.sine(tune * 840 * 2**phase)
    times, there = regular(k, 16 * rate, 0.05, room_for(k, 25.6))
    gong = struck(
        k,
        1150 * tune,
        ((1, 1.62, 2.4, 3.3, 4.7), (1, 0.7, 0.6, 0.4, 0.3)),
        torch.full_like(tune, 0.25),
        torch.full_like(tune, 0.9),
        damping=0.4,
        seconds=0.7,
    )
    ringing = unit_peak(hits(k, times, there, [gong]))
    last = torch.where(kind == 3, 0.5 * sweep, ringing)
    return torch.where(kind == 0, digital, torch.where(kind == 1, horns, torch.where(kind == 2, smoke, last)))


def telephone(p: Params, k: Kit) -> Tensor:
    """Two gongs, a trill or a ringtone, up to three times."""
    kind, tune, speed = p.pick(1, 1, 1), p.log(0.8, 1.3), p.uniform(0.8, 1.25)
    length, pause = p.uniform(0.8, 1.6).clamp(max=p.seconds * 0.8), p.uniform(0.4, 1.0)
    count = p.fitting(p.times(1, 1, 1), length + pause)
    p.say(
        "@ {pitch} {K} {count}|{K} {count}|{K}, {speed}|{speed} {K}|{K}",
        "{O}|{A}|{A}|{A} {count}|phone|telephone {count}",
        K=p.named(
            kind,
            "old telephone ringing/rotary phone ring/vintage telephone bell",
            "electronic telephone ring/office phone trill/desk phone ringing",
            "mobile phone ringtone/cell phone ringing/beeping ringtone",
        ),
        A=p.named(
            kind,
            "noir detective's phone/grandma's phone/1950s phone",
            "call centre/1980s office/hotel room phone",
            "incoming call/smartphone ringing/old nokia",
        ),
        pitch=p.words(tune, "low pitched", 0.92, "", 1.12, "high pitched"),
        speed=p.words(speed, "slow", 0.93, "", 1.12, "fast"),
        count=p.words(
            count, "ringing once/one ring", 2, "ringing twice/two rings", 3, "three rings/ringing repeatedly"
        ),
        O=p.named(kind, "rrring rrring/dring", "brrrr brrrr/trrrr", "dididit didit/beep beep beep"),
    )
    p.tell(kind=kind, pitch=tune, speed=speed, count=count)
    kind, tune, speed, length, pause, count = k.here(kind, tune, speed, length, pause, count)
    number, since = repeats(k, length + pause)
    sounding = (since < length).float() * (number < count)
    times, there = regular(k, 24 * speed, 0.02, room_for(k, 30))
    clapper = sounding.gather(1, (times * RATE).long().clamp(max=k.samples - 1))
    partials, tau = ((1, 2.1, 2.9, 4.2), (1, 0.4, 0.4, 0.25)), torch.full_like(tune, 0.22)
    gongs = [struck(k, f * tune, partials, tau, 4 * tau, damping=0.4, seconds=0.9) for f in (1180, 1420)]
    bells = unit_peak(hits(k, times, there * clapper, gongs, turns(k, times, 2)))
    trill = (
        k.wave(torch.full_like(tune, 2), tune * torch.where(k.phase(12 * speed) < 0.5, 850.0, 1080.0)) * sounding
    )
    trill = filtered(trill, lambda q: low_pass(q, 4500.0))
    step = k.phase(6 * speed) * 4
    mobile = k.sine(tune * 1500 * (1 + 0.26 * (step.floor() % 2))) * sounding * ((step % 1) < 0.7)
    return torch.where(kind == 0, bells, torch.where(kind == 1, trill, mobile))


FAMILIES = (
    Family("horn", horn, "shot", "alarms", 1.2, "vehicles horn"),
    Family("siren", siren, "loop", "alarms", 1.0, "vehicles siren"),
    Family("alarm", alarm, "loop", "alarms", 1.0, "alarms"),
    Family("telephone", telephone, "seq", "alarms", 1.0, "communications telephone"),
)
