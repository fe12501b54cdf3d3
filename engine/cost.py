"""What a sound costs before it is begun: operations of its jumps and its decoding, and how fast this machine is.

Counted, not guessed: networks of that size run once without memory and without numbers, and every product in them
is added up. So a person hears "about 40 s" before a slow machine starts, not after.
"""

from __future__ import annotations

import time
from functools import cache, lru_cache
from pathlib import Path

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from engine.models.checkpoint import read_header
from engine.models.decoding import Mel, decoder_of
from engine.models.published import build
from engine.networks.dit import DiT
from engine.networks.unet import UNet
from engine.precision import has_bfloat16

_ROWS, _INNER = 512, 1536
_PROBE_SECONDS = 0.05


@lru_cache(maxsize=64)
def operations(network: Path, frames: int) -> int:
    """Multiplications and additions of one jump of a weight file's network, over so many latent frames."""
    header = read_header(network)
    return operations_of(build(header.kind, header.config), frames)


def operations_of(network: nn.Module, frames: int) -> int:
    """The same of a network without weights; its buffers are lost too."""
    network = network.to("meta")
    one = torch.ones(1, device="meta")
    mask = torch.ones(1, 1, dtype=torch.bool, device="meta")
    if isinstance(network, DiT):
        x = torch.ones(1, network.config.io_channels, frames, device="meta")
        tokens = torch.ones(1, 1, network.config.cond_token_dim, device="meta")
    else:
        assert isinstance(network, UNet)
        x = torch.ones(1, network.config.in_channels, frames, Mel.BANDS, device="meta")
        tokens = torch.ones(1, 1, network.config.cross_attention_dim, device="meta")
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        network(x, one, network.context(tokens, mask), one, one)
    return counter.get_total_flops()


@lru_cache(maxsize=64)
def decoding_operations(codec: Path, frames: int) -> int:
    """The same of a weight file's codec, from so many latent frames to a waveform."""
    header = read_header(codec)
    decoder = decoder_of(build(header.kind, header.config).to("meta"))
    latent = decoder.latent(torch.ones(decoder.channels, frames, device="meta"))
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        decoder.sound(latent, lambda samples: torch.ones(samples, device="meta"), lambda: None)
    return counter.get_total_flops()


@cache
def speed(device: torch.device, dtype: str) -> float:
    """Operations a second of a matrix product of a large network's shape, measured."""
    wide = dtype == "float32" or (device.type == "cpu" and not has_bfloat16())
    kind = torch.float32 if wide else torch.bfloat16
    a, b = (torch.ones(rows, _INNER, device=device, dtype=kind) for rows in (_ROWS, _INNER))
    torch.mm(a, b)
    _finish(device)
    count, began = 0, time.perf_counter()
    while time.perf_counter() - began < _PROBE_SECONDS:
        torch.mm(a, b)
        _finish(device)
        count += 1
    return 2.0 * _ROWS * _INNER * _INNER * count / (time.perf_counter() - began)


def seconds_a_jump(network: Path, frames: int, device: torch.device, dtype: str) -> float:
    """How long one jump takes at least: matrix products at the speed that this machine reaches with them alone."""
    return operations(network, frames) / speed(device, dtype)


def seconds_of_decoding(codec: Path, frames: int, device: torch.device) -> float:
    """How long decoding takes at least, in the same way; codecs stay float32."""
    return decoding_operations(codec, frames) / speed(device, "float32")


def _finish(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
