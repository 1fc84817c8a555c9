"""The runs on an `mlflow server` that is no database, which is asked for them page by page."""

from collections.abc import Iterator
from typing import Any

from harness.record.database import Run
from harness.record.recorded_runs import RunRow, as_run

PAGE = 1000  # runs of one answer of a server
# As MLflow's client names the columns of a `RunRow`.
INFO = ("run_id", "run_name", "status", "start_time", "end_time", "artifact_uri")


def runs_from_server(client: Any, study: str | None, trial: str | None = None) -> list[Run]:
    """Asks a server that is no database for all runs or those of one trial."""
    runs = []
    for run in mlflow_runs(client, study, trial):
        row = RunRow(*[getattr(run.info, name) for name in INFO])
        runs.append(as_run(row, run.data.tags, run.data.params))
    return runs


def mlflow_runs(client: Any, study: str | None, trial: str | None = None) -> Iterator[Any]:
    """The same as MLflow's own values, page by page, the oldest first."""
    experiments = _experiments(client, study)
    only = "" if trial is None else f"tags.`harness.trial` = '{trial}'"
    token = None
    while experiments:
        page = client.search_runs(
            experiments,
            filter_string=only,
            max_results=PAGE,
            page_token=token,
            order_by=["start_time ASC"],
        )
        for run in page:
            if "harness.trial" in run.data.tags:
                yield run
        token = page.token
        if not token:
            return


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
