"""A stranger's components: the examples of docs/components, one file each, in a folder outside the
package.
"""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from harness.data.domains import on_device
from harness.data.images import Domains, Labelled
from harness.data.scans import Scans
from harness.spec.catalogue import catalogue, load_component
from harness.spec.enclosing import Enclosing
from harness.spec.options import readable
from harness.spec.parse import read_part
from harness.spec.values import Part
from tests.made.outside import write_example


class Copies(nn.Module):
    """A network that takes pixels above a half for objects."""

    def __init__(self) -> None:
        super().__init__()
        self.mean = nn.Conv2d(1, 1, 1, bias=False)
        nn.init.ones_(self.mean.weight)

    def forward(self, images: Tensor) -> Tensor:
        answer: Tensor = self.mean(images) - 0.5
        return answer


def labelled_image() -> Labelled:
    """One image of 2 x 2 pixels; of its three object pixels the network takes two for objects."""
    pixels = np.array([[[0, 255], [255, 0]]], np.uint8)
    masks = np.array([[[0, 1], [1, 1]]], np.uint8)
    scans = Scans(pixels, masks, ids=["a"], volumes=["a"], classes=("background", "object"))
    images = on_device(scans, 1, torch.device("cpu"))
    assert isinstance(images, Labelled)
    return images


def read(kind: str, raw: object) -> Part:
    """A part as a study would name it, with nothing wrong."""
    complaints: list = []
    part = read_part(kind, raw, (), complaints, Enclosing())
    assert complaints == []
    assert part is not None
    return part


def test_an_init(lab: Path) -> None:
    write_example(lab, "inits.md", "orthogonal.py")
    component = catalogue("init")["orthogonal"]
    assert {name: option.default for name, option in component.options.items()} == {"gain": 1.0}
    assert readable(component.options["gain"].type) == "positive"
    assert component.sentence.startswith("Every convolution starts with orthogonal kernels")
    assert read("init", {"name": "orthogonal", "gain": 1.4}).level == "orthogonal(gain=1.4)"
    net = nn.Conv2d(2, 2, 1)
    load_component("init", "orthogonal")(net, gain=2.0)
    kernel = net.weight[:, :, 0, 0].detach()
    assert torch.allclose(kernel @ kernel.T, 4 * torch.eye(2), atol=1e-5)


def test_a_pick(lab: Path) -> None:
    write_example(lab, "picks.md", "validation_recall.py")
    part = read("pick", "validation_recall")
    data = Domains(labelled_image(), labelled_image(), None)
    score = load_component("pick", part.name)(Copies().eval(), data)
    assert score == pytest.approx(2 / 3)


def test_a_perturbation(lab: Path) -> None:
    write_example(lab, "perturb.md", "stripes.py")
    part = read("perturb", {"name": "stripes", "strength": 0.5})
    stripes = load_component("perturb", part.name)
    images = torch.full((1, 1, 4, 4), 0.5)
    changed = stripes(images, 0.5, torch.Generator().manual_seed(0)) - images
    assert changed.abs().min() > 0
    assert torch.equal(changed, changed[..., :1].expand_as(changed))  # a number for each row
    assert torch.equal(stripes(images, 0.0, torch.Generator()), images)


def test_a_perturbation_that_moves_pixels(lab: Path) -> None:
    write_example(lab, "perturb.md", "elastic.py")
    part = read("perturb", {"name": "elastic", "strength": 2, "knots": 3})
    assert part.component.facts.moves
    elastic = load_component("perturb", part.name)
    images = torch.zeros(1, 1, 9, 7)
    offsets = elastic(images, 2.0, torch.Generator().manual_seed(0), knots=3)
    assert offsets.shape == (1, 2, 9, 7)
    assert offsets.abs().max() > 0
    half_as_far = elastic(images, 1.0, torch.Generator().manual_seed(0), knots=3)
    assert torch.allclose(offsets, 2 * half_as_far)


def test_a_perturbation_of_features(lab: Path) -> None:
    write_example(lab, "perturb.md", "louder.py")
    part = read("perturb", {"name": "louder", "strength": 2, "layer": "mean"})
    assert part.component.facts.features
    net = Copies()
    images = torch.ones(1, 1, 2, 2)
    with load_component("perturb", "louder")(net, 2.0, layer="mean"):
        assert net(images).unique().tolist() == [1.5]
    assert net(images).unique().tolist() == [0.5]


def test_a_saliency(lab: Path) -> None:
    write_example(lab, "saliency.md", "input_times_gradient.py")
    part = read("probe", {"name": "attribution", "maps": ["gradient", "input_times_gradient"]})
    assert [saliency.name for saliency in part.options["maps"]] == [
        "gradient",
        "input_times_gradient",
    ]
    images = torch.rand(2, 1, 32, 32) - 0.5
    maps = load_component("saliency", "input_times_gradient")(Copies(), images, None)
    assert torch.allclose(maps, images.abs())


def test_a_probe(lab: Path) -> None:
    write_example(lab, "probes.md", "area.py")
    part = read("probe", {"name": "area", "threshold": 0.4})
    assert part.component.facts.metrics == ("area", "area_error")
    area = load_component("probe", "area")
    rows = list(area(Copies().eval(), labelled_image(), threshold=0.5))
    values = {row.metric: row.value for row in rows}
    assert values == {"area": 0.5, "area_error": 0.25}


def test_a_statistical_test(lab: Path) -> None:
    write_example(lab, "tests.md", "kolmogorov_smirnov.py")
    component = catalogue("test")["kolmogorov_smirnov"]
    assert component.facts.paired is False
    assert component.facts.groups == 2
    values = np.arange(6.0)
    result = load_component("test", "kolmogorov_smirnov")(values, values + 10)
    assert result.statistic == 1.0
    assert result.p == pytest.approx(2 / 924)
    assert result.exact


def test_a_data_set(lab: Path, tmp_path: Path) -> None:
    write_example(lab, "datasets.md", "discs.py")
    part = read("dataset", {"name": "discs", "images": 3, "split": "train"})
    assert part.component.facts.drawn
    assert part.level == "discs(images=3)"
    discs = load_component("dataset", "discs")
    scans = discs("train", tmp_path, images=3, size=32)
    assert scans.images.shape == scans.masks.shape == (3, 32, 32)
    inside = scans.images[scans.masks == 1]
    outside = scans.images[scans.masks == 0]
    assert inside.mean() > outside.mean() + 50
    with pytest.raises(LookupError, match="no split 'all'"):
        discs("all", tmp_path)
