"""The index: always what the files say, however they changed; found by words and filters; never the truth."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from presets.assemblies import assembled
from presets.assemblies import write as write_assembly
from presets.entry import Entry, serialised
from presets.errors import InvalidRequest, NotWritten
from presets.export import version as versions
from presets.export import wav
from presets.index_file import VERSION, Broken, connect, path_of
from presets.index_search import Hit, Query
from presets.index_words import question
from presets.library import Library
from presets.schema import Piece
from presets.session import Cancelled
from presets.sound import Sound
from tests.presets.synthetic import TAGS, fill, recipe, version, wav_bytes
from tests.presets.test_files_crash import ENVIRONMENT, tiny_disk

__all__ = ["tiny_disk"]

SOUND = Sound(np.full((1, 4800), 0.25, np.float32), 48_000)


@pytest.fixture
def folder(tmp_path):
    """An empty session."""
    (tmp_path / "film" / "takes").mkdir(parents=True)
    return tmp_path / "film"


@pytest.fixture
def library(folder, tmp_path):
    """The library of an empty session."""
    with Library(folder, tmp_path / "indexes") as opened:
        yield opened


@pytest.fixture
def add(library, tmp_path):
    """Puts a take into the library: from an entry, and a recipe or none."""

    def put(name, entry=None, **made):
        path = tmp_path / "source.wav"
        if made:
            seed, prompt, steps = made.get("seed", 1), made.get("prompt", "boom"), made.get("steps", 1)
            versions.write(path, SOUND, version(seed, prompt, steps), "24", overwrite=True)
        else:
            wav.write(path, SOUND, depth="24", overwrite=True)
        return library.add(path, name, entry)

    return put


def found(library: Library, **query: object) -> list[str]:
    return sorted(hit.file for hit in library.find(Query(limit=10**6, **query)))


def rows(library: Library) -> list[tuple[object, ...]]:
    """All that the index knows, without the numbers that it gives."""
    hits = library.find(Query(trashed=None, order="name", limit=10**6))
    return sorted(
        tuple(getattr(hit, name) for name in type(hit).__dataclass_fields__ if name != "id") for hit in hits
    )


def test_words_are_found_in_every_field_and_by_their_beginnings(library, add):
    add("one", Entry(notes="recorded in Zürich"), prompt="huge metal door slam")
    add("two", Entry(tags=("Foley",), category="DOORMetl"))
    assert found(library, text="HUGE doo") == ["one"]
    assert found(library, text="zurich") == ["one"]
    assert found(library, text="fol") == ["two"]
    assert found(library, text="doorm") == ["two"]
    assert found(library, text="two foley") == ["two"]
    assert found(library, text="huge foley") == []
    assert found(library, text="") == ["one", "two"]


def test_languages_without_blanks_are_found_by_their_characters(library, add):
    add("a", prompt="巨大な爆発の音")
    add("b", prompt="ドアの音")
    assert found(library, text="爆発") == ["a"]
    assert found(library, text="の音") == ["a", "b"]
    assert found(library, text="発爆") == []


@given(st.text(max_size=40) | st.text('"*()-+^:{}NEAR ANDORNOT\0', max_size=20))
@settings(deadline=None, max_examples=200)
def test_no_text_is_a_command(text):
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute("CREATE VIRTUAL TABLE words USING fts5 (text)")
        database.execute("INSERT INTO words VALUES ('anything')")
        if words := question(text):
            database.execute("SELECT * FROM words WHERE words MATCH ?", (words,)).fetchall()


def test_filters_narrow_down(library, add, tmp_path):
    add("draft", Entry(rating=3, tags=("Impact", "ui")), seed=1)
    add("refined", Entry(rating=5, tags=("impact",)), seed=1, steps=8)
    add("imported")
    write_assembly(tmp_path / "cut.wav", assembled(SOUND, [Piece(source=version(4), end=0.1)]), "24")
    library.add(tmp_path / "cut.wav", "cut")
    (library.session.takes / "long.wav").write_bytes(wav_bytes(8000))
    library.refresh()
    assert found(library, rating=4) == ["refined"]
    assert found(library, tags=("IMPACT",)) == ["draft", "refined"]
    assert found(library, tags=("impact", "ui")) == ["draft"]
    assert found(library, generated=False) == ["imported", "long"]
    assert found(library, generated=True) == ["cut", "draft", "refined"]
    assert found(library, kinds=("draft", "assembled")) == ["cut", "draft"]
    assert found(library, shortest=0.5) == ["long"]
    assert found(library, longest=0.5, kinds=("imported",)) == ["imported"]
    assert found(library, model="starter") == ["cut", "draft", "refined"]
    assert found(library, lineage=library.take("draft").lineage) == ["draft", "refined"]
    assert library.count(Query(text="boom")) == 3
    assert [hit.file for hit in library.find(Query(order="rating", limit=2))] == ["refined", "draft"]
    assert library.tags()[:2] == [("impact", 2), ("ui", 1)]
    library.trash(["draft"])
    assert found(library, tags=("impact",)) == ["refined"]
    assert found(library, trashed=True) == ["draft"]
    assert len(found(library, trashed=None)) == 5


def test_wishes_that_cannot_be_are_told(library):
    for query in (Query(order="loudest"), Query(kinds=("best",)), Query(limit=-1), Query(offset=-1)):
        with pytest.raises(InvalidRequest):
            library.find(query)


def test_every_change_is_seen_at_once_and_by_a_fresh_index(library, add, tmp_path):
    name = add("bell", prompt="a bell")
    library.rate([name], 4)
    library.tag([name], ["Soft", "soft ", "ui"], [])
    library.tag([name], [], ["UI"])
    library.say(name, "the best one")
    library.categorise([name], "BELLMisc")
    library.categorise([name], "DOORMetl", automatic=True)
    renamed = library.rename(name, "Great bell")
    hit = library.take(renamed)
    assert (hit.rating, hit.tags, hit.notes, hit.category) == (4, ("Soft",), "the best one", "BELLMisc")
    with pytest.raises(InvalidRequest):
        library.take(name)
    library.rebuild()
    with Library(library.session.folder, tmp_path / "elsewhere") as fresh:
        assert rows(fresh) == rows(library)


def test_changes_by_others_are_found(folder, library, tmp_path):
    fill(folder / "takes", 30)
    with Library(folder, tmp_path / "another machine") as other:
        assert library.refresh() == 30
        names = found(library)
        other.rate(names[:3], 5)
        other.rename(names[3], "new name")
        (folder / "takes" / f"{names[4]}.wav").unlink()
        other.trash(names[5:7])
        other.empty_trash()
        library.refresh()
        other.refresh()
        assert rows(library) == rows(other)
        assert "is missing: its recipe makes it again" in library.take(names[4]).problem
    assert library.refresh() == 0


def has(hit: Hit, text: str) -> bool:
    own = f"{hit.prompt} {hit.notes} {' '.join(hit.tags)}".split()
    return all(any(part.startswith(word) for part in own) for word in text.split())


@pytest.mark.parametrize("count", [2000, pytest.param(100_000, marks=pytest.mark.long)])
def test_many_takes_are_found_rebuilt_and_listed(folder, tmp_path, count):
    fill(folder / "takes", count)
    told = []
    with Library(folder, tmp_path / "indexes", lambda *far: told.append(far) or True) as library:
        assert told[-1] == (count, count)
        before = rows(library)
        assert len(before) == count
        told.clear()
        assert library.rebuild(lambda *far: told.append(far) or True) == count
        assert told[-1] == (count, count)
        assert len(told) > count // 1000
        assert rows(library) == before
        everything = library.find(Query(trashed=None, limit=10**6))
        for text in ("door", "huge d", "zebra", "in a"):
            expected = {hit.file for hit in everything if hit.trashed is None and has(hit, text)}
            for order in ("best", "newest", "name"):
                hits = library.find(Query(text=text, order=order, limit=10**6))
                assert {hit.file for hit in hits} == expected
            assert library.count(Query(text=text)) == len(expected)
        first = library.find(Query(text="door", order="newest", limit=10))
        assert first == library.find(Query(text="door", order="newest", limit=10**6))[:10]
        for tag in TAGS:
            assert (
                len(found(library, tags=(tag,)))
                == sum(tag in hit.tags and hit.trashed is None for hit in everything)
                or count > 10_000
            )


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
"""An index of the first version, as far as the next one reads it."""


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


def test_duplicates_are_one_version_or_one_sound(library, add, tmp_path):
    add("a", seed=1)
    add("b", seed=1)
    add("c", seed=2)
    add("x")
    (library.session.takes / "y.wav").write_bytes(library.session.path("x").read_bytes())
    wav.write(tmp_path / "z.wav", SOUND.scaled(-6), depth="24")
    library.add(tmp_path / "z.wav")
    library.refresh()
    groups = [sorted(hit.file for hit in group) for group in library.duplicates()]
    assert groups[0] == ["a", "b"]
    assert ["a", "b", "c", "x", "y"] in groups  # all of one constant: sample for sample the same sound
    library.trash(["b", "c"])
    assert [sorted(hit.file for hit in group) for group in library.duplicates()] == [["a", "x", "y"]]


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


RATES = """
import sys
from pathlib import Path
from presets.index_search import Query
from presets.library import Library
with Library(Path(sys.argv[1]), Path(sys.argv[2])) as library:
    names = sorted(hit.file for hit in library.find(Query(limit=10_000, trashed=None)))
    for name in names:
        library.tag([name], [sys.argv[3]])
    library.rebuild()
"""


def test_two_programs_on_one_library_lose_nothing(folder, tmp_path):
    fill(folder / "takes", 40)
    children = [
        subprocess.Popen([sys.executable, "-c", RATES, str(folder), str(tmp_path / where), tag], env=ENVIRONMENT)
        for where, tag in (("local", "first"), ("local", "second"), ("another machine", "third"))
    ]
    assert [child.wait(200) for child in children] == [0, 0, 0]
    with Library(folder, tmp_path / "local") as library:
        for hit in library.find(Query(limit=100, trashed=None)):
            assert {"first", "second", "third"} <= set(hit.tags)


def test_a_session_that_moves_keeps_its_index(folder, tmp_path, library, add):
    name = add("bell")
    library.rate([name], 4)
    library.move(tmp_path / "there")
    assert library.take(name).rating == 4
    library.rate([name], 5)
    assert library.session.entry(name).rating == 5
    assert path_of(tmp_path / "indexes", library.session.id) == library.index.path
    with Library(tmp_path / "there", tmp_path / "indexes") as again:
        assert again.take(name).rating == 5


def test_what_the_user_did_to_a_sound_is_noted(library, add):
    name = add("bell", seed=3)
    edit = replace(version(3).edit, gain_db=-3.0)
    library.shape(name, edit, None)
    assert library.session.entry(name).edit == edit
    assert Path(library.session.path(name)).is_file()
