"""harness list: what may be written in a study file, one screen for each question."""

from collections.abc import Iterator
from typing import Annotated

import typer

from harness.cli.json_values import component_values
from harness.cli.list_screens import (
    comparison_lines,
    component_lines,
    fit_lines,
    kind_lines,
    metric_lines,
    metrics_lines,
    overview_lines,
    probes_by_metric,
    study_lines,
    table_lines,
    trial_lines,
)
from harness.cli.shared import AsJson, app, as_json, fail, print_lines
from harness.spec.catalogue import HOMES, Component, catalogue
from harness.spec.options import did_you_mean

SCREENS = {
    "study": study_lines,
    "fit": fit_lines,
    "trial": trial_lines,
    "compare": comparison_lines,
    "tables": table_lines,
    "metrics": metrics_lines,
}


@app.command("list")
def list_(
    word: Annotated[
        str | None,
        typer.Argument(
            metavar="[WORD]",
            help="study, fit, trial, compare, tables, metrics; a kind, as method; or a name.",
        ),
    ] = None,
    json_: AsJson = False,
) -> None:
    """List what a study file may say: a part of it, a kind of component, or one by its name."""
    if json_:
        _print_values(word)
        return
    if word is None:
        print_lines(*overview_lines(SCREENS))
    elif word in SCREENS:
        print_lines(*SCREENS[word]())
    elif word in HOMES:
        print_lines(*kind_lines(word))
    else:
        print_lines(*_lines_of_name(word))


def _print_values(word: str | None) -> None:
    """Prints the components of a kind, or of all, for machines."""
    if word is not None and word not in HOMES:
        fail(f"--json: no kind of component is called {word!r}; {did_you_mean(word, HOMES)}")
    kinds = [word] if word else [kind for kind in HOMES if catalogue(kind)]
    as_json({kind: component_values(kind) for kind in kinds})


def _lines_of_name(name: str) -> Iterator[str]:
    """What components and metrics of a name are; what is neither ends the command."""
    components = components_called(name)
    for component in components:
        yield from component_lines(component)
    if name in probes_by_metric():
        yield from metric_lines(name)
    elif not components:
        names = [*SCREENS, *HOMES, *probes_by_metric()]
        for kind in HOMES:
            names += catalogue(kind)
        hint = did_you_mean(name, names)
        if not hint.startswith("did"):
            hint = "harness list says what there is"
        fail(f"nothing is called {name!r}; {hint}")


def components_called(name: str) -> list[Component]:
    """The components of a name, of whatever kind."""
    components = []
    for kind in HOMES:
        if name in catalogue(kind):
            components.append(catalogue(kind)[name])
    return components
