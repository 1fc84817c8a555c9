"""Maps by hand and by plain autograd; what must vanish for a network that treats its slices alike; the probe's rows."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor, nn

from harness.components.probes.attribution import attribution, joint
from harness.components.saliency.cam import cam_of, mean_weighted, slope_weighted
from harness.data.images import Labelled, Unlabelled
from harness.measure.distances import condensed_sample, full, symmetric, wasserstein
from harness.measure.rows import Figure, Row
from harness.measure.trial import measure
from harness.spec.catalogue import catalogue
from harness.spec.parse import Around, read_part, read_trial
from harness.spec.values import Part
from harness.store import Home
from harness.train.build import as_function, build_net
from harness.train.first_conv import first_conv
from harness.train.loop import fit

EVERY = [
    *catalogue("saliency"),
    {"name": "gradient", "points": 20},
    {"name": "foreground", "points": 20},
]
RESNETS = ["unet", "deeplabv3plus", "segformer"]


def part(kind: str, raw: Any) -> Part:
    wrong: list[Any] = []
    found = read_part(kind, raw, (), wrong, Around())
    assert found is not None, wrong
    assert not wrong
    return found


def saliency(raw: Any) -> Callable[..., Tensor]:
    return as_function(part("saliency", raw), None)


def network(arch: str = "tiny_unet", outputs: int = 1, **options: Any) -> nn.Module:
    torch.manual_seed(3)
    more = {"width": 2} if arch == "tiny_unet" else {"encoder": "resnet18"}
    return (
        build_net(part("net", {"arch": arch, "slices": 3, **more, **options}), 3, outputs)
        .double()
        .eval()
    )


def pictures(*shape: int) -> Tensor:
    torch.manual_seed(4)
    return torch.rand(*shape, dtype=torch.float64)


def volume(pixels: Tensor, masks: Tensor | None = None, **about: Any) -> Labelled | Unlabelled:
    """Slices (n, h, w) of one volume as a test set that is seen in stacks of three."""
    n = len(pixels)
    ends = torch.zeros(n, dtype=torch.long), torch.full((n,), n - 1)
    images = Unlabelled(
        pixels[:, None], [f"z{i}" for i in range(n)], ["v"] * n, *ends, slices=3, **about
    )
    return images if masks is None else Labelled(images, masks, ("background", "object"))


def rows_of(net: nn.Module, test: Any, *maps: Any, **options: Any) -> pd.DataFrame:
    found = attribution(
        net, test, maps=[saliency(one) for one in maps or ["gradient"]], figures=0, **options
    )
    rows = [one for one in found if isinstance(one, Row)]
    return pd.DataFrame(
        [{"metric": r.metric, "value": r.value, "image": r.image, **r.dimensions} for r in rows]
    )


def uniform(net: nn.Module) -> nn.Module:
    with torch.no_grad():
        weight = first_conv(net).weight
        weight.copy_(weight[:, [1]].expand_as(weight))
    return net


def linear() -> nn.Module:
    """Two outputs per pixel, each a weighted sum of the three inputs there."""
    net = nn.Conv2d(3, 2, 1).double().eval()
    with torch.no_grad():
        net.weight.copy_(torch.tensor([[1.0, 2, -4], [0.5, -3, 1]])[:, :, None, None])
    return net


SLOPE = torch.tensor([1.5, -1, -3], dtype=torch.float64)[:, None, None]  # of the two outputs' sum


# What every saliency keeps.


@pytest.mark.parametrize("raw", EVERY, ids=str)
@pytest.mark.parametrize("outputs", [1, 3])
def test_a_batch_gives_what_its_images_give_one_by_one(raw: Any, outputs: int) -> None:
    net, images = network(outputs=outputs), pictures(3, 3, 50, 40)
    masks = torch.randint(0, 2, (3, 50, 40))
    with torch.no_grad():  # so that every class is predicted somewhere
        net.get_parameter("head.bias").sub_(net(images[..., :48, :]).mean(dim=(0, 2, 3)))
    together = saliency(raw)(net, images, masks)
    for i in range(3):
        alone = saliency(raw)(net, images[i : i + 1], masks[i : i + 1])
        assert torch.allclose(together[i], alone[0], rtol=1e-6, atol=1e-9 * float(together.max()))
    assert float(together.max()) > 0


@pytest.mark.parametrize("raw", EVERY, ids=str)
def test_it_gives_maps_and_leaves_the_network_and_the_images_as_they_were(raw: Any) -> None:
    net, images = network().float(), pictures(2, 3, 50, 40).float()
    before, weights = images.clone(), [p.clone() for p in net.parameters()]
    with torch.no_grad():
        maps = saliency(raw)(net, images, None)
    assert maps.shape == images.shape
    assert maps.dtype == torch.float32
    assert bool((maps >= 0).all())
    assert not maps.requires_grad
    assert torch.equal(images, before)
    assert not images.requires_grad
    assert all(
        torch.equal(p, old) and p.grad is None
        for p, old in zip(net.parameters(), weights, strict=True)
    )
    assert all(
        not m._forward_hooks and not m._backward_hooks and not m.training for m in net.modules()
    )


# By hand.


def test_a_linear_network_by_hand() -> None:
    net, images = linear(), pictures(2, 3, 32, 32)
    assert torch.allclose(saliency("gradient")(net, images, None), SLOPE.abs().expand_as(images))
    found = saliency({"name": "integrated_gradients", "steps": 3})(net, images, None)
    assert torch.allclose(found, (SLOPE * images).abs(), rtol=1e-5)
    mean = images.mean(dim=(1, 2, 3), keepdim=True)
    for baseline, instead in (("zero", torch.zeros_like(mean)), ("mean", mean)):
        found = saliency({"name": "occlusion", "window": 12, "baseline": baseline})(
            net, images, None
        )
        hidden = SLOPE * (images - instead)
        for cut in (
            slice(0, 12),
            slice(12, 24),
            slice(24, 32),
        ):  # the last windows reach over the edge
            change = hidden[:, :, cut, :12].sum(dim=(2, 3), keepdim=True).abs()
            assert torch.allclose(found[:, :, cut, :12], change.expand_as(found[:, :, cut, :12]))


def test_the_foreground_is_the_true_one_or_what_the_network_sees() -> None:
    net, images = linear(), pictures(2, 3, 32, 32)
    masks = (pictures(2, 32, 32) > 0.8).long()
    seen = net(images).argmax(1)
    assert 0 < float(seen.double().mean()) < 1
    for raw, where in (("foreground", seen), ({"name": "foreground", "mask": "true"}, masks)):
        expected = SLOPE.abs() * where[:, None]
        assert torch.allclose(saliency(raw)(net, images, masks), expected)
    with pytest.raises(ValueError, match="this test set has none"):
        saliency({"name": "foreground", "mask": "true"})(net, images, None)


def test_one_logit_sees_foreground_above_zero() -> None:
    net = nn.Conv2d(3, 1, 1).double().eval()
    with torch.no_grad():
        net.weight.copy_(torch.tensor([1.0, -2, 1])[None, :, None, None])
        assert net.bias is not None
        net.bias.zero_()
    images = pictures(2, 3, 32, 32)
    there = saliency("foreground")(net, images, None) > 0
    assert torch.equal(there[:, 1], net(images)[:, 0] > 0)


def test_the_gradient_is_that_of_all_outputs_at_any_size() -> None:
    net, images = network(outputs=3), pictures(1, 3, 64, 32).requires_grad_()
    net(images).sum().backward()
    assert images.grad is not None
    assert torch.allclose(saliency("gradient")(net, images, None), images.grad.abs())
    small = pictures(1, 3, 40, 30)
    mirrored = nn.functional.pad(small, (0, 2, 0, 24), mode="reflect").requires_grad_()
    net(mirrored)[..., :40, :30].sum().backward()
    assert mirrored.grad is not None
    inner = (..., slice(1, 15), slice(1, 27))  # what no mirror image was taken of
    assert torch.allclose(saliency("gradient")(net, small, None)[inner], mirrored.grad.abs()[inner])


def test_sampled_places_hang_on_the_seed_and_the_image_alone() -> None:
    net, images = linear(), pictures(4, 3, 32, 32)
    masks = (pictures(4, 32, 32) > 0.9).long()
    masks[2] = 0
    masks[2, :2, :2] = 1

    def places(raw: dict[str, Any], which: list[int]) -> Tensor:
        return saliency(raw)(net, images[which], masks[which])[:, 0] > 0

    full_output: dict[str, Any] = {"name": "gradient", "points": 30}
    found = places(full_output, [0, 1, 2, 3])
    assert found.flatten(1).sum(1).tolist() == [30] * 4
    assert torch.equal(places(full_output, [3, 1]), found[[3, 1]])
    assert not torch.equal(found[0], found[1])
    assert not torch.equal(places({**full_output, "seed": 1}, [0]), found[[0]])
    inside = places({"name": "foreground", "mask": "true", "points": 30}, [0, 1, 2, 3])
    assert bool((masks[inside] == 1).all())
    assert inside.flatten(1).sum(1).tolist() == [30, 30, 4, 30]  # no more than there are


# Class activation maps.


def features_and_slopes(
    net: Any, images: Tensor, size: tuple[int, int] = (999, 999)
) -> tuple[Tensor, Tensor]:
    stages = net.encoder(images)
    last = stages[-1].detach().requires_grad_()
    net.segmentation_head(net.decoder([*stages[:-1], last]))[
        ..., : size[0], : size[1]
    ].sum().backward()
    assert last.grad is not None
    return last.detach(), last.grad


def test_gradcam_is_captums_and_plain_autograds() -> None:
    from captum.attr import LayerGradCam

    net, images = network("unet"), pictures(2, 3, 64, 96)
    features, slopes = features_and_slopes(net, images)
    plain = torch.zeros(2, 2, 3, dtype=torch.float64)
    for i in range(2):
        for k in range(features.shape[1]):
            plain[i] += features[i, k] * float(slopes[i, k].mean())
    theirs = LayerGradCam(lambda x: net(x).flatten(1).sum(1), net.get_submodule("encoder.layer4"))
    assert torch.allclose(theirs.attribute(images)[:, 0].double(), plain)
    bigger = nn.functional.interpolate(plain[:, None], (64, 96), mode="bilinear")[:, 0]
    found = cam_of(net, images, "bottleneck", mean_weighted)
    assert float(found.abs().max()) > 0
    assert torch.allclose(found, bigger)
    assert torch.allclose(cam_of(net, images, "encoder.layer4", mean_weighted), bigger)


def test_gradcam_of_an_image_of_any_size_is_cut_out_of_what_the_network_saw() -> None:
    net, images = network("unet"), pictures(1, 3, 40, 70)
    mirrored = nn.functional.pad(images, (0, 26, 0, 24), mode="reflect")
    features, slopes = features_and_slopes(net, mirrored, (40, 70))
    plain = (features * slopes.mean(dim=(2, 3), keepdim=True)).sum(1, keepdim=True)
    expected = nn.functional.interpolate(plain, (64, 96), mode="bilinear")[:, 0, :40, :70]
    assert torch.allclose(cam_of(net, images, "bottleneck", mean_weighted), expected)


def test_gradcam_plus_plus_is_the_published_sum() -> None:
    net, images = network("unet"), pictures(1, 3, 64, 64)
    features, slopes = features_and_slopes(net, images)
    plain = np.zeros((2, 2))
    for a, g in zip(features[0].numpy(), slopes[0].numpy(), strict=True):
        weight = 0.0
        for i in range(2):
            for j in range(2):
                if g[i, j] != 0:
                    share = g[i, j] ** 2 / (2 * g[i, j] ** 2 + a.sum() * g[i, j] ** 3 + 1e-6)
                    weight += share * max(g[i, j], 0)
        plain += weight * a
    expected = nn.functional.interpolate(
        torch.from_numpy(plain).relu()[None, None], (64, 64), mode="bilinear"
    )[0]
    found = cam_of(net, images, "bottleneck", slope_weighted)
    assert float(found.max()) > 0
    assert torch.allclose(found, expected)


@pytest.mark.parametrize(
    ("name", "cam"), [("gradcam", mean_weighted), ("gradcam_plus_plus", slope_weighted)]
)
def test_a_channel_counts_for_what_changes_when_it_is_hidden(name: str, cam: Any) -> None:
    net, images = network("deeplabv3plus"), pictures(2, 3, 50, 64)
    found = saliency({"name": name, "baseline": "mean"})(net, images, None)
    for channel in range(3):
        without = images.clone()
        without[:, channel] = images.mean(dim=(1, 2, 3))[:, None, None]
        change = cam_of(net, without, "bottleneck", cam) - cam_of(net, images, "bottleneck", cam)
        assert torch.allclose(found[:, channel], change.abs())
    assert float(found.max()) > 0


def test_a_layer_that_cannot_be_mapped_is_refused() -> None:
    images = pictures(1, 3, 64, 64)
    net = network()
    net.add_module("spare", nn.Conv2d(3, 3, 1))
    net.add_module("pooled", nn.Sequential(nn.Flatten()))
    net.register_forward_hook(
        lambda module, inputs, output: output + module.pooled(inputs[0]).mean()
    )
    for layer, message in (
        ("middle", "has no layer 'middle'; there is encoder_0"),
        ("spare", "no output hangs on 'spare'"),
        ("pooled", "'pooled' gives 2 dimensions"),
    ):
        with pytest.raises(ValueError, match=message):
            saliency({"name": "gradcam", "layer": layer})(net, images, None)


# Networks that treat their slices alike.


@pytest.mark.parametrize("arch", RESNETS)
def test_a_uniform_first_convolution_is_symmetric_before_training(arch: str) -> None:
    test = volume(pictures(3, 64, 64), (pictures(3, 64, 64) > 0.7).long())
    maps = ["gradient", {"name": "gradient", "points": 20}, {"name": "foreground", "mask": "true"}]
    for net, alike in ((network(arch), False), (uniform(network(arch)), True)):
        table = rows_of(net, test, *maps).groupby("metric")["value"].max()
        assert (table[["swd", "fwd", "pooled_swd", "pooled_fwd"]] < 1e-6).all() == alike
        assert (table["swap"] < 1e-9) == alike
    found = rows_of(uniform(network(arch)), test, *maps)
    assert found[found.metric == "share"]["value"].to_numpy() == pytest.approx(1 / 3)


@pytest.mark.parametrize("tied", ["none", "mirrored", "all"])
@pytest.mark.parametrize("arch", ["unet", "tiny_unet"])
def test_a_tied_first_convolution_is_symmetric_after_training(arch: str, tied: str) -> None:
    net = network(arch, tied=tied)
    images, masks = pictures(2, 3, 32, 32), (pictures(2, 1, 32, 32) > 0.5).double()
    optimiser = torch.optim.Adam(net.train().parameters(), 1e-2)
    for _ in range(3):
        optimiser.zero_grad()
        nn.functional.binary_cross_entropy_with_logits(net(images), masks).backward()
        optimiser.step()
    table = rows_of(net.eval(), volume(pictures(4, 64, 64))).groupby("metric")["value"].max()
    assert (table["swd"] < 1e-6) == (tied != "none")
    assert (table["fwd"] < 1e-6) == (tied == "all")
    assert (table["swap"] < 1e-9) == (tied != "none")


def test_what_is_mirrored_in_every_part_is_as_asymmetric_as_before() -> None:
    net, pixels = network(), pictures(4, 64, 64)
    maps = [
        "gradient",
        {"name": "gradient", "points": 20},
        "foreground",
        {"name": "integrated_gradients", "steps": 3},
        {"name": "occlusion", "window": 32},
        "gradcam",
        "gradcam_plus_plus",
    ]
    before = rows_of(net, volume(pixels), *maps)
    with torch.no_grad():
        weight = first_conv(net).weight
        weight.copy_(weight.flip(1))
    after = rows_of(net, volume(pixels.flip(0)), *maps)
    swd, fwd = (
        [t[t.metric == m].groupby("map")["value"].mean() for t in (before, after)]
        for m in ("swd", "fwd")
    )
    assert (swd[0] > 0).all()
    assert np.allclose(*swd, rtol=1e-5)
    assert np.allclose(*fwd, rtol=1e-5)
    shares = [
        t[t.metric == "share"].groupby(["map", "channel"])["value"].mean().unstack()
        for t in (before, after)
    ]
    assert np.allclose(shares[0], shares[1][[1, 0, -1]], rtol=1e-5)


# The probe.


def test_rows_by_hand() -> None:
    net, pixels = network(), pictures(4, 64, 64)
    test = volume(pixels)
    table = rows_of(net, test, images=2)
    stacks = torch.stack([pixels[[0, 0, 1]], pixels[[2, 3, 3]]])
    maps = saliency("gradient")(net, stacks, None).numpy()
    per_image = table[table.metric == "swd"]
    assert per_image["image"].tolist() == ["z0", "z3"]
    assert set(per_image["map"]) == {"gradient"}
    scaled = [(m - m.min()) / (m.max() - m.min()) * 255 for m in maps]
    assert per_image["value"].tolist() == pytest.approx(
        [wasserstein(m[0], m[2]) for m in scaled], rel=1e-6
    )
    assert table[table.metric == "fwd"]["value"].tolist() == pytest.approx(
        [
            (wasserstein(m[0], m[2]) + wasserstein(m[0], m[1]) + wasserstein(m[1], m[2])) / 3
            for m in scaled
        ],
        rel=1e-6,
    )
    whole = [np.stack([m[c] for m in scaled]) for c in range(3)]
    for metric, mean in (("pooled_swd", symmetric), ("pooled_fwd", full)):
        (found,) = table[table.metric == metric]["value"]
        assert found == pytest.approx(mean(wasserstein, whole), rel=0.02)
    shares = table[table.metric == "share"].pivot_table(
        index="image", columns="channel", values="value"
    )
    assert shares.columns.tolist() == [-1, 0, 1]
    assert shares.to_numpy() == pytest.approx(
        maps.sum(axis=(2, 3)) / maps.sum(axis=(1, 2, 3))[:, None], rel=1e-6
    )
    swapped = (net(stacks).sigmoid() - net(stacks.flip(1)).sigmoid()).abs().mean(dim=(1, 2, 3))
    assert table[table.metric == "swap"]["value"].tolist() == pytest.approx(swapped.tolist())
    raw = rows_of(net, test, images=2, scale="raw")
    assert raw[raw.metric == "swd"]["value"].tolist() == pytest.approx(
        [wasserstein(m[0], m[2]) for m in maps]
    )


def test_joint_scaling_keeps_the_channels_apart() -> None:
    found = joint(np.array([[[1.0, 2.0]], [[2.0, 3.0]], [[5.0, 11.0]]]))
    assert found.ravel() == pytest.approx([0, 25.5, 25.5, 51, 102, 255])
    assert joint(np.full((3, 2, 2), 7.0)).tolist() == np.zeros((3, 2, 2)).tolist()


def test_pooling_keeps_the_distribution_in_little() -> None:
    values = np.random.default_rng(0).exponential(20, 30_000)
    little = condensed_sample(values, 1024)
    assert little.size == 1024
    assert little.mean() == pytest.approx(values.mean(), rel=1e-3)
    assert condensed_sample(values[:10], 1024) == pytest.approx(np.sort(values[:10]))


def test_a_map_without_saliency_is_undefined_and_not_symmetric() -> None:
    pixels = pictures(3, 32, 32)
    empty = torch.zeros(3, 32, 32, dtype=torch.uint8)
    table = rows_of(network(), volume(pixels, empty), {"name": "foreground", "mask": "true"})
    assert table[table.metric != "swap"]["value"].isna().all()
    assert set(table["metric"]) == {"swd", "fwd", "pooled_swd", "pooled_fwd", "share", "swap"}


def test_what_is_ignored_is_no_foreground() -> None:
    masks = torch.full((3, 32, 32), 255, dtype=torch.uint8)
    test = volume(pictures(3, 32, 32), masks)
    assert isinstance(test, Labelled)
    raw = {"name": "foreground", "mask": "true"}
    assert rows_of(network(), test, raw).query("metric == 'swd'")["value"].notna().all()
    ignoring = Labelled(test.images, masks, test.classes, ignore=255)
    assert rows_of(network(), ignoring, raw).query("metric == 'swd'")["value"].isna().all()


def test_images_of_several_sizes_and_windows_are_measured_without_their_padding() -> None:
    net, pixels = network(), pictures(2, 64, 64)
    sizes = torch.tensor([[64, 64], [40, 56]])
    test = volume(pixels, sizes=sizes)
    bare = (
        rows_of(net, volume(pixels[:, :40, :56]), images=2)
        .query("metric == 'swd'")["value"]
        .tolist()
    )
    found = rows_of(net, test).query("metric == 'swd'")["value"].tolist()
    assert found[1] == pytest.approx(bare[1])
    assert found[0] != pytest.approx(bare[0])
    middle = (
        rows_of(net, volume(pixels[:, 16:48, 16:48])).query("metric == 'swd'")["value"].tolist()
    )
    assert rows_of(net, volume(pixels), crop=32).query("metric == 'swd'")[
        "value"
    ].tolist() == pytest.approx(middle)


@pytest.mark.parametrize(("slices", "planes"), [(1, 1), (1, 3), (3, 3)])
def test_a_stack_without_neighbours_is_refused(slices: int, planes: int) -> None:
    ends = torch.zeros(1, dtype=torch.long), torch.zeros(1, dtype=torch.long)
    images = Unlabelled(torch.rand(1, planes, 32, 32), ["a"], ["a"], *ends, slices=slices)
    with pytest.raises(
        ValueError, match=f"odd stack of at least 3 .* sees {slices} slices? of {planes} plane"
    ):
        rows_of(network(), images)


@pytest.mark.parametrize("slices", [3, 5])
def test_a_trial_is_measured_with_several_maps(home: Home, slices: int) -> None:
    wrong: list[Any] = []
    trial = read_trial(
        {
            "fit": {
                "train_on": {"name": "phantom", "slices": 3, "size": 48},
                "net": {"arch": "tiny_unet", "slices": slices, "width": 2},
                "method": {"name": "supervised", "epochs": 1},
                "patch": 32,
                "batch": 2,
                "steps": 2,
            },
            "probes": [
                {
                    "name": "attribution",
                    "maps": [
                        "gradient",
                        {"name": "gradcam", "label": "mine"},
                        {"name": "gradient", "points": 9},
                    ],
                    "distances": ["wasserstein", "jensen_shannon", "bhattacharyya"],
                }
            ],
        },
        wrong,
    )
    assert trial is not None, wrong
    fit(trial.fit, [trial.pick], home, torch.device("cpu"))
    folder = measure(trial, home, torch.device("cpu"))
    rows = pd.read_parquet(folder / "rows.parquet")
    swd = rows[rows.metric == "swd"]
    assert len(swd) == 3 * 3 * 3
    assert set(swd["map"]) == {"gradient", "mine", "gradient(points=9)"}
    assert set(swd["distance"]) == {"wasserstein", "jensen_shannon", "bhattacharyya"}
    assert set(rows[rows.metric == "share"]["channel"]) == set(
        range(-(slices // 2), slices // 2 + 1)
    )
    assert len(list((folder / "figures").glob("channels-*.png"))) == 3
    assert [p.name for p in Path(folder / "figures").glob("saliency-*.png")] == [
        "saliency-test-000.png"
    ]


def test_views_are_equalised_over_the_slices_together() -> None:
    from harness.components.probes.attribution_figures import equalised

    rng = np.random.default_rng(1)
    strong, weak = rng.exponential(10, (32, 32)), rng.exponential(1, (32, 32))
    shown = equalised(np.stack([weak, strong, weak]))
    assert shown[1].mean() > 2 * shown[0].mean()
    assert np.sort(shown, axis=None)[shown.size // 4] == pytest.approx(0.25, abs=0.01)


def test_as_many_figures_as_are_asked_for() -> None:
    test = volume(pictures(5, 32, 32))
    for wanted in (0, 2, 9):
        found = list(attribution(network(), test, maps=[saliency("gradient")], figures=wanted))
        names = [o.name for o in found if isinstance(o, Figure)]
        shown = min(wanted, 5)
        assert names == [f"saliency-z{i}" for i in ([0, 4] if shown == 2 else range(shown))] + [
            "channels-gradient"
        ] * (wanted > 0)
        assert all(math.isfinite(o.value) for o in found if isinstance(o, Row))
