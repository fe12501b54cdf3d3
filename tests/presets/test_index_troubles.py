"""The index stopped, damaged, old, foreign, on a full disk: made anew from the takes, with nothing lost."""

from __future__ import annotations

import random
import sqlite3
import subprocess
from contextlib import closing

import pytest

from presets.entry import Entry, serialised
from presets.errors import NotWritten
from presets.export import version as versions
from presets.index_file import VERSION, Broken, connect
from presets.index_search import Query
from presets.library import Library
from presets.session import Cancelled
from tests.presets.synthetic import fill, recipe, version
from tests.presets.test_files_crash import tiny_disk
from tests.presets.test_index import SOUND, folder, found, library, rows

__all__ = ["folder", "library", "tiny_disk"]


def test_a_rebuild_that_is_stopped_loses_nothing(folder, tmp_path):
    fill(folder / "takes", 1200)
    with Library(folder, tmp_path / "indexes") as library:
        before = rows(library)
        with pytest.raises(Cancelled):
            library.rebuild(lambda done, _: done < 500)
        assert rows(library) == before


@pytest.mark.parametrize("damage", ["text", "empty", "begin", "middle", "foreign"])
def test_a_damaged_index_is_set_aside_made_anew_and_told(folder, tmp_path, damage):
    fill(folder / "takes", 300)
    with Library(folder, tmp_path / "indexes") as library:
        library.rate([found(library)[0]], 5)
        before, path = rows(library), library.index.path
    data = path.read_bytes()
    if damage == "foreign":
        path.unlink()
        with closing(sqlite3.connect(path)) as database:
            database.execute("CREATE TABLE holiday (photo)")
    else:
        noise = random.Random(1).randbytes(len(data))
        path.write_bytes(
            {
                "text": b"no database" * 1000,
                "empty": b"",
                "begin": noise[:5000] + data[5000:],
                "middle": data[:8192] + noise[8192:],
            }[damage]
        )
    with Library(folder, tmp_path / "indexes") as library:
        library.rebuild()
        assert rows(library) == before
        if damage != "empty":
            assert "set aside" in library.remark
            assert len(list(path.parent.glob("*.broken*.sqlite"))) == 1
    with Library(folder, tmp_path / "indexes") as library:
        assert library.remark == ""
        assert rows(library) == before


def test_an_index_of_a_newer_onetake_is_set_aside(folder, tmp_path):
    with Library(folder, tmp_path / "indexes") as library:
        library.index.database.execute("PRAGMA user_version = 99")
    with Library(folder, tmp_path / "indexes") as library:
        assert "newer Onetake" in library.remark


def test_an_older_index_is_brought_up_after_a_copy(folder, tmp_path):
    with Library(folder, tmp_path / "indexes") as library:
        path = library.index.path
    steps = {VERSION: lambda database: database.execute("CREATE TABLE mood (take INTEGER, mood TEXT)")}
    with closing(connect(path, steps, VERSION + 1)) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (VERSION + 1,)
        assert database.execute("SELECT count(*) FROM mood").fetchone() == (0,)
    with closing(sqlite3.connect(path.with_name(f"{path.name}.v{VERSION}.bak"))) as copy:
        assert copy.execute("PRAGMA user_version").fetchone() == (VERSION,)


FIRST = """
CREATE TABLE take (id INTEGER PRIMARY KEY, file TEXT NOT NULL UNIQUE, seen TEXT NOT NULL) STRICT;
CREATE TABLE tag (tag TEXT NOT NULL, take INTEGER NOT NULL, PRIMARY KEY (tag, take)) STRICT, WITHOUT ROWID;
CREATE VIRTUAL TABLE words USING fts5 (name, prompt, tags, notes, category);
CREATE TABLE embedding (sound TEXT NOT NULL, space TEXT NOT NULL, vector BLOB NOT NULL,
    PRIMARY KEY (space, sound)) STRICT, WITHOUT ROWID;
INSERT INTO embedding VALUES ('a', 'clap', x'0000803f');
PRAGMA application_id = 0x3174616B;
PRAGMA user_version = 1;
"""


def test_an_index_without_marks_is_made_anew_and_keeps_its_embeddings(folder, tmp_path):
    fill(folder / "takes", 20)
    with Library(folder, tmp_path / "indexes") as library:
        path, before = library.index.path, rows(library)
    path.unlink()
    with closing(sqlite3.connect(path)) as database:
        database.executescript(FIRST)
    with Library(folder, tmp_path / "indexes") as library:
        assert library.remark == ""
        assert rows(library) == before
        assert library.count(Query(trashed=None)) == 20
        assert library.index.database.execute("SELECT sound FROM embedding").fetchall() == [("a",)]


def test_a_step_that_fails_is_rolled_back(folder, tmp_path):
    fill(folder / "takes", 5)
    with Library(folder, tmp_path / "indexes") as library:
        path = library.index.path

    def fails(database: sqlite3.Connection) -> None:
        database.execute("DELETE FROM take")
        database.execute("nonsense")

    with pytest.raises(Broken):
        connect(path, {VERSION: fails}, VERSION + 1)
    with Library(folder, tmp_path / "indexes") as library:
        assert len(rows(library)) == 5
        assert library.remark == ""


def test_hostile_takes_are_listed_with_what_is_wrong(folder, library, tmp_path):
    takes = folder / "takes"
    (takes / "noise.wav").write_bytes(random.Random(1).randbytes(500))
    (takes / "empty.wav").touch()
    (takes / "broken.json").write_text("{")
    (takes / "alone.json").write_bytes(serialised(Entry(name="alone", recipe=recipe(1))))
    versions.write(takes / "lies.wav", SOUND, version(1), "24")
    data = (takes / "lies.wav").read_bytes()
    (takes / "lies.wav").write_bytes(data.replace(b'"kind":"version"', b'"kind":"virus!!"'))
    (takes / "odd.wav").write_bytes(data)
    (takes / "odd.json").write_bytes(serialised(Entry(name='"; DROP TABLE take; --', tags=("a\nb",), notes="\0")))
    library.refresh()
    problems = {hit.file: hit.problem for hit in library.find(Query())}
    assert set(problems) == {"noise", "empty", "broken", "alone", "lies", "odd"}
    assert [name for name, problem in problems.items() if not problem] == ["odd"]
    assert library.take("alone").prompt == "boom"
    assert found(library, text='"; DROP') == ["odd"]


def test_a_full_disk_under_the_index_is_told(folder, tiny_disk):
    fill(folder / "takes", 400)
    with pytest.raises(NotWritten, match="disk is full"):
        Library(folder, tiny_disk / "indexes")


def test_a_read_only_session_is_listed(tiny_disk, tmp_path):
    fill(tiny_disk / "takes", 3)
    subprocess.run(["mount", "-o", "remount,ro", tiny_disk], check=True)
    with Library(tiny_disk, tmp_path / "indexes") as library:
        names = found(library, trashed=None)
        assert len(names) == 3
        with pytest.raises(NotWritten):
            library.rate(names, 3)
        assert library.duplicates() == []
