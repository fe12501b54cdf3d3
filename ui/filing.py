"""What a designer does with takes of the library: each change is written at once, told, and can be undone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace as changed
from typing import TYPE_CHECKING

from msgspec.structs import replace
from PyQt6.QtGui import QUndoCommand

from presets.entry import Entry, tags_of
from presets.export import ucs
from presets.index_search import Hit, Query
from presets.library import Library
from presets.session import Progress
from presets.used import Use
from ui import likeness, reopening
from ui.library_live import LibraryLive
from ui.reopening import Fetched, free_slot, in_slot

if TYPE_CHECKING:
    from ui.studio import Studio

Alter = Callable[[Entry], Entry]
Alike = list[tuple[Hit, float]]

_FIELDS = ("rating", "tags", "trashed", "notes", "category", "category_automatic")
AUTO = "auto"
"""What is typed for the category that the words of a take propose."""

_MOST_ALIKE = 100
_AT_ONCE = 25  # sounds that are measured before others may ask the library something


class Filing:
    """Changes of the library, as steps of the work."""

    def __init__(self, studio: Studio) -> None:
        self._studio, self._live = studio, studio.archive.live

    def rate(self, names: Sequence[str], stars: int) -> None:
        """Give takes stars; 0 is none."""
        self._alter("Stars", names, lambda entry: replace(entry, rating=stars))

    def tag(self, names: Sequence[str], add: Sequence[str], remove: Sequence[str]) -> None:
        """Add tags to takes and take others away."""
        old = {word.casefold() for word in remove}

        def alter(entry: Entry) -> Entry:
            left = [tag for tag in entry.tags if tag.casefold() not in old]
            return replace(entry, tags=tags_of([*left, *add]))

        self._alter("Tags", names, alter)

    def categorise(self, names: Sequence[str], text: str) -> bool:
        """Give takes a UCS category: a CatID in any letters, "auto" for what their words propose, or "".

        Returns whether there is such a category; it is told where there is not.
        """
        wanted = text.strip()
        if wanted.casefold() == AUTO:
            self._alter("Category", names, _proposed)
            return True
        known = {cat_id.casefold(): cat_id for cat_id in ucs.categories()}
        if wanted and wanted.casefold() not in known:
            self._studio.messages.warn(
                f"There is no CatID {wanted!r} in the Universal Category System. Type a word of it and choose."
            )
            return False
        cat_id = known.get(wanted.casefold(), "")
        self._alter("Category", names, lambda one: replace(one, category=cat_id, category_automatic=False))
        return True

    def categories(self, then: Callable[[Mapping[str, ucs.Category]], None]) -> None:
        """Read the list of categories beside the window."""
        self._studio.work.do("categories", ucs.categories, then)

    def trash(self, names: Sequence[str], away: bool) -> None:
        """Put takes into the trash, or take them out of it; their files stay until the trash is emptied."""
        if away:
            self._run("Trash", names, lambda library, told: library.trash(names, told))
        else:
            self._run("Restore", names, lambda library, told: library.restore(names, told))

    def rename(self, name: str, text: str) -> None:
        """Call a take otherwise; its files and the kits that name them follow."""

        def job(library: Library) -> tuple[str, str]:
            before = library.take(name).name
            return before, library.rename(name, text)

        def done(told: tuple[str, str]) -> None:
            before, new = told
            self.note_renamed(name, new)
            self._push(_Renamed(self, before, text, new))

        self._live.alter(job, done)

    def open(self, name: str) -> None:
        """Fetch a take into a slot of the grid, with its cut and its effects."""
        self._live.do(f"open {name}", lambda library: reopening.fetched(library, name), self.put)

    def put(self, what: Fetched) -> None:
        """A fetched take goes into a slot."""
        studio = self._studio
        index = free_slot(studio.flow)
        for key, file in what.kept.items():
            studio.shelf.kept.setdefault(key, file)
        studio.change(in_slot(studio.flow, index, what), "Open take")
        studio.sounding.hear(index)
        studio.messages.note(f"Take {index + 1} is “{what.recipe.prompt.text}” again, pinned as it was kept.")

    def used_in(self, name: str, title: str) -> None:
        """Tell which kits, presets and hand-offs name a take."""

        def there(uses: list[Use]) -> None:
            told = ", ".join(f"{use.kind} {use.name}" for use in uses)
            self._studio.messages.note(f"{title} is used in: {told}." if uses else f"{title} is used nowhere yet.")

        self._live.do("used in", lambda library: library.used_in(name), there)

    def like(self, name: str, query: Query, show: Callable[[Alike], None]) -> None:
        """Show what sounds like a take, of what a query finds; sounds that were never measured are, bit by bit."""
        self._studio.messages.note(likeness.COMPARES)
        wanted = changed(query, text="", order="newest")

        def step(measured: int) -> None:
            def job(library: Library) -> tuple[Alike, int, int]:
                done = _measure(library, name if not measured else "", _AT_ONCE)
                left = len(library.similar(likeness.SPACE).missing(100_000))
                return _alike(library, name, wanted), done, left

            self._live.do("like", job, lambda told: arrived(told, measured))

        def arrived(told: tuple[Alike, int, int], measured: int) -> None:
            found, done, left = told
            show(found)
            self._live.progress.emit("Measuring sounds", measured + done, measured + done + left if left else 0)
            if left and done and not self._live.is_cancelled:
                step(measured + done)
            elif left:
                self._live.progress.emit("", 0, 0)

        self._live.begin()
        step(0)

    def _alter(self, words: str, names: Sequence[str], alter: Alter) -> None:
        self._run(words, names, lambda library, told: library.alter(names, alter, told))

    def _run(self, words: str, names: Sequence[str], act: Callable[[Library, Progress], None]) -> None:
        """Change takes by a function of the library; what was before is remembered for undo."""
        if not names:
            self._studio.messages.note("Select takes first.")
            return

        def job(library: Library) -> tuple[dict[str, Entry], dict[str, Entry]]:
            before = dict(_entries(library, names))
            act(library, self._live.telling(words))
            return before, dict(_entries(library, names))

        def done(told: tuple[dict[str, Entry], dict[str, Entry]]) -> None:
            before, after = told
            if before != after:
                self._push(_Filed(self._live, words, before, after))
                count = len(after)
                self._studio.messages.note(f"{words}: {'1 take' if count == 1 else f'{count} takes'}.")

        self._live.alter(job, done)

    def rename_again(self, file: Callable[[], str], text: str, then: Callable[[str], None]) -> None:
        """Undo or redo of a rename. file: the take's name when its turn comes."""
        self._live.alter(lambda library: library.rename(file(), text), then)

    def note_renamed(self, old: str, new: str) -> None:
        """What was kept under another name is still kept."""
        kept = self._studio.shelf.kept
        for key, name in list(kept.items()):
            if name.rsplit(".", 1)[0] == old:
                kept[key] = f"{new}.wav"

    def _push(self, step: QUndoCommand) -> None:
        self._studio.undo.push(step)


def _proposed(entry: Entry) -> Entry:
    """The entry with the category that the take's words propose."""
    words = entry.recipe.prompt.text if entry.recipe else entry.name
    return replace(entry, category=ucs.proposed(words).cat_id, category_automatic=True)


def _entries(library: Library, names: Sequence[str]) -> Iterator[tuple[str, Entry]]:
    for name in names:
        entry = library.session.entry(name)
        yield name, entry if entry is not None else Entry()


def _measure(library: Library, first: str, count: int) -> int:
    """Measure a sound and some of those that were never measured; returns how many."""
    similar = library.similar(likeness.SPACE)
    missing = similar.missing(count)
    names = dict.fromkeys([first, *missing] if first else missing)
    for name in names:
        hit = library.take(name)
        identity = hit.content or hit.checksum
        if identity and hit.wav:
            similar.put({identity: likeness.of_file(library.session.path(name))})
    return len(missing)


def _alike(library: Library, name: str, query: Query) -> Alike:
    vector = likeness.of_file(library.session.path(name))
    found = library.similar(likeness.SPACE).like(vector, query, _MOST_ALIKE)
    return [(one.take, one.likeness) for one in found]


class _Filed(QUndoCommand):
    """A change of entries; the first redo is what was done already."""

    def __init__(self, live: LibraryLive, words: str, before: dict[str, Entry], after: dict[str, Entry]) -> None:
        super().__init__(words)
        self._live, self._before, self._after, self._is_done = live, before, after, True

    def redo(self) -> None:
        if not self._is_done:
            self._set(self._after)

    def undo(self) -> None:
        self._is_done = False
        self._set(self._before)

    def _set(self, entries: dict[str, Entry]) -> None:
        def job(library: Library) -> None:
            for name, wanted in entries.items():
                fields = {field: getattr(wanted, field) for field in _FIELDS}
                library.alter([name], lambda entry, fields=fields: replace(entry, **fields))  # type: ignore[misc]

        self._live.alter(job)


class _Renamed(QUndoCommand):
    """A rename; its files have another name after each of its steps."""

    def __init__(self, filing: Filing, before: str, after: str, file: str) -> None:
        super().__init__("Rename")
        self._filing, self._texts, self._file, self._is_done = filing, (before, after), file, True

    def redo(self) -> None:
        if not self._is_done:
            self._go(1)

    def undo(self) -> None:
        self._is_done = False
        self._go(0)

    def _go(self, to: int) -> None:
        text = self._texts[to]

        def done(new: str) -> None:
            self._filing.note_renamed(self._file, new)
            self._file = new

        self._filing.rename_again(lambda: self._file, text, done)
