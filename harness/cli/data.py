"""The commands of data sets: list, fetch, check, preview."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import Progress as Bars

from harness.cli import screen
from harness.cli.records import described
from harness.cli.shared import AsJson, app, as_json, err, fail, or_exit, out, right
from harness.spec.catalogue import catalogue
from harness.spec.parse import Around, read_part
from harness.store import Home
from harness.study.document import parse, path_text

data_app = typer.Typer(
    help="Data sets: what there is, downloads, checks, pictures.", no_args_is_help=True
)
app.add_typer(data_app, name="data")
Name = Annotated[str, typer.Argument(help="A data set's name: harness data list.")]


@data_app.command("list")
def data_list(json_: AsJson = False) -> None:
    """List the data sets: what they hold, whether they are here, their licence."""
    home = Home.here()
    known = catalogue("dataset").values()
    if json_:
        as_json([{**described(c), "here": screen.here(c, home.data)} for c in known])
        return
    out.print(screen.datasets(known, home.data))
    out.print(f"downloads go to {home.data} (HARNESS_DATA)", markup=False)


@data_app.command()
def fetch(name: Name) -> None:
    """Download a data set, resuming where an earlier attempt stopped; checksums first, then unpacked."""
    from harness.data.fetch.fetch import fetch_dataset

    home = Home.here()
    with Bars(console=err, transient=True, disable=not err.is_terminal) as bars:
        tasks: dict[str, Any] = {}

        def progress(file: str, done: int, total: int | None) -> None:
            task = (
                tasks.setdefault(file, bars.add_task(file, total=total))
                if file not in tasks
                else tasks[file]
            )
            bars.update(task, completed=done, total=total)

        folder = or_exit(fetch_dataset, name, home.data, progress)
    out.print(f"{name} is in {folder}; harness data check {name}", markup=False)


@data_app.command()
def check(name: Name) -> None:
    """Read every image and mask of a data set and say what is wrong with it."""
    from harness.data.fetch.fetch import check as check_fetch

    home = Home.here()
    component = catalogue("dataset").get(name)
    if component is not None and component.facts.made:
        out.print(f"{name} is drawn by harness itself; there is nothing to check", markup=False)
        return
    report = or_exit(check_fetch, name, home.data)
    for split, count in report.splits.items():
        out.print(f"{split}: {count} images", markup=False)
    for text in (*[f"wrong: {p}" for p in report.problems], *[f"note: {n}" for n in report.notes]):
        out.print(text, markup=False)
    out.print(f"{name} is {'sound' if report.is_usable else 'not usable'}", markup=False)
    if not report.is_usable:
        raise typer.Exit(1)


@data_app.command()
def preview(
    name: Annotated[
        str,
        typer.Argument(
            help="A data set's name, or a mapping as in a study: '{name: vnc, task: ...}'."
        ),
    ],
    to: Annotated[Path | None, typer.Option(help="The PNG to write.")] = None,
    split: Annotated[str, typer.Option(help="train, validation, test or all.")] = "train",
) -> None:
    """Write a contact sheet of a data set, masks overlaid."""
    from harness.data.open_dataset import open_split
    from harness.data.preview import contact_sheet

    raw = right(parse, f"data: {name}", "the data set").value["data"]
    wrong: list[Any] = []
    part = read_part("dataset", raw, (), wrong, Around(), role=split)
    if part is None or wrong:
        fail("; ".join(f"{path_text(steps)}: {text}".removeprefix(": ") for steps, text in wrong))
    target = to or Path(f"{part.name}-{split}.png")
    or_exit(lambda: contact_sheet(open_split(part, Home.here())).save(target))
    out.print(f"{target}: {part.label}", markup=False)
