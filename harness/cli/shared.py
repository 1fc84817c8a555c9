"""What the commands share: the application, where it prints, and how a mistake ends it."""

import errno
import json
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, NoReturn, ParamSpec, TypeVar

import typer
from rich.console import Console

from harness.cli.wrapping import lines_of_sentence
from harness.record.database import Run
from harness.record.tracker import Tracker, uri
from harness.run.building import check_building
from harness.run.fingerprints import with_fingerprints
from harness.run.plan import Plan, plan
from harness.search.confirmation import with_confirmation
from harness.store import Home
from harness.store.space import is_out_of_space
from harness.study.document import Mistakes
from harness.study.load import Study, load_study

app = typer.Typer(
    help="Study why a pretrained segmentation network transfers, or fails to.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
)


def _print_version(asked_for: bool) -> None:
    if asked_for:
        print(f"harness {version('harness')}")
        raise typer.Exit


@app.callback()
def options(
    version_: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Say which version this is."
        ),
    ] = False,
) -> None:
    """Study why a pretrained segmentation network transfers, or fails to."""


out = Console(soft_wrap=True, highlight=False)
err = Console(stderr=True, soft_wrap=True, highlight=False)

File = Annotated[Path, typer.Argument(help="A study file.")]
AsJson = Annotated[bool, typer.Option("--json", help="For machines.")]
Where = Annotated[
    str | None,
    typer.Option("--uri", help="MLflow's address; otherwise MLFLOW_TRACKING_URI, mlflow.db."),
]

NoBuild = Annotated[
    bool,
    typer.Option(
        "--no-build",
        envvar="HARNESS_NO_BUILD",
        help="Do not build what is to be run, to see whether it can be built.",
    ),
]


Overrides = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="PATH=VALUE",
        help="A setting as if the file said so: fit.method.lr=1e-3, seeds=2; repeatable.",
    ),
]

STUDY_FILES = (".yaml", ".yml")  # how the name of one ends
MOST_CANDIDATES = 10  # runs that a question lists

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def study_in(file: Path, overrides: Sequence[str] = ()) -> Study:
    """Reads a study file; its mistakes end the command."""
    return or_mistakes(load_study, file, overrides)


def study_with_data(file: Path, home: Home, overrides: Sequence[str] = ()) -> Study:
    """Reads a study file with the fingerprints of its data; on phantoms alone no data is read.

    The cells of a search that is over are those that confirm it.
    """
    return or_mistakes(with_fingerprints, confirmed_study(file, home, overrides), home)


def confirmed_study(file: Path, home: Home, overrides: Sequence[str]) -> Study:
    """Reads a study file; the cells of a search that is over are those that confirm it."""
    study = study_in(file, overrides)
    if study.search is not None:
        study = or_exit(with_confirmation, study, home)
    return study


def or_mistakes(
    action: Callable[Arguments, Result],
    *args: Arguments.args,
    **options: Arguments.kwargs,
) -> Result:
    """What an action yields; the mistakes in a study file are a line each, and exit code 2."""
    try:
        return action(*args, **options)
    except Mistakes as mistakes:
        for problem in mistakes.problems:
            err.print(str(problem), markup=False)
        raise typer.Exit(2) from None


def or_exit(
    action: Callable[Arguments, Result],
    *args: Arguments.args,
    **options: Arguments.kwargs,
) -> Result:
    """What an action yields; what a person can mend is a line, and exit code 2."""
    try:
        return action(*args, **options)
    except (ValueError, OSError) as error:
        if is_out_of_space(error):
            raise  # a full disk has a sentence of its own
        fail(_sentence_of(error))


def _sentence_of(error: ValueError | OSError) -> str:
    """What went wrong; of a file that may not be touched, with what can be done."""
    if isinstance(error, OSError) and error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        remedy = "set HARNESS_HOME, or --to of a command that has it, to a folder of your own"
        return f"{error.filename}: {error.strerror}; {remedy}"
    return str(error)


def plan_of(study: Study, home: Home, tracker: Tracker, retry: str | None = None) -> Plan:
    """Plans a study against what its database and its store hold."""
    runs = or_exit(tracker.runs, study.name)
    return or_exit(plan, study, home, runs, retry)


def check_building_of(plan: Plan, home: Home, *, no_build: bool) -> Mapping[str, int]:
    """Builds what a plan would run, without weights; what cannot work ends the command.

    Returns how many bytes the weights of each network take, by its key, as far as that is known.
    """
    if no_build:
        return {}
    built = or_mistakes(check_building, plan, home)
    if built.note:
        err.print(built.note, markup=False)
    return built.weights


def tracker_at(where: str | None) -> Tracker:
    """The tracker of an address, or of this home."""
    home = Home.here()
    return Tracker(uri(home, where), home)


def say_why_leases(home: Home) -> None:
    """Says that leases stand for locks here, which is slower to notice that somebody has died."""
    reason = or_exit(lambda: home.why_leases)
    if reason is not None:
        err.print(f"leases instead of locks: {reason}", markup=False)


def find_run(tracker: Tracker, key: str) -> Run:
    """The run whose id begins so, or the newest whose trial or fit has this key."""
    runs = or_exit(tracker.runs)
    if not key.strip():
        fail("which run? " + _candidates(runs))
    of_key = [run for run in runs if key in (run.id, run.key, run.tags.get("harness.fit"))]
    if of_key:
        return of_key[-1]
    beginning = [run for run in runs if run.id.startswith(key)]
    if not beginning:
        fail(f"no run, trial or fit {key!r} in {tracker.shown_uri}")
    if len(beginning) > 1:
        fail(f"{len(beginning)} runs begin with {key!r}; " + _candidates(beginning))
    return beginning[0]


def _candidates(runs: list[Run]) -> str:
    """The newest of some runs, a line each, to take one of them."""
    if not runs:
        return "there is none yet; harness run makes them"
    lines = [f"name one of them by its id, of which the newest {MOST_CANDIDATES} are:"]
    if len(runs) <= MOST_CANDIDATES:
        lines = ["name one of them by its id:"]
    for run in runs[-MOST_CANDIDATES:]:
        lines.append(f"  {run.id}  {run.study}  {run.name}")
    return "\n".join(lines)


def fail(text: str) -> NoReturn:
    """Ends the command with a line on stderr and exit code 2."""
    err.print(text, markup=False)
    raise typer.Exit(2)


def as_json(value: Any) -> None:
    """Prints a value for machines."""
    print(json.dumps(value, indent=1, default=str))


def print_lines(*lines: str) -> None:
    """Prints lines as they are, brackets included."""
    for line in lines:
        out.print(line, markup=False)


def print_sentence(text: str, style: str = "") -> None:
    """Prints a sentence, on a terminal in lines that break between words, in a colour; into a file
    or a pipe as a line of its own, without colours.
    """
    for line in lines_of_sentence(text, out.width) if out.is_terminal else [text]:
        out.print(line, markup=False, style=style)


def escape_markup(text: str) -> str:
    """A text whose brackets rich prints as they are."""
    return text.replace("[", "\\[")
