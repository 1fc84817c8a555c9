"""A study whose seeds are trained until its comparisons are decided: look after look, from where
its records say that it is.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

from harness.cli.shared import or_exit, print_lines
from harness.judge.verdicts import Verdicts
from harness.record.table import table
from harness.record.tracker import Tracker
from harness.run.carry_out import RunSummary
from harness.study.cells import Cell
from harness.study.load import Study
from harness.study.until_decided import UntilDecided

CarryOut = Callable[[Study], RunSummary | None]  # runs what is missing of a part of a study


def in_looks(
    study: Study, tracker: Tracker, carry_out: CarryOut, *, quiet: bool
) -> RunSummary | None:
    """Carries out a study: as a whole, or where its seeds are trained until decided the first of
    them, and then seed after seed of the arms that are undecided.

    Nothing but the records says how far it is, so a study that was stopped goes on at the same
    look. A trial that fails is tried once in a run, and its pair is left out of the looks.
    """
    from harness.judge.next_seeds import cells_of_look, undecided_trials

    until = study.until
    if until is None:
        return carry_out(study)
    whole: RunSummary | None = None
    undecided: set[str] | None = None
    tried: set[str] = set()
    for seeds in range(until.least, until.most + 1):
        cells = cells_of_look(study, until, seeds, undecided)
        summary = carry_out(replace(study, cells=_not_tried(cells, tried)))
        whole = _together(whole, summary)
        if summary is not None and (summary.count_unrecorded or summary.count_left):
            # what cannot be read cannot be judged, and who was stopped goes no further
            return whole
        verdicts = judge_what_is_there(study, tracker)
        undecided = undecided_trials(study, verdicts)
        if summary is not None and not quiet:
            print_lines(*look_lines(verdicts, seeds, until))
        if not undecided:
            return whole
    return whole


def _not_tried(cells: tuple[Cell, ...], tried: set[str]) -> tuple[Cell, ...]:
    """The cells that were not in an earlier look of this run, which are noted as tried."""
    new = []
    for cell in cells:
        if cell.trial.key not in tried:
            tried.add(cell.trial.key)
            new.append(cell)
    return tuple(new)


def _together(whole: RunSummary | None, summary: RunSummary | None) -> RunSummary | None:
    """What came of the looks so far."""
    if whole is None or summary is None:
        return summary or whole
    return RunSummary(
        [*whole.outcomes, *summary.outcomes],
        whole.recorded + summary.recorded,
        summary.count_unrecorded,
        summary.problem,
        summary.count_left,
    )


def judge_what_is_there(study: Study, tracker: Tracker) -> Verdicts:
    """The verdicts of what is recorded by now."""
    from harness.judge.answer import judge

    runs, rows = or_exit(table, tracker, study.name)
    return judge(study, runs, rows)


def look_lines(verdicts: Verdicts, seeds: int, until: UntilDecided) -> Iterator[str]:
    """How many contrasts are decided after so many seeds, and what follows."""
    decided = 0
    total = 0
    for verdict in verdicts.verdicts:
        for contrast in verdict.contrasts:
            if contrast.looked.most:
                total += 1
                decided += contrast.decided_after > 0
    line = f"look:   after {seeds} of at most {until.most} seeds {decided} of {total} are decided"
    if decided < total and seeds < until.most:
        line += "; the next seed is for the arms of the rest"
    yield line


def still_needed(study: Study, tracker: Tracker) -> tuple[Study, list[str]]:
    """A study with the cells that it may still need at most, and how far its looks are."""
    until = study.until
    if until is None:
        return study, []
    from harness.judge.next_seeds import cells_of_look, compared_trials, undecided_trials

    lines = [f"seeds:  {until.text}"]
    undecided = compared_trials(study)
    if or_exit(tracker.runs, study.name):
        verdicts = judge_what_is_there(study, tracker)
        undecided = undecided_trials(study, verdicts)
    cells = cells_of_look(study, until, until.most, undecided)
    if not undecided:
        lines.append("        every comparison is decided, so no further seed is trained")
    return replace(study, cells=cells), lines
