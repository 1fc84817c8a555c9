"""Cross-validation: folds of like foreground, tested on the test set, validated on the part that is held out."""

from collections import Counter
from typing import Any

import numpy as np
import pytest
import torch

from harness.data.domains import on_device, open_domains
from harness.data.folds import foreground_strata
from harness.data.images import Labelled
from harness.data.scans import Scans
from harness.spec.parse import read_trial
from harness.spec.values import Trial
from harness.store import Home

CPU = torch.device("cpu")


def trial(data: dict[str, Any], fold: list[int]) -> Trial:
    wrong: list[Any] = []
    fit = {"train_on": data, "net": {"arch": "tiny_unet", "width": 2}, "fold": fold}
    found = read_trial({"fit": fit}, wrong)
    assert found is not None, wrong
    return found


def labelled(shares: list[float], groups: list[str], ignored: list[int] | None = None) -> Labelled:
    """Images of 100 pixels with these shares of foreground, and this many pixels that do not count."""
    masks = np.zeros((len(shares), 10, 10), np.uint8)
    for mask, share, count in zip(masks, shares, ignored or [0] * len(shares), strict=True):
        mask.flat[: round(100 * share)] = 1
        mask.flat[100 - count :] = 255
    ids = [f"image {i}" for i in range(len(shares))]
    images = np.zeros((len(shares), 10, 10), np.uint8)
    found = on_device(
        Scans(images, masks, ids, groups, groups, classes=("a", "b"), ignore=255), 1, CPU
    )
    assert isinstance(found, Labelled)
    return found


def test_malaria_folds_have_as_many_dense_pictures_as_sparse_ones(home: Home) -> None:
    data = {"name": "malaria", "images": 40, "size": 32}
    held: list[str] = []
    shares = []
    for which in range(5):
        one = trial(data, [which, 5])
        domains = open_domains(one.fit, home, CPU)
        assert domains.validation is not None
        assert isinstance(domains.source, Labelled)
        names = list(domains.validation.images.ids)
        assert Counter(name.rsplit("-", 1)[1] for name in names) == {"low": 4, "high": 4}
        assert not set(names) & set(domains.source.images.ids)
        assert len(domains.source) == 32
        held += names
        shares.append(float((domains.validation.masks > 0).float().mean()))
        assert one.test_on.options["split"] == "test"  # the test set is the same for every fold
    assert len(held) == len(set(held)) == 40
    assert max(shares) - min(shares) < 0.02


def test_groups_are_never_split_and_their_foreground_is_even() -> None:
    rng = np.random.default_rng(0)
    groups = [f"patient {i // 3}" for i in range(60)]
    of_group = rng.random(20)
    shares = [round(float(of_group[i // 3]) / 2, 2) for i in range(60)]
    parts = foreground_strata(labelled(shares, groups), 5)
    by_group = {
        g: {p for p, other in zip(parts, groups, strict=True) if other == g} for g in set(groups)
    }
    assert all(len(found) == 1 for found in by_group.values())
    assert Counter(parts) == dict.fromkeys(range(5), 12)
    means = [
        np.mean([s for s, p in zip(shares, parts, strict=True) if p == part]) for part in range(5)
    ]
    assert max(means) - min(means) < 0.05
    halves = [
        np.mean([s for s, i in zip(shares, range(60), strict=True) if i * 5 // 60 == part])
        for part in range(5)
    ]
    assert (
        max(means) - min(means) < (max(halves) - min(halves)) / 3
    )  # against folds in the order of the files


def test_ignored_pixels_are_no_foreground() -> None:
    shares = [0.05, 0.10, 0.15, 0.20]
    names = list("abcd")
    assert foreground_strata(labelled(shares, names), 4) == [0, 1, 2, 3]
    assert foreground_strata(labelled(shares, names, ignored=[60, 40, 20, 0]), 4) == [0, 1, 2, 3]


def test_one_volume_is_cut_into_blocks(home: Home) -> None:
    data = {"name": "phantom", "slices": 10, "size": 32}
    domains = open_domains(trial(data, [1, 5]).fit, home, CPU)
    assert domains.validation is not None
    ids = list(domains.validation.images.ids)
    assert len(ids) == 2
    assert [int(name.rsplit("-", 1)[1]) for name in ids] == [2, 3]


@pytest.mark.parametrize("count", [7, 11, 13])
def test_every_group_is_held_out_once(count: int) -> None:
    parts = foreground_strata(
        labelled([i / 20 for i in range(count)], [f"g{i}" for i in range(count)]), 5
    )
    sizes = Counter(parts)
    assert len(sizes) == 5
    assert max(sizes.values()) - min(sizes.values()) <= 1
