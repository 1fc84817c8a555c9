"""Maps from hidden windows, by hand."""

import pytest
import torch

from tests.made.slices import SLOPE, linear_network, pictures, saliency


@pytest.mark.parametrize("baseline", ["zero", "mean"])
def test_occlusion_of_a_linear_network_by_hand(baseline: str) -> None:
    images = pictures(2, 3, 32, 32)
    hidden = images
    if baseline == "mean":
        hidden = images - images.mean(dim=(1, 2, 3), keepdim=True)
    changes = SLOPE * hidden
    explain = saliency({"name": "occlusion", "window": 12, "baseline": baseline})
    maps = explain(linear_network(), images, None)
    for top in (0, 12, 24):  # the last window reaches over the edge
        rows = slice(top, top + 12)
        change = changes[:, :, rows, :12].sum(dim=(2, 3), keepdim=True)
        window = maps[:, :, rows, :12]
        expected = change.abs().expand_as(window)
        assert torch.allclose(window, expected)
