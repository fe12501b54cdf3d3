"""From a row of the catalog to networks that are ready to run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from engine.errors import BadWeights
from engine.models import adapters
from engine.models.catalog import ModelCard
from engine.models.checkpoint import fill, unpack, verify
from engine.networks.dit import DiT, DiTConfig
from engine.networks.starter_codec import StarterCodec, StarterCodecConfig
from engine.networks.tone_noise import HOP, RATE
from engine.text.minilm import MiniLM, MiniLMConfig, MiniLMText
from engine.text.reading import Text

_M = TypeVar("_M", bound=nn.Module)


@dataclass(frozen=True)
class Model:
    """A model in memory: text encoder, network F, codec, all on one device and in inference mode."""

    card: ModelCard
    text: Callable[[str], Text]
    network: DiT
    codec: StarterCodec
    device: torch.device

    @property
    def sigma_data(self) -> float:
        """Standard deviation of the latents that the network was trained on."""
        return self.codec.config.sigma_data


def load(card: ModelCard, device: torch.device) -> Model:
    """Read, check and build a model.

    Raises:
        BadWeights: a file is missing, truncated, altered, of an unknown version or lacks a tensor.
    """
    for file in card.files:
        verify(card.folder / file.name, file.sha256)
    network = read_network(card.path("network"), device)
    if card.has("adapter"):
        adapters.add(network, *adapters.read(card.path("adapter")), card.path("adapter"))
    codec = read_codec(card.path("codec"), device)
    encoder = _read_encoder(card.path("text"), device)
    _check_fit(card, network, codec, encoder)
    return Model(card, _with_tokenizer(encoder, card.path("tokenizer")), network, codec, device)


def read_network(path: Path, device: torch.device) -> DiT:
    """The transformer of a weight file.

    Raises:
        BadWeights: as `load`.
    """
    return _build(path, "dit", lambda c: DiT(DiTConfig(**c)), device)


def read_codec(path: Path, device: torch.device) -> StarterCodec:
    """The codec of a weight file.

    Raises:
        BadWeights: as `load`.
    """
    return _build(path, "tone-noise", lambda c: StarterCodec(StarterCodecConfig(**c)), device)


def read_text(path: Path, tokenizer: Path, device: torch.device) -> MiniLMText:
    """The text encoder of a weight file, with its tokenizer.

    Raises:
        BadWeights: as `load`.
    """
    return _with_tokenizer(_read_encoder(path, device), tokenizer)


def _read_encoder(path: Path, device: torch.device) -> MiniLM:
    return _build(path, "minilm", lambda c: MiniLM(MiniLMConfig(**c)), device)


def _with_tokenizer(encoder: MiniLM, path: Path) -> MiniLMText:
    try:
        return MiniLMText(encoder, path)
    except Exception as error:  # what tokenizers raises has no class of its own
        raise BadWeights(f"{path} is no tokenizer that can be used ({error}). Install Onetake again.") from error


def _check_fit(card: ModelCard, network: DiT, codec: StarterCodec, encoder: MiniLM) -> None:
    """Parts from anywhere may each be whole and yet not belong together."""
    channels = {card.latent_channels, network.config.io_channels, codec.config.latent_channels}
    fit = (
        len(channels) == 1
        and network.config.cond_token_dim == encoder.config.hidden_size
        and card.frame_step % network.config.patch_size == 0
        and (card.rate, card.hop) == (RATE, HOP)
    )
    if not fit:
        raise BadWeights(f"The parts of {card.id} in {card.folder} do not fit each other. Do not use this model.")


class _Uninitialised(TorchFunctionMode):
    """Leaves out random initial values: every weight is loaded, and torch imports sympy to draw them on meta.

    Measured: 0.7 s of 0.9 s for the starter.
    """

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        """Run everything but torch.nn.init."""
        if getattr(func, "__module__", "") == "torch.nn.init":
            return args[0] if args else (kwargs or {})["tensor"]
        return func(*args, **(kwargs or {}))


def _build(path: Path, kind: str, make: Callable[[dict[str, Any]], _M], device: torch.device) -> _M:
    tensors, header = unpack(path)
    if header.kind != kind:
        raise BadWeights(
            f"{path.name} holds {header.kind!r} weights where {kind!r} belongs. Install Onetake again."
        )
    try:
        with torch.device("meta"), _Uninitialised():
            module = make(header.config)
    except (TypeError, ValueError) as error:
        raise BadWeights(f"{path.name} describes a network that cannot be built: {error}.") from error
    fill(module, tensors, path)
    return module.to(device).requires_grad_(requires_grad=False).eval()
