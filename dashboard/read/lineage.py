"""Where a run comes from, and how its training went, as the database and the folders tell it."""

from collections.abc import Iterator

import pandas as pd

from dashboard.parts.text import plain
from dashboard.read.database import readable
from harness.record import lookups
from harness.record.database import Run
from harness.record.files_of_run import file_of_run
from harness.record.mlflow_page import run_page
from harness.run.progress import duration
from harness.spec.parse import read_trial
from harness.spec.records import FitRecord
from harness.spec.values import Fit, Trial, upstream_fits
from harness.store import Home, read_json


def curves_of(run: Run) -> pd.DataFrame:
    """Returns the metrics that were followed over the epochs: `metric`, `step`, `value`."""
    with readable() as reader:
        points = lookups.curves_of(reader, run.id)
    return pd.DataFrame(points, columns=["metric", "step", "value"])


def mlflow_page_of(run: Run) -> str:
    """Returns the address of a run in MLflow's own UI."""
    with readable() as reader:
        return run_page(reader, run.id)


def data_of(run: Run) -> pd.DataFrame:
    """Returns the data sets that a run has read, with the fingerprint of their bytes or recipe."""
    with readable() as reader:
        data_sets = lookups.data_sets_of(reader, run.id)
    return pd.DataFrame(data_sets, columns=["used to", "data set", "fingerprint"])


def lineage(run: Run) -> Iterator[str]:
    """Lists the fit behind a trial and the fits that it starts from, indented, as Markdown."""
    trial = _trial_of(run)
    if trial is None:
        yield (
            "The trial's folder is gone or of another version, so the fits behind it are known by "
            "their keys alone."
        )
        return
    yield "**Fits, each standing on those below it**"
    yield "\n".join(_lines_of_fit(trial.fit, 0))


def _trial_of(run: Run) -> Trial | None:
    """Reads the trial of a run from its files; None where that is gone or cannot be read."""
    try:
        with readable() as reader:
            file = file_of_run(reader, run, "trial.json")
        if file is None:
            return None
        return read_trial(read_json(file)["trial"], [])
    except (OSError, ValueError, LookupError):
        return None


def _lines_of_fit(fit: Fit, depth: int) -> Iterator[str]:
    """Writes a fit with its state, and the fits that it starts from indented below it."""
    record = _record_of(fit)
    if record is None:
        state = "not kept here"
    else:
        state = f"{record.state} in {duration(record.seconds)} on {record.device}"
    indent = "  " * depth
    yield f"{indent}- {plain(fit.level)}, seed {fit.seed}: {plain(state)} (`{fit.key}`)"
    for upstream, _ in upstream_fits(fit):
        yield from _lines_of_fit(upstream, depth + 1)


def _record_of(fit: Fit) -> FitRecord | None:
    """Reads what a fit's folder says of it; None where it is not here or of another version."""
    folder = Home.here().store("fits").find(fit.key)
    if folder is None:
        return None
    try:
        return FitRecord.read(folder)
    except (OSError, ValueError, TypeError, LookupError):
        return None
