"""Sessions full of takes that nobody rendered: real WAVs and sidecars, many of them, quickly."""

from __future__ import annotations

import random
import struct
from pathlib import Path

from presets.entry import SIDECAR, Entry
from presets.schema import Edit, Prompt, Recipe, Version, canonical, content_id, lineage_id

SIZES = ("huge", "small", "tiny", "deep", "bright", "rusty", "wooden", "metal", "wet", "dry")
THINGS = ("door", "bell", "boom", "crack", "splash", "engine", "whoosh", "step", "glass", "thunder")
ACTS = ("slam", "hit", "scrape", "drop", "roll", "burst", "creak", "ring")
PLACES = ("cathedral", "cave", "street", "kitchen", "forest", "ship")
TAGS = ("impact", "trailer", "foley", "game", "soft", "hard", "boss", "ui")
MODELS = ("starter", "soundctm-dit", "soundctm-unet")


def recipe(seed: int, prompt: str = "boom", steps: int = 1, model: str = "starter") -> Recipe:
    """A recipe with this seed."""
    return Recipe(
        model=model,
        model_hash="h",
        prompt=Prompt(text=prompt),
        seed=seed,
        frames=64,
        steps=steps,
        omega=3.0,
        decode_seed=seed,
        renderer=1,
    )


def version(seed: int, prompt: str = "boom", steps: int = 1) -> Version:
    """A version of that recipe."""
    return Version(recipe=recipe(seed, prompt, steps), edit=Edit(length=0.1), checksum="c")


def prompt_of(chance: random.Random) -> str:
    """A prompt as designers write them."""
    size, thing, act, place = (chance.choice(words) for words in (SIZES, THINGS, ACTS, PLACES))
    return f"{size} {thing} {act} in a {place}"


def wav_bytes(frames: int, number: int = 0) -> bytes:
    """A mono WAV of 8 bit and 8 kHz: the number, then silence."""
    data = number.to_bytes(4, "little").ljust(frames, b"\x80")
    head = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 8000, 8000, 1, 8)
    body = b"WAVE" + head + struct.pack("<4sI", b"data", len(data)) + data + b"\0" * (len(data) % 2)
    return struct.pack("<4sI", b"RIFF", len(body)) + body


def fill(takes: Path, count: int, seed: int = 0) -> None:
    """So many takes with sidecars; written plainly, because nobody dies here."""
    chance = random.Random(seed)
    takes.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        prompt = prompt_of(chance)
        made = recipe(number, prompt, chance.choice((1, 1, 1, 4, 16)), chance.choice(MODELS))
        entry = Entry(
            name=prompt,
            tags=tuple(chance.sample(TAGS, chance.randrange(4))),
            rating=chance.randrange(6),
            notes="take this one" if chance.random() < 0.05 else "",
            lineage=lineage_id(made),
            content=content_id(made),
            checksum=f"{number:064x}",
            recipe=made,
            added=1.7e9 + number,
            trashed=1.8e9 if chance.random() < 0.02 else None,
        )
        stem = takes / f"{prompt.replace(' ', '_')}_{number}"
        stem.with_name(f"{stem.name}.wav").write_bytes(wav_bytes(chance.randrange(40, 400), number))
        stem.with_name(f"{stem.name}{SIDECAR}").write_bytes(canonical(entry))
