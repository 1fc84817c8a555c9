"""A source-only method is trained once for several targets, and recorded as what it is."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.cli.json_values import plan_value
from harness.cli.plan_screen import plan_lines
from harness.judge.answer import judge
from harness.record.table import table
from harness.report.write import report
from harness.store import Home
from harness.study.load import load_study
from tests.made.studies import TINY, plan_of, run_study, tracker_of, work_of
from tests.made.targets import CROSSED, PAIRED, VNC, ZIPPED, method_that_adapts

BASE = TINY[: TINY.index("grid:")].replace(
    "    method: {name: supervised, epochs: 2, lr: 1e-3}\n", ""
)


@pytest.fixture(autouse=True)
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with method_that_adapts(tmp_path, monkeypatch):
        yield


def test_a_source_only_method_is_trained_once_for_several_targets(home: Home) -> None:
    file = home.folder / "targets.yaml"
    file.write_text(BASE + CROSSED + PAIRED)
    assert work_of(plan_of(file, home)) == {"fits": 6, "trials": 6}
    file.write_text(BASE + ZIPPED + PAIRED)
    study_plan = plan_of(file, home)
    assert work_of(study_plan) == {"fits": 6, "trials": 8}
    trials = {planned.fit.method.name: planned.trials for planned in study_plan.fits}
    assert trials == {"supervised": 2, "adapting": 1}


def test_a_study_of_targets_is_run_recorded_judged_and_reported(home: Home) -> None:
    file = home.folder / "targets.yaml"
    file.write_text(BASE.replace("seeds: 2", "seeds: 1") + CROSSED + PAIRED)
    summary = run_study(file, home)
    assert summary.count("finished", "fit") == 3
    assert summary.recorded == 3
    assert work_of(plan_of(file, home)) == {"fits": 0, "trials": 0}
    recorded = {}
    for run in tracker_of(home).runs():
        recorded[run.levels["fit.method"], run.levels.get("fit.adapt_to")] = run
    assert set(recorded) == {("supervised", None), ("adapting", "vnc"), ("adapting", "snemi")}
    assert "fit.adapt_to" not in recorded["supervised", None].params
    assert recorded["adapting", "snemi"].params["fit.adapt_to"] == "snemi"
    study = load_study(file)
    tracker = tracker_of(home)
    (verdict,) = judge(study, *table(tracker, study.name)).verdicts
    arms = [(arm.stratum, arm.name, arm.tally.states["finished"]) for arm in verdict.arms]
    assert sorted(arms) == [
        (("snemi",), "adapting", 1),
        (("snemi",), "supervised", 1),
        (("vnc",), "adapting", 1),
        (("vnc",), "supervised", 1),
    ]
    page = report(study, tracker, home.folder / "report").page.read_text()
    assert "2: vnc, snemi" in page


def test_a_plan_says_that_nothing_looks_at_a_target(home: Home) -> None:
    file = home.folder / "unused.yaml"
    file.write_text(BASE + f"    adapt_to: {VNC}\n")
    study_plan = plan_of(file, home)
    expected = (
        "  unused: fit.adapt_to changes nothing: "
        "no method, init, prepare or augment of the study uses images to adapt to"
    )
    assert expected in list(plan_lines(study_plan))
    assert plan_value(study_plan)["unused"] == ["fit.adapt_to"]
    file.write_text(BASE + f"    adapt_to: {VNC}\n    method: adapting\n")
    used = plan_of(file, home)
    assert not any("unused" in line for line in plan_lines(used))
    assert plan_value(used)["unused"] == []
