"""The examples of methods learn, and what they say is judged is what picks and probes get."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from harness.data.domains import open_domains, open_images
from harness.spec.values import LAST, Fit, Part
from harness.store import Home
from harness.train import loop
from harness.train.build import as_function, trained_network
from tests.components.methods.examples import EXAMPLES, fit_by, picks_of
from tests.made.fits import CPU, VALIDATED, same_weights, weights_of

SEGMENTATION = ("loss/net/segmentation", "loss/net")  # whichever a phase has
STATISTICS = ("running_mean", "running_var", "num_batches_tracked")

pytestmark = pytest.mark.usefixtures("lab")


class Witness:
    """Trains a fit, and notes what its pick gets and the tensors that it ends with."""

    def __init__(self, spec: Fit, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
        self.picked: list[nn.Module] = []  # of each epoch
        self.picked_weights: list[dict[str, Tensor]] = []
        self.phase_ends: list[dict[str, Tensor]] = []
        self.net: Any = None  # as it was at the end, with all that hangs on it
        self.history: list[dict[str, Any]] = []
        save_tensors, pick_function, end = loop.save_tensors, loop.pick_function, loop.finish

        def note_phase(path: Path, tensors: dict[str, Tensor]) -> None:
            self.phase_ends.append(_copy_of(tensors))
            save_tensors(path, tensors)

        def noting_pick(part: Part, *arguments: Any) -> Callable[..., float]:
            score = pick_function(part, *arguments)

            def source_validation(net: nn.Module, data: Any) -> float:
                self.picked.append(net)
                self.picked_weights.append(_copy_of(net.state_dict()))
                return score(net, data)

            return score if part == LAST else source_validation

        def note_end(training: Any, net: nn.Module, *arguments: Any, **settings: Any) -> None:
            self.net = net
            self.history = training.state.history
            end(training, net, *arguments, **settings)

        monkeypatch.setattr(loop, "save_tensors", note_phase)
        monkeypatch.setattr(loop, "pick_function", noting_pick)
        monkeypatch.setattr(loop, "finish", note_end)
        loop.fit(spec, picks_of(spec.method.name), home, CPU)


def _copy_of(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Returns the tensors as they are now, whatever becomes of them."""
    copies = {}
    for name, value in tensors.items():
        copies[name] = value.clone()
    return copies


def loss_of_phases(history: list[dict[str, Any]]) -> dict[str, list[float]]:
    """Returns the segmentation loss of each epoch of each phase, or the phase's only loss."""
    losses: dict[str, list[float]] = {}
    for row in history:
        for name in SEGMENTATION:
            if name in row:
                losses.setdefault(row["phase"], []).append(row[name])
    return losses


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_loss_of_an_example_falls_in_each_phase(
    home: Home, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    spec = fit_by(name, epochs=6, method={"lr": 0.01}, steps=4)
    witness = Witness(spec, home, monkeypatch)
    losses = loss_of_phases(witness.history)
    assert losses
    for phase, values in losses.items():
        assert values[-1] < values[0], phase


def test_entropy_makes_predictions_on_the_target_certain(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = fit_by("entropy", epochs=[1, 6], method={"weight": 1.0, "lr": 0.01}, steps=4)
    rows = Witness(spec, home, monkeypatch).history[1:]
    assert rows[-1]["loss/net/entropy"] < rows[0]["loss/net/entropy"]


def test_adabn_changes_the_statistics_alone_and_to_those_of_the_target(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    # crops are whole images as they are, so that only their draw is left to chance
    spec = fit_by("adabn", epochs=2, steps=16, patch=48, augment=[])
    witness = Witness(spec, home, monkeypatch)
    learned = witness.phase_ends[0]
    tested = weights_of(spec, home)
    changed = [name for name in tested if not torch.equal(tested[name], learned[name])]
    assert changed
    assert all(name.endswith(STATISTICS) for name in changed)
    assert spec.adapt_to is not None
    target = open_images(spec.adapt_to, 3, home, CPU).images
    with torch.no_grad():
        features = witness.net.encoder[0][0](target.whole(torch.arange(len(target))))
    mean = features.mean((0, 2, 3))
    name = "encoder.0.1.running_mean"
    distance = float((tested[name] - mean).norm())
    assert distance < 0.2 * float((learned[name] - mean).norm())


def test_the_pick_of_adabn_sees_the_statistics_of_the_target(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = fit_by("adabn", epochs=4, method={"lr": 0.01}, steps=8)
    witness = Witness(spec, home, monkeypatch)
    assert witness.history[-1]["phase"] == "count"
    score = witness.history[-1]["pick/source_validation"]
    assert score == score_of(trained_network(spec, LAST, home, CPU), spec, home)
    assert score != witness.history[-2]["pick/source_validation"]


def test_picks_and_probes_get_the_teacher(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = fit_by("mean_teacher", epochs=6, method={"lr": 0.01, "decay": 0.6}, steps=4)
    witness = Witness(spec, home, monkeypatch)
    teacher = witness.net.teacher
    assert len(witness.picked) == 6
    assert all(net is teacher for net in witness.picked)
    tested = trained_network(spec, LAST, home, CPU)  # what probes get
    assert same_weights(tested.state_dict(), teacher.state_dict())
    student = witness.net.state_dict()
    for name, value in tested.named_parameters():
        assert not torch.equal(value, student[name]), name
    scores = [row["pick/source_validation"] for row in witness.history]
    best = scores.index(max(scores))
    assert same_weights(weights_of(spec, home, VALIDATED), witness.picked_weights[best])


def score_of(net: nn.Module, spec: Fit, home: Home) -> float:
    """Scores a network on the validation images of a fit."""
    pick = as_function(VALIDATED, home)
    data = open_domains(spec, home, CPU)
    return float(pick(net.eval(), data))
