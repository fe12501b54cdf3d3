"""Magic and cartoons: sounds that nothing makes and everybody knows."""

from __future__ import annotations

import torch
from torch import Tensor

from engine.training.corpus.events import hits
from engine.training.corpus.family import Family
from engine.training.corpus.filters import bell, shaped, unit_peak
from engine.training.corpus.kit import Kit
from engine.training.corpus.params import Params
from engine.training.corpus.resonators import modes

_UP, _DOWN = 0, 1


def sparkle(p: Params, k: Kit) -> Tensor:
    """Small bells up, down or all over a pentatonic scale."""
    length, number, way = p.span(0.25, 2.2, 0.7), p.log(6, 45), p.pick(1, 1, 1)
    f, tau, shimmer = p.log(700, 2600), p.log(0.08, 0.7), p.uniform(0, 1)
    p.say(
        "@ {speed} {way} {N}|{N}, {way}|{pitch} {N} {shimmer}|{busy} {N} {way}|{N}",
        "{O}|{A}|wizard casting a spell, {way}|fairy godmother {way}|disney magic|tinker bell|healing spell {way}"
        "|wish come true|@ {pitch} twinkle|unicorn|glitter falling|magic potion|@ {speed} enchantment {way}",
        speed=p.words(length, "quick/short/fast", 0.6, "", 1.3, "slow/long"),
        way=p.named(way, "rising/ascending/upward", "falling/descending/downward", "random/twinkling"),
        pitch=p.words(f, "low/warm", 1100, "", 1800, "high/bright/glittering"),
        A=p.named(
            way,
            "magic appearing/level up magic",
            "magic fading/fairy dust falling",
            "starry night/stars twinkling",
        ),
        shimmer=p.words(shimmer, "", 0.6, "with airy shimmer/with shimmer"),
        busy=p.words(number, "sparse", 12, "", 28, "dense/busy"),
        N=p.any("magic sparkle/magical chimes/fairy dust/magic chimes/magic spell/bell tree"),
        O=p.any("ting-a-ling/tinkle/shing-a-ling/blingggg"),
    )
    rise = (way == _UP).float() - (way == _DOWN).float()
    p.tell(seconds=length, density=number / length, rise=rise, hertz=f, fading=tau)
    length, number, way, f, tau, shimmer = k.here(length, number, way, f, tau, shimmer)
    ratios, level = (
        torch.tensor([[1, 2.76, 5.4]], device=k.device),
        torch.tensor([[1, 0.35, 0.2]], device=k.device),
    )
    fading = tau * torch.tensor([[1, 0.6, 0.35]], device=k.device)
    bells = [
        unit_peak(modes(k, f * 2 ** (step / 12) * ratios, fading, level * k.uniform(0.5, 1, 3), 3.0))
        for step in (0, 2, 4, 7, 9, 12, 14, 16, 19, 21)
    ]
    x = (torch.arange(46, device=k.device)[None] + k.rand(k.count, 46) * 0.8) / number
    place = x.clamp(0, 0.999) * 10
    drawn = torch.where(way == _UP, place, torch.where(way == _DOWN, 9.99 - place, k.rand(k.count, 46) * 10))
    levels = (x < 1) * (0.4 + 0.6 * k.rand(k.count, 46))
    y = unit_peak(hits(k, 0.003 + x.clamp(max=1.2) * length, levels, bells, drawn.long().clamp(0, 9)))
    turn = torch.where(way == _UP, 1.0, -1.0) * 0.6 * (k.t / length).clamp(max=1)
    dust = shaped(k.noise(), lambda q, at: bell(q, at(6000 * 2**turn), 0.5)) * k.bump(length * 1.5, 0.4, 1.2)
    return y + 0.12 * shimmer * unit_peak(dust) * (shimmer > 0.6)


def boing(p: Params, k: Kit) -> Tensor:
    """A spring that is let go: a tone whose pitch swings."""
    f, rate, tau = p.log(70, 330), p.log(5, 16), p.log(0.15, 0.8)
    p.say(
        "@ {pitch} {N}, {long}|{long} {N} {speed}|{N} {speed}|{pitch} {N}|{N}",
        "{O}|cartoon jump|ruler on the edge of a desk|jew's harp|@ {pitch} spring let go|comedy bounce {speed}"
        "|door stop"
        "|funny wobble {speed}|cartoon character bouncing|jack in the box",
        pitch=p.words(f, "low/deep/big", 120, "", 210, "high/small"),
        long=p.words(tau, "short/quick", 0.28, "", 0.5, "long"),
        speed=p.words(rate, "slow wobble", 7.5, "", 11, "fast wobble/vibrating quickly"),
        N=p.any("boing/cartoon boing/spring twang/cartoon spring"),
        O=p.any("boing/boioioing/sproing/doing"),
    )
    p.tell(hertz=f, rate=rate, tail=tau)
    f, rate, tau = k.here(f, rate, tau)
    swing = k.sine(rate * (1 + 0.4 * (k.t / tau).clamp(max=3))) * torch.exp(-k.t / (1.5 * tau))
    pitch = f * 2 ** (0.5 * swing)
    y = k.saw(pitch) + 0.6 * k.saw(pitch * 2.01)
    y = shaped(y, lambda q, at: bell(q, at(f * (5 + 3 * swing)), 0.7) + 0.4 * bell(q, at(pitch), 0.5))
    return y * k.decay(tau, 0, 0.003)


FAMILIES = (
    Family("magic sparkle", sparkle, "shot", "magic", 1.3, "magic shimmer"),
    Family("boing", boing, "shot", "magic", 0.9, "cartoon boing"),
)
