"""The index of a session: every take as a row, made from the files, so that 100,000 of them are found at once.

It is never the truth: what was said about a take lies in its sidecar, and here is what was read of it. `refresh`
reads what changed since, also what other machines wrote on a network drive; `rebuild` reads everything anew. Takes
are written in small batches, so neither needs much memory, and who stops or dies leaves an index that is right as
far as it came.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

from presets import index_marks
from presets.contents import Origin, Shape, of_recipe, origin, shape
from presets.entry import Entry
from presets.errors import UnreadableFile
from presets.index_file import Broken, changing, connect, guarded, path_of, set_aside
from presets.index_probe import Probe
from presets.index_words import spaced
from presets.session import Cancelled, Files, Progress, Session, fresh

_BATCH = 500

_COLUMNS = (
    "file", "wav", "seen", "name", "kind", "generated", "model", "prompt", "steps", "seed", "lineage",
    "content", "checksum", "seconds", "rate", "channels", "rating", "category", "automatic", "tags", "notes",
    "added", "trashed", "problem",
)  # fmt: skip
_PUT = (
    f"INSERT INTO take ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))}) "  # noqa: S608
    f"ON CONFLICT (file) DO UPDATE SET {', '.join(f'{c} = excluded.{c}' for c in _COLUMNS[1:])} RETURNING id"
)

TAG_BREAK = "\n"
"""What parts the tags in a row."""

Row = tuple[object, ...]


class Index:
    """An open index; belongs to the thread that opened it. `remark` tells what was wrong with it, "" nothing."""

    def __init__(self, folder: Path, session: Session) -> None:
        """Open the index of a session; one that is broken is set aside, and the new one is empty until `refresh`.

        Args:
            folder: a local one, where indexes lie.
            session: whose takes.

        Raises:
            NotWritten: the folder cannot be written to.
        """
        self.path = path_of(folder, session.id)
        self.session = session
        self.remark = ""
        self._probe: Probe | None = None
        try:
            self.database = connect(self.path)
        except Broken as broken:
            self.start_anew(broken)

    def start_anew(self, broken: Broken) -> None:
        """Set the file aside and begin an empty one."""
        with contextlib.suppress(AttributeError, sqlite3.Error):
            self.database.close()
        aside = set_aside(self.path)
        if self._probe is not None:
            self._probe.close()
            self._probe = None
        self.remark = f"{broken} It was set aside as {aside.name} and made anew from the takes: nothing is lost."
        self.database = connect(self.path)

    @property
    def probe(self) -> Probe:
        """What asks single takes for words."""
        if self._probe is None:
            self._probe = Probe(self.database)
        return self._probe

    def close(self) -> None:
        """Let the file go."""
        if self._probe is not None:
            self._probe.close()
            self._probe = None
        with contextlib.suppress(sqlite3.Error):
            self.database.close()

    def refresh(self, progress: Progress | None = None) -> int:
        """Read the takes whose files changed since they were read; returns how many.

        Raises:
            UnreadableFile: the folder of takes cannot be read.
            NotWritten: the disk is full; Cancelled where progress said so.
            Broken: the index is damaged.
        """
        with guarded(self.path):
            known = dict(self.database.execute("SELECT file, seen FROM take"))
            files = self.session.files(progress)
            changed = [one for name, one in sorted(files.items()) if known.get(name) != one.seen]
            self._forget([name for name in known if name not in files])
            self._read(changed, progress)
        return len(changed)

    def rebuild(self, progress: Progress | None = None) -> int:
        """Read every take anew; returns how many there are. Errors as in `refresh`.

        Cancelled or killed, takes that were not reached are as they were.
        """
        with guarded(self.path):
            found = str(self.database.execute("PRAGMA quick_check").fetchone()[0])
            if found != "ok":
                raise Broken(f"The index {self.path} is damaged: {found.splitlines()[0]}.")
            files = self.session.files(progress)
            known = self.database.execute("SELECT file FROM take").fetchall()
            self._forget([name for (name,) in known if name not in files])
            self._read([files[name] for name in sorted(files)], progress)
            with changing(self.database):
                self.database.execute("INSERT INTO words (words) VALUES ('optimize')")
            self.database.execute("PRAGMA optimize")
        return len(files)

    def note(self, names: Iterable[str]) -> None:
        """Read some takes again, because we changed them. Errors as in `refresh`."""
        with guarded(self.path):
            wanted = list(dict.fromkeys(names))
            files = {name: self.session.one(name) for name in wanted}
            self._forget([name for name, one in files.items() if one is None])
            self._read([one for one in files.values() if one is not None], None)

    def _read(self, files: list[Files], progress: Progress | None) -> None:
        places = iter(files)
        done = 0
        while batch := list(islice(places, _BATCH)):
            if progress is not None and not progress(done, len(files)):
                raise Cancelled("Stopped: the index is right for the takes that were read; the rest is as it was.")
            # Outside the transaction: other programs write while we read the files.
            rows = [self._row(one) for one in batch]
            with changing(self.database):
                for row, entry, words in rows:
                    self._put(row, entry, words)
            done += len(batch)
        if progress is not None:
            progress(done, done)

    def _put(self, row: Row, entry: Entry, words: Row) -> None:
        (id_,) = self.database.execute(_PUT, row).fetchone()
        self._drop_words(id_)
        self.database.executemany(
            "INSERT OR IGNORE INTO tag (tag, take) VALUES (?, ?)", [(tag.casefold(), id_) for tag in entry.tags]
        )
        self.database.execute(
            "INSERT INTO words (rowid, name, prompt, tags, notes, category, marks) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (id_, *words),
        )

    def _forget(self, names: list[str]) -> None:
        for start in range(0, len(names), _BATCH):
            with changing(self.database):
                for name in names[start : start + _BATCH]:
                    for (id_,) in self.database.execute("SELECT id FROM take WHERE file = ?", (name,)).fetchall():
                        self._drop_words(id_)
                        self.database.execute("DELETE FROM take WHERE id = ?", (id_,))

    def _drop_words(self, id_: int) -> None:
        self.database.execute("DELETE FROM words WHERE rowid = ?", (id_,))
        self.database.execute("DELETE FROM tag WHERE take = ?", (id_,))

    def _row(self, files: Files) -> tuple[Row, Entry, Row]:
        path = self.session.takes / (files.wav or f"{files.name}.wav")
        problem = ""
        try:
            said = self.session.entry(files.name)
        except UnreadableFile as error:
            said, problem = None, str(error)
        entry = said or fresh(files.name, path)
        form, made = _heard(files, path, entry)
        problem = problem or form.problem or made.problem
        recipe = made.recipe
        row = (
            files.name, files.wav, files.seen, entry.name, made.kind, made.generated, made.model, made.prompt,
            recipe.steps if recipe else 0, recipe.seed if recipe else 0, made.lineage, made.content,
            entry.checksum, form.seconds, form.rate, form.channels, entry.rating, entry.category,
            entry.category_automatic,
            TAG_BREAK.join(entry.tags), entry.notes, entry.added, entry.trashed, problem,
        )  # fmt: skip
        words = (entry.name, made.prompt, " ".join(entry.tags), entry.notes, entry.category)
        marks = index_marks.of_take(
            entry.trashed is not None,
            made.generated,
            made.kind,
            made.model,
            entry.rating,
            entry.category,
            entry.tags,
        )
        return tuple(map(_storable, row)), entry, (*(spaced(_storable(text)) for text in words), marks)


def _heard(files: Files, path: Path, entry: Entry) -> tuple[Shape, Origin]:
    """The sound of a take; where its WAV is missing, what its sidecar still knows."""
    if files.wav:
        return shape(path), of_recipe(entry.recipe, entry.edit) if entry.recipe is not None else origin(path)
    return (
        Shape(problem=f"{path.name} is missing" + (": its recipe makes it again." if entry.recipe else ".")),
        of_recipe(entry.recipe, entry.edit) if entry.recipe is not None else Origin(),
    )


def _storable(value: object) -> object:
    """Text without what SQLite does not hold: lone surrogates of file names that are no UTF-8."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
