"""PatchNCE (Park 2020): a place of the translation is like the same place of the image, and unlike
the image's other places.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from harness.components.nets.resampling import start_weights

TINY = 1e-7  # keeps a vector of zeros from a division by zero

Positions = list[Tensor]  # of each layer: where its features are read


class Projections(nn.Module):
    """A small network for each layer, which makes vectors of length one of its features.

    The networks are built at the first call, for the channels that come then; what learns them is
    built after that.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width
        self.heads = nn.ModuleList()

    def forward(self, features: Sequence[Tensor], positions: Positions) -> list[Tensor]:
        """Returns (images, positions, width) for each layer."""
        if not self.heads:
            self._build(features)
        vectors = []
        for head, maps, where in zip(self.heads, features, positions, strict=True):
            read = maps.flatten(2)[:, :, where].transpose(1, 2)
            projected = head(read)
            length = projected.norm(dim=2, keepdim=True)
            vectors.append(projected / (length + TINY))
        return vectors

    def _build(self, features: Sequence[Tensor]) -> None:
        """Builds a network of two layers for each layer of features."""
        for maps in features:
            first = nn.Linear(maps.shape[1], self.width, device=maps.device)
            second = nn.Linear(self.width, self.width, device=maps.device)
            self.heads.append(nn.Sequential(first, nn.ReLU(), second))
        start_weights(self)


def draw_positions(
    features: Sequence[Tensor], count: int, rng: torch.Generator | None = None
) -> Positions:
    """Draws positions for each layer, the same for all images; a small layer gives all it has."""
    positions = []
    for maps in features:
        height, width = maps.shape[-2:]
        order = torch.randperm(height * width, generator=rng, device=maps.device)
        positions.append(order[:count])
    return positions


def patch_nce(queries: Tensor, keys: Tensor, temperature: float) -> Tensor:
    """The cross entropy of finding each query's own key among the keys of its image.

    Nothing is learned by the keys.
    """
    likeness = queries @ keys.detach().transpose(1, 2)
    images, count, _ = likeness.shape
    own_key = torch.arange(count, device=likeness.device).repeat(images)
    return F.cross_entropy(likeness.flatten(0, 1) / temperature, own_key)
