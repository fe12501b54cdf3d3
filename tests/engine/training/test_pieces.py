"""A folder's sounds as examples: short ones whole, long ones parted at their pauses, all at one level."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from engine.models.catalog import STARTER
from engine.training import pieces as pieces_
from engine.training.corpus.filters import RATE
from engine.training.pieces import pieces, study
from presets.errors import InvalidRequest
from presets.export import wav
from presets.sound import Sound

LONGEST = 3 * RATE


def tone(seconds, level=0.1):
    time = np.arange(round(seconds * RATE)) / RATE
    return (level * np.sin(2 * np.pi * 440 * time)).astype(np.float32)


def silence(seconds):
    return np.zeros(round(seconds * RATE), np.float32)


def seconds(parts):
    return [round(len(part) / RATE, 1) for part in parts]


def test_a_short_sound_is_one_piece_without_the_silence_around_it():
    (piece,) = pieces(np.concatenate([silence(0.5), tone(1.0), silence(0.3)]), LONGEST)
    assert len(piece) / RATE == pytest.approx(1.0, abs=0.03)
    assert np.flatnonzero(np.abs(piece) > 0.01)[0] < 0.02 * RATE
    assert np.abs(piece).max() == pytest.approx(10 ** (-3 / 20), rel=0.01)


def test_pauses_of_a_short_sound_belong_to_it():
    assert seconds(pieces(np.concatenate([tone(0.2), silence(1.5), tone(0.2)]), LONGEST)) == [1.9]


def test_a_long_sound_is_parted_at_its_pauses_and_not_between_steps():
    steps = np.concatenate([np.concatenate([tone(0.1), silence(0.4)]) for _ in range(4)])
    recording = np.concatenate([tone(0.5), silence(1.0), steps, silence(1.0), tone(1.0, 0.05)])
    parts = pieces(recording, LONGEST)
    assert seconds(parts) == [0.5, 1.6, 1.0]
    assert np.abs(parts[0]).max() == pytest.approx(2 * np.abs(parts[2]).max(), rel=0.05)  # as loud to each other


def test_what_has_no_pauses_is_cut_evenly_with_soft_edges():
    parts = pieces(tone(7.0), LONGEST)
    assert seconds(parts) == [3.0, 3.0, 3.0]
    assert parts[1][0] == parts[1][-1] == 0.0
    assert len(pieces(tone(60.0), LONGEST, most=8)) == 8


def test_a_click_alone_is_a_piece_and_clicks_between_takes_are_none():
    click = np.zeros(100, np.float32)
    click[0] = 0.5
    assert len(pieces(click, LONGEST)) == 1
    recording = np.concatenate([tone(2.0), silence(1.0), click, silence(1.0), tone(2.0)])
    assert len(pieces(recording, LONGEST)) == 2
    assert len(pieces(np.concatenate([click, silence(2.0), click, silence(2.0)]), LONGEST)) == 1


def test_every_piece_and_every_caption_is_learned(tmp_path):
    for name, sound in {"Metal Scrape 01": tone(1.0), "sub/Long": tone(7.0)}.items():
        path = tmp_path / f"{name}.wav"
        path.parent.mkdir(exist_ok=True)
        wav.write(path, Sound(sound[None], RATE), depth="32f")
    (tmp_path / "Metal Scrape 01.txt").write_text("a rusty scrape\nscraping metal\n")
    found = study(tmp_path, STARTER)
    told = [(e.file, e.caption) for e in found.examples]
    assert told == [
        ("Metal Scrape 01.wav", "a rusty scrape"),
        ("Metal Scrape 01.wav", "scraping metal"),
        *[("sub/Long.wav", "long")] * 3,
    ]
    assert all(0 < len(e.audio) <= STARTER.longest_frames * STARTER.hop for e in found.examples)
    assert [(f.path.name, f.pieces, f.caption) for f in found.files] == [
        ("Metal Scrape 01.wav", 1, "a rusty scrape"),
        ("Long.wav", 3, "long"),
    ]
    assert found.examples[0].sha256 == hashlib.sha256((tmp_path / "Metal Scrape 01.wav").read_bytes()).hexdigest()


def test_more_files_than_can_be_learned_are_refused_before_they_are_read(tmp_path, monkeypatch):
    monkeypatch.setattr(pieces_, "MOST_FILES", 2)
    for i in range(3):
        (tmp_path / f"{i}.wav").write_bytes(b"no sound")
    with pytest.raises(InvalidRequest, match="holds 3 sounds"):
        study(tmp_path, STARTER)
