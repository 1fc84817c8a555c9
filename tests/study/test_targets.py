"""Images to adapt to count where something looks at them: cells, levels and what a plan says."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.study.levels import idle_targets, levels_of
from tests.made.study_files import BASE, loaded_study, problem_text
from tests.made.targets import CROSSED, SNEMI, VNC, ZIPPED, method_that_adapts

NOTHING_LOOKS = "no method, init, prepare or augment of the study uses images to adapt to"


@pytest.fixture(autouse=True)
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with method_that_adapts(tmp_path, monkeypatch):
        yield


def test_source_only_is_one_cell_that_stands_beside_each_target(tmp_path: Path) -> None:
    study = loaded_study(tmp_path, BASE + CROSSED)
    source_only, *adapted = study.cells
    assert len(adapted) == 2
    assert source_only.levels == {"fit.method": "supervised"}
    positions = [trial.fit.adapt_to.level for trial in source_only.positions if trial.fit.adapt_to]
    assert positions == ["vnc", "snemi"]
    assert [cell.levels["fit.adapt_to"] for cell in adapted] == ["vnc", "snemi"]
    assert [cell.twins for cell in adapted] == [(), ()]
    assert levels_of(study.expansion, "fit.adapt_to") == ["vnc", "snemi"]
    assert study.expansion.total == 4
    assert study.expansion.inert == {"fit.adapt_to": 1}
    assert idle_targets(study.cells) == []


def test_source_only_is_one_fit_where_each_target_has_its_own_test_set(tmp_path: Path) -> None:
    study = loaded_study(tmp_path, BASE + ZIPPED)
    assert [cell.levels for cell in study.cells] == [
        {"fit.method": "supervised", "test_on": "vnc"},
        {"fit.method": "supervised", "test_on": "snemi"},
        {"fit.method": "adapting", "fit.adapt_to": "vnc", "test_on": "vnc"},
        {"fit.method": "adapting", "fit.adapt_to": "snemi", "test_on": "snemi"},
    ]
    keys = [cell.trial.fit.key for cell in study.cells]
    assert keys[0] == keys[1]
    assert len(set(keys)) == 3
    assert study.expansion.inert == {}
    assert all(cell.twins == () for cell in study.cells)


def test_an_excluded_target_has_no_source_only_beside_it(tmp_path: Path) -> None:
    rule = "exclude:\n  - {fit.adapt_to: snemi, fit.method: supervised}\n"
    source_only, *adapted = loaded_study(tmp_path, BASE + CROSSED + rule).cells
    assert len(source_only.positions) == 1
    assert len(adapted) == 2


def test_targets_of_one_content_and_two_labels_are_one_trial_at_one_level(tmp_path: Path) -> None:
    again = VNC.replace("label: vnc", "label: again")
    text = f"    method: adapting\ngrid:\n  fit.adapt_to: [{VNC}, {again}]\n"
    (cell,) = loaded_study(tmp_path, BASE + text).cells
    assert cell.levels["fit.adapt_to"] == "vnc"
    assert cell.twins == ()


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        (f"grid:\n  fit.adapt_to: [{VNC}, {SNEMI}]\n", "7:17: fit.adapt_to"),
        (
            f"    adapt_to: {VNC}\ngrid:\n  fit.adapt_to.style: [vnc, snemi]\n",
            "8:23: fit.adapt_to.style",
        ),
        (
            f"zip:\n  fit.adapt_to: [{VNC}, {SNEMI}]\n  test_on: [{VNC}, {SNEMI}]\n",
            "7:17: fit.adapt_to",
        ),
    ],
)
def test_an_axis_of_targets_that_nothing_looks_at_is_a_mistake(
    tmp_path: Path, text: str, mark: str
) -> None:
    expected = f"s.yaml:{mark}: varies what nothing looks at: {NOTHING_LOOKS}"
    assert problem_text(tmp_path, BASE + text) == expected


EARLIER = "    init: {name: trained, fit: {train_on: {name: phantom, style: snemi}, %s}}\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"    adapt_to: {VNC}\n", ["fit.adapt_to"]),
        (f"    adapt_to: {VNC}\n    method: adapting\n", []),
        (EARLIER % f"adapt_to: {VNC}", ["adapt_to of an earlier fit"]),
        (EARLIER % f"adapt_to: {VNC}, method: adapting", []),
        ("", []),
    ],
)
def test_a_target_that_no_fit_of_a_study_looks_at_is_known(
    tmp_path: Path, text: str, expected: list[str]
) -> None:
    assert idle_targets(loaded_study(tmp_path, BASE + text).cells) == expected
