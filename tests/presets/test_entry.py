"""Sidecars: what was entered survives; what is hostile or newer is refused and stays."""

from __future__ import annotations

import os
import random
import threading
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from presets.entry import LARGEST, MOST_TAGS, Entry, read_bytes, read_entry, serialised, tags_of
from presets.errors import InvalidRequest, UnreadableFile
from presets.files import write_atomically
from presets.schema import canonical
from tests.presets.synthetic import recipe
from tests.presets.test_schema import chains, edits, recipes, text

moments = st.floats(0, 1e12)
entries = st.builds(
    Entry,
    name=text,
    tags=st.lists(text.filter(bool), max_size=4).map(tuple),
    rating=st.integers(0, 5),
    notes=text,
    category=text,
    category_automatic=st.booleans(),
    edit=st.none() | edits,
    chain=st.none() | chains,
    recipe=st.none() | recipes,
    added=moments,
    trashed=st.none() | moments,
)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """One name that every case writes anew."""
    return tmp_path_factory.mktemp("entry") / "boom.json"


@given(entries)
@settings(deadline=None, max_examples=60)
def test_what_was_entered_survives(path, entry):
    path.write_bytes(serialised(entry))
    back = read_entry(path)
    assert canonical(back) == canonical(entry)


def test_no_sidecar_is_no_error(tmp_path):
    assert read_entry(tmp_path / "boom.json") is None


@pytest.mark.parametrize(
    "change",
    [
        {"rating": 6},
        {"rating": -1},
        {"tags": ("",)},
        {"tags": ("x",) * (MOST_TAGS + 1)},
        {"notes": "x" * 100_001},
        {"name": "\ud800"},
        {"added": float("nan")},
        {"added": -1.0},
    ],
)
def test_what_entries_cannot_hold_is_told(change):
    with pytest.raises(InvalidRequest, match="cannot be noted"):
        serialised(Entry(**change))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
hostile = st.dictionaries(
    st.sampled_from(msgspec.structs.fields(Entry)).map(lambda field: field.name), json_values
).map(lambda fields: msgspec.json.encode({"kind": "entry", "version": 1, **fields}))


@given(st.binary(max_size=200) | json_values.map(msgspec.json.encode) | hostile)
@settings(deadline=None, max_examples=300)
def test_hostile_sidecars_are_read_or_refused(path, data):
    path.write_bytes(data)
    try:
        entry = read_entry(path)
    except UnreadableFile as error:
        assert "boom.json" in str(error)
    else:
        assert entry is not None
        assert 0 <= entry.rating <= 5
    assert path.read_bytes() == data


def mutate(data: bytes, chance: random.Random) -> bytes:
    """Bytes replaced, taken away, doubled or brought in from elsewhere."""
    mutant = bytearray(data)
    for _ in range(chance.randrange(1, 5)):
        at, end = sorted(chance.randrange(len(mutant) + 1) for _ in range(2))
        piece = chance.choice(
            [b"", b"[", b"{", b"1e999", b"null", b"-1", b'"', mutant[at:end], chance.randbytes(3)]
        )
        mutant[at : min(end, at + 20)] = piece * chance.choice((1, 1, 1, 50))
    return bytes(mutant)


@pytest.mark.parametrize("count", [1000, pytest.param(100_000, marks=pytest.mark.long)])
def test_mutated_sidecars_are_read_or_refused(path, count):
    chance = random.Random(count)
    whole = serialised(Entry(name="bell", tags=("a", "b"), rating=3, notes="n", recipe=recipe(1), added=1.0))
    read = 0
    for _ in range(count):
        path.write_bytes(mutate(whole, chance))
        try:
            read += read_entry(path) is not None
        except UnreadableFile as error:
            assert "boom.json" in str(error)
    assert 0 < read < count


@pytest.mark.skipif(os.name == "nt", reason="pipes of POSIX")
def test_pipes_folders_and_endless_files_are_told(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "folder.json").mkdir()
    (tmp_path / "circle.json").symlink_to(tmp_path / "circle.json")
    with (tmp_path / "long.json").open("wb") as file:
        file.truncate(LARGEST + 1)
    for path in sorted(tmp_path.iterdir()):
        with pytest.raises(UnreadableFile):
            read_entry(path)


def test_a_newer_sidecar_is_told_and_stays(tmp_path):
    path = tmp_path / "boom.json"
    path.write_bytes(serialised(Entry(name="boom")).replace(b'"version":1', b'"version":2'))
    with pytest.raises(UnreadableFile, match="newer Onetake"):
        read_entry(path)


@given(st.lists(st.text(max_size=6), max_size=8))
@settings(deadline=None)
def test_tags_are_there_once(words):
    found = tags_of(words)
    folded = [tag.casefold() for tag in found]
    assert len(set(folded)) == len(folded)
    assert set(folded) == {" ".join(word.split()).casefold() for word in words} - {""}
    assert tags_of(list(found)) == found


def test_the_first_spelling_of_a_tag_stays():
    assert tags_of(["  Metal ", "wood", "METAL"]) == ("Metal", "wood")


def test_a_file_that_comes_and_goes_is_there_or_not(tmp_path):
    """Another program may write it between any two steps of ours."""
    path, done = tmp_path / "x.json", threading.Event()

    def come_and_go():
        while not done.is_set():
            write_atomically(path, b"{}", overwrite=True)
            path.unlink()

    other = threading.Thread(target=come_and_go)
    other.start()
    try:
        seen = {read_bytes(path) for _ in range(3000)}
    finally:
        done.set()
        other.join()
    assert seen <= {None, b"{}"}


def test_a_link_that_leads_nowhere_is_told(tmp_path):
    (tmp_path / "x.json").symlink_to(tmp_path / "gone")
    with pytest.raises(UnreadableFile, match="leads to a file that is not there"):
        read_bytes(tmp_path / "x.json")
