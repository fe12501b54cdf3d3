"""From a latent to a waveform, codec by codec: what differs between the starter and the official models.

The pipeline asks for three things only: how noise is laid out as a latent, the latents' standard deviation, and
the sound. Each codec's own rate and hop are told as well, so that a card cannot promise others.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Protocol

from torch import Tensor, nn

from engine.networks.audioldm import AudioLDM
from engine.networks.gaussian_dac import GaussianDAC
from engine.networks.starter_codec import StarterCodec
from engine.networks.tone_noise import HOP, RATE, noise_samples, synthesise

White = Callable[[int], Tensor]
"""The take's own white noise: so many samples (N,) on the model's device."""

Breathe = Callable[[], None]


class Decoder(Protocol):
    """A codec as the pipeline uses it.

    Attributes:
        sigma_data: standard deviation of the latents.
        rate, hop: Hz, and samples a latent frame.
        channels: rows of noise a latent frame is made of.
    """

    sigma_data: float
    rate: int
    hop: int
    channels: int

    def latent(self, noise: Tensor) -> Tensor:
        """Noise (channels, L) as a latent of one sound."""
        ...

    def sound(self, latent: Tensor, white: White, breathe: Breathe) -> Tensor:
        """The untrimmed waveform (C, L * hop) of a latent."""
        ...


class ToneNoise:
    """The starter's: maps, then signal processing with the take's own noise. Latents (1, C, L)."""

    rate, hop = RATE, HOP

    def __init__(self, codec: StarterCodec) -> None:
        self._codec = codec
        self.sigma_data, self.channels = codec.config.sigma_data, codec.config.latent_channels

    def latent(self, noise: Tensor) -> Tensor:
        """See Decoder."""
        return noise[None]

    def sound(self, latent: Tensor, white: White, breathe: Breathe) -> Tensor:
        """See Decoder."""
        noise = white(noise_samples(latent.shape[-1]))
        breathe()
        maps = self._codec.decode(latent)
        breathe()
        return synthesise(maps, noise)[None]


class Wave:
    """The official 44.1 kHz models': straight to samples. Latents (1, C, L)."""

    def __init__(self, codec: GaussianDAC) -> None:
        self._codec = codec
        config = codec.config
        self.sigma_data, self.channels = config.sigma_data, config.latent_dim
        self.rate, self.hop = config.sample_rate, config.hop

    def latent(self, noise: Tensor) -> Tensor:
        """See Decoder."""
        return noise[None]

    def sound(self, latent: Tensor, white: White, breathe: Breathe) -> Tensor:
        """See Decoder. The codec makes no noise of its own."""
        breathe()
        return self._codec.decode(latent)[0]


class Mel:
    """The official 16 kHz models': a mel image, then a vocoder. Latents (1, 8, L, 16): time before bands.

    Every latent frame has channel after channel, each with its bands, as rows of noise.
    """

    sigma_data, rate = 0.25, 16_000
    BANDS = 16

    def __init__(self, codec: AudioLDM) -> None:
        self._codec = codec
        self._planes = codec.config.embed_dim
        self.channels = self._planes * self.BANDS
        self.hop = 2 ** (len(codec.config.ch_mult) - 1) * math.prod(codec.config.vocoder.upsample_rates)

    def latent(self, noise: Tensor) -> Tensor:
        """See Decoder."""
        return noise.reshape(self._planes, self.BANDS, -1).transpose(1, 2)[None].contiguous()

    def sound(self, latent: Tensor, white: White, breathe: Breathe) -> Tensor:
        """See Decoder. The vocoder's first layer rings 32 samples longer; they are cut."""
        breathe()
        mel = self._codec.mel(latent)
        breathe()
        return self._codec.vocode(mel)[0, :, : latent.shape[2] * self.hop]


def decoder_of(codec: nn.Module) -> Decoder:
    """What the pipeline needs of a codec."""
    if isinstance(codec, StarterCodec):
        return ToneNoise(codec)
    if isinstance(codec, GaussianDAC):
        return Wave(codec)
    assert isinstance(codec, AudioLDM)
    return Mel(codec)
