"""What came of a trial: the value that its MLflow run is made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.spec.records import TrialRecord
from harness.spec.states import State
from harness.store import Home, read_json
from harness.study.cells import Cell


@dataclass(frozen=True)
class TrialResult:
    """What came of a trial, as its MLflow run tells it."""

    state: State
    folder: Path | None = None  # what was measured; None for a trial that failed
    seconds: float = 0.0
    metrics: Mapping[str, float] = field(default_factory=dict)
    history: Sequence[Mapping[str, Any]] = ()  # a row for each epoch of the fit
    weights: Path | None = None
    channels: int = 0  # that the network takes; 0 where nobody says
    outputs: int = 0
    device: str = ""
    error: str = ""
    trace: str = ""
    pieces: Mapping[str, int] = field(default_factory=dict)  # player -> pieces of its batches
    # where the trial and its fit were made, and by which code
    origins: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def code(self) -> dict[str, str]:
        """The digest of the code of each component behind the result, by kind and name."""
        digests: dict[str, str] = {}
        for origin in self.origins.values():
            digests.update(origin.get("code", {}))
        return digests


def measured_result(cell: Cell, home: Home) -> TrialResult | None:
    """Reads what came of a trial whose folder is complete; None while it is not."""
    folder = home.store("trials").find(cell.trial.key)
    if folder is None:
        return None
    record = TrialRecord.read(folder)
    fit = record.fit
    metrics = {
        **record.metrics,
        "seconds/fit": fit["seconds"],
        "seconds/measure": record.seconds,
        "parameters": fit["parameters"],
        "steps": fit["steps"],
        **use_metrics("fit", fit.get("use", {})),
        **use_metrics("measure", record.use),
    }
    error = ""
    if record.state == State.DIVERGED:
        error = f"the loss is not a number at step {fit['step']} of phase {fit['phase']}"
    history, weights = _of_the_fit(cell, home)
    return TrialResult(
        record.state,
        folder,
        seconds=fit["seconds"] + record.seconds,
        metrics=metrics,
        history=history,
        weights=weights,
        channels=fit.get("channels", 0),
        outputs=fit.get("outputs", 0),
        device=fit["device"],
        error=error,
        pieces=fit["pieces"],
        origins={"fit": fit.get("origin", {}), "trial": record.origin},
    )


def measured_state(cell: Cell, home: Home) -> State | None:
    """How a trial ended whose folder is complete; None where there is none."""
    folder = home.store("trials").find(cell.trial.key)
    return None if folder is None else TrialRecord.read(folder).state


def use_metrics(work: str, use: Mapping[str, float]) -> dict[str, float]:
    """What work has used, as metrics: `peak_memory_gb/fit`."""
    metrics = {}
    for name, value in use.items():
        metrics[f"{name}/{work}"] = value
    return metrics


def _of_the_fit(cell: Cell, home: Home) -> tuple[Sequence[Mapping[str, Any]], Path | None]:
    """The history and the checkpoint of a trial's fit, as far as they are kept, and whole."""
    fits = home.store("fits")
    folder = fits.find(cell.trial.fit.key)
    if folder is None or fits.why_broken(cell.trial.fit.key) is not None:
        return (), None
    weights = folder / f"{cell.trial.pick.key}.safetensors"
    return read_json(folder / "history.json"), weights if weights.exists() else None
