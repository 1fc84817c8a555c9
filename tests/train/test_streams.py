"""Planes beside the masks, streams of a phase's own, and how many crops each stream takes."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from harness.components.schedules import constant
from harness.data.domains import open_domains
from harness.data.images import Domains
from harness.spec.values import Part
from harness.store import Home
from harness.train import step
from harness.train.batches import augmented_crops, batch_of_step
from harness.train.build import as_function
from harness.train.crops import Crops
from harness.train.loop import steps_that_cover
from harness.train.phases import BOTH, Batch, Phase, Player
from harness.train.state import FitInProgress
from tests.made.fits import CPU, draws_at, small_fit
from tests.made.slices import labelled_volume


def phase_of(**settings: Any) -> Phase:
    return Phase("adapt", [], 1, 1.0, constant, **settings)


def batch_of(data: Domains, phase: Phase, number: int = 0, index: int = 0) -> Batch:
    """Returns the batch of one step of one phase, augmented by flips and noise."""
    spec = small_fit(net={"arch": "tiny_unet", "width": 2}, patch=8)
    augment = [as_function(part, None) for part in spec.augment]
    draws = draws_at(number, index, spec.seed)
    return batch_of_step(spec, data, phase, augment, draws)


def domains_of(count: int = 5) -> Domains:
    """Random images and masks of 16 x 16 pixels, and a target like the source."""
    rng = torch.Generator().manual_seed(0)
    pixels = torch.randint(0, 256, (count, 16, 16), generator=rng, dtype=torch.uint8)
    masks = torch.randint(0, 2, (count, 16, 16), generator=rng, dtype=torch.uint8)
    source = labelled_volume(pixels, masks)
    return Domains(source, None, source.images)


AFFINE = Part("augment", "affine", {"degrees": 30.0, "scale": 0.2, "shift": 0.1, "shear": 5.0})
FLIPS = Part("augment", "flips", {})


@pytest.mark.parametrize("part", [FLIPS, AFFINE], ids=["flips", "affine"])
def test_planes_go_where_the_masks_go(part: Part) -> None:
    rng = torch.Generator().manual_seed(1)
    masks = torch.randint(0, 4, (6, 16, 16), generator=rng)
    planes = {
        "weight": masks.float() / 4 + 0.125,
        "ignored": masks.int() * 3,
    }
    images = torch.rand(6, 1, 16, 16)
    augment = [
        as_function(Part("augment", "noise", {}), None),
        as_function(part, None),
    ]

    def augment_all(crops: Crops) -> tuple[Crops, Tensor]:
        """Returns crops after both augmentations, and their masks."""
        moved = augmented_crops(crops, augment, torch.Generator().manual_seed(2))
        assert moved.masks is not None
        return moved, moved.masks

    with_planes, moved_masks = augment_all(Crops(images, masks, None, planes))
    assert not torch.equal(moved_masks, masks)
    assert torch.equal(with_planes.planes["weight"], moved_masks.float() / 4 + 0.125)
    assert torch.equal(with_planes.planes["ignored"], moved_masks.int() * 3)
    plain, plain_masks = augment_all(Crops(images, masks))
    assert torch.equal(with_planes.images, plain.images)
    assert torch.equal(moved_masks, plain_masks)


def test_an_augmentation_that_cannot_move_a_plane_is_refused() -> None:
    def as_labels(images: Tensor, masks: Tensor, rng: torch.Generator) -> tuple[Tensor, Tensor]:
        return images, masks.long()

    plane = torch.full((2, 8, 8), 0.5)
    crops = Crops(torch.rand(2, 1, 8, 8), None, None, {"weight": plane})
    with pytest.raises(ValueError, match=r"fit\.augment: .*cannot move the planes"):
        augmented_crops(crops, [as_labels], torch.Generator())


def test_a_plane_is_cropped_with_its_masks_and_leaves_all_draws_alone() -> None:
    data = domains_of()
    masks = data.source.masks  # type: ignore[union-attr]
    weighted = data.source.with_plane("weight", masks.float() * 2 + 1)
    plain = batch_of(data, phase_of())
    batch = batch_of(data, phase_of(domains={"source": weighted}))
    assert torch.equal(batch.source.images, plain.source.images)
    assert batch.source.masks is not None
    assert plain.source.masks is not None
    assert torch.equal(batch.source.masks, plain.source.masks)
    assert torch.equal(batch.source.planes["weight"], batch.source.masks.float() * 2 + 1)
    piece = batch.source.piece(1, 2)
    assert torch.equal(piece.planes["weight"], batch.source.planes["weight"][2:])


@pytest.mark.parametrize("shape", [(4, 16, 16), (5, 16, 8)])
def test_a_plane_of_another_shape_or_type_is_refused(shape: tuple[int, ...]) -> None:
    source = domains_of().source
    with pytest.raises(ValueError, match=r"float32 or whole numbers of shape \(5, 16, 16\)"):
        source.with_plane("weight", torch.ones(shape))
    with pytest.raises(ValueError, match="float64"):
        source.with_plane("weight", torch.ones(5, 16, 16, dtype=torch.float64))


def test_streams_of_ones_own_leave_source_and_target_as_they_were() -> None:
    data = domains_of()
    plain = batch_of(data, phase_of(streams=BOTH), 3)
    streams = (*BOTH, "translated")
    own_domains = {"translated": domains_of(2).source}
    settings: dict[str, Any] = {"domains": own_domains}
    batch = batch_of(data, phase_of(streams=streams, **settings), 3)
    assert torch.equal(batch.source.images, plain.source.images)
    assert torch.equal(batch.target.images, plain.target.images)
    own = batch.streams["translated"]
    assert own.masks is not None
    assert len(own.images) == 4
    assert batch.streams["source"] is batch.source
    sizes = {"source": 7, "target": 1, "translated": 4}
    unequal = batch_of(data, phase_of(streams=streams, batch=sizes, **settings), 3)
    sizes_of_batch = {}
    for name, crops in unequal.streams.items():
        sizes_of_batch[name] = len(crops.images)
    assert sizes_of_batch == sizes
    assert torch.equal(unequal.streams["translated"].images, own.images)
    later = batch_of(data, phase_of(streams=streams, **settings), 4)
    assert not torch.equal(later.streams["translated"].images, own.images)


# What source and target drew before a phase could have streams of its own, by phase and step: the
# images of their crops, the masks of the source after flips, and what the next draws are.
DRAWS_BEFORE = {
    (0, 0): ([4, 4, 1, 0], [0, 4, 2, 2], "a6aff33c4d3a", [84531, 916567]),
    (0, 3): ([0, 4, 3, 4], [3, 4, 0, 4], "ec9290ca6eea", [22351, 278787]),
    (1, 2): ([2, 0, 3, 1], [1, 2, 3, 3], "dd8dae95ec29", [395481, 194252]),
}


@pytest.mark.parametrize("step_of_phase", DRAWS_BEFORE)
def test_source_and_target_draw_what_they_always_drew(
    step_of_phase: tuple[int, int],
) -> None:
    index, number = step_of_phase
    batch = batch_of(domains_of(), phase_of(streams=BOTH), number, index)
    assert batch.source.masks is not None
    assert batch.source.which is not None
    assert batch.target.which is not None
    masks = hashlib.sha256(batch.source.masks.numpy().tobytes()).hexdigest()
    next_draws = torch.randint(0, 10**6, (2,), generator=batch.rng)
    assert DRAWS_BEFORE[step_of_phase] == (
        batch.source.which.tolist(),
        batch.target.which.tolist(),
        masks[:12],
        next_draws.tolist(),
    )


def test_a_stream_without_images_is_refused() -> None:
    with pytest.raises(ValueError, match=r"the phase adapt names the stream 'translated'"):
        batch_of(domains_of(), phase_of(streams=("source", "translated")))


def gradient_of(loss: Callable[[Batch], Tensor], net: nn.Module, batch: Batch, of: int) -> Tensor:
    """Returns the gradient that so many pieces of a batch add up to."""
    training = FitInProgress(small_fit(), {}, Path(), CPU, lambda progress: None)
    net.zero_grad()
    player = Player("net", list(net.parameters()), loss, torch.optim.SGD)
    step.backward(training, player, batch, of)
    weight = net.weight
    assert isinstance(weight, nn.Parameter)
    assert weight.grad is not None
    return weight.grad.clone()


def test_every_stream_is_cut_in_proportion_and_none_runs_empty() -> None:
    net = nn.Conv2d(1, 1, 3)
    own = {"critic": Crops(torch.rand(2, 1, 8, 8))}
    source, target = Crops(torch.rand(8, 1, 8, 8)), Crops(torch.rand(4, 1, 8, 8))
    batch = Batch(source, target, torch.Generator(), 0.0, own_streams=own)
    sizes = []

    def loss(piece: Batch) -> Tensor:
        total = torch.zeros(())
        sizes_of_piece = []
        for crops in piece.streams.values():
            sizes_of_piece.append(len(crops.images))
            total = total + net(crops.images).sigmoid().mean()
        sizes.append(sizes_of_piece)
        return total

    whole = gradient_of(loss, net, batch, 1)
    sizes_by_pieces = {2: [4, 2, 1], 4: [2, 1, 1], 8: [1, 1, 1]}
    for pieces, expected in sizes_by_pieces.items():
        sizes.clear()
        gradient = gradient_of(loss, net, batch, pieces)
        assert torch.allclose(gradient, whole, rtol=1e-4, atol=1e-7)
        assert sizes == [expected] * pieces


def test_steps_cover_the_source_by_its_own_batch(home: Home) -> None:
    spec = small_fit()
    data = open_domains(spec, home, CPU)
    sizes = {"source": 2, "target": 8}
    expected = steps_that_cover(data, phase_of(batch=2), spec)
    assert steps_that_cover(data, phase_of(batch=sizes), spec) == expected > 1
