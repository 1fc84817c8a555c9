"""Maps of LEEP against slow loops over locations, and where they mean little."""

import math

import pytest
import torch
from torch import Tensor

from harness.data.images import Labelled
from harness.measure import forward
from harness.measure.leep import leep
from harness.measure.leep_map import leep_map
from tests.made.lookup import Lookup, labelled_greys
from tests.measure.test_leep import TARGET_CLASSES, random_table, random_target

Example = tuple[list[float], int]


def examples_of_block(
    table: list[list[float]], target: Labelled, row: int, column: int, block: int
) -> list[Example]:
    """Returns likelihoods and label of each pixel of a block, in all images."""
    examples = []
    rows = slice(row * block, (row + 1) * block)
    columns = slice(column * block, (column + 1) * block)
    greys = target.images.pixels[:, 0, rows, columns].flatten().long().tolist()
    labels = target.masks[:, rows, columns].flatten().tolist()
    for grey, label in zip(greys, labels, strict=True):
        if label != target.ignore:
            examples.append((table[grey], label))
    return examples


def slow_joint(examples: list[Example], sources: int) -> list[list[float]]:
    joint = [[0.0] * sources for _ in range(TARGET_CLASSES)]
    for likelihoods, label in examples:
        for z in range(sources):
            joint[label][z] += likelihoods[z]
    return joint


def slow_mean(examples: list[Example], joint: list[list[float]]) -> float:
    """Returns the mean log prediction of examples by the conditionals of a joint distribution."""
    total = 0.0
    for likelihoods, label in examples:
        prediction = 0.0
        for z in range(len(likelihoods)):
            of_source = sum(of_target[z] for of_target in joint)
            prediction += joint[label][z] / of_source * likelihoods[z]
        total += math.log(prediction)
    return total / len(examples) if examples else 0.0


def slow_map(
    table: list[list[float]], target: Labelled, block: int, conditionals: str, prior: float
) -> Tensor:
    """Returns the map of LEEP as the text says, location by location."""
    height, width = target.masks.shape[-2:]
    sources = len(table[0])
    everything = examples_of_block(table, target, 0, 0, max(height, width))
    of_all = slow_joint(everything, sources)
    result = torch.zeros(height, width, dtype=torch.float64)
    for row in range(math.ceil(height / block)):
        for column in range(math.ceil(width / block)):
            examples = examples_of_block(table, target, row, column, block)
            joint = slow_joint(examples, sources)
            if conditionals == "global":
                joint = of_all
            if conditionals == "shrunk":
                for y in range(TARGET_CLASSES):
                    for z in range(sources):
                        joint[y][z] += prior * of_all[y][z] / len(everything)
            value = slow_mean(examples, joint)
            rows = slice(row * block, (row + 1) * block)
            columns = slice(column * block, (column + 1) * block)
            result[rows, columns] = value
    return result


@pytest.mark.parametrize("block", [1, 4])
@pytest.mark.parametrize("conditionals", ["own", "shrunk", "global"])
@pytest.mark.parametrize("ignore", [None, 255])
def test_against_a_slow_loop(block: int, conditionals: str, ignore: int | None) -> None:
    table = random_table()
    target = random_target(ignore)
    result = leep_map(
        Lookup(table),
        target,
        block=block,
        conditionals=conditionals,  # type: ignore[arg-type]
        prior=3.0,
    )
    expected = slow_map(table, target, block, conditionals, 3.0)
    assert torch.allclose(result.map, expected, rtol=1e-10, atol=1e-12)
    assert float(result.map.max()) <= 1e-12


def test_global_conditionals_split_the_global_score_over_locations() -> None:
    target = random_target()
    net = Lookup(random_table())
    result = leep_map(net, target, conditionals="global")
    score = leep(net, target).score
    assert float(result.map.mean()) == pytest.approx(score, rel=1e-12)
    assert result.score == pytest.approx(score, rel=1e-12)


def test_one_block_as_large_as_the_image_is_the_global_score() -> None:
    target = random_target(255)
    net = Lookup(random_table())
    result = leep_map(net, target, block=8)
    assert float(result.map[0, 0]) == pytest.approx(leep(net, target).score, rel=1e-12)


def test_shrinking_leads_from_own_to_global_conditionals() -> None:
    target = random_target()
    net = Lookup(random_table())
    own = leep_map(net, target).map
    of_all = leep_map(net, target, conditionals="global").map
    hardly = leep_map(net, target, conditionals="shrunk", prior=1e-9).map
    wholly = leep_map(net, target, conditionals="shrunk", prior=1e12).map
    assert torch.allclose(hardly, own, atol=1e-6)
    assert torch.allclose(wholly, of_all, atol=1e-6)
    assert not torch.allclose(own, of_all, atol=0.1)


def test_one_image_is_degenerate_per_pixel_and_not_when_shrunk() -> None:
    target = random_target(count=1)
    net = Lookup(random_table())
    own = leep_map(net, target)
    assert own.is_flat
    assert own.constant_share == 1
    assert own.sparse_share == 1
    assert torch.allclose(own.map, torch.zeros_like(own.map), atol=1e-12)
    shrunk = leep_map(net, target, conditionals="shrunk")
    assert not shrunk.is_flat
    assert bool(shrunk.map.isfinite().all())


def test_constant_and_sparse_locations_are_counted() -> None:
    target = random_target(count=6)
    masks = target.masks.clone()
    masks[:, :3] = 2
    masks[2:, 5, :] = 255
    changed = labelled_greys(target.images.pixels[:, 0], masks, TARGET_CLASSES, 255)
    result = leep_map(Lookup(random_table()), changed)
    assert result.constant[:3].all()
    assert result.counts[5].unique().tolist() == [2]
    assert result.sparse_share == pytest.approx(1 / 6)
    assert result.map[:3].abs().max() < 1e-12


def test_a_location_that_never_counts_has_nothing_to_predict() -> None:
    result = leep_map(Lookup(random_table()), random_target(255), conditionals="shrunk")
    assert bool((result.map[:2, :3] == 0).all())
    assert bool((result.counts[:2, :3] == 0).all())
    assert bool(result.map.isfinite().all())


def test_the_size_of_batches_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    target = random_target(255)
    net = Lookup(random_table())
    at_once = leep_map(net, target, block=4)
    monkeypatch.setattr(forward, "AT_ONCE", 1)
    one_by_one = leep_map(net, target, block=4)
    assert torch.allclose(one_by_one.map, at_once.map)


def test_images_of_several_sizes_have_no_map() -> None:
    target = random_target()
    sizes = torch.tensor([[6, 7], [6, 7], [5, 7], [6, 7], [6, 7]])
    images = labelled_greys(target.images.pixels[:, 0], target.masks, TARGET_CLASSES, 255)
    object.__setattr__(images.images, "sizes", sizes)
    with pytest.raises(ValueError, match="2 sizes"):
        leep_map(Lookup(random_table()), images)
