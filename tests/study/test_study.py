"""A study file says what it means, or says what is wrong with it, all at once and with the place."""

from pathlib import Path

import numpy as np
import pytest

from harness.judge.arms import contrasts, layout
from harness.spec.naming import level_name, level_of_text
from harness.spec.paths import flat
from harness.study.document import Mistakes
from harness.study.load import Study, load_study

BASE = """
base:
  fit:
    train_on: {name: phantom, style: lucchi}
    net: {arch: tiny_unet}
"""


def study(tmp_path: Path, text: str) -> Study:
    file = tmp_path / "s.yaml"
    file.write_text(text)
    return load_study(file)


def complaints(tmp_path: Path, text: str | bytes) -> list[str]:
    file = tmp_path / "s.yaml"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(Mistakes) as caught:
        load_study(file)
    return [str(problem).replace(f"{tmp_path}/", "") for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (BASE + "sedes: 3\n", "s.yaml:6:1: sedes: no section 'sedes'; did you mean 'seeds'?"),
        (
            BASE + "grid:\n  fit.init: [randm]\n",
            "s.yaml:7:14: fit.init: no init named 'randm'; did you mean 'random'?",
        ),
        (
            BASE + "grid:\n  fit.batch: [few]\n",
            "s.yaml:7:15: fit.batch: 'few': should be a valid integer",
        ),
        (
            BASE + "grid:\n  fit.batch: [0]\n",
            "s.yaml:7:15: fit.batch: 0: should be greater than or equal to 1",
        ),
        (BASE + "grid:\n  fit.batch: []\n", "s.yaml:7:14: fit.batch: is empty"),
        (
            BASE + "grid:\n  fit.batch: [4, 4]\n",
            "s.yaml:7:18: fit.batch: this value is repeated; each value runs once",
        ),
        (
            BASE + "grid:\n  fit.bach: [4]\n",
            "s.yaml:7:13: fit.bach: no setting 'fit.bach'; did you mean 'fit.batch'?",
        ),
        (
            BASE + "seeds: [1, 2, 1]\n",
            "s.yaml:6:15: seeds.2: the seed 1 is repeated; each seed runs once",
        ),
        (BASE + "seeds: []\n", "s.yaml:6:8: seeds: is empty; name at least one seed"),
        (
            BASE + "zip:\n  fit.batch: [1, 2]\n  fit.patch: [8]\n",
            "s.yaml:7:3: zip: zipped axes must be equally long: fit.batch has 2, fit.patch has 1",
        ),
        (
            BASE + "grid:\n  'fit.batch, fit.patch': [[1, 8], [2]]\n",
            "s.yaml:7:36: fit.batch, fit.patch: should be a list of 2 values, one for each of fit.batch, fit.patch",
        ),
        (
            BASE + "grid:\n  fit.patch: [100]\n",
            "s.yaml:7:3: fit.patch: tiny_unet cannot take 100 x 100 patches; 96 or 104 would do",
        ),
        (
            BASE + "  test_on: {name: phantom, style: lucchi, split: train}\n",
            "s.yaml:6:12: test_on: tests on 'train' of phantom, which it is trained on; take another split",
        ),
        (
            BASE + "seeds: 2\ncompare:\n  - {name: a, metric: dise, by: fit.seed, unit: seed}\n",
            "s.yaml:8:23: compare.0.metric: no probe of the study measures 'dise'; did you mean 'dice'?",
        ),
        (
            BASE + "seeds: 2\ncompare:\n  - {name: a, metric: dice, by: fit.sed, unit: seed}\n",
            "s.yaml:8:33: compare.0.by: no setting 'fit.sed' in the study; did you mean 'fit.seed'?",
        ),
        (
            BASE + "compare:\n  - {name: a, metric: dice, by: fit.init}\n",
            "s.yaml:7:5: compare.0: a comparison needs `unit`: seed | fold | image | patient; "
            "what is one independent repetition?",
        ),
        (
            BASE + "compare:\n  - {name: a, metric: dice, by: fit.init, unit: seed}\n",
            "s.yaml:7:33: compare.0.by: fit.init has only the level 'random'; there is nothing to compare",
        ),
        ("a: 1\na: 2\n", "s.yaml:2:1: a: written twice; first at line 1"),
        (
            "a: !!python/object:x {}\n",
            "s.yaml:1:4: a: the tag 'tag:yaml.org,2002:python/object:x' is not allowed",
        ),
        ("", "s.yaml:1:1: the file is empty"),
        ("- 1\n", "s.yaml:1:1: the file is not a mapping of names to values"),
        ("a: 1\n---\nb: 2\n", "s.yaml:2:1: a second document starts here; a study file holds one"),
        (b"a: \xff\n", "s.yaml:1:4: byte 0xff is not UTF-8; save the file as UTF-8"),
        ("a: [1\n", "s.yaml:2:1: not YAML: did not find expected ',' or ']'"),
        ("a: " + "[" * 3000, "nested deeper than 64"),
        ("a: *b\n", "s.yaml:1:4: a: the alias *b has no anchor before it"),
        ("extends: nowhere.yaml\n", "s.yaml:1:10: extends: no file"),
        ("extends: s.yaml\n", "s.yaml:1:10: extends: s.yaml leads back to itself"),
        (
            BASE + "search: {}\n",
            "s.yaml:6:1: search: searches are not built yet; list the values under grid",
        ),
    ],
)
def test_a_mistake_is_one_sentence_with_its_place(
    tmp_path: Path, text: str | bytes, expected: str
) -> None:
    assert any(expected in line for line in complaints(tmp_path, text)), complaints(tmp_path, text)


def test_all_mistakes_come_at_once(tmp_path: Path) -> None:
    text = BASE + "sedes: 3\ngrid:\n  fit.init: [randm]\n  fit.batch: [0]\n  fit.method.lr: [-1]\n"
    assert len(complaints(tmp_path, text)) == 4


def test_an_alias_bomb_is_refused(tmp_path: Path) -> None:
    lines = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 9)]
    assert "aliases expand to more than" in complaints(tmp_path, "\n".join(lines))[0]


def test_a_large_file_is_refused(tmp_path: Path) -> None:
    assert "a study file has at most 1,000,000" in complaints(tmp_path, "a: " + "x" * 1_000_001)[0]


def test_axes_cross_and_zip(tmp_path: Path) -> None:
    text = (
        BASE
        + "seeds: 3\ngrid:\n  fit.batch: [2, 4]\n  'fit.patch, fit.steps': [[32, 1], [64, 2]]\n"
    )
    cells = study(tmp_path, text).cells
    assert len(cells) == 12
    pairs = {(c.trial.fit.patch, c.trial.fit.steps) for c in cells}
    assert pairs == {(32, 1), (64, 2)}


def test_an_axis_without_effect_is_dropped(tmp_path: Path) -> None:
    text = BASE + "grid:\n  fit.method.loss: [bce, dice]\n  fit.method.loss.smooth: [1.0, 2.0]\n"
    found = study(tmp_path, text)
    assert len(found.cells) == 3  # bce once, dice twice
    assert sum(found.expansion.inert.values()) == 1
    assert "fit.method.loss.smooth" not in found.cells[0].levels


def test_an_axis_that_no_cell_takes_is_a_mistake(tmp_path: Path) -> None:
    text = BASE + "grid:\n  fit.method.alpha: [0.5]\n"
    assert "method supervised has no setting 'alpha'" in complaints(tmp_path, text)[0]


def test_a_name_is_promoted_when_an_axis_sets_its_option(tmp_path: Path) -> None:
    text = BASE + "    method: supervised\ngrid:\n  fit.method.epochs: [1, 2]\n"
    assert [c.trial.fit.method.options["epochs"] for c in study(tmp_path, text).cells] == [1, 2]


def test_exclude_and_when(tmp_path: Path) -> None:
    text = BASE + (
        "grid:\n  fit.batch: [2, 4]\n  fit.method.loss: [bce, ce]\n  fit.patch: [32, 64]\n"
        "exclude:\n  - {fit.batch: 4, fit.method.loss: ce, reason: no need}\n"
        "when:\n  fit.patch: {fit.method.loss: bce}\n"
    )
    found = study(tmp_path, text)
    assert found.expansion.excluded == {"no need (fit.batch=4, fit.method.loss=ce)": 2}
    assert (
        len(found.cells) == 5
    )  # bce: 2 batches x 2 patches; ce: batch 2 only, at the base's patch
    assert {
        c.trial.fit.patch for c in found.cells if c.trial.fit.method.options["loss"].name == "ce"
    } == {128}


NETS = (
    "seeds: 2\ngrid:\n"
    "  fit.net: [tiny_unet, {arch: unet, encoder: resnet18}, {arch: unet, encoder: resnet34, label: big}]\n"
    "  fit.method.loss: [bce, dice]\n  fit.batch: [2, 4]\n"
)

CONDITIONS = [
    ("{fit.method: supervised}", 24),  # left at its default
    ("{fit.method: {name: supervised}}", 24),
    ("{fit.net: unet}", 16),
    ("{fit.net: {arch: unet}}", 16),
    ("{fit.net: {arch: unet, encoder: resnet34}}", 8),
    ("{fit.net: [tiny_unet, big]}", 16),
    ("{fit.net: big}", 8),  # a label
    ("{fit.net: {label: big}}", 8),
    ("{fit.net.arch: unet}", 16),
    ("{fit.net.arch: [unet, tiny_unet]}", 24),
    ("{fit.net.encoder: resnet18}", 8),
    ("{fit.net.arch: unet, fit.method.loss: dice}", 8),
    ("{fit.method.loss.name: dice}", 12),
    ("{fit.seed: 1}", 12),
    ("{perturb: null}", 24),
    ("{fit.channels_last: false}", 24),
    ("{fit.method.lr: 0.001}", 24),  # a default
    ("{test_on.style: lucchi}", 24),  # the test set that a trial has which names none
    ("{fit.train_on: phantom}", 24),
]


@pytest.mark.parametrize(("condition", "count"), CONDITIONS)
def test_when_and_exclude_judge_a_condition_alike(
    tmp_path: Path, condition: str, count: int
) -> None:
    plain = study(tmp_path, BASE + NETS).cells
    left = (
        study(tmp_path, BASE + NETS + f"exclude:\n  - {condition}\n").cells
        if count < len(plain)
        else ()
    )
    excluded = {cell.trial.key for cell in plain} - {cell.trial.key for cell in left}
    assert len(excluded) == count
    conditional = study(tmp_path, BASE + NETS + f"when:\n  fit.batch: {condition}\n").cells
    switched_on = {cell.trial.key for cell in conditional if "fit.batch" in cell.levels}
    assert switched_on == excluded
    assert len(conditional) == count + (len(plain) - count) // 2


def test_a_condition_may_speak_of_the_component_of_its_own_axis(tmp_path: Path) -> None:
    text = (
        "grid:\n  fit.method.epochs: [1, 2]\nwhen:\n  fit.method.epochs: {fit.method: supervised}\n"
    )
    found = study(tmp_path, BASE + text)
    assert [cell.levels for cell in found.cells] == [
        {"fit.method.epochs": "1"},
        {"fit.method.epochs": "2"},
    ]
    assert found.expansion.inert == {}


def test_an_axis_may_give_what_its_component_cannot_be_read_without(tmp_path: Path) -> None:
    text = (
        "grid:\n  perturb: [null, {name: brightness, strength: 1}, contrast]\n  perturb.strength: [0.25, 0.75]\n"
        "when:\n  perturb.strength: {perturb: contrast}\n"
    )
    cells = study(tmp_path, BASE + text).cells
    assert [cell.levels.get("perturb.strength") for cell in cells] == [None, None, "0.25", "0.75"]


@pytest.mark.parametrize("order", [("fit.patch", "fit.batch"), ("fit.batch", "fit.patch")])
def test_a_condition_on_a_conditional_axis_counts_where_that_axis_does(
    tmp_path: Path, order: tuple[str, str]
) -> None:
    conditions = {"fit.patch": "{fit.batch: 2}", "fit.batch": "{fit.method.loss: bce}"}
    when = "".join(f"  {path}: {conditions[path]}\n" for path in order)
    grid = "grid:\n  fit.method.loss: [bce, dice]\n  fit.batch: [2, 4]\n  fit.patch: [32, 64]\n"
    cells = study(tmp_path, BASE + grid + f"when:\n{when}").cells
    assert [(c.trial.fit.batch, c.trial.fit.patch) for c in cells] == [
        (2, 32),
        (2, 64),
        (4, 128),
        (8, 128),
    ]


def test_a_condition_that_nothing_meets_is_a_mistake(tmp_path: Path) -> None:
    grid = "grid:\n  fit.batch: [2, 4]\n"
    found = complaints(tmp_path, BASE + grid + "when:\n  fit.batch: {fit.metod: supervised}\n")
    assert found == [
        "s.yaml:9:15: when.fit.batch.fit.metod: no trial has it; did you mean 'fit.method'?"
    ]
    found = complaints(tmp_path, BASE + grid + "when:\n  fit.batch: {fit.net: unet}\n")
    assert found == ["s.yaml:9:14: when.fit.batch: no trial meets this, so the axis never counts"]


BLUR = "{name: blur, strength: 2}"
PALE = "{name: contrast, strength: 0.5, label: pale}"

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
    ("perturb", f"[null, {BLUR}, {PALE}]", "null", "none"),
    ("perturb", f"[null, {BLUR}, {PALE}]", "blur", "blur(strength=2)"),
    ("perturb", f"[null, {BLUR}, {PALE}]", "blur(strength=2)", "blur(strength=2)"),
    ("perturb", f"[null, {BLUR}, {PALE}]", "blur(strength=2.0)", "blur(strength=2)"),
    ("perturb", f"[null, {BLUR}, {PALE}]", BLUR, "blur(strength=2)"),
    ("perturb", f"[null, {BLUR}, {PALE}]", "{name: blur, strength: 2.0}", "blur(strength=2)"),
    ("perturb", f"[null, {BLUR}, {PALE}]", "pale", "pale"),
    ("perturb", f"[null, {BLUR}, {PALE}]", PALE, "pale"),
    ("fit.precision", "[float32, bfloat16]", "float32", "float32"),
]


@pytest.mark.parametrize(("path", "values", "written", "name"), LEVELS)
def test_a_level_is_named_alike_wherever_the_file_names_it(
    tmp_path: Path, path: str, values: str, written: str, name: str
) -> None:
    base = BASE + (
        "  perturb: {name: brightness, strength: 0.5}\n" if path == "perturb.strength" else ""
    )
    grid = f"grid:\n  {path}: {values}\n  fit.patch: [32, 64]\n"
    every = study(tmp_path, base + grid).cells
    (levels,) = {tuple(dict.fromkeys(cell.levels[path] for cell in every))}
    assert name in levels

    left = study(tmp_path, base + grid + f"exclude:\n  - {{{path}: {written}}}\n").cells
    assert {cell.levels[path] for cell in left} == {*levels} - {name}

    conditional = study(
        tmp_path, base + grid + f"when:\n  fit.patch: {{{path}: {written}}}\n"
    ).cells
    assert {cell.levels[path] for cell in conditional if "fit.patch" in cell.levels} == {name}

    compare = "compare:\n  - {name: a, metric: dice, unit: seed, by: %s, %s}\n"
    asked = study(tmp_path, base + grid + compare % ("fit.patch", f"where: {{{path}: {written}}}"))
    keys = {cell.trial.key for cell in every if cell.levels[path] == name}
    assert {place.trial for place in layout(asked, asked.compare[0]).trial_places} == keys

    asked = study(
        tmp_path, base + grid + compare % ("fit.patch", f"where: {{{path}: [{written}]}}")
    )
    assert {place.trial for place in layout(asked, asked.compare[0]).trial_places} == keys

    asked = study(tmp_path, base + grid + compare % (path, f"against: {written}"))
    arms = list(dict.fromkeys(place.arm for place in layout(asked, asked.compare[0]).trial_places))
    assert contrasts(asked.compare[0], arms) == [
        ((level,), (name,)) for level in levels if level != name
    ]


def test_several_numbers_may_be_asked_for(tmp_path: Path) -> None:
    text = BASE + "  perturb: brightness\ngrid:\n  perturb.strength: [1, 0.9, 0.5]\ncompare:\n"
    entry = "  - {name: a, metric: dice, unit: seed, by: perturb.strength, against: 1, "
    found = study(tmp_path, text + entry + "where: {perturb.strength: [1, 0.9]}}\n")
    places = layout(found, found.compare[0]).trial_places
    assert [place.arm for place in places] == [("1",), ("0.9",)]


@pytest.mark.parametrize(
    ("value", "name"),
    [(1, "1"), (1.0, "1"), (np.float64(3), "3"), (np.int64(3), "3"), (0.25, "0.25"), (1e-5, "1e-05"), (True, "true"),
     (np.bool_(False), "false"), (None, "none"), (float("nan"), "none"), ("a", "a"), ("1.0", "1.0"), (10, "10")],
)  # fmt: skip
def test_a_value_has_one_name(value: object, name: str) -> None:
    assert level_name(value) == name


@pytest.mark.parametrize(
    ("text", "name"),
    [("1.0", "1"), ("1", "1"), ("0.50", "0.5"), ("1e-5", "1e-05"), ("007", "007"), ("v1.0", "v1.0"), ("-1.0", "-1"),
     ("blur(strength=2.0)", "blur(strength=2)"), ("a(b=1.0, c=2.05)", "a(b=1, c=2.05)"), ("none", "none")],
)  # fmt: skip
def test_a_text_stands_for_a_level(text: str, name: str) -> None:
    assert level_of_text(text) == name


INIT = "{name: trained, %sfit: {train_on: {name: phantom, style: vnc}, method: {name: supervised, epochs: %d}}}"


@pytest.mark.parametrize(
    ("axis", "name"),
    [
        (f"fit.init: [{INIT % ('label: own, ', 1)}, {INIT % ('label: own, ', 2)}]", "own"),
        (f"fit.init: [{INIT % ('', 1)}, {INIT % ('', 2)}]", "trained(phantom(style=vnc))"),
        ("test_on: [{name: phantom, style: vnc, split: train}, {name: phantom, style: vnc, split: test}]",
         "phantom(style=vnc)"),
        ("perturb: [null, {name: blur, strength: 1, label: none}]", "none"),
        ("fit.net: [{arch: unet, label: big}, {arch: tiny_unet, label: big}]\n  fit.net.slices: [1, 3]", "big"),
    ],
)  # fmt: skip
def test_two_levels_of_an_axis_never_have_one_name(tmp_path: Path, axis: str, name: str) -> None:
    second = axis.splitlines()[0].rindex(", {") + 2
    (problem,) = complaints(tmp_path, f"{BASE}grid:\n  {axis}\n")
    text = f"an earlier level of this axis is called {name!r} too; tell them apart with a `label`"
    assert problem == f"s.yaml:7:{second + 3}: {axis.split(':')[0]}: {text}"


def test_equal_values_that_move_together_with_others_are_one_level(tmp_path: Path) -> None:
    rows = "[[blur, 1, 8], [blur, 1, 16], [blur, 2, 8]]"
    text = f"{BASE}grid:\n  'perturb, perturb.strength, fit.batch': {rows}\n"
    assert [c.levels["perturb"] for c in study(tmp_path, text).cells] == ["blur"] * 3


def test_keys_know_values_and_nothing_else(tmp_path: Path) -> None:
    one = study(tmp_path, BASE + "    batch: 4\n    patch: 32\n").cells[0].trial
    text = "# a comment\n" + BASE + "    patch: 32\n    batch: 4\n    method: supervised\n"
    other = study(tmp_path, text).cells[0].trial
    changed = (
        study(tmp_path, text.replace("supervised", "{name: supervised, lr: 2e-3}")).cells[0].trial
    )
    assert one.key == other.key
    assert one.fit.key == other.fit.key
    assert one.fit.key != changed.fit.key
    assert study(tmp_path, BASE + "    method: {name: supervised, lr: 1}\n").cells[0].trial.key == (
        study(tmp_path, BASE + "    method: {name: supervised, lr: 1.0}\n").cells[0].trial.key
    )


def test_a_nested_fit_takes_the_net_around_it_and_its_own_seed(tmp_path: Path) -> None:
    nested = "{name: trained, fit: {train_on: {name: phantom, style: vnc}%s}}"
    text = (
        BASE
        + "seeds: 2\ngrid:\n  fit.init: ["
        + nested % ""
        + ", "
        + nested % ", seed: trial"
        + "]\n"
    )
    cells = study(tmp_path, text).cells
    upstream = [c.trial.fit.init.options["fit"] for c in cells]
    assert {u.net.name for u in upstream} == {"tiny_unet"}
    by_init = {
        (c.levels["fit.seed"], c.levels["fit.init"]): u.key
        for c, u in zip(cells, upstream, strict=True)
    }
    shared = {key for (seed, _), key in by_init.items()}
    assert len(shared) == 2  # seed 0 for three of the cells, seed 1 for the fourth


def test_extends_merges_and_the_place_is_the_childs(tmp_path: Path) -> None:
    (tmp_path / "parent.yaml").write_text(BASE + "    init: {name: random}\nseeds: 2\n")
    child = "extends: parent.yaml\nbase:\n  fit:\n    train_on: {style: vnc}\n"
    found = study(tmp_path, child)
    assert len(found.cells) == 2
    assert found.cells[0].trial.fit.train_on.options["style"] == "vnc"
    wrong = complaints(tmp_path, child + "    init: randm\n")
    assert wrong == ["s.yaml:5:11: fit.init: no init named 'randm'; did you mean 'random'?"]
    (tmp_path / "parent.yaml").write_text(BASE + "    init: randm\n")
    assert complaints(tmp_path, "extends: parent.yaml\n")[0].startswith(
        "parent.yaml:6:11: fit.init:"
    )


def test_settings_are_named_by_their_paths(tmp_path: Path) -> None:
    named = flat(study(tmp_path, BASE).cells[0].trial)
    assert named["fit.net"] == "tiny_unet"
    assert named["fit.net.width"] == "8"
    assert named["fit.method.loss"] == "bce_dice"
    assert named["test_on.split"] == "test"


def test_yaml_scalars_are_those_of_yaml_1_2(tmp_path: Path) -> None:
    fit = study(tmp_path, BASE + "    method: {name: supervised, lr: 1e-3}\n").cells[0].trial.fit
    assert fit.method.options["lr"] == 0.001
    assert (
        "'no': should be a valid boolean"
        in complaints(tmp_path, BASE + "    channels_last: no\n")[0]
    )


def test_a_label_names_a_component_and_changes_no_key(tmp_path: Path) -> None:
    text = (
        BASE
        + "grid:\n  fit.init: [random, {name: trained, %sfit: {train_on: {name: phantom, style: vnc}}}]\n"
    )
    plain, called = (
        study(tmp_path, text % label).cells[1].trial for label in ("", "label: nerve cord, ")
    )
    assert plain.key == called.key
    assert plain.fit.init.label == "trained(phantom(style=vnc))"
    assert called.fit.init.label == flat(called)["fit.init"] == "nerve cord"
