"""Picks: a score that is no number never wins, and options may be components."""

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from torch import nn

from harness.components.schedules import constant
from harness.data.domains import open_domains
from harness.data.images import Domains
from harness.spec.options import Pick
from harness.spec.parse import read_value
from harness.spec.records import FitRecord
from harness.spec.values import LAST, Part
from harness.store import Home, load_tensors
from harness.train import loop
from harness.train.epoch import end_of_epoch
from harness.train.phases import Phase
from harness.train.state import FitInProgress
from tests.made.fits import CPU, VALIDATED, new_net, same_weights, small_fit, weights_of
from tests.made.outside import folder_of_components, write_component

LAB = '''
"""Picks of a person's own."""

import math

from harness.components.picks import pick
from harness.measure.forward import logits_of
from harness.spec.options import Loss


@pick
def by_loss(net, data, *, loss: Loss = "ce"):
    """The epoch with the smallest loss on the validation part."""
    losses = []
    for which, logits in logits_of(net, data.validation.images):
        masks = data.validation.masks_of(which)
        losses.append(float(loss(logits, masks, data.validation.ignore)))
    return -max(losses)


@pick
def undecided(net, data):
    """No epoch at all."""
    return math.nan
'''


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with folder_of_components(tmp_path / "lab", monkeypatch) as folder:
        write_component(folder, "picks.py", LAB)
        yield folder


def read_pick(raw: object) -> Part:
    """Returns a pick as a study file writes it."""
    problems: list[Any] = []
    pick = read_value(Pick, raw, ("pick",), problems)
    assert isinstance(pick, Part), problems
    return pick


def best_epoch_of(scores: list[float], home: Home, folder: Path) -> tuple[int, float]:
    """Scores as many epochs as there are scores; returns the epoch that is kept, and its score."""
    spec = small_fit()
    folder.mkdir()
    remaining = list(scores)

    def next_score(net: nn.Module, data: Domains) -> float:
        return remaining.pop(0)

    picks: dict[str, Callable[..., float]] = {"key": next_score}
    training = FitInProgress(spec, picks, folder, CPU, lambda progress: None)
    data = open_domains(spec, home, CPU)
    phase = Phase("train", [], len(scores), 1e-3, constant)
    for epoch in range(len(scores)):
        training.state.epoch = epoch + 1
        end_of_epoch(training, new_net(spec), data, phase, {})
    _, notes = load_tensors(folder / "key.safetensors")
    return notes["epoch"], training.state.best["key"]


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ([math.nan, 0.2, 0.6, 0.4], (3, 0.6)),
        ([0.5, math.nan, 0.4], (1, 0.5)),
        ([0.1, math.nan, 0.3], (3, 0.3)),
        ([math.nan, -math.inf, -2.0], (3, -2.0)),
    ],
)
def test_a_score_that_is_no_number_never_wins(
    home: Home, tmp_path: Path, scores: list[float], expected: tuple[int, float]
) -> None:
    assert best_epoch_of(scores, home, tmp_path / "unfinished") == expected


def test_a_fit_whose_pick_never_gave_a_number_says_so(home: Home, lab: Path) -> None:
    sentence = "pick undecided: none of its 3 scores is a number, so no epoch is the best"
    with pytest.raises(ValueError, match=sentence):
        loop.fit(small_fit(), [read_pick("undecided")], home, CPU)
    assert home.store("fits").find(small_fit().key) is None


def test_patience_starts_at_the_first_score_that_is_a_number() -> None:
    phase = Phase("train", [], 9, 1e-3, constant, patience=2, watch=lambda: 0.0)
    assert not loop._patience_is_out(phase, [math.nan, 0.1, 0.2])
    assert loop._patience_is_out(phase, [math.nan, 0.2, 0.1, math.nan])


def test_a_pick_with_a_loss_as_its_option_comes_from_the_same_training(
    home: Home, lab: Path
) -> None:
    spec = small_fit()
    by_loss = read_pick({"name": "by_loss", "loss": "dice"})
    loop.fit(spec, [by_loss], home, CPU)
    before = weights_of(spec, home, by_loss)
    loop.fit(spec, [VALIDATED], home, CPU)
    assert same_weights(before, weights_of(spec, home, by_loss))
    record = FitRecord.read(home.store("fits").path(spec.key))
    assert record.holds({LAST.key, VALIDATED.key, by_loss.key})
