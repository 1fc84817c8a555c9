"""Histogram matching: the grey levels of each image as often as those of another domain.

Paper 002 matches to the mean histogram of all images of a domain, and leaves out the zeros that
surround the tissue (section 3.2); scikit-image's matching knows of no padding. Which images are
matched the paper says in two ways: those of the source before training (3.2), which is
`match_target` with `to: source`, or those of the target with the baseline reused (4.4), which is
`match_source` with `to: target`, or as a step of a trial.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from harness.components.prepare import prepare
from harness.components.prepare.one_by_one import change_one_by_one, grey_levels
from harness.data.images import Domains, Unlabelled
from harness.spec.options import Dataset

LEVELS = 256
LAST_BIN = 254  # of bins with the edges 0, 1, ... 255: the last is closed, and holds 254 and 255

Counts = NDArray[np.int64]  # of each grey level
Curve = NDArray[np.float64]  # the new grey level of each old one, from 0 to 255
Matching = Callable[[Counts, Counts], Curve]  # (of an image, of the other domain)


@prepare(needs=("adapt_to",))
def match_target(images: Unlabelled, domains: Domains, *, further: Dataset | None = None) -> Tensor:
    """Grey levels as often as in the target, zeros corrected: section 3.2 of paper 002.

    The authors' code counts the target's test images too: they can be named as `further`.
    """
    counts = count_levels(_target_of(domains))
    if further is not None:
        counts = counts + count_levels(further)
    return _change_by_curves(images, counts, corrected_curve)


@prepare
def match_source(images: Unlabelled, domains: Domains) -> Tensor:
    """Grey levels as often as in the source's training images, zeros corrected: section 4.4."""
    return _change_by_curves(images, count_levels(domains.source.images), corrected_curve)


@prepare(needs=("adapt_to",))
def match_target_plain(images: Unlabelled, domains: Domains) -> Tensor:
    """Grey levels as often as in the target, padding and all: scikit-image's matching."""
    return _change_by_curves(images, count_levels(_target_of(domains)), plain_curve)


@prepare
def match_source_plain(images: Unlabelled, domains: Domains) -> Tensor:
    """Grey levels as often as in the source's training images: scikit-image's matching."""
    return _change_by_curves(images, count_levels(domains.source.images), plain_curve)


def _target_of(domains: Domains) -> Unlabelled:
    """Returns the target, which a plan has asked for."""
    if domains.target is None:
        raise ValueError("fit.prepare: there is no fit.adapt_to, whose histogram is to be matched")
    return domains.target


def _change_by_curves(images: Unlabelled, reference: Counts, curve_of: Matching) -> Tensor:
    """Returns the pixels of images, each changed by the curve from its own counts."""

    def change(plane: NDArray[np.float32]) -> NDArray[np.float64]:
        levels = grey_levels(plane)
        counts = np.bincount(levels.ravel(), minlength=LEVELS)
        curve = curve_of(counts, reference)
        return curve[levels] / 255

    return change_one_by_one(images, change)


def count_levels(images: Unlabelled) -> Counts:
    """Counts the grey levels of all images of a domain together."""
    counts = np.zeros(LEVELS, dtype=np.int64)
    for index in range(len(images)):
        levels = grey_levels(images.image(index).cpu().numpy())
        counts += np.bincount(levels.ravel(), minlength=LEVELS)
    return counts


def corrected_curve(counts: Counts, reference: Counts) -> Curve:
    """Matches cumulative counts after the zeros are replaced by what the next two levels predict.

    The line through the counts of 1 and 2 is evaluated at 0, and is never below nothing. In an
    image without all of 0, 1 and 2 no zero counts. Zeros stay zeros.
    """
    bins = reference[: LAST_BIN + 1].copy()
    bins[LAST_BIN] += reference[LAST_BIN + 1]
    bins[0] = zeros_predicted(bins)
    if not bins.sum():
        raise ValueError("fit.prepare: the images whose histogram is to be matched are all black")
    own = counts.copy()
    if own[:3].all():
        own[0] = zeros_predicted(own)
    elif own[0]:
        own[0] = 0 if own[1:].any() else 1
    present = np.flatnonzero(counts)
    quantiles = np.cumsum(own[present]) / own.sum()
    reference_quantiles = np.cumsum(bins) / bins.sum()
    curve = np.zeros(LEVELS)
    curve[present] = np.interp(quantiles, reference_quantiles, np.arange(len(bins)))
    curve[0] = 0
    return curve


def zeros_predicted(counts: Counts) -> int:
    """Evaluates at 0 the line through the counts of the levels 1 and 2."""
    return max(0, int(2 * counts[1] - counts[2]))


def plain_curve(counts: Counts, reference: Counts) -> Curve:
    """Matches cumulative counts of the levels that there are, as scikit-image does."""
    present = np.flatnonzero(counts)
    reference_present = np.flatnonzero(reference)
    quantiles = np.cumsum(counts[present]) / counts.sum()
    reference_quantiles = np.cumsum(reference[reference_present]) / reference.sum()
    curve = np.zeros(LEVELS)
    curve[present] = np.interp(quantiles, reference_quantiles, reference_present)
    return curve
