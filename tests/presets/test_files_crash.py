"""What another process or disk can do to a file: killed and racing writers, full and read-only disks."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import presets
from presets.errors import NotWritten
from presets.files import sweep, write_atomically

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(presets.__file__).parent.parent)}

posix = pytest.mark.skipif(os.name == "nt", reason="signals and limits of POSIX")

# Says with a dot on its output that another piece is on its way, so that its killer knows where it stands.
WRITES_FOR_EVER = """
import sys
from itertools import count
from pathlib import Path
from presets.files import write_atomically

def pieces(number):
    for _ in range(16):
        print(".", end="", flush=True)
        yield bytes([number % 256]) * 65536

folder = Path(sys.argv[1])
for number in count():
    write_atomically(folder / "replaced", pieces(number), overwrite=True)
    write_atomically(folder / f"new{number}", pieces(number))
"""

DIES_AT_A_STEP = """
import os, signal, sys
from pathlib import Path
from presets.files import write_atomically

path, step, moment, overwrite = Path(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4] == "overwrite"
real = getattr(os, step)

def dying(*arguments, **options):
    try:
        if moment == "after":
            real(*arguments, **options)
    finally:
        os.kill(os.getpid(), signal.SIGKILL)

setattr(os, step, dying)
write_atomically(path, b"new" * 1000, overwrite=overwrite)
"""

WRITES_ON_DEMAND = """
import errno, os, sys
from pathlib import Path
from presets.errors import NotWritten
from presets.files import write_atomically

def refused(*arguments, **options):
    raise PermissionError(errno.EPERM, "no links on this disk")

if sys.argv[2] == "without links":
    os.link = refused
for name in sys.stdin:
    try:
        write_atomically(Path(name.rstrip("\\n")), sys.argv[1].encode() * 5000)
        print("won", flush=True)
    except NotWritten:
        print("lost", flush=True)
"""

WRITES_BEYOND_A_LIMIT = """
import resource, signal, sys
from pathlib import Path
from presets.errors import NotWritten
from presets.files import write_atomically

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (5500, 5500))
try:
    write_atomically(Path(sys.argv[1]), (b"x" * 1000 for _ in range(6)))
except NotWritten as error:
    print(error)
"""


def child(script: str, *arguments: object) -> list[str]:
    return [sys.executable, "-c", script, *map(str, arguments)]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 KB, really mounted."""
    place = tmp_path / "disk"
    place.mkdir()
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        pytest.skip("only root may mount a disk")
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(place)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        yield place
    finally:
        subprocess.run(["umount", place], check=True)


def test_a_full_disk_is_told_and_loses_nothing(tiny_disk: Path) -> None:
    (tiny_disk / "old").write_bytes(b"old")
    for path in (tiny_disk / "new", tiny_disk / "old"):
        with pytest.raises(NotWritten, match="Free some space"):
            write_atomically(path, [b"x" * 1000] * 100, overwrite=True)
    assert names(tiny_disk) == ["old"]
    assert (tiny_disk / "old").read_bytes() == b"old"
    write_atomically(tiny_disk / "new", b"x" * 10_000)


def test_a_read_only_disk_is_told(tiny_disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", tiny_disk], check=True)
    with pytest.raises(NotWritten, match="read-only"):
        write_atomically(tiny_disk / "new", b"x")


@posix
def test_a_file_larger_than_allowed_is_told(tmp_path: Path) -> None:
    done = subprocess.run(
        child(WRITES_BEYOND_A_LIMIT, tmp_path / "file"),
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "larger than this disk" in done.stdout
    assert names(tmp_path) == []


@posix
@pytest.mark.parametrize("overwrite", ["overwrite", "new"])
@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("step", ["open", "write", "fsync", "commit", "unlink"])
def test_death_at_any_step_leaves_the_old_or_the_new(
    tmp_path: Path, step: str, moment: str, overwrite: str
) -> None:
    path = tmp_path / "file"
    if overwrite == "overwrite":
        path.write_bytes(b"old")
    step = {"overwrite": "replace", "new": "link"}[overwrite] if step == "commit" else step
    died = subprocess.run(child(DIES_AT_A_STEP, path, step, moment, overwrite), env=ENVIRONMENT, check=False)
    assert died.returncode == -9
    before_it = [b"old"] if overwrite == "overwrite" else [None]
    assert (path.read_bytes() if path.exists() else None) in [*before_it, b"new" * 1000]
    sweep(tmp_path)
    assert names(tmp_path) in ([], ["file"])


def kill_at_random_moments(folder: Path, times: int) -> None:
    chance = random.Random(times)
    for _ in range(times):
        with subprocess.Popen(child(WRITES_FOR_EVER, folder), env=ENVIRONMENT, stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            writer.stdout.read(chance.randrange(1, 150))
            writer.kill()
        sweep(folder)
        for path in folder.iterdir():
            content = path.read_bytes()
            assert len(content) == 16 * 65536
            assert len(set(content)) == 1
            path.unlink()


@posix
def test_a_killed_writer_leaves_no_half_file(tmp_path: Path) -> None:
    kill_at_random_moments(tmp_path, 10)


@posix
@pytest.mark.long
def test_three_hundred_killed_writers_leave_no_half_file(tmp_path: Path) -> None:
    kill_at_random_moments(tmp_path, 300)


@pytest.mark.parametrize("disk", ["with links", "without links"])
def test_of_two_that_race_for_a_name_exactly_one_wins(tmp_path: Path, disk: str) -> None:
    runners = [
        subprocess.Popen(
            child(WRITES_ON_DEMAND, name, disk),
            env=ENVIRONMENT,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for name in "ab"
    ]
    for turn in range(40):
        path = tmp_path / str(turn)
        for runner in runners:
            assert runner.stdin is not None
            runner.stdin.write(f"{path}\n")
            runner.stdin.flush()
        results = [runner.stdout.readline().strip() for runner in runners if runner.stdout]
        assert sorted(results) == ["lost", "won"]
        assert path.read_bytes() == "ab"[results.index("won")].encode() * 5000
    for runner in runners:
        runner.communicate()
        assert runner.returncode == 0
    assert len(names(tmp_path)) == 40
