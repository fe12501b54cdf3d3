"""Hands of people: claps and applause, and records under a finger."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from engine.training.corpus.events import grains, hits, regular
from engine.training.corpus.family import Family
from engine.training.corpus.filters import band_pass, bell, fitted, high_pass, shaped, unit_rms
from engine.training.corpus.kit import Kit
from engine.training.corpus.params import Params
from engine.training.corpus.resonators import claps


def applause(p: Params, k: Kit) -> Tensor:
    """Claps of three to 250 people."""
    size, rate, f = p.log(3, 250), p.uniform(3.0, 4.8), p.log(800, 1700)
    p.say(
        "{size} {N}|{N} {who}|{bright} {N}, {size}|{N}|{size} {N}, {bright}",
        "{O}|{A}|{A}|end of the concert|standing ovation|theatre audience|{N}, {who}|people clapping {who}",
        size=p.words(size, "small/sparse", 14, "", 70, "large/huge/big crowd"),
        who=p.words(
            size, "from a few people/from a small group", 14, "", 70, "from a large audience/from a huge crowd"
        ),
        A=p.words(
            size, "polite golf clap/a few people clap", 14, "audience", 70, "concert hall/stadium audience/bravo"
        ),
        bright=p.words(f, "dull/soft", 1000, "", 1350, "bright/sharp"),
        N=p.any("applause/crowd clapping/audience applause/clapping crowd"),
        O=p.any("clap clap clap/clapping"),
    )
    p.tell(crowd=size, clapping=rate, hertz=f)
    size, rate, f = k.here(size, rate, f)
    parts = claps(k, f, 8)
    y = unit_rms(grains(k, [k.sparks(size * rate / 8 * (1 + 0.15 * k.wander(1.0)), 1.2) for _ in parts], parts))
    return y + k.coloured(lambda q: band_pass(q, f, 0.8)) * (size / 250) * 0.5


def hand_clap(p: Params, k: Kit) -> Tensor:
    """One to four claps, or those of a drum machine."""
    f, tau, count, synthetic = p.log(700, 2200), p.log(0.02, 0.16), p.times(4, 1, 1, 1), p.chance(0.35)
    rate = p.uniform(1.5, 4.5)
    count = p.fitting(count, 1.05 / rate)
    p.say(
        "@ {bright} {K} {N} {count}|{K} {N}, {long}|{count} {K} {N}|{bright} {N}|{long} {K} {N}, {bright}",
        "{O}|{A}|{A} {count}|@ {long} clap|{count} {N}|{bright} {K} {N}",
        bright=p.words(f, "low/dull/deep", 1000, "", 1600, "bright/sharp/high"),
        K=p.when(synthetic, "808/drum machine/electronic", "/real/human"),
        A=p.when(synthetic, "trap clap/house music clap/909 clap", "someone claps/clapping hands/flamenco clap"),
        long=p.words(tau, "short/tight/dry", 0.04, "", 0.09, "long/roomy"),
        count=p.words(count, "single/", 2, "double/two claps", 3, "three claps", 4, "four claps/repeated"),
        N=p.any("clap/handclap/hand clap"),
        O=p.words(count, "clap/tchak", 2, "clap clap"),
    )
    p.tell(hertz=f, tail=tau, count=count, synthetic=synthetic, rate=rate)
    f, tau, count, synthetic, rate = k.here(f, tau, count, synthetic, rate)
    flam = torch.tensor([[0.0, 0.011, 0.021, 0.031]], device=k.device) * k.uniform(0.7, 1.2)
    flam = torch.where(synthetic > 0, flam, 0.0)
    level = torch.cat([0.7 * synthetic, 0.8 * synthetic, 0.7 * synthetic, torch.ones_like(tau)], 1)
    room = k.burst(tau, lambda q: band_pass(q, f, 1.5) + 0.3 * high_pass(q, 2200.0), 30870)
    other = k.burst(tau, lambda q: band_pass(q, f * 1.1, 1.5), 30870)
    hands = 0.5 * room + fitted(claps(k, f, 1)[0], room.shape[1])
    times, there = regular(k, rate, 0.05, 4, count)
    every = (times[:, :, None] + flam[:, None]).flatten(1)
    return hits(k, every, (there[:, :, None] * level[:, None]).flatten(1), [hands, other])


def record_scratch(p: Params, k: Kit) -> Tensor:
    """A record moved by hand, or its motor switched off."""
    stop, length, f = p.chance(0.25), p.log(0.09, 0.4), p.log(250, 900)
    count = p.fitting(p.times(2, 2, 1, 1), length * 2)
    p.say(
        "@ {speed} {N} {count}|{N}, {count}|{pitch} {N}|{speed} {N}|{N} {count}",
        "{O}|{A}|{A}|{A}, {speed}|hip hop {N}|{A} {count}",
        N=p.when(
            stop,
            "tape stop/record slowing down/turntable stop",
            "record scratch/dj scratch/vinyl scratch/turntable scratch",
        ),
        A=p.when(
            stop,
            "music dying/power cut on a record player/slowing to a stop",
            "dj at work/yep that's me freeze frame/comedy record scratch/battle dj",
        ),
        speed=p.words(length, "fast/quick", 0.15, "", 0.26, "slow"),
        pitch=p.words(f, "low", 370, "", 620, "high"),
        count=p.only(stop == 0, p.words(count, "single/once", 2, "back and forth", 3, "repeated/several times")),
        O=p.when(stop, "bwooooow/wooowww", "wicka wicka/zip zwip/skrrt"),
    )
    p.tell(count=count, stroke=length, hertz=f, stop=stop, rise=-stop)
    stop, length, f, count = k.here(stop, length, f, count)
    place = k.t / length
    number = place.floor()
    hand = (
        torch.sin(math.pi * (place - number)).abs() * torch.where(number % 2 == 0, 1.0, 0.8) * (number < count * 2)
    )
    speed = torch.where(stop > 0, (1 - k.t / (length * 5)).clamp(min=0), hand)
    y = k.saw(f * speed + 12) + k.saw(f * 1.5 * speed + 12) + 0.5 * k.saw(f * 2.52 * speed + 12)
    groove = shaped(k.noise(), lambda q, at: bell(q, at(500 + 4500 * speed), 0.6))
    return (unit_rms(y) * 0.7 + unit_rms(groove)) * speed.clamp(0, 1) ** 0.7


FAMILIES = (
    Family("applause", applause, "loop", "people", 1.0, "crowds applause"),
    Family("hand clap", hand_clap, "shot", "people", 1.0, "human clap"),
    Family("record scratch", record_scratch, "shot", "people", 1.0, "musical dj"),
)
