"""Stored values: round trips, canonical bytes, identities; and everything foreign refused."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from presets import kinds as stored_kinds
from presets.errors import UnreadableFile
from presets.migrations import NEWEST
from presets.schema import (
    STORED,
    Assembly,
    Chain,
    Edit,
    Kit,
    Piece,
    Preset,
    Prompt,
    Recipe,
    Slot,
    Take,
    Version,
    Zone,
    canonical,
    content_id,
    decode,
    lineage_id,
    with_steps,
)

unit = st.floats(0, 1)
seconds = st.floats(0, 3600)
decibels = st.floats(-120, 120)
seeds = st.integers(0, 2**53 - 1)
text = st.text(st.characters(codec="utf-8"), max_size=40)

prompts = st.builds(
    Prompt,
    text=text,
    length=st.none() | st.floats(0.001, 3600),
    loop=st.booleans(),
    intensity=st.lists(st.tuples(unit, decibels), max_size=3).map(tuple),
    reference=text,
)
recipes = st.builds(
    Recipe,
    model=text,
    model_hash=text,
    prompt=prompts,
    seed=seeds,
    variation_seed=seeds,
    variation_radius=unit,
    frames=st.integers(1, 10_000),
    steps=st.integers(1, 64),
    omega=st.floats(0, 100) | st.integers(0, 9),
    nu=decibels,
    gamma=unit,
    guidance=st.lists(text, max_size=2).map(tuple),
    decode_seed=seeds,
    renderer=st.integers(0, 99),
)
edits = st.builds(
    Edit,
    start=seconds,
    length=st.floats(0.001, 3600),
    sync=st.none() | seconds,
    gain_db=decibels,
    pitch=st.floats(-48, 48),
    loop=st.none() | st.tuples(seconds, seconds),
)
slots = st.builds(
    Slot, effect=text, state=st.binary(max_size=20), parameters=st.dictionaries(text, unit, max_size=2)
)
chains = st.builds(Chain, slots=st.lists(slots, max_size=2).map(tuple))
versions = st.builds(
    Version, recipe=recipes, edit=edits, checksum=text, identity=st.none() | unit, chain=st.none() | chains
)
pieces = st.builds(Piece, source=st.none() | versions, name=text, end=seconds)
assemblies = st.builds(Assembly, pieces=st.lists(pieces, max_size=2).map(tuple), checksum=text)
takes = st.builds(Take, recipe=recipes, edit=edits, versions=st.lists(versions, max_size=2).map(tuple))
notes = st.integers(0, 127)
zones = st.builds(Zone, take=text.filter(bool), low=notes, high=notes, root=notes)
kits = st.builds(Kit, name=text, zones=st.lists(zones, max_size=2).map(tuple))
presets = st.builds(Preset, name=text, prompt=prompts, recipe=st.none() | recipes, kit=st.none() | kits)
anything = st.one_of(recipes, versions, assemblies, takes, chains, kits, presets)

RECIPE = Recipe(
    model="starter",
    model_hash="h",
    prompt=Prompt(text="boom"),
    seed=1,
    frames=64,
    omega=3.0,
    decode_seed=1,
    renderer=1,
)


@given(anything)
@settings(deadline=None)
def test_every_stored_value_survives_and_its_bytes_are_canonical(value):
    data = canonical(value)
    back = decode(data, type(value), "it")
    assert canonical(back) == data
    document = msgspec.json.decode(data)
    assert document["version"] == NEWEST[document["kind"]]


@given(recipes, st.integers(1, 64))
@settings(deadline=None)
def test_a_take_is_its_recipe_without_steps(recipe, steps):
    other = with_steps(recipe, steps)
    assert lineage_id(other) == lineage_id(recipe)
    assert (content_id(other) == content_id(recipe)) == (steps == recipe.steps)


@pytest.mark.parametrize(
    "change", [{"seed": 2}, {"omega": 3.5}, {"frames": 66}, {"prompt": Prompt(text="bang")}, {"renderer": 2}]
)
def test_anything_that_is_heard_changes_the_identity(change):
    assert lineage_id(msgspec.structs.replace(RECIPE, **change)) != lineage_id(RECIPE)


def test_identities_are_frozen():
    """Kits and libraries hold these: they must be the same in every later Onetake."""
    assert (lineage_id(RECIPE), content_id(RECIPE)) == FROZEN


def test_whole_numbers_in_float_fields_have_the_same_bytes():
    assert canonical(msgspec.structs.replace(RECIPE, omega=3)) == canonical(RECIPE)


@pytest.mark.parametrize(
    "change",
    [
        {"seed": -1},
        {"seed": 2**53},
        {"frames": 0},
        {"steps": 0},
        {"omega": float("nan")},
        {"sampler": "euler"},
    ],
)
def test_values_outside_their_range_cannot_be_stored(change):
    with pytest.raises(msgspec.ValidationError):
        canonical(msgspec.structs.replace(RECIPE, **change))


def test_every_kind_has_its_newest_version_in_the_table():
    assert {
        stored_kinds.tag(kind): msgspec.structs.fields(kind)[0].default for kind in stored_kinds.STORED
    } == NEWEST


def test_what_the_first_version_wrote_is_read_with_all_that_is_nested_in_it():
    now = Version(recipe=RECIPE, edit=Edit(length=1.0), checksum="c")
    old = msgspec.json.decode(canonical(now)) | {"version": 1}
    del old["chain"]
    for new in ("pitch", "loop", "crossfade"):
        del old["edit"][new]
    assert decode(msgspec.json.encode(old), Version, "it") == now
    take = {"kind": "take", "version": 1, "recipe": old["recipe"], "edit": old["edit"], "versions": [old]}
    read = decode(msgspec.json.encode(take), Take, "it")
    assert read == Take(recipe=RECIPE, edit=Edit(length=1.0), versions=(now,))


def test_chains_from_before_slots_had_a_rate_are_read_wherever_they_are():
    now = Chain(slots=(Slot(effect="gain"), Slot(effect="Gate", format="vst3", state=b"x")))
    old = msgspec.json.decode(canonical(now)) | {"version": 1}
    for slot in old["slots"]:
        del slot["rate"]
    assert decode(msgspec.json.encode(old), Chain, "it") == now
    version = Version(recipe=RECIPE, edit=Edit(length=1.0), checksum="c", chain=now)
    document = msgspec.json.decode(canonical(version)) | {"chain": old}
    assert decode(msgspec.json.encode(document), Version, "it") == version
    for odd in (7, None, [3]):
        with pytest.raises(UnreadableFile):
            decode(msgspec.json.encode(old | {"slots": odd}), Chain, "it")


def test_a_rate_that_no_plug_in_gets_is_refused():
    with pytest.raises(msgspec.ValidationError):
        canonical(Slot(effect="gain", rate=44_101))


def test_newer_files_are_refused_and_told_to_be_newer():
    newer = canonical(RECIPE).replace(b'"version":1', b'"version":2')
    with pytest.raises(UnreadableFile, match="newer Onetake"):
        decode(newer, Recipe, "The recipe in x.wav")


def test_a_newer_part_inside_is_told_to_be_newer():
    inner = canonical(RECIPE).replace(b'"version":1', b'"version":2')
    version = canonical(Version(recipe=RECIPE, edit=Edit(length=1.0), checksum="c"))
    with pytest.raises(UnreadableFile, match="newer Onetake"):
        decode(version.replace(canonical(RECIPE), inner), Version, "The recipe in x.wav")


@pytest.mark.parametrize("value", [Prompt(text="x", length=float("nan")), Edit(length=1.0, sync=float("inf"))])
def test_numbers_that_json_does_not_have_cannot_be_stored(value):
    with pytest.raises(msgspec.ValidationError):
        canonical(value)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"\xff\xfe",
        b'{"kind":"recipe","version":1}',
        canonical(RECIPE).replace(b'"seed":1', b'"seed":"1"'),
        canonical(RECIPE).replace(b'"seed":1', b'"seed":1,"plug-in":"/lib/evil.so"'),
        canonical(RECIPE).replace(b'"kind":"recipe"', b'"kind":"kit"'),
        b"[" * 100_000,
        b'{"kind":"recipe","version":1,"prompt":' + b'{"text":' * 50_000,
    ],
)
def test_foreign_and_hostile_json_is_refused(data):
    with pytest.raises(UnreadableFile, match="The recipe"):
        decode(data, Recipe, "The recipe in x.wav")


@given(st.binary(max_size=200))
@settings(deadline=None, max_examples=300)
def test_random_bytes_never_do_anything_else(data):
    for kind in STORED:
        with pytest.raises(UnreadableFile):
            decode(data, kind, "it")


FROZEN = ("32ef9634bb5448ea54b78e4b0157e0ab", "07c2ccac569870f93362babbcbed42de")
