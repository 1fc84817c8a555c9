"""The loop: the same weights however often it is stopped, phases and players in order, losses by hand."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from harness.components.schedules import constant, linear, one_cycle, plateau, step
from harness.data.domains import open_domains
from harness.data.images import Domains, Labelled, Unlabelled
from harness.spec.catalogue import catalogue
from harness.spec.parse import read_fit
from harness.spec.values import LAST, Fit, Part
from harness.store import Home, load_weights, read_json
from harness.train import batches, loop
from harness.train import step as step_
from harness.train.build import bind, checkpoint
from harness.train.phases import Batch, Clock, Phase, Player, freeze, train_mode
from harness.train.state import Making

CPU = torch.device("cpu")
SPEC: dict[str, Any] = {
    "train_on": {"name": "phantom", "slices": 4, "size": 48},
    "net": {"arch": "tiny_unet", "slices": 3, "width": 2},
    "augment": ["flips", "noise"],
    "method": {"name": "supervised", "epochs": 3, "lr": 1e-3},
    "patch": 32,
    "batch": 4,
    "steps": 2,
}
VALIDATED = Part("pick", "source_validation", {})


def spec(**changes: Any) -> Fit:
    wrong: list[Any] = []
    found = read_fit({**SPEC, **changes}, (), wrong)
    assert found is not None, wrong
    return found


def weights(fit: Fit, home: Home, pick: Part = LAST) -> dict[str, Tensor]:
    return load_weights(checkpoint(fit, pick, home))


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[k], other[k]) for k in one)


class Stop(BaseException):
    """Stands for a kill: nothing may catch it."""


@pytest.mark.parametrize("at", range(1, 6))
def test_a_stopped_fit_ends_with_the_same_weights(home: Home, tmp_path: Path, at: int) -> None:
    whole = spec()
    loop.fit(whole, [VALIDATED], home, CPU)
    expected = weights(whole, home), weights(whole, home, VALIDATED)
    other = Home(tmp_path / "other")
    calls = []

    def report(progress: dict[str, Any]) -> None:
        calls.append(progress)
        if len(calls) == at:
            raise Stop

    with pytest.raises(Stop):
        loop.fit(whole, [VALIDATED], other, CPU, report)
    assert other.store("fits").find(whole.key) is None
    loop.fit(whole, [VALIDATED], other, CPU)
    assert same(weights(whole, other), expected[0])
    assert same(weights(whole, other, VALIDATED), expected[1])
    histories = [read_json(h.store("fits").path(whole.key) / "history.json") for h in (home, other)]
    timeless = [
        [{k: v for k, v in row.items() if k not in ("seconds/epoch", "at")} for row in h]
        for h in histories
    ]
    assert timeless[0] == timeless[1]


def test_seeds_differ_and_repeat(home: Home, tmp_path: Path) -> None:
    loop.fit(spec(), [], home, CPU)
    loop.fit(spec(seed=1), [], home, CPU)
    loop.fit(spec(), [], Home(tmp_path / "again"), CPU)
    assert same(weights(spec(), home), weights(spec(), Home(tmp_path / "again")))
    assert not same(weights(spec(), home), weights(spec(seed=1), home))


def test_a_pick_asked_for_later_comes_from_the_same_training(home: Home) -> None:
    loop.fit(spec(), [LAST], home, CPU)
    before = weights(spec(), home)
    loop.fit(spec(), [VALIDATED], home, CPU)
    assert same(before, weights(spec(), home))
    assert weights(spec(), home, VALIDATED)
    assert loop.has(home.store("fits").find(spec().key), [LAST, VALIDATED])


def test_a_loss_that_is_no_number_ends_the_fit_as_diverged_with_its_step(home: Home) -> None:
    fit = spec(
        method={"name": "supervised", "epochs": 2, "lr": 1e30, "optimiser": "sgd", "loss": "bce"}
    )
    folder = loop.fit(fit, [], home, CPU)
    kept = read_json(folder / "fit.json")
    assert kept["state"] == "diverged"
    assert kept["step"] >= 1
    assert kept["phase"] == "segment"
    assert not list(folder.glob("*.safetensors"))


def test_out_of_memory_halves_the_pieces_and_keeps_the_gradient(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # instance statistics would differ in pieces: without batch norm, pieces must not change the gradient
    sizes: list[int] = []
    plain = step_.backward

    def scarce(making: Any, player: Player, batch: Batch, pieces: int) -> dict[str, Tensor]:
        if len(batch.source.images) / pieces > 2:
            raise torch.OutOfMemoryError("CUDA out of memory")
        sizes.append(pieces)
        return plain(making, player, batch, pieces)

    monkeypatch.setattr(step, "backward", scarce)
    folder = loop.fit(spec(), [], home, CPU)
    assert set(sizes) == {2}
    assert read_json(folder / "fit.json")["pieces"] == {"net": 2}


def test_pieces_have_the_gradient_of_the_whole_batch() -> None:
    net = nn.Conv2d(1, 1, 3)
    images, masks = torch.rand(5, 1, 8, 8), torch.randint(0, 2, (5, 8, 8))
    from harness.train.phases import Crops

    batch = Batch(Crops(images, masks), Crops(torch.empty(0)), torch.Generator(), 0.0)

    def follow(b: Batch) -> Tensor:
        assert b.source.masks is not None
        return nn.functional.binary_cross_entropy_with_logits(
            net(b.source.images)[:, 0], b.source.masks[:, 1:-1, 1:-1].float()
        )

    making: Any = type("Making", (), {"spec": spec(), "device": CPU})()
    player = Player("net", list(net.parameters()), follow, lambda p, lr: torch.optim.SGD(p, lr))
    grads = []
    for pieces in (1, 2, 5):
        net.zero_grad()
        terms = step_.backward(making, player, batch, pieces)
        grads.append(net.weight.grad.clone())  # type: ignore[union-attr]
        assert float(terms[""]) == pytest.approx(float(follow(batch).detach()), rel=1e-5)
    assert torch.allclose(grads[0], grads[1], rtol=1e-4, atol=1e-7)
    assert torch.allclose(grads[0], grads[2], rtol=1e-4, atol=1e-7)


def adversarial(net: nn.Module, data: Domains, steps: list[str]) -> Iterator[Phase]:
    """Two phases, the second with two players, one of which is hung onto the network."""

    def note(name: str, loss: Any) -> Any:
        def follow(batch: Batch) -> Any:
            steps.append(name)
            return loss(batch)

        return follow

    def optimise(parameters: list[nn.Parameter], lr: float) -> torch.optim.Optimizer:
        return torch.optim.Adam(parameters, lr)

    mine = list(net.parameters())
    yield Phase("warm", [Player("net", mine, note("warm", lambda b: net(b.source.images).mean() ** 2), optimise)],
                1, 1e-3, constant, selects=False)  # fmt: skip
    net.critic = nn.Conv2d(1, 1, 1)
    critic = list(net.critic.parameters())
    yield Phase(
        "play",
        [
            Player("net", mine, note("net", lambda b: {"a": net(b.source.images).mean() ** 2, "b": net.critic(net(b.target.images)).mean()}), optimise),  # noqa: E501
            Player("critic", critic, note("critic", lambda b: -net.critic(net(b.target.images).detach()).mean()), optimise, lr=0.5),  # noqa: E501
        ],
        2, 1e-3, constant, streams=("source", "target"),
    )  # fmt: skip


def test_several_players_learn_in_turn_and_what_they_hang_on_stays_out(home: Home) -> None:
    fit = spec(adapt_to={"name": "phantom", "style": "vnc", "slices": 4, "size": 48})
    data = open_domains(fit, home, CPU)
    torch.manual_seed(0)
    net = bind(fit.net, None)(3, 1)
    making = Making(fit, {}, home.folder, CPU, lambda r: None)
    making.kept = set(net.state_dict())
    steps: list[str] = []
    loop._phases(making, net, data, adversarial(net, data, steps))
    assert steps == ["warm"] * 2 + ["net", "critic"] * 4
    assert set(loop._weights(making, net)) == making.kept
    assert any(name.startswith("critic.") for name in net.state_dict())
    assert {"loss/net/a", "loss/net/b", "loss/critic"} <= making.state.history[-1].keys()


def test_a_resumed_phase_with_players_continues_as_if_nothing_had_been(
    home: Home, tmp_path: Path
) -> None:
    fit = spec(adapt_to={"name": "phantom", "style": "vnc", "slices": 4, "size": 48})
    data = open_domains(fit, home, CPU)

    def trained(folder: Path, stops: int | None) -> dict[str, Tensor]:
        folder.mkdir(exist_ok=True)
        torch.manual_seed(0)
        net = bind(fit.net, None)(3, 1)
        seen = []

        def report(progress: dict[str, Any]) -> None:
            seen.append(progress)
            if stops is not None and len(seen) == stops:
                raise Stop

        making = Making(fit, {}, folder, CPU, report)
        making.kept = set(net.state_dict())
        try:
            loop._phases(making, net, data, adversarial(net, data, []))
        except Stop:
            return trained(folder, None)
        return net.state_dict()

    whole = trained(tmp_path / "whole", None)
    for stops in (2, 3, 5, 6):
        assert same(whole, trained(tmp_path / f"stopped-{stops}", stops)), stops


def test_a_player_outside_the_network_is_refused(home: Home) -> None:
    data = open_domains(spec(), home, CPU)
    net, other = bind(spec().net, None)(3, 1), nn.Conv2d(1, 1, 1)
    phase = Phase("p", [Player("critic", list(other.parameters()), lambda b: torch.zeros(()),
                               lambda p, lr: torch.optim.SGD(p, lr))], 1, 1e-3, constant)  # fmt: skip
    with pytest.raises(ValueError, match="hang its module onto net"):
        loop._phases(Making(spec(), {}, home.folder, CPU, lambda r: None), net, data, iter([phase]))


def test_early_stop_waits_for_patience(home: Home) -> None:
    scores = iter([1.0, 2.0, 1.5, 1.9, 1.2, 5.0])
    data = open_domains(spec(), home, CPU)
    net = bind(spec().net, None)(3, 1)
    phase = Phase("p", [Player("net", list(net.parameters()), lambda b: net(b.source.images).mean(),
                               lambda p, lr: torch.optim.SGD(p, lr))],
                  10, 1e-6, constant, patience=2, watch=lambda: next(scores))  # fmt: skip
    making = Making(spec(), {}, home.folder, CPU, lambda r: None)
    loop._phases(making, net, data, iter([phase]))
    assert len(making.state.history) == 4


def test_a_frozen_encoder_stays_as_it_is(home: Home) -> None:
    fit = spec(method={"name": "finetune", "epochs": 1, "frozen": "encoder"})
    torch.manual_seed(fit.seed)
    before = {k: v.clone() for k, v in bind(fit.net, None)(3, 1).state_dict().items()}
    loop.fit(fit, [], home, CPU)
    after = weights(fit, home)
    encoder = [k for k in before if k.startswith("encoder.")]
    assert encoder
    assert all(torch.equal(before[k], after[k]) for k in encoder)
    assert not torch.equal(before["head.weight"], after["head.weight"])


def test_frozen_parts_stay_in_evaluation_mode() -> None:
    net = nn.Sequential(nn.Sequential(nn.Conv2d(1, 1, 1), nn.BatchNorm2d(1)), nn.BatchNorm2d(1))
    freeze(net[0])
    train_mode(net)
    assert [net[0].training, net[0][1].training, net[1].training] == [False, False, True]


def test_schedules_are_those_of_torch() -> None:
    steps, epochs = 4, 10
    total = steps * epochs
    parameter = nn.Parameter(torch.zeros(1))
    pairs: list[tuple[Any, Any, int]] = [
        (lambda c: step(c, every=3, gamma=0.5), lambda o: torch.optim.lr_scheduler.StepLR(o, 3 * steps, 0.5), 1),
        (
            lambda c: one_cycle(c, rise=0.3, div=25, final_div=1e4),
            lambda o: torch.optim.lr_scheduler.OneCycleLR(o, 1.0, total, div_factor=25, final_div_factor=1e4,
                                                          cycle_momentum=False),
            1,
        ),
        (
            lambda c: linear(c, start=0.0, end=0.0),
            lambda o: torch.optim.lr_scheduler.LinearLR(o, 1.0, 0.0, total),
            1,
        ),
    ]  # fmt: skip
    for mine, theirs, _ in pairs:
        optimiser = torch.optim.SGD([parameter], lr=1.0)
        scheduler = theirs(optimiser)
        for i in range(total):
            clock = Clock(i, total, i // steps, steps, [])
            assert mine(clock) == pytest.approx(optimiser.param_groups[0]["lr"], abs=1e-9), i
            optimiser.step()
            scheduler.step()


def test_plateau_is_that_of_torch() -> None:
    scores = [1, 2, 2, 2, 2, 3, 1, 1, 1, 1, 1, 4, 4, 4, 4, 4]
    optimiser = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
    theirs = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimiser, mode="max", factor=0.5, patience=2, threshold=0
    )
    for i in range(len(scores)):
        clock = Clock(i, 100, i, 1, [float(s) for s in scores[:i]])
        assert plateau(clock, factor=0.5, patience=2) == optimiser.param_groups[0]["lr"]
        theirs.step(scores[i])


def stack(slices: int, volumes: list[int]) -> Unlabelled:
    from harness.data.images import grey_range

    names = [str(v) for v in volumes]
    first, last = grey_range(names)
    pixels = (
        torch.arange(len(volumes), dtype=torch.uint8)
        .view(-1, 1, 1, 1)
        .expand(-1, 1, 4, 4)
        .contiguous()
    )
    return Unlabelled(pixels, names, names, first, last, slices)


@pytest.mark.parametrize("slices", [1, 3, 5, 7])
def test_the_end_slice_is_repeated_beyond_the_ends_of_its_volume(slices: int) -> None:
    volumes = [0] * 5 + [1] * 2
    images = stack(slices, volumes)
    seen = (images.whole(torch.arange(7)) * 255).round().long()[:, :, 0, 0]
    reach = slices // 2
    expected = [
        [min(max(z, lo), hi) for z in range(i - reach, i + reach + 1)]
        for i, (lo, hi) in enumerate([(0, 4)] * 5 + [(5, 6)] * 2)
    ]
    assert seen.tolist() == expected


def test_crops_and_masks_show_the_same_place(home: Home) -> None:
    data = open_domains(spec(net={"arch": "tiny_unet", "slices": 5, "width": 2}), home, CPU)
    source = data.source
    assert isinstance(source, Labelled)
    which, top, left = torch.tensor([0, 3]), torch.tensor([5, 16]), torch.tensor([2, 0])
    crops = source.images.crops(which, top, left, 32)
    whole = source.images.whole(which)
    masks = source.mask_crops(which, top, left, 32)
    for i in range(2):
        rows, columns = slice(top[i], top[i] + 32), slice(left[i], left[i] + 32)
        assert torch.equal(crops[i], whole[i, :, rows, columns])
        assert torch.equal(masks[i], source.masks[which[i], rows, columns].long())


def test_a_batch_depends_on_seed_phase_and_step_alone(home: Home) -> None:
    fit = spec()
    data = open_domains(fit, home, CPU)
    phase = Phase("p", [], 1, 1.0, constant)
    change = [bind(part, None) for part in fit.augment]

    def drawn(step: int, index: int) -> Tensor:
        return batches.draw(
            fit, data, phase, change, batches.At(step, index, 0.0, CPU)
        ).source.images

    one = drawn(7, 0)
    torch.rand(100)
    assert torch.equal(one, drawn(7, 0))
    assert not torch.equal(one, drawn(8, 0))
    assert not torch.equal(one, drawn(7, 1))


def test_losses_by_hand() -> None:
    logits = torch.tensor([[[[0.0, 2.0], [-1.0, 4.0]]]])
    masks = torch.tensor([[[0, 1], [1, 255]]])
    p = torch.sigmoid(logits.double())[0, 0]
    expected = -(math.log(1 - p[0, 0]) + math.log(p[0, 1]) + math.log(p[1, 0])) / 3
    from harness.components.losses import bce, bce_dice, ce, ce_dice, dice

    assert float(bce(logits, masks, 255)) == pytest.approx(expected, rel=1e-5)
    assert float(ce(logits, masks, 255)) == pytest.approx(
        expected, rel=1e-5
    )  # one logit: the same thing
    both, either = float(p[0, 1] + p[1, 0]), float(p[0, 0] + p[0, 1] + p[1, 0]) + 2
    soft = 1 - (2 * both + 1) / (either + 1)
    assert float(dice(logits, masks, 255)) == pytest.approx(soft, rel=1e-5)
    assert float(bce_dice(logits, masks, 255)) == pytest.approx((expected + soft) / 2, rel=1e-5)
    two = torch.cat([torch.zeros_like(logits), logits], dim=1)
    assert float(ce(two, masks, 255)) == pytest.approx(expected, rel=1e-5)
    assert float(dice(two, masks, 255)) == pytest.approx(soft, rel=1e-5)
    assert float(ce_dice(two, masks, 255, weight=0.25)) == pytest.approx(
        0.75 * expected + 0.25 * soft, rel=1e-5
    )
    several = torch.tensor(
        [[[0, 3], [2, 255]]]
    )  # two channels tell foreground from background, of whatever class
    assert all(
        float(loss(two, several, 255)) == float(loss(two, masks, 255)) for loss in (bce, ce, dice)
    )


def test_every_augmentation_is_seeded_and_keeps_the_shape() -> None:
    images, masks = torch.rand(4, 3, 16, 16), torch.randint(0, 2, (4, 16, 16))
    for name in catalogue("augment"):
        defaults = {k: o.default for k, o in catalogue("augment")[name].options.items()}
        change = bind(Part("augment", name, defaults), None)
        first, labels = change(images, masks, torch.Generator().manual_seed(1))
        again, _ = change(images, masks, torch.Generator().manual_seed(1))
        other, _ = change(images, masks, torch.Generator().manual_seed(2))
        assert first.shape == images.shape, name
        assert (labels.shape, labels.dtype) == (masks.shape, masks.dtype), name
        assert torch.equal(first, again), name
        assert not torch.equal(first, other), name


def test_geometry_moves_image_and_mask_together() -> None:
    masks = (torch.rand(6, 32, 32) > 0.5).long()
    images = masks[:, None].float().repeat(1, 3, 1, 1)
    flips = bind(Part("augment", "flips", {}), None)
    moved, labels = flips(images, masks, torch.Generator().manual_seed(0))
    assert torch.equal(moved[:, 1], labels.float())


def test_bfloat16_and_channels_last_train(home: Home) -> None:
    fit = spec(precision="bfloat16", channels_last=True, method={"name": "supervised", "epochs": 1})
    assert read_json(loop.fit(fit, [], home, CPU) / "fit.json")["state"] == "finished"


def test_folds_hold_out_each_slice_once(home: Home) -> None:
    held = []
    for fold in range(4):
        data = open_domains(spec(fold=[fold, 4]), home, CPU)
        assert isinstance(data.source, Labelled)
        assert data.validation is not None
        assert not set(data.source.images.ids) & set(data.validation.images.ids)
        held += list(data.validation.images.ids)
    assert len(held) == len(set(held)) == 4
