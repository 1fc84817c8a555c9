"""The architectures of segmentation_models_pytorch, over its own encoders and timm's."""

from typing import Annotated, Any, Literal

from pydantic import Field
from torch import nn

from harness.components.nets import net, torchvision_schema

torchvision_schema.define()

import segmentation_models_pytorch as smp  # noqa: E402  after the schemas

from harness.components.nets.prune import without_skips  # noqa: E402

# The library's own encoders (a test compares), and any of timm's as tu-NAME.
# fmt: off
ENCODERS = (
    "resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "resnext50_32x4d",
    "resnext101_32x4d", "resnext101_32x8d", "resnext101_32x16d", "resnext101_32x32d",
    "resnext101_32x48d", "dpn68", "dpn68b", "dpn92", "dpn98", "dpn107", "dpn131", "vgg11",
    "vgg11_bn", "vgg13", "vgg13_bn", "vgg16", "vgg16_bn", "vgg19", "vgg19_bn", "senet154",
    "se_resnet50", "se_resnet101", "se_resnet152", "se_resnext50_32x4d", "se_resnext101_32x4d",
    "densenet121", "densenet169", "densenet201", "densenet161", "inceptionresnetv2", "inceptionv4",
    "efficientnet-b0", "efficientnet-b1", "efficientnet-b2", "efficientnet-b3", "efficientnet-b4",
    "efficientnet-b5", "efficientnet-b6", "efficientnet-b7", "mobilenet_v2", "xception",
    "timm-efficientnet-b0", "timm-efficientnet-b1", "timm-efficientnet-b2", "timm-efficientnet-b3",
    "timm-efficientnet-b4", "timm-efficientnet-b5", "timm-efficientnet-b6", "timm-efficientnet-b7",
    "timm-efficientnet-b8", "timm-efficientnet-l2", "timm-tf_efficientnet_lite0",
    "timm-tf_efficientnet_lite1", "timm-tf_efficientnet_lite2", "timm-tf_efficientnet_lite3",
    "timm-tf_efficientnet_lite4", "timm-skresnet18", "timm-skresnet34", "timm-skresnext50_32x4d",
    "mit_b0", "mit_b1", "mit_b2", "mit_b3", "mit_b4", "mit_b5", "mobileone_s0", "mobileone_s1",
    "mobileone_s2", "mobileone_s3", "mobileone_s4",
)
# fmt: on
Encoder = Literal[ENCODERS] | Annotated[str, Field(pattern=r"^tu-")]  # type: ignore[valid-type]

# Skips taken away: a number for the uppermost ones down to it (a stride of 2^L), a list for these
# alone.
Pruned = (
    Annotated[int, Field(ge=0, le=4)]
    | Annotated[list[Annotated[int, Field(ge=1, le=4)]], Field(min_length=1)]
)
PrunedPyramid = Literal[0, 2, 3, 4] | Annotated[list[Literal[2, 3, 4]], Field(min_length=1)]


@net(multiple=32)
def unet(
    channels: int,
    classes: int,
    *,
    encoder: Encoder = "resnet34",
    prune: Pruned = 0,
) -> nn.Module:
    """U-Net (Ronneberger 2015)."""
    return without_skips(_build(smp.Unet, channels, classes, encoder), prune)


@net(multiple=32)
def unetplusplus(
    channels: int,
    classes: int,
    *,
    encoder: Encoder = "resnet34",
    prune: Pruned = 0,
) -> nn.Module:
    """U-Net++ (Zhou 2018)."""
    return without_skips(_build(smp.UnetPlusPlus, channels, classes, encoder), prune)


@net(multiple=32)
def manet(
    channels: int,
    classes: int,
    *,
    encoder: Encoder = "resnet34",
    prune: Pruned = 0,
) -> nn.Module:
    """MA-Net (Fan 2020)."""
    return without_skips(_build(smp.MAnet, channels, classes, encoder), prune)


@net(multiple=32)
def linknet(
    channels: int,
    classes: int,
    *,
    encoder: Encoder = "resnet34",
    prune: Pruned = 0,
) -> nn.Module:
    """LinkNet (Chaurasia 2017)."""
    return without_skips(_build(smp.Linknet, channels, classes, encoder), prune)


@net(multiple=32)
def fpn(
    channels: int,
    classes: int,
    *,
    encoder: Encoder = "resnet34",
    prune: PrunedPyramid = 0,
) -> nn.Module:
    """Feature pyramid network (Kirillov 2017); its uppermost skip has stride 4."""
    return without_skips(_build(smp.FPN, channels, classes, encoder), prune)


@net(multiple=32)
def deeplabv3plus(
    channels: int,
    classes: int,
    *,
    encoder: Encoder = "resnet34",
    prune: Literal[0, 2] = 0,
) -> nn.Module:
    """DeepLabV3+ (Chen 2018), output stride 16; its one skip has stride 4."""
    return without_skips(_build(smp.DeepLabV3Plus, channels, classes, encoder), prune)


@net(
    multiple=32,
    without={"prune": "cannot be pruned: its decoder joins all stages at once, and none is a skip"},
)
def segformer(channels: int, classes: int, *, encoder: Encoder = "resnet34") -> nn.Module:
    """SegFormer's decoder (Xie 2021), on any encoder."""
    return _build(smp.Segformer, channels, classes, encoder)


def _build(architecture: Any, channels: int, classes: int, encoder: str) -> nn.Module:
    """Builds a network that knows its encoder's name, for an init that looks up the library's
    weights.
    """
    built: nn.Module = architecture(
        encoder, encoder_weights=None, in_channels=channels, classes=classes
    )
    built.encoder_name = encoder  # type: ignore[assignment]
    return built
