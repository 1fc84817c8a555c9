"""Where a result was made is kept beside it; code that has changed since is said by the plan."""

import json
from pathlib import Path

import pytest

from harness.cli.plan_screen import plan_lines
from harness.record.tracker import metrics
from harness.spec import shipped_code
from harness.spec.records import FitRecord, TrialRecord
from harness.spec.signatures import Component
from harness.store import Home
from tests.made.outside import folder_of_components, write_component
from tests.made.studies import edit, plan_of, run_study, tracker_of, work_of

OWN = '''"""A loss of a person's own."""

import torch.nn.functional as F
from torch import Tensor

from harness.components.losses import loss


@loss(version=1)
def own(logits: Tensor, target: Tensor, ignore: int | None) -> Tensor:
    """Cross entropy."""
    return F.binary_cross_entropy_with_logits(logits[:, 0], target.float())
'''


def pretend_a_change(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Lets the code of a component seem to be another."""
    real = shipped_code.source_digest

    def digest(component: Component) -> str:
        return "changed" if component.name == name else real(component)

    monkeypatch.setattr("harness.spec.code_of.source_digest", digest)


def lines_about_code(file: Path, home: Home) -> list[str]:
    return [line for line in plan_lines(plan_of(file, home)) if line.startswith("code of")]


def test_a_change_of_code_is_said_and_made_again_when_asked_for(
    home: Home, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_study(tiny, home)
    assert lines_about_code(tiny, home) == []
    pretend_a_change(monkeypatch, "ce")
    assert lines_about_code(tiny, home) == [
        "code of ce changed since 2 results were made: reused; "
        "`harness run --retry changed`, or raise its `version`"
    ]
    assert work_of(plan_of(tiny, home)) == {"fits": 0, "trials": 0}
    again = plan_of(tiny, home, "changed")
    assert work_of(again) == {"fits": 2, "trials": 2}
    assert {trial.reason for trial in again.todo} == {"code of ce changed"}
    assert run_study(tiny, home, "changed").count("finished") == 2
    assert lines_about_code(tiny, home) == []
    assert work_of(plan_of(tiny, home, "changed")) == {"fits": 0, "trials": 0}


def test_a_change_of_a_probe_trains_nothing(
    home: Home, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_study(tiny, home)
    pretend_a_change(monkeypatch, "segmentation")
    assert work_of(plan_of(tiny, home, "changed")) == {"fits": 0, "trials": 4}


def test_a_result_says_where_it_was_made(home: Home, tiny: Path) -> None:
    run_study(tiny, home)
    fit_key = sorted(home.store("fits").keys())[0]
    origin = FitRecord.read(home.store("fits").path(fit_key)).origin
    for fact in ("host", "device", "threads", "python", "torch"):
        assert origin[fact]
    assert "method/supervised" in origin["code"]
    trial_key = sorted(home.store("trials").keys())[0]
    record = TrialRecord.read(home.store("trials").path(trial_key))
    assert "probe/segmentation" in record.origin["code"]
    run = tracker_of(home).runs("tiny")[0]
    assert run.tags["harness.host"] == origin["host"]
    assert "probe/segmentation" in json.loads(run.tags["harness.code"])
    assert metrics(tracker_of(home), "tiny")


def test_the_code_of_an_own_component_is_kept_with_the_run(
    home: Home, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with folder_of_components(home.folder / "lab", monkeypatch) as folder:
        write_component(folder, "own.py", OWN)
        edit(tiny, "bce_dice, ce", "own, ce")
        run_study(tiny, home)
        files = list(home.hidden.glob("artifacts/**/components/*.py"))
        assert len(files) == 2
        assert {path.read_text() for path in files} == {OWN}
