"""The little language of captions, and what rooms and media add to them."""

from __future__ import annotations

import random
import re

import pytest
import torch

from engine.training.corpus import media, rooms
from engine.training.corpus.captions import article, decorated, filled, joined, restyled, tidy
from engine.training.corpus.chunks import chunk
from engine.training.corpus.draws import Draws
from engine.training.corpus.filters import RATE


@pytest.fixture
def rng():
    return random.Random(3)


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("  big   boom , ", "big boom"),
        ("boom, , deep", "boom, deep"),
        ("sound sound of rain", "sound of rain"),
        (", short", "short"),
    ],
)
def test_empty_slots_leave_nothing_behind(raw, clean, rng):
    assert tidy(raw, rng) == clean


@pytest.mark.parametrize(
    ("word", "expected"),
    [("eerie", "an"), ("ufo", "a"), ("underwater", "an"), ("one", "a"), ("8-bit", "an"), ("deep", "a")],
)
def test_articles_follow_the_sound_of_a_word(word, expected):
    assert article(word) == expected


def test_what_cannot_be_counted_gets_no_article(rng):
    assert {tidy("@ heavy rain", rng) for _ in range(20)} == {"heavy rain"}
    assert {tidy("@ boom", rng) for _ in range(40)} == {"a boom", "boom"}


def test_capital_slots_are_never_left_out(rng):
    said = {filled("{N} {deep}|{deep} {N}", {"N": "boom", "deep": "low"}, 1.0, rng) for _ in range(20)}
    assert said == {"boom"}


def test_phrases_find_their_place(rng):
    assert decorated("a boom", "<echoing", rng) == "an echoing boom"
    assert decorated("boom", "in a cathedral", rng) == "boom in a cathedral"
    assert decorated("boom", ", dry", rng) == "boom, dry"
    assert "boom" in joined("boom", "rain", False, rng)


def test_styles_keep_the_words(rng):
    for _ in range(200):
        assert "metal door" in restyled("metal door", "doors", rng).lower()


@pytest.fixture(scope="module")
def many():
    """Chunks of short clips, for what they say and tell."""
    return [chunk(21, k, 64, 0.5, compose=0.0) for k in range(3)]


def test_what_is_said_of_rooms_and_media_is_so(many):
    told = 0
    for clips in many:
        for caption, facts in zip(clips.captions, clips.facts, strict=True):
            low = caption.lower()
            if re.search(r"cathedral|cavern", low):
                assert facts["reverb"] >= 3.0 or "organ" in low or "bell" in low
                told += 1
            if (
                re.search(r"muffled|behind a (wall|closed door)|through a wall|next room", low)
                and facts["cut"] > 2000
            ):
                assert re.search(r"heart|drone|field|propeller|quadcopter|engine|motor|brush", low), caption
            if "underwater" in low and "bubbles" not in low:
                assert facts["cut"] < 1000
            if re.search(r"barely audible|very quiet", low):
                assert facts["level"] <= -15
                told += 1
    assert told > 3


def test_no_caption_contradicts_itself(many):
    both = [
        (r"\bdistant|far away|in the distance", r"\bclose|near"),
        (r"\bquiet|faint\b", r"\bloud|furious"),
        (r"\bmuffled|behind a wall", r"\bcrisp|bright"),
    ]
    for clips in many:
        for caption in clips.captions:
            assert not any(re.search(a, caption) and re.search(b, caption) for a, b in both), caption


def test_a_long_room_rings_longer():
    draws = Draws(2, 1, torch.device("cpu"))
    click = torch.zeros(2, 3 * RATE)
    click[:, 100] = 1.0
    hall = next(r for r in rooms.ROOMS if r.name == "cathedral")
    small = next(r for r in rooms.ROOMS if r.name == "small room")
    y, seconds = rooms.placed(click, [hall, small], draws, random.Random(1))
    late = y[:, RATE:].square().sum(1) / y.square().sum(1)
    assert late[0] > 100 * late[1]
    assert seconds[0] >= 3.0
    assert seconds[1] <= 0.5


def test_media_do_what_they_are_called():
    noise = torch.randn(2, RATE, generator=torch.Generator().manual_seed(1))
    y = media.transmitted(noise, [media.NONE, media.RADIO], random.Random(1))
    assert torch.equal(y[0], noise[0])
    spectrum = torch.fft.rfft(y[1]).abs().square()
    assert spectrum[:200].sum() + spectrum[8000:].sum() < 0.1 * spectrum.sum()


def test_shares_add_up():
    assert sum(r.share for r in rooms.ROOMS) == pytest.approx(1.0)
    assert sum(m.share for m in media.MEDIA) == pytest.approx(1.0)
