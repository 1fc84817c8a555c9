"""fit(): build, initialise, run the phases of the method, keep a checkpoint per pick, resume where it stopped."""

import math
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from harness.data.domains import open_domains
from harness.data.images import Domains, Labelled
from harness.spec.values import LAST, Fit, Part
from harness.store import Home, load_tensors, read_json, save_tensors, write_json
from harness.train.batches import batches, seeded
from harness.train.build import bind, built, channels_and_outputs, prepared
from harness.train.phases import Clock, Phase, train_mode
from harness.train.state import Making, Report, restore, resume, save
from harness.train.step import update


class Diverged(Exception):
    """The loss is no number any more."""

    def __init__(self, phase: str, epoch: int, step: int) -> None:
        self.at = {"phase": phase, "epoch": epoch, "step": step}
        super().__init__(f"the loss is not a number at step {step} (phase {phase}, epoch {epoch})")


def has(folder: Path | None, picks: list[Part]) -> bool:
    """Whether a finished fit holds a checkpoint for each of these picks (or is known to diverge)."""
    if folder is None:
        return False
    kept = read_json(folder / "fit.json")
    return kept["state"] == "diverged" or all(pick.key in kept["picks"] for pick in picks)


def fit(
    spec: Fit,
    picks: list[Part],
    home: Home,
    device: torch.device,
    report: Report = lambda r: None,
    *,
    wait: Any = None,
) -> Path:
    """The folder of the model described by `spec`, trained now or before."""
    store = home.store("fits")
    old = store.find(spec.key)
    if old is not None and not has(
        old, picks
    ):  # the same weights again, with the checkpoints not asked for then
        kept = read_json(old / "fit.json")["picks"].values()
        picks = [*picks, *[read_pick(raw) for raw in kept]]
    with store.making(spec.key, wait or (lambda: None), lambda found: has(found, picks)) as folder:
        if folder is not None:
            _make(spec, {p.key: p for p in picks}, home, folder, device, report=report)
    return store.path(spec.key)


def read_pick(raw: dict[str, Any]) -> Part:
    """A pick as a finished fit, or a job, names it."""
    return Part("pick", raw["name"], {k: v for k, v in raw.items() if k != "name"})


def _make(
    spec: Fit,
    picks: dict[str, Part],
    home: Home,
    folder: Path,
    device: torch.device,
    *,
    report: Report,
) -> None:
    data = prepared(spec, open_domains(spec, home, device), home)
    torch.manual_seed(spec.seed)
    net = built(spec.net, *channels_and_outputs(spec.net, data.source)).to(device)
    bind(spec.init, home)(net)
    if spec.channels_last:
        net = net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    making = Making(spec, {k: bind(p, home) for k, p in picks.items()}, folder, device, report)
    making.kept = set(net.state_dict())
    making.shape = channels_and_outputs(spec.net, data.source)
    outcome: dict[str, Any] = {"state": "finished"}
    try:
        _phases(making, net, data, bind(spec.method, home)(net, data))
    except Diverged as error:
        outcome = {"state": "diverged", **error.at}
    _finish(making, net, picks, outcome)


def _phases(making: Making, net: nn.Module, data: Domains, method: Iterator[Phase]) -> None:
    """Runs the method; phases that an earlier process finished are replayed from their end, not run again."""
    tensors = resume(making)
    index = 0
    while True:
        torch.manual_seed(
            seeded(making.spec.seed, "method", index)
        )  # what a method draws between its phases
        phase = next(method, None)
        if phase is None:
            return
        done = making.folder / f"phase-{index}.safetensors"
        if index < making.state.phase:
            net.load_state_dict(load_tensors(done)[0])
        else:
            _run(making, net, data, phase, tensors)
            tensors = {}
            making.state.phase, making.state.epoch, making.state.watched = index + 1, 0, []
            save_tensors(done, net.state_dict())
            save(making, net, [])
        index += 1


def _run(
    making: Making, net: nn.Module, data: Domains, phase: Phase, tensors: dict[str, Tensor]
) -> None:
    """One phase, from the epoch where an earlier process left it."""
    mine = {id(p) for p in net.parameters()}
    for player in phase.players:
        if any(id(p) not in mine for p in player.parameters):
            raise ValueError(
                f"player {player.name} learns parameters outside the network; hang its module onto net"
            )
    optimisers = [p.optimiser(p.parameters, p.lr or phase.lr) for p in phase.players]
    if tensors:
        restore(net, optimisers, tensors)
    state, spec = making.state, making.spec
    steps = phase.steps or spec.steps or _covering(data, phase, spec)
    for epoch in range(state.epoch, phase.epochs):
        if _patience_is_out(phase, state.watched):
            break
        began = time.monotonic()
        train_mode(net)
        losses = _epoch(making, net, data, phase, optimisers, epoch=epoch, steps=steps)
        state.epoch, state.step = epoch + 1, state.step + steps
        row = {
            "phase": phase.name,
            "epoch": epoch + 1,
            "step": state.step,
            "lr": optimisers[0].param_groups[0]["lr"],
        }
        row |= losses | _after(making, net, data, phase)
        row |= {"seconds/epoch": round(time.monotonic() - began, 3), "at": time.time()}
        state.history.append(row)
        save(making, net, optimisers)


def _covering(data: Domains, phase: Phase, spec: Fit) -> int:
    images = data.source.images if isinstance(data.source, Labelled) else data.source
    height, width = images.size
    patch = phase.patch or spec.patch
    return max(
        1, math.ceil(len(images) * height * width / (patch * patch * (phase.batch or spec.batch)))
    )


def _patience_is_out(phase: Phase, watched: list[float]) -> bool:
    if phase.patience is None:
        return False
    if phase.watch is None:
        raise ValueError(
            "fit.method.patience: there is no validation split to watch; leave it out, or set folds"
        )
    best = max(range(len(watched)), key=lambda i: (watched[i], -i), default=0)
    return len(watched) - 1 - best >= phase.patience if watched else False


def _epoch(
    making: Making,
    net: nn.Module,
    data: Domains,
    phase: Phase,
    optimisers: list[Any],
    *,
    epoch: int,
    steps: int,
) -> dict[str, float]:
    """The steps of one epoch; the mean of each loss."""
    spec, state = making.spec, making.state
    seen: dict[str, list[Tensor]] = {}
    for i, batch in enumerate(batches(making, data, phase, epoch * steps, steps)):
        step = epoch * steps + i
        for optimiser, player in zip(optimisers, phase.players, strict=True):
            factor = phase.schedule(Clock(step, phase.epochs * steps, epoch, steps, state.watched))
            for group in optimiser.param_groups:
                group["lr"] = (player.lr or phase.lr) * factor
        torch.manual_seed(seeded(spec.seed, f"step {state.phase}", step))  # dropout and the like
        for optimiser, player in zip(optimisers, phase.players, strict=True):
            for name, value in update(making, player, batch, optimiser).items():
                seen.setdefault(f"loss/{player.name}{name}", []).append(value)
        if i + 1 == steps or i % 50 == 49:
            _finite(seen, phase.name, epoch, step - i)
        making.report(
            {
                "phase": phase.name,
                "epoch": epoch,
                "epochs": phase.epochs,
                "step": i + 1,
                "steps": steps,
            }
        )
    return {name: float(torch.stack(values).mean()) for name, values in seen.items()}


def _finite(seen: dict[str, list[Tensor]], phase: str, epoch: int, first: int) -> None:
    """Asked every 50 steps, not at each: reading a number off a GPU makes it wait."""
    for values in seen.values():
        bad = (~torch.isfinite(torch.stack(values))).nonzero()
        if len(bad):
            raise Diverged(phase, epoch + 1, first + int(bad[0, 0]))


@torch.no_grad()
def _after(making: Making, net: nn.Module, data: Domains, phase: Phase) -> dict[str, float]:
    """What is asked once per epoch, in evaluation mode: the watched score, and every pick."""
    net.eval()
    row: dict[str, float] = {}
    if phase.watch is not None:
        row["watch"] = phase.watch()
        making.state.watched.append(row["watch"])
    for key, pick in making.picks.items() if phase.selects else ():
        name = pick.__name__
        score = 0.0 if name == "last" else float(pick(net, data))
        if name != "last":
            row[f"pick/{name}"] = score
            if key not in making.state.best or score > making.state.best[key]:
                making.state.best[key] = score
                save_tensors(
                    making.folder / f"{key}.safetensors",
                    _weights(making, net),
                    {"epoch": making.state.epoch},
                )
    return row


def _weights(making: Making, net: nn.Module) -> dict[str, Tensor]:
    return {name: value for name, value in net.state_dict().items() if name in making.kept}


def _finish(
    making: Making, net: nn.Module, picks: dict[str, Part], outcome: dict[str, Any]
) -> None:
    """The checkpoints, the history and a description; the state to resume from goes."""
    folder = making.folder
    if outcome["state"] == "finished":
        save_tensors(
            folder / f"{LAST.key}.safetensors", _weights(making, net), {"epoch": making.state.epoch}
        )
        for key, part in picks.items():
            if not (folder / f"{key}.safetensors").exists():
                raise ValueError(f"pick {part.name}: no epoch of the method could be scored")
    write_json(folder / "history.json", making.state.history)
    about = {
        **outcome,
        "fit": making.spec.plain,
        "key": making.spec.key,
        "picks": {key: part.plain for key, part in {LAST.key: LAST, **picks}.items()},
        "best": making.state.best,
        "seconds": making.state.seconds,
        "steps": making.state.step,
        "pieces": making.state.pieces,
        "device": _device_name(making.device),
        "channels": making.shape[0],
        "outputs": making.shape[1],
        "parameters": sum(p.numel() for p in net.parameters()),
    }
    write_json(folder / "fit.json", about)
    for path in [
        *folder.glob("phase-*.safetensors"),
        folder / "state.safetensors",
        folder / "progress.json",
    ]:
        path.unlink(missing_ok=True)


def _device_name(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
