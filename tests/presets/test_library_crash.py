"""Kill -9 of real programs at random moments: no take is lost, the index opens, no half file has a final name."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from presets import moving
from presets.entry import read_entry
from presets.errors import InvalidRequest
from presets.export import wav
from presets.index_search import Query
from presets.library import Library
from presets.schema import Preset, Prompt, canonical, decode
from presets.session import FILE, Moved, opened
from tests.presets.synthetic import fill, recipe
from tests.presets.test_files_crash import ENVIRONMENT

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")

ACTS = ("add", "tag", "rename", "rebuild", "migrate", "trash", "move")

# Says what it has finished, a line each, so that its killer knows what must be there.
WORKS_FOR_EVER = """
import itertools, random, shutil, sys
from pathlib import Path
from presets.entry import Entry
from presets.files import write_atomically
from presets.index_search import Query
from presets.library import Library
from presets.upgrade import migrate_file

act, (folder, indexes, old), start = sys.argv[1], map(Path, sys.argv[2:5]), int(sys.argv[5])
chance = random.Random(start)
source = folder.parent / "source.wav"
places = itertools.cycle([folder.parent / f"at{n}" for n in (1, 2, 3)])
with Library(folder, indexes) as library:
    for number in itertools.count(start):
        print("begin", flush=True)
        hits = library.find(Query(limit=1000, trashed=None))
        hit = chance.choice(hits)
        if act == "add":
            library.add(source, about=Entry(name=f"added {number}", tags=(f"n{number}",)))
            print("tag", f"n{number}", flush=True)
        elif act == "tag":
            library.tag([hit.file], [f"n{number}"])
            print("tag", f"n{number}", flush=True)
        elif act == "rename":
            library.rename(hit.file, f"name {chance.randrange(10**6)}")
        elif act == "rebuild":
            library.rebuild()
        elif act == "migrate":
            migrate_file(library.session.folder / "old.json")
            write_atomically(library.session.folder / "old.json", old.read_bytes(), overwrite=True)
        elif act == "trash":
            library.trash([hit.file])
            library.restore([hit.file])
        else:
            place = next(places)
            if place != library.session.folder:
                shutil.rmtree(place, ignore_errors=True)  # the mark that a move leaves
                library.move(place)
"""


class Studio:
    """A session that is worked on by programs that get killed, and what must be in it."""

    def __init__(self, root: Path) -> None:
        self.root, self.indexes, self.old = root, root / "indexes", root / "old"
        self.folder = root / "at0"
        fill(self.folder / "takes", 12)
        wav.write(root / "source.wav", wav.read(next((self.folder / "takes").glob("*.wav"))).sound, depth="24")
        self.preset = Preset(name="p", prompt=Prompt(text="x"), recipe=recipe(1))
        document = msgspec.json.decode(canonical(self.preset)) | {"version": 1}
        self.old.write_bytes(msgspec.json.encode(document))
        (self.folder / "old.json").write_bytes(self.old.read_bytes())
        self.tags: set[str] = set()
        with Library(self.folder, self.indexes) as library:
            self.sounds = {hit.checksum for hit in library.find(Query(trashed=None, limit=1000))}

    def work(self, act: str, start: int, chance: random.Random) -> None:
        """Let a program work and kill it."""
        words = [act, self.folder, self.indexes, self.old, start]
        with subprocess.Popen(
            [sys.executable, "-c", WORKS_FOR_EVER, *map(str, words)],
            env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        ) as child:  # fmt: skip
            lines = [child.stdout.readline() for _ in range(chance.randrange(1, 6))]
            try:
                child.wait(chance.uniform(0, 0.06))
            except subprocess.TimeoutExpired:
                child.kill()
            rest, errors = child.communicate()
            assert child.returncode == -9, errors
        said = [line.split() for line in [*lines, *rest.splitlines()]]
        self.tags |= {words[1] for words in said if len(words) == 2 and words[0] == "tag"}

    def check(self) -> None:
        """Whether everything is there, whole, and no more."""
        self.folder = self._found()
        with Library(self.folder, self.indexes) as library:
            assert library.remark == ""
            hits = library.find(Query(trashed=None, limit=10_000))
            assert [hit.problem for hit in hits if hit.wav] == [""] * len([hit for hit in hits if hit.wav])
            # A death between sidecar and WAV leaves one that nobody was told is kept.
            missing = [hit for hit in hits if not hit.wav]
            assert not self.tags & {tag for hit in missing for tag in hit.tags}
            assert self.sounds <= {hit.checksum for hit in hits if hit.wav}
            assert self.tags <= {tag for hit in hits for tag in hit.tags}
            for hit in hits:
                entry = read_entry(library.session.sidecar(hit.file))
                assert (entry.name, entry.tags) == (hit.name, hit.tags)
                if hit.wav:
                    assert wav.read(library.session.path(hit.file)).sound.frames > 0
            assert decode((self.folder / "old.json").read_bytes(), Preset, "old.json") == self.preset
            lost = [hit.file for hit in missing]
            library.trash(lost)
            assert library.empty_trash(lost) == lost
            library.say(next(hit.file for hit in hits if hit.wav), f"checked {len(self.tags)}")
            names = {path.name for place in (self.folder, library.session.takes) for path in place.iterdir()}
            assert not {name for name in names if name.startswith(".onetake")}  # what the dead one held is free

    def _found(self) -> Path:
        """Where the session lies; of two whole copies one is deleted, as the user is told to."""
        places = sorted(path for path in self.root.glob("at*") if (path / FILE).exists())
        whole = []
        for place in places:
            try:
                whole.append(opened(place).folder)
            except Moved:
                moving.clear(place)
        assert whole
        if len(whole) == 2:
            with pytest.raises(InvalidRequest, match="whole copy"):
                moving.move(opened(whole[0]), whole[1])
            contents = [{p.name: p.read_bytes() for p in (one / "takes").iterdir()} for one in whole]
            assert contents[0] == contents[1]
            shutil.rmtree(whole[0])
        return whole[-1]


def kill_at_random_moments(root: Path, times: int) -> None:
    chance = random.Random(times)
    studio = Studio(root)
    for number in range(times):
        studio.work(ACTS[number % len(ACTS)], 1000 * number, chance)
        studio.check()


def test_killed_programs_lose_no_take(tmp_path):
    kill_at_random_moments(tmp_path, 10)


@pytest.mark.long
def test_a_hundred_killed_programs_lose_no_take(tmp_path):
    kill_at_random_moments(tmp_path, 105)
