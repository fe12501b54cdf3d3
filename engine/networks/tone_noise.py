"""Sound to maps and maps to sound: what signal processing can do exactly, it does here.

Three maps describe a mono sound at 44.1 kHz, hop by hop: the power on 384 bins (linear to 2.8 kHz, geometric
above), how tonal each of them is, and the energies of 48 ERB bands at four times that rate.

Playing them: tones are drawn at the spectral peaks with a phase that continues from the nearest peak of the
frame before (as a phase vocoder with identity phase locking does; Laroche and Dolson 1999), noise is white
noise of the take's own seed shaped by power x (1 - tonality), and the fine time envelope is then set band by
band. A longer sound begins with the shorter one's noise.

One sound at a time, frames first: a transform is a row, and memory is read in order.
"""

from __future__ import annotations

import math
from functools import cache, lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

Floats = NDArray[np.float32]
Indices = NDArray[np.int64]

RATE = 44100
HOP = 1024
"""Samples a latent frame."""
POWER_BINS = 384
BANDS = 48

_N, _H = 2048, 512  # power and tonality
_n, _h = 512, 128  # band energies
_BINS = _N // 2 + 1
_POWER_FLOOR, _BAND_FLOOR = 1e-6, 1e-7  # inside the logarithms; about -90 dBFS
_NOISE_LEAD = (_N - _H) // 2


class Maps(NamedTuple):
    """What describes a sound of L latent frames.

    log_power: (B, 384, 2L) natural logarithm of power; tonality: (B, 384, 2L) in 0 .. 1;
    log_bands: (B, 48, 8L) natural logarithm of band energies.
    """

    log_power: Tensor
    tonality: Tensor
    log_bands: Tensor


class _Tables(NamedTuple):
    """Windows and matrices that depend on nothing but the constants above."""

    window: Tensor
    fine_window: Tensor
    sign: Tensor
    warp: Tensor
    unwarp_index: Tensor
    unwarp_weight: Tensor
    to_bands: Tensor
    from_bands: Tensor
    warped_to_bands: Tensor
    spans: tuple[int, ...]


def noise_samples(frames: int) -> int:
    """How many samples of white noise `synthesise` reads for that many latent frames."""
    return frames * HOP + 2 * _NOISE_LEAD


def analyse(sound: Tensor) -> Maps:
    """The maps of sounds (B, T) at 44.1 kHz; T a multiple of 1024."""
    tables = _tables(str(sound.device))
    spectra = _stft(_reflect(sound, _N, _H), _N, _H, tables.window) * tables.sign
    power = spectra.abs() ** 2
    warped = power @ tables.warp.T
    tonal = (power * _coherence(spectra)) @ tables.warp.T / (warped + 1e-9)
    fine = _stft(_reflect(sound, _n, _h), _n, _h, tables.fine_window).abs() ** 2 @ tables.to_bands.T
    return Maps(
        torch.log(warped + _POWER_FLOOR).transpose(1, 2),
        tonal.transpose(1, 2),
        torch.log(fine + _BAND_FLOOR).transpose(1, 2),
    )


def synthesise(maps: Maps, noise: Tensor) -> Tensor:
    """The sound of maps with B = 1.

    Args:
        maps: of one sound of L latent frames.
        noise: (noise_samples(L),) white noise of variance 1.

    Returns:
        (L * 1024,) at 44.1 kHz.
    """
    tables = _tables(str(noise.device))
    log_magnitude = _unwarp(0.5 * maps.log_power[0], tables)
    magnitude = torch.exp(log_magnitude)
    tonal = _unwarp(maps.tonality[0], tables).clamp_(0.0, 1.0)
    spectra = _stft(noise, _N, _H, tables.window)
    tones = _tones(log_magnitude, torch.angle(spectra[0]))
    spectra *= magnitude * (1.0 - tonal).sqrt() / math.sqrt(float((tables.window**2).sum()))
    spectra += tones.mul_(magnitude * tonal.sqrt_() * tables.sign)
    rough = _istft(spectra, _N, _H, tables.window)
    log_power, tonality, log_bands = (m[0].T for m in maps)
    return _set_fine_envelope(rough, torch.exp(log_power), tonality, log_bands, tables)


def _set_fine_envelope(
    sound: Tensor, power: Tensor, tonality: Tensor, log_bands: Tensor, tables: _Tables
) -> Tensor:
    """Bring each band's energy, averaged over about two of its periods, to the map; steady tones are left."""
    spectra = _stft(_reflect(sound[None], _n, _h)[0], _n, _h, tables.fine_window)
    has = (spectra.real**2 + spectra.imag**2) @ tables.to_bands.T
    weight = power @ tables.warped_to_bands.T
    tonal = (power * tonality) @ tables.warped_to_bands.T / (weight + 1e-9)
    tonal = F.interpolate(tonal.T[None], size=has.shape[0], mode="linear", align_corners=False)[0].T
    wanted, got = _averaged(torch.exp(log_bands), tables.spans), _averaged(has, tables.spans)
    ratio = ((wanted + 1e-8) / (got + 1e-8)).sqrt().clamp_(0.02, 4.0)
    gain = torch.exp(torch.log(ratio) * (1.0 - tonal))
    return _istft(spectra.mul_(gain @ tables.from_bands), _n, _h, tables.fine_window)


def _tones(log_magnitude: Tensor, begin: Tensor) -> Tensor:
    """e^(i phase) of the tones at the peaks of (frames, bins) log magnitudes, complex (frames, bins)."""
    phasors, owner = _phasors(log_magnitude.cpu().numpy(), begin.cpu().numpy())
    device = log_magnitude.device
    cells = torch.from_numpy(phasors).to(device).index_select(0, torch.from_numpy(owner).to(device))
    return cells.view_as(log_magnitude)


def _phasors(log_magnitude: Floats, begin: Floats) -> tuple[NDArray[np.complex64], Indices]:
    """e^(i phase) of each peak, (peaks,), and which peak each cell belongs to, (frames * bins,).

    A bin takes the phase of its nearest peak, the lower one of two. A peak continues from the peak that was
    nearest to it in the frame before, by the mean of both frequencies. The first peaks begin with the phases
    `begin` (bins,), in radians: random ones, because equal ones add up to a click in the middle of the first
    frame (measured: 10 dB above a boom's own peak).

    In numpy and on the peaks alone, a tenth of all cells; only the running sum goes frame by frame.
    """
    frames, bins = log_magnitude.shape
    at = np.flatnonzero(_is_peak(log_magnitude))
    frame, place = np.divmod(at, bins)
    owner = np.repeat(np.arange(len(at)), _reach(at, frame, bins))
    cycles = (place + _parabola(log_magnitude.ravel(), at)) * (_H / _N)
    parent = owner[np.maximum(at - bins, 0)]
    step = 0.5 * (cycles + cycles[parent])
    bounds = np.searchsorted(frame, np.arange(frames + 1))
    phase = np.empty(len(at))
    phase[: bounds[1]] = begin[place[: bounds[1]]] / (2 * math.pi)
    for first, last in pairwise(bounds[1:]):
        phase[first:last] = phase[parent[first:last]] + step[first:last]
    turn = (2 * math.pi * (phase - np.floor(phase))).astype(np.float32)
    return (np.cos(turn) + 1j * np.sin(turn)).astype(np.complex64), owner


def _is_peak(log_magnitude: Floats) -> NDArray[np.bool_]:
    """Where a bin is above both neighbours; a frame without any has one at 0."""
    left, centre, right = log_magnitude[:, :-2], log_magnitude[:, 1:-1], log_magnitude[:, 2:]
    peak = np.zeros(log_magnitude.shape, np.bool_)
    np.logical_and(centre >= left, centre > right, out=peak[:, 1:-1])
    peak[:, 0] = ~peak.any(axis=1)
    return peak


def _reach(at: Indices, frame: Indices, bins: int) -> Indices:
    """How many bins belong to each peak, from flat positions and frames in order."""
    ends = (frame + 1) * bins
    same = frame[1:] == frame[:-1]
    ends[:-1][same] = (at[:-1][same] + at[1:][same]) // 2 + 1
    return np.diff(ends, prepend=0)


def _parabola(level: Floats, at: Indices) -> Floats:
    """How far beside its bin each peak of flat levels lies, in bins, -0.5 to 0.5."""
    left, centre, right = level[at - 1], level[at], level[np.minimum(at + 1, len(level) - 1)]
    offset = 0.5 * (left - right) / np.minimum(left - 2 * centre + right, -1e-6)
    return np.clip(offset, -0.5, 0.5)


def _coherence(spectra: Tensor) -> Tensor:
    """Tonality (B, frames, bins): coherence of the rotation from frame to frame over 3 x 3 bins."""
    rotation = spectra[:, 1:] * spectra[:, :-1].conj()
    rotation = torch.cat([rotation, rotation[:, -1:]], dim=1)
    mean = torch.complex(_box(rotation.real), _box(rotation.imag)).abs()
    steep = ((mean / (_box(rotation.abs()) + 1e-12) - 0.75) / 0.2).clamp(0.0, 1.0)
    return steep * steep * (3.0 - 2.0 * steep)


def _box(x: Tensor) -> Tensor:
    """Mean over 3 x 3 neighbours, edges repeated."""
    return F.avg_pool2d(F.pad(x[:, None], (1, 1, 1, 1), mode="replicate"), 3, 1)[:, 0]


def _averaged(energy: Tensor, spans: tuple[int, ...]) -> Tensor:
    """Each band of (frames, bands) averaged over its span of frames; spans fall with frequency to 1."""
    out = energy.clone()
    for band, span in enumerate(spans):
        padded = F.pad(energy[None, None, :, band], (span // 2, span // 2), mode="replicate")
        out[:, band] = F.avg_pool1d(padded, span, 1)[0, 0]
    return out


def _reflect(sound: Tensor, size: int, hop: int) -> Tensor:
    edge = (size - hop) // 2
    return F.pad(sound[:, None], (edge, edge), mode="reflect")[:, 0]


def _stft(padded: Tensor, size: int, hop: int, window: Tensor) -> Tensor:
    """(..., T + size - hop) to spectra (..., T / hop, size / 2 + 1)."""
    return torch.fft.rfft(padded.unfold(-1, size, hop) * window, dim=-1)


def _istft(spectra: Tensor, size: int, hop: int, window: Tensor) -> Tensor:
    """(frames, size / 2 + 1) to (frames * hop,): windowed overlap-add over the sum of squared windows."""
    frames, edge = spectra.shape[0], (size - hop) // 2
    pieces = torch.fft.irfft(spectra, size, dim=-1) * window
    whole = _overlap_add(pieces, hop) / _overlapped(frames, size, hop, str(window.device))
    return whole[edge : edge + frames * hop]


@lru_cache(maxsize=16)
@torch.inference_mode(mode=False)
def _overlapped(frames: int, size: int, hop: int, device: str) -> Tensor:
    """Sum of squared windows that `_istft` divides by; the same for all sounds of a length."""
    window = torch.hann_window(size, device=device)
    return _overlap_add((window**2).expand(frames, size), hop).clamp_min_(1e-8)


def _overlap_add(pieces: Tensor, hop: int) -> Tensor:
    """(frames, size) to ((frames - 1) * hop + size,), each piece a hop after the one before."""
    frames, overlap = pieces.shape[0], pieces.shape[1] // hop
    parts = pieces.reshape(frames, overlap, hop)
    out = parts.new_zeros(frames + overlap - 1, hop)
    for part in range(overlap):
        out[part : part + frames] += parts[:, part]
    return out.view(-1)


def _unwarp(x: Tensor, tables: _Tables) -> Tensor:
    """(384, frames) to (frames, 1025), linear between the bins' centres.

    Whole rows are gathered before turning: gathering single columns takes three times as long.
    """
    lower, upper = x.index_select(0, tables.unwarp_index - 1), x.index_select(0, tables.unwarp_index)
    return torch.lerp(lower, upper, tables.unwarp_weight[:, None]).T.contiguous()


@cache
@torch.inference_mode(mode=False)  # the tables outlive the call that asked first, and training reads them too
def _tables(device: str) -> _Tables:
    centres = _warped_centres()
    bins = torch.arange(_BINS).float()
    index = torch.searchsorted(centres, bins).clamp(1, POWER_BINS - 1)
    weight = ((bins - centres[index - 1]) / (centres[index] - centres[index - 1])).clamp(0, 1)
    triangles = _band_triangles()
    to_bands = triangles / triangles.sum(1, keepdim=True)
    frequencies = (to_bands * torch.linspace(0, RATE / 2, _n // 2 + 1)).sum(1)
    spans = [(max(1, int(2 * RATE / max(float(f), 30.0) / _h)) // 2) * 2 + 1 for f in frequencies]
    tables = _Tables(
        window=torch.hann_window(_N),
        fine_window=torch.hann_window(_n),
        sign=1.0 - 2.0 * (torch.arange(_BINS) % 2).float(),
        warp=_warp_matrix(centres),
        unwarp_index=index,
        unwarp_weight=weight,
        to_bands=to_bands,
        from_bands=triangles / triangles.sum(0, keepdim=True).clamp_min(1e-6),
        warped_to_bands=_warped_to_bands(centres, frequencies),
        spans=tuple(s for s in spans if s > 1),
    )
    moved: dict[str, Any] = {n: t.to(device) for n, t in tables._asdict().items() if isinstance(t, Tensor)}
    return tables._replace(**moved)


def _warped_centres() -> Tensor:
    """Centres of the 384 bins in bins of the transform: linear to 128, then geometric to 1024."""
    linear = torch.arange(0, 129).float()
    geometric = 128 * (1024 / 128) ** (torch.arange(1, POWER_BINS - 128) / (POWER_BINS - 129))
    return torch.cat([linear, geometric])[:POWER_BINS]


def _warp_matrix(centres: Tensor) -> Tensor:
    """(384, 1025) triangles between neighbouring centres, each of sum 1."""
    k = torch.arange(_BINS).float()
    before = torch.cat([centres[:1] - 1, centres[:-1]])[:, None]
    after = torch.cat([centres[1:], centres[-1:] + 1])[:, None]
    c = centres[:, None]
    rows = torch.minimum((k - before) / (c - before), (after - k) / (after - c)).clamp_min(0)
    return rows / rows.sum(1, keepdim=True).clamp_min(1e-6)


def _band_triangles() -> Tensor:
    """(48, 257) triangles that are evenly spaced on the ERB scale (Glasberg and Moore 1990)."""
    erb = 21.4 * torch.log10(1 + 0.00437 * torch.linspace(0, RATE / 2, _n // 2 + 1))
    centres = torch.linspace(0, float(erb[-1]), BANDS + 2)
    rise = (erb - centres[:-2, None]) / (centres[1:-1] - centres[:-2])[:, None]
    fall = (centres[2:, None] - erb) / (centres[2:] - centres[1:-1])[:, None]
    rows = torch.minimum(rise, fall).clamp_min(0)
    rows[0, 0] = max(1.0, float(rows[0, 0]))
    rows[-1, -1] = 1.0
    for band in range(BANDS):
        if rows[band].sum() < 1e-6:  # a low band narrower than a bin hears the nearest one
            rows[band, (erb - centres[band + 1]).abs().argmin()] = 1.0
    return rows


def _warped_to_bands(centres: Tensor, frequencies: Tensor) -> Tensor:
    """(48, 384): which band each warped bin belongs to; a band without any hears the nearest bin."""
    hertz = centres * RATE / _N
    rows = torch.zeros(BANDS, POWER_BINS)
    rows[(hertz[:, None] - frequencies).abs().argmin(1), torch.arange(POWER_BINS)] = 1.0
    empty = rows.sum(1) == 0
    rows[empty, (hertz - frequencies[empty, None]).abs().argmin(1)] = 1.0
    return rows
