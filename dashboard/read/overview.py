"""The list of studies: how far each is and what it cost, counted from the database alone."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from dashboard.read.database import overview_of_server, readable, tracker, version
from harness.record.database import is_result_state
from harness.record.lookups import Outcome, Overview, Version, read_overview

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


def overview() -> tuple[StudySummary, ...]:
    """Returns the studies of the database, newest first."""
    return _read_overview(tracker().uri, version())


def summary_of(name: str | None, summaries: Sequence[StudySummary]) -> StudySummary | None:
    """Returns what the list of studies says of this one; None where nothing is recorded of it."""
    for summary in summaries:
        if summary.name == name:
            return summary
    return None


@st.cache_resource(max_entries=4, show_spinner=False)
def _read_overview(address: str, version: Version) -> tuple[StudySummary, ...]:
    """Reads all studies; the arguments are there for the cache to tell answers apart."""
    everything = _everything()
    runs_of_experiment: dict[int, list[Outcome]] = {}
    for run in everything.outcomes:
        runs_of_experiment.setdefault(run.experiment, []).append(run)
    summaries = []
    for experiment, name, question in everything.studies:
        own_runs = runs_of_experiment.get(experiment, [])
        summaries.append(_summary(name, question or "", own_runs, everything.seconds))
    return tuple(sorted(summaries, key=lambda summary: summary.version[1], reverse=True))


def _everything() -> Overview:
    """Returns all studies with their runs; a server has just been asked for their version."""
    with readable() as reader:
        if reader.is_database:
            return read_overview(reader)
    return overview_of_server(reader.uri)


def _summary(
    name: str,
    question: str,
    runs: Sequence[Outcome],
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


def trial_states(runs: Sequence[Outcome]) -> dict[str, str | None]:
    """Returns the state of each trial: that of its newest result, else of its newest run."""
    states: dict[str, str | None] = {}
    trials_with_result: set[str] = set()
    for run in runs:
        if run.state is not None and is_result_state(run.state, run.status):
            trials_with_result.add(run.trial)
            states[run.trial] = run.state
        elif run.trial not in trials_with_result:
            states[run.trial] = "running" if run.status == "RUNNING" else run.state
    return states
