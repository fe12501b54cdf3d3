"""Kit files and the sounds they mean: round trips, the best version of a take, and kits that mean harm."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from presets import kits
from presets.errors import InvalidRequest, NotWritten, UnreadableFile
from presets.export import version, wav
from presets.kits import default_kit, family, find_sounds, kit_of, missing, read_kit, write_kit
from presets.schema import Edit, Kit, Prompt, Recipe, Version, Zone, canonical, lineage_id, with_steps
from presets.sound import Sound

SOUND = Sound(np.zeros((1, 8), np.float32), 48_000)
RECIPE = Recipe(
    model="starter",
    model_hash="h",
    prompt=Prompt(text="door"),
    seed=1,
    frames=4,
    omega=3.5,
    decode_seed=2,
    renderer=1,
)
TAKE = lineage_id(RECIPE)

posix = pytest.mark.skipif(os.name == "nt", reason="links and pipes of POSIX")


def take(path: Path, steps: int = 1, recipe: Recipe = RECIPE) -> Path:
    """A version of a take as a file."""
    made = Version(recipe=with_steps(recipe, steps), edit=Edit(length=1.0), checksum="c")
    version.write(path, SOUND, made, "24")
    return path


def plain(path: Path) -> Path:
    """A sound that Onetake did not make."""
    wav.write(path, SOUND, depth="16")
    return path


def kit(*takes: str) -> Kit:
    return Kit(name="k", zones=tuple(Zone(take=take, low=0, high=9, root=5) for take in takes))


# ── files ─────────────────────────────────────────────────────────────────────────────────────────────────────


@settings(deadline=None)  # the disk may be busy
@given(st.lists(st.text("äb/._ 音\0", min_size=1, max_size=9), min_size=1, max_size=5), st.integers(0, 127))
def test_a_kit_comes_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, takes: list[str], program: int
) -> None:
    path = tmp_path_factory.mktemp("kit") / "a.json"
    written = replace(default_kit(takes, "ä"), program=program)
    write_kit(path, written)
    assert read_kit(path) == written
    assert path.read_bytes() == canonical(written)


def test_a_kit_is_never_replaced_unasked(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_kit(path, kit("a"))
    with pytest.raises(NotWritten):
        write_kit(path, kit("b"))
    assert read_kit(path) == kit("a")
    write_kit(path, kit("b"), overwrite=True)
    assert read_kit(path) == kit("b")


def test_a_kit_that_cannot_be_is_not_written(tmp_path: Path) -> None:
    for wrong in (kit("x" * 201), kit("\ud800"), replace(kit("a"), bend=float("nan"))):
        with pytest.raises(InvalidRequest, match="cannot be written"):
            write_kit(tmp_path / "a.json", wrong)
    assert not list(tmp_path.iterdir())


HOSTILE = {
    "empty": b"",
    "text": b"hello",
    "list": b"[]",
    "preset": b'{"kind":"preset","name":"x","version":1}',
    "newer": b'{"kind":"kit","name":"x","version":2}',
    "unknown field": b'{"kind":"kit","name":"x","version":1,"path":"/etc/passwd"}',
    "zone of no note": canonical(kit("a")).replace(b'"high":9', b'"high":128'),
    "take without name": canonical(kit("a")).replace(b'"take":"a"', b'"take":""'),
    "infinite": canonical(kit("a")).replace(b'"bend":2.0', b'"bend":1e999'),
    "cut off": canonical(kit("a"))[:-9],
    "deep": b"[" * 100_000,
    "not UTF-8": b'{"kind":"kit","name":"\xff","version":1}',
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE.keys())
def test_what_is_no_kit_is_told(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(data)
    with pytest.raises(UnreadableFile, match=r"a\.json"):
        read_kit(path)


def test_missing_files_folders_and_monsters_are_told(tmp_path: Path) -> None:
    monster = tmp_path / "monster.json"
    with monster.open("wb") as file:
        file.truncate(2**33)
    for path in (tmp_path, tmp_path / "none.json", monster):
        with pytest.raises(UnreadableFile):
            read_kit(path)


@posix
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.json")
    os.mkfifo(tmp_path / "a.wav")
    with pytest.raises(UnreadableFile):
        read_kit(tmp_path / "a.json")
    assert find_sounds(kit("a.wav", TAKE), tmp_path) == {}


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_a_kit_or_are_told(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("kit") / "a.json"
    path.write_bytes(data)
    with pytest.raises(UnreadableFile):
        read_kit(path)


# ── sounds ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_take_is_found_by_what_its_file_says_at_its_best(tmp_path: Path) -> None:
    (tmp_path / "takes").mkdir()
    draft = take(tmp_path / "renamed.wav")
    assert find_sounds(kit(TAKE), tmp_path) == {TAKE: draft}
    refined = take(tmp_path / "takes" / "whatever.WAV", steps=8)
    take(tmp_path / "z.wav", steps=4)
    take(tmp_path / "other.wav", steps=16, recipe=replace(RECIPE, seed=9))
    assert find_sounds(kit(TAKE), tmp_path) == {TAKE: refined}


def test_of_equal_versions_the_newest_is_found(tmp_path: Path) -> None:
    files = [take(tmp_path / name, steps=4) for name in ("a.wav", "b.wav", "c.wav")]
    for age, path in zip((5, 1, 9), files, strict=True):
        os.utime(path, (1e9 - age, 1e9 - age))
    assert find_sounds(kit(TAKE), tmp_path) == {TAKE: files[1]}


def test_other_takes_are_found_by_name_and_the_kits_folder_comes_first(tmp_path: Path) -> None:
    (tmp_path / "takes").mkdir()
    near, far = plain(tmp_path / "a.wav"), plain(tmp_path / "takes" / "b.wav")
    plain(tmp_path / "takes" / "a.wav")
    (tmp_path / "c.txt").write_text("no sound")
    wanted = kit("b.wav", "a.wav", "c.txt", "a.wav", "d.wav", "0" * 32)
    found = find_sounds(wanted, tmp_path)
    assert found == {"b.wav": far, "a.wav": near}
    assert missing(wanted, found) == ("c.txt", "d.wav", "0" * 32)


def test_a_name_is_found_however_its_letters_are_written(tmp_path: Path) -> None:
    path = plain(tmp_path / "a\u0308.wav")
    assert find_sounds(kit("\u00e4.wav"), tmp_path) == {"\u00e4.wav": path}


@pytest.mark.parametrize(
    "name",
    [
        "../secret.wav",
        "takes/../../secret.wav",
        "/secret.wav",
        "sub/deep.wav",
        "sub\\deep.wav",
        "..",
        ".",
        "C:secret.wav",
    ],
)
def test_a_kit_reads_nothing_but_its_folder(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "kit"
    (folder / "sub").mkdir(parents=True)
    plain(tmp_path / "secret.wav")
    plain(folder / "sub" / "deep.wav")
    assert find_sounds(kit(name, str(tmp_path / "secret.wav")), folder) == {}


@posix
def test_links_that_lead_out_of_the_folder_are_not_followed(tmp_path: Path) -> None:
    folder, outside = tmp_path / "kit", tmp_path / "outside"
    folder.mkdir()
    outside.mkdir()
    take(outside / "take.wav")
    (folder / "link.wav").symlink_to(outside / "take.wav")
    (folder / "loop.wav").symlink_to("loop.wav")
    (folder / "takes").symlink_to(outside)
    assert find_sounds(kit("link.wav", "loop.wav", "take.wav", TAKE), folder) == {}
    inside = plain(folder / "real.wav")
    (folder / "near.wav").symlink_to("real.wav")
    assert find_sounds(kit("near.wav", "real.wav"), folder) == {
        "near.wav": folder / "near.wav",
        "real.wav": inside,
    }
    (tmp_path / "way").symlink_to(folder)
    assert set(find_sounds(kit("real.wav"), tmp_path / "way")) == {"real.wav"}


def test_files_that_lie_about_themselves_are_passed_over(tmp_path: Path) -> None:
    good = take(tmp_path / "m.wav", steps=2)
    data = good.read_bytes()
    (tmp_path / "a.wav").write_bytes(data[: data.index(b"1tak") + 40])
    (tmp_path / "b.wav").write_bytes(b"RIFF")
    (tmp_path / "c.wav").write_bytes(data.replace(b'"omega":3.5', b'"omega":1e9'))
    (tmp_path / "d.wav").write_bytes(data.replace(b'"steps":2', b'"steps":0'))
    (tmp_path / "takes").write_text("no folder")
    assert find_sounds(kit(TAKE), tmp_path) == {TAKE: good}


def test_a_number_beyond_all_bounds_in_a_recipe_is_passed_over(tmp_path: Path) -> None:
    made = Version(recipe=RECIPE, edit=Edit(length=1.0), checksum="c")
    fields = json.loads(canonical(made))
    chunk = json.dumps(fields).replace("3.5", "1e999").encode()
    wav.write(tmp_path / "a.wav", SOUND, depth="16", chunks={wav.RECIPE_CHUNK: chunk})
    assert find_sounds(kit(TAKE), tmp_path) == {}


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="folder"):
        find_sounds(kit("a.wav"), tmp_path / "none")


# ── kits of files ─────────────────────────────────────────────────────────────────────────────────────────────


def test_files_become_one_shots_from_note_36(tmp_path: Path) -> None:
    paths = [plain(tmp_path / f"door_{n}.wav") for n in (1, 2, 10)]
    made, sounds = kit_of(paths)
    assert made.name == "door"
    assert sounds == {path.name: path for path in paths}
    for note, (zone, path) in enumerate(zip(made.zones, paths, strict=True), 36):
        assert (zone.take, zone.low, zone.high, zone.mode, zone.tracking, zone.channel) == (
            path.name, note, note, "one-shot", False, 0,
        )  # fmt: skip
    assert find_sounds(made, tmp_path) == sounds


def test_takes_go_by_lineage_so_that_their_refined_versions_are_played(tmp_path: Path) -> None:
    draft, refined = take(tmp_path / "draft.wav"), take(tmp_path / "refined.wav", steps=8)
    made, sounds = kit_of([draft])
    assert sounds == {TAKE: draft}
    assert find_sounds(made, tmp_path) == {TAKE: refined}
    both, sounds = kit_of([refined, draft], name="both")
    assert sounds == {TAKE: refined, "draft.wav": draft}
    assert both.name == "both"


def test_equal_names_of_different_folders_stay_apart(tmp_path: Path) -> None:
    paths = []
    for folder in "abc":
        (tmp_path / folder).mkdir()
        paths.append(plain(tmp_path / folder / "boom.wav"))
    made, sounds = kit_of([*paths, paths[0]])
    assert list(sounds) == ["boom.wav", "boom (2).wav", "boom (3).wav"]
    assert [zone.take for zone in made.zones] == [*sounds, "boom.wav"]


def test_a_file_that_cannot_be_read_still_has_its_key(tmp_path: Path) -> None:
    made, sounds = kit_of([tmp_path / "gone.wav"])
    assert sounds == {"gone.wav": tmp_path / "gone.wav"}
    assert made.zones[0].take == "gone.wav"


def test_the_longest_names_make_a_kit_that_can_be_written(tmp_path: Path) -> None:
    paths = [tmp_path / str(n) / f"{'x' * 250}.wav" for n in range(92)]
    write_kit(tmp_path / "a.json", kit_of(paths)[0])
    assert len(kits.takes_of(read_kit(tmp_path / "a.json"))) == 92


@pytest.mark.parametrize("count", [0, 93])
def test_a_kit_has_as_many_sounds_as_there_are_notes(count: int) -> None:
    assert default_kit(["a"] * 92).zones[-1].low == 127
    with pytest.raises(InvalidRequest, match=f"not {count}"):
        default_kit(["a"] * count)


@pytest.mark.parametrize(
    ("stems", "name"),
    [
        (["door_1", "door_2"], "door"),
        (["big_door_7_draft", "big_door_7_8steps"], "big_door"),
        (["boom_123"], "boom"),
        (["4", "4"], "4"),
        (["a", "b"], "Kit"),
        ([""], "Kit"),
    ],
)
def test_the_name_of_a_family(stems: list[str], name: str) -> None:
    assert family(stems) == name


def zoned(name, *takes, program=0):
    zones = tuple(Zone(take=take, low=36, high=36, root=36) for take in takes)
    return Kit(name=name, program=program, zones=zones)


def test_kits_that_are_played_together_have_programs_of_their_own():
    names = [("a", 0), ("b", 0), ("c", 1), ("d", 7), ("e", 7), ("f", 0)]
    played, _ = kits.together([(zoned(name, "x", program=program), {}) for name, program in names])
    assert [(kit.name, kit.program) for kit in played] == [
        ("a", 0), ("b", 2), ("c", 1), ("d", 7), ("e", 3), ("f", 4),
    ]  # fmt: skip
    (alone,), _ = kits.together([(zoned("alone", "x", program=5), {})])
    assert alone.program == 5
    with pytest.raises(InvalidRequest, match="128 kits"):
        kits.together([(zoned("k", "x"), {})] * 129)


def test_different_sounds_of_one_name_stay_apart_and_missing_ones_stay_missing(tmp_path):
    here, there = tmp_path / "here" / "boom.wav", tmp_path / "there" / "boom.wav"
    played, sounds = kits.together(
        [
            (zoned("a", "boom.wav"), {"boom.wav": here}),
            (zoned("b", "boom.wav", "gone"), {"boom.wav": there}),
            (zoned("c", "boom.wav"), {"boom.wav": here}),
            (zoned("d", "boom.wav"), {}),
            (zoned("e", "gone"), {"gone": there}),
        ]
    )
    found = [[sounds.get(zone.take) for zone in kit.zones] for kit in played]
    assert found == [[here], [there, None], [here], [None], [there]]
