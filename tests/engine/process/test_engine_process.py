"""The real process: sounds over the line, drafts before refinements, held noise, and two clients at once."""

from __future__ import annotations

import json
import os
import time

import msgspec
import pytest

from engine.client import EngineClient, NoEngine
from engine.local import Ask, plan
from engine.protocol import Embedded, Failed, Metrics, Progress, Ready
from presets.export import wav
from presets.export.version import read_version
from presets.schema import with_steps

DOOR = "huge metal door slam"


@pytest.fixture
def state(module_state):
    """These tests share one engine."""
    return module_state


def recipe(seed=1, steps=1, text=DOOR):
    return plan(Ask(text, seed=seed, steps=steps, length=0.5))[0]


def test_a_draft_comes_as_the_same_bytes_that_this_process_makes(ears, engine):
    ready = ears.outcome(ears.client.draft("1", recipe()))
    assert isinstance(ready, Ready), ready
    here = engine.make(recipe())
    content = wav.read(ears.folder / ready.path)
    assert content.sound.checksum() == here.version.checksum == ready.version.checksum
    assert read_version(ears.folder / ready.path) == ready.version == here.version
    assert not ready.silent


def test_refining_tells_its_steps_and_its_previews_lead_to_the_sound(ears, engine):
    draft = ears.outcome(ears.client.draft("1", recipe()))
    ticket = ears.client.refine(recipe(steps=4), draft.version.edit, preview=True)
    steps = [ears.hear(lambda e: isinstance(e, Progress))[1] for _ in range(4)]
    ready = ears.outcome(ticket)
    assert [(p.done, p.steps) for p in steps] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert ready.version.identity > 0.8
    assert ready.version.edit == draft.version.edit
    assert ready.version == engine.make(recipe(steps=4), draft.version.edit).version
    previews = [wav.read(ears.folder / p.preview).sound for p in steps[:-1]]
    assert not steps[-1].preview
    assert all(sound.frames == wav.read(ears.folder / ready.path).sound.frames for sound in previews)
    assert previews[0].checksum() != previews[-1].checksum()


def test_the_first_preview_is_the_estimate_of_the_first_jump_not_noise(ears, engine):
    from engine.identity import correlation

    ticket = ears.client.refine(recipe(steps=2), preview=True)
    step = ears.hear(lambda e: isinstance(e, Progress))[1]
    ears.outcome(ticket)
    assert correlation(wav.read(ears.folder / step.preview).sound, engine.make(recipe()).sound) > 0.8


def test_drafts_go_before_a_refinement_that_runs(ears):
    ears.outcome(ears.client.draft("1", recipe()))
    refinement = ears.client.refine(recipe(steps=64, seed=3))
    ears.hear(lambda e: isinstance(e, Progress))
    drafts = [ears.client.draft(str(slot), recipe(seed=slot)) for slot in range(4)]
    ended = list(ears.outcomes([*drafts, refinement]))
    assert ended == [*drafts, refinement]


def test_a_refinement_that_served_drafts_has_the_same_bytes(ears, engine):
    ticket = ears.client.refine(recipe(steps=16, seed=3))
    for i in range(6):
        ears.outcome(ears.client.draft("1", recipe(seed=20 + i)))
    assert ears.outcome(ticket).version.checksum == engine.make(recipe(steps=16, seed=3)).version.checksum


def test_the_newest_words_of_a_slot_win(ears):
    ears.outcome(ears.client.draft("1", recipe()))
    tickets = [ears.client.draft("1", recipe(text=f"{DOOR} {i}")) for i in range(30)]
    ended = ears.outcomes(tickets)
    assert isinstance(ended[tickets[-1]], Ready)
    others = [e for t, e in ended.items() if t != tickets[-1] and isinstance(e, Failed)]
    assert others
    assert all(e.kind == "replaced" for e in others)


def test_cancelling_a_running_refinement_ends_it_soon_and_nothing_else(ears):
    refinement, other = ears.client.refine(recipe(steps=64)), ears.client.refine(recipe(steps=2, seed=9))
    ears.hear(lambda e: isinstance(e, Progress) and e.ticket == refinement)
    ears.client.cancel(refinement)
    ended = ears.outcomes([refinement, other])
    assert ended[refinement].kind == "cancelled"
    assert isinstance(ended[other], Ready)


def test_cancelling_a_waiting_refinement(ears):
    running, waiting = ears.client.refine(recipe(steps=64)), ears.client.refine(recipe(steps=2, seed=9))
    ears.client.cancel(waiting)
    assert ears.outcomes([waiting, running])[waiting].kind == "cancelled"


def test_held_noise_changing_words_changes_only_the_words(ears):
    """The seed stays, so x_T stays: the words back, the bytes back."""
    first, other, back = (
        ears.outcome(ears.client.draft("1", recipe(text=text))) for text in (DOOR, f"{DOOR}s", DOOR)
    )
    assert first.version.checksum == back.version.checksum != other.version.checksum


def test_a_variation_is_a_draft_with_a_radius(ears, engine):
    near = msgspec.structs.replace(recipe(), variation_seed=5, variation_radius=0.2)
    assert ears.outcome(ears.client.draft("1", near)).version.checksum == engine.make(near).version.checksum


def test_a_text_becomes_a_unit_vector_and_near_texts_near_vectors(ears):
    def vector(text):
        embedded = ears.outcome(ears.client.embed("starter", text))
        assert isinstance(embedded, Embedded)
        return embedded.vector

    rain, drizzle, laser = vector("heavy rain"), vector("light rain drizzle"), vector("laser gun zap")

    def dot(a, b):
        return sum(x * y for x, y in zip(a, b, strict=True))

    assert dot(rain, rain) == pytest.approx(1.0, abs=1e-5)
    assert dot(rain, drizzle) > dot(rain, laser)


def test_metrics_tell_how_the_engine_is(ears):
    ears.client.warm("starter")
    ears.outcome(ears.client.draft("1", recipe()))
    ears.client.status()
    metrics = ears.hear(lambda e: isinstance(e, Metrics) and e.done >= 1)[1]
    assert metrics.models == ("starter",)
    assert metrics.memory > 100
    assert metrics.device


def test_two_clients_share_one_engine_and_hear_only_their_own(listen, tmp_path):
    folders = [tmp_path / name for name in ("a", "b")]
    for folder in folders:
        folder.mkdir()
    one, two = (listen(folder) for folder in folders)
    assert one.client.pid == two.client.pid
    tickets = [ears.client.draft("1", recipe(seed=i)) for i, ears in enumerate((one, two))]
    for ears, ticket, folder in zip((one, two), tickets, folders, strict=True):
        ready = ears.outcome(ticket)
        assert ready.path.startswith(str(folder))
    one.client.close()
    assert isinstance(two.outcome(two.client.draft("1", recipe(seed=7))), Ready)
    heard = [e for _, e in two.events.queue if not isinstance(e, Metrics)]
    assert all(e.ticket != tickets[0] for e in heard)


def test_what_cannot_be_made_fails_with_its_sentence(ears):
    foreign = msgspec.structs.replace(recipe(), model_hash="0" * 64)
    failed = ears.outcome(ears.client.draft("1", foreign))
    assert (failed.kind, "other weights" in failed.sentence) == ("failed", True)
    unknown = msgspec.structs.replace(recipe(), model="none")
    assert "no model called" in ears.outcome(ears.client.refine(unknown)).sentence
    assert isinstance(ears.outcome(ears.client.draft("1", recipe())), Ready)


def test_without_an_engine_a_client_that_may_not_start_one_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv("ONETAKE_STATE", str(tmp_path / "empty"))
    with pytest.raises(NoEngine, match="onetake serve"):
        EngineClient(tmp_path, lambda event: None, start=False)


@pytest.mark.skipif(os.name != "posix", reason="file modes")
def test_key_and_folder_are_for_their_user_only(ears, state):
    assert state.key.stat().st_mode & 0o777 == 0o600
    told = json.loads(state.address.read_text())
    assert told["pid"] == ears.client.pid
    assert "key" not in told


@pytest.mark.skipif(os.name != "posix", reason="nice")
def test_the_engine_goes_behind_everything_else(ears):
    assert os.getpriority(os.PRIO_PROCESS, ears.client.pid) == 19


def test_the_log_holds_no_prompt(ears, state):
    ears.outcome(ears.client.draft("1", recipe(text="my secret film about wasps")))
    ears.outcome(ears.client.refine(with_steps(recipe(text="my secret film about wasps"), 2)))
    assert "made" in state.log.read_text()
    assert "wasps" not in state.log.read_text()


def test_idle_costs_less_than_a_hundredth_of_a_core(ears):
    import psutil

    ears.outcome(ears.client.draft("1", recipe()))
    process = psutil.Process(ears.client.pid)
    while not ears.events.empty():
        ears.events.get()
    ears.hear(lambda e: isinstance(e, Metrics))  # what followed the draft, and other tests' farewells, are over
    before, started = sum(process.cpu_times()[:2]), time.monotonic()
    for _ in range(2):  # two heartbeats of idleness
        ears.hear(lambda e: isinstance(e, Metrics))
    assert sum(process.cpu_times()[:2]) - before <= 0.01 * (time.monotonic() - started) + 0.02
