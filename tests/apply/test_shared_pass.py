"""The clean pass of an image is shared by all questions, and never stands for a perturbed one."""

import math

import pytest
import torch
from torch import Tensor, nn

from harness.apply.open_images import Reading, open_own_images
from harness.apply.questions import questions
from harness.apply.shared_pass import shared_pass
from harness.components.nets.tiny_unet import tiny_unet
from harness.measure.estimators import UserImages, estimate
from harness.store import Home
from tests.made.own_models import write_images


class Counting(nn.Module):
    """A tiny U-Net that counts how often it is asked."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        net = tiny_unet(1, 1, width=2)
        self.encoder = net.encoder
        self.net = net
        self.passes = 0

    def forward(self, images: Tensor) -> Tensor:
        self.passes += 1
        answer: Tensor = self.net(images)
        return answer


def test_all_questions_take_one_clean_pass_and_two_perturbed_ones(home: Home) -> None:
    write_images(home.folder / "stack", 1)
    plane = open_own_images([str(home.folder / "stack")], Reading()).planes[0]
    net = Counting().eval()
    device = torch.device("cpu")

    def ask() -> list[float]:
        values = []
        for question in questions([]):
            scores = estimate(question.part, net, UserImages(plane.open(), home, device))
            values += [score.value for score in scores]
        return values

    alone = ask()
    passes_alone = net.passes
    net.passes = 0
    with shared_pass(net):
        shared = ask()
    assert shared == pytest.approx(alone, rel=0, abs=0, nan_ok=True)
    assert not all(math.isnan(value) for value in shared)
    assert net.passes == 3
    assert passes_alone > 3
    assert "forward" not in vars(net)
