"""What a finished fit or trial says of itself, in a JSON file beside its weights or rows."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from harness.spec.states import State


@dataclass(frozen=True)
class FitRecord:
    """The `fit.json` of a finished fit: how it ended, what it cost, and which checkpoints lie
    beside it.
    """

    FILE: ClassVar[str] = "fit.json"

    state: State
    fit: Mapping[str, Any]  # the fit as a study file could have written it
    key: str
    picks: Mapping[
        str, Mapping[str, Any]
    ]  # key of a pick -> the pick as a study file could have written it
    best: Mapping[str, float]  # key of a pick -> the score of its checkpoint
    seconds: float
    steps: int
    pieces: Mapping[
        str, int
    ]  # player -> into how many pieces its batches were cut when memory was short
    device: str
    channels: int
    outputs: int
    parameters: int
    origin: Mapping[str, Any] = field(default_factory=dict)  # where, and by which code
    use: Mapping[str, float] = field(default_factory=dict)  # memory, and of a GPU time and energy
    phase: str = ""  # where a diverged fit stopped
    epoch: int = 0
    step: int = 0

    @classmethod
    def read(cls, folder: Path) -> "FitRecord":
        """Reads the record of a finished fit's folder."""
        raw = json.loads((folder / cls.FILE).read_text(encoding="utf-8"))
        raw["state"] = State(raw["state"])
        return cls(**raw)

    def to_plain(self) -> dict[str, Any]:
        """Returns the record as JSON; where a fit stopped is told of diverged fits alone."""
        plain = asdict(self)
        if self.state is not State.DIVERGED:
            for name in ("phase", "epoch", "step"):
                del plain[name]
        return plain

    def holds(self, picks: Mapping[str, object] | set[str]) -> bool:
        """Whether the fit need not be trained again: it diverged, or has a checkpoint for each of
        these picks.
        """
        if self.state is State.DIVERGED:
            return True
        return set(picks) <= set(self.picks)


@dataclass(frozen=True)
class TrialRecord:
    """The `result.json` of a measured trial: how its fit ended, and the means of its run."""

    FILE: ClassVar[str] = "result.json"

    state: State
    metrics: Mapping[str, float]
    fit: Mapping[str, Any]  # what the fit's record says, without the fit itself and its picks
    seconds: float
    finished: float = 0.0  # seconds since 1970
    origin: Mapping[str, Any] = field(default_factory=dict)  # where, and by which code
    use: Mapping[str, float] = field(default_factory=dict)  # memory, and of a GPU time and energy

    @classmethod
    def read(cls, folder: Path) -> "TrialRecord":
        """Reads the record of a measured trial's folder."""
        raw = json.loads((folder / cls.FILE).read_text(encoding="utf-8"))
        raw["state"] = State(raw["state"])
        return cls(**raw)

    def to_plain(self) -> dict[str, Any]:
        """Returns the record as JSON."""
        return asdict(self)
