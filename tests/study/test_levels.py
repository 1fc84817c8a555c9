"""A level has one name wherever a file names it, and no two levels of an axis share it."""

from pathlib import Path

import numpy as np
import pytest

from harness.judge.arms import contrasts, lay_out
from harness.spec.naming import level_name, level_of_text
from harness.spec.paths import settings
from harness.study.level_columns import level_columns
from harness.study.load import Study
from tests.made.study_files import BASE, loaded_study, problems_of

BLUR = "{name: blur, strength: 2}"
PALE = "{name: contrast, strength: 0.5, label: pale}"
SHIFTS = f"[null, {BLUR}, {PALE}]"

# An axis, a value that the file may write for one of its levels, and the name of that level.
LEVELS = [
    ("perturb.strength", "[1, 0.9]", "1", "1"),
    ("perturb.strength", "[1.0, 0.9]", "1", "1"),
    ("perturb.strength", "[1, 0.9]", "1.0", "1"),
    ("perturb.strength", "[1, 0.9]", "'1'", "1"),
    ("perturb.strength", "[1.0, 0.9]", "0.9", "0.9"),
    ("fit.batch", "[2, 4]", "2", "2"),
    ("fit.batch", "[2, 4]", "2.0", "2"),
    ("fit.channels_last", "[false, true]", "true", "true"),
    ("fit.channels_last", "[false, true]", "False", "false"),
    ("fit.steps", "[null, 1]", "null", "none"),
    ("fit.steps", "[null, 1]", "1", "1"),
    ("perturb", SHIFTS, "null", "none"),
    ("perturb", SHIFTS, "blur", "blur(strength=2)"),
    ("perturb", SHIFTS, "blur(strength=2)", "blur(strength=2)"),
    ("perturb", SHIFTS, "blur(strength=2.0)", "blur(strength=2)"),
    ("perturb", SHIFTS, BLUR, "blur(strength=2)"),
    ("perturb", SHIFTS, "{name: blur, strength: 2.0}", "blur(strength=2)"),
    ("perturb", SHIFTS, "pale", "pale"),
    ("perturb", SHIFTS, PALE, "pale"),
    ("fit.precision", "[float32, bfloat16]", "float32", "float32"),
]


@pytest.mark.parametrize(("path", "values", "written", "name"), LEVELS)
def test_a_level_is_named_alike_wherever_the_file_names_it(
    tmp_path: Path,
    path: str,
    values: str,
    written: str,
    name: str,
) -> None:
    text = BASE
    if path == "perturb.strength":
        text += "  perturb: {name: brightness, strength: 0.5}\n"
    text += f"grid:\n  {path}: {values}\n  fit.patch: [32, 64]\n"
    condition = f"{{{path}: {written}}}"
    cells = loaded_study(tmp_path, text).cells
    levels = list(dict.fromkeys(cell.levels[path] for cell in cells))
    keys = {cell.trial.key for cell in cells if cell.levels[path] == name}
    assert keys

    left = loaded_study(tmp_path, text + f"exclude:\n  - {condition}\n").cells
    assert {cell.levels[path] for cell in left} == {*levels} - {name}

    conditional = loaded_study(tmp_path, text + f"when:\n  fit.patch: {condition}\n").cells
    switched_on = [cell for cell in conditional if "fit.patch" in cell.levels]
    assert {cell.levels[path] for cell in switched_on} == {name}

    compare = text + "compare:\n  - {name: a, metric: dice, unit: seed, by: %s, %s}\n"
    study = loaded_study(tmp_path, compare % ("fit.patch", f"where: {condition}"))
    assert trials_of(study) == keys

    where = f"where: {{{path}: [{written}]}}"
    study = loaded_study(tmp_path, compare % ("fit.patch", where))
    assert trials_of(study) == keys

    study = loaded_study(tmp_path, compare % (path, f"against: {written}"))
    pairs = contrasts(study.compare[0], arms_of(study))
    assert pairs == [((level,), (name,)) for level in levels if level != name]


def arms_of(study: Study) -> list[tuple[str, ...]]:
    """The arms of the first comparison of a study, in the order of its grid."""
    laid_out = lay_out(study, study.compare[0])
    return list(dict.fromkeys(entry.arm for entry in laid_out.trial_places))


def trials_of(study: Study) -> set[str]:
    """The trials that the first comparison of a study looks at."""
    laid_out = lay_out(study, study.compare[0])
    return {entry.trial for entry in laid_out.trial_places}


def test_several_numbers_may_be_asked_for(tmp_path: Path) -> None:
    text = BASE + "  perturb: brightness\ngrid:\n  perturb.strength: [1, 0.9, 0.5]\ncompare:\n"
    entry = "  - {name: a, metric: dice, unit: seed, by: perturb.strength, against: 1, "
    where = "where: {perturb.strength: [1, 0.9]}}\n"
    assert arms_of(loaded_study(tmp_path, text + entry + where)) == [("1",), ("0.9",)]


@pytest.mark.parametrize(
    ("value", "name"),
    [(1, "1"), (1.0, "1"), (np.float64(3), "3"), (np.int64(3), "3"), (0.25, "0.25"),
     (1e-5, "1e-05"), (True, "true"), (np.bool_(False), "false"), (None, "none"),
     (float("nan"), "none"), ("a", "a"), ("1.0", "1.0"), (10, "10")],
)  # fmt: skip
def test_a_value_has_one_name(value: object, name: str) -> None:
    assert level_name(value) == name


@pytest.mark.parametrize(
    ("text", "name"),
    [("1.0", "1"), ("1", "1"), ("0.50", "0.5"), ("1e-5", "1e-05"), ("007", "007"),
     ("v1.0", "v1.0"), ("-1.0", "-1"), ("blur(strength=2.0)", "blur(strength=2)"),
     ("a(b=1.0, c=2.05)", "a(b=1, c=2.05)"), ("none", "none")],
)  # fmt: skip
def test_a_text_stands_for_a_level(text: str, name: str) -> None:
    assert level_of_text(text) == name


def init_from(label: str, epochs: int) -> str:
    """An init from a fit of so many epochs, as a file writes it."""
    method = f"{{name: supervised, epochs: {epochs}}}"
    fit = f"{{train_on: {{name: phantom, style: vnc}}, method: {method}}}"
    return f"{{name: trained, {label}fit: {fit}}}"


VNC = "{name: phantom, style: vnc, split: %s}"
ALIKE = [
    (f"fit.init: [{init_from('label: own, ', 1)}, {init_from('label: own, ', 2)}]", "own"),
    (f"fit.init: [{init_from('', 1)}, {init_from('', 2)}]", "trained(phantom(style=vnc))"),
    (f"test_on: [{VNC % 'train'}, {VNC % 'test'}]", "phantom(style=vnc)"),
    ("perturb: [null, {name: blur, strength: 1, label: none}]", "none"),
    (
        "fit.net: [{arch: unet, label: big}, {arch: tiny_unet, label: big}]\n"
        "  fit.net.slices: [1, 3]",
        "big",
    ),
]


@pytest.mark.parametrize(("axis", "name"), ALIKE)
def test_two_levels_of_an_axis_never_have_one_name(tmp_path: Path, axis: str, name: str) -> None:
    first_line = axis.splitlines()[0]
    path = axis.split(":")[0]
    second = first_line.rindex(", {") + 5
    (problem,) = problems_of(tmp_path, f"{BASE}grid:\n  {axis}\n")
    text = f"an earlier level of this axis is called {name!r} too; tell them apart with a `label`"
    assert problem == f"s.yaml:7:{second}: {path}: {text}"


def test_equal_values_that_move_together_with_others_are_one_level(tmp_path: Path) -> None:
    rows = "[[blur, 1, 8], [blur, 1, 16], [blur, 2, 8]]"
    text = f"{BASE}grid:\n  'perturb, perturb.strength, fit.batch': {rows}\n"
    cells = loaded_study(tmp_path, text).cells
    assert [cell.levels["perturb"] for cell in cells] == ["blur"] * 3


def test_settings_are_named_by_their_paths(tmp_path: Path) -> None:
    names = settings(loaded_study(tmp_path, BASE).cells[0].trial)
    assert names["fit.net"] == "tiny_unet"
    assert names["fit.net.width"] == "8"
    assert names["fit.method.loss"] == "bce_dice"
    assert names["test_on.split"] == "test"


def test_a_label_names_a_component_and_changes_no_key(tmp_path: Path) -> None:
    text = BASE + "grid:\n  fit.init: [random, %s]\n"
    init = "{name: trained, %sfit: {train_on: {name: phantom, style: vnc}}}"
    bare = loaded_study(tmp_path, text % init % "").cells[1].trial
    labelled = loaded_study(tmp_path, text % init % "label: nerve cord, ").cells[1].trial
    assert bare.key == labelled.key
    assert bare.fit.init.level == "trained(phantom(style=vnc))"
    assert labelled.fit.init.level == settings(labelled)["fit.init"] == "nerve cord"


def test_levels_are_read_once_and_anew_of_other_cells(tmp_path: Path) -> None:
    grid = "grid: {fit.method.loss: [bce, dice, ce]}"
    cells = list(loaded_study(tmp_path, BASE + grid).cells)
    columns = level_columns(cells)
    assert columns.levels("fit.method.loss") == ["bce", "dice", "ce"]
    assert columns.levels("fit.method.loss") is columns.levels("fit.method.loss")
    assert columns.levels("perturb.strength") == [None, None, None]
    assert level_columns(cells) is columns
    assert level_columns(list(cells)) is not columns
    cells.pop()
    assert level_columns(cells).levels("fit.method.loss") == ["bce", "dice"]
