"""Views of maps, and as many of them as a study asks for."""

import math

import numpy as np
import pytest
from matplotlib.figure import Figure as Canvas
from matplotlib.text import Text

from harness.components.probes.attribution import attribution
from harness.components.probes.attribution_figures import RANKS, equalise
from harness.measure.rows import Figure, Row
from tests.made.slices import network, pictures, saliency, unlabelled_volume


def test_views_are_equalised_over_the_slices_together() -> None:
    rng = np.random.default_rng(1)
    strong = rng.exponential(10, (32, 32))
    weak = rng.exponential(1, (32, 32))
    view = equalise(np.stack([weak, strong, weak]))
    assert view[1].mean() > 2 * view[0].mean()
    values = np.sort(view, axis=None)
    quarter = values[view.size // 4]
    assert quarter == pytest.approx(0.25, abs=0.01)


@pytest.mark.parametrize(
    ("count", "names"),
    [
        (0, []),
        (2, ["saliency-z0", "saliency-z4", "channels-gradient"]),
        (9, [*[f"saliency-z{i}" for i in range(5)], "channels-gradient"]),
    ],
)
def test_as_many_figures_as_are_asked_for(count: int, names: list[str]) -> None:
    test = unlabelled_volume(pictures(5, 32, 32))
    figures = []
    captions = []
    for item in attribution(network(), test, maps=[saliency("gradient")], figures=count):
        if isinstance(item, Figure):
            figures.append(item.name)
            captions.append(item.caption)
            assert isinstance(item.picture, Canvas)
            texts = " ".join(text.get_text() for text in item.picture.findobj(Text))
            assert "equalised" not in texts  # a caption stands beside a picture, not in it
            assert RANKS in texts
        elif isinstance(item, Row):
            assert math.isfinite(item.value)
        else:
            assert item.name == "saliency"
    assert figures == names
    assert all("the numbers come from the plain maps" in caption for caption in captions)
