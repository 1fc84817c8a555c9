"""The command that says which of a user's models to use on a user's images."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

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
from harness.cli.shared import (
    AsJson,
    app,
    as_json,
    err,
    escape_markup,
    or_exit,
    out,
    print_lines,
)
from harness.store import Home

if TYPE_CHECKING:
    from harness.apply.rank import Ranked


@app.command()
def rank(
    models: Annotated[
        list[Path],
        typer.Option(
            "--models", help="A folder of models, a model, or a study file; may be said again."
        ),
    ],
    images: ImagePatterns,
    to: Annotated[
        Path | None, typer.Option(help="The folder to write into; reports/rank otherwise.")
    ] = None,
    normalise: Normalisation = Way.unit,
    window: WindowText = None,
    grey: Grey = False,
    axes: Axes = None,
    most: Annotated[
        int, typer.Option(min=2, help="Images that are scored at most, at even distances.")
    ] = 200,
    estimator: Annotated[
        list[str] | None,
        typer.Option(help="Only this one, e.g. consistency; the first that is said decides."),
    ] = None,
    device: DeviceOption = Where.auto,
    json_: AsJson = False,
) -> None:
    """Rank your models on your images without labels; go on where an earlier call was stopped."""
    home = Home.here()
    folder = to or home.folder / "reports" / "rank"
    stack = open_images(images, window, grey, axes)
    candidates = open_models(models, normalise)

    import torch

    from harness.apply.interview import Setting
    from harness.apply.questions import questions
    from harness.apply.rank import check_folder
    from harness.apply.rank import rank as rank_all
    from harness.apply.scores import select

    or_exit(check_folder, folder)
    to_ask = or_exit(questions, estimator or [])
    selection = or_exit(select, stack, most)
    processor = torch.device(device_name(device))
    total = len(candidates) * len(selection.planes)
    with progress_bar(f"{len(candidates)} models", total) as advance:
        setting = Setting(home, processor, to_ask, advance)
        ranked = or_exit(rank_all, candidates, selection, setting, folder)
    if json_:
        as_json(_value(ranked))
        return
    _say(ranked)


def _say(ranked: "Ranked") -> None:
    """The answer, the table, and what was left out."""
    from harness.apply.answer import order_text, rank_text, score_text

    print_lines(f"{ranked.answer}.")
    first = ranked.ranking.first
    table = Table(box=None, pad_edge=False)
    for head in ("rank", "model", first.column.label):
        table.add_column(escape_markup(head))
    for standing in first.standings:
        name = escape_markup(standing.model)
        table.add_row(rank_text(standing), name, score_text(standing))
    out.print(table)
    for column in ranked.ranking.columns[1:]:
        print_lines(f"by {column.column.label}: {order_text(column)}")
    say_left_out(ranked.table.left_out)
    for sentence in (*ranked.table.gaps, *ranked.table.unread):
        err.print(f"left out: {sentence}", markup=False)
    finished_before = len(ranked.table.models) * len(ranked.table.planes) - ranked.table.computed
    print_lines(
        f"{ranked.table.computed} pairs of model and image scored, {finished_before} known before",
        f"report: {ranked.page}",
    )


def _value(ranked: "Ranked") -> dict[str, object]:
    """The ranking for machines."""
    from dataclasses import asdict

    return {
        "answer": ranked.answer,
        "ranking": asdict(ranked.ranking),
        "left_out": [asdict(model) for model in ranked.table.left_out],
        "report": str(ranked.page),
    }
