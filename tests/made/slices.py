"""Stacks of slices, networks that see them, and what attribution measures on them."""

from collections.abc import Callable
from typing import Any

import pandas as pd
import torch
from torch import Tensor, nn

from harness.components.probes.attribution import attribution
from harness.data.images import Labelled, Unlabelled
from harness.measure.rows import Row
from harness.train.build import build_net
from harness.train.first_conv import first_conv
from tests.made.networks import function_of, part_of

# Of the sum of the two outputs of `linear_network`, by each of its three inputs.
SLOPES = torch.tensor([1.5, -1, -3], dtype=torch.float64)
SLOPE = SLOPES[:, None, None]


def saliency(raw: Any) -> Callable[..., Tensor]:
    return function_of("saliency", raw)


def network(arch: str = "tiny_unet", outputs: int = 1, **options: Any) -> nn.Module:
    """Builds a network of three slices that computes in double precision, always the same one."""
    torch.manual_seed(3)
    size = {"width": 2} if arch == "tiny_unet" else {"encoder": "resnet18"}
    part = part_of("net", {"arch": arch, "slices": 3, **size, **options})
    return build_net(part, 3, outputs).double().eval()


def with_equal_slices(net: nn.Module) -> nn.Module:
    """Gives every slice the first kernels of the middle one."""
    weight = first_conv(net).weight
    with torch.no_grad():
        middle = weight[:, [1]]
        weight.copy_(middle.expand_as(weight))
    return net


def linear_network() -> nn.Module:
    """Two outputs per pixel, each a weighted sum of the three inputs there."""
    net = nn.Conv2d(3, 2, 1).double().eval()
    weight = torch.tensor(
        [
            [1.0, 2.0, -4.0],
            [0.5, -3.0, 1.0],
        ]
    )
    with torch.no_grad():
        net.weight.copy_(weight[:, :, None, None])
    return net


def pictures(*shape: int) -> Tensor:
    """Returns random grey levels, the same for a shape in every run."""
    torch.manual_seed(4)
    return torch.rand(*shape, dtype=torch.float64)


def unlabelled_volume(pixels: Tensor, sizes: Tensor | None = None) -> Unlabelled:
    """Returns slices (n, h, w) of one volume as a test set that is seen in stacks of three."""
    count = len(pixels)
    names = [f"z{position}" for position in range(count)]
    first = torch.zeros(count, dtype=torch.long)
    last = torch.full((count,), count - 1)
    return Unlabelled(
        pixels[:, None],
        ids=names,
        groups=["v"] * count,
        first=first,
        last=last,
        slices=3,
        sizes=sizes,
    )


def labelled_volume(pixels: Tensor, masks: Tensor, ignore: int | None = None) -> Labelled:
    return Labelled(unlabelled_volume(pixels), masks, ("background", "object"), ignore)


def attribution_table(net: nn.Module, test: Any, *maps: Any, **options: Any) -> pd.DataFrame:
    """Returns the rows of the probe `attribution`, without figures, by default of the gradient."""
    functions = [saliency(raw) for raw in maps or ["gradient"]]
    records = []
    for row in attribution(net, test, maps=functions, figures=0, **options):
        assert isinstance(row, Row)
        record = {"metric": row.metric, "value": row.value, "image": row.image}
        records.append({**record, **row.dimensions})
    return pd.DataFrame(records)


def values_of(table: pd.DataFrame, metric: str) -> list[float]:
    values: list[float] = table[table.metric == metric]["value"].tolist()
    return values
