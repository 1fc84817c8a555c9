"""The trials of a study as jobs: those of one fit share a process, which opens it once."""

import os
import platform
import secrets
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, TypeVar

from harness.run.jobs import Job, circumstances
from harness.run.progress import name_of_process
from harness.study.cell_names import run_name
from harness.study.cells import Cell

SHARES = 32  # of the trials of a fit, at most; one process at a time has the claim of a share

Part = TypeVar("Part")


def measuring_jobs(
    study: str,
    cells: Sequence[Cell],
    missing: set[str],
    slots: int,
    among: Sequence[Cell] = (),
) -> list[Job]:
    """A job for each fit and pick, over all their trials; several where slots would idle.

    `missing` are the fits that are trained first. Trials that wait for others of them, which their
    probes name, say, are a job of their own. `among` are all cells of the study, of which these are
    left: its trials are shared out alike by all processes, whatever each of them finds done.
    """
    around = circumstances()
    share_of = _share_of_each_trial(among or cells)
    shares_of: dict[tuple[str, str, frozenset[str]], dict[str, list[Job]]] = {}
    for cell in cells:
        trial = cell.trial
        needs = missing.intersection(fit.key for fit in trial.lineage)
        value = {"trial": trial.to_plain(), "key": trial.key, **around}
        job = Job(trial.key, "trial", run_name(cell), value, frozenset(needs))
        shares = shares_of.setdefault((trial.fit.key, trial.pick.key, job.needs), {})
        share = share_of.get(trial.key, f"measure-{trial.key}")  # of a cell that came later
        shares.setdefault(share, []).append(job)
    pieces = -(-slots // len(shares_of)) if shares_of else 1
    measuring = []
    for shares in shares_of.values():
        for claims in _parts(list(shares), pieces):
            trials = list(chain.from_iterable(shares[claim] for claim in claims))
            measuring.append(_measuring_job(study, trials, claims, around))
    return measuring


def _share_of_each_trial(cells: Iterable[Cell]) -> dict[str, str]:
    """The share that each trial belongs to, by its key; named by the first trial of the share."""
    trials_of: dict[tuple[str, str], list[str]] = {}
    for cell in cells:
        trial = cell.trial
        trials_of.setdefault((trial.fit.key, trial.pick.key), []).append(trial.key)
    share_of: dict[str, str] = {}
    for keys in trials_of.values():
        for share in _parts(keys, SHARES):
            share_of.update(dict.fromkeys(share, f"measure-{share[0]}"))
    return share_of


def _parts(values: Sequence[Part], count: int) -> list[Sequence[Part]]:
    """Values in so many parts of like size, in their order; no part is empty."""
    count = min(count, len(values))
    parts = []
    for number in range(count):
        first = number * len(values) // count
        last = (number + 1) * len(values) // count
        parts.append(values[first:last])
    return parts


def _measuring_job(
    study: str, trials: Sequence[Job], claims: Iterable[str], around: Mapping[str, Any]
) -> Job:
    """One job over these trials of a fit, which are the shares of these names."""
    values: list[Mapping[str, Any]] = []
    for trial in trials:
        values.append(trial.value)
    # the name begins like the progress file of this run, and is forgotten with it
    unique = secrets.token_hex(8)
    name = name_of_process(study, os.getpid(), platform.node())
    notes = f"{name}.{unique}.jsonl"
    value = {"trials": values, "notes": notes, **around}
    first = trials[0]
    return Job(
        f"measure-{first.key}",
        "measure",
        f"{len(trials)} trials from {first.name}",
        value,
        first.needs,
        tuple(trials),
        frozenset(claims),
    )
