"""What `rank` and `predict` share: their options, and how models and images are opened."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

from harness.cli.shared import STUDY_FILES, err, fail, or_exit, study_with_data
from harness.run.slots import slots_here
from harness.store import Home

if TYPE_CHECKING:
    from harness.apply.model import LeftOut, Model
    from harness.apply.own_images import OwnImages


class Way(StrEnum):
    """How grey values are brought to what a foreign network was trained on."""

    unit = "unit"
    standardise = "standardise"
    percentiles = "percentiles"
    minmax = "minmax"
    symmetric = "symmetric"
    none = "none"


class Where(StrEnum):
    """What the networks run on."""

    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"


ImagePatterns = Annotated[
    list[str],
    typer.Option("--images", help="A pattern in quotes ('stack/*.tif'), a folder or a volume."),
]
Normalisation = Annotated[
    Way,
    typer.Option(
        "--normalise",
        help="How images reach models that harness has not trained: unit is 0 to 1 over the type "
        "of the file, the others go by each image. A fit does as in its training.",
    ),
]
WindowText = Annotated[
    str | None,
    typer.Option("--window", help="To 8 bits first: type, image, or LOW,HIGH grey values."),
]
Grey = Annotated[bool, typer.Option("--grey", help="Make colours grey first.")]
Axes = Annotated[
    str | None, typer.Option(help="The order of the axes where a file leaves it open: zyx, yxc.")
]
DeviceOption = Annotated[Where, typer.Option("--device", help="What the networks run on.")]


def device_name(device: Where) -> str:
    """The device that a choice means on this machine."""
    return or_exit(slots_here, None, device.value)[0].device


def open_images(
    patterns: list[str], window: str | None, grey: bool, axes: str | None
) -> "OwnImages":
    """The images that patterns name; what is wrong with them ends the command."""
    from harness.apply.open_images import Reading, open_own_images, read_window

    reading = Reading(or_exit(read_window, window), grey, axes)
    return or_exit(open_own_images, patterns, reading)


def open_models(paths: list[Path], way: Way) -> "list[Model | LeftOut]":
    """The models of folders, files and studies, each with a name of its own."""
    from harness.apply.models import with_distinct_names

    home = Home.here()
    models: list[Model | LeftOut] = []
    for path in paths:
        models += _models_of(path, home, way)
    return with_distinct_names(models)


def _models_of(path: Path, home: Home, way: Way) -> "list[Model | LeftOut]":
    """The models of one path, or the fits of a study file."""
    from harness.apply.fit_models import models_of_study
    from harness.apply.models import models_at
    from harness.apply.normalise import Normalise

    if path.suffix in STUDY_FILES:
        if not path.exists():
            fail(f"{path}: there is no such study file")
        return models_of_study(study_with_data(path, home), home)
    fit = home.store("fits").find(path.name)
    if not path.exists() and fit is not None:
        path = fit
    return or_exit(models_at, path, home, Normalise(way.value))


def say_left_out(models: "list[LeftOut]") -> None:
    """A line for each model that is not used."""
    for model in models:
        err.print(f"not used: {model.name}: {model.reason}", markup=False)


@contextmanager
def progress_bar(text: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal, nothing elsewhere; yields what moves it on."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Bars(*columns, console=err, transient=True, disable=not err.is_terminal) as bars:
        task = bars.add_task(text, total=total)
        yield lambda count: bars.update(task, advance=count)
