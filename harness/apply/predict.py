"""Masks of all images by one model, in tiles, plane by plane, and never over a file of before."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from harness.apply.masks import MaskFile
from harness.apply.model import Model, OpenModel, open_for
from harness.apply.own_images import ImageFile, OwnImages, Plane
from harness.apply.reference import Reference
from harness.apply.targets import Targets
from harness.apply.tiles import Tiling, tiled_logits
from harness.data.files.stamps import file_stamp
from harness.data.refused import Refused
from harness.measure.overlap import labels_of

PROBABILITIES = "probabilities"  # the folder beside the masks

Progress = Callable[[int], None]  # so many more planes are finished


@dataclass(frozen=True)
class Order:
    """What is to be written, and how."""

    folder: Path
    tiling: Tiling = field(default_factory=Tiling)
    threshold: float = 0.5
    probabilities: bool = False
    force: bool = False


@dataclass(frozen=True)
class Outcome:
    """What came of the files: written now, there already, and those that could not be read."""

    written: tuple[Path, ...]
    finished_before: tuple[Path, ...]
    failures: tuple[str, ...]


def predict(
    model: Model, images: OwnImages, order: Order, device: torch.device, progress: Progress
) -> Outcome:
    """Writes a mask for every image; a file that cannot be read does not end it."""
    reference = Reference(images)
    recipe = _recipe(model, reference, order)
    targets = Targets(order.folder, recipe, order.force)
    pairs = targets.check([file.path for file in images.files])
    opened = open_for(model, images.planes[0], reference, device)
    maker = _Maker(opened, order, recipe, device)
    written: list[Path] = []
    finished_before: list[Path] = []
    failures: list[str] = []
    for file, target in zip(images.files, pairs, strict=True):
        if targets.is_finished(file.path, target):
            finished_before.append(target)
            progress(len(file.planes))
            continue
        try:
            maker.make(file, target, progress)
        except Refused as error:
            failures.append(str(error))
            continue
        targets.note(file.path, target)
        written.append(target)
    return Outcome(tuple(written), tuple(finished_before), tuple(failures))


def _recipe(model: Model, reference: Reference, order: Order) -> str:
    """A hash of everything that decides a mask beside the image."""
    settings: list[Any] = [model.digest, order.tiling, order.threshold, order.probabilities]
    if model.looks_at_set:
        settings.append(reference.digest)
    return hashlib.sha256(repr(settings).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class _Maker:
    """What makes the mask of a file."""

    opened: OpenModel
    order: Order
    recipe: str
    device: torch.device

    def make(self, file: ImageFile, target: Path, progress: Progress) -> None:
        """Predicts the planes that no earlier call has finished, then writes the file."""
        recipe = f"{self.recipe} {file_stamp(file.path.resolve())}"
        count = len(file.planes)
        height, width = file.planes.shapes[0][:2]
        labels = MaskFile(target, (count, height, width), np.uint8, recipe)
        files = [labels]
        if self.order.probabilities:
            files.append(self._probability_file(file, target, recipe))
        first = min(mask.count_finished() for mask in files)
        arrays = [mask.open_planes() for mask in files]
        progress(first)
        for index in range(first, count):
            self._predict_plane(Plane(file, index), [array[index] for array in arrays])
            for mask, array in zip(files, arrays, strict=True):
                mask.note(array, index + 1)
            progress(1)
        arrays.clear()
        for mask in files:
            mask.finish()

    def _probability_file(self, file: ImageFile, target: Path, recipe: str) -> MaskFile:
        """The file of the probabilities: one map where foreground is all that is asked."""
        count = len(file.planes)
        height, width = file.planes.shapes[0][:2]
        logits = self.opened.logits(Plane(file, 0).middle(64), self.device)
        classes = len(logits)
        shape = (count, height, width) if classes == 1 else (count, classes, height, width)
        path = target.parent / PROBABILITIES / f"{target.stem}.tif"
        return MaskFile(path, shape, np.float32, recipe)

    def _predict_plane(self, plane: Plane, targets: list[NDArray[Any]]) -> None:
        """Fills the mask of a plane, and its probabilities, from the top to the bottom."""
        top = 0
        for logits in self._strips(plane):
            rows = slice(top, top + logits.shape[1])
            labels = labels_of(logits[None], self.order.threshold)[0]
            targets[0][rows] = labels.to(torch.uint8).cpu().numpy()
            if len(targets) > 1:
                targets[1][..., rows, :] = _probabilities(logits)
            top = rows.stop

    def _strips(self, plane: Plane) -> Iterator[Tensor]:
        """The logits of a plane, strip by strip."""
        images = self.opened.images_of(plane, torch.device("cpu"))
        batch = images.whole(torch.tensor([0]))[0]
        return tiled_logits(self.opened.net, batch, self.order.tiling)


def _probabilities(logits: Tensor) -> NDArray[Any]:
    """(h, w) of the foreground where there is one output, else (classes, h, w)."""
    values = torch.sigmoid(logits)[0] if len(logits) == 1 else logits.softmax(dim=0)
    array: NDArray[Any] = values.cpu().numpy()
    return array
