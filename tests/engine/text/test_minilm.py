"""Prompts to tokens: alone, remembered, and honest about what was not understood."""

from __future__ import annotations

import pytest
import torch


def test_the_same_prompt_is_encoded_once(engine):
    assert engine.model.text("a wooden knock") is engine.model.text("a wooden knock")


def test_many_prompts_do_not_fill_the_memory(engine):
    text = engine.model.text
    for i in range(300):
        text(f"knock number {i}")
    assert len(text._remembered._texts) <= 256


def test_the_empty_prompt_is_the_unconditional_input(engine):
    assert engine.model.text("").tokens.shape == (1, 2, 384)


@pytest.mark.parametrize(
    ("prompt", "foreign", "truncated"),
    [
        ("glass door slam", False, False),
        ("café clatter", False, False),
        ("玻璃門", True, False),
        ("стук", True, False),
        ("boom 💥", True, False),
        ("very " * 2000 + "loud boom", False, True),
    ],
)
def test_foreign_and_long_prompts_are_told(engine, prompt, foreign, truncated):
    text = engine.model.text(prompt)
    assert (text.foreign, text.truncated) == (foreign, truncated)
    assert text.tokens.shape[1] <= 32
    assert torch.isfinite(text.tokens).all()
