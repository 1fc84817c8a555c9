"""The end of a fit: its last checkpoint, its history and its record; what it resumed from goes."""

from dataclasses import replace

from torch import nn

from harness.spec.channel import EPOCHS, STOP
from harness.spec.records import FitRecord
from harness.spec.states import State
from harness.spec.values import LAST, Part
from harness.store import save_tensors, write_json
from harness.train.epoch import Diverged
from harness.train.origin import device_name, origin_of
from harness.train.state import FitInProgress, checkpoint_weights, note_use


def finish(
    training: FitInProgress,
    net: nn.Module,
    picks: dict[str, Part],
    diverged: Diverged | None,
    *,
    judged: nn.Module | None = None,
) -> None:
    """Writes the last checkpoint, the history and the record; removes what the fit resumed from.

    The last checkpoint is that of `judged`, the module that the last phase evaluates.
    """
    folder = training.folder
    record = _record(training, net, picks)
    if diverged is None:
        _save_last_checkpoint(training, judged or net, picks)
    else:
        record = replace(
            record,
            state=State.DIVERGED,
            phase=diverged.phase,
            epoch=diverged.epoch,
            step=diverged.step,
        )
    write_json(folder / "history.json", training.state.history)
    write_json(folder / FitRecord.FILE, record.to_plain())
    # the state first, for it says which phases lie there
    for name in ("state.safetensors", "progress.json", EPOCHS, STOP):
        (folder / name).unlink(missing_ok=True)
    for path in list(folder.glob("phase-*.safetensors")):
        path.unlink()


def _save_last_checkpoint(
    training: FitInProgress, judged: nn.Module, picks: dict[str, Part]
) -> None:
    """Saves the last weights; every pick has its checkpoint by now, or could never be scored."""
    path = training.folder / f"{LAST.key}.safetensors"
    weights = checkpoint_weights(training, judged)
    history = training.state.history
    epoch = history[-1]["epoch"] if history else 0
    save_tensors(path, weights, {"epoch": epoch})
    for key, part in picks.items():
        if not (training.folder / f"{key}.safetensors").exists():
            raise ValueError(f"pick {part.name}: {_why_no_epoch(training, part)}")


def _why_no_epoch(training: FitInProgress, pick: Part) -> str:
    """Says why a pick chose no epoch: it was never asked, or never answered with a number."""
    scored = [row for row in training.state.history if f"pick/{pick.name}" in row]
    if not scored:
        return "no epoch of the method could be scored"
    return f"none of its {len(scored)} scores is a number, so no epoch is the best"


def _record(training: FitInProgress, net: nn.Module, picks: dict[str, Part]) -> FitRecord:
    """Returns the record of a fit that finished."""
    state = training.state
    channels, outputs = training.shape
    plain_picks = {LAST.key: LAST.to_plain()}
    for key, part in picks.items():
        plain_picks[key] = part.to_plain()
    return FitRecord(
        state=State.FINISHED,
        fit=training.spec.to_plain(),
        key=training.spec.key,
        picks=plain_picks,
        best=state.best,
        seconds=state.seconds,
        steps=state.step,
        pieces=state.pieces,
        device=device_name(training.device),
        origin=origin_of(training.spec, training.device),
        channels=channels,
        outputs=outputs,
        parameters=_count_parameters(training, net),
        use=note_use(training, up_to_now=True).to_plain(state.seconds),
    )


def _count_parameters(training: FitInProgress, net: nn.Module) -> int:
    """Counts the network's own parameters, not those of modules that a method hung onto it."""
    own = training.checkpoint_names
    return sum(value.numel() for name, value in net.named_parameters() if name in own)
