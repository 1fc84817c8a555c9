"""Grey levels of all images brought to one scale, learned from the source's training images alone."""

from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor

from harness.components.prepare import prepare
from harness.data.images import Domains, Labelled, Unlabelled, unit

Percent = Annotated[float, Field(ge=0, le=100)]


@prepare
def standardise(images: Unlabelled, domains: Domains) -> Tensor:
    """Minus the mean of the source's training pixels, over their deviation, plane by plane."""
    source = unit(_source(domains).pixels).double()
    mean, deviation = source.mean(dim=(0, 2, 3)), source.std(dim=(0, 2, 3)).clamp(min=1e-6)
    shape = (1, -1, 1, 1)
    return (unit(images.pixels) - mean.float().view(shape)) / deviation.float().view(shape)


@prepare
def percentiles(
    images: Unlabelled, domains: Domains, *, low: Percent = 1.0, high: Percent = 99.0
) -> Tensor:
    """The source's `low` and `high` percentiles become 0 and 1; nothing is clipped."""
    source = unit(_source(domains).pixels).flatten()
    thinned = source[
        :: max(1, len(source) // 2**22)
    ]  # quantiles of four million pixels are those of all
    bottom, top = (torch.quantile(thinned[: 2**24], q / 100) for q in (low, high))
    return (unit(images.pixels) - bottom) / (top - bottom).clamp(min=1e-6)


def _source(domains: Domains) -> Unlabelled:
    return domains.source.images if isinstance(domains.source, Labelled) else domains.source
