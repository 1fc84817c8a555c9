"""harness init: a first study on a person's own images, written after looking through them."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from harness.cli.first_study import QUESTION, data_text, study_text
from harness.cli.shared import STUDY_FILES, app, err, fail, or_exit, or_mistakes, print_lines
from harness.data.survey import Survey, survey
from harness.run.fingerprints import with_fingerprints
from harness.store import Home
from harness.study.document import parse
from harness.study.load import study_of_document


@app.command()
def init(
    file: Annotated[Path, typer.Argument(help="The study file to write.")] = Path("study.yaml"),
    images: Annotated[
        str | None, typer.Option(help="A folder, a file, or a pattern in quotes: 'raw/*.tif'.")
    ] = None,
    masks: Annotated[
        str | None, typer.Option(help="The same of the masks of these images.")
    ] = None,
    question: Annotated[str | None, typer.Option(help="What the study asks.")] = None,
    is_volume: Annotated[
        bool | None,
        typer.Option(
            "--volume/--pictures",
            help="Sections of one volume, or pictures of their own; otherwise by their names.",
        ),
    ] = None,
) -> None:
    """Look through images and masks, and write a first study on them; nothing is overwritten."""
    _check_file(file)
    images = images or _ask("--images", "Where are the images (a folder, or a pattern)?")
    masks = masks or _ask("--masks", "Where are their masks?")
    if question is None and is_terminal():
        question = typer.prompt("What do you ask?", default=QUESTION)
    err.print(f"reading {images} and {masks} ...", markup=False)
    overview = or_exit(survey, images, masks, is_volume=is_volume)
    text = study_text(overview, _name_of(file), question or QUESTION, str(file))
    _check_study(text, file)
    or_exit(_write, file, text)
    print_lines(*_next_lines(overview, file))


def is_terminal() -> bool:
    """Whether somebody can be asked."""
    return sys.stdin.isatty()


def _check_file(file: Path) -> None:
    """Ends the command where the study could not be written."""
    if file.suffix not in STUDY_FILES:
        fail(f"{file}: a study file ends in .yaml; say harness init {file}.yaml")
    if file.exists():
        fail(f"{file} is there already, and stays as it is; harness init OTHER.yaml writes another")
    if not file.parent.is_dir():
        fail(f"{file}: there is no folder {file.parent}; make it first")


def _ask(option: str, question: str) -> str:
    """Asks on a terminal; elsewhere the command line has to say it."""
    if not is_terminal():
        fail(f"{option}: say where they are; harness init --images raw/ --masks masks/")
    answer: str = typer.prompt(question)
    return answer.strip()


def _name_of(file: Path) -> str:
    """A name for the study: that of its file, or of the folder where the file has none."""
    name = file.stem if file.stem != "study" else file.resolve().parent.name
    return re.sub(r"[^\w.-]+", "_", name).strip("_") or "study"


def _check_study(text: str, file: Path) -> None:
    """Reads the study as `harness plan` would; what is wrong with the data ends the command."""
    study = or_mistakes(lambda: study_of_document(parse(text, str(file)), file))
    or_mistakes(with_fingerprints, study, Home.here())


def _write(file: Path, text: str) -> None:
    """Writes a file that is not there."""
    with open(file, "x", encoding="utf-8") as handle:
        handle.write(text)


def _next_lines(overview: Survey, file: Path) -> Iterator[str]:
    """What was written, and the three commands that come next."""
    kind = "sections of one volume" if overview.is_volume else "pictures"
    yield f"{file}: a study on {overview.count:,} {kind} of {overview.size_text}"
    if overview.is_volume and overview.count > 1:
        yield "  (pictures that stand each for itself? --pictures says so)"
    yield f"look:   harness data preview '{data_text(overview)}'"
    yield f"next:   harness plan {file}"
    yield f"        harness run {file} --pilot"
    yield f"        harness run {file}"
