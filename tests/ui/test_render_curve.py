"""`onetake render --intensity`: the curve is heard, told, kept by a refinement; a wrong one is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from presets.export import wav
from presets.export.version import read_version
from ui.cli import run

RAIN, SWELL = "rain ambience", "0:-30,0.5:0,1:-12"


@pytest.fixture(autouse=True)
def _scratch(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")


def parts(path):
    """Level of the beginning, the middle and the end, dB."""
    samples = wav.read(Path(path)).sound.samples
    tenth = samples.shape[1] // 10
    stretches = samples[:, :tenth], samples[:, 4 * tenth : 6 * tenth], samples[:, -2 * tenth : -tenth]
    return [20 * np.log10(np.sqrt(np.mean(one**2))) for one in stretches]


def test_a_curve_is_heard_told_verified_and_kept_by_a_refinement(capsys):
    assert run(["render", RAIN, "--seed", "4", "-o", "rain.wav", "--intensity", SWELL]) == 0
    points = read_version(Path("rain.wav")).recipe.prompt.intensity
    assert points == ((0.0, -30.0), (0.5, 0.0), (1.0, -12.0))
    begin, middle, end = parts("rain.wav")
    assert middle - begin == pytest.approx(26.0, abs=4.0)
    assert middle - end == pytest.approx(7.5, abs=3.0)
    assert run(["refine", "rain.wav", "--steps", "4", "-o", "better.wav"]) == 0
    assert read_version(Path("better.wav")).recipe.prompt.intensity == points
    assert read_version(Path("better.wav")).edit == read_version(Path("rain.wav")).edit
    assert parts("better.wav") == pytest.approx([begin, middle, end], abs=3.0)
    capsys.readouterr()
    assert run(["info", "better.wav", "--verify"]) == 0
    told = capsys.readouterr().out
    assert SWELL in told
    assert "same to the last bit" in told


def test_without_one_the_recipe_says_none_and_nothing_is_told(capsys):
    assert run(["render", RAIN, "--seed", "4", "--length", "0.5", "-o", "rain.wav"]) == 0
    assert read_version(Path("rain.wav")).recipe.prompt.intensity == ()
    capsys.readouterr()
    assert run(["info", "rain.wav"]) == 0
    assert "intensity" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("curve", "words"),
    [("loud", "POSITION:DB"), ("0.5:0,0.1:0", "left to right"), ("0:40", "12 dB"), ("2:0", "0 to 1")],
)
def test_a_wrong_curve_is_refused_before_anything_is_made(curve, words, capsys):
    assert run(["render", RAIN, "--intensity", curve]) == 2
    assert words in capsys.readouterr().err
    assert not list(Path().iterdir())


def test_a_curve_that_leaves_nothing_is_told(capsys):
    assert run(["render", RAIN, "--seed", "4", "--length", "0.5", "-o", "rain.wav", "--intensity", "0:-72"]) == 0
    assert "silent under its intensity curve" in " ".join(capsys.readouterr().err.split())
