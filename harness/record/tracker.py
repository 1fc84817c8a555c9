"""MLflow: a trial becomes a run, and runs can be asked for again."""

import os
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.record.address import check_address
from harness.record.code import Code
from harness.record.contents import fill, tags_of
from harness.record.database import (
    INFO,
    MLFLOW_STATUS,
    SQLITE,
    Run,
    RunRow,
    add_trial_index,
    as_run,
    by_run,
    has_result,
    is_result,
    lock_of,
    open_read_only,
    read_runs,
    refuse_no_database,
)
from harness.record.owners import end_as_killed, is_left_open
from harness.record.passwords import shown_uri
from harness.record.patience import PatientClient, patiently
from harness.record.result import TrialResult, run_name
from harness.record.schema import bring_up_to_date, silence_mlflow
from harness.store import Home, file_lock, file_name
from harness.study.cells import Cell
from harness.study.load import Study

PAGE = 1000  # runs of one answer of a server
MLFLOW_SETTINGS = {  # unless they are set; a server that is away is tried again by harness
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
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
        if self.file is not None:
            return lock_of(self.file)
        return self.home.hidden / "locks" / "record.lock"

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
            for run in patiently(self.runs):
                if is_left_open(run):
                    end_as_killed(client, run.id)

    def client(self) -> Any:
        """MLflow's own client; importing it takes seconds, so only where something is written."""
        check_address(self.uri)
        for name, value in MLFLOW_SETTINGS.items():
            os.environ.setdefault(name, value)
        from mlflow import MlflowClient

        silence_mlflow()
        return PatientClient(patiently(MlflowClient, self.uri))

    def runs(self, study: str | None = None) -> list[Run]:
        """The runs of harness, newest last, deleted ones left out."""
        if self.file is None:
            return runs_from_server(self.client(), study)
        if not self.file.exists():
            return []
        refuse_no_database(self.file)
        return read_runs(self.file, study)

    def has_result(self, study: str, trial: str) -> bool:
        """Whether a trial is recorded as finished or diverged; no other trial's runs are read."""
        if self.file is None:
            return any(is_result(run) for run in runs_from_server(self.client(), study, trial))
        return self.file.exists() and has_result(self.file, study, trial)

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
                self.experiment(client, study),
                start_time=int(1000 * (time.time() - result.seconds)),
                tags=tags_of(study, cell, result, code, reason),
                run_name=run_name(cell),
            )
            fill(client, run, cell, result, code)
            client.set_terminated(run.info.run_id, MLFLOW_STATUS[result.state])
            return str(run.info.run_id)

    def experiment(self, client: Any, study: Study) -> str:
        """The id of a study's experiment, which is made where there is none."""
        experiment = client.get_experiment_by_name(study.name)
        if experiment is not None:
            return str(experiment.experiment_id)
        tags = {"harness": "study", "mlflow.note.content": study.question or study.name}
        artifacts = None
        if self.file is not None:
            artifacts = (self.home.hidden / "artifacts" / file_name(study.name)).as_uri()
        return str(client.create_experiment(study.name, artifact_location=artifacts, tags=tags))


def runs_from_server(client: Any, study: str | None, trial: str | None = None) -> list[Run]:
    """Asks a server that is no file, page by page, for all runs or those of one trial."""
    experiments = _experiments(client, study)
    if not experiments:
        return []
    only = "" if trial is None else f"tags.`harness.trial` = '{trial}'"
    runs: list[Run] = []
    token = None
    while True:
        page = client.search_runs(
            experiments,
            filter_string=only,
            max_results=PAGE,
            page_token=token,
            order_by=["start_time ASC"],
        )
        for run in page:
            tags = run.data.tags
            if "harness.trial" in tags:
                row = RunRow(*[getattr(run.info, name) for name in INFO])
                runs.append(as_run(row, tags, run.data.params))
        token = page.token
        if not token:
            return runs


def _experiments(client: Any, study: str | None) -> list[str]:
    """The ids of all studies on a server, or of the one of this name."""
    if study is None:
        experiments = client.search_experiments(
            filter_string="tags.harness = 'study'", max_results=PAGE
        )
        return [experiment.experiment_id for experiment in experiments]
    experiment = client.get_experiment_by_name(study)
    if experiment is None or experiment.lifecycle_stage != "active":
        return []
    return [experiment.experiment_id] if experiment.tags.get("harness") == "study" else []


def metrics(tracker: Tracker, study: str) -> dict[str, dict[str, float]]:
    """The final metrics of each run of a study."""
    if tracker.file is None or not tracker.file.exists():
        return {}
    sql = """SELECT m.run_uuid, m.key, CASE WHEN m.is_nan THEN NULL ELSE m.value END
        FROM latest_metrics m JOIN runs r USING (run_uuid) JOIN experiments e USING (experiment_id)
        WHERE e.name = ? AND r.lifecycle_stage = 'active'"""
    with closing(open_read_only(tracker.file)) as db:
        return by_run(db, sql, (study,))
