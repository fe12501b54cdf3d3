"""From a row of the catalog to networks that are ready to run."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, cast

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from engine.errors import BadWeights, EngineError
from engine.models import adapters
from engine.models.catalog import ModelCard
from engine.models.checkpoint import fill, unpack, verify
from engine.models.decoding import Decoder, Mel, ToneNoise, Wave, decoder_of
from engine.models.published import build
from engine.networks.dit import DiT
from engine.networks.starter_codec import StarterCodec
from engine.networks.unet import UNet
from engine.text.clap import Clap, ClapText
from engine.text.flan_t5 import FlanT5, FlanT5Text
from engine.text.minilm import MiniLM, MiniLMText
from engine.text.reading import Text

NETWORKS, CODECS, TEXTS = (
    ("dit", "unet"),
    ("tone-noise", "gaussian-dac", "audioldm"),
    ("minilm", "clap", "flan-t5"),
)
"""Kinds of weight files that serve as a model's parts."""


class Network(Protocol):
    """F, as the pipeline calls it: `context` once per prompt, then a call per jump."""

    def context(self, tokens: Tensor, mask: Tensor) -> Any:
        """What of a prompt does not depend on the sound."""
        ...

    def __call__(
        self, x: Tensor, t: Tensor, context: Any, s: Tensor, omega: Tensor, breathe: Callable[[], None]
    ) -> Tensor:
        """The raw network, see networks/dit.py and networks/unet.py."""
        ...


@dataclass(frozen=True)
class Model:
    """A model in memory: text encoder, network F, codec, all on one device and in inference mode."""

    card: ModelCard
    text: Callable[[str], Text]
    network: Network
    codec: nn.Module
    decoder: Decoder
    device: torch.device

    @property
    def sigma_data(self) -> float:
        """Standard deviation of the latents that the network was trained on."""
        return self.decoder.sigma_data

    def of_the_starter(self) -> tuple[DiT, StarterCodec]:
        """Network and codec of a model of the starter's kind: what can be taught, and measured part by part.

        Raises:
            EngineError: it is of another kind.
        """
        if not isinstance(self.network, DiT) or not isinstance(self.codec, StarterCodec):
            raise EngineError(
                f"{self.card.id} is not of the starter's kind; only such models can be taught, or measured part "
                "by part. Choose another one."
            )
        return self.network, self.codec


def load(card: ModelCard, device: torch.device) -> Model:
    """Read, check and build a model.

    Raises:
        BadWeights: a file is missing, truncated, altered, of an unknown version or lacks a tensor.
        EngineError: a package is missing that it is built on.
    """
    for file in card.files:
        verify(card.folder / file.name, file.sha256)
    network = _build(card.path("network"), NETWORKS, device, getattr(torch, card.dtype))
    if card.has("adapter"):
        adapters.add(network, *adapters.read(card.path("adapter")), card.path("adapter"))
    codec = _build(card.path("codec"), CODECS, device)
    encoder = _build(card.path("text"), TEXTS, device)
    decoder = decoder_of(codec)
    _check_fit(card, network, decoder, encoder)
    reader = _with_tokenizer(encoder, card.path("tokenizer"))
    return Model(card, reader, cast(Network, network), codec, decoder, device)


def read_network(path: Path, device: torch.device) -> DiT:
    """The transformer of a weight file.

    Raises:
        BadWeights: as `load`.
    """
    network = _build(path, ("dit",), device)
    assert isinstance(network, DiT)
    return network


def read_codec(path: Path, device: torch.device) -> StarterCodec:
    """The codec of a weight file.

    Raises:
        BadWeights: as `load`.
    """
    codec = _build(path, ("tone-noise",), device)
    assert isinstance(codec, StarterCodec)
    return codec


def read_text(path: Path, tokenizer: Path, device: torch.device) -> MiniLMText:
    """The text encoder of a weight file, with its tokenizer.

    Raises:
        BadWeights: as `load`.
    """
    reader = _with_tokenizer(_build(path, ("minilm",), device), tokenizer)
    assert isinstance(reader, MiniLMText)
    return reader


def _with_tokenizer(encoder: nn.Module, path: Path) -> Callable[[str], Text]:
    reader = next(reader for kind, reader in _READERS if isinstance(encoder, kind))
    try:
        return reader(encoder, path)
    except Exception as error:  # what tokenizers raises has no class of its own
        raise BadWeights(f"{path} is no tokenizer that can be used ({error}). Install Onetake again.") from error


_READERS: tuple[tuple[type[nn.Module], Callable[[Any, Path], Callable[[str], Text]]], ...] = (
    (MiniLM, MiniLMText),
    (Clap, ClapText),
    (FlanT5, FlanT5Text),
)


def _check_fit(card: ModelCard, network: nn.Module, decoder: Decoder, encoder: nn.Module) -> None:
    """Parts from anywhere may each be whole and yet not belong together."""
    if isinstance(network, DiT):
        reads, whole = network.config.cond_token_dim, card.frame_step % network.config.patch_size == 0
        makes = network.config.io_channels, isinstance(decoder, ToneNoise | Wave)
    else:
        assert isinstance(network, UNet)
        reads, whole = network.config.cross_attention_dim, True
        makes = network.config.in_channels * Mel.BANDS, isinstance(decoder, Mel)
    fit = (
        whole
        and makes == (card.latent_channels, True)
        and decoder.channels == card.latent_channels
        and reads == _width(encoder)
        and (card.rate, card.hop) == (decoder.rate, decoder.hop)
    )
    if not fit:
        raise BadWeights(f"The parts of {card.id} in {card.folder} do not fit each other. Do not use this model.")


def _width(encoder: nn.Module) -> int:
    """Numbers a token of a text encoder has."""
    if isinstance(encoder, Clap):
        config = encoder.config
        return config.projection_dim if config.projected else config.hidden_size
    if isinstance(encoder, FlanT5):
        return encoder.config.d_model
    assert isinstance(encoder, MiniLM)
    return encoder.config.hidden_size


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


def _build(
    path: Path, kinds: Collection[str], device: torch.device, dtype: torch.dtype = torch.float32
) -> nn.Module:
    """The network of a weight file of one of these kinds, on the device. dtype: of its large matrices."""
    tensors, header = unpack(path, dtype)
    if header.kind not in kinds:
        wanted = " or ".join(repr(kind) for kind in kinds)
        raise BadWeights(
            f"{path.name} holds {header.kind!r} weights where {wanted} belongs. Install Onetake again."
        )
    try:
        with torch.device("meta"), _Uninitialised():
            module = build(header.kind, header.config)
    except (TypeError, ValueError) as error:
        raise BadWeights(f"{path.name} describes a network that cannot be built: {error}.") from error
    fill(module, tensors, path)
    return module.to(device).requires_grad_(requires_grad=False).eval()
