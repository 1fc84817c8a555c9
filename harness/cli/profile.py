"""Profile files: the options of `harness run` for a machine or a cluster, kept in a file."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from harness.cli.shared import err, fail, or_mistakes
from harness.spec.options import did_you_mean
from harness.study.document import Document, read
from harness.study.marks import KEY, Mistakes, Problem

DEFAULT = "harness.yaml"  # holds wherever no profile is named
FOLDER = "profiles"
LEFT_OUT = ("profile", "json", "help", "set", "pilot")  # options that only a command line may say


def use_profile(context: typer.Context, file: Path) -> Path:
    """Lets the options of a profile file be the defaults of the command for this study.

    What the command line says goes before what the file says.
    """
    path = find_profile(file, context.params.get("profile"))
    if path is not None:
        options = or_mistakes(read_profile, path, _options_by_name(context), context)
        context.default_map = {**(context.default_map or {}), **options}
        err.print(f"options from {path}", markup=False)
    return file


RunFile = Annotated[Path, typer.Argument(help="A study file.", is_eager=True, callback=use_profile)]
Profile = Annotated[
    str | None,
    typer.Option(
        is_eager=True,
        help="Options from profiles/NAME.yaml beside the study or in ~/.config/harness; "
        "otherwise from harness.yaml there, if there is one.",
    ),
]


def config_folder() -> Path:
    """Where a person keeps settings for all studies."""
    folder = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
    return Path(folder).expanduser() / "harness"


def find_profile(file: Path, name: str | None) -> Path | None:
    """The file of a profile: beside the study before the person's own."""
    folders = (file.parent, config_folder())
    if name is None:
        candidates = [folder / DEFAULT for folder in folders]
        candidates = [path for path in candidates if path != file]
    else:
        candidates = [folder / FOLDER / f"{name}.yaml" for folder in folders]
    for path in candidates:
        if path.is_file():
            return path
    if name is not None:
        fail(f"--profile {name}: there is neither {candidates[0]} nor {candidates[1]}")
    return None


def read_profile(path: Path, options: Mapping[str, Any], context: typer.Context) -> dict[str, Any]:
    """The options in a profile file, by the names of the command's arguments.

    `options` are those of the command, by their names on the command line. All that is wrong is
    raised as `Mistakes`, each with its place.
    """
    document = read(path)
    problems: list[Problem] = []
    values: dict[str, Any] = {}
    for name, raw in document.value.items():
        option = options.get(name)
        if option is None:
            mark = document.mark((name, KEY))
            reason = f"no option of `harness {context.info_name}`; {did_you_mean(name, options)}"
            problems.append(Problem(mark, name, reason))
            continue
        try:
            value = _as_on_command_line(raw) if option.multiple else raw
            option.process_value(context, value)
            values[option.name] = value
        except (typer.BadParameter, TypeError, ValueError) as error:
            problems.append(_problem(document, name, error))
    if problems:
        raise Mistakes(problems)
    return values


def _problem(document: Document, name: str, error: Exception) -> Problem:
    """What is wrong with the value of an option."""
    text = str(error)
    if isinstance(error, typer.BadParameter):
        text = error.message.removeprefix("Value error, ")
    mark = document.mark((name,))
    return Problem(mark, name, text)


def _options_by_name(context: typer.Context) -> dict[str, Any]:
    """The options of a command by their long names, without those that no profile may hold."""
    options: dict[str, Any] = {}
    for parameter in context.command.params:
        for word in (*parameter.opts, *parameter.secondary_opts):
            name = word.removeprefix("--")
            if word in parameter.opts and word.startswith("--") and name not in LEFT_OUT:
                options[name] = parameter
    return options


def _as_on_command_line(raw: Any) -> list[str]:
    """A mapping as the words KEY=VALUE, a single value as a list."""
    if isinstance(raw, Mapping):
        return [f"{key}={value}" for key, value in raw.items()]
    return raw if isinstance(raw, list) else [raw]
