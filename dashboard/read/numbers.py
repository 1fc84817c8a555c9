"""The numbers of all runs of a study: their final metrics, and their curves over the epochs."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from dashboard.read.database import readable, tracker
from dashboard.read.records import StudyRuns
from harness.record.curves import OpenRun, curve_of_runs, names_of_curves, open_runs
from harness.record.lookups import Version
from harness.record.tracker import metrics

MOST_OF_A_QUERY = 400  # runs


def numbers_of(study_runs: StudyRuns) -> pd.DataFrame:
    """Returns a row for each run with its final metrics, by the id of the run."""
    return _read_numbers(tracker().uri, study_runs.name, study_runs.version)


@st.cache_resource(max_entries=4, show_spinner="Reading the numbers of all runs …")
def _read_numbers(address: str, study: str, version: Version) -> pd.DataFrame:
    """Reads the final metrics; `version` tells the cache when to do it again."""
    del address, version
    with readable() as reader:
        numbers = metrics(reader, study)
    return pd.DataFrame.from_dict(numbers, orient="index").astype(float)


def running_runs(study: str) -> list[OpenRun]:
    """Returns the runs of a study that have not ended."""
    with readable() as reader:
        return open_runs(reader, study)


def curve_names(runs: Sequence[str]) -> list[str]:
    """Returns the metrics that these runs followed over their epochs, losses first."""
    with readable() as reader:
        names = names_of_curves(reader, runs[:MOST_OF_A_QUERY])
    return sorted(names, key=lambda name: not name.startswith(("loss", "watch")))


def curves_of_runs(runs: Sequence[str], metric: str) -> pd.DataFrame:
    """Returns one metric over the epochs of these runs: `run`, `step`, `value`."""
    with readable() as reader:
        points = curve_of_runs(reader, runs[:MOST_OF_A_QUERY], metric)
    return pd.DataFrame(points, columns=["run", "step", "value"])
