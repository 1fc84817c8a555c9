"""MLflow: a trial becomes a run, runs become one tidy table; nothing else imports mlflow."""

import json
import logging
import math
import os
import platform
import shutil
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.record.database import (
    INFO,
    Run,
    Seen,
    add_trial_index,
    as_run,
    by_run,
    has_result,
    is_result,
    opened,
    read_runs,
    refuse_no_database,
)
from harness.spec.paths import flat
from harness.spec.values import Part, datasets_of
from harness.store import Home, file_name, locked
from harness.study.cells import Cell

if TYPE_CHECKING:
    pass
from harness.record.code import Code

SQLITE = "sqlite:///"
MOST = 1000  # metrics of one batch: the server takes no more
DIGEST = 36  # characters of a dataset's digest: the server takes no more


def uri(home: Home, given: str | None = None) -> str:
    """Where runs are recorded: as asked for, else in mlflow.db beside the work; always absolute."""
    chosen = given or os.environ.get("MLFLOW_TRACKING_URI")
    if not chosen:
        return f"{SQLITE}{home.database}"
    if chosen.startswith(SQLITE):
        return f"{SQLITE}{Path(chosen.removeprefix(SQLITE)).expanduser().resolve()}"
    return chosen


@dataclass(frozen=True)
class Tracker:
    """One tracking server or database file."""

    uri: str
    home: Home

    @property
    def file(self) -> Path | None:
        return Path(self.uri.removeprefix(SQLITE)) if self.uri.startswith(SQLITE) else None

    @property
    def lock(self) -> Path:
        return self.home.hidden / "locks" / "record.lock"

    def prepare(self) -> None:
        """Creates or migrates the database, once, before anything else uses it; closes what dead processes left."""
        if self.file is not None:
            refuse_no_database(self.file)
            self.file.parent.mkdir(parents=True, exist_ok=True)
        with locked(self.lock):
            client = self.client()
            client.search_experiments(max_results=1)
            if self.file is not None:
                add_trial_index(self.file)
            for run in self.runs():
                if run.status == "RUNNING" and run.tags.get("harness.host") == platform.node():
                    client.set_tag(run.id, "harness.state", "killed")
                    client.set_terminated(run.id, "KILLED")

    def client(self) -> Any:
        """MLflow's own client; importing it takes seconds, so only where something is written."""
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
        from mlflow import MlflowClient

        for name in ("mlflow", "mlflow.store.db.utils", "alembic", "alembic.runtime.migration"):
            logging.getLogger(name).setLevel(logging.ERROR)
        return MlflowClient(self.uri)

    def runs(self, study: str | None = None) -> list[Run]:
        """The runs of harness, newest last, deleted ones left out."""
        if self.file is None:
            return self._asked(study)
        if not self.file.exists():
            return []
        refuse_no_database(self.file)
        return read_runs(self.file, study)

    def _asked(self, study: str | None, trial: str | None = None) -> list[Run]:
        """Through the client, page by page, for a server that is no file; of one trial, if its key is given."""
        client = self.client()
        experiments = _experiments(client, study)
        only = "" if trial is None else f"tags.`harness.trial` = '{trial}'"
        runs: list[Run] = []
        token = None
        while experiments:
            page = client.search_runs(
                experiments,
                filter_string=only,
                max_results=1000,
                page_token=token,
                order_by=["start_time ASC"],
            )
            for run in page:
                info, tags = run.info, run.data.tags
                if "harness.trial" in tags:
                    runs.append(
                        as_run(Seen(*[getattr(info, name) for name in INFO]), tags, run.data.params)
                    )
            token = page.token
            if not token:
                break
        return runs

    def has_result(self, study: str, trial: str) -> bool:
        """Whether a trial of a study is recorded as finished or diverged; no other trial's runs are read."""
        if self.file is None:
            return any(is_result(run) for run in self._asked(study, trial))
        return self.file.exists() and has_result(self.file, study, trial)

    def record(
        self, study: Any, cell: Cell, folder: Path | None, code: Code, more: dict[str, Any]
    ) -> str | None:
        """A trial's run, unless another process has recorded it meanwhile."""
        with locked(self.lock):
            if (
                folder is not None
                and not more.get("again")
                and self.has_result(study.name, cell.trial.key)
            ):
                return None
            client = self.client()
            run = client.create_run(
                self._experiment(client, study),
                start_time=int(1000 * (time.time() - more.get("seconds", 0.0))),
                tags=_tags(study, cell, code, more),
                run_name=more["name"],
            )
            self._fill(client, run, cell, folder, code, more=more)
            client.set_terminated(
                run.info.run_id, "FINISHED" if more["state"] == "finished" else "FAILED"
            )
            return str(run.info.run_id)

    def _experiment(self, client: Any, study: Any) -> str:
        found = client.get_experiment_by_name(study.name)
        if found is not None:
            return str(found.experiment_id)
        tags = {"harness": "study", "mlflow.note.content": study.question or study.name}
        place = (
            (self.home.hidden / "artifacts" / file_name(study.name)).as_uri()
            if self.file is not None
            else None
        )
        return str(client.create_experiment(study.name, artifact_location=place, tags=tags))

    def _fill(
        self,
        client: Any,
        run: Any,
        cell: Cell,
        folder: Path | None,
        code: Code,
        *,
        more: dict[str, Any],
    ) -> None:
        from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param

        now = int(time.time() * 1000)
        id = run.info.run_id
        params = [
            Param(k, v[:5900]) for k, v in flat(cell.trial).items() if v != "none" and len(k) <= 250
        ]
        for start in range(0, len(params), 100):
            client.log_batch(id, params=params[start : start + 100])
        metrics = [Metric(k, v, now, 0) for k, v in more.get("metrics", {}).items()]
        for i, row in enumerate(more.get("history", [])):
            at = int(row.get("at", now / 1000) * 1000)
            metrics += [
                Metric(k, v, at, i + 1) for k, v in row.items() if k not in LABELS and _number(v)
            ]
        metrics = [
            Metric(m.key, m.value if math.isfinite(m.value) else math.nan, m.timestamp, m.step)
            for m in metrics
        ]
        for start in range(0, len(metrics), MOST):
            client.log_batch(id, metrics=metrics[start : start + MOST])
        inputs = []
        for role, part in _inputs(cell):
            digest = (part.options.get("fingerprint") or part.key)[:DIGEST]
            about = Dataset(part.name, digest, "harness", json.dumps(part.plain))
            inputs.append(DatasetInput(about, [InputTag("mlflow.data.context", role)]))
        client.log_inputs(id, inputs)
        with _artifacts(client, run) as keep:
            _keep(keep, folder, code, more)


def _experiments(client: Any, study: str | None) -> list[str]:
    """The ids of all studies on a server, or of the one of this name."""
    if study is None:
        experiments = client.search_experiments(
            filter_string="tags.harness = 'study'", max_results=1000
        )
        return [experiment.experiment_id for experiment in experiments]
    experiment = client.get_experiment_by_name(study)
    if (
        experiment is None
        or experiment.lifecycle_stage != "active"
        or experiment.tags.get("harness") != "study"
    ):
        return []
    return [experiment.experiment_id]


LABELS = ("phase", "epoch", "step", "at")


def _inputs(cell: Cell) -> list[tuple[str, Part]]:
    trial = cell.trial
    named = [("train", trial.fit.train_on), ("adapt", trial.fit.adapt_to), ("test", trial.test_on)]
    found = [(role, part) for role, part in named if part is not None]
    seen = {part.key for _, part in found}
    return found + [
        ("upstream", p)
        for p in {p.key: p for p in datasets_of(trial.fit)}.values()
        if p.key not in seen
    ]


def _keep(keep: Any, folder: Path | None, code: Code, more: dict[str, Any]) -> None:
    """Everything that belongs to a run beside its numbers."""
    if folder is not None:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                keep(path, str(path.relative_to(folder)))
    if (weights := more.get("weights")) is not None:
        keep(weights, "weights.safetensors")
    texts = {
        "diff.patch": code.diff,
        "packages.txt": code.packages,
        "error.txt": more.get("trace", ""),
    }
    texts["history.json"] = json.dumps(more.get("history", [])) if more.get("history") else ""
    for name, text in texts.items():
        if text:
            keep(text, name)


@contextmanager
def _artifacts(client: Any, run: Any) -> Iterator[Any]:
    """A function that keeps a file, or a text, as an artifact of a run."""
    place = run.info.artifact_uri
    if place.startswith(("file:", "/")):
        root = Path(place.removeprefix("file://"))

        def keep(source: Path | str, name: str) -> None:
            target = root / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(source, str):
                target.write_text(source, encoding="utf-8")
                return
            try:
                os.link(
                    source, target
                )  # weights of one fit serve many runs: no second copy on the disk
            except OSError:
                shutil.copyfile(source, target)

        yield keep
        return

    def send(source: Path | str, name: str) -> None:
        if isinstance(source, str):
            client.log_text(run.info.run_id, source, name)
        else:
            client.log_artifact(
                run.info.run_id, str(source), str(Path(name).parent) if "/" in name else None
            )

    yield send


def _tags(study: Any, cell: Cell, code: Code, more: dict[str, Any]) -> dict[str, str]:
    fixed = {
        "harness.trial": cell.trial.key,
        "harness.fit": cell.trial.fit.key,
        "harness.study": study.name,
        "harness.state": more["state"],
        "harness.levels": json.dumps(cell.levels),
        "harness.reason": more.get("reason", "new"),
        "harness.design": study.design,
        "harness.host": platform.node(),
        "harness.machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "mlflow.source.name": str(study.path),
        "mlflow.source.type": "LOCAL",
    }
    loose = {
        "mlflow.source.git.commit": code.commit,
        "harness.dirty": "true" if code.diff else "",
        "harness.device": more.get("device", ""),
        "harness.error": more.get("error", ""),
        "harness.pieces": more.get("pieces", ""),
        "mlflow.note.content": more.get("error", ""),
    }
    return {**fixed, **{k: str(v)[:4900] for k, v in loose.items() if v}}


def metrics(tracker: Tracker, study: str) -> dict[str, dict[str, float]]:
    """The final metrics of each run of a study."""
    if tracker.file is None or not tracker.file.exists():
        return {}
    with closing(opened(tracker.file)) as db:
        sql = """SELECT m.run_uuid, m.key, CASE WHEN m.is_nan THEN NULL ELSE m.value END FROM latest_metrics m
            JOIN runs r USING (run_uuid) JOIN experiments e USING (experiment_id)
            WHERE e.name = ? AND r.lifecycle_stage = 'active'"""
        return by_run(db, sql, (study,))


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
