"""Masks of the target are invisible: poisoned ones change nothing but what an oracle picks."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.spec.enclosing import Enclosing
from harness.spec.outside import forget_components
from harness.spec.parse import read_part
from harness.spec.values import LAST, Fit, Part
from harness.store import Home, read_json
from harness.train.loop import fit
from tests.made.fits import CPU, same_weights, small_fit, weights_of
from tests.made.networks import part_of
from tests.made.outside import folder_of_components, write_component

LAB = '''
"""Images to adapt to whose masks may be nonsense, and what tries to look at them."""

from pathlib import Path
from typing import Literal

import numpy as np

from harness.components.datasets import dataset
from harness.components.methods import method
from harness.components.picks import pick
from harness.data.scans import Scans
from harness.spec.options import Dataset, Optimiser
from harness.train.phases import BOTH, single


@dataset(drawn=True)
def target_set(split: str, home: Path, *, masks: Literal["true", "poison"] = "true") -> Scans:
    """Bright squares on dark ground, or the same with masks that are random."""
    rng = np.random.default_rng(len(split))
    squares = np.zeros((4, 48, 48), np.uint8)
    squares[:, 8:24, 8:24] = 1
    images = (60 + 120 * squares + rng.normal(0, 10, squares.shape)).astype(np.uint8)
    labels = squares if masks == "true" else rng.integers(0, 2, squares.shape).astype(np.uint8)
    names = [f"{split}-{index}" for index in range(4)]
    return Scans(images, labels, names, [split] * 4, classes=("background", "square"))


@method(needs=("adapt_to",))
def adapting(net, data, *, optimiser: Optimiser = "adam"):
    """Learns to answer with the brightness of the target."""

    def loss(batch):
        images = batch.target.images
        return (net(images) - 9 * (images[:, 1:2] - 0.4)).square().mean()

    yield single("adapt", net, loss, epochs=3, lr=3e-2, optimiser=optimiser,
                 schedule=lambda clock: 1.0, streams=BOTH)


@method(needs=("adapt_to",))
def cheating(net, data):
    """Wants to learn from the masks of the target."""
    data.target.masks
    yield


@pick
def cheating_pick(net, data, *, images: Dataset) -> float:
    """Wants to pick by the masks of the target."""
    return float(images.masks.sum())


@pick
def greedy_pick(net, data, *, images: Dataset) -> float:
    """Looks for a target among what it is given."""
    assert data.target is None
    return 0.0


@pick(oracle=True)
def disguised(net, data, *, images: Dataset) -> float:
    """An oracle that is not called one."""
    return 0.0
'''
LABEL_FREE = ("solidity", "area_ratio", "entropy", "soft_dice_confidence")


@pytest.fixture(autouse=True)
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with folder_of_components(tmp_path / "lab", monkeypatch) as folder:
        write_component(folder, "targets.py", LAB)
        yield folder
    forget_components()


def target(masks: str) -> dict[str, Any]:
    return {"name": "target_set", "masks": masks, "split": "train"}


def fit_to(masks: str, method: str = "adapting") -> Fit:
    return small_fit(adapt_to=target(masks), method=method, augment=[], steps=10)


def pick_of(name: str, masks: str) -> Part:
    settings = {"above": 3} if name == "solidity" else {}
    return part_of("pick", {"name": name, "images": target(masks), **settings})


def scores_of(history: list[dict[str, Any]], name: str) -> list[float]:
    column = f"pick/{name}"
    return [row[column] for row in history]


def test_poisoned_masks_change_no_weight_and_no_label_free_pick(home: Home) -> None:
    histories = {}
    for masks in ("true", "poison"):
        spec = fit_to(masks)
        picks = [pick_of(name, masks) for name in (*LABEL_FREE, "oracle")]
        folder = fit(spec, picks, home, CPU)
        histories[masks] = read_json(folder / "history.json")
    for name in LABEL_FREE:
        true, poisoned = (scores_of(histories[masks], name) for masks in ("true", "poison"))
        assert true == poisoned
        weights = [weights_of(fit_to(m), home, pick_of(name, m)) for m in ("true", "poison")]
        assert same_weights(*weights)
    true, poisoned = (scores_of(histories[masks], "oracle") for masks in ("true", "poison"))
    assert true != poisoned
    last = [weights_of(fit_to(masks), home, LAST) for masks in ("true", "poison")]
    assert same_weights(*last)


def test_a_method_that_wants_the_targets_masks_finds_none(home: Home) -> None:
    with pytest.raises(AttributeError, match="masks"):
        fit(fit_to("true", "cheating"), [], home, CPU)


def test_a_pick_that_wants_them_finds_none(home: Home) -> None:
    with pytest.raises(AttributeError, match="masks"):
        fit(fit_to("true"), [pick_of("cheating_pick", "true")], home, CPU)
    fit(fit_to("true"), [pick_of("greedy_pick", "true")], home, CPU)


def test_all_picks_come_from_one_training(home: Home) -> None:
    spec = fit_to("true")
    picks = [pick_of(name, "true") for name in LABEL_FREE]
    folder = fit(spec, picks, home, CPU)
    names = {f"{pick.key}.safetensors" for pick in [*picks, LAST]}
    assert names <= {path.name for path in folder.iterdir()}
    rows = read_json(folder / "history.json")
    assert [row["epoch"] for row in rows] == [1, 2, 3]


def test_what_sees_labels_says_so_in_its_name_and_in_every_label() -> None:
    with pytest.raises(AssertionError, match="so its name has to say 'oracle'"):
        pick_of("disguised", "true")
    raw = {"name": "oracle", "images": target("true"), "label": "best epoch"}
    problems: list[Any] = []
    read_part("pick", raw, (), problems, Enclosing())
    assert problems[0][0] == ("label",)
    assert "'best epoch' sees labels of the target" in problems[0][1]
    assert part_of("pick", {**raw, "label": "Oracle bound"}).level == "Oracle bound"


def test_one_rule_at_several_targets_is_one_level() -> None:
    levels = [pick_of("oracle", masks).level for masks in ("true", "poison")]
    assert levels == ["oracle", "oracle"]
    keys = {pick_of("oracle", masks).key for masks in ("true", "poison")}
    assert len(keys) == 2
    on_test = part_of("pick", {"name": "oracle", "images": {**target("true"), "split": "test"}})
    assert on_test.level == "oracle(images.split=test)"
