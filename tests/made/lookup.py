"""Networks that answer each pixel by its grey value, with likelihoods that a test writes down."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from harness.data.images import Labelled, Unlabelled


class Lookup(nn.Module):
    """Answers a pixel of grey value g with the g-th row of a table of likelihoods."""

    def __init__(self, likelihoods: Sequence[Sequence[float]]) -> None:
        super().__init__()
        table = torch.tensor(likelihoods, dtype=torch.float64)
        self.logits = nn.Parameter(table.log())

    def forward(self, images: Tensor) -> Tensor:
        logits = self.logits[images[:, 0].long()]
        return logits.movedim(-1, 1)


class LookupLogit(nn.Module):
    """Answers a pixel of grey value g with one channel: the g-th logit of the foreground."""

    def __init__(self, logits: Sequence[float]) -> None:
        super().__init__()
        self.logits = nn.Parameter(torch.tensor(logits, dtype=torch.float64))

    def forward(self, images: Tensor) -> Tensor:
        return self.logits[images[:, 0].long()].unsqueeze(1)


def labelled_greys(
    greys: Tensor, masks: Tensor, classes: int = 2, ignore: int | None = None
) -> Labelled:
    """Returns images (n, h, w) of whole grey values, and their masks."""
    count = len(greys)
    positions = torch.arange(count)
    images = Unlabelled(
        greys.float()[:, None],
        ids=[f"z{index}" for index in range(count)],
        groups=["v"] * count,
        first=positions,
        last=positions,
    )
    names = tuple(f"class {label}" for label in range(classes))
    return Labelled(images, masks, names, ignore)
