"""Grey levels of each data set brought to one scale by its own pixels, as in paper 001.

What is tested is scaled by its own images too, whether anybody may read their masks or not: a
laboratory that looks for a network has these images. The other preparations of grey levels learn
from the source alone.
"""

from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor

from harness.components.prepare import prepare
from harness.components.prepare.grey_levels import sample_of
from harness.data.images import Domains, Unlabelled, unit

Percent = Annotated[float, Field(ge=0, le=100)]


@prepare
def own_range(
    images: Unlabelled, domains: Domains, *, low: float = -1.0, high: float = 1.0
) -> Tensor:
    """The lowest and the highest grey level of these images themselves become `low` and `high`."""
    levels = unit(_pixels_of_set(images, domains))
    bottom = levels.min()
    span = (levels.max() - bottom).clamp(min=1e-6)
    return low + (high - low) * (unit(images.pixels) - bottom) / span


@prepare
def own_percentiles(
    images: Unlabelled,
    domains: Domains,
    *,
    low: Percent = 5.0,
    high: Percent = 98.0,
    most: float | None = None,
) -> Tensor:
    """The `low` and `high` percentiles of these images themselves become 0 and 1; what lies above
    `most` becomes `most`.
    """
    sample = sample_of(unit(_pixels_of_set(images, domains)))
    bottom = torch.quantile(sample, low / 100)
    top = torch.quantile(sample, high / 100)
    scaled = (unit(images.pixels) - bottom) / (top - bottom).clamp(min=1e-6)
    return scaled if most is None else scaled.clamp(max=most)


def _pixels_of_set(images: Unlabelled, domains: Domains) -> Tensor:
    """The pixels that stand for a data set.

    A validation part is scaled as its source is, and images that a probe perturbs as without that.
    """
    validation = domains.validation
    if validation is not None and validation.images is images:
        return domains.source.images.all_pixels
    if images.unperturbed is not None:
        images = images.unperturbed.now()
    return images.all_pixels
