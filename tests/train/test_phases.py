"""Phases and players: they learn in turn, resume, and end; frozen parts stay as they are."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from harness.components.schedules import constant
from harness.data.domains import open_domains, open_images
from harness.data.images import Domains
from harness.spec.records import FitRecord
from harness.spec.values import Fit
from harness.store import Home
from harness.train import loop
from harness.train.finish import finish
from harness.train.phases import Batch, Phase, Player, freeze, train_mode
from harness.train.state import FitInProgress, Report, checkpoint_weights
from tests.made.fits import CPU, Stop, new_net, same_weights, small_fit

Loss = Callable[[Batch], Any]


def in_progress(spec: Fit, folder: Path, report: Report = lambda progress: None) -> FitInProgress:
    """Returns a fit that starts in a folder and has no picks."""
    folder.mkdir(exist_ok=True)
    return FitInProgress(spec, {}, folder, CPU, report)


def adam(parameters: list[nn.Parameter], lr: float) -> torch.optim.Optimizer:
    return torch.optim.Adam(parameters, lr)


def sgd(parameters: list[nn.Parameter], lr: float) -> torch.optim.Optimizer:
    return torch.optim.SGD(parameters, lr)


def adversarial(net: nn.Module, data: Domains, steps: list[str]) -> Iterator[Phase]:
    """Two phases, the second with two players, one of which is hung onto the network."""

    def noting(name: str, loss: Loss) -> Loss:
        """Returns the loss of a player, which notes when the player takes a step."""

        def follow(batch: Batch) -> Any:
            steps.append(name)
            return loss(batch)

        return follow

    def warm_loss(batch: Batch) -> Tensor:
        return net(batch.source.images).mean() ** 2

    own = list(net.parameters())
    warm = Player("net", own, noting("warm", warm_loss), adam)
    yield Phase("warm", [warm], 1, 1e-3, constant, selects=False)
    critic = nn.Conv2d(1, 1, 1)
    net.critic = critic

    def net_loss(batch: Batch) -> dict[str, Tensor]:
        source_logits = net(batch.source.images)
        target_logits = net(batch.target.images)
        return {"a": source_logits.mean() ** 2, "b": critic(target_logits).mean()}

    def critic_loss(batch: Batch) -> Tensor:
        logits = net(batch.target.images).detach()
        return -critic(logits).mean()

    critic_parameters = list(critic.parameters())
    players = [
        Player("net", own, noting("net", net_loss), adam),
        Player("critic", critic_parameters, noting("critic", critic_loss), adam, lr=0.5),
    ]
    yield Phase("play", players, 2, 1e-3, constant, streams=("source", "target"))


def adapting_fit() -> Fit:
    """Returns a fit that has a target to adapt to."""
    return small_fit(adapt_to={"name": "phantom", "style": "vnc", "slices": 4, "size": 48})


def domains_with_target(spec: Fit, home: Home) -> Domains:
    """Opens what a fit may look at, its target too: these tests call their method themselves."""
    assert spec.adapt_to is not None
    target = open_images(spec.adapt_to, 3, home, CPU).images
    return replace(open_domains(spec, home, CPU), target=target)


def test_several_players_learn_in_turn_and_what_they_hang_on_stays_out(home: Home) -> None:
    spec = adapting_fit()
    data = domains_with_target(spec, home)
    net = new_net(spec)
    training = in_progress(spec, home.folder)
    training.checkpoint_names = set(net.state_dict())
    steps: list[str] = []
    loop.run_phases(training, net, data, adversarial(net, data, steps))
    assert steps == ["warm"] * 2 + ["net", "critic"] * 4
    assert set(checkpoint_weights(training, net)) == training.checkpoint_names
    assert any(name.startswith("critic.") for name in net.state_dict())
    last_row = training.state.history[-1]
    assert {"loss/net/a", "loss/net/b", "loss/critic"} <= last_row.keys()


def test_parameters_that_a_method_hung_on_are_not_counted(home: Home) -> None:
    spec = adapting_fit()
    data = domains_with_target(spec, home)
    net = new_net(spec)
    own = sum(parameter.numel() for parameter in net.parameters())
    training = in_progress(spec, home.folder)
    training.checkpoint_names = set(net.state_dict())
    loop.run_phases(training, net, data, adversarial(net, data, []))
    finish(training, net, {}, None)
    assert sum(parameter.numel() for parameter in net.parameters()) > own
    assert FitRecord.read(home.folder).parameters == own


def test_a_resumed_phase_with_players_continues_as_if_nothing_had_been(
    home: Home, tmp_path: Path
) -> None:
    spec = adapting_fit()
    data = domains_with_target(spec, home)

    def train(folder: Path, stop_after: int | None) -> dict[str, Tensor]:
        """Trains to the end, through a stop after so many steps if a number is given."""
        net = new_net(spec)
        reports = []

        def report(progress: dict[str, Any]) -> None:
            reports.append(progress)
            if len(reports) == stop_after:
                raise Stop

        training = in_progress(spec, folder, report)
        training.checkpoint_names = set(net.state_dict())
        try:
            loop.run_phases(training, net, data, adversarial(net, data, []))
        except Stop:
            return train(folder, None)
        return net.state_dict()

    expected = train(tmp_path / "whole", None)
    for steps in (2, 3, 5, 6):
        weights = train(tmp_path / f"stopped-{steps}", steps)
        assert same_weights(expected, weights), steps


def test_a_player_outside_the_network_is_refused(home: Home) -> None:
    spec = small_fit()
    data = open_domains(spec, home, CPU)
    stranger = nn.Conv2d(1, 1, 1)
    player = Player("critic", list(stranger.parameters()), lambda batch: torch.zeros(()), sgd)
    phase = Phase("p", [player], 1, 1e-3, constant)
    training = in_progress(spec, home.folder)
    with pytest.raises(ValueError, match="hang its module onto net"):
        loop.run_phases(training, new_net(spec), data, iter([phase]))


def phase_that_watches(net: nn.Module, watch: Callable[[], float] | None) -> Phase:
    """Returns a phase of ten epochs that ends after two without a better score."""

    def loss(batch: Batch) -> Tensor:
        logits: Tensor = net(batch.source.images)
        return logits.mean()

    player = Player("net", list(net.parameters()), loss, sgd)
    return Phase("p", [player], 10, 1e-6, constant, patience=2, watch=watch)


def test_early_stop_waits_for_patience(home: Home) -> None:
    scores = iter([1.0, 2.0, 1.5, 1.9, 1.2, 5.0])
    spec = small_fit()
    data = open_domains(spec, home, CPU)
    net = new_net(spec)
    training = in_progress(spec, home.folder)
    phase = phase_that_watches(net, lambda: next(scores))
    loop.run_phases(training, net, data, iter([phase]))
    assert len(training.state.history) == 4


def test_patience_without_a_score_to_watch_is_refused(home: Home) -> None:
    spec = small_fit()
    data = open_domains(spec, home, CPU)
    net = new_net(spec)
    phase = phase_that_watches(net, None)
    with pytest.raises(ValueError, match="no validation split to watch"):
        loop.run_phases(in_progress(spec, home.folder), net, data, iter([phase]))


def test_frozen_parts_stay_in_evaluation_mode() -> None:
    encoder = nn.Sequential(nn.Conv2d(1, 1, 1), nn.BatchNorm2d(1))
    net = nn.Sequential(encoder, nn.BatchNorm2d(1))
    freeze(encoder)
    train_mode(net)
    assert not encoder.training
    assert not encoder[1].training
    assert net[1].training
