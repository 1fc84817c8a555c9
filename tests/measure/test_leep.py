"""LEEP by hand, against slow loops over pixels, and what must hold whatever a network says."""

import math

import pytest
import torch
from torch import Tensor, nn

from harness.data.images import Labelled
from harness.measure import forward
from harness.measure.leep import leep
from tests.made.lookup import Lookup, LookupLogit, labelled_greys
from tests.made.networks import tiny_network
from tests.made.slices import pictures

SOURCE_CLASSES = 3
TARGET_CLASSES = 4
TWO_CLASSES = [
    [0.75, 0.25],
    [0.25, 0.75],
]


def four_pixels() -> Labelled:
    """Returns one row of four pixels, of which the third is foreground."""
    greys = torch.tensor([0, 0, 1, 1])
    labels = torch.tensor([0, 0, 1, 0])
    return labelled_greys(greys.view(1, 1, 4), labels.view(1, 1, 4))


def random_table(rows: int = 8, classes: int = SOURCE_CLASSES) -> list[list[float]]:
    """Returns likelihoods of so many grey values, the same in every run."""
    rng = torch.Generator().manual_seed(1)
    scores = torch.randn(rows, classes, generator=rng, dtype=torch.float64)
    scores = 2 * scores
    likelihoods = scores.softmax(dim=1)
    table: list[list[float]] = likelihoods.tolist()
    return table


def random_target(ignore: int | None = None, count: int = 5) -> Labelled:
    """Returns images of eight grey values whose labels depend on them loosely."""
    rng = torch.Generator().manual_seed(2)
    greys = torch.randint(0, 8, (count, 6, 7), generator=rng)
    noise = torch.randint(0, 3, greys.shape, generator=rng)
    masks = (greys + noise) % TARGET_CLASSES
    if ignore is not None:
        masks[:, :2, :3] = ignore
    return labelled_greys(greys, masks, TARGET_CLASSES, ignore)


def slow_leep(table: list[list[float]], target: Labelled) -> float:
    """LEEP as the paper writes it: one pixel after the other, in plain numbers."""
    pixels = target.images.pixels.flatten()
    greys = pixels.long().tolist()
    masks = target.masks.flatten()
    labels = masks.tolist()
    examples = []
    for grey, label in zip(greys, labels, strict=True):
        if label != target.ignore:
            examples.append((table[grey], label))
    sources = range(len(table[0]))
    count = len(sources)
    size = (TARGET_CLASSES, count)
    joint = torch.zeros(size, dtype=torch.float64).tolist()
    for likelihoods, label in examples:
        for z in sources:
            joint[label][z] += likelihoods[z] / len(examples)
    total = 0.0
    for likelihoods, label in examples:
        prediction = 0.0
        for z in sources:
            of_source = sum(of_target[z] for of_target in joint)
            conditional = joint[label][z] / of_source
            prediction += conditional * likelihoods[z]
        total += math.log(prediction)
    return total / len(examples)


def test_by_hand() -> None:
    net = Lookup(TWO_CLASSES)
    target = four_pixels()
    # P(y = 1, z) is that of the third pixel alone: 0.25 and 0.75 of 4. P(z) is 2 and 2 of 4.
    of_first = 0.25 / 2
    of_second = 0.75 / 2
    third = 0.25 * of_first + 0.75 * of_second
    first = 1 - 0.75 * of_first - 0.25 * of_second
    logarithms = [
        math.log(first),
        math.log(first),
        math.log(third),
        math.log(1 - third),
    ]
    score = leep(net, target).score
    assert score == pytest.approx(sum(logarithms) / 4, rel=1e-12)


def test_one_logit_is_two_source_classes() -> None:
    target = four_pixels()
    odds = math.log(3)
    two_channels = leep(Lookup(TWO_CLASSES), target)
    one_channel = leep(LookupLogit([-odds, odds]), target)
    assert one_channel.score == pytest.approx(two_channels.score, rel=1e-12)
    assert one_channel.joint.shape == (2, 2)


@pytest.mark.parametrize("ignore", [None, 255])
def test_against_a_slow_loop(ignore: int | None) -> None:
    table = random_table()
    target = random_target(ignore)
    result = leep(Lookup(table), target)
    assert result.score == pytest.approx(slow_leep(table, target), rel=1e-12)
    assert result.joint.shape == (TARGET_CLASSES, SOURCE_CLASSES)


def test_images_count_by_their_pixels() -> None:
    target = random_target(255)
    result = leep(Lookup(random_table()), target)
    # all images have as many pixels that count, so that their mean is the score
    assert float(result.of_images.mean()) == pytest.approx(result.score, rel=1e-12)


def test_never_above_zero_and_zero_where_labels_follow_from_sources() -> None:
    target = random_target()
    assert leep(Lookup(random_table()), target).score < 0
    labels = target.images.pixels[:, 0].long() % 2
    certain = [[1.0, 0.0], [0.0, 1.0]] * 4
    parity = labelled_greys(target.images.pixels[:, 0], labels)
    assert leep(Lookup(certain), parity).score == pytest.approx(0, abs=1e-12)


def test_order_of_source_classes_does_not_matter() -> None:
    target = random_target()
    table = random_table()
    permuted = torch.tensor(table, dtype=torch.float64)[:, [2, 0, 1]].tolist()
    score = leep(Lookup(table), target).score
    assert leep(Lookup(permuted), target).score == pytest.approx(score, rel=1e-12)


def test_is_the_log_likelihood_of_the_empirical_predictor() -> None:
    target = random_target()
    table = torch.tensor(random_table(), dtype=torch.float64)
    likelihoods = table[target.images.pixels[:, 0].long()].flatten(0, 2)
    labels = target.masks.flatten()
    one_hot = nn.functional.one_hot(labels, TARGET_CLASSES).double()
    joint = one_hot.T @ likelihoods / len(labels)
    predictor = likelihoods @ (joint / joint.sum(0)).T
    assert torch.allclose(predictor.sum(1), torch.ones(len(labels), dtype=torch.float64))
    loss = nn.functional.nll_loss(predictor.log(), labels)
    score = leep(Lookup(table.tolist()), target).score
    assert score == pytest.approx(-float(loss), rel=1e-12)


def test_not_below_the_bound_by_the_likeliest_source_class() -> None:
    """Property 2 of Nguyen 2020: LEEP >= NCE + the mean log likelihood of the likeliest class."""
    target = random_target()
    table = torch.tensor(random_table(), dtype=torch.float64)
    likelihoods = table[target.images.pixels[:, 0].long()].flatten(0, 2)
    labels = target.masks.flatten()
    highest, dummy = likelihoods.max(dim=1)
    pairs = torch.zeros(TARGET_CLASSES, SOURCE_CLASSES, dtype=torch.float64)
    pairs.index_put_((labels, dummy), torch.ones(len(labels)).double(), accumulate=True)
    conditional = pairs / pairs.sum(0)
    nce = conditional[labels, dummy].log().mean()
    bound = nce + highest.log().mean()
    score = leep(Lookup(table.tolist()), target).score
    assert float(bound) <= score


def test_a_blind_network_scores_minus_the_entropy_of_the_labels() -> None:
    target = random_target()
    sizes = torch.bincount(target.masks.flatten())
    shares = sizes / sizes.sum()
    entropy = -float((shares * shares.log()).sum())
    blind = Lookup([[0.2, 0.3, 0.5]] * 8)
    assert leep(blind, target).score == pytest.approx(-entropy, rel=1e-6)


def test_the_size_of_batches_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    target = random_target(255)
    net = Lookup(random_table())
    at_once = leep(net, target)
    monkeypatch.setattr(forward, "AT_ONCE", 1)
    one_by_one = leep(net, target)
    assert one_by_one.score == pytest.approx(at_once.score, rel=1e-12)
    assert torch.allclose(one_by_one.of_images, at_once.of_images)


def test_classes_that_nobody_has_are_counted_and_cost_nothing() -> None:
    greys = torch.tensor([[[0, 1], [1, 0]]])
    target = labelled_greys(greys, greys.clone(), classes=TARGET_CLASSES)
    result = leep(Lookup([[0.9, 0.1, 0.0], [0.2, 0.8, 0.0]]), target)
    assert result.absent_target_classes == 2
    assert result.unused_source_classes == 1
    assert math.isfinite(result.score)
    assert result.score < 0


def test_an_image_without_a_pixel_that_counts_has_no_score_and_changes_none() -> None:
    target = random_target()
    masks = target.masks.clone()
    masks[2] = 255
    ignoring = labelled_greys(target.images.pixels[:, 0], masks, TARGET_CLASSES, 255)
    result = leep(Lookup(random_table()), ignoring)
    without_score = result.of_images.isnan().nonzero()
    assert without_score.tolist() == [[2]]
    assert math.isfinite(result.score)
    masks[:] = 255
    assert math.isnan(leep(Lookup(random_table()), ignoring).score)


def test_instances_are_objects() -> None:
    greys = torch.tensor([[[0, 1, 1, 0]]])
    instances = labelled_greys(greys, torch.tensor([[[0, 7, 9, 0]]]), classes=0)
    objects = labelled_greys(greys, torch.tensor([[[0, 1, 1, 0]]]))
    net = Lookup([[0.9, 0.1], [0.2, 0.8]])
    assert leep(net, instances).score == leep(net, objects).score


def test_of_a_network_that_was_built_as_others_are() -> None:
    pixels: Tensor = pictures(2, 40, 40).float()
    masks = (pixels > 0.5).long()
    target = labelled_greys(torch.zeros(2, 40, 40), masks)
    images = target.images.with_pixels(lambda _: pixels[:, None])
    score = leep(tiny_network(), Labelled(images, masks, target.classes)).score
    assert -1 < score < 0
