"""What the commands share: the application, where it prints, and how a mistake ends it."""

import json
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console

from harness.record.database import Run
from harness.record.tracker import Tracker, uri
from harness.run.fingerprints import identified
from harness.run.plan import Plan, plan
from harness.store import Home
from harness.study.document import Mistakes
from harness.study.load import Study, load_study

app = typer.Typer(
    help="Study why a pretrained segmentation network transfers, or fails to.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
out = Console(soft_wrap=True, highlight=False)
err = Console(stderr=True, soft_wrap=True, highlight=False)

File = Annotated[Path, typer.Argument(help="A study file.")]
AsJson = Annotated[bool, typer.Option("--json", help="For machines.")]
Where = Annotated[
    str | None,
    typer.Option("--uri", help="MLflow's address; otherwise MLFLOW_TRACKING_URI, mlflow.db."),
]


def study_in(file: Path) -> Study:
    return right(load_study, file)


def identified_in(study: Study, home: Home) -> Study:
    """With the fingerprints of its real data; a study on phantoms alone reads no file."""
    return right(identified, study, home)


def right(action: Any, *args: Any) -> Any:
    """What an action yields, or its mistakes, a line each, and exit code 2."""
    try:
        return action(*args)
    except Mistakes as mistakes:
        for problem in mistakes.problems:
            err.print(str(problem), markup=False)
        raise typer.Exit(2) from None


def planned(study: Study, home: Home, tracker: Tracker, retry: str | None = None) -> Plan:
    return or_exit(lambda: plan(study, home, tracker.runs(study.name), retry))


def tracker_at(where: str | None) -> Tracker:
    home = Home.here()
    return Tracker(uri(home, where), home)


def find_run(tracker: Tracker, wanted: str) -> Run:
    runs = or_exit(tracker.runs)
    found = [
        r for r in runs if r.id.startswith(wanted) or wanted in (r.key, r.tags.get("harness.fit"))
    ]
    if not found:
        fail(f"no run, trial or fit {wanted!r} in {tracker.uri}")
    return found[-1]


def or_exit(action: Any, *args: Any) -> Any:
    try:
        return action(*args)
    except (ValueError, OSError) as error:
        fail(str(error))


def fail(text: str) -> NoReturn:
    err.print(text, markup=False)
    raise typer.Exit(2)


def as_json(value: Any) -> None:
    print(json.dumps(value, indent=1, default=str))


def plain(text: str) -> str:
    return text.replace("[", "\\[")
