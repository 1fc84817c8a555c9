"""Records brought home: the runs and folders of another home or database, copied into this, once.

The other database is only read. Every run that has ended there gets a run here, which names it;
so the next merge knows what it has brought. Of a trial that has a result here already nothing is
brought: where its numbers differ, ours stay, and the difference is told.
"""

import math
import platform
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from os import getpid
from pathlib import Path
from typing import Any

from harness.record.contents import keeping_artifacts
from harness.record.database import Ask, Run, is_result
from harness.record.description import tags_for_question
from harness.record.files_of_run import artifact_folder
from harness.record.foreign_runs import (
    data_sets_of,
    history_of,
    questions_of,
)
from harness.record.owners import LOCK_TAG, lock_tag
from harness.record.patience import patiently
from harness.record.tracker import Tracker, metrics
from harness.record.units import is_cost
from harness.store import Home, file_lock
from harness.store.manifest import why_broken

MERGED = "harness.merged"  # the run, of another database, that a run is a copy of
RELATIVE = 1e-9  # numbers that differ by less are the same
KINDS = ("fits", "trials")  # the folders that are brought; phantoms are drawn anew


@dataclass(frozen=True)
class Contradiction:
    """A trial with a result in both databases, and a number of it that differs."""

    study: str
    name: str
    trial: str
    metric: str
    own_value: float | None
    other_value: float | None


@dataclass(frozen=True)
class MergeReport:
    """What a merge has brought, and what it has left."""

    source: str
    brought: int = 0  # runs
    here_already: int = 0
    still_running: int = 0
    superseded: int = 0  # by a later result of the same trial there
    without_files: int = 0  # of those brought
    contradictions: tuple[Contradiction, ...] = ()
    folders: Mapping[str, int] = field(default_factory=dict)  # of each kind that were brought
    broken: tuple[str, ...] = ()  # sentences on folders there that are not whole

    def to_plain(self) -> dict[str, Any]:
        """The report as JSON."""
        return asdict(self)


def merge(source: Tracker, own: Tracker) -> MergeReport:
    """Brings what has ended in another home or database into this one."""
    folders, broken = _bring_folders(source.home, own.home)
    lock = own.home.hidden / "running" / f"merge.{platform.node()}.{getpid()}.lock"
    try:
        with file_lock(lock):
            report = _Merge(source, own, lock).bring()
    except sqlite3.Error as error:
        raise ValueError(f"{source.file} cannot be read as MLflow's database ({error})") from None
    return MergeReport(**{**report, "folders": folders, "broken": tuple(broken)})


def _bring_folders(source: Home, own: Home) -> tuple[dict[str, int], list[str]]:
    """Copies the finished fits and trials that are not here; says how many, and what is broken."""
    counts = {}
    broken = []
    for kind in KINDS:
        counts[kind] = 0
        store = own.store(kind)
        for key in sorted(source.store(kind).keys() - store.keys()):
            folder = source.store(kind).path(key)
            problem = why_broken(folder, with_digests=True)
            if problem is not None:
                broken.append(problem)
            else:
                counts[kind] += store.adopt(key, folder)
    return counts, broken


class _Merge:
    """One merge: what stands in both databases, read once."""

    def __init__(self, source: Tracker, own: Tracker, lock: Path) -> None:
        """Takes the lock that this process holds until it has brought everything."""
        self._source = source
        self._own = own
        self._lock = lock
        self._client: Any = None
        self._brought: dict[str, Run] = {}  # by the run that it is a copy of
        self._results: dict[tuple[str, str], Run] = {}  # here, by study and trial
        self._metrics_of: dict[tuple[bool, str], Mapping[str, Mapping[str, float]]] = {}
        self._contradictions: list[Contradiction] = []
        self._counts = dict.fromkeys(
            ("brought", "here_already", "still_running", "superseded", "without_files"), 0
        )

    def bring(self) -> dict[str, Any]:
        """Brings every run that has ended; returns the counts of a report."""
        runs = self._source.runs()
        if runs:
            self._read_own()
            self._client = self._own.client()
            with self._source.asking() as ask:
                questions = questions_of(ask)
                newest = _newest_results(runs)
                for run in runs:
                    fate = self._fate_of(run, newest)
                    if fate == "brought":
                        fate = self._copy(run, ask, questions.get(run.study, ""))
                    self._counts[fate] += 1
        contradictions = tuple(self._contradictions)
        return {"source": str(self._source.file), "contradictions": contradictions, **self._counts}

    def _read_own(self) -> None:
        for run in patiently(self._own.runs):
            self._brought[_origin(run)] = run
            if is_result(run):
                self._results[run.study, run.key] = run

    def _fate_of(self, run: Run, newest: Mapping[tuple[str, str], str]) -> str:
        """What becomes of a run of the other database, as the word in the report says it."""
        if run.status == "RUNNING":
            return "still_running"
        copy = self._brought.get(_origin(run))
        if copy is not None and copy.status == run.status:
            return "here_already"
        if not is_result(run):
            return "brought"
        if newest[run.study, run.key] != run.id:
            return "superseded"
        ours = self._results.get((run.study, run.key))
        if ours is None:
            return "brought"
        self._compare(ours, run)
        return "here_already"

    def _compare(self, own: Run, copy: Run) -> None:
        """Notes the first number by which two results of one trial differ."""
        own_numbers = self._numbers_of(self._own, own)
        other_numbers = self._numbers_of(self._source, copy)
        for metric in sorted(own_numbers.keys() | other_numbers.keys()):
            numbers = own_numbers.get(metric), other_numbers.get(metric)
            if not is_cost(metric) and not _is_same(*numbers):
                contradiction = Contradiction(own.study, own.name, own.key, metric, *numbers)
                self._contradictions.append(contradiction)
                return

    def _numbers_of(self, tracker: Tracker, run: Run) -> Mapping[str, float]:
        """The final metrics of a run; those of a study are read once."""
        key = (tracker is self._own, run.study)
        if key not in self._metrics_of:
            self._metrics_of[key] = metrics(tracker, run.study)
        return self._metrics_of[key].get(run.id, {})

    def _copy(self, run: Run, ask: Ask, question: str) -> str:
        """Makes a run here as it is there, whole or not at all; returns what became of it."""
        half = self._brought.get(_origin(run))
        with file_lock(self._own.lock):
            is_there = is_result(run) and patiently(self._own.has_result, run.study, run.key)
            if is_there:  # another process has recorded it in this moment
                return "here_already"
            if half is not None:
                self._client.delete_run(half.id)  # a merge was killed in the middle of it
            experiment = self._own.experiment(
                self._client, run.study, tags_for_question(run.study, question)
            )
            tags = {**run.tags, MERGED: _origin(run), LOCK_TAG: lock_tag(self._lock)}
            copy = self._client.create_run(
                experiment, start_time=run.started, tags=tags, run_name=run.name
            )
            self._fill(copy.info, run, ask)
            self._client.set_terminated(copy.info.run_id, run.status, run.ended)
        return "brought"

    def _fill(self, info: Any, run: Run, ask: Ask) -> None:
        """Writes the numbers, settings, data sets and files of a run into its copy."""
        data_sets = data_sets_of(ask, run)
        if data_sets:
            self._client.log_inputs(info.run_id, data_sets)
        self._client.log_batch(
            info.run_id, metrics=history_of(ask, run), params=_params(run.params)
        )
        folder = artifact_folder(run, self._source.home)
        if folder is None:
            self._counts["without_files"] += 1
            return
        with keeping_artifacts(self._client, info) as keep:
            for path in sorted(folder.rglob("*")):
                if path.is_file():
                    keep(path, path.relative_to(folder).as_posix())


def _origin(run: Run) -> str:
    """The run that a run is a copy of, or itself."""
    return run.tags.get(MERGED, run.id)


def _newest_results(runs: Iterable[Run]) -> dict[tuple[str, str], str]:
    """The newest result of each trial, by study and trial; the newest run comes last."""
    newest = {}
    for run in runs:
        if is_result(run):
            newest[run.study, run.key] = run.id
    return newest


def _is_same(first: float | None, second: float | None) -> bool:
    if first is None or second is None:
        return first is second
    return math.isclose(first, second, rel_tol=RELATIVE, abs_tol=RELATIVE)


def _params(params: Mapping[str, str]) -> list[Any]:
    from mlflow.entities import Param

    return [Param(name, value) for name, value in params.items()]
