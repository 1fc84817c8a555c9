"""--set: a study is what it would be if its file said so, or the sentence says what is meant."""

from pathlib import Path

import pytest

from harness.cli.screen import TAGS_OF_A_RUN
from harness.record.code import Code
from harness.record.contents import tags_of
from harness.record.result import TrialResult
from harness.spec.states import State
from harness.store import Home
from harness.study.document import Mistakes
from harness.study.load import load_study
from tests.cli.calls import call
from tests.made.recorded import fill, scores
from tests.made.studies import edit, tracker_of


@pytest.mark.parametrize(
    ("override", "old", "new"),
    [
        ("fit.method.lr=1e-2", "lr: 1e-3", "lr: 1e-2"),
        ("seeds=3", "seeds: 2", "seeds: 3"),
        ("seeds=[5]", "seeds: 2", "seeds: [5]"),
        ("name=quick", "name: tiny", "name: quick"),
        ("fit.net.width=4", "width: 2}", "width: 4}"),
        ("fit.augment=[flips]", "[flips, noise]", "[flips]"),
        ("fit.augment.1=flips", "[flips, noise]", "[flips, flips]"),
        ("fit.batch=2", "batch: 4", "batch: 2"),
        (
            "fit.init={name: trained, fit: {train_on: phantom, steps: 2}}",
            "  fit:\n",
            "  fit:\n    init: {name: trained, fit: {train_on: phantom, steps: 2}}\n",
        ),
        ("pick=source_validation", "base:\n", "base:\n  pick: source_validation\n"),
        (
            "fit.method.schedule.gamma=0.5",
            "lr: 1e-3}",
            "lr: 1e-3, schedule: {name: step, gamma: 0.5}}",
        ),
    ],
)
def test_a_setting_is_as_if_the_file_said_so(tiny: Path, override: str, old: str, new: str) -> None:
    if "schedule" in override:
        edit(tiny, "lr: 1e-3}", "lr: 1e-3, schedule: step}")
        new, old = new, "lr: 1e-3, schedule: step}"
    changed = load_study(tiny, [override])
    edit(tiny, old, new)
    edited = load_study(tiny)
    assert changed.name == edited.name
    assert [cell.trial.key for cell in changed.cells] == [cell.trial.key for cell in edited.cells]
    assert [cell.levels for cell in changed.cells] == [cell.levels for cell in edited.cells]
    assert changed.overrides == (override,)


@pytest.mark.parametrize(
    ("override", "sentence"),
    [
        ("fit.metod.lr=1", "no setting 'fit.metod.lr'; did you mean 'fit.method.lr'?"),
        ("lr=1", "no setting 'lr'; did you mean 'fit.method.lr'?"),
        ("width=1", "no setting 'width'; did you mean 'fit.net.width'?"),
        ("fit.method.lrr=1", "method supervised has no setting 'lrr'; did you mean 'lr'?"),
        ("sedes=1", "no setting 'sedes'; did you mean 'seeds'?"),
        ("zzzzz=1", "no setting 'zzzzz'; there is name, seeds, folds, fit.train_on"),
        ("fit.method.lr", "say --set PATH=VALUE, as --set fit.method.lr=1e-3"),
        ("=3", "no setting ''"),
        ("fit.method.lr=abc", "fit.method.lr: 'abc': should be a valid number"),
        ("fit.method.lr=-1", "fit.method.lr: -1: should be greater than 0"),
        ("fit.method.lr=[1", "not YAML: "),
        ("fit.net=unett", "fit.net: no net named 'unett'; did you mean 'unet'?"),
        ("fit.seed=3", "the seeds of a study are its `seeds`: --set seeds=3"),
        ("fit.method.loss=ce", "the axis fit.method.loss decides it ("),
        ("fit.method.loss.smooth=2", "the axis fit.method.loss decides it ("),
        ("fit.batch.size=2", "4 takes no 'size'"),
    ],
)
def test_nonsense_is_refused_with_what_is_meant(tiny: Path, override: str, sentence: str) -> None:
    with pytest.raises(Mistakes) as mistakes:
        load_study(tiny, [override])
    text = str(mistakes.value)
    assert text.startswith(f"--set {override}: ")
    assert sentence in text
    assert ":0:0" not in text


def test_all_that_is_wrong_is_said_at_once(tiny: Path) -> None:
    with pytest.raises(Mistakes) as mistakes:
        load_study(tiny, ["lr=1", "fit.bach=2", "fit.batch=3"])
    assert len(mistakes.value.problems) == 2


def test_what_was_set_is_a_tag_of_each_run_and_shown(home: Home, tiny: Path) -> None:
    study = load_study(tiny, ["fit.batch=2", "seeds=1"])
    tags = tags_of(study, study.cells[0], TrialResult(State.FINISHED), Code(), "new")
    assert tags["harness.set"] == "fit.batch=2, seeds=1"
    study = load_study(tiny)
    tags = tags_of(study, study.cells[0], TrialResult(State.FINISHED), Code(), "new")
    assert "harness.set" not in tags
    assert "harness.set" in TAGS_OF_A_RUN


def test_what_was_set_is_planned_and_judged_under_the_same_option(home: Home, tiny: Path) -> None:
    tracker_of(home).prepare()
    fill(home, load_study(tiny, ["fit.batch=2"]), scores(lambda trial: 0.5))
    setting = ("--set", "fit.batch=2")
    assert "4 done" in call("plan", str(tiny), *setting)[1]
    assert "0 done" in call("plan", str(tiny))[1]  # the file says another thing
    assert "n = 2" in call("compare", str(tiny), *setting)[1]


def test_batch_jobs_read_the_file(home: Home, tiny: Path) -> None:
    code, _, err = call("run", str(tiny), "--set", "seeds=1", "--on", "submitit", "--local")
    assert code == 2
    assert "--set: workers in batch jobs read the study file; write it there" in err
