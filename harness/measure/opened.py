"""What the trials of one fit share: its network and test sets, opened once for all of them."""

import copy
from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import nn

from harness.data.images import Labelled, Unlabelled
from harness.spec.values import Fit
from harness.store import Home
from harness.train.prepare import FitSteps, open_steps

AT_MOST = 2**31  # bytes of images that stay open for the next trial

Images = Labelled | Unlabelled


@dataclass
class Opened:
    """Networks and images by what they are, as long as one process measures trials.

    Whatever a trial does to its network stays with it, for each gets a copy. Images are shared; a
    component that changes them in place is met by opening them anew.
    """

    home: Home
    device: torch.device
    _networks: dict[str, nn.Module] = field(default_factory=dict)
    _images: dict[str, tuple[Images, tuple[int, ...]]] = field(default_factory=dict)
    _steps: dict[str, FitSteps] = field(default_factory=dict)

    def copy_network(self, name: str, load: Callable[[], nn.Module]) -> nn.Module:
        """Returns a copy of a network that was loaded before, or the network loaded now."""
        if name not in self._networks:
            net = load()
            try:
                self._networks[name] = copy.deepcopy(net)
            except Exception:  # noqa: BLE001  some cannot be copied, for whatever reason of theirs
                return net
            return net
        return copy.deepcopy(self._networks[name])

    def share_images(self, name: str, load: Callable[[], Images]) -> Images:
        """Returns images that were opened before and are as they were then, or opens them."""
        if name in self._images:
            images, versions = self._images[name]
            if _versions(images) == versions:
                return images
            self._images.clear()  # the same memory may be under several names
        images = load()
        self._images[name] = (images, _versions(images))
        self._make_room()
        return images

    def share_steps(self, fit: Fit) -> FitSteps:
        """Returns the `prepare` steps of a fit, which read its training images."""
        if fit.key not in self._steps:
            self._steps[fit.key] = open_steps(fit, self.home, self.device)
        return self._steps[fit.key]

    def _make_room(self) -> None:
        """Lets go of the images that were opened first, where there are too many."""
        sizes = {name: _bytes(images) for name, (images, _) in self._images.items()}
        for name in list(sizes):
            if sum(sizes.values()) <= AT_MOST:
                return
            del sizes[name]
            del self._images[name]


def _versions(images: Images) -> tuple[int, ...]:
    """How often the tensors of images were changed in place."""
    pixels = images.images.pixels
    if isinstance(images, Labelled):
        return pixels._version, images.masks._version
    return (pixels._version,)


def _bytes(images: Images) -> int:
    size = images.images.pixels.nbytes
    if isinstance(images, Labelled):
        size += images.masks.nbytes
    return size
