"""What kind of sound a prompt asks for: its length when none is given, and where it may be cut.

A table of words, and one rule: the last known word of the head ("glass door slam" before "in a cathedral")
decides, else the last one anywhere, else it is a hit. Prompts are English, as the models are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from presets.schema import Prompt

Kind = Literal["click", "hit", "whoosh", "ambience"]


@dataclass(frozen=True)
class Character:
    """length: seconds when the designer names none, None is the model's longest.

    keeps_run_up: what comes before the loudest moment belongs to the sound.
    """

    kind: Kind
    length: float | None
    keeps_run_up: bool


CHARACTERS: dict[Kind, Character] = {
    "click": Character("click", 0.5, keeps_run_up=False),
    "hit": Character("hit", 2.0, keeps_run_up=False),
    "whoosh": Character("whoosh", 1.5, keeps_run_up=True),
    "ambience": Character("ambience", None, keeps_run_up=True),
}

_WORDS: dict[Kind, str] = {
    "click": "click clicks tick ticks tock tap taps blip bleep pop plop snap button switch toggle keypress "
    "clack latch notification pluck ui menu cursor keystroke typewriter",
    "hit": "hit hits impact slam bang boom punch kick snare drum clap crash smash shot gunshot thud thump strike "
    "bell gong chime explosion stab slap drop knock clang zap laser stomp footstep crack",
    "whoosh": "whoosh whooshes swoosh swish swipe riser rise uplifter downlifter sweep passby flyby whip "
    "transition swell reverse rewind flutter gust",
    "ambience": "ambience ambient atmosphere atmos background roomtone tone drone drones hum buzz rain wind ocean "
    "sea waves surf river stream brook waterfall fire crackling crowd traffic forest birds insects crickets city "
    "cave machinery machine engine idle motor fan ventilation texture pad hiss static noise noises bed loop "
    "rumble rumbling storm thunderstorm howling",
}
_KIND_OF: dict[str, Kind] = {word: kind for kind, words in _WORDS.items() for word in words.split()}
_HEAD_ENDS = re.compile(r"\b(?:in|on|of|with|at|from|into|through|under|over|against|inside|near|for)\b|[,;.]")


def character(prompt: str) -> Character:
    """The character that a prompt asks for."""
    text = (
        prompt.lower()
        .replace("-", " ")
        .replace("room tone", "roomtone")
        .replace("fly by", "flyby")
        .replace("pass by", "passby")
    )
    head = _HEAD_ENDS.split(text, maxsplit=1)[0]
    return CHARACTERS[_last_kind(head) or _last_kind(text) or "hit"]


def _last_kind(text: str) -> Kind | None:
    words = re.findall(r"[a-z]+", text)
    kinds = [
        _KIND_OF.get(word) or _KIND_OF.get(word.removesuffix("s")) or _KIND_OF.get(word.removesuffix("es"))
        for word in words
    ]
    return next((kind for kind in reversed(kinds) if kind), None)


def is_bed(prompt: Prompt) -> bool:
    """Whether a prompt asks for what lies under a scene: an ambience, or what is to loop."""
    return prompt.loop or character(prompt.text).kind == "ambience"
