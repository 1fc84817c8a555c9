"""A pilot tries each kind of fit for two steps: it tells the hours, and leaves nothing behind."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from harness.run import pilot as pilots
from harness.run.durations import PILOTS, past_durations, pilot_durations
from harness.run.engines import inline
from harness.run.pilot import kinds_of_jobs
from harness.store import Home
from tests.cli.calls import call
from tests.made.studies import edit, plan_of, run_study

SEARCH = Path(__file__).parents[2] / "studies" / "search.yaml"


@pytest.fixture
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pilots start no process."""

    def engine(folder: Path, slots: Sequence[Any], modules: list[str], limits: Any) -> Any:
        return inline(folder, "cpu")

    monkeypatch.setattr(pilots, "processes", engine)


def test_a_pilot_tells_the_time_and_records_nothing(
    home: Home, tiny: Path, in_this_process: None
) -> None:
    assert "nothing like it has run" in call("plan", str(tiny))[1]
    code, out, _ = call("run", str(tiny), "--pilot", "--device", "cpu")
    assert code == 0
    assert len(re.findall(r"2 fits: about .* each, 6 steps of ", out)) == 2  # a kind for each loss
    assert re.search(r"4 trials: about .* each to measure", out)
    assert "time:   about " in out
    assert not home.database.exists()
    assert home.store("fits").keys() == set()
    assert home.store("trials").keys() == set()
    assert len(pilot_durations(home)) == 3
    assert past_durations(home) == {}  # no limit of a job comes from it
    plan = plan_of(tiny, home)
    assert plan.seconds == pytest.approx(sum_of(plan, home))
    assert plan.unknown == 0


def sum_of(plan: Any, home: Home) -> float:
    """The seconds of a plan by its kinds."""
    seconds = list(pilot_durations(home).values())
    counts = [len(kind.fits) for kind in kinds_of_jobs(plan)]
    fits = counts[0] * seconds[0] + counts[1] * seconds[2]
    return fits + 4 * seconds[1]


def test_what_has_run_counts_before_a_pilot(home: Home, tiny: Path, in_this_process: None) -> None:
    run_study(tiny, home)
    measured = past_durations(home)
    for cost in measured:
        pilots.note_duration(home, cost, 1e6, PILOTS)
    edit(tiny, "seeds: 2", "seeds: 3")
    seconds = plan_of(tiny, home).seconds
    assert seconds is not None
    assert seconds < 1000
    out = call("run", str(tiny), "--pilot", "--device", "cpu")[1]
    assert "1 fit: about" in out  # of each kind what is missing
    edit(tiny, "seeds: 3", "seeds: 2")
    assert "nothing to do" in call("run", str(tiny), "--pilot")[1]


def test_a_side_file_that_is_no_file_does_no_harm(home: Home, tiny: Path) -> None:
    (home.hidden / PILOTS).mkdir(parents=True)
    assert call("plan", str(tiny))[0] == 0


def test_what_needs_fits_that_are_not_there_is_said_not_to_be_tried(
    home: Home, tiny: Path, in_this_process: None
) -> None:
    edit(tiny, "base:\n", "base:\n  probes: [segmentation, seed_agreement]\n")
    edit(tiny, "[bce_dice, ce]", "[ce]")
    edit(tiny, "by: fit.method.loss, against: ce", "by: fit.seed")
    code, out, err = call("run", str(tiny), "--pilot", "--device", "cpu")
    assert code == 0, err
    assert re.search(r"\d fits: about .* each, 6 steps of ", out)
    assert "2 trials: not tried: it stands on a fit that is not trained yet" in out
    assert "what could not be tried is not in the time" in err


def test_a_search_has_no_fits_to_try(home: Home) -> None:
    code, _, err = call("run", str(SEARCH), "--pilot")
    assert code == 2
    assert "--pilot: search is a search, whose fits are not known before it runs" in err
