"""Features at single pixels: read where they stand, drawn by the name of an image."""

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from harness.data.images import Labelled
from harness.measure.pixel_features import balanced_pixels, decoder_layers, pixel_features
from tests.made.networks import tiny_network
from tests.made.unlabelled import clouds


class Halved(nn.Module):
    """A network with one layer of half the size: grey, its square, and the position in a row."""

    def __init__(self) -> None:
        super().__init__()
        self.coarse = nn.Identity()
        self.head = nn.Conv2d(3, 1, 1)

    def forward(self, images: Tensor) -> Tensor:
        columns = torch.arange(images.shape[-1]).float().expand_as(images)
        maps = torch.cat([images, images.square(), columns], dim=1)
        maps = self.coarse(F.avg_pool2d(maps, 2))
        enlarged = F.interpolate(maps, scale_factor=2, mode="bilinear")
        logits: Tensor = self.head(enlarged)
        return logits


def labelled_clouds(count: int = 4, size: int = 32) -> Labelled:
    images = clouds(count, size)
    masks = (images.pixels[:, 0] > 0.5).to(torch.uint8) * 7  # instances, not classes
    masks[:, :2] = 255
    return Labelled(images, masks, ("background", "foreground"), ignore=255)


@pytest.mark.parametrize("size", [32, 48, 36])
def test_a_layer_is_read_as_if_it_were_enlarged(size: int) -> None:
    test = labelled_clouds(2, size)
    net = Halved().eval()
    images = list(pixel_features(net, test, ["coarse"], samples=5000))
    enlarged: list[Tensor] = []
    net.head.register_forward_pre_hook(lambda module, inputs: enlarged.append(inputs[0]))
    padded = -size % 32
    net(F.pad(test.images.pixels, (0, padded, 0, padded), mode="reflect"))
    for position, image in enumerate(images):
        maps = enlarged[0][position, :, :size, :size]
        for label in (0, 1):
            truth = (test.masks[position] == 7 * label).nonzero()
            expected = maps[:, truth[:, 0], truth[:, 1]].T.double()
            features = image.of_class("coarse", label, at_most=5000)
            assert len(features) == len(expected)
            by_grey = features[:, 0].sort().values
            assert torch.allclose(by_grey, expected[:, 0].sort().values, atol=1e-4)
            by_column = features[:, 2].sort().values
            assert torch.allclose(by_column, expected[:, 2].sort().values, atol=1e-3)


def test_each_class_is_drawn_alike_and_ignored_pixels_are_not() -> None:
    images = list(pixel_features(Halved().eval(), labelled_clouds(), ["coarse"], samples=20))
    for image in images:
        assert image.labels.unique().tolist() == [0, 1]
        assert (image.labels == 0).sum() == 20
        assert (image.labels == 1).sum() == 20
        assert len(image.at_pixels["coarse"]) == 40


def test_which_pixels_are_drawn_is_decided_by_the_name() -> None:
    test = labelled_clouds()
    net = Halved().eval()
    before = list(pixel_features(net, test, ["coarse"], samples=20))
    end = replace(
        test,
        images=replace(
            test.images,
            pixels=test.images.pixels[2:],
            ids=test.images.ids[2:],
            groups=test.images.groups[2:],
            first=torch.arange(2),
            last=torch.arange(2),
        ),
        masks=test.masks[2:],
    )
    of_end = list(pixel_features(net, end, ["coarse"], samples=20))
    for image, again in zip(before[2:], of_end, strict=True):
        assert torch.allclose(image.at_pixels["coarse"], again.at_pixels["coarse"], atol=1e-6)


def test_layers_are_the_bottleneck_and_the_decoder_or_all_there_is() -> None:
    assert decoder_layers(tiny_network()) == ["bottleneck", "decoder_0", "decoder_1", "decoder_2"]
    assert decoder_layers(Halved()) == ["coarse", "head"]


def test_one_class_is_refused() -> None:
    test = labelled_clouds()
    one_class = replace(test, masks=torch.zeros_like(test.masks))
    with pytest.raises(ValueError, match="pixels of one class"):
        balanced_pixels(Halved().eval(), one_class, "coarse", 10)
