"""The list of studies: how far each is and what it cost, counted from the database alone."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import streamlit as st

from dashboard.read.database import (
    NOT_DELETED,
    RUNS_OF_STUDIES,
    Version,
    open_database,
    tracker,
    version,
)
from harness.record.database import is_result_state

STUDIES = """SELECT e.experiment_id, e.name, question.value FROM experiments e
    JOIN experiment_tags o ON o.experiment_id = e.experiment_id
    AND o.key = 'harness' AND o.value = 'study'
    LEFT JOIN experiment_tags question ON question.experiment_id = e.experiment_id
    AND question.key = 'mlflow.note.content'
    WHERE e.lifecycle_stage = 'active'"""

RUNS = f"""SELECT r.experiment_id, r.run_uuid, trial.value, fit.value, state.value, r.status,
    r.end_time {RUNS_OF_STUDIES}
    JOIN tags trial ON trial.run_uuid = r.run_uuid AND trial.key = 'harness.trial'
    LEFT JOIN tags state ON state.run_uuid = r.run_uuid AND state.key = 'harness.state'
    LEFT JOIN tags fit ON fit.run_uuid = r.run_uuid AND fit.key = 'harness.fit'
    WHERE {NOT_DELETED} ORDER BY r.rowid"""

SECONDS = """SELECT run_uuid, key, value FROM latest_metrics
    WHERE key IN ('seconds/fit', 'seconds/measure')"""

RUNS_OF_OTHERS = """SELECT count(DISTINCT r.experiment_id) FROM runs r
    JOIN experiments e USING (experiment_id)
    WHERE r.lifecycle_stage = 'active' AND e.lifecycle_stage = 'active'
    AND e.experiment_id NOT IN
    (SELECT experiment_id FROM experiment_tags WHERE key = 'harness' AND value = 'study')"""

Seconds = dict[tuple[str, str], float]  # of a run's metric `seconds/fit` or `seconds/measure`


@dataclass(frozen=True)
class StudySummary:
    """A study as the list of studies has it; `states` counts each trial by its newest result."""

    name: str
    question: str
    states: dict[str, int]
    version: Version
    seconds: float

    @property
    def count(self) -> int:
        return sum(self.states.values())


class SummaryRun(NamedTuple):
    """The few columns of a run that a summary needs, in the order of `RUNS`."""

    experiment: int
    run: str
    trial: str
    fit: str | None
    state: str | None
    status: str
    ended: int | None

    @property
    def is_result(self) -> bool:
        """Whether the run counts as a result, by the rule that the tracker has too."""
        return self.state is not None and is_result_state(self.state, self.status)


def overview() -> tuple[StudySummary, ...]:
    """Returns the studies of the database, newest first."""
    return _read_overview(str(tracker().file), version())


def summary_of(name: str | None, summaries: Sequence[StudySummary]) -> StudySummary | None:
    """Returns what the list of studies says of this one; None where nothing is recorded of it."""
    for summary in summaries:
        if summary.name == name:
            return summary
    return None


def count_foreign_experiments() -> int:
    """Counts the experiments with runs that are not harness's."""
    with open_database() as db:
        return int(db.execute(RUNS_OF_OTHERS).fetchone()[0])


@st.cache_resource(max_entries=4, show_spinner=False)
def _read_overview(file: str, version: Version) -> tuple[StudySummary, ...]:
    """Reads all studies; `file` and `version` are there for the cache to tell answers apart."""
    with open_database() as db:
        studies = db.execute(STUDIES).fetchall()
        runs = [SummaryRun(*row) for row in db.execute(RUNS)]
        seconds = {(run, metric): value for run, metric, value in db.execute(SECONDS)}
    runs_of_experiment: dict[int, list[SummaryRun]] = {}
    for run in runs:
        runs_of_experiment.setdefault(run.experiment, []).append(run)
    summaries = []
    for experiment, name, question in studies:
        own_runs = runs_of_experiment.get(experiment, [])
        summaries.append(_summary(name, question or "", own_runs, seconds))
    return tuple(sorted(summaries, key=lambda summary: summary.version[1], reverse=True))


def _summary(
    name: str,
    question: str,
    runs: Sequence[SummaryRun],
    seconds: Seconds,
) -> StudySummary:
    """Sums up the runs of a study; a fit that several trials stand on costs its time once."""
    seconds_of_fit: dict[str | None, float] = {}
    measuring = 0.0
    newest_end = 0
    for run in runs:
        seconds_of_fit[run.fit] = seconds.get((run.run, "seconds/fit"), 0.0)
        measuring += seconds.get((run.run, "seconds/measure"), 0.0)
        newest_end = max(newest_end, run.ended or 0)
    states = {str(state): count for state, count in Counter(trial_states(runs).values()).items()}
    spent = sum(seconds_of_fit.values()) + measuring
    return StudySummary(name, question, states, (len(runs), newest_end), spent)


def trial_states(runs: Sequence[SummaryRun]) -> dict[str, str | None]:
    """Returns the state of each trial: that of its newest result, else of its newest run."""
    states: dict[str, str | None] = {}
    trials_with_result: set[str] = set()
    for run in runs:
        if run.is_result:
            trials_with_result.add(run.trial)
            states[run.trial] = run.state
        elif run.trial not in trials_with_result:
            states[run.trial] = "running" if run.status == "RUNNING" else run.state
    return states
