"""MLflow: a trial becomes a run, and runs can be asked for again."""

import os
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.record.address import DATABASES, check_address, scheme_of
from harness.record.code import Code
from harness.record.contents import fill, tags_of
from harness.record.database import (
    MLFLOW_STATUS,
    SQLITE,
    Ask,
    Run,
    add_trial_index,
    is_result,
    lock_of,
    refuse_no_database,
    without_nan,
)
from harness.record.description import tags_of_experiment
from harness.record.owners import close_left_open
from harness.record.passwords import shown_uri
from harness.record.patience import PatientClient, patiently
from harness.record.queries import ask_file, ask_server
from harness.record.recorded_runs import read_has_result, read_metrics, read_runs
from harness.record.result import TrialResult
from harness.record.runs_on_server import mlflow_runs, runs_from_server
from harness.record.schema import bring_up_to_date, silence_mlflow
from harness.store import Home, file_lock, file_name
from harness.study.cell_names import run_name
from harness.study.cells import Cell
from harness.study.load import Study

MLFLOW_SETTINGS = {  # unless they are set; a server that is away is tried again by harness
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
}


def uri(home: Home, address: str | None = None) -> str:
    """Where runs are recorded: as asked for, else in mlflow.db beside the work; always absolute."""
    address = address or os.environ.get("MLFLOW_TRACKING_URI")
    if not address:
        return f"{SQLITE}{home.database}"
    if address.startswith(SQLITE):
        return f"{SQLITE}{Path(address.removeprefix(SQLITE)).expanduser().resolve()}"
    return address


@dataclass(frozen=True)
class Tracker:
    """One tracking server or database file."""

    uri: str
    home: Home
    is_patient: bool = True  # waits while somebody else has the file locked

    @property
    def shown_uri(self) -> str:
        """The address as it may be shown: without a password."""
        return shown_uri(self.uri)

    @property
    def file(self) -> Path | None:
        return Path(self.uri.removeprefix(SQLITE)) if self.uri.startswith(SQLITE) else None

    @property
    def lock(self) -> Path:
        """Stands beside a database file, which other homes may share."""
        home_lock = self.home.hidden / "locks" / "record.lock"
        return home_lock if self.file is None else lock_of(self.file)

    def prepare(self) -> None:
        """Creates or migrates the database before anything else uses it.

        Runs that dead processes have left open are closed.
        """
        if self.file is not None:
            refuse_no_database(self.file)
            self.file.parent.mkdir(parents=True, exist_ok=True)
        with file_lock(self.lock):
            if self.file is not None:
                patiently(bring_up_to_date, self.file)
            client = self.client()
            client.search_experiments(max_results=1)
            if self.file is not None:
                patiently(add_trial_index, self.file)
            close_left_open(client, patiently(self.runs))

    def close_left_open(self) -> None:
        """Closes the runs that processes have left open which died meanwhile."""
        with file_lock(self.lock):
            close_left_open(self.client(), patiently(self.runs))

    def client(self) -> Any:
        """MLflow's own client; importing it takes seconds, so only where something is written."""
        check_address(self.uri)
        for name, value in MLFLOW_SETTINGS.items():
            os.environ.setdefault(name, value)
        from mlflow import MlflowClient

        silence_mlflow()
        return PatientClient(patiently(MlflowClient, self.uri))

    @property
    def is_database(self) -> bool:
        """Whether the runs are read by SQL; else an `mlflow server` is asked for them."""
        return self.file is not None or scheme_of(self.uri) in DATABASES

    def asking(self) -> AbstractContextManager[Ask]:
        """A function that asks the database by SQL."""
        file = self.file
        return ask_server(self.uri) if file is None else ask_file(file, self.is_patient)

    def runs(self, study: str | None = None) -> list[Run]:
        """The runs of harness, newest last, deleted ones left out."""
        if self.file is None:
            return patiently(self._runs_of_server, study)
        if not self.file.exists() or not self.file.stat().st_size:
            return []
        refuse_no_database(self.file)
        with self.asking() as ask:
            return read_runs(ask, study, is_file=True)

    def _runs_of_server(self, study: str | None) -> list[Run]:
        """The same, of a server of either kind."""
        if not self.is_database:
            return runs_from_server(self.client(), study)
        with self.asking() as ask:
            return read_runs(ask, study, is_file=False)

    def has_result(self, study: str, trial: str) -> bool:
        """Whether a trial is recorded as finished or diverged; no other trial's runs are read."""
        if not self.is_database:
            return any(is_result(run) for run in runs_from_server(self.client(), study, trial))
        if self.file is not None and not self.file.exists():
            return False
        with self.asking() as ask:
            return read_has_result(ask, study, trial)

    def record(
        self,
        study: Study,
        cell: Cell,
        result: TrialResult,
        code: Code,
        *,
        reason: str,
        start_over: bool,
    ) -> str | None:
        """Makes a trial's run and returns its id; None if another process has made it meanwhile."""
        with file_lock(self.lock):
            may_be_recorded = result.folder is not None and not start_over
            if may_be_recorded and patiently(self.has_result, study.name, cell.trial.key):
                return None
            client = self.client()
            run = client.create_run(
                self.experiment(client, study.name, tags_of_experiment(study)),
                start_time=int(1000 * (time.time() - result.seconds)),
                tags=tags_of(study, cell, result, code, reason),
                run_name=run_name(cell),
            )
            fill(client, run, cell, result, code)
            client.set_terminated(run.info.run_id, MLFLOW_STATUS[result.state])
            return str(run.info.run_id)

    def experiment(self, client: Any, study: str, tags: Mapping[str, str]) -> str:
        """The id of a study's experiment, which is made with these tags where there is none."""
        experiment = client.get_experiment_by_name(study)
        if experiment is not None:
            return str(experiment.experiment_id)
        artifacts = None
        if self.is_database:
            artifacts = (self.home.hidden / "artifacts" / file_name(study)).as_uri()
        return str(client.create_experiment(study, artifact_location=artifacts, tags=tags))


def metrics(tracker: Tracker, study: str) -> dict[str, dict[str, float]]:
    """The final metrics of each run of a study; None for what is no number."""
    if tracker.file is not None and not tracker.file.exists():
        return {}
    if tracker.file is None:
        return patiently(_metrics_of_server, tracker, study)
    with tracker.asking() as ask:
        return read_metrics(ask, study)


def _metrics_of_server(tracker: Tracker, study: str) -> dict[str, dict[str, Any]]:
    """The same, of a server of either kind."""
    if tracker.is_database:
        with tracker.asking() as ask:
            return read_metrics(ask, study)
    numbers: dict[str, dict[str, Any]] = {}
    for run in mlflow_runs(tracker.client(), study):
        numbers[run.info.run_id] = without_nan(run.data.metrics)
    return numbers
