"""Features of a network's layers at single pixels whose label is known, drawn from each image.

A layer's maps are read at the middle of each pixel, interpolated linearly, as if they were enlarged
to the size of the image. Which pixels are drawn is decided by the name of the image.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from harness.data.images import Labelled
from harness.measure.forward import PADDED_TO, padded_forward, whole_batches
from harness.measure.layers import BOTTLENECK, hooked_layers, stages
from harness.train.draws import seed_from


@dataclass(frozen=True)
class ImageFeatures:
    """What the layers of a network say of one image."""

    labels: Tensor  # (pixels,): of those drawn, class by class
    at_pixels: Mapping[str, Tensor]  # layer -> (pixels, channels) float64
    means: Mapping[str, Tensor]  # layer -> (channels,) float64, over the whole image

    def of_class(self, layer: str, label: int, at_most: int) -> Tensor:
        """The features of the first pixels of a class, which are drawn at random."""
        is_of_class = self.labels == label
        return self.at_pixels[layer][is_of_class][:at_most]


def decoder_layers(net: nn.Module) -> list[str]:
    """Lists the bottleneck and the stages of the decoder; without a decoder, all stages."""
    names = stages(net)
    decoder = [name for name in names if name.startswith("decoder_")]
    return [BOTTLENECK, *decoder] if decoder else names


@torch.no_grad()
def pixel_features(
    net: nn.Module, test: Labelled, layers: Sequence[str], samples: int
) -> Iterator[ImageFeatures]:
    """Yields the features of each image at up to `samples` pixels of each class."""
    outputs: dict[str, Tensor] = {}
    with hooked_layers(net, layers, outputs.__setitem__):
        for which, batch in whole_batches(net, test.images):
            padded_forward(net, batch)
            for layer in layers:
                _check_maps(layer, outputs[layer], len(batch))
            masks = test.masks_of(which)
            for position, index in enumerate(which.tolist()):
                maps = {layer: outputs[layer][position, None] for layer in layers}
                labels = _labels_of_mask(masks[position], test)
                name = (test.images.groups[index], test.images.ids[index])
                yield _of_image(maps, labels, name, samples)


def balanced_pixels(
    net: nn.Module, test: Labelled, layer: str | None, samples: int
) -> tuple[Tensor, Tensor]:
    """Returns features (pixels, channels) and labels of up to `samples` pixels of each class in
    each image, by the last layer where none is named.
    """
    name = layer or decoder_layers(net)[-1]
    images = list(pixel_features(net, test, [name], samples))
    features = torch.cat([image.at_pixels[name] for image in images])
    labels = torch.cat([image.labels for image in images])
    if len(labels.unique()) < 2:
        raise ValueError("the test set has pixels of one class, so there is nothing to tell apart")
    return features, labels


def _of_image(
    maps: Mapping[str, Tensor], labels: Tensor, name: tuple[str, str], samples: int
) -> ImageFeatures:
    """Returns the features of an image, whose labels are -1 where they do not count."""
    rows, columns = _drawn_pixels(labels, name, samples)
    height, width = labels.shape
    padded_height = height + -height % PADDED_TO
    padded_width = width + -width % PADDED_TO
    y = 2 * (rows + 0.5) / padded_height - 1
    x = 2 * (columns + 0.5) / padded_width - 1
    grid = torch.stack([x, y], dim=-1)[None, None].float()
    at_pixels = {}
    means = {}
    for layer, of_layer in maps.items():
        of_layer = of_layer.float()
        read = F.grid_sample(
            of_layer, grid.to(of_layer.device), padding_mode="border", align_corners=False
        )
        at_pixels[layer] = read[0, :, 0].T.double().cpu()
        means[layer] = of_layer[0].mean(dim=(1, 2)).double().cpu()
    return ImageFeatures(labels[rows, columns].cpu(), at_pixels, means)


def _drawn_pixels(labels: Tensor, name: tuple[str, str], samples: int) -> tuple[Tensor, Tensor]:
    """Returns the rows and columns of the pixels that are drawn of each class in turn."""
    rng = torch.Generator().manual_seed(seed_from("pixels", *name))
    pixels = []
    for label in labels.unique().tolist():
        if label >= 0:
            of_class = (labels == label).nonzero().cpu()
            order = torch.randperm(len(of_class), generator=rng)
            pixels.append(of_class[order[:samples]])
    if not pixels:
        return torch.empty(0, dtype=torch.long), torch.empty(0, dtype=torch.long)
    rows, columns = torch.cat(pixels).T
    return rows, columns


def _labels_of_mask(mask: Tensor, test: Labelled) -> Tensor:
    """The labels of a mask: its classes, or foreground and background; -1 where they are
    ignored.
    """
    labels = mask if len(test.classes) > 2 else (mask > 0).long()
    if test.ignore is None:
        return labels
    return torch.where(mask == test.ignore, -1, labels)


def _check_maps(layer: str, maps: object, count: int) -> None:
    """Refuses a layer that does not give feature maps."""
    is_maps = isinstance(maps, Tensor) and maps.ndim == 4 and len(maps) == count
    if not is_maps:
        raise ValueError(f"{layer} gives no feature maps (n, channels, h, w); take another layer")
