"""One step: out of memory, a batch is cut into pieces, which have the gradient of the whole."""

import pytest
import torch
from torch import Tensor, nn

from harness.store import Home, read_json
from harness.train import loop, step
from harness.train.crops import Crops
from harness.train.phases import Batch, Player
from harness.train.state import FitInProgress
from tests.made.fits import CPU, small_fit


def test_out_of_memory_halves_the_pieces_and_keeps_the_gradient(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    enough_memory = step.backward

    def scarce_memory(
        training: FitInProgress,
        player: Player,
        batch: Batch,
        pieces: int,
    ) -> dict[str, Tensor]:
        """Has memory for two images."""
        if len(batch.source.images) / pieces > 2:
            raise torch.OutOfMemoryError("CUDA out of memory")
        sizes.append(pieces)
        return enough_memory(training, player, batch, pieces)

    monkeypatch.setattr(step, "backward", scarce_memory)
    folder = loop.fit(small_fit(), [], home, CPU)
    assert set(sizes) == {2}
    assert read_json(folder / "fit.json")["pieces"] == {"net": 2}


def test_an_error_that_is_not_about_memory_is_not_tried_again(home: Home) -> None:
    calls = []

    def loss(batch: Batch) -> Tensor:
        calls.append(batch)
        raise RuntimeError("shapes differ")

    training = FitInProgress(small_fit(), {}, home.folder, CPU, lambda progress: None)
    net = nn.Conv2d(1, 1, 3)
    optimiser = torch.optim.SGD(net.parameters(), 0.1)
    player = Player("net", list(net.parameters()), loss, torch.optim.SGD)
    source = Crops(torch.rand(4, 1, 8, 8))
    target = Crops(torch.empty(0))
    batch = Batch(source, target, torch.Generator(), 0.0)
    with pytest.raises(RuntimeError, match="shapes differ"):
        step.update(training, player, batch, optimiser)
    assert len(calls) == 1


def test_pieces_have_the_gradient_of_the_whole_batch(home: Home) -> None:
    # without batch norm, whose statistics would differ in pieces
    net = nn.Conv2d(1, 1, 3)
    images = torch.rand(5, 1, 8, 8)
    masks = torch.randint(0, 2, (5, 8, 8))
    batch = Batch(Crops(images, masks), Crops(torch.empty(0)), torch.Generator(), 0.0)

    def loss(piece: Batch) -> Tensor:
        assert piece.source.masks is not None
        logits = net(piece.source.images)[:, 0]
        truth = piece.source.masks[:, 1:-1, 1:-1].float()
        return nn.functional.binary_cross_entropy_with_logits(logits, truth)

    training = FitInProgress(small_fit(), {}, home.folder, CPU, lambda progress: None)
    player = Player("net", list(net.parameters()), loss, torch.optim.SGD)
    whole = float(loss(batch).detach())
    gradients = []
    for pieces in (1, 2, 5):
        net.zero_grad()
        terms = step.backward(training, player, batch, pieces)
        assert net.weight.grad is not None
        gradients.append(net.weight.grad.clone())
        assert float(terms[""]) == pytest.approx(whole, rel=1e-5)
    assert torch.allclose(gradients[0], gradients[1], rtol=1e-4, atol=1e-7)
    assert torch.allclose(gradients[0], gradients[2], rtol=1e-4, atol=1e-7)
