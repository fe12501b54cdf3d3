"""Science fiction: weapons, fields and travel that nobody has heard yet."""

from __future__ import annotations

import torch
from torch import Tensor

from engine.training.corpus.events import hits, regular, repeats
from engine.training.corpus.family import Family
from engine.training.corpus.filters import TAU, band_pass, bell, falling, shaped, unit_rms
from engine.training.corpus.kit import Kit
from engine.training.corpus.params import Params


def laser(p: Params, k: Kit) -> Tensor:
    """A tone that falls (now and then climbs) within a tenth of a second, once or in a row."""
    wave, top, bottom = p.pick(1, 1, 1, 1), p.log(900, 6000), p.log(80, 600)
    tau, up, count = p.log(0.03, 0.25), p.chance(0.12), p.times(4, 1, 1, 1, 0.5)
    period = (tau * p.uniform(1.5, 3)).clamp(0.09, 0.5)
    count = p.fitting(count, period)
    p.say(
        "@ {speed} {bright} {K} {N} {count}|{K} {N} {count}, {bright} {way}|{N}|{count} {N}, {speed}"
        "|{bright} {K} {N} {way}|sci-fi {N} {count} {way}",
        "{O}|laser gun|@ {speed} space {N}|star wars style {N} {count}|ray gun {N}|arcade shooter {N} {count}"
        "|spaceship firing its lasers {count}|energy weapon {way}|@ {K} {O}|space battle, {N} {count}"
        "|phaser {count}"
        "|game weapon {N} {speed}",
        speed=p.words(tau, "short/quick/snappy", 0.07, "", 0.15, "long/slow"),
        bright=p.words(top, "low/deep", 1800, "", 3800, "high/bright/high pitched"),
        K=p.named(wave, "sine/clean/pure/", "soft-edged/smooth/", "retro/8-bit/square wave", "buzzy/harsh/saw"),
        N=p.any("laser/laser zap/zap/laser shot/pew"),
        O=p.any("pew/pew pew/pyew/zap/bzzew"),
        count=p.words(
            count, "single//one shot", 2, "double/two shots", 3, "several shots/rapid fire/multiple shots"
        ),
        way=p.when(up, "rising in pitch/zapping upwards", "/falling in pitch/descending"),
    )
    p.tell(hertz=top, tail=tau, count=count, wave=wave, rise=2 * up - 1)
    wave, top, bottom, tau, up, count, period = k.here(wave, top, bottom, tau, up, count, period)
    number, since = repeats(k, period)
    last = number >= count - 1
    since = torch.where(last, k.t - (count - 1) * period, since)
    fall = torch.exp(-since / tau)
    f = torch.where(up > 0, bottom + (top - bottom) * (1 - fall), bottom + (top - bottom) * fall)
    wobble = k.uniform(0, 1) * k.chance(0.6)
    y = k.wave(wave, f * (1 + 0.6 * wobble * k.sine(k.log(20, 200))))
    y = y * (since / 0.002).clamp(0, 1) * torch.where(last, 1.0, ((period - since) / 0.004).clamp(0, 1))
    return y * k.decay(tau * 1.3, 0, 1e-5, since) * (((count * period + tau * 5) - k.t) / 0.02).clamp(0, 1)


def blaster(p: Params, k: Kit) -> Tensor:
    """The snap of a struck wire, whose highs arrive first, and a muzzle."""
    size, ring, count, rate = p.uniform(0, 1), p.uniform(0, 1), p.times(4, 1, 1, 1), p.uniform(3, 7)
    count = p.fitting(count, 1 / rate)
    p.say(
        "@ {size} {grain} {N} {count}|{size} sci-fi {N}, {count}|{grain} {N} {count}|futuristic {size} {N}"
        "|{N} {count}",
        "{O}|space gun|alien weapon {count}|@ {size} plasma shot|stormtrooper {N} {count}"
        "|future soldier shooting {count}"
        "|sci-fi battle {N}|@ {size} energy bolt {count}|space marine {N}|@ {grain} ray gun blast {count}",
        size=p.words(size, "small/light/high pitched", 0.35, "", 0.65, "heavy/deep/big"),
        grain=p.words(ring, "clean/", 0.4, "", 0.7, "gritty/metallic/rough"),
        N=p.any("blaster shot/plasma gun/space gun/blaster/ray gun"),
        O=p.any("pchoo/pyoom/dzoom/pshew"),
        count=p.words(count, "/single shot", 2, "two shots/double", 3, "several shots/repeated fire"),
    )
    p.tell(size=size, count=count, ring=ring, rate=rate, rise=torch.full_like(size, -1.0))
    size, ring, count, rate = k.here(size, ring, count, rate)
    t, tau = k.time(1.2), k.uniform(0.05, 0.16)
    base, spread = 500 - 380 * size, k.uniform(4, 12)
    growl = 2.0 * ring * torch.sin(TAU * 93.0 * t)
    bolt = torch.zeros_like(t)
    for harmonic, level in ((1, 1.0), (2, 0.6), (3, 0.5), (5.1, 0.3)):
        turn = base * harmonic * (t + spread * tau * (1 - torch.exp(-t / tau)))
        bolt = bolt + level * torch.sin(TAU * (turn % 1) + growl)
    bolt = torch.tanh(1.5 * bolt * k.decay(0.09 + 0.12 * size, 0, 0.001, t))
    muzzle = k.burst(0.02 + 0.05 * size, lambda q: band_pass(q, 1400 - 900 * size, 0.5), t.shape[1])
    times, there = regular(k, rate, 0.1, 4, count)
    return hits(k, times, there, [bolt + 0.7 * muzzle])


def force_field(p: Params, k: Kit) -> Tensor:
    """Saws that beat under a moving low pass, and a shimmer."""
    f, bright, rate, shimmer = p.log(45, 160), p.log(300, 3000), p.log(0.3, 9), p.uniform(0, 1)
    p.say(
        "@ {pitch} {bright} {N}, {rate}|{N} {rate}|{pitch} sci-fi {N} {shimmer}|{bright} {N} {shimmer}, loop"
        "|{rate} {N}",
        "energy shield|@ {pitch} shield humming {rate}|spaceship reactor {rate}|tractor beam|portal hum {shimmer}"
        "|alien machine humming {rate}|warp core|{O}|@ {bright} plasma field|barrier of energy {shimmer}",
        pitch=p.words(f, "deep/low", 75, "", 115, "high/higher pitched"),
        bright=p.words(bright, "dark/muffled/dull", 600, "", 1500, "bright/buzzing"),
        rate=p.words(rate, "slowly pulsing/slow throb", 1.0, "", 4, "fast pulsing/quickly fluttering"),
        shimmer=p.words(shimmer, "", 0.65, "with shimmer/shimmering"),
        N=p.any("force field hum/energy shield hum/force field/energy field loop/sci-fi machine hum"),
        O=p.any("vwommm/wummm wummm/zzvvmmm"),
    )
    p.tell(hertz=f, cut=bright, rate=rate, shimmer=shimmer)
    f, bright, rate, shimmer = k.here(f, bright, rate, shimmer)
    saws = [
        k.saw(f * r * (1 + 0.002 * k.wander(1.0)), o) for r, o in ((1, 0.0), (1.006, 0.3), (0.5, 0.1), (1.5, 0.5))
    ]
    slow = k.sine(rate, k.uniform(0, 1))
    y = shaped(torch.stack(saws).sum(0), lambda q, at: falling(q, at(bright * 2 ** (0.8 * slow))))
    air = k.coloured(lambda q: bell(q, 5000.0, 0.5)) * (1 + k.sine(rate * 3)) * k.sine(f * 0.25).abs()
    return unit_rms(y) * (1 + 0.3 * slow) + 0.25 * shimmer * air


def teleport(p: Params, k: Kit) -> Tensor:
    """Fluttering partials that all go up, or all go down."""
    length, up, f, rate = p.span(0.5, 2.6), p.chance(0.5), p.log(200, 900), p.log(6, 30)
    p.say(
        "@ {speed} {N}, {way}|{speed} {way} {N}|{pitch} {N} {way}|sci-fi {N} {flutter}|{N} {flutter}, {speed}",
        "beam me up|someone vanishing into thin air|@ {speed} warp {way}|{O}|portal opening {way}|dematerialize"
        "|star trek style {N} {way}|@ {speed} magic disappearance|blink spell {way}|time travel {flutter}",
        speed=p.words(length, "quick/short/fast", 0.9, "", 1.7, "long/slow"),
        way=p.when(up, "rising/beaming up/materializing upward", "falling/beaming down/descending"),
        pitch=p.words(f, "low/deep", 330, "", 600, "high/bright"),
        flutter=p.words(rate, "slowly warbling", 10, "", 18, "fluttering fast/with fast flutter"),
        N=p.any("teleport/teleportation/sci-fi transporter/warp teleport"),
        O=p.any("bwiiip/vwoop/shimmershimmer"),
    )
    p.tell(seconds=length, rise=2 * up - 1, hertz=f, flutter=rate)
    length, up, f, rate = k.here(length, up, f, rate)
    x = (k.t / length).clamp(0, 1)
    way = torch.where(up > 0, x, 1 - x)
    y = k.silence()
    for i in range(7):
        ratio = k.uniform(0.6, 4)
        flutter = 0.55 + 0.45 * torch.sin(TAU * (rate * (0.6 + i * 0.13) * k.t + k.uniform(0, 1)))
        y = y + k.sine(f * ratio * 2 ** (k.uniform(1, 2.5) * way)) * flutter / ratio**0.5
    air = shaped(k.noise(), lambda q, at: bell(q, at(1200 * 2 ** (2.6 * way)), 0.35))
    y = unit_rms(y) + 0.7 * unit_rms(air) * k.sine(rate * 1.5).abs()
    return y * k.bump(length, torch.where(up > 0, 0.7, 0.3), 1.3)


def _powering(p: Params, k: Kit, up: bool) -> Tensor:
    length, wave, stepped, f = p.span(0.4, 2.5), p.pick(1, 1, 2, 2), p.chance(0.5), p.log(80, 420)
    octaves, wobble = p.uniform(1.5, 3.2), p.chance(0.35)
    asked = (
        "{O}|machine starting up|charging up|@ {long} start-up|computer booting|shield charging {step}"
        "|weapon charging"
        "|level up {step}|@ {K} charge|system online|robot waking up|turbine spooling up"
        if up
        else "{O}|machine dying|shutting down|@ {long} shutdown|computer turning off|battery running out {step}"
        "|system failure|losing power {step}|robot dying|blackout|game over {step}|spaceship losing power"
    )
    nouns = (
        "power up/power-up/powering up sound/energy charge up"
        if up
        else "power down/power-down/shutdown sound/machine powering down"
    )
    p.say(
        "@ {long} {K} {N}, {step}|{K} {N}, {pitch}|{long} {N} {wobble}|{N} {step}|{pitch} {K} {N} {wobble}",
        asked,
        long=p.words(length, "short/quick/fast", 0.8, "", 1.5, "long/slow"),
        K=p.named(wave, "smooth/clean", "soft-edged/mellow", "retro/8-bit/video game", "buzzy synth/sci-fi synth"),
        step=p.when(stepped, "stepped/arpeggiated/in steps", "gliding/smooth glide/continuous sweep"),
        pitch=p.words(f, "deep/low", 140, "", 270, "high/high pitched"),
        wobble=p.when(wobble, "with vibrato/wobbling"),
        N=p.any(nouns),
        O=p.any("bwooOOP/vwiiip" if up else "pyooooow/bwooom"),
    )
    p.tell(seconds=length, hertz=f, stepped=stepped, wave=wave, rise=torch.full_like(f, 1.0 if up else -1.0))
    length, wave, stepped, f, octaves, wobble = k.here(length, wave, stepped, f, octaves, wobble)
    x = (k.t / length).clamp(0, 1)
    climb = torch.where(stepped > 0, (x * 9).floor() / 9, x**1.3)
    pitch = f * 2 ** (octaves * (climb if up else 1 - climb)) * (1 + 0.04 * wobble * k.sine(11.0))
    y = k.wave(wave, pitch) + 0.4 * k.wave(wave, pitch * 1.5 * 1.003)
    return y * k.gate(length, 0.01, 0.15 if up else length * 0.6)


def power_up(p: Params, k: Kit) -> Tensor:
    """A tone that climbs, smoothly or in steps."""
    return _powering(p, k, up=True)


def power_down(p: Params, k: Kit) -> Tensor:
    """A tone that falls, smoothly or in steps."""
    return _powering(p, k, up=False)


def ufo(p: Params, k: Kit) -> Tensor:
    """Two tones that swing in pitch."""
    f, rate, depth, wave = p.log(160, 900), p.log(0.4, 12), p.uniform(0.05, 0.6), p.pick(3, 1, 1)
    p.say(
        "@ {pitch} {N}, {speed}|{N} {depth}|{speed} {pitch} {N}|{N}, {depth}, {speed}|{K} {N}",
        "flying saucer|1950s sci-fi movie {N}|alien ship hovering {speed}|theremin|b-movie spaceship {depth}|{O}"
        "|aliens landing {speed}|spooky wobbling tone, {depth}|mars attacks|@ {pitch} space warble",
        pitch=p.words(f, "low/deep", 280, "", 520, "high"),
        speed=p.words(rate, "slow wobble/slowly oscillating", 1.3, "", 4.5, "fast wobble/rapidly warbling"),
        depth=p.words(depth, "subtle warble", 0.15, "", 0.38, "wide pitch warble/deep vibrato"),
        K=p.named(wave, "eerie sine/theremin", "mellow triangle", "retro square wave"),
        N=p.any("ufo hover/flying saucer/alien spaceship warble/theremin-like alien tone/ufo"),
        O=p.any("woowoowoo/wheeooo wheeooo"),
    )
    p.tell(hertz=f, rate=rate, depth=depth, wave=wave)
    f, rate, depth, wave = k.here(f, rate, depth, wave)
    swing = k.sine(rate)
    y = k.wave(wave, f * 2 ** (depth * swing + 0.05 * k.wander(0.8)))
    y = y + 0.5 * k.wave(wave, f * 1.502 * 2 ** (depth * k.sine(rate * 1.01, 0.3)))
    return unit_rms(y) * (1 + 0.25 * swing) + 0.25 * k.sine(f * 0.25)


def robot(p: Params, k: Kit) -> Tensor:
    """Tones that jump as syllables do, half of them through a mouth."""
    f, rate, length = p.log(200, 1600), p.log(4, 18), p.span(0.3, 1.6)
    wave, mouth = p.pick(1, 1, 1, 1), p.uniform(0, 1)
    p.say(
        "@ {speed} {pitch} {N}|{N}, {speed}|{K} {N}|{pitch} {N}, {long}|{long} {K} {N}",
        "droid talking|r2d2 style beeps|cute robot voice {speed}|@ {pitch} android speaking|computer thinking|{O}"
        "|alien talking {speed}|robot answering a question|data processing {speed}|robot saying something {long}",
        speed=p.words(rate, "slow", 7, "", 12, "fast/rapid"),
        pitch=p.words(f, "low/deep", 400, "", 850, "high pitched/cute"),
        long=p.words(length, "short", 0.6, "", 1.1, "long"),
        K=p.named(wave, "whistling/sine", "mellow/soft-edged", "8-bit/square wave", "buzzy"),
        N=p.any("robot chatter/robot voice blips/droid beeps/robot talking/computer chatter"),
        O=p.any("beep boop/bleep bloop/bip bip boop"),
    )
    p.tell(hertz=f, rate=rate, seconds=length, wave=wave)
    f, rate, length, wave, mouth = k.here(f, rate, length, wave, mouth)
    place = k.t * rate
    level, slide = k.held(place, k.rand(k.count, 64)), k.held(place, k.rand(k.count, 64)) - 0.5
    pitch = f * 2 ** (2.4 * (level - 0.5) + 0.8 * slide * (place % 1))
    y = k.wave(wave, pitch * (1 + 0.3 * mouth * k.sine(55 + 70 * mouth)))
    low = 500 + 900 * k.held(place * 0.7, k.rand(k.count, 64))
    spoken = shaped(y, lambda q, at: bell(q, at(low), 0.5) + bell(q, at(1500 + 1400 * level), 0.3))
    said = (k.held(place, k.rand(k.count, 64)) < 0.85) | (place < 1)
    syllable = torch.sin(TAU / 2 * (place % 1)).clamp(min=0) ** 0.25
    return (unit_rms(y) * 0.5 + unit_rms(spoken) * mouth) * syllable * said * k.gate(length, 0.004, 0.02)


def pulse(p: Params, k: Kit) -> Tensor:
    """A thump, a synth or a sonar, over and over."""
    rate, f, bright = p.log(0.8, 8), p.log(38, 160), p.uniform(0, 1)
    kind, long = p.pick(1, 1, 1), p.uniform(0.2, 0.9)
    p.say(
        "@ {speed} {K} {N}|{K} {N}, {speed}|{speed} {pitch} {K} {N}|{pitch} {K} {N}|{K} {N} {long}",
        "{A}|{A} {speed}|@ {speed} {A}|{speed} {N} loop|{A}, {long}|tense {speed} {N}",
        speed=p.words(rate, "slow", 1.6, "", 4.0, "fast/rapid"),
        pitch=p.words(f, "deep/low", 62, "", 105, "higher"),
        K=p.named(kind, "sub bass/thumping", "synth/dark synth", "sonar/radar"),
        N=p.named(kind, "pulse/pulsing tone/throb", "pulse/pulsing loop/pulsation", "ping/pulse/ping loop"),
        A=p.named(
            kind,
            "sub pulse/throbbing bass/reactor throbbing/heartbeat of a machine/wub wub",
            "thriller pulse/countdown pulse/pulsating synth/suspense pulse/tension loop",
            "submarine sonar/radar sweep/sonar ping/radar screen/locator beacon",
        ),
        long=p.words(long, "short and tight/staccato", 0.4, "", 0.7, "with long pulses/sustained"),
    )
    p.tell(rate=rate, hertz=f, kind=kind, sustain=long)
    rate, f, bright, kind, long = k.here(rate, f, bright, kind, long)
    phase = k.phase(rate)
    since = phase / rate
    envelope = (
        (since / 0.006).clamp(max=1) * torch.exp(-phase * (6 - 5 * long)) * ((1 - phase) / 0.05).clamp(max=1)
    )
    thumps = k.sine(f * (1 + 0.6 * torch.exp(-since / 0.03)))
    cut = 250 + 2500 * bright
    synth = shaped(k.saw(f) + k.saw(f * 1.01), lambda q, at: falling(q, at(cut), 2.0))
    ping = k.sine(f * 11) + 0.3 * k.sine(f * 22) * bright
    return torch.where(kind == 0, thumps, torch.where(kind == 1, 0.7 * synth, 0.6 * ping)) * envelope


FAMILIES = (
    Family("laser", laser, "shot", "scifi", 1.6, "lasers"),
    Family("blaster", blaster, "shot", "scifi", 1.0, "lasers gun"),
    Family("force field", force_field, "loop", "scifi", 1.0, "sci-fi energy"),
    Family("teleport", teleport, "shot", "scifi", 1.0, "sci-fi teleport"),
    Family("power up", power_up, "shot", "scifi", 1.0, "sci-fi machine"),
    Family("power down", power_down, "shot", "scifi", 1.0, "sci-fi machine"),
    Family("ufo", ufo, "loop", "scifi", 1.0, "sci-fi spaceship"),
    Family("robot", robot, "seq", "scifi", 1.0, "sci-fi robot"),
    Family("pulse", pulse, "loop", "scifi", 1.0, "designed pulse"),
)
