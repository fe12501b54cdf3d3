"""How far one set of sounds lies from another, in the judge's fixed embedding.

Fréchet's distance fits a Gaussian to each set; it is the known number (Heusel et al. 2017; for audio Kilgour et
al. 2019), but it is too large for few sounds. The kernel distance is unbiased at any number and has an error
(Binkowski et al. 2018), so both are told.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.plain import Floats

Matrix = NDArray[np.float64]


class KernelDistance(NamedTuple):
    """Squared maximum mean discrepancy and its standard error; near 0, and below it by chance, for equal sets."""

    value: float
    error: float


def frechet(x: Floats, y: Floats) -> float:
    """Fréchet's distance of the Gaussians through two sets of embeddings (N, d) and (M, d).

    |mx - my|^2 + tr(Cx + Cy - 2 (Cx Cy)^(1/2)) (Dowson and Landau 1982); 0 for equal sets, in squared units of
    the embedding.
    """
    (mx, cx), (my, cy) = _gaussian(x), _gaussian(y)
    root = _root(cx)
    mixed = np.linalg.eigvalsh(root @ cy @ root)
    shift = mx - my
    distance = shift @ shift + np.trace(cx) + np.trace(cy) - 2 * np.sqrt(np.maximum(mixed, 0)).sum()
    return float(max(distance, 0.0))


def kernel(x: Floats, y: Floats) -> KernelDistance:
    """Unbiased squared discrepancy of two sets of unit vectors (N, d) and (M, d), both of at least 3.

    Kernel (1 + x.y)^3: the cubic one of Binkowski et al. for vectors of norm sqrt(d). U-statistic (Gretton et
    al. 2012, lemma 6); its error by leaving out every vector once (Efron and Stein 1981). Sets of equal size may
    be pairs, answers to the same prompts: no vector is then compared with its partner (ibid., eq. 4), because
    partners are alike even where the sets are far apart.
    """
    within_x, within_y, across = _cubic(x, x), _cubic(y, y), _cubic(x, y)
    np.fill_diagonal(within_x, 0.0)
    np.fill_diagonal(within_y, 0.0)
    if len(x) == len(y):
        np.fill_diagonal(across, 0.0)
        return _of_pairs(within_x + within_y - across - across.T)
    return _of_strangers(within_x, within_y, across)


def _of_pairs(h: Matrix) -> KernelDistance:
    """From h (N, N), the discrepancy that each two pairs show, its diagonal 0."""
    n, total, own = len(h), h.sum(), h.sum(axis=1)
    without = (total - 2 * own) / ((n - 1) * (n - 2))
    return KernelDistance(float(total / (n * (n - 1))), _jackknife(without) ** 0.5)


def _of_strangers(within_x: Matrix, within_y: Matrix, across: Matrix) -> KernelDistance:
    """From the kernel within both sets, diagonals 0, and across."""
    n, m = across.shape
    x, y, c = within_x.sum(), within_y.sum(), across.sum()
    mean_x, mean_y = x / (n * (n - 1)), y / (m * (m - 1))
    without_x = (x - 2 * within_x.sum(axis=1)) / ((n - 1) * (n - 2)) - 2 * (c - across.sum(axis=1)) / ((n - 1) * m)
    without_y = (y - 2 * within_y.sum(axis=1)) / ((m - 1) * (m - 2)) - 2 * (c - across.sum(axis=0)) / (n * (m - 1))
    variance = _jackknife(without_x) + _jackknife(without_y)
    return KernelDistance(float(mean_x + mean_y - 2 * c / (n * m)), variance**0.5)


def _gaussian(x: Floats) -> tuple[Matrix, Matrix]:
    wide = x.astype(np.float64)
    return wide.mean(axis=0), np.cov(wide, rowvar=False)


def _root(covariance: Matrix) -> Matrix:
    """Symmetric square root of a covariance."""
    values, vectors = np.linalg.eigh(covariance)
    root: Matrix = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    return root


def _cubic(x: Floats, y: Floats) -> Matrix:
    made: Matrix = (1 + x.astype(np.float64) @ y.astype(np.float64).T) ** 3
    return made


def _jackknife(without: Matrix) -> float:
    """Variance of a statistic from its values without each one."""
    n = len(without)
    return float((n - 1) / n * ((without - without.mean()) ** 2).sum())
