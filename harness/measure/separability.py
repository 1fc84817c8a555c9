"""Scores of features with labels: how well the classes can be told apart by them.

CCFV (Yang 2023) compares the features of images, H-score (Bao 2019) and LogME (You 2021) those of
examples. More is better in each.
"""

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor

Variety = Literal["energy", "inverse"]
RIDGE = 1e-6  # added to variances, so that features that never vary have an inverse
SOFTENING = 1e-3  # added to squared distances, so that equal images have a finite energy
ITERATIONS = 100


def wasserstein(first: Tensor, second: Tensor) -> float:
    """The 2-Wasserstein distance of two sets of features (n, channels), as if they were normal."""
    means = first.mean(dim=0) - second.mean(dim=0)
    of_first = _covariance(first)
    of_second = _covariance(second)
    # tr sqrt(A B) is the sum of roots of the eigenvalues of sqrt(A) B sqrt(A), which is symmetric
    root = _root(of_first)
    inner = root @ of_second @ root
    shared = torch.linalg.eigvalsh(inner).clamp(min=0).sqrt().sum()
    squared = means @ means + of_first.trace() + of_second.trace() - 2 * shared
    return float(squared.abs().sqrt())


def hyperspherical_energy(features: Sequence[Tensor]) -> float:
    """The mean over pairs of images of the inverse distance of their mean features."""
    stacked = torch.stack(list(features))
    first, second = torch.triu_indices(len(stacked), len(stacked), offset=1)
    apart = stacked[first] - stacked[second]
    squared = apart.square().sum(dim=1) + SOFTENING
    return float(squared.rsqrt().mean())


def log_ccfv(energy: float, inconsistency: float, variety: Variety) -> float:
    """The logarithm of one layer's variety over its class inconsistency.

    The authors' code takes the energy itself for the variety; the paper's text takes its inverse.
    """
    logarithm = _log(energy)
    if variety == "inverse":
        logarithm = -logarithm
    return logarithm - _log(inconsistency)


def h_score(features: Tensor, labels: Tensor) -> float:
    """The trace of the inverse covariance of features (n, channels) times the covariance of their
    class means: from 0 to the number of classes less 1.
    """
    centred = features - features.mean(dim=0)
    of_classes = torch.zeros_like(centred)
    for label in labels.unique():
        is_of_class = labels == label
        of_classes[is_of_class] = centred[is_of_class].mean(dim=0)
    covariance = centred.T @ centred
    between = of_classes.T @ of_classes
    inverse = torch.linalg.pinv(covariance, hermitian=True)
    return float((inverse @ between).trace())


def logme(features: Tensor, labels: Tensor) -> float:
    """The largest log evidence of a linear model of each class by the features (n, channels), per
    example, averaged over the classes.
    """
    evidences = []
    for label in labels.unique():
        is_of_class = (labels == label).double()
        evidences.append(_largest_evidence(features, is_of_class))
    return sum(evidences) / len(evidences)


def _largest_evidence(features: Tensor, y: Tensor) -> float:
    """The log evidence per example at the best precisions alpha of weights and beta of noise, by
    MacKay's fixed point.
    """
    u, singular, _ = torch.linalg.svd(features, full_matrices=False)
    squares = singular.square()
    projected = (u.T @ y).square()
    outside = float((y @ y - projected.sum()).clamp(min=0))
    alpha = 1.0
    beta = 1.0
    best = -torch.inf
    n = len(features)
    for _ in range(ITERATIONS):
        evidence = log_evidence(alpha, beta, squares, projected, outside=outside, examples=n) / n
        if evidence - best < 1e-9:
            return max(best, evidence)
        best = evidence
        ratio = alpha / beta
        used = squares / (squares + ratio)  # the share of each direction that the weights use
        effective = float(used.sum())
        weights = float((used.square() * projected / squares.clamp(min=1e-300)).sum())
        residual = float(((1 - used).square() * projected).sum()) + outside
        alpha = effective / max(weights, 1e-12)
        beta = (n - effective) / max(residual, 1e-12)
    return best


def log_evidence(
    alpha: float,
    beta: float,
    squares: Tensor,
    projected: Tensor,
    *,
    outside: float,
    examples: int,
) -> float:
    """The log density of examples y under a normal distribution with covariance
    features features' / alpha + 1 / beta.

    `squares` are the squared singular values of the features, `projected` the squared projections
    of y on their directions, `outside` what no direction holds of its square.
    """
    n = examples
    variances = squares / alpha + 1 / beta
    log_determinant = float(variances.log().sum()) - (n - len(squares)) * _log(beta)
    quadratic = float((projected / variances).sum()) + beta * outside
    return -(n * _log(2 * torch.pi) + log_determinant + quadratic) / 2


def _log(value: float) -> float:
    return float(torch.tensor(value, dtype=torch.float64).log())


def _covariance(features: Tensor) -> Tensor:
    """The covariance of features (n, channels), with a little on the diagonal."""
    covariance = torch.atleast_2d(torch.cov(features.T))
    covariance.diagonal().add_(RIDGE)
    return covariance


def _root(symmetric: Tensor) -> Tensor:
    """The square root of a symmetric matrix without negative eigenvalues."""
    values, vectors = torch.linalg.eigh(symmetric)
    roots = values.clamp(min=0).sqrt()
    return (vectors * roots) @ vectors.T
