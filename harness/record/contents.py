"""What the MLflow run of a trial holds: tags, parameters, metrics, datasets and artifacts."""

import getpass
import json
import math
import os
import platform
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from harness.record.code import Code, sources_outside
from harness.record.data_bytes import BYTES_TAG, bytes_of
from harness.record.model_folder import MODELS_TAG, Keep, keep_model, models_tag
from harness.record.passwords import without_secrets
from harness.record.result import TrialResult
from harness.spec.paths import settings
from harness.spec.values import Part
from harness.spec.walk import datasets_of
from harness.store.files import link_or_copy
from harness.study.cells import Cell
from harness.study.load import Study

# What a server takes at most; MLflow's client itself cuts what is too much for one batch.
NAME_LENGTH = 250
PARAM_LENGTH = 5900
TAG_LENGTH = 4900
DECLARED = "harness.declared"  # and a number, for a long design needs several tags
DIGEST_LENGTH = 36  # of a dataset's digest

SOURCE_TAG = "mlflow.source.name"  # the study file of a run
FOLDER_TAG = "harness.folder"  # from which the paths of a study start
SET_TAG = "harness.set"  # what the command line changed of the study file
CODE_TAG = "harness.code"  # the digest of each component's code
NOT_METRICS = ("phase", "epoch", "step", "at")  # columns of a fit's history that say where it is


def tags_of(
    study: Study, cell: Cell, result: TrialResult, code: Code, reason: str
) -> dict[str, str]:
    """The tags by which a run is found again, and those that are left out where they are empty."""
    tags = {
        "harness.trial": cell.trial.key,
        "harness.fit": cell.trial.fit.key,
        "harness.study": study.name,
        "harness.state": result.state.value,
        "harness.levels": json.dumps(cell.levels),
        "harness.reason": reason,
        "harness.design": study.design,
        "harness.host": result.origins.get("trial", {}).get("host") or platform.node(),
        "harness.machine": f"{platform.machine()}, {os.cpu_count()} cores",
        FOLDER_TAG: os.getcwd(),
        SOURCE_TAG: str(study.path),
        "mlflow.source.type": "LOCAL",
    }
    declaration = study.declaration.text()
    for number, start in enumerate(range(0, len(declaration), TAG_LENGTH)):
        tags[f"{DECLARED}.{number}"] = declaration[start : start + TAG_LENGTH]
    marks = bytes_of(cell.trial)
    was_cut = any(pieces > 1 for pieces in result.pieces.values())
    only_if_not_empty = {
        "mlflow.source.git.commit": code.commit,
        "harness.dirty": "true" if code.diff else "",
        "harness.device": result.device,
        CODE_TAG: json.dumps(result.code) if result.code else "",
        BYTES_TAG: json.dumps(marks) if marks else "",
        "harness.error": result.error,
        SET_TAG: ", ".join(study.overrides),
        "harness.pieces": json.dumps(result.pieces) if was_cut else "",
        "mlflow.note.content": result.error,
        "mlflow.user": _user(),
        MODELS_TAG: models_tag(result),
    }
    for name, text in only_if_not_empty.items():
        if text:
            tags[name] = text[:TAG_LENGTH]
    return tags


def _user() -> str:
    """Who runs the study, as MLflow tells who has made a run; empty where the machine has no name
    for them.
    """
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""


def fill(client: Any, run: Any, cell: Cell, result: TrialResult, code: Code) -> None:
    """Writes everything that a run holds beside its tags, in as few transactions as MLflow has."""
    now = time.time()
    curves = metrics_of_epochs(result.history, 1, now)
    client.log_inputs(run.info.run_id, inputs_of(cell))
    metrics = [*curves, *final_metrics(result, now)]
    client.log_batch(run.info.run_id, metrics=metrics, params=params_of(cell))
    keep_artifacts(client, run.info, cell, result, code)


def final_metrics(result: TrialResult, ended: float) -> list[Any]:
    """The final numbers of a trial, as MLflow's metrics."""
    from mlflow.entities import Metric

    at = int(1000 * ended)
    return [Metric(name, _finite(value), at, 0) for name, value in result.metrics.items()]


def changed_tags(before: Mapping[str, str], tags: Mapping[str, str]) -> list[Any]:
    """The tags of a run that are new, or have another text than before."""
    from mlflow.entities import RunTag

    changed = []
    for name, text in tags.items():
        if before.get(name) != text:
            changed.append(RunTag(name, text))
    return changed


def keep_artifacts(client: Any, info: Any, cell: Cell, result: TrialResult, code: Code) -> None:
    """Keeps everything that belongs to a run beside its numbers; a second time does no harm."""
    with keeping_artifacts(client, info) as keep:
        _keep_artifacts(keep, cell, result, code)


def params_of(cell: Cell) -> list[Any]:
    """The settings of a trial that have a value, as MLflow's parameters."""
    from mlflow.entities import Param

    params = []
    for path, level in settings(cell.trial).items():
        if level != "none" and len(path) <= NAME_LENGTH:
            params.append(Param(path, level[:PARAM_LENGTH]))
    return params


def metrics_of_epochs(
    epochs: Sequence[Mapping[str, Any]], first: int, otherwise: float
) -> list[Any]:
    """The curves of a fit: a step for each epoch, of which the first has this number.

    A point has the time at which its epoch ended; `otherwise` stands in where that is not known.
    """
    from mlflow.entities import Metric

    metrics = []
    for step, row in enumerate(epochs, start=first):
        written = int(row.get("at", otherwise) * 1000)
        for name, value in row.items():
            if name not in NOT_METRICS and _is_number(value):
                metrics.append(Metric(name, _finite(value), written, step))
    return metrics


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _finite(value: float) -> float:
    return value if math.isfinite(value) else math.nan


def inputs_of(cell: Cell) -> list[Any]:
    """The datasets of a trial with their roles, as MLflow's inputs."""
    from mlflow.entities import Dataset, DatasetInput, InputTag

    inputs = []
    for role, part in _datasets(cell):
        digest = (part.options.get("fingerprint") or part.key)[:DIGEST_LENGTH]
        dataset = Dataset(part.name, digest, "harness", json.dumps(part.to_plain()))
        inputs.append(DatasetInput(dataset, [InputTag("mlflow.data.context", role)]))
    return inputs


def _datasets(cell: Cell) -> list[tuple[str, Part]]:
    """The datasets of a trial, each with its role; those of the fits behind it come last."""
    fit = cell.trial.fit
    roles = [("train", fit.train_on), ("adapt", fit.target), ("test", cell.trial.test_on)]
    datasets = [(role, part) for role, part in roles if part is not None]
    keys = {part.key for _, part in datasets}
    for part in datasets_of(fit):
        if part.key not in keys:
            keys.add(part.key)
            datasets.append(("upstream", part))
    return datasets


def _keep_artifacts(keep: Keep, cell: Cell, result: TrialResult, code: Code) -> None:
    """Keeps everything that belongs to a run beside its numbers."""
    if result.folder is not None:
        for path in sorted(result.folder.rglob("*")):
            if path.is_file():
                keep(path, str(path.relative_to(result.folder)))
    keep_model(keep, cell, result)
    texts = {
        "diff.patch": code.diff,
        "packages.txt": code.packages,
        "error.txt": result.trace,
    }
    if result.origins:
        texts["origin.json"] = json.dumps(result.origins, indent=1)
    if result.history:
        texts["history.json"] = json.dumps(result.history)
    texts.update(sources_outside(cell))
    for name, text in texts.items():
        if text:
            keep(without_secrets(text), name)


@contextmanager
def keeping_artifacts(client: Any, info: Any) -> Iterator[Keep]:
    """A function that keeps a file, or a text, as an artifact of a run."""
    address = info.artifact_uri
    if address.startswith("file:"):  # in which a space is %20
        yield _keep_in_folder(Path(unquote(urlsplit(address).path)))
    elif address.startswith("/"):
        yield _keep_in_folder(Path(address))
    else:
        yield _keep_on_server(client, info.run_id)


def _keep_in_folder(root: Path) -> Keep:
    """Artifacts of a database beside the work: a folder of this machine."""

    def keep(source: Path | str, name: str) -> None:
        """Writes a text, or links a file; copies it where no link is possible."""
        target = root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)  # of a first try; it may be a link to its source
        if isinstance(source, str):
            target.write_text(source, encoding="utf-8")
            return
        link_or_copy(source, target)  # weights of one fit serve many runs

    return keep


def _keep_on_server(client: Any, run: str) -> Keep:
    """Artifacts that a server stores."""

    def send(source: Path | str, name: str) -> None:
        if isinstance(source, str):
            client.log_text(run, source, name)
            return
        folder = str(Path(name).parent) if "/" in name else None
        client.log_artifact(run, str(source), folder)

    return send
