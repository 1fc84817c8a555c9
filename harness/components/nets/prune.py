"""Skips taken out of a decoder: what they fed is rebuilt without their channels, and nothing stands in for them."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from harness.components.nets import torchvision_schema

torchvision_schema.define()

from segmentation_models_pytorch.base.initialization import initialize_decoder  # noqa: E402  after the schemas
from segmentation_models_pytorch.decoders.deeplabv3.decoder import SeparableConv2d  # noqa: E402
from segmentation_models_pytorch.decoders.manet.decoder import DecoderBlock as Plain  # noqa: E402
from segmentation_models_pytorch.decoders.unet.decoder import UnetDecoderBlock  # noqa: E402
from segmentation_models_pytorch.decoders.unetplusplus.decoder import UnetPlusPlusDecoder  # noqa: E402

# Skip L leaves the encoder at a stride of 2^L, so 1 is the uppermost; the deepest features are no skip. A decoder's
# blocks go up from there: blocks[0] takes skip 4. What is rebuilt is drawn after the whole network, and keeps what has
# its shape: the pruned network starts from the weights of the unpruned one of the same seed wherever both have them.
DEEPEST = 4


def without(built: nn.Module, prune: int | Sequence[int]) -> nn.Module:
    """The network without the skips named; a number is the uppermost ones, down to that one."""
    named = [prune] if isinstance(prune, int) else prune
    net: Any = built
    channels = net.encoder.out_channels
    for level in named:
        if level and channels[level] == 0:
            raise ValueError(
                f"fit.net.prune: {net.encoder_name} has no features at a stride of {2**level}, and so no skip {level}"
            )
    levels = range(1, prune + 1) if isinstance(prune, int) else sorted(set(prune))
    gone = [level for level in levels if channels[level]]
    if gone:
        REMOVE[type(net).__name__](net.decoder, gone, channels)
    return built


def _unet(decoder: Any, gone: list[int], channels: list[int]) -> None:
    for level in gone:
        old = decoder.blocks[DEEPEST - level]
        block = UnetDecoderBlock(
            old.conv1[0].in_channels - channels[level], 0, old.conv1[0].out_channels
        )
        block.register_forward_pre_hook(lambda _, given, skip: (given, {}), with_kwargs=True)
        decoder.blocks[DEEPEST - level] = _started(block, old)


def _manet(decoder: Any, gone: list[int], channels: list[int]) -> None:
    for level in gone:
        old = decoder.blocks[DEEPEST - level]
        block = Plain(old.hl_conv[0][0].in_channels, 0, old.conv1[0].out_channels)
        block.register_forward_pre_hook(lambda _, given: given[:1])
        decoder.blocks[DEEPEST - level] = _started(block, old)


def _started(fresh: nn.Module, old: nn.Module) -> nn.Module:
    """Drawn as the library draws a decoder, but for the weights whose shape has not changed."""
    initialize_decoder(fresh)
    mine = fresh.state_dict()
    kept = {n: v for n, v in old.state_dict().items() if n in mine and mine[n].shape == v.shape}
    fresh.load_state_dict(kept, strict=False)
    return fresh


def _linknet(decoder: Any, gone: list[int], channels: list[int]) -> None:
    """Skips are added, and so no weight belongs to them alone."""
    for level in gone:
        decoder.blocks[DEEPEST - level].register_forward_pre_hook(lambda _, given: given[:1])


def _fpn(decoder: Any, gone: list[int], channels: list[int]) -> None:
    for level in {2, 3, 4} & set(gone):
        old = getattr(decoder, f"p{level}")
        setattr(decoder, f"p{level}", Enlarged(old.interpolation_mode))


class Enlarged(nn.Module):
    """A level of the pyramid without its lateral convolution."""

    def __init__(self, mode: str) -> None:
        super().__init__()
        self.mode = mode

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        return F.interpolate(x, scale_factor=2.0, mode=self.mode)


def _deeplab(decoder: Any, gone: list[int], channels: list[int]) -> None:
    width = decoder.block2[0][1].out_channels
    decoder.block1 = Nothing()
    decoder.block2[0] = SeparableConv2d(
        width, width, kernel_size=3, padding=1, bias=False
    )  # as the library's starts


class Nothing(nn.Module):
    """No channels, of the size that is asked for."""

    def forward(self, features: Tensor) -> Tensor:
        return features[:, :0]


def _unetplusplus(decoder: Any, gone: list[int], channels: list[int]) -> None:
    """A level without its skip has no dense nodes either; finer ones lose what these gave them."""
    left = [0 if level in gone else width for level, width in enumerate(channels)]
    fresh = UnetPlusPlusDecoder(left, decoder.out_channels, len(decoder.in_channels))
    _started(fresh, decoder)
    decoder.blocks = nn.ModuleDict({name: Node(block) for name, block in fresh.blocks.items()})
    decoder.skip_channels = fresh.skip_channels
    decoder.register_forward_pre_hook(
        lambda _, given: ([f[:, :0] if i in gone else f for i, f in enumerate(given[0])],)
    )


class Node(nn.Module):
    """A node of U-Net++ that joins what is left: a coarser level enlarged, its own level, both or nothing."""

    def __init__(self, block: Any) -> None:
        super().__init__()
        self.conv1, self.conv2, self.mode = block.conv1, block.conv2, block.interpolation_mode

    def forward(self, x: Tensor, skip: Tensor | None = None) -> Tensor:
        if self.conv1 is None:
            return x.new_empty(len(x), 0, 2 * x.shape[2], 2 * x.shape[3])
        found = [F.interpolate(x, scale_factor=2.0, mode=self.mode)] if x.shape[1] else []
        if skip is not None and skip.shape[1]:
            found.append(skip)
        joined: Tensor = self.conv2(
            self.conv1(torch.cat(found, dim=1) if len(found) > 1 else found[0])
        )
        return joined


Remove = Callable[[Any, list[int], list[int]], None]
REMOVE: dict[str, Remove] = {
    "Unet": _unet,
    "UnetPlusPlus": _unetplusplus,
    "MAnet": _manet,
    "Linknet": _linknet,
    "FPN": _fpn,
    "DeepLabV3Plus": _deeplab,
}
