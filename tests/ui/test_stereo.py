"""Stereo from the command line: rendered, refined, exported and told; without the wish nothing is another."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from presets import stereo
from presets.export import wav
from presets.export.version import read_source, read_version
from presets.schema import content_id
from ui.cli import run

RAIN = "rain on a tin roof"


@pytest.fixture(autouse=True)
def _scratch(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")


def rendered(name, *words):
    assert run(["render", RAIN, "--seed", "3", "--length", "1", "-o", name, *words]) == 0
    return Path(name)


def middle(path):
    return wav.read(path).sound.samples.mean(axis=0)


def test_mono_is_what_it_is_without_the_option():
    assert rendered("a.wav").read_bytes() == rendered("b.wav", "--stereo", "mono").read_bytes()


@pytest.mark.parametrize("way", ["wide", "siblings"])
def test_stereo_is_the_same_take_in_the_middle_and_the_same_file_again(way, capsys):
    mono, both = rendered("mono.wav"), rendered("both.wav", "--stereo", way)
    assert both.read_bytes() == rendered("again.wav", "--stereo", way).read_bytes()
    take = stereo.take_of(read_source(both))
    assert content_id(take.recipe) == content_id(read_version(mono).recipe)
    left, right = wav.read(both).sound.samples
    assert np.corrcoef(left, right)[0, 1] < 0.75
    assert np.abs(middle(both) - wav.read(mono).sound.samples[0]).max() < 3 / 2**23
    capsys.readouterr()
    assert run(["info", str(both), "--verify"]) == 0
    told = capsys.readouterr()
    assert "2 channel" in told.out
    assert "sibling" in told.err if way == "siblings" else "widen" in told.out


@pytest.mark.parametrize("way", ["wide", "siblings"])
def test_refining_keeps_the_stereo(way):
    mono, both = rendered("mono.wav"), rendered("both.wav", "--stereo", way, "--bit-depth", "32f")
    assert run(["refine", str(mono), "--steps", "2", "--bit-depth", "32f"]) == 0
    assert run(["refine", str(both), "--steps", "2"]) == 0
    refined = wav.read(Path("both_2steps.wav")).sound
    assert refined.channels == 2
    assert stereo.take_of(read_source(Path("both_2steps.wav"))).recipe.steps == 2
    assert np.abs(refined.samples.mean(axis=0) - wav.read(Path("mono_2steps.wav")).sound.samples[0]).max() < 1e-4


def test_an_exported_sibling_is_the_one_that_is_rendered():
    mono, both = rendered("mono.wav"), rendered("both.wav", "--stereo", "siblings")
    assert run(["export", str(mono), "--format", "wav", "--stereo", "siblings", "-o", "out"]) == 0
    (made,) = Path("out").rglob("*.wav")
    assert np.abs(wav.read(made).sound.samples - wav.read(both).sound.samples).max() < 3 / 2**23
    assert run(["export", str(made), "--format", "reaper", "-o", "out"]) == 0


def test_effects_go_over_both_siblings():
    Path("chain.json").write_text(
        '{"kind":"chain","version":2,"slots":[{"effect":"gain","parameters":{"gain":0.5}}]}', "utf-8"
    )
    both = rendered("wet.wav", "--stereo", "siblings", "--chain", "chain.json")
    assert wav.read(both).sound.channels == 2
    assert stereo.take_of(read_source(both)).chain.slots[0].effect == "gain"
