"""What the panel keeps, written as everything of Onetake keeps it: the sidecar first, then the WAV beside it.

So the panel, the commands and another machine on a network drive see one session. With the sound goes what is
known of it: its name, the day, and the category that its words propose, marked as proposed.
"""

from __future__ import annotations

import tempfile
from datetime import datetime
from pathlib import Path

from presets import keeping
from presets import session as sessions
from presets.entry import Entry
from presets.export import ucs
from presets.export import version as versions
from presets.export.metadata import About
from presets.history import remember
from presets.schema import Recipe, Version
from presets.sound import Sound
from ui.session import Session

_LONGEST_NAME = 200


def keep(session: Session, sound: Sound, version: Version) -> Path:
    """Keep a sound for ever, 24 bit; returns its place.

    Raises:
        UnreadableFile, NotWritten: nothing was written.
    """
    place = sessions.opened(session.folder)
    words = version.recipe.prompt.text
    name, category = words.strip()[:_LONGEST_NAME] or "Sound", ucs.proposed(words).cat_id
    about = About(
        name=name, cat_id=category, date=datetime.now().isoformat(timespec="seconds"), session=place.folder.name
    )
    # Written in the session's own folder for what can be made again, and copied from there with its sidecar.
    with tempfile.TemporaryDirectory(dir=session.heard, prefix=".keeping-") as folder:
        ready = Path(folder) / _file_name(version.recipe)
        versions.write(ready, sound, version, "24", about=about)
        own = keeping.keep(place, ready, name, Entry(category=category, category_automatic=True))
    return place.path(own)


def remember_all(session: Session, recipes: tuple[Recipe, ...]) -> None:
    """Note what was asked for in the prompt history, so that a draft that nobody kept can be made again.

    Raises:
        NotWritten: the session is read-only or full.
    """
    for recipe in recipes:
        remember(session.folder, recipe)


def _file_name(recipe: Recipe) -> str:
    steps = "draft" if recipe.steps == 1 else f"{recipe.steps}_steps"
    return f"{recipe.seed % 100_000:05d}_{steps}.wav"
