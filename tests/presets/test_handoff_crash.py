"""An update that is killed at any moment leaves the old file or the new one; the next update goes on."""

from __future__ import annotations

import inspect
import os
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import presets
from presets import handoff
from presets.export import wav
from presets.export.version import read_version
from presets.handoff import Given
from presets.schema import Edit, Prompt, Recipe, Version
from presets.sound import Sound

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(presets.__file__).parent.parent)}

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")


def whole(steps):
    """A version with so many steps: its samples are a hundredth of them."""
    recipe = Recipe(
        model="m",
        model_hash="h",
        prompt=Prompt(text="door"),
        seed=1,
        frames=9,
        steps=steps,
        omega=1.0,
        decode_seed=0,
        renderer=1,
    )
    sound = Sound(np.full((2, 48000), 0.01 * steps, np.float32), 48000)
    return Given(sound, Version(recipe=recipe, edit=Edit(length=1.0), checksum="c"))


SOUNDS = f"""
import sys
from pathlib import Path
import numpy as np
from presets import handoff
from presets.handoff import Given
from presets.schema import Edit, Prompt, Recipe, Version
from presets.sound import Sound

{inspect.getsource(whole)}
"""

UPDATES_FOR_EVER = (
    SOUNDS
    + """
for turn in range(10**9):
    print(".", end="", flush=True)
    handoff.update(Path(sys.argv[1]), lambda h: whole(1 + turn % 2))
"""
)

DIES_AT_A_CALL = (
    SOUNDS
    + """
import os, signal
step, moment, number = sys.argv[2], sys.argv[3], int(sys.argv[4])
real, calls = getattr(os, step), 0

def dying(*arguments, **options):
    global calls
    calls += 1
    if calls == number and moment == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    result = real(*arguments, **options)
    if calls == number:
        os.kill(os.getpid(), signal.SIGKILL)
    return result

setattr(os, step, dying)
print(handoff.update(Path(sys.argv[1]), lambda h: whole(2))[0].state)
"""
)


def check(session, names):
    """Every file is whole and one of the two; the next update brings all to the newest."""
    for name in names:
        there = wav.read(session / "handoffs" / name).sound
        steps = read_version(session / "handoffs" / name).recipe.steps
        assert steps in (1, 2)
        assert there.frames == 48000
        assert abs(there.samples - 0.01 * steps).max() < 2**-23
    found, told = handoff.listed(session)
    assert ([h.name for h in found], told) == (names, [])
    outcomes = handoff.update(session, lambda h: whole(2))
    assert {o.state for o in outcomes} <= {"updated", "current"}
    for name in names:
        assert read_version(session / "handoffs" / name).recipe.steps == 2
    assert len(list((session / "handoffs").iterdir())) == 2 * len(names)


def session_of(folder, count=2):
    return [handoff.give(folder, f"f{n}", whole(1), 48000, "24", linked=True).name for n in range(count)]


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize(
    ("step", "number"),
    [
        ("replace", 1),
        ("replace", 2),
        ("rename", 1),
        ("utime", 1),
        ("chmod", 1),
        ("unlink", 2),
        ("fsync", 1),
        ("fsync", 3),
    ],
)
def test_death_at_any_step_leaves_the_old_or_the_new(tmp_path, step, number, moment):
    names = session_of(tmp_path)
    words = [sys.executable, "-c", DIES_AT_A_CALL, tmp_path, step, moment, str(number)]
    subprocess.run(list(map(str, words)), env=ENVIRONMENT, check=False, capture_output=True)
    check(tmp_path, names)


def kill_at_random_moments(folder, times):
    names = session_of(folder)
    chance = random.Random(times)
    for _ in range(times):
        words = [sys.executable, "-c", UPDATES_FOR_EVER, str(folder)]
        with subprocess.Popen(words, env=ENVIRONMENT, stdout=subprocess.PIPE) as updater:
            updater.stdout.read(chance.randrange(1, 4))
            try:
                updater.wait(chance.random() * 0.06)
            except subprocess.TimeoutExpired:
                updater.kill()
        check(folder, names)


def test_updates_killed_at_random_moments(tmp_path):
    kill_at_random_moments(tmp_path, 10)


@pytest.mark.long
def test_a_hundred_killed_updates(tmp_path):
    kill_at_random_moments(tmp_path, 100)
