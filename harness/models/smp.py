"""The architectures of segmentation_models_pytorch, over its own encoders and timm's."""

from typing import Annotated, Any, Literal

from pydantic import Field
from torch import nn

from harness.models import net, torchvision_schema

torchvision_schema.define()

import segmentation_models_pytorch as smp  # noqa: E402  after the schemas

# Any timm encoder goes by tu-NAME; the rest is what the library has of its own (a test compares).
Encoder = Annotated[str, Field(pattern=r"^tu-")] | Literal[
    "resnet18", "resnet34", "resnet50", "resnet101", "resnet152"
]  # fmt: skip


@net(multiple=32)
def unet(channels: int, classes: int, *, encoder: Encoder = "resnet34") -> nn.Module:
    """U-Net (Ronneberger 2015)."""
    return _build(smp.Unet, channels, classes, encoder)


@net(multiple=32)
def unetplusplus(channels: int, classes: int, *, encoder: Encoder = "resnet34") -> nn.Module:
    """U-Net++ (Zhou 2018)."""
    return _build(smp.UnetPlusPlus, channels, classes, encoder)


@net(multiple=32)
def manet(channels: int, classes: int, *, encoder: Encoder = "resnet34") -> nn.Module:
    """MA-Net (Fan 2020)."""
    return _build(smp.MAnet, channels, classes, encoder)


@net(multiple=32)
def linknet(channels: int, classes: int, *, encoder: Encoder = "resnet34") -> nn.Module:
    """LinkNet (Chaurasia 2017)."""
    return _build(smp.Linknet, channels, classes, encoder)


@net(multiple=32)
def fpn(channels: int, classes: int, *, encoder: Encoder = "resnet34") -> nn.Module:
    """Feature pyramid network (Kirillov 2017)."""
    return _build(smp.FPN, channels, classes, encoder)


@net(multiple=32)
def deeplabv3plus(channels: int, classes: int, *, encoder: Encoder = "resnet34") -> nn.Module:
    """DeepLabV3+ (Chen 2018), output stride 16."""
    return _build(smp.DeepLabV3Plus, channels, classes, encoder)


@net(multiple=32)
def segformer(channels: int, classes: int, *, encoder: Encoder = "resnet34") -> nn.Module:
    """SegFormer's decoder (Xie 2021), on any encoder."""
    return _build(smp.Segformer, channels, classes, encoder)


def _build(architecture: Any, channels: int, classes: int, encoder: str) -> nn.Module:
    built: nn.Module = architecture(encoder, encoder_weights=None, in_channels=channels, classes=classes)
    return built
