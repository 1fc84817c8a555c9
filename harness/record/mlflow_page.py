"""The pages of MLflow's own UI: the addresses that open a study, or a run, as model training.

MLflow opens an experiment in its view of language models unless the address says otherwise; a tag
of the experiment does not help.
"""

import os

from harness.record.address import scheme_of
from harness.record.lookups import experiment_of
from harness.record.patience import patiently
from harness.record.tracker import Tracker

UI = "http://127.0.0.1:5000"  # where `mlflow ui` and `make ui` listen
UI_SETTING = "HARNESS_MLFLOW_UI"  # names another address
AS_TRAINING = "workflowType=machine_learning"


def ui_address(tracker: Tracker) -> str:
    """Where MLflow's UI is reached: as it is set, else at the server of the runs, else here."""
    address = os.environ.get(UI_SETTING)
    if not address:
        address = tracker.shown_uri if is_server(tracker) else UI
    return address.rstrip("/")


def is_server(tracker: Tracker) -> bool:
    """Whether the runs are on an `mlflow server`, which shows its UI itself."""
    return scheme_of(tracker.uri) in ("http", "https")


def study_page(tracker: Tracker, study: str) -> str | None:
    """The address of a study's runs in MLflow's UI; None where it has none yet."""
    experiment = patiently(_experiment_named, tracker, study)
    if experiment is None:
        return None
    return f"{ui_address(tracker)}/#/experiments/{experiment}/runs?{AS_TRAINING}"


def _experiment_named(tracker: Tracker, study: str) -> str | None:
    """The number of a study's experiment; None where nothing of it is recorded."""
    if not tracker.is_database:
        experiment = tracker.client().get_experiment_by_name(study)
        return None if experiment is None else str(experiment.experiment_id)
    if tracker.file is not None and not tracker.file.exists():
        return None
    with tracker.asking() as ask:
        rows = ask("SELECT experiment_id FROM experiments WHERE name = :study", study=study)
    return str(rows[0][0]) if rows else None


def run_page(tracker: Tracker, run: str) -> str:
    """The address of a run in MLflow's UI."""
    experiment = experiment_of(tracker, run)
    return f"{ui_address(tracker)}/#/experiments/{experiment}/runs/{run}?{AS_TRAINING}"


def ui_command(tracker: Tracker) -> str | None:
    """The command that starts MLflow's UI; None where a server shows it."""
    if is_server(tracker):
        return None
    return f"mlflow ui --backend-store-uri {tracker.shown_uri}"


def look_lines(tracker: Tracker, study: str | None) -> list[str]:
    """Where to look at runs in MLflow: the command that starts its UI, and the page of a study."""
    lines = []
    command = ui_command(tracker)
    if command is not None:
        lines.append(command)
    page = None if study is None else study_page(tracker, study)
    if page is not None:
        lines.append(page)
    return lines
