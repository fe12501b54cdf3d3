"""The engine judges sounds: as the judge itself does, after drafts, before refinements, inside the session."""

from __future__ import annotations

import os

import numpy as np
import pytest

from engine.judging import LONGEST, Judging, inside, read
from engine.local import Ask, plan
from engine.models import judge as judges
from engine.protocol import Draft, Failed, Judge, Judged, Progress, Ready, Refine
from engine.scheduler import Order, Scheduler
from presets.errors import InvalidRequest
from presets.export import wav
from presets.sound import Sound

BELL, WASPS = "church bell", "a swarm of wasps"


@pytest.fixture
def state(module_state):
    """These tests share one engine."""
    return module_state


def recipe(seed=1, text=BELL, steps=1):
    return plan(Ask(text, seed=seed, steps=steps, length=0.5))[0]


def hear(ears, ticket):
    return ears.hear(lambda e: isinstance(e, Judged | Failed) and e.ticket == ticket)[1]


def noise(path, seconds=1.0, gain=0.1):
    samples = np.random.default_rng(1).standard_normal((1, round(seconds * 44100))).astype(np.float32) * gain
    wav.write(path, Sound(samples, 44100), depth="32f")
    return path


def test_the_engine_says_what_the_judge_says(ears, engine):
    ready = ears.outcome(ears.client.draft("1", recipe()))
    assert isinstance(ready, Ready)
    told = hear(ears, ears.client.judge(ears.folder / ready.path, BELL))
    judge = judges.load()
    mark = judge.hear([wav.read(ears.folder / ready.path).sound]).embeddings[0]
    words = judge.read(np.array([engine.embed(BELL)]))[0]
    assert told.mark == pytest.approx(mark.tolist(), abs=1e-5)
    assert told.fit == pytest.approx(float(mark @ words), abs=1e-5)


def test_a_sound_fits_its_own_words_better_than_others(ears):
    ready = ears.outcome(ears.client.draft("1", recipe(seed=3)))
    own, other = (hear(ears, ears.client.judge(ears.folder / ready.path, text)).fit for text in (BELL, WASPS))
    assert own > other + 0.2


def test_how_loud_a_sound_is_does_not_matter(ears, tmp_path):
    marks = [hear(ears, ears.client.judge(noise(tmp_path / f"{g}.wav", gain=g), BELL)).mark for g in (0.02, 0.3)]
    assert float(np.dot(*marks)) > 0.999


def test_only_sounds_of_the_session_are_heard(ears, tmp_path, tmp_path_factory):
    elsewhere = noise(tmp_path_factory.mktemp("elsewhere") / "secret.wav")
    (tmp_path / "link.wav").symlink_to(elsewhere)
    os.mkfifo(tmp_path / "pipe.wav")
    asked = {
        elsewhere: "outside", tmp_path / "link.wav": "outside", tmp_path / ".." / "x.wav": "outside",
        tmp_path / "gone.wav": "gone", tmp_path / "pipe.wav": "gone", tmp_path: "gone",
    }  # fmt: skip
    for path, word in asked.items():
        told = hear(ears, ears.client.judge(path, BELL))
        assert isinstance(told, Failed)
        assert told.kind == "failed"
        assert word in told.sentence
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"RIFF")
    assert isinstance(hear(ears, ears.client.judge(broken, BELL)), Failed)
    assert isinstance(hear(ears, ears.client.judge(noise(tmp_path / "fine.wav"), BELL)), Judged)


def test_a_path_that_is_none_is_refused(tmp_path):
    for path in (tmp_path / "a\0b.wav", tmp_path / ("x" * 5000)):
        with pytest.raises(InvalidRequest):
            inside(path, tmp_path)
    with pytest.raises(InvalidRequest, match="outside"):
        inside(noise(tmp_path / "a.wav"), None)


def test_another_folder_may_be_named_for_the_sounds(listen, tmp_path):
    (tmp_path / "drafts").mkdir()
    ears = listen(tmp_path / "drafts", sounds=tmp_path)
    assert isinstance(hear(ears, ears.client.judge(noise(tmp_path / "a.wav"), BELL)), Judged)


def test_a_refinement_makes_room_for_judging(ears, tmp_path):
    sound = noise(tmp_path / "a.wav")
    refinement = ears.client.refine(recipe(steps=64, seed=3))
    ears.hear(lambda e: isinstance(e, Progress))
    judged = ears.client.judge(sound, BELL)
    ended = ears.hear(lambda e: isinstance(e, Judged | Ready) and e.ticket in (judged, refinement))[1]
    assert ended.ticket == judged
    ears.client.cancel(refinement)
    ears.outcome(refinement)


def test_judging_waits_for_drafts_and_can_be_given_up():
    scheduler = Scheduler()
    jobs = [
        Refine(ticket="refine", recipe=recipe()),
        Judge(ticket="judge", path="/x.wav", text=BELL),
        Judge(ticket="never", path="/y.wav", text=BELL),
        Draft(ticket="draft", slot="1", recipe=recipe()),
    ]
    for job in jobs:
        scheduler.add(Order("me", job))
    assert scheduler.unjudged() == 2
    assert scheduler.cancel("me", "never").ticket == "never"
    assert [scheduler.take_urgent().ticket for _ in range(2)] == ["draft", "judge"]
    assert scheduler.take_urgent() is None
    assert scheduler.take().ticket == "refine"
    scheduler.add(Order("me", jobs[2]))
    scheduler.forget("me")
    assert scheduler.unjudged() == 0


def test_of_a_long_sound_the_first_minute_is_heard(tmp_path):
    assert read(noise(tmp_path / "long.wav", LONGEST + 2)).seconds == LONGEST


def test_nothing_is_loaded_before_something_is_judged():
    assert Judging()._reader is None
