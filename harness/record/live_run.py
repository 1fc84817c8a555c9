"""A run that is written piece by piece: what of it stands in the database, and what it lacks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.record.contents import (
    final_metrics,
    inputs_of,
    metrics_of_epochs,
    params_of,
)
from harness.record.result import TrialResult
from harness.study.cells import Cell

Rows = Sequence[Mapping[str, Any]]


@dataclass
class LiveRun:
    """A trial's run, and how much of it is written."""

    cell: Cell
    reason: str
    start_over: bool
    started: float  # in seconds since 1970
    info: Any = None  # what MLflow says of the run itself, once it is made
    tags: Mapping[str, str] = field(default_factory=dict)  # that it was made with
    has_inputs: bool = False
    has_params: bool = False
    epochs: int = 0  # of its fit that are written
    result: TrialResult | None = None
    ended: float = 0.0

    @property
    def id(self) -> str:
        return str(self.info.run_id)

    def lacks_something(self, epochs: Rows) -> bool:
        """Whether the database is behind; `epochs` are those of its fit so far."""
        if self.result is not None or not self.has_params:
            return True
        return len(epochs) > self.epochs


def log_what_is_new(client: Any, live: LiveRun, epochs: Rows, tags: Sequence[Any]) -> None:
    """Writes what a run lacks, in one batch; never an epoch twice.

    A run that has ended gets its final numbers too. After a failure it may be called again.
    """
    if not live.has_inputs:
        client.log_inputs(live.id, inputs_of(live.cell))
        live.has_inputs = True
    metrics = metrics_of_epochs(epochs[live.epochs :], live.epochs + 1, live.started)
    if live.result is not None:
        metrics += final_metrics(live.result, live.ended)
    params = [] if live.has_params else params_of(live.cell)
    if metrics or params or tags:
        client.log_batch(live.id, metrics=metrics, params=params, tags=tags)
    live.has_params = True
    live.epochs = max(live.epochs, len(epochs))
