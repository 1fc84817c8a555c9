"""What players share, how often and how fast they learn, and which module a phase judges."""

import copy
from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from harness.components.schedules import plateau
from harness.data.domains import open_domains
from harness.spec.values import LAST
from harness.store import Home, load_tensors
from harness.train import loop, step
from harness.train.epoch import Diverged, end_of_epoch
from harness.train.phases import (
    Batch,
    Clock,
    Crops,
    Phase,
    Player,
    freeze,
    train_mode,
    unfreeze,
)
from harness.train.state import FitInProgress
from tests.made.fits import CPU, new_net, small_fit


def in_progress(home: Home, **settings: Any) -> FitInProgress:
    return FitInProgress(small_fit(), {}, home.folder, CPU, lambda progress: None, **settings)


def _no_optimiser(parameters: list[nn.Parameter], rate: float) -> torch.optim.Optimizer:
    """Returns an optimiser that moves nothing of the network."""
    unused = nn.Parameter(torch.zeros(1))
    return torch.optim.SGD([unused], lr=rate)


def test_what_players_share_survives_another_cut_of_the_batch(home: Home) -> None:
    net = nn.Conv2d(1, 1, 1)
    images = torch.rand(4, 1, 8, 8)
    batch = Batch(Crops(images), Crops(torch.empty(0)), torch.Generator(), 0.0)
    computed: list[int] = []
    seen: list[Tensor] = []

    def features_of(piece: Batch) -> Tensor:
        computed.append(len(piece.source.images))
        return piece.source.images * 2

    def loss(piece: Batch) -> Tensor:
        features = piece.once("features", features_of)
        seen.append(features)
        return net(features).mean()

    training = in_progress(home)
    player = Player("net", list(net.parameters()), loss, torch.optim.SGD)
    for pieces in (1, 1, 2, 2, 4):
        seen.clear()
        step.backward(training, player, batch, pieces)
        assert torch.equal(torch.cat(seen), images * 2)
    assert computed == [4, 2, 2, 1, 1, 1, 1]


def test_a_player_learns_at_its_own_pace_and_rate(home: Home) -> None:
    spec = small_fit()
    net = new_net(spec)
    players_at: list[str] = []
    rates: list[float] = []

    def loss_of(name: str) -> Any:
        def loss(batch: Batch) -> Tensor:
            players_at.append(name)
            logits: Tensor = net(batch.source.images)
            return logits.mean()

        return loss

    def half_rate(clock: Clock) -> float:
        rates.append(0.5)
        return 0.5

    own = list(net.parameters())
    fast = Player("fast", own, loss_of("fast"), torch.optim.SGD)
    slow = Player("slow", own, loss_of("slow"), torch.optim.SGD, schedule=half_rate, every=3)
    phase = Phase("p", [slow, fast], 2, 1e-3)
    training = in_progress(home)
    loop.run_phases(training, net, open_domains(spec, home, CPU), iter([phase]))
    assert players_at == ["slow", "fast", "fast", "fast", "slow", "fast"]
    assert training.state.history[-1]["lr"] == pytest.approx(5e-4)


def test_a_pace_below_one_and_a_missing_rate_are_refused() -> None:
    with pytest.raises(ValueError, match="`every` is 1 or more"):
        Player("critic", [], lambda batch: torch.zeros(()), torch.optim.SGD, every=0)
    player = Player("critic", [], lambda batch: torch.zeros(()), torch.optim.SGD)
    with pytest.raises(ValueError, match="critic has no learning rate"):
        Phase("p", [player], 1).rate_of(player)


def test_schedules_of_a_phase_that_watches_nothing_see_its_training_loss(home: Home) -> None:
    training = in_progress(home)
    player = Player("net", [], lambda batch: torch.zeros(()), torch.optim.SGD)
    phase = Phase("p", [player], 2, 1e-3)
    spec = small_fit()
    data = open_domains(spec, home, CPU)
    losses = {"loss/net/a": 0.5, "loss/net/b": 0.25, "loss/network": 9.0}
    scores = end_of_epoch(training, new_net(spec), data, phase, losses)
    assert training.state.watched == [-0.75]
    assert scores == {}


def test_plateau_falls_with_the_training_loss_where_nothing_is_watched(home: Home) -> None:
    spec = small_fit()
    net = new_net(spec)

    def never_better(batch: Batch) -> Tensor:
        logits: Tensor = net(batch.source.images)
        return 0 * logits.mean() + 1

    player = Player("net", list(net.parameters()), never_better, torch.optim.SGD)
    phase = Phase("p", [player], 4, 1.0, partial(plateau, factor=0.5, patience=0))
    training = in_progress(home)
    loop.run_phases(training, net, open_domains(spec, home, CPU), iter([phase]))
    assert [row["lr"] for row in training.state.history] == [1.0, 1.0, 0.5, 0.25]


def test_a_loss_that_is_no_number_is_reported_at_the_step_of_its_player(home: Home) -> None:
    spec = small_fit(steps=6)
    net = new_net(spec)
    own = list(net.parameters())
    turns: list[int] = []

    def fine(batch: Batch) -> Tensor:
        logits: Tensor = net(batch.source.images)
        return logits.mean()

    def bad_at_its_second_turn(batch: Batch) -> Tensor:
        turns.append(len(turns))
        return fine(batch) * (torch.nan if len(turns) == 2 else 1)

    fast = Player("fast", own, fine, torch.optim.SGD, lr=0.0)
    slow = Player("slow", [], bad_at_its_second_turn, _no_optimiser, lr=0.0, every=3)
    training = FitInProgress(spec, {}, home.folder, CPU, lambda progress: None)
    data = open_domains(spec, home, CPU)
    phases = iter([Phase("p", [fast, slow], 1)])
    with pytest.raises(Diverged) as caught:
        loop.run_phases(training, net, data, phases)
    assert caught.value.step == 3


def test_two_players_of_one_name_are_refused(home: Home) -> None:
    spec = small_fit()
    player = Player("net", [], lambda batch: torch.zeros(()), torch.optim.SGD)
    data = open_domains(spec, home, CPU)
    phases = iter([Phase("p", [player, player], 1, 1e-3)])
    with pytest.raises(ValueError, match="two of its players have the name net"):
        loop.run_phases(in_progress(home), new_net(spec), data, phases)


def test_the_module_that_a_phase_evaluates_is_saved(home: Home) -> None:
    spec = small_fit()
    folder = home.folder / "fit"
    folder.mkdir()
    net = new_net(spec)
    names = set(net.state_dict())
    teacher = copy.deepcopy(net)
    with torch.no_grad():
        for value in teacher.parameters():
            value.add_(1)
    net.teacher = teacher
    training = FitInProgress(spec, {}, folder, CPU, lambda progress: None, checkpoint_names=names)
    phase = Phase("p", [], 1, evaluates=teacher)
    judged = loop.run_phases(training, net, open_domains(spec, home, CPU), iter([phase]))
    loop.finish(training, net, {}, None, judged=judged)
    weights, notes = load_tensors(folder / f"{LAST.key}.safetensors")
    assert notes == {"epoch": 1}
    assert weights.keys() == names
    for name, value in teacher.state_dict().items():
        assert torch.equal(weights[name], value)


def test_a_module_that_could_not_be_saved_or_loaded_is_not_evaluated(home: Home) -> None:
    spec = small_fit()
    net = new_net(spec)
    training = in_progress(home, checkpoint_names=set(net.state_dict()))
    data = open_domains(spec, home, CPU)
    stranger = Phase("p", [], 1, evaluates=copy.deepcopy(net))
    with pytest.raises(ValueError, match=r"phase p: .* hang it onto net"):
        loop.run_phases(training, net, data, iter([stranger]))
    net.critic = nn.Conv2d(1, 1, 1)
    other_layers = Phase("p", [], 1, evaluates=net.critic)
    with pytest.raises(ValueError, match=r"phase p: .* has no tensor .* of the shape"):
        loop.run_phases(training, net, data, iter([other_layers]))


def test_a_phase_without_players_sees_each_batch_in_training_mode(home: Home) -> None:
    spec = small_fit()
    net = new_net(spec)
    modes: list[tuple[bool, bool]] = []

    def look(batch: Batch) -> None:
        modes.append((net.training, torch.is_grad_enabled()))

    data = open_domains(spec, home, CPU)
    loop.run_phases(in_progress(home), net, data, iter([Phase("p", [], 2, after_step=look)]))
    assert modes == [(True, False)] * 4


def test_what_is_unfrozen_learns_and_counts_again() -> None:
    net = nn.Sequential(nn.Conv2d(1, 1, 1), nn.BatchNorm2d(1))
    names = set(net.state_dict())
    freeze(net)
    unfreeze(net)
    train_mode(net)
    assert net[1].training
    assert all(parameter.requires_grad for parameter in net.parameters())
    assert set(net.state_dict()) == names
