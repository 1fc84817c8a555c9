"""A study is changed and run again; only what has changed is planned."""

from pathlib import Path

from harness.store import Home
from tests.made.studies import edit, plan_of, run_study, work_of

NOTHING = {"fits": 0, "trials": 0}


def test_a_study_runs_once_and_a_rerun_does_only_what_changed(home: Home, tiny: Path) -> None:
    assert work_of(plan_of(tiny, home)) == {"fits": 4, "trials": 4}
    summary = run_study(tiny, home)
    assert summary.count("finished") == 4
    assert summary.recorded == 4
    assert work_of(plan_of(tiny, home)) == NOTHING

    edit(tiny, "question:", "# a comment\nquestion:")
    assert work_of(plan_of(tiny, home)) == NOTHING

    edit(tiny, "seeds: 2", "seeds: 3")
    with_a_seed = plan_of(tiny, home)
    assert work_of(with_a_seed) == {"fits": 2, "trials": 2}
    for trial in with_a_seed.todo:
        assert trial.cell.levels["fit.seed"] == "2"
    edit(tiny, "seeds: 3", "seeds: 2")

    edit(tiny, "lr: 1e-3", "lr: 2e-3")
    with_another_rate = plan_of(tiny, home)
    assert work_of(with_another_rate) == {"fits": 4, "trials": 4}
    for trial in with_another_rate.todo:
        assert trial.reason == "fit.method.lr: 0.001 -> 0.002"
    edit(tiny, "lr: 2e-3", "lr: 1e-3")

    edit(tiny, "grid:", "  probes: [{name: segmentation, threshold: 0.4}]\ngrid:")
    measured_again = {"fits": 0, "trials": 4}
    assert work_of(plan_of(tiny, home)) == measured_again


def test_two_trials_share_the_fit_they_start_from(home: Home, tiny: Path) -> None:
    data = "{name: phantom, style: vnc, slices: 4, size: 48}"
    upstream = f"{{name: trained, fit: {{train_on: {data}, patch: 32, steps: 2}}}}"
    edit(tiny, "  fit.method.loss: [bce_dice, ce]", f"  fit.init: [random, {upstream}]")
    edit(tiny, "by: fit.method.loss, against: ce", "by: fit.init, against: random")
    study_plan = plan_of(tiny, home)
    assert work_of(study_plan) == {"fits": 5, "trials": 4}
    summary = run_study(tiny, home)
    assert summary.count("finished", "fit") == 5
    assert summary.count("finished") == 4
    keys = {planned.fit.key for planned in study_plan.fits}
    assert len(keys) == 5
