"""The library of a session: what was kept, found at once and changed safely. The door for whoever uses it.

Every change goes into the sidecars first (presets/session.py) and is then read into the index (presets/index.py),
which any damage only costs the time to make it anew.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from msgspec.structs import replace

from presets import index_search, keeping, moving, renaming, used
from presets.entry import Entry, tags_of
from presets.errors import InvalidRequest
from presets.export import wav
from presets.index import Index
from presets.index_file import Broken
from presets.index_search import EVERY, Hit, Query
from presets.index_similar import Similar
from presets.schema import Chain, Edit
from presets.session import Progress, Session, opened

_P = ParamSpec("_P")
_T = TypeVar("_T")


def _whole(
    method: Callable[Concatenate[Library, _P], _T],
) -> Callable[Concatenate[Library, _P], _T]:
    """A damaged index is made anew, and the question asked again."""

    @functools.wraps(method)
    def asked(library: Library, /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        try:
            return method(library, *args, **kwargs)
        except Broken as broken:
            library.index.start_anew(broken)
            library.index.refresh()
            return method(library, *args, **kwargs)

    return asked


class Library:
    """An open library; belongs to the thread that opened it. `remark` is what the user should be told, or ""."""

    def __init__(self, folder: Path, indexes: Path, progress: Progress | None = None, begins: bool = True) -> None:
        """Open a session's library and read what changed since the last time.

        Args:
            folder: of the session.
            indexes: a local folder where the index lies.
            progress: see `Progress`.
            begins: see `presets.session.opened`.

        Raises:
            UnreadableFile: no folder, a broken session.json, or a session that was moved.
            NotWritten: the local folder cannot be written to; Cancelled where progress said so.
        """
        self.session: Session = opened(folder, begins)
        if self.session.is_saved:
            renaming.finish(self.session)
        self._indexes = indexes
        self.index = Index(indexes, self.session)
        self._similar: dict[str, Similar] = {}
        self.refresh(progress)

    def __enter__(self) -> Library:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def remark(self) -> str:
        """What was wrong with the index, "" nothing."""
        return self.index.remark

    def close(self) -> None:
        """Let the index go."""
        self.index.close()

    @_whole
    def refresh(self, progress: Progress | None = None) -> int:
        """Read what changed, also by others; returns how many takes."""
        return self.index.refresh(progress)

    @_whole
    def rebuild(self, progress: Progress | None = None) -> int:
        """Make the index anew from the takes; returns how many there are."""
        return self.index.rebuild(progress)

    @_whole
    def find(self, query: Query) -> list[Hit]:
        """A page of takes. Raises InvalidRequest."""
        return index_search.search(self.index, query)

    @_whole
    def count(self, query: Query) -> int:
        """How many takes a query finds. Raises InvalidRequest."""
        return index_search.count(self.index, query)

    @_whole
    def tags(self) -> list[tuple[str, int]]:
        """Every tag and how many takes have it."""
        return index_search.tags(self.index)

    @_whole
    def models(self) -> list[tuple[str, int]]:
        """Every model that made takes, and how many."""
        return index_search.models(self.index)

    def similar(self, space: str) -> Similar:
        """What sounds like this, by the embeddings of one model, which are held from one question to the next."""
        if space not in self._similar:
            self._similar[space] = Similar(self.index, space)
        return self._similar[space]

    def add(self, file: Path, name: str = "", about: Entry | None = None) -> str:
        """Keep a version, or import any sound. See `keeping.keep`."""
        own = keeping.keep(self.session, file, name, about)
        self._note([own])
        return own

    def alter(
        self, names: Iterable[str], alter: Callable[[Entry], Entry], progress: Progress | None = None
    ) -> None:
        """Change entries by a function. Errors as in `Session.change`."""
        wanted = list(names)
        try:
            self.session.change(wanted, alter, progress)
        finally:
            self._note(wanted)

    def rate(self, names: Iterable[str], stars: int, progress: Progress | None = None) -> None:
        """Give takes 0 to 5 stars."""
        self.alter(names, lambda entry: replace(entry, rating=stars), progress)

    def tag(
        self,
        names: Iterable[str],
        add: Iterable[str] = (),
        remove: Iterable[str] = (),
        progress: Progress | None = None,
    ) -> None:
        """Add tags to takes and take others away."""
        new, old = list(add), {word.casefold() for word in tags_of(list(remove))}

        def alter(entry: Entry) -> Entry:
            left = [tag for tag in entry.tags if tag.casefold() not in old]
            return replace(entry, tags=tags_of([*left, *new]))

        self.alter(names, alter, progress)

    def say(self, name: str, notes: str) -> None:
        """Write notes about a take."""
        self.alter([name], lambda entry: replace(entry, notes=notes))

    def categorise(
        self, names: Iterable[str], category: str, automatic: bool = False, progress: Progress | None = None
    ) -> None:
        """Give takes a UCS category; an automatic one never replaces what a person chose."""

        def alter(entry: Entry) -> Entry:
            if automatic and entry.category and not entry.category_automatic:
                return entry
            return replace(entry, category=category, category_automatic=automatic)

        self.alter(names, alter, progress)

    def shape(self, name: str, edit: Edit | None, chain: Chain | None) -> None:
        """Note what the user did to a sound: its edit and its chain; None is what its file says."""
        self.alter([name], lambda entry: replace(entry, edit=edit, chain=chain))

    def trash(self, names: Iterable[str], progress: Progress | None = None) -> None:
        """Put takes into the trash."""
        self._each(keeping.trash, names, progress)

    def restore(self, names: Iterable[str], progress: Progress | None = None) -> None:
        """Take takes out of the trash."""
        self._each(keeping.restore, names, progress)

    def empty_trash(self, names: Iterable[str] | None = None, progress: Progress | None = None) -> list[str]:
        """Delete what is in the trash, or those of it; returns whose files are gone."""
        wanted = list(names) if names is not None else [hit.file for hit in self._trashed()]
        try:
            return keeping.empty_trash(self.session, wanted, progress)
        finally:
            self._note(wanted)

    def rename(self, name: str, text: str) -> str:
        """Call a take otherwise; returns the new name of its files. See `renaming.rename`."""
        new = renaming.rename(self.session, name, text)
        self._note([name, new])
        return new

    def move(self, target: Path, progress: Progress | None = None) -> None:
        """Move the whole session. See `moving.move`."""
        self.session = moving.move(self.session, target, progress)
        self.index.session = self.session
        self.refresh()

    def used_in(self, name: str) -> list[used.Use]:
        """The kits, presets and hand-offs that name a take."""
        one = self.take(name)
        own = {one.lineage, one.content, one.checksum, one.wav or f"{one.file}.wav"}
        return used.uses(self.session.folder, frozenset(own - {""}))

    @_whole
    def duplicates(self, progress: Progress | None = None) -> list[list[Hit]]:
        """Takes that are the same version, or sample for sample the same sound; those of either, once."""
        self._sum_up(progress)
        found = list(index_search.groups(self.index, "content"))
        known = {frozenset(hit.file for hit in group) for group in found}
        for group in index_search.groups(self.index, "checksum"):
            files = frozenset(hit.file for hit in group)
            if not any(files <= other for other in known):
                found.append(group)
        return found

    def _sum_up(self, progress: Progress | None) -> None:
        """Sidecars with checksums for the sounds that came into the folder without Onetake."""
        found = self.find(Query(generated=False, order="oldest", limit=EVERY))
        bare = [hit for hit in found if not hit.checksum and hit.rate]
        if not self.session.is_saved:
            return
        for number, hit in enumerate(bare):
            if progress is not None and not progress(number, len(bare)):
                return
            checksum = wav.read(self.session.path(hit.file)).sound.checksum()
            self.alter([hit.file], lambda entry, found=checksum: replace(entry, checksum=found))  # type: ignore[misc]

    def _trashed(self) -> list[Hit]:
        return self.find(Query(trashed=True, order="oldest", limit=EVERY))

    @_whole
    def _note(self, names: Iterable[str]) -> None:
        self.index.note(names)

    def _each(
        self,
        act: Callable[[Session, Iterable[str], Progress | None], None],
        names: Iterable[str],
        progress: Progress | None,
    ) -> None:
        wanted = list(names)
        try:
            act(self.session, wanted, progress)
        finally:
            self._note(wanted)

    @_whole
    def take(self, name: str) -> Hit:
        """One take. Raises InvalidRequest where there is none of that name."""
        found = index_search.named(self.index, name)
        if found is None:
            raise InvalidRequest(f"There is no take {name!a}. See onetake library list.")
        return found
