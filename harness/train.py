"""fit(): build, initialise, run the phases of the method, keep a checkpoint per pick, resume where it stopped."""

import hashlib
import json
import math
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from harness import registry
from harness.bind import bind, channels_and_outputs, prepared
from harness.data.domains import open_domains
from harness.phases import Batch, Clock, Crops, Domains, Labelled, Phase, Player, Unlabelled, train_mode
from harness.spec import LAST, Fit, Part
from harness.store import Home, load_tensors, read_json, save_tensors, write_json

Report = Callable[[dict[str, Any]], None]


class Diverged(Exception):
    """The loss is no number any more."""

    def __init__(self, phase: str, epoch: int, step: int) -> None:
        self.at = {"phase": phase, "epoch": epoch, "step": step}
        super().__init__(f"the loss is not a number at step {step} (phase {phase}, epoch {epoch})")


@dataclass
class State:
    """Where a fit is: everything besides tensors that the next epoch depends on."""

    phase: int = 0
    epoch: int = 0
    step: int = 0  # over all phases
    watched: list[float] = field(default_factory=list)
    history: list[dict[str, Any]] = field(default_factory=list)
    best: dict[str, float] = field(default_factory=dict)  # of each pick
    pieces: dict[str, int] = field(default_factory=dict)  # player -> parts a batch is cut into (out of memory)
    seconds: float = 0.0


@dataclass
class Making:
    """A fit while it is made."""

    spec: Fit
    picks: dict[str, Callable[..., float]]  # by the picks' keys
    folder: Path
    device: torch.device
    report: Report
    shape: tuple[int, int] = (0, 0)  # input channels and outputs of the network
    kept: set[str] = field(default_factory=set)  # tensors of the network as built: what a checkpoint holds
    state: State = field(default_factory=State)
    started: float = field(default_factory=time.monotonic)


def has(folder: Path | None, picks: list[Part]) -> bool:
    """Whether a finished fit holds a checkpoint for each of these picks (or is known to diverge)."""
    if folder is None:
        return False
    kept = read_json(folder / "fit.json")
    return kept["state"] == "diverged" or all(pick.key in kept["picks"] for pick in picks)


def fit(
    spec: Fit, picks: list[Part], home: Home, device: torch.device, report: Report = lambda r: None, *, wait: Any = None
) -> Path:
    """The folder of the model described by `spec`, trained now or before."""
    store = home.store("fits")
    old = store.find(spec.key)
    if old is not None and not has(old, picks):  # the same weights again, with the checkpoints not asked for then
        kept = read_json(old / "fit.json")["picks"].values()
        picks = [*picks, *[_pick(raw) for raw in kept]]
    with store.making(spec.key, wait or (lambda: None), lambda found: has(found, picks)) as folder:
        if folder is not None:
            _make(spec, {p.key: p for p in picks}, home, folder, device, report)
    return store.path(spec.key)


def _pick(raw: dict[str, Any]) -> Part:
    return Part("pick", raw["name"], {k: v for k, v in raw.items() if k != "name"})


def _make(spec: Fit, picks: dict[str, Part], home: Home, folder: Path, device: torch.device, report: Report) -> None:
    data = prepared(spec, open_domains(spec, home, device), home)
    torch.manual_seed(spec.seed)
    net: nn.Module = bind(spec.net, None)(*channels_and_outputs(spec.net, data.source)).to(device)
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
    tensors = _resume(making)
    index = 0
    while True:
        torch.manual_seed(_seed(making.spec.seed, "method", index))  # what a method draws between its phases
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
            _save(making, net, [])
        index += 1


def _run(making: Making, net: nn.Module, data: Domains, phase: Phase, tensors: dict[str, Tensor]) -> None:
    """One phase, from the epoch where an earlier process left it."""
    mine = {id(p) for p in net.parameters()}
    for player in phase.players:
        if any(id(p) not in mine for p in player.parameters):
            raise ValueError(f"player {player.name} learns parameters outside the network; hang its module onto net")
    optimisers = [p.optimiser(p.parameters, p.lr or phase.lr) for p in phase.players]
    if tensors:
        _restore(net, optimisers, tensors)
    state, spec = making.state, making.spec
    steps = phase.steps or spec.steps or _covering(data, phase, spec)
    for epoch in range(state.epoch, phase.epochs):
        if _patience_is_out(phase, state.watched):
            break
        began = time.monotonic()
        train_mode(net)
        losses = _epoch(making, net, data, phase, optimisers, epoch, steps)
        state.epoch, state.step = epoch + 1, state.step + steps
        row = {"phase": phase.name, "epoch": epoch + 1, "step": state.step, "lr": optimisers[0].param_groups[0]["lr"]}
        row |= losses | _after(making, net, data, phase)
        row |= {"seconds/epoch": round(time.monotonic() - began, 3), "at": time.time()}
        state.history.append(row)
        _save(making, net, optimisers)


def _covering(data: Domains, phase: Phase, spec: Fit) -> int:
    images = data.source.images if isinstance(data.source, Labelled) else data.source
    height, width = images.size
    patch = phase.patch or spec.patch
    return max(1, math.ceil(len(images) * height * width / (patch * patch * (phase.batch or spec.batch))))


def _patience_is_out(phase: Phase, watched: list[float]) -> bool:
    if phase.patience is None:
        return False
    if phase.watch is None:
        raise ValueError("fit.method.patience: there is no validation split to watch; leave it out, or set folds")
    best = max(range(len(watched)), key=lambda i: (watched[i], -i), default=0)
    return len(watched) - 1 - best >= phase.patience if watched else False


def _epoch(
    making: Making, net: nn.Module, data: Domains, phase: Phase, optimisers: list[Any], epoch: int, steps: int
) -> dict[str, float]:
    """The steps of one epoch; the mean of each loss."""
    spec, state = making.spec, making.state
    seen: dict[str, list[Tensor]] = {}
    for i, batch in enumerate(_batches(making, data, phase, epoch * steps, steps)):
        step = epoch * steps + i
        for optimiser, player in zip(optimisers, phase.players, strict=True):
            factor = phase.schedule(Clock(step, phase.epochs * steps, epoch, steps, state.watched))
            for group in optimiser.param_groups:
                group["lr"] = (player.lr or phase.lr) * factor
        torch.manual_seed(_seed(spec.seed, f"step {state.phase}", step))  # dropout and the like
        for optimiser, player in zip(optimisers, phase.players, strict=True):
            for name, value in _update(making, player, batch, optimiser).items():
                seen.setdefault(f"loss/{player.name}{name}", []).append(value)
        if i + 1 == steps or i % 50 == 49:
            _finite(seen, phase.name, epoch, step - i)
        making.report({"phase": phase.name, "epoch": epoch, "epochs": phase.epochs, "step": i + 1, "steps": steps})
    return {name: float(torch.stack(values).mean()) for name, values in seen.items()}


def _finite(seen: dict[str, list[Tensor]], phase: str, epoch: int, first: int) -> None:
    """Asked every 50 steps, not at each: reading a number off a GPU makes it wait."""
    for values in seen.values():
        bad = (~torch.isfinite(torch.stack(values))).nonzero()
        if len(bad):
            raise Diverged(phase, epoch + 1, first + int(bad[0, 0]))


def draw(spec: Fit, data: Domains, phase: Phase, augment: list[Any], at: "At") -> Batch:
    """The batch of a step: a function of the seed, the phase and the step alone."""
    return _changed(spec, taken(spec, data, phase, at.step, at.phase), augment, at)


def taken(spec: Fit, data: Domains, phase: Phase, step: int, index: int) -> dict[str, Crops]:
    """The windows of a step, where the images are kept."""
    count, patch = phase.batch or spec.batch, phase.patch or spec.patch
    streams = {"source": Crops(torch.empty(0)), "target": Crops(torch.empty(0))}
    for name in phase.streams:
        domain = data.source if name == "source" else data.target
        if domain is None:
            raise ValueError("fit.method needs fit.adapt_to, the images to adapt to")
        kept = (domain.images if isinstance(domain, Labelled) else domain).pixels.device
        rng = torch.Generator(kept).manual_seed(_seed(spec.seed, f"crops {index} {name}", step))
        streams[name] = _crops(domain, count, patch, rng)
    return streams


@dataclass(frozen=True)
class At:
    """Where in training a batch is asked for."""

    step: int
    phase: int
    progress: float
    device: torch.device


def _changed(spec: Fit, streams: dict[str, Crops], augment: list[Any], at: At) -> Batch:
    """The windows on the training device, augmented there."""
    device = at.device
    rng = torch.Generator(device).manual_seed(_seed(spec.seed, f"augment {at.phase}", at.step))
    layout = torch.channels_last if spec.channels_last else torch.contiguous_format
    for name, crops in streams.items():
        if not len(crops.images):
            continue
        images = crops.images.to(device, non_blocking=True)
        masks = None if crops.masks is None else crops.masks.to(device, non_blocking=True)
        for change in augment:
            images, masks = change(images, masks, rng)
        streams[name] = Crops(images.contiguous(memory_format=layout), masks)
    return Batch(streams["source"], streams["target"], rng, at.progress)


def _batches(making: Making, data: Domains, phase: Phase, first: int, steps: int) -> Iterator[Batch]:
    """The batches of an epoch; where images are not on the training device, the next is fetched meanwhile."""
    spec, index, device = making.spec, making.state.phase, making.device
    augment = [bind(part, None) for part in spec.augment]
    images = data.source.images if isinstance(data.source, Labelled) else data.source
    total = phase.epochs * steps
    if images.pixels.device.type == device.type:
        for step in range(first, first + steps):
            yield draw(spec, data, phase, augment, At(step, index, step / total, device))
        return
    with ThreadPoolExecutor(1) as ahead:
        coming = ahead.submit(taken, spec, data, phase, first, index)
        for step in range(first, first + steps):
            streams = coming.result()
            if step + 1 < first + steps:
                coming = ahead.submit(taken, spec, data, phase, step + 1, index)
            yield _changed(spec, streams, augment, At(step, index, step / total, device))


def _crops(domain: Labelled | Unlabelled, count: int, patch: int, rng: torch.Generator) -> Crops:
    images = domain.images if isinstance(domain, Labelled) else domain
    device = rng.device
    draws = torch.rand(3, count, generator=rng, device=device)
    which = (draws[0] * len(images)).long()
    height, width = images.size
    whole = torch.tensor([height, width], device=device).expand(count, 2)
    room = whole if images.sizes is None else images.sizes[which]
    if min(height, width) < patch:
        raise ValueError(f"fit.patch: {patch} is larger than the images, {height} x {width}")
    top = (draws[1] * (room[:, 0] - patch + 1).clamp(min=1)).long()
    left = (draws[2] * (room[:, 1] - patch + 1).clamp(min=1)).long()
    masks = domain.mask_crops(which, top, left, patch) if isinstance(domain, Labelled) else None
    return Crops(images.crops(which, top, left, patch), masks)


def _update(making: Making, player: Player, batch: Batch, optimiser: Any) -> dict[str, Tensor]:
    """One step of one player; out of memory, the batch is cut in two and tried again, its effect the same."""
    while True:
        pieces = making.state.pieces.get(player.name, 1)
        try:
            optimiser.zero_grad(set_to_none=True)
            terms = _backward(making, player, batch, pieces)
            optimiser.step()
            return terms
        except (torch.OutOfMemoryError, RuntimeError) as error:
            size = max(len(batch.source.images), len(batch.target.images))
            if not _out_of_memory(error) or pieces >= size:
                raise
        batch.shared.clear()
        if making.device.type == "cuda":
            torch.cuda.empty_cache()
        making.state.pieces[player.name] = pieces * 2


def _out_of_memory(error: Exception) -> bool:
    return isinstance(error, torch.OutOfMemoryError) or "DefaultCPUAllocator: can't allocate memory" in str(error)


def _backward(making: Making, player: Player, batch: Batch, pieces: int) -> dict[str, Tensor]:
    """Gradients of the whole batch, gathered piece by piece; the value of each term."""
    total: dict[str, Tensor] = {}
    half = making.spec.precision == "bfloat16"
    for share, piece in _pieces(batch, pieces):
        with torch.autocast(making.device.type, dtype=torch.bfloat16, enabled=half):
            found = player.loss(piece)
        terms = {f"/{k}": v for k, v in found.items()} if isinstance(found, dict) else {"": found}
        (sum(terms.values(), torch.zeros((), device=making.device)) * share).backward()
        for name, value in terms.items():
            total[name] = total.get(name, torch.zeros((), device=value.device)) + value.detach() * share
    return total


def _pieces(batch: Batch, pieces: int) -> Iterator[tuple[float, Batch]]:
    if pieces == 1:
        yield 1.0, batch
        return
    size = max(len(batch.source.images), len(batch.target.images))
    for i in range(pieces):
        cut = slice(i * size // pieces, (i + 1) * size // pieces)
        if cut.start == cut.stop:
            continue
        both = [Crops(c.images[cut], None if c.masks is None else c.masks[cut]) for c in (batch.source, batch.target)]
        shared = batch.shared.setdefault(f"piece {i} of {pieces}", {})
        yield (cut.stop - cut.start) / size, Batch(both[0], both[1], batch.rng, batch.progress, shared)


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
                save_tensors(making.folder / f"{key}.safetensors", _weights(making, net), {"epoch": making.state.epoch})
    return row


def _weights(making: Making, net: nn.Module) -> dict[str, Tensor]:
    return {name: value for name, value in net.state_dict().items() if name in making.kept}


def _save(making: Making, net: nn.Module, optimisers: list[Any]) -> None:
    """The state after an epoch: tensors and history in one file, whole or not at all."""
    now = time.monotonic()
    making.state.seconds += now - making.started
    making.started = now
    tensors = {f"net.{name}": value for name, value in net.state_dict().items()}
    plain: dict[str, Any] = {}
    for i, optimiser in enumerate(optimisers):
        for index, values in optimiser.state_dict()["state"].items():
            for name, value in values.items():
                if isinstance(value, Tensor):
                    tensors[f"optimiser.{i}.{index}.{name}"] = value
                elif value is not None:
                    plain[f"{i}.{index}.{name}"] = value
    save_tensors(making.folder / "state.safetensors", tensors, {"state": making.state.__dict__, "plain": plain})


def _resume(making: Making) -> dict[str, Tensor]:
    """The tensors of the last saved epoch, none where there is none."""
    path = making.folder / "state.safetensors"
    if not path.exists():
        return {}
    tensors, about = load_tensors(path)
    making.state = State(**about["state"])
    return tensors if making.state.epoch else {}


def _restore(net: nn.Module, optimisers: list[Any], tensors: dict[str, Tensor]) -> None:
    net.load_state_dict({k.removeprefix("net."): v for k, v in tensors.items() if k.startswith("net.")})
    for i, optimiser in enumerate(optimisers):
        kept: dict[int, dict[str, Any]] = {}
        for name, value in tensors.items():
            if name.startswith(f"optimiser.{i}."):
                _, _, index, key = name.split(".", 3)
                kept.setdefault(int(index), {})[key] = value
        optimiser.load_state_dict({"state": kept, "param_groups": optimiser.state_dict()["param_groups"]})


def _finish(making: Making, net: nn.Module, picks: dict[str, Part], outcome: dict[str, Any]) -> None:
    """The checkpoints, the history and a description; the state to resume from goes."""
    folder = making.folder
    if outcome["state"] == "finished":
        save_tensors(folder / f"{LAST.key}.safetensors", _weights(making, net), {"epoch": making.state.epoch})
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
    for path in [*folder.glob("phase-*.safetensors"), folder / "state.safetensors", folder / "progress.json"]:
        path.unlink(missing_ok=True)


def _device_name(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type


def _seed(*parts: object) -> int:
    """A seed from names and numbers, the same on every machine."""
    return int.from_bytes(hashlib.sha256(json.dumps(parts).encode()).digest()[:8], "little") >> 1


def versions(spec: Fit) -> dict[str, int]:
    """The version of each component that a fit uses, where it is not the first."""
    parts = [spec.init, spec.method, *spec.prepare, *spec.augment, spec.net, spec.train_on]
    return {p.name: v for p in parts if (v := registry.catalogue(p.kind)[p.name].version) != 1}
