"""An encoder without a decoder, for pretexts that learn no segmentation; it serves every network
that has it.
"""

from torch import Tensor, nn

from harness.components.nets import net, torchvision_schema
from harness.components.nets.smp import Encoder

torchvision_schema.define()

import segmentation_models_pytorch as smp  # noqa: E402  after the schemas


@net(multiple=32)
def encoder_only(channels: int, classes: int, *, encoder: Encoder = "resnet34") -> nn.Module:
    """An encoder alone, which gives its feature maps; other fits start from it."""
    return EncoderOnly(encoder, channels)


class EncoderOnly(nn.Module):
    """Named as inside a segmentation network, so that weights find their place."""

    def __init__(self, encoder: str, channels: int) -> None:
        super().__init__()
        self.encoder_name = encoder
        self.encoder = smp.encoders.get_encoder(encoder, in_channels=channels, weights=None)

    def forward(self, images: Tensor) -> list[Tensor]:
        features: list[Tensor] = self.encoder(images)
        return features
