"""CUT and FastCUT: their losses by hand, what they teach whom, what becomes which style."""

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from harness.components.methods.patch_nce import Projections, draw_positions, patch_nce
from harness.components.methods.translation import Translator
from harness.components.nets.patch_critic import least_squares
from harness.components.nets.resnet_generator import ResnetGenerator
from harness.data.images import Domains, Unlabelled
from harness.spec.enclosing import Enclosing
from harness.spec.parse import read_part
from harness.train.build import as_function
from harness.train.crops import Crops
from harness.train.phases import Batch, Phase

LAYERS = (0, 4, 8, 12)
SMALL = {"layers": list(LAYERS), "patches": 6, "critic": 2, "projection": 5, "epochs": 1}


def domains() -> Domains:
    """Dark images to learn from, and bright ones to adapt to."""
    return Domains(images_of(0.2), target=images_of(0.7))


def images_of(grey: float) -> Unlabelled:
    pixels = torch.full((2, 1, 32, 32), grey) + torch.rand(2, 1, 32, 32) / 10
    numbers = torch.arange(2)
    return Unlabelled(pixels, ["a", "b"], ["g", "g"], numbers, numbers)


def phase_of(net: nn.Module, name: str = "cut", **options: Any) -> Phase:
    """The one phase of a method."""
    problems: list[Any] = []
    part = read_part("method", {"name": name, **SMALL, **options}, (), problems, Enclosing())
    assert part is not None, problems
    phases: Iterator[Phase] = as_function(part, None)(net, domains())
    (phase,) = phases
    return phase


def new_generator() -> ResnetGenerator:
    torch.manual_seed(0)
    return ResnetGenerator(1, width=2, blocks=1)


def batch_of(size: int = 1, seed: int = 0) -> Batch:
    data = domains()
    assert data.target is not None
    source = Crops(data.source.images.pixels[:size])
    target = Crops(data.target.pixels[:size])
    rng = torch.Generator().manual_seed(seed)
    return Batch(source, target, rng, 0.0)


def test_patch_nce_is_the_entropy_of_finding_ones_own_place() -> None:
    first = torch.tensor([1.0, 0.0])
    second = torch.tensor([0.6, 0.8])
    queries = torch.stack([first, second])[None]
    keys = torch.stack([second, first])[None]
    right, wrong = math.exp(0.6 / 0.5), math.exp(1.0 / 0.5)  # likeness over the temperature
    expected = -math.log(right / (right + wrong))
    assert float(patch_nce(queries, keys, 0.5)) == pytest.approx(expected)


def test_patch_nce_is_the_paper_s_with_its_own_place_among_the_others_masked() -> None:
    queries = F.normalize(torch.rand(2, 7, 4), dim=2)
    keys = F.normalize(torch.rand(2, 7, 4), dim=2)
    positive = (queries * keys).sum(2).flatten()[:, None]
    own_place = torch.eye(7, dtype=torch.bool)
    negative = queries @ keys.transpose(1, 2)
    negative = negative.masked_fill(own_place, -10.0)
    negative = negative.flatten(0, 1)
    logits = torch.cat([positive, negative], dim=1) / 0.07
    expected = F.cross_entropy(logits, torch.zeros(14, dtype=torch.long))
    torch.testing.assert_close(patch_nce(queries, keys, 0.07), expected)


def test_patch_nce_compares_places_of_one_image_alone_and_teaches_no_keys() -> None:
    queries = torch.rand(2, 3, 4, requires_grad=True)
    keys = torch.rand(2, 3, 4, requires_grad=True)
    whole = patch_nce(queries, keys, 1.0)
    separate = [patch_nce(queries[i : i + 1], keys[i : i + 1], 1.0) for i in range(2)]
    torch.testing.assert_close(whole, torch.stack(separate).mean())
    whole.backward()
    assert queries.grad is not None
    assert keys.grad is None


def test_projections_are_built_for_what_they_see_and_have_length_one() -> None:
    projections = Projections(5)
    assert not list(projections.parameters())
    features = [torch.rand(2, 3, 4, 4), torch.rand(2, 7, 2, 2)]
    positions = draw_positions(features, 6)
    vectors = projections(features, positions)
    assert [tuple(vector.shape) for vector in vectors] == [(2, 6, 5), (2, 4, 5)]
    first_weights = [parameter.clone() for parameter in projections.parameters()]
    projections(features, positions)
    for parameter, weight in zip(projections.parameters(), first_weights, strict=True):
        assert torch.equal(parameter, weight)
    with torch.no_grad():
        for parameter in projections.parameters():
            parameter.fill_(1.0)  # so small a start is told from 0 by little more than 1e-7
    for vector in projections(features, positions):
        torch.testing.assert_close(vector.norm(dim=2), torch.ones(vector.shape[:2]))


def test_a_position_is_the_same_place_in_every_image() -> None:
    maps = torch.arange(16.0).view(1, 1, 4, 4).expand(2, 1, 4, 4)
    rng = torch.Generator().manual_seed(3)
    (positions,) = draw_positions([maps], 5, rng)
    assert len(positions.unique()) == 5
    first, second = maps.flatten(2)[:, 0, positions]
    assert torch.equal(first, second)


def test_least_squares_is_the_mean_squared_distance_from_the_truth() -> None:
    verdicts = torch.tensor([0.5, -1.0])
    loss = least_squares(verdicts, 1)
    assert float(loss) == pytest.approx((0.25 + 4) / 2)


def translator_of(phase: Phase) -> Translator:
    loss: Any = phase.players[0].loss
    translator: Translator = loss.__self__
    return translator


def critic_by_hand(translator: Translator, translation: Tensor, style: Tensor) -> Tensor:
    on_translation = translator.critic(translation).square().mean()
    on_style = (translator.critic(style) - 1).square().mean()
    return 0.5 * (on_translation + on_style)


@pytest.mark.parametrize("direction", ["to_source", "to_target"])
def test_the_critic_tells_translations_from_images_of_the_style(direction: str) -> None:
    net = new_generator()
    phase = phase_of(net, direction=direction)
    batch = batch_of()
    images, style = batch.target.images, batch.source.images
    if direction == "to_target":
        images, style = style, images
    translator = translator_of(phase)
    expected = critic_by_hand(translator, net(images), style)
    loss = phase.players[0].loss(batch)
    assert isinstance(loss, Tensor)
    torch.testing.assert_close(loss, expected)
    loss.backward()
    assert all(parameter.grad is None for parameter in net.layers.parameters())


def test_the_generator_s_loss_is_that_of_the_paper() -> None:
    net = new_generator()
    phase = phase_of(net, weight=3.0)
    translator = translator_of(phase)
    batch = batch_of(seed=1)
    images, style = batch.target.images, batch.source.images
    terms = phase.players[1].loss(batch)
    assert isinstance(terms, dict)
    again = torch.Generator().manual_seed(1)
    content = translator.content_loss(images, net(images), again)
    identity = translator.content_loss(style, net(style), again)
    torch.testing.assert_close(terms["contrast"], 3.0 * (content + identity) / 2)
    verdicts = translator.critic(net(images))
    torch.testing.assert_close(terms["adversarial"], (verdicts - 1).square().mean())
    sum(terms.values(), torch.zeros(())).backward()
    learners = phase.players[1].parameters
    assert len(learners) == len(list(net.layers.parameters())) + 4 * 4  # of four layers
    assert all(parameter.grad is not None for parameter in learners)


def test_the_content_loss_is_the_mean_over_the_layers() -> None:
    net = new_generator()
    phase = phase_of(net)
    translator = translator_of(phase)
    images, translation = torch.rand(1, 1, 32, 32), torch.rand(1, 1, 32, 32)
    value = translator.content_loss(images, translation, torch.Generator().manual_seed(2))
    features = net.features(translation, LAYERS)
    positions = draw_positions(features, 6, torch.Generator().manual_seed(2))
    queries = translator.projections(features, positions)
    compared = net.features(images, LAYERS)
    keys = translator.projections(compared, positions)
    terms = [patch_nce(*pair, 0.07) for pair in zip(queries, keys, strict=True)]
    torch.testing.assert_close(value, sum(terms) / 4)


def mirrored_seed(*, is_mirrored: bool) -> int:
    """A seed with which the first coin falls so."""
    for seed in range(20):
        coin = torch.rand((), generator=torch.Generator().manual_seed(seed))
        if bool(coin < 0.5) == is_mirrored:
            return seed
    raise AssertionError


@pytest.mark.parametrize("is_mirrored", [True, False])
def test_fastcut_mirrors_half_of_the_batches_and_compares_features_mirrored_back(
    is_mirrored: bool,
) -> None:
    net = new_generator()
    phase = phase_of(net, "fastcut")
    translator = translator_of(phase)
    seed = mirrored_seed(is_mirrored=is_mirrored)
    batch = batch_of(seed=seed)
    terms = phase.players[1].loss(batch)
    assert isinstance(terms, dict)
    images = batch.target.images
    inputs = images.flip(3) if is_mirrored else images
    again = torch.Generator().manual_seed(seed)
    torch.rand((), generator=again)
    coin = torch.tensor(is_mirrored)
    expected = translator.content_loss(images, net(inputs), again, coin)
    torch.testing.assert_close(terms["contrast"], 10.0 * expected)


def test_features_that_are_mirrored_back_stand_where_they_stood() -> None:
    net = new_generator()
    translator = translator_of(phase_of(net, "fastcut", layers=[0]))  # the mirrored image itself
    images = torch.rand(1, 1, 32, 32)
    losses = []
    for translation, is_mirrored in ((images, False), (images.flip(3), True)):
        rng = torch.Generator().manual_seed(4)
        loss = translator.content_loss(images, translation, rng, torch.tensor(is_mirrored))
        losses.append(loss.item())
    assert losses[0] == losses[1]


def test_another_network_is_refused() -> None:
    with pytest.raises(ValueError, match="take it"):
        phase_of(nn.Conv2d(1, 1, 1))


def test_stacks_are_refused() -> None:
    problems: list[Any] = []
    part = read_part("method", {"name": "cut", **SMALL}, (), problems, Enclosing())
    assert part is not None, problems
    stacks = replace(images_of(0.2), slices=3)
    with pytest.raises(ValueError, match="slice by slice; take 1"):
        next(as_function(part, None)(new_generator(), Domains(stacks, target=stacks)))
