"""The command that looks whether what is finished is still what it was."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from harness.cli.shared import app, fail, print_lines
from harness.run.progress import running
from harness.store import Home
from harness.store.folders import KINDS
from harness.store.manifest import set_aside, why_broken


@app.command()
def check(
    repair: Annotated[
        bool,
        typer.Option("--repair", help="Set aside what is broken; `harness run` makes it again."),
    ] = False,
) -> None:
    """Read every fit, trial and phantom that is kept, and say what is broken."""
    home = Home.here()
    if repair and any(is_alive for _, is_alive in running(home)):
        fail("a study is running; wait until it has ended")
    folders = list(_finished_folders(home))
    broken = 0
    for folder in folders:
        problem = why_broken(folder, with_digests=True)
        if problem is None:
            continue
        broken += 1
        print_lines(f"broken: {problem}")
        if repair:
            print_lines(f"  set aside as {set_aside(folder)}")
    print_lines(f"{len(folders)} folders, {broken} broken")
    if broken and not repair:
        print_lines("harness check --repair sets them aside, and the next run makes them again")
        raise typer.Exit(1)


def _finished_folders(home: Home) -> Iterator[Path]:
    """Everything that is finished in this home, kind by kind."""
    for kind in KINDS:
        store = home.store(kind)
        for key in sorted(store.keys()):
            yield store.path(key)
