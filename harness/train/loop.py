"""fit(): build, initialise, run the phases of the method, resume where it stopped."""

import math
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from harness.data.domains import open_domains
from harness.data.images import Domains
from harness.data.unchanged import planned_data
from harness.spec.channel import EPOCHS, append_line, restore_epochs, stop_if_asked
from harness.spec.records import FitRecord
from harness.spec.trusted import read_part
from harness.spec.values import Fit, Part
from harness.store import Home, load_tensors, save_tensors
from harness.train.build import as_function, build_net, channels_and_outputs
from harness.train.draws import Draws, seed_from
from harness.train.epoch import Diverged, end_of_epoch, is_better, run_epoch
from harness.train.finish import finish
from harness.train.meter import metering
from harness.train.one_step import Steps
from harness.train.phase_checks import check_phase
from harness.train.phases import Phase
from harness.train.prepare import (
    dataset_opener,
    pick_function,
    prepare_domains,
    prepare_steps,
)
from harness.train.recording import Recorder
from harness.train.repeatable import arithmetic
from harness.train.state import (
    FitInProgress,
    Report,
    module_tensors,
    restore,
    restore_module,
    resume,
    save,
)
from harness.train.writer import writer_for


def fit(
    spec: Fit,
    picks: list[Part],
    home: Home,
    device: torch.device,
    report: Report = lambda progress: None,
    *,
    wait: Callable[[], None] = lambda: None,
    repeats: bool = True,
    records_steps: bool = True,
) -> Path:
    """Returns the folder of the model that `spec` describes, trained now or before.

    On a GPU it `repeats` to the bit, and `records_steps`, unless the run wants neither.
    """
    store = home.store("fits")
    by_key = {pick.key: pick for pick in picks}
    old = store.find(spec.key)
    if old is not None and store.why_broken(spec.key, with_digests=True) is None:
        record = FitRecord.read(old)
        if not record.holds(by_key):  # the same weights again, with the checkpoints of before
            for raw in record.picks.values():
                pick = read_part("pick", raw)
                by_key[pick.key] = pick
    with store.making(
        spec.key, wait, lambda folder: FitRecord.read(folder).holds(by_key)
    ) as folder:
        if folder is not None:
            exactness = arithmetic(device, spec.precision, repeats=repeats)
            with (
                planned_data(spec, home, folder),
                exactness,
                writer_for(device) as writer,
                metering(device) as meter,
            ):
                training = FitInProgress(
                    spec, {}, folder, device, report, records_steps=records_steps, writer=writer
                )
                training.meter = meter
                _train(training, by_key, home)
    return store.path(spec.key)


def _train(training: FitInProgress, picks: dict[str, Part], home: Home) -> None:
    """Trains a fit in its unfinished folder, from its start or from where it stopped."""
    net, data, phases = open_training(training, picks, home)
    diverged = judged = None
    try:
        judged = run_phases(training, net, data, phases)
    except Diverged as error:
        diverged = error
    training.writer.wait()
    finish(training, net, picks, diverged, judged=judged)


def open_training(
    training: FitInProgress, picks: dict[str, Part], home: Home
) -> tuple[nn.Module, Domains, Iterator[Phase]]:
    """Opens the data of a fit, builds its network and starts it; returns both and its method."""
    spec, device = training.spec, training.device
    raw = open_domains(spec, home, device)
    steps = prepare_steps(spec, raw, home, device)
    data = prepare_domains(raw, steps)
    training.shape = channels_and_outputs(spec.net, data.source)
    torch.manual_seed(spec.seed)
    net = build_net(spec.net, *training.shape).to(device)
    as_function(spec.init, home, device)(net)
    if spec.channels_last:
        net = net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    for key, pick in picks.items():
        training.picks[key] = pick_function(pick, spec, steps, home, device)
    training.checkpoint_names |= set(net.state_dict())
    open_labelled = dataset_opener(spec, steps, home, device, with_masks=True)
    method = as_function(spec.method, home, device, open_labelled=open_labelled)
    return net, data, method(net, data)


def run_phases(
    training: FitInProgress, net: nn.Module, data: Domains, method: Iterator[Phase]
) -> nn.Module:
    """Runs the phases of a method and returns the module that the last of them evaluates.

    A phase that an earlier process finished is not run again: its last weights are loaded.
    """
    tensors = resume(training)
    state = training.state
    restore_epochs(training.folder, state.history)
    index = 0
    judged = net
    while True:
        # for what a method draws between its phases
        torch.manual_seed(seed_from(training.spec.seed, "method", index))
        phase = next(method, None)
        if phase is None:
            return judged
        check_phase(net, phase, training.checkpoint_names)
        judged = phase.judged_module(net)
        last_weights = training.folder / f"phase-{index}.safetensors"
        if index < state.phase:
            restore_module(net, load_tensors(last_weights)[0])
        else:
            _run_phase(training, net, data, phase, tensors)
            tensors = {}
            state.phase = index + 1
            state.epoch = 0
            state.watched = []
            weights = training.writer.on_host(module_tensors(net))
            training.writer.write(partial(save_tensors, last_weights, weights))
            save(training, net, [])
        index += 1


def _run_phase(
    training: FitInProgress,
    net: nn.Module,
    data: Domains,
    phase: Phase,
    tensors: dict[str, Tensor],
) -> None:
    """Runs one phase from the epoch where an earlier process left it."""
    spec, state = training.spec, training.state
    count = steps_of_epoch(data, phase, spec)
    recorder = open_phase(training, net, data, phase)
    optimisers = recorder.steps.optimisers
    if tensors:
        restore(net, optimisers, tensors)
    for epoch in range(state.epoch, phase.epochs):
        if _patience_is_out(phase, state.watched):
            break
        began = time.monotonic()
        losses = run_epoch(recorder, epoch=epoch, count=count)
        state.epoch = epoch + 1
        state.step += count
        row: dict[str, Any] = {"phase": phase.name, "epoch": epoch + 1, "step": state.step}
        if optimisers:
            row["lr"] = float(optimisers[0].param_groups[0]["lr"])
        row.update(losses)
        row.update(end_of_epoch(training, net, data, phase, losses))
        row.update({"seconds/epoch": round(time.monotonic() - began, 3), "at": time.time()})
        state.history.append(row)
        training.writer.wait()  # for the state before: a kill costs two epochs at most
        save(training, net, optimisers)
        # after the state: no row is ever taken back
        training.writer.write(partial(append_line, training.folder / EPOCHS, row))
        stop_if_asked(training.folder)


def open_phase(training: FitInProgress, net: nn.Module, data: Domains, phase: Phase) -> Recorder:
    """Makes the optimisers of a phase, and what takes its steps."""
    optimisers = []
    for player in phase.players:
        optimisers.append(player.optimiser(player.parameters, phase.rate_of(player)))
    spec = training.spec
    draws = Draws(spec.seed, training.state.phase, training.device)
    augment = [as_function(part, None) for part in spec.augment]
    steps = Steps(training, net, data, phase, optimisers, augment, draws)
    return Recorder(steps)  # it prepares the optimisers, before they are restored


def steps_of_epoch(data: Domains, phase: Phase, spec: Fit) -> int:
    """Returns how many steps an epoch of a phase has."""
    return phase.steps or spec.steps or steps_that_cover(data, phase, spec)


def steps_that_cover(data: Domains, phase: Phase, spec: Fit) -> int:
    """Returns how many batches have as many pixels as the training images have."""
    images = data.source.images
    pixels = images.pixel_count
    patch = phase.patch or spec.patch
    batch = phase.batch_of("source", spec.batch)
    steps = math.ceil(pixels / (patch * patch * batch))
    return max(1, steps)


def _patience_is_out(phase: Phase, watched: list[float]) -> bool:
    """Tells whether the watched score was best too many epochs ago."""
    if phase.patience is None:
        return False
    if phase.watch is None:
        raise ValueError(
            "fit.method.patience: there is no validation split to watch; leave it out, or set folds"
        )
    if not watched:
        return False
    best_epoch = 0
    for epoch, score in enumerate(watched):
        if is_better(score, watched[best_epoch]):
            best_epoch = epoch
    return len(watched) - 1 - best_epoch >= phase.patience
