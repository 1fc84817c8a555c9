"""The list of studies: how far each is and what it cost, counted from the database alone."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from dashboard.read.database import overview_of_server, readable, tracker, version
from harness.record.database import is_result_state
from harness.record.lookups import Outcome, Overview, Version, read_overview

Costs = dict[tuple[str, str], float]  # of a run and a metric, as `seconds/fit`


@dataclass(frozen=True)
class StudySummary:
    """A study as the list of studies has it; `states` counts each trial by its newest result."""

    name: str
    question: str
    states: dict[str, int]
    version: Version
    seconds: float
    watt_hours: float  # of GPUs, as far as they told them
    is_all_energy: bool  # whether every job told its own

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
        summaries.append(_summary(name, question or "", own_runs, everything.costs))
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
    costs: Costs,
) -> StudySummary:
    """Sums up the runs of a study."""
    newest_end = 0
    for run in runs:
        newest_end = max(newest_end, run.ended or 0)
    states = {str(state): count for state, count in Counter(trial_states(runs).values()).items()}
    return StudySummary(
        name,
        question,
        states,
        (len(runs), newest_end),
        seconds=_sum_of("seconds", runs, costs),
        watt_hours=_sum_of("gpu_energy_wh", runs, costs),
        is_all_energy=all(_tells_energy(run.run, costs) for run in runs),
    )


def _tells_energy(run: str, costs: Costs) -> bool:
    """Whether a run says of all its work that has a duration what energy it took."""
    for work in ("fit", "measure"):
        if (run, f"seconds/{work}") in costs and (run, f"gpu_energy_wh/{work}") not in costs:
            return False
    return True


def _sum_of(cost: str, runs: Sequence[Outcome], costs: Costs) -> float:
    """Adds up a cost of runs; a fit that several trials stand on costs it once."""
    of_fits: dict[str | None, float] = {}
    measuring = 0.0
    for run in runs:
        of_fits[run.fit] = costs.get((run.run, f"{cost}/fit"), 0.0)
        measuring += costs.get((run.run, f"{cost}/measure"), 0.0)
    return sum(of_fits.values()) + measuring


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
