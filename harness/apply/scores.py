"""Every usable model asked on every image; the others with the sentence why they are not used."""

import gc
from collections.abc import Sequence
from dataclasses import dataclass

from harness.apply.interview import Interview, Setting
from harness.apply.model import LeftOut, Model, Unusable, open_for
from harness.apply.own_images import OwnImages, Plane
from harness.apply.reference import Reference
from harness.apply.score_table import ScoreTable
from harness.data.refused import Refused

LARGEST = 1024  # pixels on a side of an image that is scored whole; larger ones are cut


@dataclass(frozen=True)
class Selection:
    """The images that are scored, out of all that were named."""

    images: OwnImages  # large ones cut into windows
    planes: tuple[Plane, ...]

    @property
    def is_all(self) -> bool:
        return len(self.planes) == len(self.images.planes)


def select(images: OwnImages, most: int) -> Selection:
    """At most so many images or windows of images, at even distances."""
    windows = images.in_windows(LARGEST)
    return Selection(windows, windows.spread(most))


def score_models(
    models: Sequence[Model | LeftOut], selection: Selection, setting: Setting
) -> ScoreTable:
    """Scores all models that can be used; `Refused` where no image can be read."""
    table = _table_of_readable(selection.planes)
    reference = Reference(selection.images)
    for model in models:
        if isinstance(model, LeftOut):
            table.left_out.append(model)
        else:
            try:
                _score_model(model, table, reference, setting)
                continue
            except Unusable as error:
                table.left_out.append(LeftOut(model.name, str(error)))
        setting.progress(len(table.planes))
    return table


def _table_of_readable(planes: Sequence[Plane]) -> ScoreTable:
    """An empty table of the images whose pixels can be read."""
    readable = []
    problems = []
    for plane in planes:
        try:
            _ = plane.pixels
        except Refused as error:
            problems.append(str(error))
        else:
            readable.append(plane)
    if not readable:
        raise Refused(f"no image can be read: {problems[0]}")
    return ScoreTable(tuple(readable), tuple(problems))


def _score_model(model: Model, table: ScoreTable, reference: Reference, setting: Setting) -> None:
    """Opens a model and asks it everything."""
    opened = open_for(model, table.planes[0], reference, setting.device)
    table.models.append(model)
    digests = [model.digest]
    if model.looks_at_set:
        digests.append(reference.digest)
    Interview(model, opened, table, setting, tuple(digests)).run()
    del opened
    gc.collect()  # the weights of one model at a time
