"""The rivals of consistency: each a probe, each says what it needs, and in a trial it gets that."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from harness.data.images import Labelled
from harness.measure.estimators import UserImages, estimate, read_estimator
from harness.measure.trial import measure
from harness.spec.catalogue import catalogue
from harness.spec.estimators import estimators
from harness.spec.values import Trial
from harness.store import Home
from harness.train.loop import fit
from tests.made.fits import CPU, small_trial
from tests.made.networks import tiny_network
from tests.made.unlabelled import BrightIsForeground, clouds, user_images

NEEDS = {
    "cte_nhd": "nothing but unlabelled images",
    "cte_ei": "nothing but unlabelled images",
    "cte_v_rand": "nothing but unlabelled images",
    "mean_confidence": "nothing but unlabelled images",
    "mean_certainty": "nothing but unlabelled images",
    "soft_dice_confidence": "nothing but unlabelled images",
    "atc": "labelled source data",
    "doc": "labelled source data",
    "seed_agreement": "several seeds of one training",
    "leep": "labels of the target",
    "ccfv": "labels of the target",
    "h_score": "labels of the target",
    "logme": "labels of the target",
}


def labelled_images(home: Home, level: float = 0.5, **more_images: Any) -> UserImages:
    images = clouds()
    masks = (images.pixels[:, 0] > level).to(torch.uint8)
    test = Labelled(images, masks, ("background", "foreground"))
    return UserImages(test, home, CPU, **more_images)


def test_every_estimator_says_what_it_needs() -> None:
    assert {metric: item.needs_text for metric, item in estimators().items()} == NEEDS


def test_what_an_estimator_declares_its_probe_measures() -> None:
    for estimator in estimators().values():
        metrics = catalogue("probe")[estimator.probe].facts.metrics
        assert estimator.metric in metrics
        assert estimator.image_metric in (*metrics, "")


@pytest.mark.parametrize("name", ["confidence", "soft_dice"])
def test_scores_of_a_set_are_medians_of_its_images(home: Home, name: str) -> None:
    net = BrightIsForeground(0.55)
    medians = estimate(read_estimator(name), net, user_images(home))
    means = estimate(read_estimator({"name": name, "average": "mean"}), net, user_images(home))
    for median, mean in zip(medians, means, strict=True):
        values = list(median.of_images.values())
        assert len(values) == 5
        assert median.value == np.median(values)
        assert mean.value == pytest.approx(np.mean(values))


def test_a_network_that_is_surer_has_more_confidence(home: Home) -> None:
    for name in ("confidence", "soft_dice"):
        values = []
        for slope in (5, 20, 80):
            net = BrightIsForeground(0.55, slope)
            values.append(estimate(read_estimator(name), net, user_images(home))[0].value)
        assert values == sorted(values)
        assert values[0] < values[2]


def test_atc_and_doc_are_right_of_the_source_itself(home: Home) -> None:
    source = labelled_images(home).test
    assert isinstance(source, Labelled)
    net = BrightIsForeground(0.57)
    accuracy = ((source.images.pixels[:, 0] > 0.57) == source.masks.bool()).float().mean()
    images = labelled_images(home, source=source)
    for name in ("atc", "doc"):
        score = estimate(read_estimator(name), net, images)[0]
        assert score.value == pytest.approx(float(accuracy), abs=1e-3)
        assert float(accuracy) < 0.95


def test_what_an_estimator_lacks_is_a_sentence(home: Home) -> None:
    net = BrightIsForeground(0.5)
    with pytest.raises(ValueError, match="atc needs labelled source data"):
        estimate(read_estimator("atc"), net, user_images(home))
    with pytest.raises(ValueError, match="seed_agreement needs networks of other seeds"):
        estimate(read_estimator("seed_agreement"), net, user_images(home))
    for name in ("leep", "ccfv", "h_score", "logme"):
        with pytest.raises(ValueError, match=f"{name} needs masks"):
            estimate(read_estimator(name), net, user_images(home))


def test_seeds_agree_by_the_mean_dice_of_their_pairs(home: Home) -> None:
    levels = (0.45, 0.5, 0.6)
    net, *others = [BrightIsForeground(level) for level in levels]
    images = UserImages(clouds(), home, CPU, others=others)
    score = estimate(read_estimator("seed_agreement"), net, images)[0]
    expected = []
    for image in clouds().pixels:
        masks = [image > level for level in levels]
        pairs = []
        for first, second in ((0, 1), (0, 2), (1, 2)):
            shared = int((masks[first] & masks[second]).sum())
            sizes = int(masks[first].sum()) + int(masks[second].sum())
            pairs.append(2 * shared / sizes)
        expected.append(np.mean(pairs))
    assert list(score.of_images.values()) == pytest.approx(expected)
    assert score.value == pytest.approx(np.median(expected))


def test_scores_with_labels_are_higher_where_features_know_the_labels(home: Home) -> None:
    images = labelled_images(home, 0.5)
    inside = labelled_images(home, 0.5).test
    assert isinstance(inside, Labelled)
    shuffled = Labelled(inside.images, inside.masks.flip(0).flip(1), inside.classes)
    net = tiny_network(width=8)
    for name in ("h_score", "logme", "leep"):
        part = read_estimator(name)
        of_truth = estimate(part, net, images)[0].value
        of_others = estimate(part, net, UserImages(shuffled, home, CPU))[0].value
        assert of_truth > of_others, name


def test_ccfv_reads_variety_in_two_ways(home: Home) -> None:
    images = labelled_images(home)
    net = tiny_network(width=4)
    values = {}
    for variety in ("energy", "inverse"):
        part = read_estimator({"name": "ccfv", "variety": variety, "samples": 40})
        values[variety] = estimate(part, net, images)[0].value
    from harness.train.build import as_function

    rows = list(as_function(part, home)(net, images.test))
    energies = [row.value for row in rows if row.metric == "feature_energy"]
    apart = [row.value for row in rows if row.metric == "class_inconsistency"]
    assert len(energies) == 4
    expected = np.mean(np.log(energies) - np.log(apart))
    assert values["energy"] == pytest.approx(expected)
    assert values["inverse"] == pytest.approx(np.mean(-np.log(energies) - np.log(apart)))


RIVALS = ["confidence", "soft_dice", "atc", "doc", "leep", "ccfv", "h_score", "logme"]


def test_all_of_them_in_one_trial(home: Home) -> None:
    seeds = {"name": "seed_agreement", "seeds": [0, 1]}
    trial = small_trial(probes=[*RIVALS, seeds])
    upstream = [spec.seed for spec, _ in trial.upstream]
    assert upstream == [1, 0]
    assert [spec.seed for spec in trial.lineage] == [0, 1]
    rows = rows_of(trial, home)
    metrics = set(NEEDS) - {"cte_nhd", "cte_ei", "cte_v_rand"}
    of_set = rows[rows.metric.isin(metrics)]
    assert sorted(of_set.metric) == sorted(metrics)
    of_other_seed = small_trial(fit={"seed": 1}, probes=[seeds])
    again = rows_of(of_other_seed, home)
    agreement = rows[rows.metric == "seed_dice"].value.tolist()
    values = again[again.metric == "seed_dice"].value.tolist()
    assert values == pytest.approx(agreement, nan_ok=True)


def rows_of(trial: Trial, home: Home) -> pd.DataFrame:
    for spec, pick in trial.upstream:
        fit(spec, [pick], home, CPU)
    return pd.read_parquet(measure(trial, home, CPU) / "rows.parquet")
