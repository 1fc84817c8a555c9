"""What a model is here: a name, the digest of its weights, and how it is opened."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from harness.apply.own_images import Plane
from harness.apply.reference import Reference
from harness.data.images import Unlabelled
from harness.data.refused import first_line
from harness.measure.forward import PADDED_TO, padded_forward

Prepare = Callable[[Unlabelled], Unlabelled]
TRIED_ON = 256  # pixels on a side of the part of an image that a model is first tried on


class Unusable(ValueError):
    """A model that cannot be used on these images, explained in a sentence."""


@dataclass(frozen=True)
class OpenModel:
    """A network in evaluation mode that gives logits, and what is done to images before it."""

    net: nn.Module
    prepare: Prepare
    channels: int | None = None  # of an image, not of a stack; None where nobody says
    slices: int = 1
    classes: tuple[str, ...] = ()
    is_script: bool = False  # its layers cannot be reached
    multiple: int = PADDED_TO

    def images_of(self, plane: Plane, device: torch.device) -> Unlabelled:
        """An image as this network sees it."""
        images = plane.open(self.slices, device)
        return self.prepare(images)

    @torch.no_grad()
    def logits(self, plane: Plane, device: torch.device) -> Tensor:
        """(classes, h, w): what the network says of a whole image."""
        images = self.images_of(plane, device)
        batch = images.whole(torch.tensor([0], device=images.pixels.device))
        return padded_forward(self.net, batch.to(device), self.multiple)[0]


@dataclass(frozen=True)
class Model:
    """A model that can be opened when its turn comes."""

    name: str
    source: str  # the file or the fit, as people find it
    digest: str  # of the weights and of what is done to images before them
    open: Callable[[Reference, torch.device], OpenModel]
    looks_at_set: bool = False  # its images are prepared by the range of all of them


@dataclass(frozen=True)
class LeftOut:
    """A model that is not used, and the sentence why."""

    name: str
    reason: str


def open_for(model: Model, plane: Plane, reference: Reference, device: torch.device) -> OpenModel:
    """A model that takes such images; `Unusable` where it does not, or says nothing of use."""
    try:
        opened = model.open(reference, device)
    except Unusable:
        raise
    # Whatever a file that somebody else has written makes a library raise.
    except Exception as error:
        raise Unusable(f"{model.source} cannot be opened: {first_line(error)}") from error
    _check_channels(opened, plane)
    plane = plane.middle(TRIED_ON)
    try:
        logits = opened.logits(plane, device)
    except Exception as error:
        size = " x ".join(map(str, plane.file.planes.shapes[plane.index]))
        raise Unusable(f"it does not take {plane.name} ({size}): {_reason(error)}") from error
    _check_logits(logits, plane)
    return opened


def _reason(error: Exception) -> str:
    """What a library says at the end of its error: TorchScript tells its whole trace first."""
    lines = [line for line in str(error).splitlines() if line.strip()]
    if lines and type(error).__module__.startswith("torch") and len(lines) > 1:
        return first_line(RuntimeError(lines[-1]))
    return first_line(error)


def _check_channels(opened: OpenModel, plane: Plane) -> None:
    """Refuses a network for other channels than the images have."""
    channels = plane.file.channels
    if opened.channels is None or opened.channels == channels:
        return
    if opened.channels == 1:
        remedy = "say --grey to make the images grey"
    else:
        remedy = "save the images with as many colours, or take a network for theirs"
    raise Unusable(
        f"it takes images of {_count(opened.channels)}, these have {_count(channels)}; {remedy}"
    )


def _count(channels: int) -> str:
    return "1 channel" if channels == 1 else f"{channels} channels"


def _check_logits(logits: Tensor, plane: Plane) -> None:
    """Refuses answers that are no map of this image, or no numbers."""
    size = tuple(plane.file.planes.shapes[plane.index][:2])
    if tuple(logits.shape[-2:]) != size:
        height, width = logits.shape[-2:]
        raise Unusable(
            f"it answers {plane.name} ({size[0]} x {size[1]}) with {height} x {width} values; a "
            "network must answer each pixel"
        )
    if not bool(torch.isfinite(logits).all()):
        raise Unusable(f"it answers {plane.name} with values that are NaN or infinite")
