"""The pretext that an encoder solves by colour."""

import pytest
import torch

from harness.store import Home
from harness.train.loop import fit as train
from tests.made.networks import fit_of


def test_the_pretext_refuses_grey_images(home: Home) -> None:
    net = {"arch": "encoder_only", "encoder": "resnet18"}
    spec = fit_of(net=net, method="colours", patch=32)
    with pytest.raises(ValueError, match="needs red, green and blue, not 1 channels"):
        train(spec, [], home, torch.device("cpu"))
