"""A search carried out: trained, recorded, confirmed, and what a pruned training leaves."""

from pathlib import Path

import pytest

from harness.cli.searches import lines_of_search_in
from harness.judge.answer import judge
from harness.record.table import table
from harness.run.carry_out import RunSummary, run
from harness.run.engines import inline, processes
from harness.run.events import Engine
from harness.run.plan import Plan, modules_of_cells, plan
from harness.run.searching import SearchSource
from harness.run.slots import Slot
from harness.search.asking import recorded_search
from harness.search.confirmation import with_confirmation
from harness.search.history import SearchHistory, read_history
from harness.spec.states import State
from harness.store import Home
from harness.study.load import Study
from tests.made.searches import open_driver, search_of, search_on, study_of
from tests.made.studies import tracker_of

SHORT = ("trainings: 20", "trainings: 3")
CONFIRM = ("  maximise: dice\n", "  maximise: dice\n  confirm: {best: 1, seeds: 2}\n")
LONG_FITS = ("epochs: 1", "epochs: 100000")


def search_in_this_process(study: Study, home: Home) -> RunSummary:
    """Carries out the search of a study, one training after the other."""
    return search_with(inline(home.folder, "cpu"), study, home)


def search_with(engine: Engine, study: Study, home: Home) -> RunSummary:
    """Carries out the search of a study on an engine, to its end."""
    tracker = tracker_of(home)
    tracker.prepare()
    search = search_of(study)
    recorded = recorded_search(study, search, home)
    source = SearchSource(study, search, home, tracker, recorded)
    nothing = Plan(study, (), ())
    summary = run(nothing, home, tracker, engine, lambda progress, outcome: None, source=source)
    assert source.driver.is_over
    source.driver.finish()
    return summary


def history_of(study: Study, home: Home) -> SearchHistory:
    history = read_history(study, home)
    assert history is not None
    return history


def test_a_search_is_recorded_as_a_grid_is_and_confirmed(home: Home, tmp_path: Path) -> None:
    study = study_of(tmp_path, SHORT, CONFIRM)
    summary = search_in_this_process(study, home)
    assert summary.recorded == 3
    tracker = tracker_of(home)
    recorded = {run.key for run in tracker.runs(study.name)}
    tried = history_of(study, home)
    for point in tried.points:
        assert set(point.trial_keys) <= recorded

    confirmed = with_confirmation(study, home)
    seeds = [cell.trial.fit.seed for cell in confirmed.cells]
    assert seeds == [8, 9, 8, 9]  # the race had 0 to 7
    todo = plan(confirmed, home, tracker.runs(study.name))
    run(todo, home, tracker, inline(home.folder, "cpu"), lambda progress, outcome: None)
    [fresh] = history_of(confirmed, home).confirmed
    assert fresh.seen == tried.points[fresh.point].means
    runs, rows = table(tracker, study.name)
    verdicts = judge(confirmed, runs, rows, tracker.runs(study.name))
    [verdict] = verdicts.verdicts
    assert verdict.confirmatory
    assert len(verdict.contrasts) == 1
    mean = verdict.arms[0].mean
    assert mean is not None
    assert mean.value == pytest.approx(fresh.fresh[0])


def test_what_the_store_has_is_scored_without_training(home: Home, tmp_path: Path) -> None:
    """The points are lost, their trainings are not: the same search finds them again."""
    study = study_of(tmp_path, SHORT)
    search_in_this_process(study, home)
    first = history_of(study, home)
    (home.hidden / "optuna.journal").unlink()
    summary = search_in_this_process(study, home)
    assert summary.count(State.FINISHED, "fit") == 0
    second = history_of(study, home)
    assert [point.scores for point in second.points] == [point.scores for point in first.points]


def test_a_pruned_training_leaves_nothing_that_looks_finished(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pruner that gives no point any hope after two epochs, of fits that would take hours."""
    prune = ("  maximise: dice\n", "  maximise: dice\n  prune: median\n")
    study = study_of(tmp_path, ("trainings: 20", "trainings: 1"), LONG_FITS, prune)
    monkeypatch.setattr(
        "harness.search.asking.RecordedSearch.report",
        lambda recorded, number, epoch, value: epoch >= 2,
    )
    modules = modules_of_cells(search_of(study).examples)
    engine = processes(home.folder, [Slot("cpu", threads=1)], modules)
    summary = search_with(engine, study, home)
    for outcome in summary.outcomes:
        assert outcome.error.startswith("stopped by median after epoch ")
    history = history_of(study, home)
    [pruned] = history.points
    assert pruned.state == "rejected"
    assert pruned.reason.startswith("seed 0: stopped by median after epoch ")
    assert pruned.scores == ()
    assert history.spent_trainings == 1
    [key] = pruned.trial_keys
    assert home.store("trials").keys() == set()
    assert home.store("fits").keys() == set()
    [run_of_point] = tracker_of(home).runs(study.name)
    assert run_of_point.key == key
    assert run_of_point.state not in (State.FINISHED, State.DIVERGED)


@pytest.mark.slow
@pytest.mark.parametrize(
    "pruner",
    [
        "{median: {n_startup_trials: 2, n_warmup_steps: 1}}",
        "{hyperband: {min_resource: 1, max_resource: 6, reduction_factor: 2}}",
        "{successive_halving: {min_resource: 1, reduction_factor: 2}}",
    ],
)
def test_the_pruners_of_optuna_stop_trainings_by_their_curves(
    home: Home, tmp_path: Path, pruner: str
) -> None:
    """Twelve trainings, of which those with a rate too small are hopeless."""
    study = study_of(
        tmp_path,
        ("trainings: 20", "trainings: 12"),
        ("epochs: 1", "epochs: 6"),
        ("    steps: 1", "    steps: 4"),
        ("  maximise: dice\n", f"  maximise: dice\n  prune: {pruner}\n"),
    )
    modules = modules_of_cells(search_of(study).examples)
    engine = processes(home.folder, [Slot("cpu", threads=1)], modules)
    summary = search_with(engine, study, home)
    history = history_of(study, home)
    assert history.spent_trainings == 12
    pruned = [point for point in history.points if ": stopped by " in point.reason]
    assert pruned
    fits = home.store("fits").keys()
    assert len(fits) == summary.count(State.FINISHED, "fit") == 12 - len(pruned)


def test_status_says_how_far_a_search_is(home: Home, tmp_path: Path) -> None:
    study = study_of(tmp_path, SHORT)
    search_on(open_driver(study, home))
    tried, best = lines_of_search_in(study.path, home)
    assert tried.startswith("tried:   3 points: ")
    assert tried.endswith("3 trainings of 3 trainings")
    assert best.startswith("best:    point ")
    study.path.unlink()
    assert lines_of_search_in(study.path, home) == []
