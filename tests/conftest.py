"""What every test has: the fixtures, one engine for all, and no unexpected log line."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from engine.threads import sleep_at_barriers

sleep_at_barriers()  # as the product does, before anything imports torch

import pytest
import torch
from hypothesis import settings
from safetensors import safe_open
from torch import Tensor

from engine.local import Engine

settings.register_profile("any machine", deadline=None)  # a slow moment of the machine is no failure of ours
settings.load_profile("any machine")

FIXTURES = Path(__file__).parent / "fixtures"

ALONE = ("build", "end2end", "engine/process", "plugin_bridge/audio", "ui/panel", "ui/test_playing.py")
"""Folders and files of tests that have the machine to themselves: they play in real time, or start processes."""


_PARTS = (
    "chains",
    "families",
    "flow",
    "ranking",
    "measuring",
    "preset_files",
    "history",
    "library_choices",
    "models",
)
_PAGES = ("parts", "part", "library_panel", "export_dialog", "first_run")
TOGETHER = tuple(f"ui/panel/test_{name}.py" for name in (*_PARTS, *_PAGES))
"""Those in these folders that play nothing in real time."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what must not run beside other tests, and leave out what needs a GPU where there is none."""
    here = Path(__file__).parent
    together = {here / path for path in TOGETHER}
    for item in items:
        if item.path not in together and any(item.path.is_relative_to(here / folder) for folder in ALONE):
            item.add_marker(pytest.mark.alone)
        if item.get_closest_marker("gpu") and not torch.cuda.is_available():
            item.add_marker(pytest.mark.skip(reason="needs an NVIDIA GPU and torch's CUDA build"))


class Reference(NamedTuple):
    """Reference numbers: tensors by name, and what the header tells about them."""

    tensors: dict[str, Tensor]
    about: dict[str, object]

    def __getitem__(self, name: str) -> Tensor:
        return self.tensors[name]

    def under(self, prefix: str) -> dict[str, Tensor]:
        """The tensors below a prefix, without it."""
        return {n[len(prefix) :]: t for n, t in self.tensors.items() if n.startswith(prefix)}


@pytest.fixture(scope="session")
def reference() -> Callable[[str], Reference]:
    """Reads a reference file of tests/fixtures."""

    def read(name: str) -> Reference:
        with safe_open(FIXTURES / f"{name}.safetensors", "pt") as file:
            about = {key: json.loads(value) for key, value in (file.metadata() or {}).items()}
            return Reference({key: file.get_tensor(key) for key in file.keys()}, about)  # noqa: SIM118

    return read


@pytest.fixture(scope="session")
def engine() -> Engine:
    """The starter on the CPU, loaded once."""
    engine = Engine("starter", "cpu")
    assert engine.model.card.id == "starter"
    return engine


@pytest.fixture(scope="session")
def little_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a whole model of tiny size called "little", with random weights that say something."""
    from engine.networks.dit import DiT
    from engine.networks.starter_codec import StarterCodec
    from engine.training.ship import CODEC, About, pack_codec, ship
    from engine.training.sizes import TINY

    folder = tmp_path_factory.mktemp("little")
    torch.manual_seed(1)
    network, codec = DiT(TINY.transformer), StarterCodec(TINY.codec)
    with torch.no_grad():
        for p in network.parameters():
            p.add_(0.03 * torch.randn_like(p))
    pack_codec(folder / CODEC, codec, "CC0-1.0", "nothing")
    about = About("little", "A little model", "CC0-1.0", "nothing", 32, 64, (1.0, 6.0))
    return ship(folder / "little", network, folder / CODEC, about).folder


@pytest.fixture(autouse=True, scope="session")
def _own_state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test meets the engine, logs, keys or models of whoever runs it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("ONETAKE_MODELS", raising=False)
        patch.setenv("ONETAKE_STATE", str(tmp_path_factory.mktemp("state")))
        yield


@pytest.fixture(autouse=True)
def _no_gradients() -> Iterator[None]:
    with torch.no_grad():
        yield


@pytest.fixture(autouse=True)
def _no_log_lines(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """An unexpected log line fails the test that caused it."""
    yield
    lines = [r.getMessage() for r in caplog.get_records("call") if r.levelno >= logging.WARNING]
    assert not lines, f"unexpected log lines: {lines}"


def relative_error(found: Tensor, expected: Tensor) -> float:
    """Largest difference, relative to the largest value."""
    return float((found - expected).abs().max() / expected.abs().max())


@pytest.fixture(scope="session")
def error() -> Callable[[Tensor, Tensor], float]:
    """The measure of parity: largest difference relative to the largest value."""
    return relative_error
