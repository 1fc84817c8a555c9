"""Networks built for images: an output for each class, or as many as the study says."""

import numpy as np
import pytest

from harness.data.domains import on_device
from harness.data.scans import Scans
from harness.spec.values import Part
from harness.train.build import channels_and_outputs
from tests.made.fits import CPU, small_trial


def net_of_classes(classes: int) -> Part:
    """Returns a network that is to have so many outputs."""
    return small_trial(fit={"net": {"arch": "tiny_unet", "classes": classes}}).fit.net


def test_outputs_that_cannot_tell_the_classes_apart_are_refused() -> None:
    masks = np.zeros((1, 8, 8), np.uint8)
    classes = ("background", "left", "right", "muscle")
    scans = Scans(masks, masks, ["a"], ["a"], ["a"], classes=classes)
    domain = on_device(scans, 1, CPU)
    assert channels_and_outputs(small_trial().fit.net, domain) == (1, 4)
    assert channels_and_outputs(net_of_classes(2), domain) == (1, 2)
    problem = r"fit.net.classes: 3 outputs cannot tell 4 classes \(background, left"
    with pytest.raises(ValueError, match=problem):
        channels_and_outputs(net_of_classes(3), domain)
