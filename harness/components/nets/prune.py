"""Skips taken out of a decoder: what they fed is rebuilt without their channels, and nothing stands
in for them.

Skip L leaves the encoder at a stride of 2^L, so 1 is the uppermost; the deepest features are no
skip. A decoder's blocks go up from there: blocks[0] takes skip 4. What is rebuilt is drawn after
the whole network, and keeps what has its shape: the pruned network starts from the weights of the
unpruned one of the same seed wherever both have them.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from harness.components.nets import torchvision_schema

torchvision_schema.define()

# The library is imported after the schemas.
from segmentation_models_pytorch.base.initialization import (  # noqa: E402
    initialize_decoder,
)
from segmentation_models_pytorch.decoders.deeplabv3.decoder import (  # noqa: E402
    SeparableConv2d,
)
from segmentation_models_pytorch.decoders.manet.decoder import (  # noqa: E402
    DecoderBlock as PlainBlock,
)
from segmentation_models_pytorch.decoders.unet.decoder import (  # noqa: E402
    UnetDecoderBlock,
)
from segmentation_models_pytorch.decoders.unetplusplus.decoder import (  # noqa: E402
    UnetPlusPlusDecoder,
)

DEEPEST = 4


def without_skips(net: nn.Module, prune: int | Sequence[int]) -> nn.Module:
    """Takes skips out of a network: a list names them, a number means the uppermost ones down to
    it.
    """
    library_net: Any = net
    channels = library_net.encoder.out_channels
    for level in [prune] if isinstance(prune, int) else prune:
        if level and channels[level] == 0:
            raise ValueError(
                f"fit.net.prune: {library_net.encoder_name} has no features at a stride "
                f"of {2**level}, and so no skip {level}"
            )
    levels = range(1, prune + 1) if isinstance(prune, int) else sorted(set(prune))
    gone = [level for level in levels if channels[level]]
    if gone:
        PRUNERS[type(net).__name__](library_net.decoder, gone, channels)
    return net


def _prune_unet(decoder: Any, gone: list[int], channels: list[int]) -> None:
    """A block takes its skip by a keyword, as inputs of its first convolution."""
    for level in gone:
        old = decoder.blocks[DEEPEST - level]
        width = old.conv1[0].in_channels - channels[level]
        block = UnetDecoderBlock(width, 0, old.conv1[0].out_channels)
        block.register_forward_pre_hook(lambda _, inputs, skip: (inputs, {}), with_kwargs=True)
        decoder.blocks[DEEPEST - level] = _with_weights_of(old, block)


def _prune_manet(decoder: Any, gone: list[int], channels: list[int]) -> None:
    for level in gone:
        old = decoder.blocks[DEEPEST - level]
        block = PlainBlock(old.hl_conv[0][0].in_channels, 0, old.conv1[0].out_channels)
        block.register_forward_pre_hook(_drop_skip)
        decoder.blocks[DEEPEST - level] = _with_weights_of(old, block)


def _prune_linknet(decoder: Any, gone: list[int], channels: list[int]) -> None:
    """Skips are added, and so no weight belongs to them alone."""
    for level in gone:
        decoder.blocks[DEEPEST - level].register_forward_pre_hook(_drop_skip)


def _prune_fpn(decoder: Any, gone: list[int], channels: list[int]) -> None:
    for level in {2, 3, 4} & set(gone):
        old = getattr(decoder, f"p{level}")
        setattr(decoder, f"p{level}", Enlarged(old.interpolation_mode))


def _prune_deeplab(decoder: Any, gone: list[int], channels: list[int]) -> None:
    """The decoder has one skip; the convolution that took it starts as the library's own does."""
    width = decoder.block2[0][1].out_channels
    decoder.block1 = Nothing()
    decoder.block2[0] = SeparableConv2d(width, width, kernel_size=3, padding=1, bias=False)


def _prune_unetplusplus(decoder: Any, gone: list[int], channels: list[int]) -> None:
    """A level without its skip has no dense nodes either; finer ones lose what these gave them."""
    widths = list(channels)
    for level in gone:
        widths[level] = 0
    fresh = UnetPlusPlusDecoder(widths, decoder.out_channels, len(decoder.in_channels))
    _with_weights_of(decoder, fresh)
    decoder.blocks = nn.ModuleDict({name: Node(block) for name, block in fresh.blocks.items()})
    decoder.skip_channels = fresh.skip_channels

    def empty_skips(module: nn.Module, inputs: tuple[list[Tensor]]) -> tuple[list[Tensor]]:
        features = list(inputs[0])
        for level in gone:
            features[level] = features[level][:, :0]
        return (features,)

    decoder.register_forward_pre_hook(empty_skips)


def _drop_skip(block: nn.Module, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    """A block gets the features from below and the skip beside it: only the first is passed on."""
    return inputs[:1]


def _with_weights_of(old: nn.Module, fresh: nn.Module) -> nn.Module:
    """Draws fresh weights as the library does for a decoder, then takes over those whose shape has
    not changed.
    """
    initialize_decoder(fresh)
    drawn = fresh.state_dict()
    same: dict[str, Tensor] = {}
    for name, value in old.state_dict().items():
        if name in drawn and drawn[name].shape == value.shape:
            same[name] = value
    fresh.load_state_dict(same, strict=False)
    return fresh


class Enlarged(nn.Module):
    """A level of the pyramid without its lateral convolution."""

    def __init__(self, mode: str) -> None:
        super().__init__()
        self.mode = mode

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        return F.interpolate(x, scale_factor=2.0, mode=self.mode)


class Nothing(nn.Module):
    """No channels, of the size that is asked for."""

    def forward(self, features: Tensor) -> Tensor:
        return features[:, :0]


class Node(nn.Module):
    """A node of U-Net++ that joins what is left: a coarser level enlarged, its own level, both or
    nothing.
    """

    def __init__(self, block: Any) -> None:
        super().__init__()
        self.conv1 = block.conv1
        self.conv2 = block.conv2
        self.mode = block.interpolation_mode

    def forward(self, x: Tensor, skip: Tensor | None = None) -> Tensor:
        """`x` is the coarser level and `skip` its own; either may have no channels."""
        if self.conv1 is None:
            return x.new_empty(len(x), 0, 2 * x.shape[2], 2 * x.shape[3])
        inputs = []
        if x.shape[1]:
            inputs.append(F.interpolate(x, scale_factor=2.0, mode=self.mode))
        if skip is not None and skip.shape[1]:
            inputs.append(skip)
        maps = torch.cat(inputs, dim=1) if len(inputs) > 1 else inputs[0]
        output: Tensor = self.conv2(self.conv1(maps))
        return output


Pruner = Callable[[Any, list[int], list[int]], None]  # of (decoder, skips to take out, channels)
PRUNERS: dict[str, Pruner] = {
    "Unet": _prune_unet,
    "UnetPlusPlus": _prune_unetplusplus,
    "MAnet": _prune_manet,
    "Linknet": _prune_linknet,
    "FPN": _prune_fpn,
    "DeepLabV3Plus": _prune_deeplab,
}
