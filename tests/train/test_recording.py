"""On a GPU a recorded step ends with the same bits as the step itself, or is not recorded."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from harness.data.images import Domains
from harness.spec.values import LAST, Fit
from harness.store import Home, load_tensors
from harness.train import loop
from harness.train.draws import Draws
from harness.train.one_step import Steps
from harness.train.phases import Batch, Clock, Memory, Phase, Player
from harness.train.recording import Recorder
from harness.train.state import FitInProgress
from tests.made.fits import Stop, small_fit
from tests.made.gpu import CUDA, NEEDS_GPU, volume_on

NETWORKS: dict[str, dict[str, Any]] = {
    "tiny_unet": {"arch": "tiny_unet", "slices": 3, "width": 4},
    "unet": {"arch": "unet", "encoder": "resnet18"},
    "unetplusplus": {"arch": "unetplusplus", "encoder": "resnet18"},
    "deeplabv3plus": {"arch": "deeplabv3plus", "encoder": "resnet18"},
    "fpn": {"arch": "fpn", "encoder": "resnet18"},
    "linknet": {"arch": "linknet", "encoder": "resnet18"},
    "manet": {"arch": "manet", "encoder": "resnet18"},
    "segformer": {"arch": "segformer", "encoder": "resnet18"},
}

pytestmark = NEEDS_GPU


def last_weights(spec: Fit, folder: Path, **settings: Any) -> dict[str, Tensor]:
    """Returns the last weights of a fit on the GPU, in a home of its own."""
    fit_folder = loop.fit(spec, [], Home(folder), CUDA, **settings)
    path = fit_folder / f"{LAST.key}.safetensors"
    return load_tensors(path)[0]


def differences(first: dict[str, Tensor], second: dict[str, Tensor]) -> list[str]:
    """Names the weights that are not the same to the bit."""
    names = []
    for name, value in first.items():
        if not torch.equal(value, second[name]):
            names.append(name)
    return names


@pytest.mark.parametrize("name", list(NETWORKS))
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_rerun_and_a_resumed_fit_end_with_the_same_bits(
    tmp_path: Path, name: str, precision: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    net = NETWORKS[name]
    method = {"name": "supervised", "epochs": 3}
    spec = small_fit(net=net, method=method, patch=64, steps=5, precision=precision,
                     train_on={"name": "phantom", "slices": 4, "size": 64})  # fmt: skip
    first = last_weights(spec, tmp_path / "first")
    assert differences(first, last_weights(spec, tmp_path / "again")) == []
    plain = last_weights(spec, tmp_path / "plain", records_steps=False)
    assert differences(first, plain) == []
    save = loop.save

    def save_and_stop(*arguments: Any) -> None:
        save(*arguments)
        raise Stop

    for _ in range(2):
        with monkeypatch.context() as patch:
            patch.setattr(loop, "save", save_and_stop)
            with pytest.raises(Stop):
                last_weights(spec, tmp_path / "killed")
    assert differences(first, last_weights(spec, tmp_path / "killed")) == []


def steps_of(loss: Any, net: torch.nn.Module, folder: Path, after_step: Any = None) -> Steps:
    """Returns the steps of a phase with one player that follows a loss on random images."""
    rng = torch.Generator().manual_seed(0)
    pixels = torch.randint(0, 256, (4, 32, 32), generator=rng, dtype=torch.uint8)
    data = Domains(volume_on(CUDA, pixels))
    spec = small_fit()
    player = Player("net", list(net.parameters()), loss, torch.optim.Adam)
    phase = Phase("one", [player], 1, 1e-3, after_step=after_step)
    training = FitInProgress(spec, {}, folder, CUDA, lambda progress: None)
    optimiser = torch.optim.Adam(net.parameters(), 1e-3)
    return Steps(training, net, data, phase, [optimiser], [], Draws(0, 0, CUDA))


def take(recorder: Recorder, count: int) -> None:
    for step in range(count):
        recorder.take(Clock(step, count, 0, count, []), None)


def test_a_step_that_depends_on_its_number_is_not_recorded(tmp_path: Path) -> None:
    net = torch.nn.Conv2d(1, 1, 3, device=CUDA)
    recorder = Recorder(
        steps_of(lambda batch: batch.progress * net(batch.source.images).mean(), net, tmp_path)
    )
    take(recorder, 6)
    assert recorder.why_not == "it reads batch.progress"


def test_a_step_that_waits_for_the_gpu_is_not_recorded(tmp_path: Path) -> None:
    net = torch.nn.Conv2d(1, 1, 3, device=CUDA)

    def loss(batch: Batch) -> Tensor:
        answer = net(batch.source.images).mean()
        return answer * 2 if float(answer) > 0 else answer

    recorder = Recorder(steps_of(loss, net, tmp_path))
    take(recorder, 6)
    assert recorder.why_not.startswith("it waits for the GPU")


def test_a_step_that_counts_in_python_is_found_out(tmp_path: Path) -> None:
    net = torch.nn.Conv2d(1, 1, 3, device=CUDA)
    calls: list[int] = []

    def loss(batch: Batch) -> Tensor:
        calls.append(1)
        return len(calls) * net(batch.source.images).square().mean()

    recorder = Recorder(steps_of(loss, net, tmp_path))
    take(recorder, 6)
    assert "end differently" in recorder.why_not


def test_a_step_that_sets_a_tensor_anew_is_not_recorded(tmp_path: Path) -> None:
    net = torch.nn.Conv2d(1, 1, 3, device=CUDA)
    memory = Memory(mean=torch.zeros((), device=CUDA))
    net.memory = memory

    def after_step(batch: Batch) -> None:
        memory.mean = memory.mean + batch.source.images.mean()

    recorder = Recorder(
        steps_of(lambda batch: net(batch.source.images).mean(), net, tmp_path, after_step)
    )
    take(recorder, 6)
    assert recorder.why_not == "it sets memory.mean anew"
    assert float(memory.mean) > 0


def test_dropout_draws_anew_at_each_step_of_a_recording(tmp_path: Path) -> None:
    net = torch.nn.Sequential(torch.nn.Conv2d(1, 8, 3, device=CUDA), torch.nn.Dropout(0.5))
    recorder = Recorder(
        steps_of(lambda batch: net(batch.source.images).square().mean(), net, tmp_path)
    )
    values = []
    for step in range(8):
        values.append(float(recorder.take(Clock(step, 8, 0, 8, []), None)["loss/net"]))
    assert recorder.why_not == ""
    assert len(set(values)) == 8
