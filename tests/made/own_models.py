"""Models and images as a user has them: files in a folder, networks of a few hundred weights."""

from pathlib import Path

import numpy as np
import tifffile
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from harness.components.nets.tiny_unet import tiny_unet
from harness.store import save_tensors


class Brighter(nn.Module):
    """A network that takes what is brighter than a grey level for foreground."""

    def __init__(self, level: float) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 1, 3, padding=1)
        with torch.no_grad():
            self.conv.weight.zero_()
            self.conv.weight[0, 0, 1, 1] = 20.0
            self.conv.bias.fill_(-20.0 * level)  # type: ignore[union-attr]

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.conv(images)
        return logits


def write_weights(folder: Path, name: str, seed: int, channels: int = 1) -> Path:
    """A tiny U-Net as safetensors, with the YAML file that says which network it is."""
    torch.manual_seed(seed)
    path = folder / f"{name}.safetensors"
    save_tensors(path, tiny_unet(channels, 1, width=2).state_dict())
    text = f"net: {{arch: tiny_unet, width: 2}}\nchannels: {channels}\n"
    path.with_suffix(".yaml").write_text(text)
    return path


def write_script(path: Path, net: nn.Module, channels: int = 1) -> Path:
    """A network as TorchScript."""
    traced = torch.jit.trace(net.eval(), torch.zeros(1, channels, 64, 64))
    traced.save(str(path))
    return path


def images_of(count: int, size: int = 64, seed: int = 0) -> NDArray[np.uint8]:
    """Grey images with a few bright discs, (count, size, size)."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:size, :size]
    images = rng.normal(80, 12, (count, size, size))
    for image in images:
        for _ in range(4):
            top, left = rng.integers(0, size, 2)
            disc = (rows - top) ** 2 + (columns - left) ** 2 < (size / 8) ** 2
            image[disc] += 100
    return np.clip(images, 0, 255).astype(np.uint8)


def write_images(folder: Path, count: int, size: int = 64) -> Path:
    """A folder of TIFFs, an image each."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, image in enumerate(images_of(count, size)):
        tifffile.imwrite(folder / f"{number:02}.tif", image)
    return folder
