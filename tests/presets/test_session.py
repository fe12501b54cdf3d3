"""A session on disk: its identity, sidecars, claim, history and drafts; nothing lost between two writers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from presets.claim import CLAIM, Claim
from presets.drafts import Drafts
from presets.errors import InvalidRequest, NotWritten, UnreadableFile
from presets.export import version as versions
from presets.export import wav
from presets.files import host
from presets.history import HISTORY, moments, remember
from presets.keeping import keep
from presets.renaming import rename
from presets.session import FILE, Cancelled, opened
from presets.sound import Sound
from tests.presets.synthetic import recipe, version
from tests.presets.test_files_crash import ENVIRONMENT, tiny_disk

__all__ = ["tiny_disk"]

RATE = 48_000

posix = pytest.mark.skipif(os.name == "nt", reason="permissions of POSIX")


def sound(seed: int, channels: int = 1, frames: int = 4800) -> Sound:
    return Sound(np.random.default_rng(seed).uniform(-0.5, 0.5, (channels, frames)).astype(np.float32), RATE)


@pytest.fixture
def session(tmp_path):
    """A session in a folder of its own."""
    (tmp_path / "film").mkdir()
    return opened(tmp_path / "film")


@pytest.fixture
def draft(tmp_path):
    """A version that Onetake wrote, somewhere else."""
    path = tmp_path / "draft.wav"
    versions.write(path, sound(1), version(1, "huge metal door slam"), "24")
    return path


@pytest.fixture
def recording(tmp_path):
    """A WAV that was not generated."""
    path = tmp_path / "my recording.wav"
    wav.write(path, sound(2, channels=2), depth="24", chunks={b"bext": b"someone's description"})
    return path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_session_keeps_its_id(session):
    assert opened(session.folder).id == session.id
    assert json.loads((session.folder / FILE).read_text())["kind"] == "session"


def test_two_that_begin_a_session_at_once_agree(tmp_path):
    found = []
    threads = [threading.Thread(target=lambda: found.append(opened(tmp_path).id)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


@pytest.mark.parametrize("name", ["", "..", "../x", "a/b", "a\\b", "C:x", "\0", ".hidden", "x" * 300])
def test_no_name_leads_out_of_the_folder(session, name):
    for act in (session.path, session.sidecar, session.entry, session.one):
        with pytest.raises(InvalidRequest):
            act(name)


def test_changing_a_take_that_is_not_there_is_told(session):
    with pytest.raises(InvalidRequest, match="no take"):
        session.change(["boom"], lambda entry: entry)


def test_a_take_without_a_sidecar_gets_one_when_something_is_said(session, recording):
    recording.rename(session.made(session.takes) / "old_bell.wav")
    session.change(["old_bell"], lambda entry: replace(entry, rating=4))
    entry = session.entry("old_bell")
    assert (entry.name, entry.rating) == ("old bell", 4)


def test_a_broken_sidecar_is_never_written_over(session, recording):
    name = keep(session, recording)
    session.sidecar(name).write_bytes(b"{broken")
    with pytest.raises(UnreadableFile):
        session.change([name], lambda entry: replace(entry, rating=1))
    assert session.sidecar(name).read_bytes() == b"{broken"


def test_a_change_can_be_stopped_between_two_takes(session, recording):
    kept = [keep(session, recording) for _ in range(3)]
    with pytest.raises(Cancelled, match="1 of 3"):
        session.change(kept, lambda entry: replace(entry, rating=5), lambda done, _: done < 1)
    assert [session.entry(name).rating for name in kept] == [5, 0, 0]


def test_a_read_only_session_can_be_opened_but_not_changed(tiny_disk, recording):
    name = keep(opened(tiny_disk), Path(_short(recording)))
    subprocess.run(["mount", "-o", "remount,ro", tiny_disk], check=True)
    session = opened(tiny_disk)
    assert list(session.files()) == [name]
    for act in (
        lambda: session.change([name], lambda entry: replace(entry, rating=1)),
        lambda: keep(session, recording),
        lambda: rename(session, name, "x"),
        lambda: remember(session.folder, recipe(1)),
    ):
        with pytest.raises(NotWritten):
            act()


def test_a_read_only_folder_without_a_session_can_be_opened(tiny_disk):
    subprocess.run(["mount", "-o", "remount,ro", tiny_disk], check=True)
    session = opened(tiny_disk)
    assert not session.is_saved
    assert session.id == opened(tiny_disk).id


def _short(path: Path) -> Path:
    short = path.with_name("short.wav")
    wav.write(short, sound(1, frames=100), depth="16")
    return short


def test_history_survives_half_lines(session):
    for seed in range(3):
        remember(session.folder, recipe(seed))
    path = session.folder / HISTORY / f"{host()}.jsonl"
    path.write_bytes(path.read_bytes()[:-20])
    remember(session.folder, recipe(7))
    (session.folder / HISTORY / "other.jsonl").write_bytes(b"\xff\n{}\n" + b"[" * 100_000)
    assert [moment.recipe.seed for moment in moments(session.folder)] == [0, 1, 7]


ADDS = """
import sys
from pathlib import Path
from presets.history import remember
from tests.presets.synthetic import recipe
for seed in range(int(sys.argv[2]), int(sys.argv[2]) + 200):
    remember(Path(sys.argv[1]), recipe(seed))
"""

TAGS = """
import sys
from pathlib import Path
from msgspec.structs import replace
from presets.session import opened
session = opened(Path(sys.argv[1]))
for number in range(25):
    tag = f"{sys.argv[2]}{number}"
    session.change(["bell"], lambda entry: replace(entry, tags=(*entry.tags, tag)))
"""


def together(script: str, *calls: tuple[object, ...]) -> None:
    children = [
        subprocess.Popen([sys.executable, "-c", script, *map(str, call)], env=ENVIRONMENT) for call in calls
    ]
    assert [child.wait(120) for child in children] == [0] * len(children)


def test_programs_that_remember_at_once_lose_no_line(session):
    together(ADDS, (session.folder, 0), (session.folder, 1000), (session.folder, 2000))
    found = {moment.recipe.seed for moment in moments(session.folder)}
    assert found == {start + n for start in (0, 1000, 2000) for n in range(200)}


def test_programs_that_change_one_take_at_once_lose_nothing(session, recording):
    keep(session, recording, "bell")
    together(TAGS, (session.folder, "a"), (session.folder, "b"), (session.folder, "c"))
    assert set(session.entry("bell").tags) == {f"{who}{n}" for who in "abc" for n in range(25)}
    assert CLAIM not in names(session.folder)


def test_the_claim_of_a_dead_process_is_taken_over(tmp_path):
    died = subprocess.Popen([sys.executable, "-c", ""])
    died.wait()
    (tmp_path / CLAIM).write_text(f"{host()}-{died.pid}-{'0' * 16}")
    with Claim(tmp_path, patience=5).held():
        assert (tmp_path / CLAIM).read_text().startswith(f"{host()}-{os.getpid()}-")
    assert names(tmp_path) == []


def test_the_claim_of_another_machine_is_waited_for(tmp_path, monkeypatch):
    (tmp_path / CLAIM).write_text(f"{'f' * 8}-1-{'0' * 16}")
    with pytest.raises(NotWritten, match="Another Onetake"), Claim(tmp_path, patience=0.1).held():
        pass
    monkeypatch.setattr("presets.claim._ABANDONED", 0.05)
    with Claim(tmp_path, patience=30).held():
        pass
    assert names(tmp_path) == []


def test_who_lost_its_claim_stops(tmp_path, monkeypatch):
    monkeypatch.setattr("presets.claim._TOUCH", 0.0)
    claim = Claim(tmp_path)
    with claim.held(), claim.held():
        claim.alive()
        (tmp_path / CLAIM).write_text("somebody else")
        with pytest.raises(NotWritten, match="Another program"):
            claim.alive()
    assert (tmp_path / CLAIM).read_text() == "somebody else"


def test_the_ring_lets_the_oldest_go_and_remembers_the_recipes(session):
    one = 4800 * 4 + 2000
    drafts = Drafts(session, limit=3 * one)
    paths = []
    for seed in range(6):
        paths.append(drafts.add(sound(seed), version(seed)))
        os.utime(paths[-1], ns=(seed * 10**9, seed * 10**9))
    assert [path.exists() for path in paths] == [False] * 3 + [True] * 3
    assert drafts.find(version(5)) == paths[5]
    assert drafts.find(version(0)) is None
    assert [moment.recipe for moment in moments(session.folder)] == [recipe(seed) for seed in range(6)]
    Drafts(session, limit=10).added(paths[5])
    assert names(session.drafts) == [paths[5].name]


def test_a_broken_session_file_is_told(tmp_path):
    (tmp_path / FILE).write_text("{")
    with pytest.raises(UnreadableFile, match="Move it away"):
        opened(tmp_path)
    with pytest.raises(UnreadableFile, match="no folder"):
        opened(tmp_path / "missing")


@posix
def test_links_and_hidden_files_are_no_takes(session, recording):
    name = keep(session, recording)
    (session.takes / "link.wav").symlink_to(recording)
    (session.takes / "._bell.wav").write_bytes(b"what macOS leaves")
    (session.takes / "folder.wav").mkdir()
    assert list(session.files()) == [name]
    assert session.one(name) == session.files()[name]
