"""A search on the command line: what it would do, how far it is, and the search itself."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer
from rich.table import Table
from rich.text import Text

from harness.cli.live import carry_out
from harness.cli.shared import fail, or_exit, out, print_lines
from harness.record.tracker import Tracker
from harness.run.events import Engine
from harness.run.plan import Plan
from harness.run.progress import forget
from harness.run.searching import SearchSource
from harness.search.asking import recorded_search
from harness.search.history import SearchHistory, SearchPoint, read_history
from harness.search.sentences import counts_text, seeds_text
from harness.store import Home, file_lock, file_name, is_locked
from harness.study.load import Study, load_study
from harness.study.marks import Mistakes
from harness.study.search import Search


def print_search(study: Study, search: Search, home: Home) -> None:
    """Prints the space of a search, how it is searched, and how far it has come."""
    out.print(_space_table(search))
    print_lines(*_rule_lines(search))
    print_history(study, home)


def print_history(study: Study, home: Home) -> None:
    """Prints how far the search of a study has come; nothing where it searches nothing."""
    if study.search is not None:
        history = or_exit(read_history, study, home)
        print_lines(*history_lines(study.search, history))


def lines_of_search_in(file: Path, home: Home) -> list[str]:
    """How far the search of a study file has come; nothing where the file is gone or searches
    nothing.
    """
    try:
        study = load_study(file)
        if study.search is None:
            return []
        return list(history_lines(study.search, read_history(study, home)))
    except (Mistakes, ValueError, OSError):
        return []


def lines_of_looks_in(file: Path) -> list[str]:
    """That a table is of one look, where the seeds of a study file are trained until decided."""
    try:
        until = load_study(file).until
    except (Mistakes, ValueError, OSError):
        return []
    if until is None:
        return []
    return [f"  of the last look; seeds are trained {until.text} (harness compare says how far)"]


def search_value(study: Study, home: Home) -> dict[str, Any]:
    """What a search has tried, for machines; nothing for a study that searches nothing."""
    search = study.search
    if search is None:
        return {}
    history = or_exit(read_history, study, home)
    points = []
    for point in history.points if history is not None else ():
        points.append({**vars(point), "levels": dict(point.levels)})
    value = {
        "sampler": search.sampler.text,
        "objectives": [objective.text for objective in search.objectives],
        "seeds": search.seeds.text,
        "budget": search.budget.text,
        "spent_trainings": 0 if history is None else history.spent_trainings,
        "points": points,
    }
    return {"search": value}


def carry_out_search(
    study: Study,
    search: Search,
    home: Home,
    tracker: Tracker,
    engine: Engine,
    *,
    slots: int,
    quiet: bool,
) -> None:
    """Searches until the budget is used up, and says what came of it."""
    lock = home.hidden / "running" / f"{file_name(study.name)}.search.lock"
    if is_locked(lock):
        fail(f"another process searches {study.name!r} here; harness status shows how far it is")
    with file_lock(lock):
        recorded = or_exit(recorded_search, study, search, home)
        if not recorded.is_over:
            or_exit(tracker.prepare)
            forget(home, study.name)
            source = or_exit(SearchSource, study, search, home, tracker, recorded)
            carry_out(
                Plan(study, (), ()),
                home,
                tracker,
                engine,
                fail_fast=False,
                slots=slots,
                quiet=quiet,
                source=source,
            )
            if not source.driver.is_over:
                print_lines("the search was interrupted; the same command goes on")
                raise typer.Exit(1)
            source.driver.finish()
            if source.driver.is_barren and not quiet:
                print_lines("the search has no new points to try, and ends before its budget")
    if not quiet and search.confirm is None:
        print_history(study, home)


def _space_table(search: Search) -> Table:
    """The settings that are searched, with their choices or ranges."""
    table = Table("setting", "from", "when", box=None, pad_edge=False, header_style="bold")
    for dimension in search.dimensions:
        table.add_row(dimension.path, Text(dimension.range_text), Text(dimension.condition))
    return table


def _rule_lines(search: Search) -> Iterator[str]:
    """How a search goes, in sentences."""
    objectives = ", ".join(objective.text for objective in search.objectives)
    yield f"search:  {objectives} by {search.sampler.text}, with {search.seeds.text}"
    yield f"budget:  {search.budget.text}"
    if search.prune is not None:
        yield f"prune:   {search.prune} stops hopeless trainings by their curves"
    confirm = search.confirm
    if confirm is None:
        yield "confirm: no; a best score that was picked is too good, say `confirm` to measure it"
        return
    yield (
        f"confirm: the {confirm.best} best against {confirm.label}, "
        f"{confirm.seeds} fresh seeds each, once the search is over"
    )


def history_lines(search: Search, history: SearchHistory | None) -> Iterator[str]:
    """How far a search has come, and what is best so far."""
    if history is None:
        yield "points:  none tried yet"
        return
    trainings = f"{history.spent_trainings} trainings of {history.budget}"
    yield f"tried:   {counts_text(history)}; {trainings}"
    for point in history.points:
        if point.state == "incumbent":
            yield _best_line(search, point)
    for confirmed in history.confirmed:
        seen = _numbers(confirmed.seen)
        fresh = _numbers(confirmed.fresh)
        yield f"fresh:   point {confirmed.point} had {seen} in the search, {fresh} on fresh seeds"


def _best_line(search: Search, point: SearchPoint) -> str:
    """The best point with its means and its settings."""
    levels = []
    for path, level in point.levels.items():
        name = path.split(".")[-1]
        levels.append(f"{name} {level}")
    metrics = [objective.metric for objective in search.objectives]
    scores = []
    for metric, mean in zip(metrics, point.means or (), strict=False):
        scores.append(f"{metric} {mean:.4g}")
    head = f"best:    point {point.number}: {', '.join(scores)} over {seeds_text(point)}"
    return " · ".join([head, *levels])


def _numbers(values: tuple[float, ...]) -> str:
    return ", ".join(f"{value:.4g}" for value in values)
