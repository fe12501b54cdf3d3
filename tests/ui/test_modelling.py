"""`onetake models`: nothing is fetched unasked, and nothing before its licence was accepted."""

from __future__ import annotations

import sys

import pytest

from engine.models import offers
from ui.cli import run


@pytest.fixture(autouse=True)
def own(tmp_path, monkeypatch):
    monkeypatch.setenv("ONETAKE_MODELS", str(tmp_path / "models"))
    monkeypatch.setattr("socket.socket.connect", lambda *_: pytest.fail("the network was asked"))


@pytest.mark.parametrize("words", [["models"], ["models", "list"]])
def test_every_model_is_listed_with_its_licence(words, capsys):
    assert run(words) == 0
    told = capsys.readouterr().out
    assert "starter: Onetake starter" in told
    for offer in offers.OFFERS:
        assert f"onetake models get {offer.id}" in told
        assert offer.licence in told
        assert offer.training_data in told


def test_the_licence_comes_first(tmp_path, capsys):
    assert run(["models", "get", "soundctm-dit-v2", "--from", str(tmp_path)]) == 2
    told = capsys.readouterr()
    assert "--accept-licence" in told.err
    assert "states none" in told.out
    assert not (tmp_path / "models").exists()


def test_after_that_it_is_looked_for(tmp_path, capsys):
    assert run(["models", "get", "soundctm-dit-v2", "--from", str(tmp_path), "--accept-licence"]) == 1
    assert "Put it into a folder soundctm_dit" in capsys.readouterr().err


def test_unknown_models_are_told(capsys):
    assert run(["models", "get", "soundctm-3"]) == 2
    assert "soundctm-16k" in capsys.readouterr().err


def test_listing_loads_no_network():
    import subprocess

    told = "import sys; from ui.cli import run; run(['models']); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", told], capture_output=True, check=False).returncode == 0
