"""Settings by their dotted paths: the value, a copy with another, and why there is none."""

from typing import Any

import pytest

from harness.spec.options import Init, Probe
from harness.spec.parse import read_trial
from harness.spec.paths import (
    matches,
    settings,
    steps_of,
    value_at,
    why_component_refuses,
    why_not,
    with_setting,
)
from harness.spec.values import Trial

RAW: dict[str, Any] = {
    "fit": {"train_on": "phantom", "init": {"name": "uniform", "of": "photos"}},
    "probes": ["segmentation", {"name": "attribution", "maps": ["gradient"]}],
}


@pytest.fixture(scope="module")
def trial() -> Trial:
    trial = read_trial(RAW, [])
    assert trial is not None
    return trial


def test_every_setting_has_the_value_at_its_path(trial: Trial) -> None:
    flat = settings(trial)
    assert flat["fit.init"] == "uniform(photos)"
    assert flat["fit.init.of"] == "photos"
    assert flat["fit.net.arch"] == "tiny_unet"
    assert flat["probes.1.maps.0"] == "gradient"
    assert value_at(trial, steps_of("probes.1.maps.0")).name == "gradient"
    assert value_at(trial, steps_of("fit.net.arch")) == "tiny_unet"
    for path in ("fit.lr", "probes.x", "fit.seed.a"):
        with pytest.raises(LookupError):
            value_at(trial, steps_of(path))


CONDITIONS = [
    ("fit.seed", 0, True),
    ("fit.seed", "0.0", False),
    ("fit.seed", [1, 0], True),
    ("fit.init", "uniform", True),
    ("fit.init", "uniform(photos)", True),
    ("fit.init", {"name": "uniform", "of": "photos"}, True),
    ("fit.init", {"of": {"name": "random"}}, False),
    ("fit.init.of", ["random", "photos"], True),
    ("perturb", None, True),
    ("fit.method.nothing", 1, False),
]


@pytest.mark.parametrize(("path", "condition", "is_met"), CONDITIONS)
def test_a_condition_of_the_file_is_judged(
    trial: Trial,
    path: str,
    condition: Any,
    is_met: bool,
) -> None:
    assert matches(trial, steps_of(path), condition) is is_met


def test_a_copy_has_the_setting_and_the_rest_stays() -> None:
    raw = {"name": "uniform", "of": "photos"}
    changed = with_setting(Init, raw, ("of", "name"), "random")
    assert changed == {"name": "uniform", "of": {"name": "random"}}
    assert raw == {"name": "uniform", "of": "photos"}
    assert with_setting(Init, "trained", ("part",), "encoder") == {
        "name": "trained",
        "part": "encoder",
    }
    probes = with_setting(list[Probe], ["segmentation"], (0, "threshold"), 0.4)
    assert probes == [{"name": "segmentation", "threshold": 0.4}]


REASONS = [
    ("uniform", "of", None),
    ("uniform", "name", None),
    ("uniform", "off", "init uniform has no setting 'off'; did you mean 'of'?"),
    ("nobody", "of", "nobody takes no 'of'"),
    ({"name": "uniform", "of": "photos"}, "of.scale", "init photos has no setting 'scale'"),
    ("trained", "fit.sead", "a fit has no setting 'sead'; did you mean 'seed'?"),
]


@pytest.mark.parametrize(("raw", "path", "reason"), REASONS)
def test_what_has_no_such_setting_says_why(raw: Any, path: str, reason: str | None) -> None:
    answer = why_not(Init, raw, steps_of(path))
    if reason is None:
        assert answer is None
    else:
        assert answer is not None
        assert answer.startswith(reason)


def test_an_item_that_is_not_there_says_so() -> None:
    answer = why_not(list[Probe], ["segmentation"], (1, "threshold"))
    assert answer == "there is no item 1; the list has 1"


def test_a_component_may_say_that_it_lacks_a_setting(trial: Trial) -> None:
    assert why_component_refuses(trial, "fit.init.of") is None
    assert why_component_refuses(trial, "fit.nothing.of") is None
