"""`onetake library history` and `upgrade`: what was asked for, made again; what was written before, read on.

Drafts that nobody kept are gone from the disk one day, their recipes never: a recipe makes the very same sound.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Annotated

import typer

from engine.local import EngineError, Made, UnknownModel, find, link
from presets import history, upgrade
from presets.errors import InvalidRequest
from presets.export import version as versions
from presets.files import safe_name
from presets.history import Asked
from presets.index_search import EVERY, Query
from presets.library import Library
from ui import report
from ui.deliver import about
from ui.engine_link import maker
from ui.library import HERE, Folder, Limit, bar, opened
from ui.options import On, Processor

_SHOWN = 8  # characters of an id that are shown, and enough to name a version
_FEWEST = 4
_RATE = 48_000


def history_(
    words: Annotated[list[str] | None, typer.Argument(help="Words of the prompt; all of them.")] = None,
    session: Folder = HERE,
    limit: Limit = 50,
    bring_back: Annotated[
        list[str] | None,
        typer.Option("--bring-back", metavar="ID", help="Make this one again and keep it; may come again."),
    ] = None,
    device: On = Processor.AUTO,
    local: Annotated[bool, typer.Option("--local", help="Render in this process.")] = False,
) -> None:
    """Show what was asked for in this session, the newest first; and make any of it again, as a take."""
    with opened(session, begins=bool(bring_back)) as library:
        asked = history.asked(library.session.folder, " ".join(words or ()))
        kept = {hit.content: hit.file for hit in library.find(Query(order="oldest", limit=EVERY)) if hit.content}
        if not bring_back:
            _show(asked, kept, limit)
            return
        wanted = list(dict.fromkeys(_named(one, asked) for one in bring_back))
        for one in wanted:
            if one.content in kept:
                report.note(f"{one.content[:_SHOWN]} is there already: {library.session.path(kept[one.content])}")
        _bring_back([one for one in wanted if one.content not in kept], library, device.value, local)


def upgrade_(
    session: Folder = HERE,
    back: Annotated[bool, typer.Option("--back", help="Put the copies of the last upgrade back instead.")] = False,
) -> None:
    """Bring every document of a session to the newest version, for programs that read only that; copies stay."""
    with opened(session, begins=False) as library, bar("Upgrading") as told:
        if back:
            put = upgrade.roll_back(library.session)
            library.refresh()
            report.line(f"{_documents(len(put))} as before the upgrade.")
            return
        made = upgrade.migrate_session(library.session, told)
        library.refresh()
    for sentence in made.refused:
        report.warn(f"{sentence} It stays as it is.")
    report.line(f"{_documents(len(made.backups))} brought to the newest version, of {made.documents}.")
    if made.backups:
        report.note("What they were lies beside each as NAME.json.vN.bak; --back puts it back.")


def _documents(count: int) -> str:
    return "1 document is" if count == 1 else f"{count} documents are"


def _show(asked: Sequence[Asked], kept: dict[str, str], limit: int) -> None:
    if not asked:
        report.line("Nothing like that was asked for in this session.")
        return
    rows = [["id", "asked for", "model", "steps", "seed", "kept as", "prompt"]]
    for one in asked[:limit]:
        day = f"{datetime.fromtimestamp(one.at).astimezone():%Y-%m-%d %H:%M}"
        recipe = one.recipe
        facts = [one.content[:_SHOWN], day, recipe.model, str(recipe.steps), str(recipe.seed)]
        rows.append([*facts, kept.get(one.content, "-"), " ".join(recipe.prompt.text.split())])
    report.columns(rows)
    if len(asked) > limit:
        report.note(f"{limit} of {len(asked)} are shown; --limit shows more, and words of the prompt show fewer.")


def _named(wanted: str, asked: Sequence[Asked]) -> Asked:
    """The version whose id begins so.

    Raises:
        InvalidRequest: none, several, or too few characters to tell.
    """
    found = [one for one in asked if one.content.startswith(wanted.lower())] if len(wanted) >= _FEWEST else []
    if len(found) != 1:
        told = "There is nothing" if not found else f"There are {len(found)}"
        raise InvalidRequest(f"{told} of the id {wanted!r} in the history. See onetake library history.")
    return found[0]


def _bring_back(wanted: Sequence[Asked], library: Library, device: str, local: bool) -> None:
    """Make versions again and keep them; those of one prompt at one level, as they were made.

    Raises:
        EngineError: a model that is not here, or a recipe that it does not make.
    """
    total = sum(one.recipe.steps for one in wanted)
    with report.progress("Rendering", total) as advance:
        for (model, _), same in groupby(sorted(wanted, key=_set), key=_set):
            recipes = [one.recipe for one in same]
            with maker(_model(model), device, local) as engine:
                made = link([engine.make(recipe, None, advance) for recipe in recipes])
            for one in made:
                report.line(str(library.session.path(_kept(one, library))))


def _set(one: Asked) -> tuple[str, str]:
    return one.recipe.model, one.recipe.prompt.text


def _model(model: str) -> str:
    try:
        return find(model).id
    except UnknownModel as error:
        raise EngineError(f"{error} What was asked for was made with one that is not installed here.") from error


def _kept(made: Made, library: Library) -> str:
    """The take's name in the library."""
    prompt = made.version.recipe.prompt.text
    sounds, family, lowered = versions.fitting([versions.heard(made.sound, made.version, _RATE)], [made.version])
    if lowered:
        report.warn(f"Louder than full scale: lowered by {lowered:.1f} dB.")
    with tempfile.TemporaryDirectory(prefix="onetake-") as folder:
        path = Path(folder) / f"{safe_name(prompt)}.wav"
        versions.write(path, sounds[0], family[0], "24", about=about(prompt))
        return library.add(path)


COMMANDS: dict[str, Callable[..., None]] = {"history": history_, "upgrade": upgrade_}
"""What `onetake library` calls them."""
