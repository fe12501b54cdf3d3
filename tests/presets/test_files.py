"""Files are written whole or not at all, whatever goes wrong; and any prompt gives a name for one."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from presets import files
from presets.errors import InvalidRequest, NotWritten
from presets.files import safe_name, sweep, unused, write_atomically

posix = pytest.mark.skipif(os.name == "nt", reason="links, permissions and signals of POSIX")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize(
    "pieces", [[], [b"abc"], [b"a", b"", bytearray(b"b"), memoryview(b"c")], [b"a" * 1_000_000] * 3]
)
def test_all_that_is_given_is_written(tmp_path: Path, pieces: list[bytes], overwrite: bool) -> None:
    for number, data in enumerate((b"".join(pieces), pieces, iter(pieces))):
        write_atomically(tmp_path / str(number), data, overwrite=overwrite)
        assert (tmp_path / str(number)).read_bytes() == b"".join(pieces)
    assert names(tmp_path) == ["0", "1", "2"]


def test_an_existing_file_stays_unless_replacing_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_atomically(path, b"old")
    with pytest.raises(NotWritten, match="exists already"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    write_atomically(path, b"new", overwrite=True)
    assert path.read_bytes() == b"new"


def test_a_file_that_appears_meanwhile_stays(tmp_path: Path) -> None:
    path = tmp_path / "file"

    def pieces() -> Iterator[bytes]:
        path.write_bytes(b"theirs")
        yield b"ours"

    with pytest.raises(NotWritten, match="exists already"):
        write_atomically(path, pieces())
    assert path.read_bytes() == b"theirs"
    assert names(tmp_path) == ["file"]


@posix
def test_a_replaced_file_keeps_its_permissions_and_a_new_one_has_the_usual_ones(tmp_path: Path) -> None:
    old_mask = os.umask(0o027)
    try:
        write_atomically(tmp_path / "new", b"")
        for permissions in (0o600, 0o664):
            (tmp_path / "old").touch()
            (tmp_path / "old").chmod(permissions)
            write_atomically(tmp_path / "old", b"", overwrite=True)
            assert (tmp_path / "old").stat().st_mode & 0o777 == permissions
    finally:
        os.umask(old_mask)
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o640


@posix
def test_a_private_file_has_a_successor_that_was_private_from_its_first_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "key").touch(0o600)
    monkeypatch.setattr(os, "chmod", lambda *_, **__: None)

    def pieces() -> Iterator[bytes]:
        assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}
        yield b"secret"

    write_atomically(tmp_path / "key", pieces(), overwrite=True)


@posix
def test_a_link_is_replaced_and_its_target_stays(tmp_path: Path) -> None:
    (tmp_path / "target").write_bytes(b"old")
    (tmp_path / "link").symlink_to(tmp_path / "target")
    with pytest.raises(NotWritten, match="exists already"):
        write_atomically(tmp_path / "link", b"new")
    write_atomically(tmp_path / "link", b"new", overwrite=True)
    assert (tmp_path / "target").read_bytes() == b"old"
    assert (tmp_path / "link").read_bytes() == b"new"
    assert not (tmp_path / "link").is_symlink()


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError, OSError, SystemExit])
@pytest.mark.parametrize("overwrite", [False, True])
def test_an_exception_on_the_way_passes_through_and_leaves_nothing(
    tmp_path: Path, error: type[BaseException], overwrite: bool
) -> None:
    (tmp_path / "old").write_bytes(b"old")

    def pieces() -> Iterator[bytes]:
        yield b"new"
        raise error

    with pytest.raises(error):
        write_atomically(tmp_path / ("old" if overwrite else "new"), pieces(), overwrite=overwrite)
    assert names(tmp_path) == ["old"]
    assert (tmp_path / "old").read_bytes() == b"old"


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize(
    ("place", "advice"),
    [
        ("missing/file", "Create the folder"),
        ("file/file", "folder is a file"),
        ("folder", "is a folder"),
        (".", "is a folder"),
        ("x" * 300, "too long"),
        ("a\0b", "characters"),
        ("\ud800", "characters"),
    ],
)
def test_what_cannot_be_written_says_what_to_do(tmp_path: Path, place: str, advice: str, overwrite: bool) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    with pytest.raises(NotWritten, match=advice):
        write_atomically(tmp_path / place, b"x", overwrite=overwrite)
    assert names(tmp_path) == ["file", "folder"]


@pytest.mark.parametrize("step", ["open", "write", "fsync", "close", "link", "replace"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS, errno.EFBIG, errno.EIO])
def test_whatever_fails_is_told_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, code: int
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code))

    (tmp_path / "file").write_bytes(b"old")
    with (
        monkeypatch.context() as patch,
        pytest.raises(NotWritten, match=r"could not be written: .*\.$") as told,
    ):
        patch.setattr(os, step, fails)
        write_atomically(tmp_path / ("new" if step == "link" else "file"), b"new", overwrite=step != "link")
    assert isinstance(told.value.__cause__, OSError)
    assert names(tmp_path) == ["file"]
    assert (tmp_path / "file").read_bytes() == b"old"


@posix
def test_a_folder_that_is_not_ours_is_told(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    tmp_path.chmod(0o500)
    with pytest.raises(NotWritten, match="not allowed"):
        write_atomically(tmp_path / "file", b"x")


@posix
def test_a_link_that_was_made_though_the_answer_was_lost_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = os.link

    def link_twice(*arguments: str) -> None:
        link(*arguments)
        link(*arguments)

    monkeypatch.setattr(os, "link", link_twice)
    write_atomically(tmp_path / "file", b"x")
    assert (tmp_path / "file").read_bytes() == b"x"
    assert names(tmp_path) == ["file"]


@posix
def test_without_links_a_failure_gives_the_name_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise OSError(errno.ENOTSUP, "not on this disk")

    monkeypatch.setattr(os, "link", fails)
    write_atomically(tmp_path / "file", b"x")
    monkeypatch.setattr(os, "replace", fails)
    with pytest.raises(NotWritten):
        write_atomically(tmp_path / "other", b"x")
    assert names(tmp_path) == ["file"]


def leftover(folder: Path, *, host: str, pid: int, age: float = 0.0) -> Path:
    path = folder / f".onetake-{host}-{pid}-0123abcd.tmp"
    path.touch()
    written = path.stat().st_mtime - age
    os.utime(path, (written, written))
    return path


@posix
def test_sweeping_removes_what_dead_processes_left_and_nothing_else(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as dead:
        pass
    here = files.host()
    kept = [
        leftover(tmp_path, host=here, pid=os.getpid()),
        leftover(tmp_path, host="00000000", pid=dead.pid),
        tmp_path / "take.wav",
        tmp_path / f".onetake-{here}-{dead.pid}.tmp",
    ]
    for path in kept[2:]:
        path.touch()
        os.utime(path, (0, 0))
    (tmp_path / f".onetake-{here}-{dead.pid}-00000000.tmp").mkdir()
    removed = [
        leftover(tmp_path, host=here, pid=dead.pid),
        leftover(tmp_path, host="11111111", pid=os.getpid(), age=3700),
        leftover(tmp_path, host=here, pid=os.getppid(), age=3700),
        leftover(tmp_path, host=here, pid=10**30),
    ]
    assert sorted(sweep(tmp_path)) == sorted(removed)
    assert all(path.exists() for path in kept)
    assert sweep(tmp_path / "missing") == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("huge metal door slam in a cathedral", "huge_metal_door_slam_in_a_cathedral"),
        ("4/4 kick, don't stop!", "4_4_kick_dont_stop"),
        ("../../etc/passwd", "etc_passwd"),
        ("..", "sound"),
        ("", "sound"),
        ('🔥🔥 \\ / : * ? " < > |', "sound"),
        ("👩‍🚀 in space", "in_space"),
        ("CON", "CON_"),
        ("lpt1.wav", "lpt1_wav"),
        ("  trailing. . ", "trailing"),
        ("cafe\u0301 Straße 雨の音 дождь", "café_Straße_雨の音_дождь"),
        ("हिन्दी ध्वनि", "हिन्दी_ध्वनि"),
        ("1\ufe0f\u20e3 hit", "1_hit"),
        ("word " * 3000, "_".join(["word"] * 12)),
        ("é" * 10_000, "é" * 30),
        ("a\0b\nc\td\ud800e", "a_b_c_d_e"),
    ],
)
def test_names_of_prompts(text: str, name: str) -> None:
    assert safe_name(text) == name


RESERVED = {"CON", "PRN", "AUX", "NUL", *(f"COM{n}" for n in range(10)), *(f"LPT{n}" for n in range(10))}


def assert_safe(name: str, limit: int) -> None:
    assert name
    assert len(name.encode()) <= limit
    assert name.upper() not in RESERVED
    assert unicodedata.is_normalized("NFC", name)
    assert all(letter == "_" or unicodedata.category(letter)[0] in "LMN" for letter in name)
    assert safe_name(name, limit) == name


@given(
    st.text(st.characters(), max_size=80) | st.text(st.sampled_from("COMPRNAUXLcom1 ._-é\u0301"), max_size=9),
    st.integers(5, 250),
)
@example("com1\U0001f600", 5)
@example("con雨", 5)
@settings(deadline=None, derandomize=True, max_examples=400)
def test_any_text_gives_a_safe_name(text: str, limit: int) -> None:
    assert_safe(safe_name(text, limit), limit)


@pytest.mark.long
def test_every_character_gives_a_safe_name() -> None:
    for code in range(sys.maxunicode + 1):
        for text in (chr(code), f"a{chr(code)}b", f"a{chr(code)}\u0301"):
            assert_safe(safe_name(text), 60)


def test_a_limit_that_holds_no_name_is_refused() -> None:
    with pytest.raises(InvalidRequest):
        safe_name("door", 4)


def test_a_name_that_is_taken_gets_a_number(tmp_path: Path) -> None:
    path = tmp_path / "door.slam.wav"
    for expected in ("door.slam.wav", "door.slam_2.wav", "door.slam_3.wav"):
        assert unused(path).name == expected
        unused(path).touch()
    assert unused(tmp_path / "door") == tmp_path / "door"


@posix
def test_a_link_to_nothing_takes_a_name_too(tmp_path: Path) -> None:
    (tmp_path / "door.wav").symlink_to(tmp_path / "missing")
    assert unused(tmp_path / "door.wav").name == "door_2.wav"
