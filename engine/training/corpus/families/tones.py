"""Tones: strings, keys, pads, voices and drones, one note or chord at a time."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from engine.training.corpus.events import hits
from engine.training.corpus.family import Family
from engine.training.corpus.filters import (
    TAU,
    band_pass,
    bell,
    falling,
    filtered,
    low_pass,
    one_pole,
    shaped,
    unit_peak,
    unit_rms,
)
from engine.training.corpus.kit import Kit
from engine.training.corpus.params import Params, Words
from engine.training.corpus.resonators import modes

_CHORDS = ((0, 0, 0), (0, 4, 7), (0, 3, 7), (0, 7, 12))
_SINGLE = 0


def _note(p: Params, low: float, high: float) -> Tensor:
    """(B, 1) frequencies of tempered notes between two MIDI numbers."""
    return 440 * 2 ** ((p.uniform(low, high).round() - 69) / 12)


def _height(p: Params, f: Tensor) -> Words:
    return p.words(f, "very low/deep bass", 110, "low", 220, "", 440, "high", 900, "very high")


def _chord(p: Params, chord: Tensor) -> Words:
    return p.named(chord, "single note/one note/", "major chord", "minor chord", "power chord/open fifth")


_BANJO, _BASS = 2, 3


def plucked_string(p: Params, k: Kit) -> Tensor:
    """A guitar, a harp, a banjo, a bass or a koto: harmonics that die the sooner the higher they are."""
    kind, bright, tau = p.pick(1, 1, 1, 1, 1), p.uniform(0, 1), p.log(0.25, 1.8)
    f = _note(p, 38, 84)
    f = torch.where(kind == _BASS, (f / 4).clamp(min=35), f)
    tau = tau * p.table(kind, (1, 1.2, 0.35, 1.1, 0.8))
    chord = p.pick(4, 1, 1) * (kind != _BASS)
    single = chord == _SINGLE
    p.say(
        "@ {pitch} {K} {C}|{K} {C}, {long}|{bright} {K} {N}|{pitch} {K} {N}, {long}|{K} {N}",
        "{O}|{A}|{A}|{K}|@ {pitch} {K}|plucking a string|{A}, {C}",
        pitch=_height(p, f),
        K=p.named(
            kind,
            "acoustic guitar/guitar/nylon guitar",
            "harp",
            "banjo",
            "bass guitar/upright bass/double bass",
            "koto/lute/zither",
        ),
        A=p.named(
            kind,
            "campfire guitar/spanish guitar/singer-songwriter guitar",
            "angel's harp/fairy tale harp/heavenly harp",
            "bluegrass/country banjo",
            "jazz bass/walking bass note",
            "japanese garden koto/medieval bard/samurai film string",
        ),
        C=p.named(chord, "pluck/note/single note", "major chord", "minor chord"),
        N=p.either(single, p.any("pluck/plucked string/note"), p.any("chord/strum")),
        long=p.words(tau, "short/muted/staccato", 0.35, "", 0.95, "long sustain/ringing"),
        bright=p.words(bright, "mellow/soft/warm", 0.33, "", 0.66, "bright/twangy"),
        O=p.either(single, p.any("plink/twang/dong"), p.any("strum/brring")),
    )
    p.tell(hertz=f, tail=tau, bright=bright, kind=kind, chord=chord)
    kind, bright, tau, f, chord = k.here(kind, bright, tau, f, chord)
    place, step = k.uniform(0.08, 0.45), k.table(chord, _CHORDS[:3])
    h = torch.arange(1, 25, device=k.device)[None].float()
    strings = []
    for c in range(3):
        at = f * 2 ** (step[:, c : c + 1] / 12) * h * (1 + 0.00008 * h * h)
        level = torch.sin(math.pi * h * place).abs() / h ** (1.7 - 1.1 * bright) * (at < 18000)
        fading = tau / (1 + 0.12 * h * (1.4 - bright) + at / 6000)
        strings.append(modes(k, at, fading, level * ((chord > 0) | (c == 0)), attack=0.001))
    starts = torch.arange(3, device=k.device)[None] * k.uniform(0.008, 0.07)
    order = torch.arange(3, device=k.device)[None].expand(k.count, 3)
    y = unit_peak(hits(k, starts, torch.ones_like(starts), strings, order))
    finger = unit_peak(filtered(k.noise() * k.decay(0.006), lambda q: band_pass(q, 1800.0, 0.5)))
    y = y + k.table(kind, (0.12, 0.06, 0.3, 0.15, 0.2)) * (0.4 + bright) * finger
    body, gain = k.table(kind, (220, 400, 900, 110, 700)), k.table(kind, (0.8, 0.3, 1.5, 0.4, 0.6))
    return filtered(y, lambda q: 1 + gain * band_pass(q, body, 1.5))


def piano(p: Params, k: Kit) -> Tensor:
    """Sixteen stiff harmonics that decay twice, or the bars of an electric piano."""
    f, hard, length = _note(p, 33, 93), p.uniform(0, 1), p.span(0.25, 3.0, 0.9)
    chord, electric = p.pick(4, 1, 1, 0.7), p.chance(0.3)
    p.say(
        "@ {pitch} {K} {C}|{hard} {K} {C}|{K} {C}, {long}|{hard} {pitch} {K} {C}|{K} {C}",
        "{O}|{A}|{A}|{K}|@ {pitch} key of a {K}|sad film, {K} {C}|one press of a {K}, {C}",
        pitch=_height(p, f),
        K=p.when(electric, "electric piano/rhodes/e-piano", "piano/grand piano/acoustic piano"),
        A=p.when(
            electric, "jazz club keys/neo soul keys/lounge keys", "concert piano/horror film piano/ballad piano"
        ),
        C=p.named(chord, "note/single note/key", "major chord", "minor chord", "open fifth chord"),
        hard=p.words(hard, "soft/gentle/mellow", 0.3, "", 0.7, "hard/bright/loud"),
        long=p.words(length, "short/staccato", 0.6, "", 1.5, "long/sustained"),
        O=p.any("plonk/ding/dunn"),
    )
    p.tell(hertz=f, hard=hard, seconds=length, chord=chord, electric=electric)
    f, hard, length, chord, electric = k.here(f, hard, length, chord, electric)
    step, h = k.table(chord, _CHORDS), torch.arange(1, 17, device=k.device)[None].float()
    y, bars = k.silence(), k.silence()
    for c in range(3):
        pitch = f * 2 ** (step[:, c : c + 1] / 12)
        at = pitch * h * (1 + 0.0004 * h * h) ** 0.5 * (1 + 0.0003 * k.normal(16))
        level = torch.exp(-(h - 1) * (0.55 - 0.35 * hard)) * (0.3 + torch.sin(math.pi * h / 8.0 + 0.2).abs())
        level, slow = level * (at < 17000), 3.2 * (110 / pitch) ** 0.5 / (1 + 0.25 * h)
        there = (chord > 0) | (c == 0)
        twice = torch.cat([at, at], 1)
        y = y + there * modes(
            k, twice, torch.cat([0.25 * slow, slow], 1), torch.cat([0.6 * level, 0.4 * level], 1)
        )
        angle = TAU * k.phase(pitch)
        tine = torch.sin(angle + (0.3 + 1.2 * hard) * torch.exp(-k.t / 0.5) * torch.sin(angle))
        bars = bars + there * tine * k.decay(1.2 * (220 / pitch) ** 0.3, 0, 0.002)
    hammer = unit_peak(filtered(k.noise() * k.decay(0.015), lambda q: band_pass(q, 900.0, 0.5)))
    y = torch.where(electric > 0, unit_peak(bars), unit_peak(y) + (0.03 + 0.12 * hard) * hammer)
    return y * torch.where(k.t > length, torch.exp(-(k.t - length).clamp(min=0) / 0.08), 1.0)


_ORGAN, _STRINGS, _PAD = range(3)


def organ_pad(p: Params, k: Kit) -> Tensor:
    """An organ, strings or a synth pad that holds a note or chord."""
    f, bright, chord, kind, attack = (
        _note(p, 36, 72),
        p.uniform(0, 1),
        p.pick(2, 2, 2, 1),
        p.pick(1, 1, 1),
        p.log(0.02, 1.2),
    )
    p.say(
        "@ {bright} {K} {C}|{K}, {C}|{pitch} {K} {C} {attack}|{bright} {K}|{pitch} {K}, {bright}",
        "{A}|{A}|{A}, {C}|background {K}|sustained {K} {C}|@ {bright} {A}",
        pitch=_height(p, f),
        bright=p.words(bright, "dark/warm/mellow", 0.33, "", 0.66, "bright"),
        K=p.named(
            kind,
            "organ/church organ/pipe organ",
            "string pad/synth strings/string ensemble",
            "synth pad/analog pad/analog synth pad",
        ),
        A=p.named(
            kind,
            "sunday mass organ/dracula's organ/phantom of the opera",
            "80s strings/film strings/emotional strings",
            "ambient pad/blade runner pad/new age pad/meditation pad",
        ),
        C=_chord(p, chord),
        attack=p.words(attack, "instant attack/", 0.06, "", 0.4, "slow attack/fading in"),
    )
    p.tell(hertz=f, bright=bright, chord=chord, kind=kind, attack=attack)
    f, bright, chord, kind, attack = k.here(f, bright, chord, kind, attack)
    step, y = k.table(chord, _CHORDS), k.silence()
    stops = ((0.5, 0.5), (1, 1.0), (1.5, 0.3), (2, 0.7), (3, 0.4), (4, 0.4), (6, 0.2), (8, 0.2))
    for c in range(3):
        pitch = f * 2 ** (step[:, c : c + 1] / 12)
        pipes = torch.stack([level * k.sine(pitch * h, k.uniform(0, 1)) for h, level in stops]).sum(0)
        saws = [
            k.saw(pitch * (1 + 0.004 * d) * (1 + 0.0015 * k.wander(4.0)), k.uniform(0, 1))
            for d in (-1.3, 0.2, 1.1)
        ]
        y = y + ((chord > 0) | (c == 0)) * torch.where(kind == _ORGAN, 0.7 * pipes, 0.6 * torch.stack(saws).sum(0))
    cut = 400 + 6500 * bright**1.5
    moving = cut * 2 ** (0.8 * k.wander(0.5))
    swept = shaped(y, lambda q, at: falling(q, at(moving)))
    y = torch.where(kind == _PAD, swept, filtered(y, lambda q: low_pass(q, cut * 1.5)))
    return y * (1 - 0.15 * (kind == _ORGAN) * k.sine(k.uniform(4.5, 6.5))) * (k.t / attack).clamp(max=1)


_WOBBLE = 2


def synth_bass(p: Params, k: Kit) -> Tensor:
    """Saws or a square through a resonant low pass that falls or wobbles."""
    f, length, resonance = _note(p, 24, 45), p.span(0.2, 2.2, 0.9), p.uniform(0, 1)
    kind, wobble = p.pick(2, 2, 1.5), p.log(1.5, 9)
    p.say(
        "@ {pitch} {K} {N}, {long}|{res} {K} {N}|{K} {N} {long}|{pitch} {N}|{long} {res} {N}",
        "{O}|{A}|{A}|@ {long} {A}|@ {pitch} bass|{res} bass",
        pitch=p.words(f, "sub/very deep/deep", 45, "", 80, "higher/mid"),
        K=p.named(kind, "saw/detuned saw/reese", "square wave/hollow", "wobble/dubstep wobble"),
        A=p.named(
            kind,
            "drum and bass reese/neuro bass",
            "house bass/80s bass/garage bass",
            "dubstep bass/filthy wobble/skrillex bass",
        ),
        N=p.any("synth bass/bass note/bass/bass synth"),
        long=p.words(length, "short/staccato/stab", 0.45, "", 1.1, "long/sustained"),
        res=p.words(resonance, "smooth/round", 0.3, "", 0.7, "resonant/acid/squelchy"),
        O=p.named(kind, "vrrrm/brrrm", "dum/bomm", "wub wub/wobwobwob"),
    )
    p.tell(hertz=f, seconds=length, resonance=resonance, kind=kind, wobble=wobble)
    f, length, resonance, kind, wobble = k.here(f, length, resonance, kind, wobble)
    low, high, tau = k.log(90, 300), k.log(600, 5000), k.log(0.06, 0.5)
    wobbling = low * (high / low) ** (0.5 - 0.5 * k.sine(wobble, 0.25))
    cut = torch.where(kind == _WOBBLE, wobbling, low + (high - low) * torch.exp(-k.t / tau))
    source = torch.where(kind == 1, k.square(f), 0.6 * (k.saw(f) + k.saw(f * 1.007))) + 0.5 * k.sine(f)
    peak = resonance[..., None] * 2.2
    y = shaped(source, lambda q, at: falling(q, at(cut), 4.0) ** 0.5 + peak * bell(q, at(cut), 0.22), 2048)
    return torch.tanh(k.log(0.5, 3) * unit_rms(y)) * k.gate(length, 0.004, 0.05)


def synth_lead(p: Params, k: Kit) -> Tensor:
    """One note of a synth, with or without vibrato, detuning or a glide."""
    f, wave, length = _note(p, 55, 91), p.pick(1, 1, 1, 1), p.span(0.15, 2.2, 0.9)
    vibrato, detune, glide = p.uniform(0, 1), p.uniform(0, 1), p.chance(0.3)
    p.say(
        "@ {pitch} {K} {N} {vibrato}|{K} {N}, {long}|{long} {K} {N} {glide}|{fat} {K} {N}|{pitch} {N} {vibrato}",
        "{O}|trance lead|80s synth note|@ {fat} {K} lead|@ {long} {K} note|video game melody note"
        "|@ {pitch} {K} tone {glide}"
        "|moog {N} {glide}",
        pitch=p.words(f, "low", 300, "", 700, "high"),
        K=p.named(wave, "sine", "triangle/mellow", "square wave/chiptune", "saw/sawtooth"),
        vibrato=p.words(vibrato, "no vibrato/", 0.5, "with vibrato"),
        long=p.words(length, "short/stab/staccato", 0.4, "", 1.1, "long/sustained"),
        glide=p.when(glide, "with a pitch glide/sliding up into the note"),
        fat=p.words(detune, "", 0.6, "fat/detuned/wide"),
        N=p.any("synth lead/lead synth note/synth note/synth tone"),
        O=p.any("beeeee/eeeee/wiiii"),
    )
    p.tell(hertz=f, wave=wave, seconds=length, vibrato=vibrato, detune=detune)
    f, wave, length, vibrato, detune, glide = k.here(f, wave, length, vibrato, detune, glide)
    waver = 0.025 * (vibrato > 0.5) * vibrato * k.sine(k.uniform(4.5, 7)) * (k.t / 0.4).clamp(max=1)
    pitch = f * (1 + waver) * 2 ** (-0.7 * glide * torch.exp(-k.t / 0.07))
    beside = k.wave(wave, pitch * (1 + 0.012 * detune)) + k.wave(wave, pitch * (1 - 0.011 * detune))
    y = k.wave(wave, pitch) + 0.9 * (detune > 0.5) * beside
    cut = k.log(2500, 14000)
    return filtered(y, lambda q: low_pass(q, cut)) * k.gate(length, 0.006, 0.06 + 0.2 * length)


_FORMANTS = ((700, 1200, 2600), (450, 1900, 2600), (300, 2250, 3000), (480, 850, 2500), (330, 750, 2400))


def choir(p: Params, k: Kit) -> Tensor:
    """Up to nine voices on one of five vowels."""
    f, vowel, chord = _note(p, 41, 74), p.pick(1, 1, 1, 1, 1), p.pick(2, 2, 2, 1)
    size, attack = p.uniform(0, 1), p.log(0.03, 1.0)
    p.say(
        "@ {pitch} {size} {N} {V}|{N} {V}, {C}|{pitch} {N}, {attack}|{size} {N} {C}|{N} {V}",
        "{O}|{A}|angels {V}|heavenly voices {V}|monks chanting|epic trailer {N}|horror film voices {V}"
        "|@ {pitch} {N} {C}"
        "|people {V} together|sacred music",
        pitch=p.words(f, "low/deep male", 130, "", 330, "high/female"),
        size=p.words(size, "small", 0.3, "", 0.6, "large/big"),
        A=p.words(
            f, "gregorian chant/male choir", 130, "vocal pad", 330, "boys' choir/female choir/angelic choir"
        ),
        V=p.named(vowel, "singing ah/aah", "singing eh", "singing ee", "singing oh", "singing ooh/ooh"),
        C=_chord(p, chord),
        attack=p.words(attack, "instant attack/", 0.07, "", 0.4, "slow attack/swelling in"),
        N=p.any("choir/choir pad/vocal pad/choir/synth choir"),
        O=p.named(vowel, "aaaah", "eeeh", "eeee", "oooh", "uuuuh/oooo"),
    )
    p.tell(hertz=f, vowel=vowel, chord=chord, voices=size, attack=attack)
    f, vowel, chord, size, attack = k.here(f, vowel, chord, size, attack)
    step, y = k.table(chord, _CHORDS), k.silence()
    for c in range(3):
        for voice in range(3):
            sung = 1 + 0.007 * k.sine(k.uniform(4.6, 6.2), k.uniform(0, 1)) + 0.004 * k.wander(3.0)
            pitch = f * 2 ** (step[:, c : c + 1] / 12) * (1 + (0.003 + 0.006 * size) * k.normal()) * sung
            there = ((chord > 0) | (c == 0)) * ((size > 0.3) | (voice == 0))
            y = y + there * k.saw(pitch, k.uniform(0, 1))
    mouth = k.table(vowel, _FORMANTS) * torch.where(f > 260, 1.12, 1.0)

    def formants(q: Tensor) -> Tensor:
        low = band_pass(q, mouth[:, :1], 6.0) + 0.6 * band_pass(q, mouth[:, 1:2], 9.0)
        return one_pole(q, 900.0) * (low + 0.3 * band_pass(q, mouth[:, 2:], 9.0) + 0.03)

    y = filtered(unit_rms(y) + 0.05 * k.noise(), formants)
    return y * (k.t / attack).clamp(max=1) * (1 + 0.08 * k.wander(1.5))


def drone(p: Params, k: Kit) -> Tensor:
    """Partials, saws and air that drift."""
    f, bright, moving = p.log(35, 160), p.uniform(0, 1), p.log(0.08, 1.2)
    dissonant, air = p.uniform(0, 1), p.uniform(0, 1)
    p.say(
        "@ {mood} {bright} {N}|{bright} {N}, {moving}|{mood} {N} {air}|{N} {moving}|{pitch} {bright} {N}",
        "{A}|{A}|@ {bright} background drone|@ {mood} soundscape|{A}, {moving}|underscore, {mood} {N}"
        "|space ambience"
        "|@ {pitch} hum that goes on",
        mood=p.words(dissonant, "harmonic/calm/peaceful", 0.3, "", 0.6, "dissonant/eerie/unsettling/horror"),
        A=p.words(
            dissonant,
            "meditation drone/floating in space/serene ambience",
            0.3,
            "sci-fi ambience/deep space",
            0.6,
            "haunted house atmosphere/something is wrong/dread/abandoned asylum/creepy ambience",
        ),
        bright=p.words(bright, "dark", 0.33, "", 0.66, "bright"),
        pitch=p.words(f, "deep/low", 60, "", 105, "higher"),
        moving=p.words(moving, "slowly evolving/static", 0.2, "", 0.6, "restless movement/constantly moving"),
        air=p.words(air, "", 0.6, "with airy noise/with breathy texture"),
        N=p.any("drone/ambient drone/ambient texture/drone soundscape/atmosphere"),
    )
    p.tell(hertz=f, bright=bright, moving=moving, dissonant=dissonant, air=air)
    f, bright, moving, dissonant, air = k.here(f, bright, moving, dissonant, air)
    y = k.silence()
    for i, ratio in enumerate((1, 1.5, 2, 2.52, 3, 4.02, 5.3, 6.1)):
        at = ratio * (1 + (0.07 * dissonant * k.normal() if i else 0.0))
        level = (0.55 + 0.45 * k.wander(moving)) * torch.exp(-i * (0.95 - 0.8 * bright))
        y = y + k.sine(f * at * (1 + 0.002 * k.wander(0.8)), k.uniform(0, 1)) * level
    cut = (120 + 2600 * bright) * 2 ** (1.2 * k.wander(moving))
    saws = shaped(k.saw(f) + k.saw(f * 1.005, 0.4), lambda q, at: falling(q, at(cut)))
    centre = (400 + 2500 * bright) * 2 ** k.wander(moving)
    breath = shaped(k.noise(), lambda q, at: bell(q, at(centre), 0.35))
    return unit_rms(y) + 0.5 * unit_rms(saws) + (air > 0.6) * 0.6 * air * unit_rms(breath)


FAMILIES = (
    Family("plucked string", plucked_string, "shot", "tones", 1.3, "musical plucked"),
    Family("piano", piano, "shot", "tones", 1.2, "musical keys"),
    Family("organ pad", organ_pad, "loop", "tones", 1.0, "musical pad"),
    Family("synth bass", synth_bass, "shot", "tones", 1.1, "musical synth"),
    Family("synth lead", synth_lead, "shot", "tones", 1.1, "musical synth"),
    Family("choir", choir, "loop", "tones", 1.1, "musical choral"),
    Family("drone", drone, "loop", "tones", 1.2, "designed drone"),
)
