"""Parts without a window: pictures of sounds, the session's folder, opening without a screen, the doors of ui."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import numpy as np
import pytest
from msgspec.structs import replace

from presets.errors import InvalidRequest, NotWritten
from presets.export.version import keep_native, read_version
from presets.schema import Chain, Edit, Slot
from presets.sound import Sound
from tests.ui.panel.conftest import recipe, sound_of, version_of
from tests.ui.panel.screens import keys
from ui import hearing, opening
from ui.choosing import by_difference
from ui.flow import begin
from ui.session import Saved, Session
from ui.shelf import Made

RATE = 44100


def tone(hertz, seconds=0.5, rate=RATE):
    at = np.arange(round(seconds * rate)) / rate
    return Sound((0.5 * np.sin(2 * np.pi * hertz * at))[None].astype(np.float32), rate)


@pytest.fixture
def session(tmp_path):
    return Session(tmp_path / "session")


@pytest.fixture
def made(session):
    one = recipe()
    version = version_of(one)
    return Made(version, keep_native(session.drafts, sound_of(one), version))


@pytest.mark.parametrize("frames", (1, 7, 479, 480, 481, 44100))
def test_peaks_hold_every_sample(frames):
    samples = np.random.default_rng(frames).normal(size=(2, frames)).astype(np.float32) * 0.1
    shape, tint = hearing.peaks(Sound(samples, RATE))
    mono = samples.mean(axis=0)
    assert shape[0].min() == pytest.approx(mono.min())
    assert shape[1].max() == pytest.approx(mono.max())
    assert shape.shape[1] == min(480, frames)
    assert ((tint >= 0) & (tint <= 1)).all()
    assert np.isfinite(tint).all()


def test_deep_sounds_are_warm_and_bright_ones_cool():
    tints = [float(hearing.peaks(tone(hertz))[1].mean()) for hertz in (60, 500, 2000, 9000)]
    assert tints == sorted(tints)
    assert (tints[0] < 0.05, tints[-1] > 0.95) == (True, True)


@pytest.mark.parametrize("hertz", (100, 1000, 8000))
def test_a_tone_lies_at_its_place_in_the_spectrogram(hertz):
    picture = hearing.spectrogram(tone(hertz))
    rows = picture.shape[1]
    row = picture[len(picture) // 2].argmax()
    top = RATE / 2 * 0.98
    assert 40 * (top / 40) ** (row / (rows - 1)) == pytest.approx(hertz, rel=0.25)


def test_a_spectrogram_of_almost_nothing():
    assert hearing.spectrogram(Sound(np.zeros((1, 3), np.float32), RATE)).shape[1] == 160


def test_what_is_heard_is_the_edit_and_its_file_is_written_once(session, made):
    edit = Edit(start=0.01, length=0.1, gain_db=-6.0)
    heard = hearing.prepare(session, made, edit)
    when = heard.path.stat().st_mtime_ns
    assert heard.seconds == pytest.approx(0.1, abs=1e-4)
    assert hearing.prepare(session, made, edit).path.stat().st_mtime_ns == when
    assert hearing.prepare(session, made, Edit(length=0.1)).name != heard.name


def test_a_kept_take_can_be_made_again_and_never_replaces_another(session, made):
    paths = [hearing.keep_take(session, made, made.version) for _ in range(2)]
    assert len(set(paths)) == 2
    assert {read_version(path).recipe for path in paths} == {made.recipe}


def test_more_steps_of_the_same_are_alike(made):
    assert hearing.alike(made, made) == pytest.approx(1.0, abs=1e-6)


def test_the_session_finds_its_sounds_again_and_no_others(session, made):
    other = recipe(seed=2)
    (session.drafts / f"{'0' * 32}.wav").write_bytes(b"nothing")
    found = session.recall((made.recipe, other))
    assert [one.version for one in found] == [made.version]


def test_a_file_that_says_something_else_is_not_recalled(session, made):
    wrong = session.places_of((recipe(seed=2),))
    (path,) = wrong
    made.path.rename(path)
    assert not session.recall((recipe(seed=2),))


def test_the_ring_lets_the_oldest_go_and_nothing_that_is_needed(session):
    paths = []
    for seed in range(6):
        one = recipe(seed=seed)
        paths.append(keep_native(session.drafts, sound_of(one), version_of(one)))
        os.utime(paths[-1], (seed, seed))
    size = paths[0].stat().st_size
    session.trim(frozenset(paths[:1]), limit=int(3.5 * size))
    assert [path.exists() for path in paths] == [True, False, False, False, True, True]


def test_saving_and_loading_is_the_same(session, draw):
    saved = Saved(flow=begin(draw), kept={"a": "b.wav"})
    session.save(saved)
    assert session.load(draw) == (saved, "")


def test_a_session_of_an_older_onetake_keeps_its_effects_and_pads(session, draw):
    chain = Chain(slots=(Slot(effect="Gate", format="vst3", state=b"state"),))
    flow = replace(begin(draw), every=chain, pads={48: recipe()})
    session.save(Saved(flow=flow))
    path = session.folder / "panel.json"
    document = msgspec.json.decode(path.read_bytes())
    document["flow"]["every"]["version"] = 1
    del document["flow"]["every"]["slots"][0]["rate"]
    path.write_bytes(msgspec.json.encode(document))
    assert session.load(draw) == (Saved(flow=flow), "")
    document["flow"]["every"]["version"] = 99
    path.write_bytes(msgspec.json.encode(document))
    assert "panel.broken.json" in session.load(draw)[1]


def test_a_session_that_cannot_be_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(NotWritten, match="--session"):
        Session(tmp_path / "file")


def test_the_order_of_difference_begins_with_the_first_and_holds_all(session):
    sounds = [
        hearing.seen(str(i), Path(), tone(hertz, 0.3), 0.0) for i, hertz in enumerate((100, 101, 102, 8000, 103))
    ]
    order = by_difference(sounds)
    assert sorted(order) == list(range(5))
    assert order[:2] == [0, 3]


def test_the_documentation_tells_the_keys_that_there_are():
    """Write it anew: .venv/bin/python -m tests.ui.panel.screens docs."""
    assert (Path(__file__).parents[3] / "docs" / "keys.md").read_text() == keys()


# ── without a screen ──────────────────────────────────────────────────────────────────────────────────────────


def test_without_a_screen_there_is_a_sentence(monkeypatch):
    for name in ("QT_QPA_PLATFORM", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    for display in ("", ":987", "unix:987.0"):
        monkeypatch.setenv("DISPLAY", display)
        with pytest.raises(InvalidRequest, match="no screen") as told:
            opening.open_panel()
        assert told.value.exit_status == 2


def test_ui_and_its_plain_parts_load_neither_qt_nor_torch():
    plain = "ui, ui.opening, ui.flow, ui.orders, ui.undo, ui.shelf, ui.session, ui.settings, ui.stored, ui.hearing"
    code = f"import sys, {plain}, ui.actions, ui.osc; assert not {{'PyQt6', 'torch'}} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[3])
