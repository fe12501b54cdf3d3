"""Captions as people write prompts: a small language of templates, and the grammar that repairs what it yields.

A template is text with `{slots}` and perhaps an `@` where an article may stand; `|` separates templates. A slot
holds what is true of one sound, or nothing, so that a caption never claims what its parameters do not say.
"""

from __future__ import annotations

import random
import re

# Nouns that take no article: they are many, or they cannot be counted.
_MASS = re.compile(
    r"\b(chains|coins|beeps|chimes|spoons|bubbles|drops|bells|strings|blips|swords|crickets|cicadas|maracas"
    r"|chatter|talking|breathing|rain|wind|typing|noise|static|rattling|bouncing|scraping|ratcheting|crackle"
    r"|thunder|applause|dust|footsteps|electricity|being|clicks|shots|keys|change|cutlery|silverware|ticking"
    r"|ticks|honking|beeping|wheels|rails|flaps|wings|ringing|taking|bongo|dripping|water|clapping|insects"
    r"|running|electrical arcing|sparks|surf|waves|barking|tearing|shutting|closing|slamming|breaking|smashing"
    r"|shattering|knocking|frogs|bees|steps|engines|machinery|ice|fire|lava|mud|gravel|surroundings|knives"
    r"|claws|teeth|people|leaves|pebbles|rocks|stones|debris|something|someone|two|three)\b"
)
_FIRST_PHRASE = re.compile(r",| with | on | in ")


def article(word: str) -> str:
    """The article as the word sounds: a or an."""
    hard = word[0] in "aeio8" or (word[0] == "u" and not re.match(r"u(i|ni|se|fo)", word))
    return "an" if hard and not re.match(r"one|euro", word) else "a"


def tidy(text: str, rng: random.Random) -> str:
    """Text without the marks, doubled words and stray commas that empty slots leave behind."""
    text = re.sub(r"\s+", " ", text).strip(" ,")
    text = re.sub(r"\s*,(\s*,)*\s*", ", ", text)
    if "@" in text:
        wanted = rng.random() < 0.65 and not _MASS.search(_FIRST_PHRASE.split(text)[0])
        text = re.sub(r"@ ?([\w'-]+)", lambda m: _with_article(m[1], wanted), text)
    text = re.sub(r"\b([\w-]+) \1\b", r"\1", text)
    text = re.sub(r"\ban? (?=([\w'-]+))", lambda m: f"{article(m[1])} ", text)
    return re.sub(r"\s+", " ", text).strip(" ,@")


def _with_article(word: str, wanted: bool) -> str:
    return f"{article(word)} {word}" if wanted else word


def decorated(caption: str, phrase: str, rng: random.Random) -> str:
    """A caption with what was done to its sound: "<adjective" goes before the noun, anything else behind."""
    if not phrase:
        return caption
    if phrase[0] != "<":
        return tidy(caption + (phrase if phrase[0] == "," else " " + phrase), rng)
    adjective = phrase[1:]
    if start := re.match(r"(an?) ", caption):
        return f"{article(adjective)} {adjective} {caption[start.end() :]}"
    return f"{adjective} {caption}"


def joined(first: str, second: str, then: bool, rng: random.Random) -> str:
    """One caption of two sounds: one after the other, or the second behind the first."""
    if then:
        return first + rng.choice([" followed by ", ", then ", " and then ", " then "]) + second
    ways = (
        " with {} in the background",
        " over {}",
        ", {} in the background",
        " and {} quietly in the background",
    )
    return first + rng.choice(ways).format(second)


def restyled(caption: str, category: str, rng: random.Random) -> str:
    """Now and then as a library titles its files or as somebody types a wish."""
    roll = rng.random()
    styles: tuple[tuple[float, tuple[str, ...]], ...] = (
        (0.02, (caption.title(),)),
        (0.03, (caption[:1].upper() + caption[1:] + ".",)),
        (0.04, tuple(caption + word for word in (" sound effect", " sfx", " sound", ", sound effect", " sample"))),
        (
            0.03,
            tuple(word + caption for word in ("sound of ", "the sound of ", "sfx: ", "recording of ", "i need ")),
        ),
        (0.015, (caption.replace(",", ""),)),
        (0.03, (f"{category}, {caption}", f"{category.upper()} {caption}", f"{caption}, {category}")),
    )
    for share, choices in styles:
        if roll < share:
            return rng.choice(choices)
        roll -= share
    return caption


def filled(templates: str, slots: dict[str, str], drop: float, rng: random.Random) -> str:
    """One of the templates with the slots filled in; a lower-case slot is left out with that probability.

    More often than not three templates compete and the one that says most wins.
    """
    choices = [t.strip() for t in templates.split("|")]
    said = {n: "" if n[0].islower() and rng.random() < drop else word for n, word in slots.items()}
    picked = rng.sample(choices, min(len(choices), 1 if rng.random() < 0.45 else 3))
    return tidy(max((t.format(**said) for t in picked), key=len), rng)
