"""Games and interfaces: what answers a finger."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from engine.training.corpus.events import hits, regular, repeats, turns
from engine.training.corpus.family import Family
from engine.training.corpus.filters import TAU, filtered, low_pass, unit_peak
from engine.training.corpus.kit import Kit
from engine.training.corpus.params import Params, Words
from engine.training.corpus.resonators import METAL, PLASTIC, contact, modes


def coin(p: Params, k: Kit) -> Tensor:
    """A grace note, then a higher one that rings."""
    f, interval = p.log(500, 1900), p.table(p.pick(1, 1, 1, 1, 1), (4, 5, 7, 9, 12))
    first, tau, wave = p.uniform(0.04, 0.12), p.log(0.08, 0.5), p.pick(1, 1, 4)
    p.say(
        "@ {pitch} {K} {N}|{K} {N}, {long}|{N} {long}|{pitch} {N} sound|{N}",
        "{O}|mario style coin|picking up a coin|collecting points|@ {K} reward|got an item|@ {pitch} pickup blip"
        "|score going up|platformer {N}|gold collected|bonus|earning money in a game",
        pitch=p.words(f, "low", 800, "", 1300, "high/bright/high pitched"),
        K=p.named(wave, "soft/clean/pure", "mellow/rounded", "8-bit/retro/chiptune/video game"),
        long=p.words(tau, "short/quick", 0.16, "", 0.3, "ringing/long"),
        N=p.any("coin/coin pickup/item pickup/coin collect/collect sound"),
        O=p.any("bling/ba-ding/bi-ding/ka-ching"),
    )
    p.tell(hertz=f, interval=interval, tail=tau, wave=wave, rise=torch.ones_like(f))
    f, interval, first, tau, wave = k.here(f, interval, first, tau, wave)
    before = k.t < first
    y = k.wave(wave, f * torch.where(before, 1.0, 2 ** (interval / 12)))
    y = y * torch.where(before, 1.0, torch.exp(-(k.t - first).clamp(min=0) / tau))
    return y * k.gate(first + tau * 6, 0.002, 0.05)


def jump(p: Params, k: Kit) -> Tensor:
    """A tone that leaps up."""
    f, ratio, length = p.log(130, 600), p.uniform(1.8, 4.5), p.log(0.1, 0.45)
    wave, springy = p.pick(1, 1, 4, 1), p.chance(0.25)
    p.say(
        "@ {pitch} {K} {N}, {long}|{K} {N} {spring}|{long} {N}|{N}|{pitch} {N} sound effect {spring}",
        "{O}|character jumping|mario style jump|hero hopping over a gap|@ {long} leap {spring}|@ {K} hop"
        "|platformer jump {spring}|frog hop in a game|@ {pitch} boost upwards",
        pitch=p.words(f, "low/deep", 220, "", 380, "high/high pitched"),
        K=p.named(wave, "smooth/clean", "mellow/rounded", "8-bit/retro/platformer game", "buzzy"),
        long=p.words(length, "short/quick", 0.18, "", 0.3, "long/slow"),
        spring=p.when(springy, "with a boing/springy/bouncy"),
        N=p.any("jump/game jump/jump/character jump/hop"),
        O=p.any("boing/bwip/hup/woop"),
    )
    p.tell(hertz=f, ratio=ratio, seconds=length, wave=wave, rise=torch.ones_like(f))
    f, ratio, length, wave, springy = k.here(f, ratio, length, wave, springy)
    x = (k.t / length).clamp(0, 1)
    y = k.wave(wave, f * (1 + (ratio - 1) * x**0.8) * (1 + springy * 0.18 * k.sine(k.uniform(14, 24))))
    return y * k.gate(length, 0.003, length * 0.6)


def game_hit(p: Params, k: Kit) -> Tensor:
    """Stepped noise and a square that run down."""
    length, rate, noisy, f = p.log(0.07, 0.9), p.log(1500, 14000), p.uniform(0, 1), p.log(150, 900)
    blast = (length > 0.4) & (noisy > 0.5)
    p.say(
        "@ {long} {K} {N}, {bright}|8-bit {N}, {long}, {grain}|{bright} retro game {N} {grain}|{K} {N}"
        "|{long} chiptune {N}",
        "{O}|enemy hit|taking damage|retro game {N}|arcade {N}|player loses a life|@ {long} {K} {N}|nes style {N}"
        "|enemy defeated|getting hurt in an old game|pixel art game {N}",
        long=p.words(length, "short/quick/tiny", 0.18, "", 0.45, "long/big"),
        K=p.any("8-bit/retro/video game/chiptune"),
        bright=p.words(rate, "low/dull", 3000, "", 8000, "bright/crunchy"),
        grain=p.words(noisy, "tonal/falling square", 0.35, "", 0.7, "noisy/noise burst"),
        N=p.either(blast, p.any("explosion/explosion/hit"), p.any("hit/damage sound/hurt sound")),
        O=p.either(blast, p.any("kshhh/pkrrsh"), p.any("bzt/pkh/dsh")),
    )
    p.tell(seconds=length, cut=rate, noisy=noisy, rise=torch.full_like(f, -1.0))
    length, rate, noisy, f = k.here(length, rate, noisy, f)
    steps = k.held(k.cycles(rate * torch.exp(-k.t / (length * 0.8)) + 300))
    tone = k.square(f * torch.exp(-k.t / (length * 0.7)) + 40)
    return (steps * noisy + tone * (1 - noisy)) * k.decay(length * 0.4) * k.gate(length * 2, 0.001, 0.05)


def ui_click(p: Params, k: Kit) -> Tensor:
    """A tiny contact of plastic, wood, metal or glass."""
    f, tau, hard = p.log(500, 5000), p.log(0.002, 0.014), p.uniform(0, 1)
    material, double = p.pick(1, 1, 1, 1), p.chance(0.2)
    p.say(
        "@ {soft} {pitch} {M} {N}|{M} {N}, {pitch}|{N}|{double} {M} {N}|{soft} interface {N}, {M}, {double}"
        "|{pitch} {N} {double}",
        "{O}|pressing a button on a screen|app {N}|@ {soft} menu select|website button {double}|hover sound"
        "|@ {M} tick"
        "|phone tap|@ {double} click|selecting an option|@ {pitch} {M} tap|touch screen {N}",
        soft=p.words(hard, "soft/gentle/subtle", 0.3, "", 0.75, "hard/sharp/crisp"),
        pitch=p.words(f, "low/deep", 1000, "", 2600, "high/tiny/bright"),
        M=p.named(material, "plastic", "wooden/woody", "metallic/metal", "glassy/glass"),
        double=p.when(double, "double", "single/"),
        N=p.any("ui click/click/button click/menu click/mouse click/tap"),
        O=p.when(double, "click click/tik tik", "tik/tok/click/tick"),
    )
    p.tell(hertz=f, tau=tau, material=material, hard=hard, count=1 + double)
    f, tau, hard, material, double = k.here(f, tau, hard, material, double)
    times, there = regular(k, k.uniform(7, 12), 0.0, 2, 1 + double)
    return hits(k, times, there * torch.tensor([1.0, 0.8], device=k.device), [contact(k, f, tau, material, hard)])


def ui_beep(p: Params, k: Kit) -> Tensor:
    """One to four equal tones."""
    f, length = p.log(300, 3500), p.log(0.04, 0.6)
    count, wave, period = p.times(4, 2, 1, 1), p.pick(4, 1, 2, 0.7), length * p.uniform(1.4, 2.2)
    count = p.fitting(count, period)
    p.say(
        "@ {long} {pitch} {K} {N} {count}|{count} {pitch} {N}, {long}|{K} {N}|{N} {count}"
        "|{long} electronic {N}, {pitch}",
        "{O}|microwave done|supermarket scanner|hospital monitor beep|@ {pitch} blip|machine confirming, {count}"
        "|@ {long} {pitch} tone|device beeping {count}|answering machine tone|car key fob|@ {K} test tone",
        long=p.words(length, "short/quick", 0.1, "", 0.28, "long"),
        pitch=p.words(f, "low/low pitched", 650, "", 1700, "high/high pitched"),
        K=p.named(wave, "sine/clean/pure", "mellow/rounded", "square wave/retro/harsh", "buzzy"),
        count=p.words(count, "single/", 2, "double/twice", 3, "triple/three times", 4, "repeated/four times"),
        N=p.any("beep/ui beep/electronic beep/bleep"),
        O=p.words(count, "beep/bip/boop", 2, "beep beep/bip bip", 3, "beep beep beep"),
    )
    p.tell(hertz=f, tone=length, count=count, wave=wave, seconds=period * (count - 1) + length)
    f, length, count, wave, period = k.here(f, length, count, wave, period)
    number, since = repeats(k, period)
    edges = (since / 0.004).clamp(0, 1) * ((length - since) / 0.008).clamp(0, 1)
    return k.wave(wave, f) * (number < count) * edges


def _notes(k: Kit, f: Tensor, starts: Tensor, tau: Tensor, voice: Tensor) -> Tensor:
    """Notes at f (B, E) from `starts` (B, E): sine, bell, marimba, chip or electric piano."""
    ratio, index = k.table(voice, (1, 3.5, 4, 1, 14)), k.table(voice, (0, 2.2, 0.9, 0, 0.5))
    fading = k.table(voice, (1, 0.5, 0.08, 1, 0.25))
    y = k.silence()
    for e in range(starts.shape[1]):
        since = k.t - starts[:, e : e + 1]
        t, pitch = since.clamp(min=0), f[:, e : e + 1]
        turned = index * torch.exp(-t / (tau * fading)) * torch.sin(TAU * ((t * pitch * ratio) % 1))
        angle = TAU * ((t * pitch) % 1)
        note = torch.where(voice == 3, 0.5 * torch.tanh(6 * torch.sin(angle)), torch.sin(angle + turned))
        y = y + note * (since > 0) * (t / 0.002).clamp(max=1) * torch.exp(-t / tau)
    return y


def _jingle(
    p: Params,
    k: Kit,
    steps: Sequence[Sequence[float]],
    pitches: tuple[float, float],
    words: tuple[str, str],
    up: bool,
) -> Tensor:
    """Up to four notes; words: nouns, and what people ask for."""
    low, high = pitches
    voice, f, count = p.pick(2, 3, 3, 2, 2), p.log(low, high), p.pick(0, 3, 3, 2) + 1
    gap, tau = p.log(0.06, 0.22), p.log(0.08, 0.6)
    melody = p.table(p.pick(*[1.0] * len(steps)), steps)
    several: Words = p.only(count > 1, p.any("rising/going up/ascending" if up else "melodic/tune"))
    p.say(
        "@ {speed} {pitch} {K} {N}|{K} {N}, {way}|{N} {way}|{N}, {count}|{pitch} {K} {N} {count}"
        "|{speed} {N} sound",
        words[1] + "|@ {speed} {K} {N}|@ {pitch} {K} jingle, {count}",
        speed=p.words(gap, "quick/fast/snappy", 0.09, "", 0.15, "slow/gentle-paced"),
        pitch=p.words(f, "low", low * (high / low) ** 0.3, "", low * (high / low) ** 0.7, "high/bright"),
        K=p.named(
            voice,
            "pure/clean/sine",
            "bell/bell-like/glassy",
            "marimba/woody",
            "8-bit/retro/chiptune",
            "electric piano/tine",
        ),
        N=p.any(words[0]),
        count=p.words(count, "", 2, "two notes/two-tone", 3, "three notes", 4, "four notes"),
        way=several,
    )
    p.tell(hertz=f, count=count, gap=gap, tail=tau, voice=voice, rise=(count > 1) * float(up))
    f, count, gap, tau, voice, melody = k.here(f, count, gap, tau, voice, melody)
    number = torch.arange(4, device=k.device)[None]
    starts = torch.where(number < count, 0.003 + number * gap, 1e3)
    return _notes(k, f * 2 ** (melody / 12), starts, tau, voice)


def confirm(p: Params, k: Kit) -> Tensor:
    """Notes that climb: it worked."""
    steps = ((0, 7, 12, 16), (0, 4, 7, 12), (0, 5, 9, 12), (0, 12, 16, 19))
    asked = (
        "correct answer|ta-da|payment accepted|task completed|ding ding|level cleared|yes|quest complete|happy ui"
    )
    nouns = "confirm sound/success sound/ui confirm/positive feedback/success chime"
    return _jingle(p, k, steps, (350, 1400), (nouns, asked), up=True)


def notification(p: Params, k: Kit) -> Tensor:
    """A little tune: something came."""
    steps = ((0, 4, 0, 7), (0, 7, 5, 4), (7, 4, 7, 12), (0, 9, 7, 4), (0, 5, 0, 5))
    asked = "new message|email arrived|ding dong|phone buzz tune|you have mail|text message tone|doorbell"
    nouns = "notification/notification chime/message alert/phone notification/app notification chime"
    return _jingle(p, k, steps, (450, 1900), (nouns, asked), up=False)


def error(p: Params, k: Kit) -> Tensor:
    """One to three buzzes or low tones: it did not work."""
    f, count, length = p.log(90, 520), p.times(1, 3, 2), p.log(0.07, 0.35)
    buzz, fall = p.uniform(0, 1), p.chance(0.45)
    count = p.fitting(count, length * 1.35)
    p.say(
        "@ {pitch} {K} {N} {count}|{K} {N}, {way}|{long} {N}|{N} {count}, {way}|{pitch} {N}, {K}",
        "{O}|wrong|game show wrong answer|access denied|invalid password|@ {K} negative feedback|not allowed"
        "|payment declined|windows error|@ {pitch} fail sound, {way}|you lose|locked door panel refuses",
        pitch=p.words(f, "low/deep", 160, "", 320, "high"),
        K=p.words(buzz, "mellow/smooth", 0.45, "buzzing/harsh"),
        long=p.words(length, "short/quick", 0.12, "", 0.22, "long"),
        count=p.words(count, "single/", 2, "double/two beeps", 3, "triple/three beeps"),
        way=p.only((fall > 0) & (count > 1), p.any("falling/going down")),
        N=p.any("error sound/error buzzer/wrong answer buzzer/failure sound/access denied"),
        O=p.words(buzz, "buh-bow/womp womp", 0.45, "bzzt/ehh-ehh/baap"),
    )
    p.tell(hertz=f, count=count, tone=length, buzz=buzz, rise=-fall * (count > 1))
    f, count, length, buzz, fall = k.here(f, count, length, buzz, fall)
    number, since = repeats(k, length * 1.35)
    pitch = f * torch.where(fall > 0, 2 ** (-number.clamp(max=4) / 4), 1.0)
    rough, round_ = k.saw(pitch) + k.saw(pitch * 1.06), 1.3 * k.sine(pitch) + 0.4 * k.sine(pitch * 2)
    edges = (since / 0.004).clamp(0, 1) * ((length - since) / 0.012).clamp(0, 1)
    y = torch.where(buzz > 0.45, rough, round_) * (number < count) * edges
    return filtered(y, lambda q: low_pass(q, 4000.0))


def switch(p: Params, k: Kit) -> Tensor:
    """A key goes down, and mostly up again."""
    f, hard, material = p.log(350, 2600), p.uniform(0, 1), p.table(p.pick(3, 2), (PLASTIC, METAL))
    gap, two = p.uniform(0.05, 0.22), p.chance(0.7)
    p.say(
        "@ {soft} {M} {N} {two}|{M} {N}, {pitch}|{pitch} {N} {two}|{N}|{soft} {N}",
        "{O}|turning on the light|flicking a switch|@ {soft} button {two}|lamp switched on|control panel button"
        "|pressing an elevator button|@ {M} toggle {two}|circuit breaker|remote control button|power switch {two}",
        soft=p.words(hard, "light/soft/gentle", 0.35, "", 0.7, "heavy/hard/chunky"),
        M=p.named(material, "plastic", "wooden", "metal/metallic"),
        pitch=p.words(f, "low/deep", 700, "", 1500, "high/clicky"),
        two=p.when(two, "press and release/on and off/clicking twice", "single click"),
        N=p.any("light switch/toggle switch/button press/push button/switch flip"),
        O=p.when(two, "click-clack/ka-chick/click clack", "click/clack"),
    )
    p.tell(hertz=f, hard=hard, material=material, count=1 + two)
    f, hard, material, gap, two = k.here(f, hard, material, gap, two)
    down = contact(k, f, k.log(0.004, 0.012), material, hard)
    up = contact(k, f * k.uniform(1.1, 1.7), k.log(0.003, 0.008), material, hard)
    body = modes(k, k.log(90, 220), k.uniform(0.01, 0.03), k.uniform(0.2, 0.9), 4096 / 44100)
    times = torch.cat([0.003 + 0 * gap, 0.003 + gap], 1)
    return hits(k, times, torch.cat([1 + 0 * two, 0.7 * two], 1), [unit_peak(down) + body, up], turns(k, times, 2))


def typewriter_text(p: Params, k: Kit) -> Tensor:
    """The blips with which a game writes its dialogue."""
    f, rate, wave = p.log(250, 1800), p.log(8, 24), p.pick(2, 1, 3)
    length = p.span(0.5, 3.0)
    p.say(
        "@ {speed} {pitch} {K} {N}|{K} {N}, {speed}|{N}|{pitch} {N}|{long} {N}",
        "game character talking in beeps|undertale style voice|text appearing letter by letter|rpg dialogue"
        "|dialogue box {speed}|visual novel text {speed}|{O}|@ {pitch} talking blips",
        speed=p.words(rate, "slow", 11, "", 17, "fast/rapid"),
        pitch=p.words(f, "low/deep", 450, "", 1000, "high/cute"),
        K=p.named(wave, "soft/clean", "mellow", "8-bit/retro"),
        long=p.words(length, "short", 0.9, "", 1.8, "long"),
        N=p.any("dialogue blips/text scroll sound/game text beeps/typing text blips"),
        O=p.any("blipblipblip/dududududu/bipbipbip"),
    )
    p.tell(hertz=f, rate=rate, seconds=length, wave=wave)
    f, rate, wave, length = k.here(f, rate, wave, length)
    place = k.t * rate
    since = (place % 1) / rate
    pitch = f * 2 ** (0.2 * k.held(place, k.rand(k.count, 64)))
    spoken = k.held(place, k.rand(k.count, 64)) < 0.85
    blip = (since / 0.003).clamp(max=1) * ((0.5 / rate - since) / 0.008).clamp(0, 1)
    return k.wave(wave, pitch) * blip * (spoken | (place < 1)) * (k.t < length)


FAMILIES = (
    Family("coin", coin, "shot", "games", 1.0, "game pickup"),
    Family("jump", jump, "shot", "games", 1.0, "game jump"),
    Family("game hit", game_hit, "shot", "games", 1.0, "game hit"),
    Family("ui click", ui_click, "shot", "games", 1.3, "user interface click"),
    Family("ui beep", ui_beep, "shot", "games", 1.0, "beeps"),
    Family("confirm", confirm, "shot", "games", 1.0, "user interface confirm"),
    Family("notification", notification, "shot", "games", 1.0, "user interface alert"),
    Family("error", error, "shot", "games", 1.0, "user interface error"),
    Family("switch", switch, "shot", "games", 1.0, "buttons switches"),
    Family("text blips", typewriter_text, "seq", "games", 0.8, "game voice"),
)
