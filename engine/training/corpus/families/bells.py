"""Bells, gongs and glass: what rings when it is struck, or breaks."""

from __future__ import annotations

import torch
from torch import Tensor

from engine.training.corpus.events import hits, regular
from engine.training.corpus.family import Family
from engine.training.corpus.filters import band_pass, filtered, fitted, high_pass, unit_peak
from engine.training.corpus.kit import Kit
from engine.training.corpus.params import Params
from engine.training.corpus.resonators import BELL, GOBLET, laid_in, modes, struck


def church_bell(p: Params, k: Kit) -> Tensor:
    """A bronze bell that tolls."""
    f, tau, hard = p.log(90, 520), p.uniform(1.2, 3.5), p.uniform(0.3, 1)
    rate = p.uniform(0.6, 1.4)
    count = p.fitting(p.times(4, 1, 1, 1), 1.05 / rate)
    p.say(
        "@ {pitch} {N} {count}|{pitch} {N}, {bright}|{size} {N} {count}|{N}|{bright} {N} {count}, {pitch}",
        "{O}|@ {size} cathedral bell|town clock striking|funeral bell {count}|village church {count}|wedding bell"
        "|medieval town, bell {count}|@ {size} bell {count}|the clock strikes|monastery bell"
        "|for whom the bell tolls",
        pitch=p.words(f, "deep/low/low pitched", 170, "", 330, "high/high pitched"),
        size=p.words(f, "huge/large/big", 170, "", 330, "smaller/small"),
        bright=p.words(hard, "mellow/softly struck", 0.5, "", 0.8, "bright/hard struck"),
        count=p.words(
            count,
            "tolling once/single strike/",
            2,
            "tolling twice/two strikes",
            3,
            "tolling/tolling several times/ringing repeatedly",
        ),
        N=p.any("church bell/bell tower bell/large bronze bell/church bell"),
        O=p.words(count, "bong/dong/gong", 2, "ding dong/bong bong"),
    )
    p.tell(hertz=f, tail=tau, hard=hard, count=count, rate=rate)
    f, tau, hard, count, rate = k.here(f, tau, hard, count, rate)
    bell = struck(k, f, BELL, tau, hard, damping=0.75)
    bell = bell + 0.1 * laid_in(k, k.burst(0.006, lambda q: band_pass(q, 2500.0, 0.7), 2048))
    times, there = regular(k, rate, 0.04, 4, count)
    return hits(k, times, there * (0.8 + 0.2 * k.rand(*times.shape)), [bell])


_HAND, _BICYCLE, _DESK, _SLEIGH = range(4)


def small_bell(p: Params, k: Kit) -> Tensor:
    """A hand bell, a bicycle's, a desk's, or many on a sleigh."""
    f, kind, rate = p.log(900, 4500), p.pick(1, 1, 1, 1), p.uniform(5, 18)
    tau = torch.where(kind == _SLEIGH, 0.12, p.log(0.15, 1.6))
    shaken = torch.where(kind == _SLEIGH, p.uniform(8, 30).floor(), p.uniform(1, 7).floor())
    count = torch.where(kind == _DESK, 1.0, torch.where(kind == _BICYCLE, p.uniform(4, 12).floor(), shaken))
    rings = p.either(kind == _SLEIGH, p.any("shaking"), p.words(count, "rung once", 2, "ringing/ringing rapidly"))
    p.say(
        "@ {pitch} {K}, {count}|{K} {count}|{pitch} {K} {tail}|{count} {K}, {tail}|{K}",
        "{A}|{A}|{pitch} {A}|{A}, {count}|{K}",
        pitch=p.words(f, "low/larger", 1500, "", 2900, "tiny/high pitched/small/bright"),
        K=p.named(
            kind,
            "hand bell/small bell/dinner bell",
            "bicycle bell/bike bell",
            "desk bell/reception bell/service bell ding",
            "sleigh bells/jingle bells/jingling bells",
        ),
        A=p.named(
            kind,
            "calling the butler/ting-a-ling/class is over/servant bell",
            "cyclist coming through/ring ring/dring dring/bike passing on the street",
            "ding/hotel reception/ring for service/order ready in a diner/ting",
            "santa's sleigh/christmas/reindeer/jingle jingle/winter holiday",
        ),
        count=rings,
        tail=p.only(kind != _SLEIGH, p.words(tau, "short ring/damped", 0.35, "", 0.8, "long ring/long sustain")),
    )
    p.tell(hertz=f, tail=tau, kind=kind, count=count)
    f, tau, kind, count, rate = k.here(f, tau, kind, count, rate)
    partials = ((1, 2.4, 2.74, 4.6, 5.4, 7.1), (1, 0.5, 0.4, 0.4, 0.3, 0.2))
    hard = k.uniform(0.5, 1)
    bells = [struck(k, f * r, partials, tau, hard, seconds=2.5) for r in (1, 1 + 0.13 * (kind == _SLEIGH))]
    jitter = torch.where(kind == _SLEIGH, 0.7, 0.1)
    times, there = regular(k, torch.where(kind == _HAND, rate * 0.35, rate), jitter, 30, count)
    return hits(k, times, there * (0.5 + 0.5 * k.rand(*times.shape)), bells)


def gong(p: Params, k: Kit) -> Tensor:
    """A bronze plate whose high modes bloom late."""
    f, tau, hard = p.log(45, 220), p.uniform(1.2, 3.5), p.uniform(0, 1)
    p.say(
        "@ {size} {N} {hard}|{size} {bright} {N}|{N}, {bright}, {long}|{N} {hard}|{size} {N} {long}",
        "{O}|chinese gong|buddhist temple|martial arts movie gong|dinner is served|@ {size} gong crash {hard}"
        "|emperor enters|meditation gong {hard}|ceremonial gong, {long}|asian temple ritual",
        size=p.words(f, "huge/deep/large", 80, "", 140, "small/high"),
        hard=p.words(hard, "struck softly/with a soft mallet", 0.35, "", 0.7, "struck hard/hit hard"),
        bright=p.words(hard, "dark/mellow", 0.35, "", 0.7, "bright/shimmering"),
        long=p.words(tau, "short decay", 1.7, "", 2.7, "long ringing/long sustain"),
        N=p.any("gong/tam-tam/gong hit/temple gong"),
        O=p.any("gonggg/bwaang/dongg"),
    )
    p.tell(hertz=f, tail=tau, hard=hard)
    f, tau, hard = k.here(f, tau, hard)
    ratio = torch.cumsum(k.uniform(0.25, 1.1, 36), 1)
    at = f * (ratio / ratio[:, :1].clamp(min=0.3)).clamp(max=60)
    fading = tau * (200 / at).clamp(max=1.0) ** 0.55
    bloom = 0.02 + (1 - hard) * 0.25 * (at / 2000).clamp(max=1)
    level, phase = k.uniform(0.3, 1, 36) / (1 + (at / (700 + 3500 * hard)) ** 1.2), k.rand(k.count, 36)
    # exp(-t/a) (1 - exp(-t/b)) is the difference of two decays.
    both = torch.cat([fading, 1 / (1 / fading + 1 / bloom)], 1)
    twice = torch.cat([at, at], 1)
    return modes(k, twice, both, torch.cat([level, -level], 1), attack=0.004, phase=torch.cat([phase, phase], 1))


def glass_ping(p: Params, k: Kit) -> Tensor:
    """A glass that is tapped."""
    f, tau, hard = p.log(700, 5200), p.log(0.06, 1.4), p.uniform(0, 1)
    rate = p.uniform(2.5, 7)
    count = p.times(5, 1, 1)
    p.say(
        "@ {size} {N}, {long}|{size} {N} {count}|{hard} {N}|{pitch} {N} {long}|{N}|{hard} {size} {N} {count}",
        "{O}|cheers|clinking glasses {count}|toast at a wedding|tapping a wine glass {count}"
        "|@ {size} crystal {count}"
        "|champagne toast|bottle tapped {count}|@ {pitch} glass tone {long}|fork on a glass {count}"
        "|ice clear ting",
        size=p.words(f, "large/big", 1300, "", 2900, "tiny/small/delicate"),
        pitch=p.words(f, "low/low pitched", 1300, "", 2900, "high/high pitched/bright"),
        hard=p.words(hard, "soft/gentle", 0.3, "", 0.75, "hard/sharp"),
        long=p.words(tau, "short/dull/damped", 0.17, "", 0.6, "long ring/ringing/resonant"),
        count=p.words(count, "/single", 2, "twice/double", 3, "three times/triple"),
        N=p.any("glass ping/glass clink/wine glass tap/crystal glass ping/glass tink"),
        O=p.words(count, "ting/ping/clink/tink", 2, "ting ting/clink clink"),
    )
    p.tell(hertz=f, tail=tau, hard=hard, count=count, rate=rate)
    f, tau, hard, count, rate = k.here(f, tau, hard, count, rate)
    glass = struck(k, f, GOBLET, tau, hard, damping=0.7, seconds=3.5)
    tick = fitted(k.burst(0.0015, lambda q: high_pass(q, 3500.0), 1024), glass.shape[1])
    times, there = regular(k, rate, 0.1, 3, count)
    return hits(k, times, there * (0.7 + 0.3 * k.rand(*times.shape)), [unit_peak(glass + 0.3 * hard * tick)])


def glass_break(p: Params, k: Kit) -> Tensor:
    """A crack, and up to 260 shards that fall and ring."""
    size, amount, length = p.uniform(0, 1), p.log(25, 260), p.log(0.25, 1.4)
    p.say(
        "@ {size} {G} {N} {shards}|{G} {N}, {shards}|{size} {G} {N}|{G} {N}|{long} {size} {G} {N} {shards}",
        "{O}|@ {size} {G} smashed|someone breaks a {G}|{G} falling on the floor|bar fight, {G} {N}"
        "|glass shattering"
        "|accident in the kitchen, {G} {N}|burglar, {G} {N}|{G} {N} {shards}|broken glass|smashing a {size} {G}",
        size=p.words(size, "small/tiny", 0.35, "", 0.65, "large/big/heavy"),
        G=p.either(
            size > 0.6, p.any("window/glass pane/window"), p.any("glass bottle/glass/wine glass/glass jar")
        ),
        N=p.any("breaking/smash/shattering/breaking/smashing"),
        O=p.any("crash/smash/ksshh/tinkle/crash"),
        shards=p.words(
            amount,
            "with few shards/clean break",
            50,
            "",
            130,
            "with lots of shards/into many pieces/with debris falling",
        ),
        long=p.words(length, "short/quick", 0.45, "", 0.9, "long"),
    )
    p.tell(size=size, amount=amount, seconds=length)
    size, amount, length = k.here(size, amount, length)
    ratios = torch.tensor([[1, 1.83, 2.7, 3.9]], device=k.device)
    shards = []
    for _ in range(12):
        f = (1100 + 2200 * (1 - size)) * k.log(0.7, 4.0) * ratios * (1 + 0.1 * k.normal(4))
        shards.append(unit_peak(modes(k, f, k.log(0.006, 0.07) * k.uniform(0.4, 1, 4), k.uniform(0.3, 1, 4), 0.5)))
    number = torch.arange(260, device=k.device)[None]
    times = 0.004 + 0.45 * length * -torch.log(k.rand(k.count, 260).clamp(min=1e-4))
    levels = k.rand(k.count, 260) ** 2 * torch.exp(-times / length) * (number < amount)
    falling = hits(k, times, levels, shards)
    crack = filtered(k.noise(), lambda q: high_pass(q, 1600 - 700 * size))
    crack = crack * (k.decay(0.02 + 0.05 * size) + 0.12 * k.decay(0.5 * length))
    thud = k.sine(90 + 120 * (1 - size)) * k.decay(0.03 + 0.03 * size) * size
    return unit_peak(falling) + 0.8 * unit_peak(crack) * k.uniform(0.4, 1) + 0.5 * thud


def wind_chimes(p: Params, k: Kit) -> Tensor:
    """Tubes of metal or bamboo that a breeze moves."""
    f, rate, bamboo, tau = p.log(500, 1500), p.log(1.0, 9.0), p.chance(0.3), p.log(0.5, 2.0)
    p.say(
        "{pitch} {M} {N}, {busy}|{M} {N} {busy}|{N}|{busy} {N}|{pitch} {N}",
        "breeze on the porch, {M} {N}|zen garden {N}|{M} {N} in a garden|calm summer evening {N}|{O}"
        "|{N} hanging by a window, {busy}|tinkling {M} chimes|peaceful {M} {N}",
        pitch=p.words(f, "low/deep", 720, "", 1050, "high/small"),
        M=p.when(bamboo, "bamboo/wooden", "metal/"),
        busy=p.words(rate, "sparse/in a light breeze", 2.2, "", 5.0, "busy/in strong wind"),
        N=p.any("wind chimes/chimes/wind chimes/garden chimes"),
        O=p.when(bamboo, "clonk clonk/tok tok", "tinkle tinkle/ting tong"),
    )
    p.tell(hertz=f, density=rate, bamboo=bamboo, fading=tau)
    f, rate, bamboo, tau = k.here(f, rate, bamboo, tau)
    tubes = []
    for step in (0, 2, 4, 7, 9, 12):
        level = torch.where(bamboo > 0, 0.6, 1.0) * torch.tensor([[1, 0.5, 0.25]], device=k.device)
        fading = torch.where(bamboo > 0, 0.05, tau) * torch.tensor([[1, 0.6, 0.35]], device=k.device)
        at = f * torch.where(bamboo > 0, 0.6, 1.0) * 2 ** (step / 12)
        tubes.append(modes(k, at * torch.tensor([[1, 2.76, 5.4]], device=k.device), fading, level, 3.0))
    times, there = regular(k, rate, 0.95, 80)
    return hits(k, times, there * (0.2 + 0.8 * k.rand(*times.shape) ** 1.5), tubes)


FAMILIES = (
    Family("church bell", church_bell, "shot", "bells", 1.0, "bells"),
    Family("small bell", small_bell, "shot", "bells", 1.0, "bells handbell"),
    Family("gong", gong, "shot", "bells", 1.0, "bells gong"),
    Family("glass ping", glass_ping, "shot", "bells", 1.2, "glass hit"),
    Family("glass break", glass_break, "shot", "bells", 1.2, "glass break"),
    Family("wind chimes", wind_chimes, "seq", "bells", 0.9, "chimes"),
)
