"""The commands of the library: onetake library list, find, rate, tag, rename, trash, move … in one session.

A take is named as its files are, with or without folder and extension, so that a shell completes it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from presets import moving
from presets.entry import Entry, tags_of
from presets.errors import InvalidRequest
from presets.export import ucs
from presets.index_search import Hit, Query
from presets.library import Library
from presets.places import state_folder
from presets.session import Progress
from ui import report
from ui.settings import INDEXES

_MANY = 200  # takes that are worth a bar
_LONGEST_NAME = 48  # characters in a table

LIBRARY = typer.Typer(help="What was kept: find, rate, tag, rename, trash and move it.", no_args_is_help=True)


class By(StrEnum):
    """In which order takes are listed."""

    BEST = "best"
    NEWEST = "newest"
    OLDEST = "oldest"
    RATING = "rating"
    NAME = "name"
    LONGEST = "longest"
    SHORTEST = "shortest"


class Which(StrEnum):
    """What a take is."""

    DRAFT = "draft"
    REFINED = "refined"
    ASSEMBLED = "assembled"
    IMPORTED = "imported"


Folder = Annotated[
    Path, typer.Option("--session", help="The session's folder.", show_default="the current folder")
]
Names = Annotated[list[str], typer.Argument(help="Takes, by the names of their files.")]
One = Annotated[str, typer.Argument(help="A take, by the name of its file.")]
Limit = Annotated[int, typer.Option(help="How many at most.", min=0)]
Order = Annotated[By, typer.Option(help="Which come first.")]
InTrash = Annotated[bool, typer.Option("--trash", help="What is in the trash instead.")]
HERE = Path()


@LIBRARY.command("list")
def list_(session: Folder = HERE, order: Order = By.NEWEST, limit: Limit = 50, trash: InTrash = False) -> None:
    """List the takes of a session."""
    with opened(session, begins=False) as library:
        _show(library, Query(order=order.value, limit=limit, trashed=trash))


@LIBRARY.command()
def find(
    words: Annotated[list[str] | None, typer.Argument(help="In name, prompt, tags, notes or category.")] = None,
    session: Folder = HERE,
    model: Annotated[str, typer.Option(help="The model that made it.")] = "",
    shortest: Annotated[float | None, typer.Option(help="Seconds at least.")] = None,
    longest: Annotated[float | None, typer.Option(help="Seconds at most.")] = None,
    rating: Annotated[int, typer.Option(help="Stars at least.", min=0, max=5)] = 0,
    tag: Annotated[list[str] | None, typer.Option(help="A tag it has; may come again.")] = None,
    category: Annotated[str, typer.Option(help="UCS CatID, or how it begins.")] = "",
    kind: Annotated[list[Which] | None, typer.Option(help="What it is; may come again.")] = None,
    trash: InTrash = False,
    order: Order = By.BEST,
    limit: Limit = 50,
) -> None:
    """Find takes by words and by what is known of them."""
    query = Query(
        text=" ".join(words or ()),
        model=model,
        shortest=shortest,
        longest=longest,
        rating=rating,
        tags=tuple(tag or ()),
        category=category,
        trashed=trash,
        kinds=tuple(one.value for one in kind or ()),
        order=order.value,
        limit=limit,
    )
    with opened(session, begins=False) as library:
        _show(library, query)


@LIBRARY.command()
def add(
    files: Annotated[list[Path], typer.Argument(help="WAVs, or any other sound files.")],
    session: Folder = HERE,
    tag: Annotated[list[str] | None, typer.Option(help="A tag for all of them; may come again.")] = None,
) -> None:
    """Keep sounds: copies of them become takes of the session."""
    with opened(session) as library, bar("Adding") as progress:
        for number, file in enumerate(files):
            progress(number, len(files))
            about = Entry(tags=tags_of(tag)) if tag else None
            kept = library.add(file, about=about)
            remark = "" if library.take(kept).generated else "  (not generated)"
            report.line(f"{library.session.path(kept)}{remark}")


@LIBRARY.command()
def rate(
    stars: Annotated[int, typer.Argument(help="0 to 5.", min=0, max=5)], names: Names, session: Folder = HERE
) -> None:
    """Give takes stars."""
    with opened(session) as library, bar("Rating") as progress:
        library.rate(_takes(names), stars, progress)


@LIBRARY.command()
def category(
    cat_id: Annotated[
        str, typer.Argument(help='A UCS CatID such as DOORMetl; "auto" proposes one from each prompt.')
    ],
    names: Names,
    session: Folder = HERE,
) -> None:
    """Give takes a category of the Universal Category System."""
    if cat_id != "auto" and cat_id not in ucs.categories():
        raise InvalidRequest(f"There is no CatID {cat_id!r} in the Universal Category System; case matters.")
    with opened(session) as library, bar("Categorising") as progress:
        if cat_id != "auto":
            library.categorise(_takes(names), cat_id, progress=progress)
            return
        for name in _takes(names):
            prompt = library.take(name).prompt
            if prompt:
                library.categorise([name], ucs.proposed(prompt).cat_id, automatic=True)


@LIBRARY.command()
def tag(
    names: Names,
    session: Folder = HERE,
    add: Annotated[list[str] | None, typer.Option(help="A new tag; may come again.")] = None,
    remove: Annotated[list[str] | None, typer.Option(help="A tag to take away; may come again.")] = None,
) -> None:
    """Add tags to takes, or take them away."""
    if not add and not remove:
        raise InvalidRequest("Say which tags: --add WORD or --remove WORD.")
    with opened(session) as library, bar("Tagging") as progress:
        library.tag(_takes(names), add or (), remove or (), progress)


@LIBRARY.command()
def rename(
    name: One, text: Annotated[str, typer.Argument(help="What it is called from now on.")], session: Folder = HERE
) -> None:
    """Call a take otherwise; its files and the kits that play it follow."""
    with opened(session) as library:
        new = library.rename(_take(name), text)
        report.line(f"{library.session.path(new)}")


@LIBRARY.command()
def trash(
    names: Annotated[list[str] | None, typer.Argument(help="Takes, by the names of their files.")] = None,
    session: Folder = HERE,
    empty: Annotated[
        bool, typer.Option("--empty", help="Delete what is in the trash, or those of it, for ever.")
    ] = False,
) -> None:
    """Put takes aside; they stay on the disk until the trash is emptied."""
    if not names and not empty:
        raise InvalidRequest("Say which takes, or --empty.")
    with opened(session) as library, bar("Trash") as progress:
        if not empty:
            library.trash(_takes(names or ()), progress)
            return
        gone = library.empty_trash(_takes(names) if names else None, progress)
        report.line(f"Deleted {len(gone)} take{'s' * (len(gone) != 1)}.")
        if stayed := [name for name in _takes(names or ()) if name not in gone]:
            report.warn(f"Not in the trash, so they stay: {', '.join(stayed)}.")


@LIBRARY.command()
def restore(names: Names, session: Folder = HERE) -> None:
    """Take takes out of the trash."""
    with opened(session) as library, bar("Restoring") as progress:
        library.restore(_takes(names), progress)


@LIBRARY.command()
def rebuild(session: Folder = HERE) -> None:
    """Make the index anew from the takes; nothing that was entered is lost."""
    with opened(session, begins=False) as library, bar("Reading takes") as progress:
        report.line(f"{library.rebuild(progress)} takes are in the index.")


@LIBRARY.command()
def move(
    folder: Annotated[Path, typer.Argument(help="A folder that is empty or not there yet.")],
    session: Folder = HERE,
) -> None:
    """Move the whole session: copied, compared, and only then switched."""
    if moving.clear(session):
        report.line(f"What a move had left in {session} is deleted.")
        return
    with opened(session) as library, bar("Moving") as progress:
        library.move(folder, progress)
        report.line(f"The session lies in {library.session.folder} now.")


@LIBRARY.command()
def duplicates(session: Folder = HERE) -> None:
    """Show takes that are one version, or one sound sample for sample."""
    with opened(session) as library, bar("Comparing") as progress:
        found = library.duplicates(progress)
    for group in found:
        _table(group)
        report.line("")
    report.line(f"{len(found)} sound{'s are' if len(found) != 1 else ' is'} there more than once.")


@LIBRARY.command("used-in")
def used_in(name: One, session: Folder = HERE) -> None:
    """Show which kits, presets and hand-offs play a take."""
    with opened(session, begins=False) as library:
        found = library.used_in(_take(name))
        folder = library.session.folder
    if not found:
        report.line("Nothing in this session uses it.")
        return
    report.columns([["kind", "name", "file"], *([u.kind, u.name, str(u.path.relative_to(folder))] for u in found)])


@contextlib.contextmanager
def opened(session: Path, begins: bool = True) -> Iterator[Library]:
    """A session's library, and what was wrong with its index told. begins: see `presets.session.opened`."""
    with (
        bar("Reading takes") as progress,
        Library(session, state_folder() / INDEXES, progress, begins) as library,
    ):
        told = library.remark
        if told:
            report.note(told)
        yield library
        if library.remark != told:
            report.note(library.remark)


@contextlib.contextmanager
def bar(what: str) -> Iterator[Progress]:
    """A bar where there is much to do; Ctrl-C stops between two takes, or two blocks of a file."""
    with report.measuring() as told:

        def tell(done: int, total: int) -> bool:
            if total >= _MANY:
                told(what, done, total)
            return True

        yield tell


def _show(library: Library, query: Query) -> None:
    hits = library.find(query)
    if not hits:
        report.line("There are no such takes.")
        return
    _table(hits)
    total = library.count(query)
    if total > len(hits):
        report.note(f"{len(hits)} of {total} takes; --limit shows more.")


def _table(hits: Sequence[Hit]) -> None:
    rows = [["take", "name", "kind", "seconds", "stars", "tags", "model", "remark"]]
    for hit in hits:
        name = hit.name if len(hit.name) <= _LONGEST_NAME else f"{hit.name[: _LONGEST_NAME - 1]}…"
        kind = f"{hit.steps} steps" if hit.kind == "refined" else hit.kind
        kind = "not generated" if hit.kind == "imported" else kind
        stars = "*" * hit.rating
        rows.append(
            [hit.file, name, kind, f"{hit.seconds:.3f}", stars, ", ".join(hit.tags), hit.model, hit.problem]
        )
    report.columns(rows)


def _takes(names: Sequence[str]) -> list[str]:
    return [_take(name) for name in names]


def _take(name: str) -> str:
    """The name of a take from that of its file: takes/boom.wav is boom."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    stem, _, suffix = last.rpartition(".")
    return stem if stem and suffix.lower() in ("wav", "json") else last
