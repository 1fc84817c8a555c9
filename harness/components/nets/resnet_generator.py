"""The generator of CUT (Park 2020), with which paper 002 translates images (its section 3.2)."""

from collections.abc import Collection

from torch import Tensor, nn

from harness.components.nets import net
from harness.components.nets.resampling import BlurDown, BlurUp, start_weights
from harness.spec.options import Count

FIRST_BLOCK = 12  # among the layers; what lies before and in the blocks encodes


@net(multiple=4, translates=True)
def resnet_generator(
    channels: int, classes: int, *, width: Count = 64, blocks: Count = 9
) -> nn.Module:
    """Images of one style made of images of another: residual blocks at a quarter of the size."""
    return ResnetGenerator(channels, width, blocks)


class ResnetGenerator(nn.Module):
    """Two blurred halvings, residual blocks, two blurred doublings; grey levels from 0 to 1."""

    def __init__(self, channels: int, width: int, blocks: int) -> None:
        """Builds a generator that starts with `width` maps."""
        super().__init__()
        layers = [nn.ReflectionPad2d(3), *_convolution(channels, width, 7, padding=0)]
        for maps in (width, 2 * width):
            layers += [*_convolution(maps, 2 * maps, 3, padding=1), BlurDown()]
        layers += [ResidualBlock(4 * width) for _ in range(blocks)]
        for maps in (4 * width, 2 * width):
            layers += [BlurUp(), *_convolution(maps, maps // 2, 3, padding=1)]
        layers += [nn.ReflectionPad2d(3), nn.Conv2d(width, channels, 7), nn.Tanh()]
        self.layers = nn.Sequential(*layers)
        self.encoding_layers = FIRST_BLOCK + blocks
        start_weights(self)

    def forward(self, images: Tensor) -> Tensor:
        """Returns the translated images."""
        translated: Tensor = self.layers(as_signed(images))
        return (translated + 1) / 2

    def features(self, images: Tensor, numbers: Collection[int]) -> list[Tensor]:
        """Returns what the layers of these numbers make of images; no later layer runs."""
        last = max(numbers)
        if last >= self.encoding_layers:
            raise ValueError(
                f"fit.method.layers: {last} is no layer of the generator's encoder, "
                f"which are 0 to {self.encoding_layers - 1}"
            )
        features = []
        maps = as_signed(images)
        for number in range(last + 1):
            maps = self.layers[number](maps)
            if number in numbers:
                features.append(maps)
        return features


class ResidualBlock(nn.Module):
    """Two convolutions whose result is added to what came in."""

    def __init__(self, maps: int) -> None:
        super().__init__()
        first = _convolution(maps, maps, 3, padding=0)
        *second, _ = _convolution(maps, maps, 3, padding=0)
        self.layers = nn.Sequential(nn.ReflectionPad2d(1), *first, nn.ReflectionPad2d(1), *second)

    def forward(self, maps: Tensor) -> Tensor:
        """Returns the maps and what two convolutions make of them."""
        changes: Tensor = self.layers(maps)
        return maps + changes


def _convolution(inputs: int, outputs: int, size: int, *, padding: int) -> list[nn.Module]:
    """A convolution, instance norm without weights, and ReLU."""
    return [
        nn.Conv2d(inputs, outputs, size, padding=padding),
        nn.InstanceNorm2d(outputs),
        nn.ReLU(),
    ]


def as_signed(images: Tensor) -> Tensor:
    """Grey levels from 0 to 1 as numbers from -1 to 1, which the networks of CUT see."""
    return images * 2 - 1
