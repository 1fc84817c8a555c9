"""Folds of like foreground: tested on the test set, validated on the part that is held out."""

from collections import Counter
from collections.abc import Sequence
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


def trial_of_fold(data: dict[str, Any], fold: list[int]) -> Trial:
    problems: list[Any] = []
    fit = {"train_on": data, "net": {"arch": "tiny_unet", "width": 2}, "fold": fold}
    trial = read_trial({"fit": fit}, problems)
    assert trial is not None, problems
    return trial


def labelled_images(
    shares: Sequence[float],
    groups: list[str],
    ignored: Sequence[int] | None = None,
) -> Labelled:
    """Images of 100 pixels with these shares of foreground, and this many that do not count."""
    count = len(shares)
    masks = np.zeros((count, 10, 10), np.uint8)
    for mask, share, pixels in zip(masks, shares, ignored or [0] * count, strict=True):
        mask.flat[: round(100 * share)] = 1
        mask.flat[100 - pixels :] = 255
    ids = [f"image {i}" for i in range(count)]
    images = np.zeros((count, 10, 10), np.uint8)
    scans = Scans(images, masks, ids, groups, groups, classes=("a", "b"), ignore=255)
    source = on_device(scans, 1, CPU)
    assert isinstance(source, Labelled)
    return source


def means_of_parts(shares: Sequence[float], parts: Sequence[int]) -> list[float]:
    """The mean share of foreground in each of five parts."""
    values = np.array(shares)
    part_of = np.array(parts)
    means = []
    for part in range(5):
        values_of_part = values[part_of == part]
        means.append(float(values_of_part.mean()))
    return means


def spread(values: Sequence[float]) -> float:
    return max(values) - min(values)


def test_malaria_folds_have_as_many_dense_pictures_as_sparse_ones(home: Home) -> None:
    data = {"name": "malaria", "images": 40, "size": 32}
    held_out: list[str] = []
    shares = []
    for fold in range(5):
        trial = trial_of_fold(data, [fold, 5])
        domains = open_domains(trial.fit, home, CPU)
        assert domains.validation is not None
        assert isinstance(domains.source, Labelled)
        names = list(domains.validation.images.ids)
        densities = Counter(name.rsplit("-", 1)[1] for name in names)
        assert densities == {"low": 4, "high": 4}
        assert not set(names) & set(domains.source.images.ids)
        assert len(domains.source) == 32
        held_out += names
        is_foreground = domains.validation.masks > 0
        shares.append(float(is_foreground.float().mean()))
        assert trial.test_on.options["split"] == "test"  # the test set is the same for every fold
    assert len(held_out) == len(set(held_out)) == 40
    assert spread(shares) < 0.02


def test_groups_are_never_split_and_their_foreground_is_even() -> None:
    rng = np.random.default_rng(0)
    patient_of = [i // 3 for i in range(60)]
    groups = [f"patient {patient}" for patient in patient_of]
    share_of_patient = rng.random(20)
    shares = []
    for patient in patient_of:
        share = float(share_of_patient[patient]) / 2
        shares.append(round(share, 2))
    parts = foreground_strata(labelled_images(shares, groups), 5)
    pairs = set(zip(groups, parts, strict=True))
    assert len(pairs) == len(set(groups))  # each group stands in one part
    assert Counter(parts) == dict.fromkeys(range(5), 12)
    means = means_of_parts(shares, parts)
    assert spread(means) < 0.05
    in_order_of_files = [i * 5 // 60 for i in range(60)]
    means_in_order = means_of_parts(shares, in_order_of_files)
    assert spread(means) < spread(means_in_order) / 3


def test_ignored_pixels_are_no_foreground() -> None:
    shares = [0.05, 0.10, 0.15, 0.20]
    names = list("abcd")
    assert foreground_strata(labelled_images(shares, names), 4) == [0, 1, 2, 3]
    partly_ignored = labelled_images(shares, names, ignored=[60, 40, 20, 0])
    assert foreground_strata(partly_ignored, 4) == [0, 1, 2, 3]


def test_one_volume_is_cut_into_blocks(home: Home) -> None:
    data = {"name": "phantom", "slices": 10, "size": 32}
    domains = open_domains(trial_of_fold(data, [1, 5]).fit, home, CPU)
    assert domains.validation is not None
    ids = list(domains.validation.images.ids)
    assert len(ids) == 2
    numbers = [int(name.rsplit("-", 1)[1]) for name in ids]
    assert numbers == [2, 3]


@pytest.mark.parametrize("count", [7, 11, 13])
def test_every_group_is_held_out_once(count: int) -> None:
    shares = [i / 20 for i in range(count)]
    groups = [f"g{i}" for i in range(count)]
    parts = foreground_strata(labelled_images(shares, groups), 5)
    sizes = Counter(parts)
    assert len(sizes) == 5
    assert spread(list(sizes.values())) <= 1
