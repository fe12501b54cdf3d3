"""The file of an index: where it lies, what is in it, and how an older or broken one becomes a good one.

SQLite in the local application folder, keyed by session id: sessions lie on network drives, where its locks and
its write-ahead log do not hold. Everything here but the embeddings is made again from the takes, so a file that
is broken is set aside and told, never repaired.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from presets.errors import NotWritten
from presets.files import told, unused

VERSION = 2
_BUSY = 30.0  # seconds that a writer waits for another one
_APPLICATION = 0x3174616B  # "1tak"

WORDS = "tokenize = 'unicode61 remove_diacritics 2'"
"""What the full-text search takes for a word."""

_TABLES = f"""
CREATE TABLE take (
    id INTEGER PRIMARY KEY, file TEXT NOT NULL UNIQUE, wav TEXT NOT NULL, seen TEXT NOT NULL,
    name TEXT NOT NULL, kind TEXT NOT NULL, generated INTEGER NOT NULL, model TEXT NOT NULL, prompt TEXT NOT NULL,
    steps INTEGER NOT NULL, seed INTEGER NOT NULL, lineage TEXT NOT NULL, content TEXT NOT NULL,
    checksum TEXT NOT NULL, seconds REAL NOT NULL, rate INTEGER NOT NULL, channels INTEGER NOT NULL,
    rating INTEGER NOT NULL, category TEXT NOT NULL, automatic INTEGER NOT NULL, tags TEXT NOT NULL,
    notes TEXT NOT NULL, added REAL NOT NULL, trashed REAL, problem TEXT NOT NULL
) STRICT;
CREATE INDEX take_added ON take (added);
CREATE INDEX live_added ON take (added) WHERE trashed IS NULL;
CREATE INDEX live_rating ON take (rating, added) WHERE trashed IS NULL;
CREATE INDEX live_seconds ON take (seconds) WHERE trashed IS NULL;
CREATE INDEX live_name ON take (name COLLATE NOCASE) WHERE trashed IS NULL;
CREATE INDEX gone_added ON take (added) WHERE trashed IS NOT NULL;
CREATE INDEX take_generated ON take (generated, added);
CREATE INDEX take_model ON take (model, added);
CREATE INDEX take_rating ON take (rating, added);
CREATE INDEX take_seconds ON take (seconds);
CREATE INDEX take_name ON take (name COLLATE NOCASE);
CREATE INDEX take_lineage ON take (lineage) WHERE lineage <> '';
CREATE INDEX take_content ON take (content) WHERE content <> '';
CREATE INDEX take_checksum ON take (checksum) WHERE checksum <> '';
CREATE TABLE tag (tag TEXT NOT NULL, take INTEGER NOT NULL, PRIMARY KEY (tag, take)) STRICT, WITHOUT ROWID;
CREATE INDEX tag_take ON tag (take);
CREATE VIRTUAL TABLE words USING fts5 (name, prompt, tags, notes, category, marks, {WORDS}, prefix = '1 2 3');
CREATE TABLE IF NOT EXISTS embedding (sound TEXT NOT NULL, space TEXT NOT NULL, vector BLOB NOT NULL,
    PRIMARY KEY (space, sound)) STRICT, WITHOUT ROWID;
CREATE TABLE embedded (space TEXT PRIMARY KEY, changes INTEGER NOT NULL) STRICT, WITHOUT ROWID;
"""

Step = Callable[[sqlite3.Connection], object]


def _marked(database: sqlite3.Connection) -> None:
    """Version 2 knows marks and live takes: made anew by the refresh that follows; the embeddings stay."""
    for table in ("take", "tag", "words"):
        database.execute(f"DROP TABLE {table}")
    _lay(database)


STEPS: Mapping[int, Step] = {1: _marked}
"""What brings an index from that version to the next."""


class Broken(Exception):
    """The file of an index cannot be used; the sentence says why."""


def path_of(folder: Path, session: str) -> Path:
    """The index of a session."""
    return folder / f"{session}.sqlite"


def connect(path: Path, steps: Mapping[int, Step] = STEPS, newest: int = VERSION) -> sqlite3.Connection:
    """Open an index, made or brought up to date if need be.

    Args:
        path: its file; the folder is made.
        steps: see `STEPS`.
        newest: the version that is wanted.

    Raises:
        Broken: damaged, of something else, from a newer Onetake, or a step failed; a copy is beside.
        NotWritten: the folder cannot be written to.
    """
    with told(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
    with guarded(path):
        # Changes are begun by hand (isolation_level None): a batch is one transaction.
        database = sqlite3.connect(path, timeout=_BUSY, isolation_level=None)
        try:
            _prepare(database, path, steps, newest)
        except BaseException:
            database.close()
            raise
    return database


def set_aside(path: Path) -> Path:
    """Give a broken index another name, its log with it; returns that name."""
    aside = unused(path.with_name(f"{path.stem}.broken{path.suffix}"))
    with told(path):
        path.rename(aside)
    for log in ("-wal", "-shm"):
        with contextlib.suppress(OSError):
            path.with_name(path.name + log).rename(aside.with_name(aside.name + log))
    return aside


@contextlib.contextmanager
def guarded(path: Path) -> Iterator[None]:
    """What SQLite says, told: Broken for a damaged file, NotWritten for a full or locked one."""
    try:
        yield
    except sqlite3.OperationalError as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM):
            raise NotWritten(
                f"The index {path} cannot be written: {error}. Check the folder {path.parent}."
            ) from error
        if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
            raise NotWritten(f"The index {path} cannot be written: the disk is full. Free some space.") from error
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise NotWritten(f"The index {path} is being written by another Onetake. Try again.") from error
        raise Broken(f"The index {path} is damaged: {error}.") from error
    except sqlite3.DatabaseError as error:
        raise Broken(f"The index {path} is damaged: {error}.") from error


@contextlib.contextmanager
def changing(database: sqlite3.Connection) -> Iterator[None]:
    """One transaction: all or nothing."""
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if database.in_transaction:
            database.execute("ROLLBACK")
        raise
    database.execute("COMMIT")


def _prepare(database: sqlite3.Connection, path: Path, steps: Mapping[int, Step], newest: int) -> None:
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = NORMAL")
    database.execute("PRAGMA temp_store = MEMORY")
    database.execute("PRAGMA cache_size = -32000")  # KiB
    database.execute("PRAGMA mmap_size = 67108864")
    database.execute("PRAGMA trusted_schema = OFF")
    version = _number(database, "user_version")
    if version == 0:
        with changing(database):
            if _number(database, "user_version") == 0:  # another program was not quicker
                _make(database)
        version = _number(database, "user_version")
    if _number(database, "application_id") != _APPLICATION:
        raise Broken(f"{path} is not an index of Onetake.")
    if version > newest:
        raise Broken(f"The index {path} is from a newer Onetake.")
    if version < newest:
        _bring_up(database, path, steps, newest)


def _make(database: sqlite3.Connection) -> None:
    if database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        raise sqlite3.DatabaseError("it holds something else")
    _lay(database)
    database.execute(f"PRAGMA application_id = {_APPLICATION}")
    database.execute(f"PRAGMA user_version = {VERSION}")


def _lay(database: sqlite3.Connection) -> None:
    for statement in filter(str.strip, _TABLES.split(";")):
        database.execute(statement)


def _bring_up(database: sqlite3.Connection, path: Path, steps: Mapping[int, Step], newest: int) -> None:
    """All steps or none, after a copy of the whole file."""
    with contextlib.closing(
        sqlite3.connect(path.with_name(f"{path.name}.v{_number(database, 'user_version')}.bak"))
    ) as copy:
        database.backup(copy)
    with changing(database):
        for version in range(_number(database, "user_version"), newest):
            step = steps.get(version)
            if step is None:
                raise sqlite3.DatabaseError(f"nothing brings version {version} up")
            step(database)
            database.execute(f"PRAGMA user_version = {version + 1}")


def _number(database: sqlite3.Connection, pragma: str) -> int:
    return int(database.execute(f"PRAGMA {pragma}").fetchone()[0])
