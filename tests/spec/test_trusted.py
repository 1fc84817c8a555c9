"""A job carries what was hashed, and is trusted when its key agrees."""

import json
from pathlib import Path
from typing import Any

import pytest

from harness.spec.parse import read_fit, read_trial
from harness.spec.trusted import read_trusted_fit, read_trusted_part, read_trusted_trial
from harness.spec.values import Trial
from tests.made.outside import HALVED, write_component

RAW: dict[str, Any] = {
    "fit": {
        "train_on": {"name": "phantom", "slices": 4},
        "init": {"name": "trained", "part": "encoder", "fit": {"train_on": "phantom", "steps": 3}},
        "augment": ["flips", {"name": "noise", "p": 0.5}],
        "fold": [0, 5],
        "seed": 3,
    },
    "perturb": {"name": "blur", "strength": 1},
    "probes": ["segmentation", {"name": "attribution", "maps": ["gradient", "occlusion"]}],
}


def trial_of(raw: dict[str, Any]) -> Trial:
    complaints: list = []
    trial = read_trial(raw, complaints)
    assert trial is not None, complaints
    return trial


def through_json(value: Any) -> Any:
    return json.loads(json.dumps(value.to_plain()))


def test_a_trial_is_what_it_was() -> None:
    trial = trial_of(RAW)
    again = read_trusted_trial(through_json(trial), trial.key)
    assert again == trial
    assert again.to_plain() == trial.to_plain()
    assert again.fit.upstream == trial.fit.upstream


def test_a_fit_and_a_pick_are_what_they_were() -> None:
    trial = trial_of(RAW)
    assert read_trusted_fit(through_json(trial.fit), trial.fit.key) == trial.fit
    assert read_trusted_part("pick", trial.pick.to_plain(), trial.pick.key) == trial.pick


def test_another_key_is_refused() -> None:
    fit = read_fit({"train_on": "phantom"}, (), [])
    assert fit is not None
    changed = {**fit.to_plain(), "seed": 1}
    with pytest.raises(ValueError, match=f"the fit {fit.key} would be .* now"):
        read_trusted_fit(changed, fit.key)


def test_an_option_that_is_gone_is_named() -> None:
    fit = read_fit({"train_on": "phantom"}, (), [])
    assert fit is not None
    changed = {**fit.to_plain(), "init": {"name": "random", "scale": 2}}
    with pytest.raises(ValueError, match="init random has no setting 'scale' any more"):
        read_trusted_fit(changed, fit.key)


def test_code_that_changed_between_plan_and_run_is_refused(lab: Path) -> None:
    file = write_component(lab, "a.py", HALVED)
    fit = read_fit({"train_on": "phantom", "init": "halved"}, (), [])
    assert fit is not None
    key = fit.key
    plain = fit.to_plain()
    assert read_trusted_fit(plain, key).key == key
    write_component(lab, "a.py", HALVED + "# edited\n")
    with pytest.raises(ValueError, match="the code of a component has changed since the plan"):
        read_trusted_fit(plain, key)
    file.write_text(HALVED)  # as planned again, which this process has not read yet
    assert read_trusted_fit(plain, key).key == key
