"""The commands of data sets: list, fetch, check, preview."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import Progress as Bars
from rich.progress import TaskID

from harness.cli import screen
from harness.cli.json_values import component_value
from harness.cli.shared import (
    AsJson,
    app,
    as_json,
    err,
    fail,
    or_exit,
    or_mistakes,
    out,
    print_lines,
)
from harness.spec.catalogue import catalogue
from harness.spec.enclosing import Enclosing
from harness.spec.parse import read_part
from harness.spec.values import Part
from harness.store import Home
from harness.study.document import parse, path_text

data_app = typer.Typer(
    help="Data sets: what there is, downloads, checks, pictures.", no_args_is_help=True
)
app.add_typer(data_app, name="data")
Name = Annotated[str, typer.Argument(help="A data set's name: harness data list.")]
NameOrMapping = Annotated[
    str,
    typer.Argument(
        metavar="NAME|MAPPING",
        help="A data set's name, or a mapping as in a study: '{name: folder, images: ...}'.",
    ),
]


@data_app.command("list")
def data_list(json_: AsJson = False) -> None:
    """List the data sets: what they hold, whether they are here, their licence."""
    home = Home.here()
    components = catalogue("dataset").values()
    if json_:
        values = []
        for component in components:
            availability = screen.availability(component, home.data)
            values.append({**component_value(component), "here": availability})
        as_json(values)
        return
    out.print(screen.datasets_table(components, home.data))
    print_lines(f"downloads go to {home.data} (HARNESS_DATA)")


@data_app.command()
def fetch(name: Name) -> None:
    """Download a data set, going on where an earlier attempt stopped; check it, then unpack it."""
    from harness.data.fetch.fetch import fetch_dataset

    home = Home.here()
    with Bars(console=err, transient=True, disable=not err.is_terminal) as bars:
        tasks: dict[str, TaskID] = {}

        def progress(file: str, completed: int, total: int | None) -> None:
            if file not in tasks:
                tasks[file] = bars.add_task(file, total=total)
            bars.update(tasks[file], completed=completed, total=total)

        folder = or_exit(fetch_dataset, name, home.data, progress)
    print_lines(f"{name} is in {folder}; harness data check {name}")


@data_app.command()
def check(name: NameOrMapping) -> None:
    """Read every image and mask of a data set and say what is wrong with it."""
    from harness.data.check import check as check_by_name
    from harness.data.check import check_part

    home = Home.here()
    component = catalogue("dataset").get(name)
    if component is None:
        part = _dataset(name, "train")
        report = or_exit(check_part, part, home.data)
    elif component.facts.drawn:
        print_lines(f"{name} is drawn by harness itself; there is nothing to check")
        return
    else:
        report = or_exit(check_by_name, name, home.data)
    print_lines(*[f"{split}: {count} images" for split, count in report.splits.items()])
    print_lines(*[f"wrong: {problem}" for problem in report.problems])
    print_lines(*[f"note: {note}" for note in report.notes])
    print_lines(f"{report.name} is {'sound' if report.is_usable else 'not usable'}")
    if not report.is_usable:
        raise typer.Exit(1)


@data_app.command()
def preview(
    name: NameOrMapping,
    to: Annotated[Path | None, typer.Option(help="The PNG to write.")] = None,
    split: Annotated[str, typer.Option(help="train, validation, test or all.")] = "train",
) -> None:
    """Write a contact sheet of a data set, masks overlaid."""
    part = _dataset(name, split)
    target = to or Path(f"{part.name}-{split}.png")
    or_exit(_write_contact_sheet, part, target)
    print_lines(f"{target}: {part.level}")


def _dataset(text: str, split: str) -> Part:
    """Reads a data set as a study file would name it; what is wrong with it ends the command."""
    raw = or_mistakes(parse, f"data: {text}", "the data set").value["data"]
    problems: list[Any] = []
    part = read_part("dataset", raw, (), problems, Enclosing(), role=split)
    if part is None or problems:
        lines = [f"{path_text(steps)}: {text}".removeprefix(": ") for steps, text in problems]
        fail("; ".join(lines))
    return part


def _write_contact_sheet(part: Part, file: Path) -> None:
    from harness.data.open_dataset import open_split
    from harness.data.preview import contact_sheet

    contact_sheet(open_split(part, Home.here())).save(file)
