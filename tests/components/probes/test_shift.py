"""The distance of features between two test sets: against the equations done slowly, in batches, by layer, and kept."""

import gc
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from numpy.typing import NDArray
from scipy import stats
from torch import Tensor, nn

from harness.components.nets import smp
from harness.components.nets.tiny_unet import tiny_unet
from harness.components.probes.shift import shift
from harness.data.images import Labelled, Unlabelled
from harness.measure import forward
from harness.measure.histograms import Span, count_values, hellinger, wasserstein, widen
from harness.measure.layers import stages
from harness.measure.rows import Arrays, Figure, Original, Row
from harness.measure.setup import open_test_set, open_trial
from harness.measure.trial import measure
from harness.record.tracker import Tracker, uri
from harness.run.carry_out import run
from harness.run.plan import plan
from harness.spec.parse import read_part, read_trial
from harness.spec.values import Trial
from harness.store import Home, read_json
from harness.study.load import load_study
from harness.train.build import as_function
from harness.train.loop import fit

CPU = torch.device("cpu")
Values = NDArray[np.floating[Any]]


def slow(x: Values, y: Values, bins: int) -> float:
    """Eqs. 4 to 9 of paper 004 for one channel, value by value; the last bin is closed."""
    both = np.concatenate([x, y])
    alpha, beta = both.max() - both.min(), both.min()

    def shares(values: Values) -> list[float]:
        found = [0.0] * bins
        for value in values:
            for b in range(bins):
                low, high = b / bins * alpha + beta, (b + 1) / bins * alpha + beta
                if low <= value < high or (b == bins - 1 and value >= high):
                    found[b] += 1 / len(values)
                    break
        return found

    coefficient = sum(math.sqrt(p * q) for p, q in zip(shares(x), shares(y), strict=True))
    return math.sqrt(max(0.0, 1 - coefficient))


def span_of(*sets: Tensor) -> Span:
    found: Span | None = None
    for values in sets:
        found = widen(found, values)
    assert found is not None
    return found


def distance(x: Tensor, y: Tensor, bins: int = 100) -> Tensor:
    span = span_of(x, y)
    return hellinger(count_values(x, span, bins), count_values(y, span, bins))


def normal(seed: int, *shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("bins", [1, 10, 37, 100])
def test_hellinger_is_the_papers_equations(bins: int) -> None:
    x, y = normal(0, 3, 80), normal(1, 3, 60) * torch.tensor([[1.0], [2.0], [0.3]]) + 0.5
    expected = [
        slow(a.double().numpy(), b.double().numpy(), bins) for a, b in zip(x, y, strict=True)
    ]
    assert distance(x, y, bins).tolist() == pytest.approx(expected, abs=1e-7)


def test_hellinger_is_symmetric_0_on_the_same_and_1_on_what_shares_nothing() -> None:
    x, y = normal(0, 5, 300), normal(1, 5, 200) + 1
    assert torch.equal(distance(x, y), distance(y, x))
    assert bool(((distance(x, y) > 0) & (distance(x, y) < 1)).all())
    assert distance(x, x).tolist() == [0] * 5
    assert distance(x, x[:, torch.randperm(300)]).tolist() == [0] * 5
    assert distance(x.abs(), -x.abs() - 5).tolist() == pytest.approx([1] * 5, abs=1e-12)


def test_channels_that_are_constant_or_no_numbers() -> None:
    x = torch.tensor([[0.0, 0.0], [3.0, 3.0], [3.0, 3.0], [1.0, math.inf], [1.0, math.nan]])
    y = torch.tensor([[0.0, 0.0], [3.0, 3.0], [4.0, 4.0], [1.0, 2.0], [1.0, 2.0]])
    assert distance(x, y).tolist() == pytest.approx([0, 0, 1, math.nan, math.nan], nan_ok=True)


def test_the_largest_value_is_counted() -> None:
    x = torch.arange(9.0)[None]
    assert count_values(x, span_of(x), 8).tolist() == [[1, 1, 1, 1, 1, 1, 1, 2]]


def test_the_bias_of_the_estimator() -> None:
    """Two samples of the same normal distribution, 500 each: the more bins, the farther apart."""
    x, y = normal(2, 200, 500), normal(3, 200, 500)
    for bins, expected in {10: 0.089, 50: 0.154, 100: 0.246, 200: 0.320}.items():
        assert float(distance(x, y, bins).mean()) == pytest.approx(expected, abs=0.04), bins


def test_wasserstein_is_scipys_up_to_a_bin() -> None:
    x, y = normal(0, 4, 700), normal(1, 4, 500) * 1.5 + 0.4
    span = span_of(x, y)
    found = wasserstein(count_values(x, span, 400), count_values(y, span, 400), span)
    expected = [stats.wasserstein_distance(a.numpy(), b.numpy()) for a, b in zip(x, y, strict=True)]
    assert np.abs(found.numpy() - expected).max() < float((span.high - span.low).max()) / 400
    moved = wasserstein(
        count_values(x, span_of(x, x + 3), 1000),
        count_values(x + 3, span_of(x, x + 3), 1000),
        span_of(x, x + 3),
    )
    assert moved.tolist() == pytest.approx([3.0] * 4, abs=0.02)


def test_batches_give_what_all_at_once_gives() -> None:
    x, y = normal(0, 3, 90), normal(1, 3, 90)
    whole = span_of(x, y)
    parts = span_of(*x.split(7, dim=1), *y.split(13, dim=1))
    assert torch.equal(whole.low, parts.low)
    assert torch.equal(whole.high, parts.high)
    summed = torch.stack([count_values(part, parts, 20) for part in x.split(7, dim=1)]).sum(0)
    assert torch.equal(summed, count_values(x, whole, 20))


def images(count: int, size: int = 64, seed: int = 0, channels: int = 1) -> Unlabelled:
    rng = torch.Generator().manual_seed(seed)
    pixels = torch.randint(0, 256, (count, channels, size, size), generator=rng, dtype=torch.uint8)
    alone = torch.arange(count)
    return Unlabelled(pixels, [f"{i}" for i in range(count)], ["all"] * count, alone, alone)


def darker(test: Unlabelled, by: float) -> Unlabelled:
    return replace(test, pixels=test.pixels.float() / 255 * by)


def tiny(seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    return tiny_unet(1, 1, width=2).eval()


def measured(found: Any) -> tuple[dict[str, dict[str, float]], dict[str, NDArray[Any]]]:
    """What the probe yields: values by metric and layer, and the arrays."""
    values: dict[str, dict[str, float]] = {}
    arrays: dict[str, NDArray[Any]] = {}
    for one in found:
        if isinstance(one, Row):
            values.setdefault(one.metric, {})[one.dimensions["layer"]] = one.value
        elif isinstance(one, Arrays):
            arrays = one.arrays
        else:
            assert isinstance(one, Figure)
    return values, arrays


def test_the_probe_is_the_equations_on_every_feature_at_once() -> None:
    net, test = tiny(), images(5)
    changed = darker(test, 0.5)
    values, _ = measured(shift(net, changed, Original(net, test), bins=30))
    with torch.no_grad():
        before, after = (
            net.get_submodule("encoder")(i.whole(torch.arange(5))) for i in (test, changed)
        )
    for i, (one, other) in enumerate(zip(before, after, strict=True)):
        sides = []
        for maps in (one, other):  # 64 / 32 = 2 positions a side, by hand
            cut = maps.shape[-1] // 2
            blocks = maps.reshape(*maps.shape[:2], 2, cut, 2, cut).mean((3, 5))
            sides.append(blocks.movedim(1, 0).flatten(1).double().numpy())
        expected = np.mean([slow(a, b, 30) for a, b in zip(*sides, strict=True)])
        assert values["hellinger"][f"encoder_{i}"] == pytest.approx(
            expected, abs=0.02
        )  # a value at a bin's edge


@pytest.mark.parametrize("at_once", [64 * 64, 3 * 64 * 64, 2**21])
def test_batches_of_any_size_give_the_same(at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    net, test = tiny(), images(7)
    expected, _ = measured(shift(net, darker(test, 0.7), Original(net, test)))
    monkeypatch.setattr(forward, "AT_ONCE", at_once)
    found, _ = measured(shift(net, darker(test, 0.7), Original(net, test)))
    for metric, layers in expected.items():
        assert list(found[metric]) == list(layers)
        assert list(found[metric].values()) == pytest.approx(list(layers.values()), abs=0.01), (
            metric
        )


def test_a_shift_that_is_none_is_0_and_a_stronger_one_is_farther() -> None:
    net, test = tiny(), images(8)
    none, some, more = (
        measured(shift(net, darker(test, by), Original(net, test)))[0] for by in (1, 0.8, 0.4)
    )
    assert set(none["hellinger"].values()) == set(none["representation_shift"].values()) == {0.0}
    assert some["representation_shift"]["encoder_0"] < more["representation_shift"]["encoder_0"]
    assert min(some["hellinger"].values()) > 0


def test_two_halves_are_closer_the_more_images_there_are() -> None:
    net = tiny()
    few, many = (measured(shift(net, images(n), None))[0] for n in (8, 64))
    assert set(few) == {"hellinger_null"}  # nothing is shifted
    for layer, value in many["hellinger_null"].items():
        assert 0 < value < few["hellinger_null"][layer]
    assert measured(shift(net, images(1), None))[0] == {}  # one image has no halves


def test_the_stages_of_the_librarys_networks() -> None:
    names = [*(f"encoder_{i}" for i in range(6)), *(f"decoder_{i}" for i in range(5))]
    net, test = smp.unet(3, 1, encoder="resnet18").eval(), images(2, channels=3)
    values, arrays = measured(shift(net, darker(test, 0.5), Original(net, test), bins=7))
    assert list(values["hellinger"]) == names
    widths = [3, 64, 64, 128, 256, 512, 256, 128, 64, 32, 16]
    assert [arrays[f"{name}/shifted"].shape for name in names] == [(width, 7) for width in widths]
    assert {int(arrays[f"{name}/original"][0].sum()) for name in names} == {2 * 2 * 2}
    for build in (smp.fpn, smp.segformer, smp.deeplabv3plus):
        net = build(3, 1, encoder="resnet18").eval()
        assert {"encoder_5", "decoder_0"} <= measured(shift(net, test, None, bins=7))[0][
            "hellinger_null"
        ].keys()
    mixed = smp.unet(3, 1, encoder="mit_b0").eval()  # its first features have no channels
    assert "encoder_1" in stages(mixed)
    assert "encoder_1" not in measured(shift(mixed, test, None, bins=7))[0]["hellinger_null"]


class Own(nn.Module):
    """A user's network, which knows nothing of encoders."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.ModuleList(
            [nn.Conv2d(1, 3, 3, padding=1), nn.Conv2d(3, 4, 3, stride=2, padding=1)]
        )
        self.gate = nn.Linear(4, 4)
        self.head = nn.Conv2d(4, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        for block in self.body:
            x = block(x).relu()
        x = x * self.gate(x.mean((2, 3)))[:, :, None, None].sigmoid()
        return nn.functional.interpolate(self.head(x), scale_factor=2)


def test_any_network_with_named_modules_is_probed() -> None:
    net, test = Own().eval(), images(4)
    assert list(measured(shift(net, test, None))[0]["hellinger_null"]) == [
        "head"
    ]  # what else gives no maps
    values, _ = measured(
        shift(net, darker(test, 0.3), Original(net, test), layers=["body.1", "head", "body.0"])
    )
    assert list(values["hellinger"]) == ["body.1", "head", "body.0"]
    assert min(values["hellinger"].values()) > 0
    with pytest.raises(ValueError, match="Own has no layer 'encoder_1'; there is body, gate, head"):
        list(shift(net, test, None, layers=["encoder_1"]))
    with pytest.raises(ValueError, match=r"shift\.layers: gate, body: no feature maps"):
        list(shift(net, test, None, layers=["gate", "head", "body"]))
    assert all(not shift._forward_hooks for module in net.modules())


def test_the_memory_that_is_held_does_not_grow_with_the_images(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The bytes of all tensors alive in the middle of a pass; the images themselves are one strip, seen many times."""
    from harness.components.probes import shift

    def strip(count: int) -> Unlabelled:
        pixels = torch.arange(32 * 32 + 7 * 999).remainder(251).to(torch.uint8)
        seen = pixels.as_strided((count, 1, 32, 32), (7, 0, 32, 1))
        alone = torch.arange(1).expand(count)
        return Unlabelled(seen, ["same"] * count, ["all"] * count, alone, alone)

    def alive() -> int:
        gc.collect()
        tensors = [t for t in gc.get_objects() if type(t) in (Tensor, nn.Parameter)]
        return sum(
            {t.untyped_storage().data_ptr(): t.untyped_storage().nbytes() for t in tensors}.values()
        )

    def spied(net: nn.Module, test: Unlabelled, names: list[str]) -> Any:
        for i, one in enumerate(pooled(net, test, names)):
            if i < 2 or i == len(test) // 4 - 1:
                peak.append(alive())
            yield one

    pooled, net = shift.pooled, tiny()
    monkeypatch.setattr(shift, "pooled", spied)
    monkeypatch.setattr(forward, "AT_ONCE", 4 * 32 * 32)
    peaks = []
    for count in (16, 128):
        peak: list[int] = []
        test = strip(count)
        kept = sum(
            array.nbytes for array in measured(shift(net, test, Original(net, test)))[1].values()
        )
        assert len(peak) == 4 * 3
        peaks.append((max(peak), kept))
    assert peaks[1][1] == peaks[0][1]
    assert 0 <= peaks[1][0] - peaks[0][0] <= 2 * 8 * (128 - 16)  # which half each image is in


STUDY = """
name: moved
base:
  fit:
    train_on: {name: phantom, slices: 4, size: 48}
    net: {arch: tiny_unet, slices: 3, width: 2}
    method: {name: supervised, epochs: 1}
    patch: 32
    batch: 2
    steps: 2
  probes: [segmentation, {name: shift, bins: 20}]
"""


def trial(**changes: Any) -> Trial:
    import yaml

    wrong: list[Any] = []
    found = read_trial({**yaml.safe_load(STUDY)["base"], **changes}, wrong)
    assert found is not None, wrong
    return found


def rows_of(one: Trial, home: Home) -> tuple[Path, dict[str, dict[str, float]]]:
    fit(one.fit, [one.pick], home, CPU)
    folder = measure(one, home, CPU)
    rows = pd.read_parquet(folder / "rows.parquet")
    layered = rows[rows.layer.notna()] if "layer" in rows else rows[:0]
    return folder, {
        m: dict(zip(part.layer, part.value, strict=True)) for m, part in layered.groupby("metric")
    }


def test_a_trial_keeps_its_histograms_and_draws_them(home: Home) -> None:
    folder, values = rows_of(trial(perturb={"name": "brightness", "strength": 0.5}), home)
    with np.load(folder / "shift.npz", allow_pickle=False) as kept:
        for layer, value in values["hellinger"].items():
            p, q = (
                kept[f"{layer}/{side}"] / kept[f"{layer}/{side}"].sum(1, keepdims=True)
                for side in ("original", "shifted")
            )
            assert value == pytest.approx(
                np.sqrt(np.maximum(0, 1 - np.sqrt(p * q).sum(1))).mean(), abs=1e-6
            )
            assert kept[f"{layer}/low"].shape == kept[f"{layer}/hellinger"].shape
    assert (folder / "figures" / "shift.png").stat().st_size > 5000
    means = read_json(folder / "result.json")["metrics"]
    assert means["hellinger/encoder_0"] == pytest.approx(values["hellinger"]["encoder_0"])
    assert {"hellinger", "hellinger_null", "representation_shift"} == set(values)


def test_the_original_of_a_perturbation_of_features_runs_without_it(home: Home) -> None:
    _, values = rows_of(trial(perturb={"name": "dropout", "strength": 0.5}), home)
    assert [values["hellinger"][f"encoder_{i}"] for i in range(3)] == [0, 0, 0]
    assert values["hellinger"]["encoder_3"] > 0.05
    assert values["hellinger"]["decoder_2"] > 0


def test_another_data_set_is_compared_with(home: Home) -> None:
    other = {"name": "phantom", "slices": 4, "size": 48, "style": "vnc"}
    same = {"name": "phantom", "slices": 4, "size": 48}
    probes = [[{"name": "shift", "bins": 20, "against": which}] for which in (other, same)]
    _, far = rows_of(trial(probes=probes[0]), home)
    _, near = rows_of(trial(probes=probes[1]), home)
    assert near["hellinger"]["encoder_0"] == 0
    assert far["hellinger"]["encoder_0"] > 0.3
    assert trial(probes=probes[0]).fit.key == trial(probes=probes[1]).fit.key
    assert trial(probes=probes[0]).key != trial(probes=probes[1]).key
    assert trial(probes=probes[0]).probes[0].options["against"].options["split"] == "test"
    with pytest.raises(ValueError, match=r"shift.against: 3 channels, where test_on has 1"):
        list(shift(tiny(), images(2), None, against=images(2, channels=3)))


def test_what_was_prepared_is_compared_prepared(home: Home) -> None:
    base = trial().fit.plain
    one = trial(
        fit={**base, "prepare": ["standardise"]}, perturb={"name": "brightness", "strength": 1.0}
    )
    _, values = rows_of(one, home)
    assert set(values["hellinger"].values()) == {0.0}
    test = open_trial(one, home, CPU)[1]
    assert isinstance(test, Labelled)
    assert float(test.images.pixels.min()) < 0


def test_strengths_share_one_training_and_each_has_its_distances(
    home: Home, tmp_path: Path
) -> None:
    file = tmp_path / "moved.yaml"
    file.write_text(
        STUDY
        + "grid:\n  perturb: [null, {name: brightness, strength: 0.8}, {name: dropout, strength: 0.3}]\n"
    )
    tracker = Tracker(uri(home), home)
    tracker.prepare()
    made = plan(load_study(file), home, tracker.runs(), None)
    assert (len(made.training), len(made.todo)) == (1, 3)
    from harness.record.table import table
    from harness.record.tracker import metrics
    from harness.run.engines import inline

    ended = run(made, home, tracker, inline(home.folder, "cpu"), lambda p, o: None)
    assert (ended.count("finished"), ended.count("finished", "fit")) == (3, 1)
    _, rows = table(tracker, "moved")
    assert rows[rows.metric == "hellinger"].groupby("run").layer.nunique().tolist() == [7, 7]
    assert rows[rows.metric == "hellinger_null"].run.nunique() == 3
    assert rows[rows.metric == "dice"].run.nunique() == 3
    assert any("hellinger/encoder_3" in found for found in metrics(tracker, "moved").values())
    for one in tracker.runs("moved"):
        assert (home.hidden / "artifacts" / "moved" / one.id / "artifacts" / "shift.npz").exists()


def test_a_study_names_a_layer_by_text_alone() -> None:
    from harness.spec.parse import Around

    wrong: list[Any] = []
    part = read_part("probe", {"name": "shift", "layers": [3], "bins": 0}, (), wrong, Around())
    assert part is not None
    assert len(wrong) == 2
    assert as_function(
        read_part("probe", {"name": "shift", "layers": ["a.b"]}, (), [], Around()), None
    ).keywords["layers"] == ["a.b"]  # type: ignore[arg-type,attr-defined]


@pytest.mark.filterwarnings(
    "ignore:The given NumPy array is not writable"
)  # the phantom's, which nobody writes to
def test_perturbed_images_that_are_too_many_are_mapped(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    from harness.data import domains

    one = trial(perturb={"name": "brightness", "strength": 0.5})
    home.hidden.mkdir(exist_ok=True)
    plain = open_test_set(one, home, CPU)
    monkeypatch.setattr(domains, "IN_MEMORY", 1000)
    before = set(home.hidden.rglob("*"))
    mapped = open_test_set(one, home, CPU)
    assert isinstance(plain, Labelled)
    assert isinstance(mapped, Labelled)
    assert torch.equal(plain.images.pixels, mapped.images.pixels)
    assert (
        str(home.hidden) in Path("/proc/self/maps").read_text()
        or not Path("/proc/self/maps").exists()
    )
    assert {
        p for p in set(home.hidden.rglob("*")) - before if p.is_file() and "locks" not in p.parts
    } == set()
