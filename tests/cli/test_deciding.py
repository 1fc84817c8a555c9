"""Studies whose seeds are trained until decided: look after look, from the records alone."""

from dataclasses import dataclass, field

import pytest

from harness.cli.deciding import in_looks, still_needed
from harness.cli.searches import lines_of_looks_in
from harness.record.tracker import Tracker, uri
from harness.run.carry_out import RunSummary
from harness.spec.values import Trial
from harness.store import Home
from harness.study.load import Study
from tests.cli.test_cli import call
from tests.made.recorded import fill, scores, study_at
from tests.made.study_files import BASE

TEXT = (
    "name: until\nquestion: Does it differ?\n"
    + BASE
    + "seeds: {until: decided, least: 4, most: 10}\n"
    + "grid:\n  fit.batch: [2, 4, 8]\n"
    + "compare:\n  - {name: a, metric: dice, by: fit.batch, against: '2', unit: seed}\n"
)
NOISE = (0.02, -0.05, 0.01, 0.04, -0.03, 0.05, -0.01, 0.03, -0.04, 0.01)


def value(trial: Trial) -> float:
    """A score that only a batch of four raises."""
    gain = {2: 0.0, 4: 0.3, 8: NOISE[trial.fit.seed]}
    return 0.3 + gain[trial.fit.batch]


@dataclass
class Records:
    """Trials that are recorded as if they had been trained, and which they were."""

    home: Home
    last: int = 10_000  # so many looks are carried out, then the study is killed
    trained: list[tuple[int, int]] = field(default_factory=list)

    def carry_out(self, part: Study) -> RunSummary | None:
        """Records the trials of a part that are not recorded yet."""
        tracker = tracker_of(self.home)
        recorded = {run.key for run in tracker.runs("until")}
        new = [cell.trial for cell in part.cells if cell.trial.key not in recorded]
        if not new:
            return None
        if not self.last:
            raise KeyboardInterrupt
        self.last -= 1
        keys = {trial.key for trial in new}

        def state(trial: Trial) -> str:
            return "finished" if trial.key in keys else "missing"

        fill(self.home, part, scores(value), state=state)
        self.trained += [(trial.fit.seed, trial.fit.batch) for trial in new]
        return RunSummary([], len(new))


def tracker_of(home: Home) -> Tracker:
    """The tracker of a home."""
    return Tracker(uri(home), home)


def test_only_the_arms_that_are_undecided_get_further_seeds(home: Home) -> None:
    study = study_at(home, TEXT)
    records = Records(home)
    in_looks(study, tracker_of(home), records.carry_out, quiet=True)
    of_four = [seed for seed, batch in records.trained if batch == 4]
    of_eight = [seed for seed, batch in records.trained if batch == 8]
    assert of_four == [0, 1, 2, 3]
    assert of_eight == list(range(10))
    needed, lines = still_needed(study, tracker_of(home))
    assert len(needed.cells) == 24
    assert "until decided, 4 to 10 seeds" in lines[0]


def test_a_study_that_was_killed_goes_on_at_the_same_look(home: Home) -> None:
    study = study_at(home, TEXT)
    killed = Records(home, last=3)
    with pytest.raises(KeyboardInterrupt):
        in_looks(study, tracker_of(home), killed.carry_out, quiet=True)
    rest = Records(home)
    in_looks(study, tracker_of(home), rest.carry_out, quiet=True)
    trained = killed.trained + rest.trained
    assert len(set(trained)) == len(trained) == 24
    assert rest.trained[0] == (6, 2)


def test_a_study_that_was_asked_to_stop_looks_no_further(home: Home) -> None:
    records = Records(home)

    def stop_early(part: Study) -> RunSummary | None:
        """Carries out a part, of which one trial was left when the study was asked to stop."""
        records.carry_out(part)
        return RunSummary([], recorded=11, count_left=1)

    in_looks(study_at(home, TEXT), tracker_of(home), stop_early, quiet=True)
    assert {seed for seed, _ in records.trained} == {0, 1, 2, 3}


def test_a_primary_question_beyond_its_design_is_not_run_by_mistake(home: Home) -> None:
    text = TEXT.replace("{until: decided, least: 4, most: 10}", "3")
    text = text.replace("unit: seed}", "unit: seed, primary: true}")
    study = study_at(home, text)
    code, _, err = call("run", str(study.path))
    assert code == 2
    assert "a is primary, and not testable at 0.05" in err
    assert "7 seeds would do; --anyway runs it all the same" in err


def test_a_primary_question_is_asked_of_all_seeds_and_not_of_a_look(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def carry_out_nothing(*args: object, **options: object) -> RunSummary:
        """Says that the study was asked to stop before its first trial."""
        return RunSummary([], recorded=0, count_left=1)

    monkeypatch.setattr("harness.cli.run.carry_out", carry_out_nothing)
    study = study_at(home, TEXT.replace("unit: seed}", "unit: seed, primary: true}"))
    code, _, err = call("run", str(study.path), "--on", "inline")
    assert "not testable" not in err
    assert code == 1  # one trial is left


def test_an_arm_that_nothing_compares_gets_the_first_seeds_alone(home: Home) -> None:
    where = "unit: seed, where: {fit.batch: ['2', '4']}, expect: {difference: 0.1, spread: 0.1}}"
    study = study_at(home, TEXT.replace("unit: seed}", where))
    needed, _ = still_needed(study, tracker_of(home))
    batches = [cell.trial.fit.batch for cell in needed.cells]
    assert [batches.count(batch) for batch in (2, 4, 8)] == [10, 10, 4]


def test_the_status_says_that_it_is_of_one_look(home: Home) -> None:
    study = study_at(home, TEXT)
    assert study.path is not None
    (line,) = lines_of_looks_in(study.path)
    assert "of the last look; seeds are trained until decided, 4 to 10 seeds from 0" in line
    assert lines_of_looks_in(home.folder / "gone.yaml") == []


def test_the_plan_says_what_is_still_needed(home: Home) -> None:
    study = study_at(home, TEXT)
    code, out, _ = call("plan", str(study.path))
    assert code == 0
    assert "seeds:  until decided, 4 to 10 seeds from 0 to 9" in out
    assert "trials: 30 to run" in out
