"""Grey levels of all images brought to one scale, learned from the source's training images
alone.
"""

from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor

from harness.components.prepare import prepare
from harness.data.images import Domains, Unlabelled, unit

Percent = Annotated[float, Field(ge=0, le=100)]

OF_A_PLANE = (0, 2, 3)  # the dimensions that are reduced to one number
ENOUGH = 2**22  # pixels whose quantiles are those of all
SORTABLE = 2**24  # values that torch.quantile takes at most


@prepare
def standardise(images: Unlabelled, domains: Domains) -> Tensor:
    """Minus the mean of the source's training pixels, over their deviation, plane by plane."""
    source = unit(domains.source.images.all_pixels).double()
    mean = source.mean(dim=OF_A_PLANE, keepdim=True)
    deviation = source.std(dim=OF_A_PLANE, keepdim=True)
    deviation = deviation.clamp(min=1e-6)
    return (unit(images.pixels) - mean.float()) / deviation.float()


@prepare
def percentiles(
    images: Unlabelled,
    domains: Domains,
    *,
    low: Percent = 1.0,
    high: Percent = 99.0,
) -> Tensor:
    """The source's `low` and `high` percentiles become 0 and 1; nothing is clipped."""
    sample = sample_of(unit(domains.source.images.all_pixels))
    bottom = torch.quantile(sample, low / 100)
    top = torch.quantile(sample, high / 100)
    return (unit(images.pixels) - bottom) / (top - bottom).clamp(min=1e-6)


def sample_of(levels: Tensor) -> Tensor:
    """As many grey levels, evenly taken, as their quantiles need."""
    flat = levels.flatten()
    every = max(1, len(flat) // ENOUGH)
    return flat[::every][:SORTABLE]
