"""Components outside the package: what an edit does to keys, and to the code that runs."""

from pathlib import Path

import pytest

from harness.spec.catalogue import catalogue, find_component, load_component
from harness.spec.enclosing import Enclosing
from harness.spec.parse import read_part, read_trial
from harness.spec.paths import changed_code, settings
from harness.spec.values import Part, Trial
from tests.made.outside import HALVED, write_component


def part_of(kind: str, raw: object) -> Part:
    part = read_part(kind, raw, (), [], Enclosing())
    assert part is not None
    return part


def trial_of(**fit: object) -> Trial:
    trial = read_trial({"fit": {"train_on": "phantom", **fit}}, [])
    assert trial is not None
    return trial


def test_the_bytes_of_its_file_are_part_of_the_key(lab: Path) -> None:
    write_component(lab, "a.py", HALVED)
    before = trial_of(init="halved")
    shipped = part_of("init", "imagenet").key
    trial_key = before.key
    init_key = before.fit.init.key
    write_component(lab, "a.py", HALVED.replace("return share", "return share / 2"))
    after = trial_of(init="halved")
    assert after.fit.init.key != init_key
    assert after.key != trial_key
    assert part_of("init", "imagenet").key == shipped
    assert find_component("init", "imagenet").digest == ""
    write_component(lab, "a.py", HALVED)
    assert trial_of(init="halved").key == trial_key


def test_a_plan_can_tell_whose_code_has_changed(lab: Path) -> None:
    write_component(lab, "a.py", HALVED)
    uniform = {"name": "uniform", "of": "halved"}
    before = trial_of(init=uniform)
    recorded = settings(before)
    assert recorded["fit.init.of.code"] == catalogue("init")["halved"].digest
    assert "fit.init.code" not in recorded
    assert changed_code(before, recorded) == []
    write_component(lab, "a.py", HALVED + "# a remark\n")
    after = trial_of(init=uniform)
    assert changed_code(after, recorded) == ["halved"]
    assert changed_code(after, {}) == []  # another component stood there


def test_an_edit_runs_the_new_code(lab: Path) -> None:
    write_component(lab, "a.py", HALVED)
    assert load_component("init", "halved")(None, share=1.0) == 1.0
    write_component(lab, "a.py", HALVED.replace("return share", "return -share"))
    assert load_component("init", "halved")(None, share=1.0) == -1.0


def test_code_that_changed_after_it_was_read_does_not_run(lab: Path) -> None:
    file = write_component(lab, "a.py", HALVED)
    assert "halved" in catalogue("init")
    file.write_text(HALVED + "# edited meanwhile\n")
    with pytest.raises(ValueError, match=r"a\.py has changed since harness read it"):
        load_component("init", "halved")
