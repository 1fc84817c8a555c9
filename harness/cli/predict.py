"""The command that writes the masks of a user's images."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.own import (
    Axes,
    DeviceOption,
    Grey,
    ImagePatterns,
    Normalisation,
    Way,
    Where,
    WindowText,
    device_name,
    open_images,
    open_models,
    progress_bar,
    say_left_out,
)
from harness.cli.shared import app, err, fail, or_exit, print_lines

if TYPE_CHECKING:
    from harness.apply.model import Model
    from harness.apply.predict import Outcome


class Blend(StrEnum):
    """How tiles are blended where they overlap."""

    linear = "linear"
    gaussian = "gaussian"


@app.command()
def predict(
    model: Annotated[
        Path,
        typer.Argument(
            help="A TorchScript file, safetensors with a .yaml beside it, a fit's folder or key, "
            "or a study with one fit."
        ),
    ],
    images: ImagePatterns,
    out: Annotated[Path, typer.Option(help="The folder for the masks; it is made.")],
    normalise: Normalisation = Way.unit,
    window: WindowText = None,
    grey: Grey = False,
    axes: Axes = None,
    tile: Annotated[int, typer.Option(help="Pixels on a side of a tile.")] = 512,
    overlap: Annotated[int, typer.Option(help="Pixels that two tiles share.")] = 128,
    blend: Annotated[Blend, typer.Option(help="How tiles are blended.")] = Blend.linear,
    threshold: Annotated[
        float, typer.Option(min=0, max=1, help="Foreground above this, of one output.")
    ] = 0.5,
    probabilities: Annotated[
        bool, typer.Option("--probabilities", help="Write probabilities too, as float TIFFs.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace masks that are there.")] = False,
    device: DeviceOption = Where.auto,
) -> None:
    """Write the mask of every image, in tiles; go on where an earlier call was stopped."""
    stack = open_images(images, window, grey, axes)
    network = _only_model(model, normalise)

    import torch

    from harness.apply.predict import Order
    from harness.apply.predict import predict as predict_all
    from harness.apply.tiles import Tiling

    tiling = or_exit(Tiling, tile, overlap, blend.value)
    order = Order(out, tiling, threshold, probabilities, force)
    processor = torch.device(device_name(device))
    with progress_bar(network.name, len(stack.planes)) as advance:
        outcome = or_exit(predict_all, network, stack, order, processor, advance)
    _say(outcome, out)


def _only_model(path: Path, way: Way) -> "Model":
    """The model at a path; a sentence where it is none, or several."""
    from harness.apply.model import LeftOut, Model

    models = open_models([path], way)
    usable = [model for model in models if isinstance(model, Model)]
    if len(usable) == 1:
        return usable[0]
    if not usable:
        say_left_out([model for model in models if isinstance(model, LeftOut)])
        fail(f"{path}: no model to predict with")
    names = "; ".join(f"{model.name}: {model.source}" for model in usable)
    fail(f"{path}: it holds {len(usable)} models; name one of them: {names}")


def _say(outcome: "Outcome", out: Path) -> None:
    """What was written; exit code 1 where a file could not be read."""
    for failure in outcome.failures:
        err.print(f"not predicted: {failure}", markup=False)
    print_lines(f"{len(outcome.written)} masks written into {out}")
    if outcome.finished_before:
        print_lines(f"{len(outcome.finished_before)} were there already, by the same settings")
    if outcome.failures:
        raise typer.Exit(1)
