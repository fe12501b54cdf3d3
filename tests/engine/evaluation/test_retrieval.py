"""Retrieval on constructed answers, and the prompts in free words."""

from __future__ import annotations

import numpy as np
import pytest

from engine.evaluation.heldout import family_names
from engine.evaluation.intervals import wilson
from engine.evaluation.retrieval import free_prompts, relative, retrieval

NAMES = tuple("abcdefgh")


def test_first_and_among_five_are_counted() -> None:
    scores = np.tile(np.arange(8.0, dtype=np.float32)[::-1], (4, 1))  # the judge always says a, then b, c ...
    found = retrieval(scores, ["a", "a", "e", "h"], NAMES)
    assert found.first == wilson(2, 4)
    assert found.among_five == wilson(3, 4)
    assert found.by_family == {"a": (2, 2), "e": (0, 1), "h": (0, 1)}
    assert set(found.missed) == {("e", "a", 1), ("h", "a", 1)}


def test_nothing_asked_is_nothing_known() -> None:
    assert retrieval(np.zeros((0, 8), np.float32), [], NAMES).first.high == 1.0


def test_relative_is_the_part_of_the_judges_own() -> None:
    assert relative(wilson(3, 10), wilson(6, 10)) == pytest.approx(0.5)
    assert relative(wilson(3, 10), wilson(0, 10)) == 0.0


def test_the_free_prompts_are_two_hundred_different_ones_for_families_that_there_are() -> None:
    found = free_prompts()
    assert len({prompt for prompt, _ in found}) == 200
    assert {family for _, family in found} <= set(family_names())
