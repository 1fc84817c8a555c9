"""What the dashboard asks of a place where runs are recorded, whichever kind of place it is.

A database is asked by SQL, an `mlflow server` by MLflow's client.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from harness.record.database import Ask, without_nan
from harness.record.description import question_of
from harness.record.patience import patiently
from harness.record.recorded_runs import recording_order
from harness.record.runs_on_server import PAGE, mlflow_runs
from harness.record.tracker import Tracker

# The runs that are harness's own, and the condition under which they count.
RUNS_OF_STUDIES = """FROM runs r JOIN experiments e USING (experiment_id)
    JOIN experiment_tags o ON o.experiment_id = e.experiment_id
    AND o.key = 'harness' AND o.value = 'study'"""
NOT_DELETED = "r.lifecycle_stage = 'active' AND e.lifecycle_stage = 'active'"

STUDIES = """SELECT e.experiment_id, e.name, coalesce(question.value, note.value)
    FROM experiments e
    JOIN experiment_tags o ON o.experiment_id = e.experiment_id
    AND o.key = 'harness' AND o.value = 'study'
    LEFT JOIN experiment_tags question ON question.experiment_id = e.experiment_id
    AND question.key = 'harness.question'
    LEFT JOIN experiment_tags note ON note.experiment_id = e.experiment_id
    AND note.key = 'mlflow.note.content'
    WHERE e.lifecycle_stage = 'active'"""

OUTCOMES = f"""SELECT r.experiment_id, r.run_uuid, trial.value, fit.value, state.value, r.status,
    r.end_time {RUNS_OF_STUDIES}
    JOIN tags trial ON trial.run_uuid = r.run_uuid AND trial.key = 'harness.trial'
    LEFT JOIN tags state ON state.run_uuid = r.run_uuid AND state.key = 'harness.state'
    LEFT JOIN tags fit ON fit.run_uuid = r.run_uuid AND fit.key = 'harness.fit'
    WHERE {NOT_DELETED} ORDER BY """

OF_OVERVIEW = ("seconds/fit", "seconds/measure", "gpu_energy_wh/fit", "gpu_energy_wh/measure")
COSTS = f"SELECT run_uuid, key, value FROM latest_metrics WHERE key IN {OF_OVERVIEW}"

RUNS_OF_OTHERS = """SELECT count(DISTINCT r.experiment_id) FROM runs r
    JOIN experiments e USING (experiment_id)
    WHERE r.lifecycle_stage = 'active' AND e.lifecycle_stage = 'active'
    AND e.experiment_id NOT IN
    (SELECT experiment_id FROM experiment_tags WHERE key = 'harness' AND value = 'study')"""

COUNT_AND_NEWEST = f"""SELECT count(*), coalesce(max(end_time), 0) {RUNS_OF_STUDIES}
    WHERE {NOT_DELETED}"""

CURVES = """SELECT key, step, CASE WHEN is_nan THEN NULL ELSE value END FROM metrics
    WHERE run_uuid = :run AND step > 0 ORDER BY key, step"""

DATA_SETS = """SELECT coalesce(nullif(t.value, ''), '?'), d.name, d.digest FROM inputs i
    JOIN datasets d ON d.dataset_uuid = i.source_id
    LEFT JOIN input_tags t ON t.input_uuid = i.input_uuid AND t.name = 'mlflow.data.context'
    WHERE i.destination_id = :run AND i.destination_type = 'RUN' ORDER BY t.value"""

Version = tuple[int, int]  # how many runs there are, and when the newest ended
CurvePoint = tuple[str, int, float | None]  # of a metric: its name, step and value
Answer = TypeVar("Answer")


class Outcome(NamedTuple):
    """The few columns of a run that an overview needs, in the order of `OUTCOMES`."""

    experiment: int
    run: str
    trial: str
    fit: str | None
    state: str | None
    status: str
    ended: int | None


class StudyRow(NamedTuple):
    """A study as the experiment that stands for it, in the order of `STUDIES`."""

    experiment: int
    name: str
    question: str | None


class Overview(NamedTuple):
    """All studies, and the outcome and the costs of each of their runs."""

    studies: list[StudyRow]
    outcomes: list[Outcome]
    costs: dict[tuple[str, str], float]  # of a run and one of the metrics `OF_OVERVIEW`


def read_overview(tracker: Tracker) -> Overview:
    """Reads the studies and what came of their runs, in the order in which they were recorded."""
    return look_up(tracker, _overview_of_database, _overview_of_server)


def _overview_of_database(tracker: Tracker, ask: Ask) -> Overview:
    order = recording_order(is_file=tracker.file is not None)
    studies = [StudyRow(*row) for row in ask(STUDIES)]
    outcomes = [Outcome(*row) for row in ask(OUTCOMES + order)]
    costs = {(run, metric): value for run, metric, value in ask(COSTS)}
    return Overview(studies, outcomes, costs)


def _overview_of_server(client: Any) -> Overview:
    """Asks for the studies, and for all their runs page by page."""
    studies = []
    for experiment in client.search_experiments(
        filter_string="tags.harness = 'study'", max_results=PAGE
    ):
        question = question_of(experiment.tags)
        studies.append(StudyRow(int(experiment.experiment_id), experiment.name, question))
    outcomes = []
    costs: dict[tuple[str, str], float] = {}
    for run in mlflow_runs(client, None):
        outcomes.append(_outcome(run.info, run.data.tags))
        for metric in OF_OVERVIEW:
            if metric in run.data.metrics:
                costs[run.info.run_id, metric] = run.data.metrics[metric]
    return Overview(studies, outcomes, costs)


def _outcome(info: Any, tags: dict[str, str]) -> Outcome:
    """The outcome of one of MLflow's own runs."""
    return Outcome(
        int(info.experiment_id),
        info.run_id,
        tags["harness.trial"],
        tags.get("harness.fit"),
        tags.get("harness.state"),
        info.status,
        info.end_time,
    )


def count_foreign_experiments(tracker: Tracker) -> int:
    """Counts the experiments with runs that are not harness's."""

    def of_database(_: Tracker, ask: Ask) -> int:
        return int(ask(RUNS_OF_OTHERS)[0][0])

    return look_up(tracker, of_database, _count_foreign_on_server)


def _count_foreign_on_server(client: Any) -> int:
    """Asks for the first run of each experiment that is no study."""
    count = 0
    for experiment in client.search_experiments(max_results=PAGE):
        is_study = experiment.tags.get("harness") == "study"
        if not is_study and client.search_runs([experiment.experiment_id], max_results=1):
            count += 1
    return count


def version_of_database(ask: Ask, study: str | None) -> Version:
    """A value that changes when a run of a study (or of any) has ended, and only then."""
    rows = ask(COUNT_AND_NEWEST)
    if study is not None:
        rows = ask(f"{COUNT_AND_NEWEST} AND e.name = :study", study=study)
    count, newest = rows[0] if rows else (0, 0)
    return int(count), int(newest)


def curves_of(tracker: Tracker, run: str) -> list[CurvePoint]:
    """The metrics that were followed over the epochs, by name and step."""
    return look_up(
        tracker,
        lambda _, ask: [(key, step, value) for key, step, value in ask(CURVES, run=run)],
        lambda client: _curves_of_server(client, run),
    )


def _curves_of_server(client: Any, run: str) -> list[CurvePoint]:
    """Asks for the history of each metric of a run."""
    points: list[CurvePoint] = []
    for name in sorted(client.get_run(run).data.metrics):
        history = sorted(client.get_metric_history(run, name), key=lambda metric: metric.step)
        for metric in history:
            if metric.step > 0:
                value = without_nan({name: metric.value})[name]
                points.append((name, metric.step, value))
    return points


def data_sets_of(tracker: Tracker, run: str) -> list[tuple[str, str, str]]:
    """The data sets of a run: what each is used to, its name, its fingerprint."""
    return look_up(
        tracker,
        lambda _, ask: [(use, name, digest) for use, name, digest in ask(DATA_SETS, run=run)],
        lambda client: _data_sets_of_server(client, run),
    )


def _data_sets_of_server(client: Any, run: str) -> list[tuple[str, str, str]]:
    """Reads the inputs of MLflow's own run."""
    data_sets = []
    for entry in client.get_run(run).inputs.dataset_inputs:
        tags = {tag.key: tag.value for tag in entry.tags}
        use = tags.get("mlflow.data.context") or "?"
        data_sets.append((use, entry.dataset.name, entry.dataset.digest))
    return sorted(data_sets)


def experiment_of(tracker: Tracker, run: str) -> int:
    """The number of the experiment that a run is recorded in."""
    sql = "SELECT experiment_id FROM runs WHERE run_uuid = :run"
    return look_up(
        tracker,
        lambda _, ask: int(ask(sql, run=run)[0][0]),
        lambda client: int(client.get_run(run).info.experiment_id),
    )


def look_up(
    tracker: Tracker,
    of_database: Callable[[Tracker, Ask], Answer],
    of_server: Callable[[Any], Answer],
) -> Answer:
    """Asks a database by one function, an `mlflow server` by the other."""

    def look() -> Answer:
        if not tracker.is_database:
            return of_server(tracker.client())
        with tracker.asking() as ask:
            return of_database(tracker, ask)

    return look() if tracker.file is not None else patiently(look)
