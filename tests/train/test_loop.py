"""A fit: the same weights however often it is stopped, its checkpoints and its record."""

from pathlib import Path
from typing import Any

import pytest
import torch

from harness.spec.channel import EPOCHS, STOP, Stopped, append_line, read_lines
from harness.spec.records import FitRecord
from harness.spec.states import State
from harness.spec.values import LAST, Fit
from harness.store import Home, read_json
from harness.train import loop
from harness.train.build import as_function
from tests.made.fits import CPU, VALIDATED, Stop, same_weights, small_fit, weights_of


def timeless_history(spec: Fit, home: Home) -> list[dict[str, Any]]:
    """Reads the history of a fit without the columns that a clock wrote."""
    history = read_json(home.store("fits").path(spec.key) / "history.json")
    for row in history:
        del row["seconds/epoch"]
        del row["at"]
    return history


@pytest.mark.parametrize("steps", range(1, 6))
def test_a_stopped_fit_ends_with_the_same_weights(home: Home, tmp_path: Path, steps: int) -> None:
    spec = small_fit()
    loop.fit(spec, [VALIDATED], home, CPU)
    stopped_home = Home(tmp_path / "stopped")
    reports = []

    def stop_after_steps(progress: dict[str, Any]) -> None:
        reports.append(progress)
        if len(reports) == steps:
            raise Stop

    with pytest.raises(Stop):
        loop.fit(spec, [VALIDATED], stopped_home, CPU, stop_after_steps)
    assert stopped_home.store("fits").find(spec.key) is None
    loop.fit(spec, [VALIDATED], stopped_home, CPU)
    for pick in (LAST, VALIDATED):
        expected = weights_of(spec, home, pick)
        assert same_weights(weights_of(spec, stopped_home, pick), expected)
    assert timeless_history(spec, stopped_home) == timeless_history(spec, home)


def epochs_in(folder: Path) -> list[dict[str, Any]]:
    return read_lines(folder / EPOCHS)[0]


@pytest.mark.parametrize("steps", [4, 5])
def test_epochs_are_written_once_each_as_they_end(home: Home, steps: int) -> None:
    """A fit with two steps an epoch stops in one; a line too many and a torn one go."""
    spec = small_fit()
    unfinished = home.store("fits").partial(spec.key)
    seen: list[list[dict[str, Any]]] = []

    def stop_after_steps(progress: dict[str, Any]) -> None:
        seen.append(epochs_in(unfinished))
        if len(seen) == steps:
            raise Stop

    with pytest.raises(Stop):
        loop.fit(spec, [VALIDATED], home, CPU, stop_after_steps)
    assert [len(rows) for rows in seen] == [step // 2 for step in range(steps)]
    append_line(unfinished / EPOCHS, {"epoch": 9})  # as if an older state were resumed
    with open(unfinished / EPOCHS, "a") as handle:
        handle.write('{"epoch": ')
    seen.clear()
    loop.fit(spec, [VALIDATED], home, CPU, lambda progress: seen.append(epochs_in(unfinished)))
    folder = home.store("fits").path(spec.key)
    history = read_json(folder / "history.json")
    expected: list[Any] = []
    for count in range((steps - 1) // 2, len(history)):
        expected += [history[:count]] * 2
    assert seen == expected
    assert {"at", "step", "epoch", "phase"} <= set(history[0])
    assert not (folder / EPOCHS).exists()


def test_a_fit_that_is_asked_to_stop_saves_its_epoch_and_goes_on_later(
    home: Home, tmp_path: Path
) -> None:
    spec = small_fit()
    unfinished = home.store("fits").partial(spec.key)

    def ask(progress: dict[str, Any]) -> None:
        (unfinished / STOP).touch()

    with pytest.raises(Stopped, match="asked to stop"):
        loop.fit(spec, [LAST], home, CPU, ask)
    assert home.store("fits").find(spec.key) is None
    assert len(epochs_in(unfinished)) == 1
    loop.fit(spec, [LAST], home, CPU)
    whole = Home(tmp_path / "whole")
    loop.fit(spec, [LAST], whole, CPU)
    assert same_weights(weights_of(spec, home), weights_of(spec, whole))
    assert timeless_history(spec, home) == timeless_history(spec, whole)


def test_seeds_differ_and_repeat(home: Home, tmp_path: Path) -> None:
    second_home = Home(tmp_path / "again")
    first = small_fit()
    second = small_fit(seed=1)
    loop.fit(first, [], home, CPU)
    loop.fit(second, [], home, CPU)
    loop.fit(first, [], second_home, CPU)
    weights = weights_of(first, home)
    assert same_weights(weights, weights_of(first, second_home))
    assert not same_weights(weights, weights_of(second, home))


def test_a_pick_asked_for_later_comes_from_the_same_training(home: Home) -> None:
    spec = small_fit()
    loop.fit(spec, [LAST], home, CPU)
    before = weights_of(spec, home)
    loop.fit(spec, [VALIDATED], home, CPU)
    assert same_weights(before, weights_of(spec, home))
    assert weights_of(spec, home, VALIDATED)
    record = FitRecord.read(home.store("fits").path(spec.key))
    assert record.holds({LAST.key, VALIDATED.key})


def test_the_record_of_a_fit_says_what_it_cost_and_what_it_has(home: Home) -> None:
    spec = small_fit()
    folder = loop.fit(spec, [VALIDATED], home, CPU)
    record = FitRecord.read(folder)
    assert record.state is State.FINISHED
    assert record.channels == 3
    assert record.outputs == 1
    assert record.key == spec.key
    assert record.steps == 6
    assert record.device == "cpu"
    assert record.picks == {LAST.key: LAST.to_plain(), VALIDATED.key: VALIDATED.to_plain()}
    scores = [row["pick/source_validation"] for row in timeless_history(spec, home)]
    assert record.best == {VALIDATED.key: max(scores)}
    net = as_function(spec.net, None)(3, 1)
    assert record.parameters == sum(value.numel() for value in net.parameters())
    assert "phase" not in read_json(folder / "fit.json")
    assert not (folder / "state.safetensors").exists()
    assert not list(folder.glob("phase-*"))


def test_a_loss_that_is_no_number_ends_the_fit_as_diverged_with_its_step(home: Home) -> None:
    method = {"name": "supervised", "epochs": 2, "lr": 1e30, "optimiser": "sgd", "loss": "bce"}
    folder = loop.fit(small_fit(method=method), [], home, CPU)
    record = read_json(folder / "fit.json")
    assert record["state"] == "diverged"
    assert record["step"] >= 1
    assert record["phase"] == "segment"
    assert not list(folder.glob("*.safetensors"))


def test_a_frozen_encoder_stays_as_it_is(home: Home) -> None:
    spec = small_fit(method={"name": "finetune", "epochs": 1, "frozen": "encoder"})
    torch.manual_seed(spec.seed)
    net = as_function(spec.net, None)(3, 1)
    before = {name: value.clone() for name, value in net.state_dict().items()}
    loop.fit(spec, [], home, CPU)
    after = weights_of(spec, home)
    encoder = [name for name in before if name.startswith("encoder.")]
    assert encoder
    for name in encoder:
        assert torch.equal(before[name], after[name])
    assert not torch.equal(before["head.weight"], after["head.weight"])


def test_bfloat16_and_channels_last_train(home: Home) -> None:
    method = {"name": "supervised", "epochs": 1}
    spec = small_fit(precision="bfloat16", channels_last=True, method=method)
    folder = loop.fit(spec, [], home, CPU)
    assert read_json(folder / "fit.json")["state"] == "finished"
