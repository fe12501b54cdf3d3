"""The index: always what the files say, however they changed; found by words and filters; never the truth."""

from __future__ import annotations

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
from presets.entry import Entry
from presets.errors import InvalidRequest
from presets.export import version as versions
from presets.export import wav
from presets.index_file import path_of
from presets.index_search import Hit, Query
from presets.index_words import question
from presets.library import Library
from presets.schema import Piece
from presets.sound import Sound
from tests.presets.synthetic import TAGS, fill, version, wav_bytes
from tests.presets.test_files_crash import ENVIRONMENT

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


"""An index of the first version, as far as the next one reads it."""


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
