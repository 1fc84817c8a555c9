"""The trials of a study as jobs: those of one fit share a process, which opens it once."""

import os
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from harness.record.result import run_name
from harness.run.jobs import Job, circumstances
from harness.store import file_name
from harness.study.cells import Cell


def measuring_jobs(study: str, cells: Sequence[Cell], missing: set[str], slots: int) -> list[Job]:
    """A job for each fit and pick, over all their trials; several where slots would idle.

    `missing` are the fits that are trained first.
    """
    around = circumstances()
    trials_of: dict[tuple[str, str], list[Job]] = {}
    for cell in cells:
        trial = cell.trial
        needs = missing.intersection(fit.key for fit in trial.lineage)
        value = {"trial": trial.to_plain(), "key": trial.key, **around}
        job = Job(trial.key, "trial", run_name(cell), value, frozenset(needs))
        trials_of.setdefault((trial.fit.key, trial.pick.key), []).append(job)
    pieces = -(-slots // len(trials_of)) if trials_of else 1
    measuring = []
    for trials in trials_of.values():
        for share in _shares(trials, pieces):
            measuring.append(_measuring_job(study, share, around))
    return measuring


def _shares(trials: Sequence[Job], count: int) -> list[Sequence[Job]]:
    """Trials in so many parts of like size, in their order; no part is empty."""
    count = min(count, len(trials))
    shares = []
    for number in range(count):
        first = number * len(trials) // count
        last = (number + 1) * len(trials) // count
        shares.append(trials[first:last])
    return shares


def _measuring_job(study: str, trials: Sequence[Job], around: Mapping[str, Any]) -> Job:
    """One job over these trials of a fit."""
    values: list[Mapping[str, Any]] = []
    for trial in trials:
        values.append(trial.value)
    # the name begins like the progress file of this run, and is forgotten with it
    unique = secrets.token_hex(8)
    notes = f"{file_name(study)}.{os.getpid()}.{unique}.jsonl"
    value = {"trials": values, "notes": notes, **around}
    first = trials[0]
    return Job(
        f"measure-{first.key}",
        "measure",
        f"{len(trials)} trials from {first.name}",
        value,
        first.needs,
        tuple(trials),
    )
