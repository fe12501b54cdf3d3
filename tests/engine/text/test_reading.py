"""What text encoders share."""

from __future__ import annotations

import sys

import pytest

from engine.errors import EngineError
from engine.text.clap import Clap, ClapConfig
from engine.text.flan_t5 import FlanT5, FlanT5Config
from engine.text.reading import Remembered, is_latin


def test_the_last_256_prompts_are_remembered():
    asked = []
    read = Remembered(lambda prompt: asked.append(prompt) or prompt)
    for i in range(300):
        read(str(i))
    assert len(read._texts) == 256
    read("299")
    assert asked.count("299") == 1
    read("0")
    assert asked.count("0") == 2


@pytest.mark.parametrize(("prompt", "latin"), [("café 7!", True), ("", True), ("стук", False), ("玻璃門", False)])
def test_foreign_letters_are_told(prompt, latin):
    assert is_latin(prompt) is latin


@pytest.mark.parametrize("build", [lambda: Clap(ClapConfig()), lambda: FlanT5(FlanT5Config())])
def test_a_missing_package_is_told_with_the_line_that_installs_it(monkeypatch, build):
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(EngineError, match="--extra official"):
        build()
