"""What is recorded here: read only, and kept in memory until another run has ended."""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import streamlit as st

from harness.record.database import Run, opened, refuse_no_database
from harness.record.table import rows_in, table_of
from harness.record.tracker import Tracker, uri
from harness.run.fingerprints import identified
from harness.spec.naming import level_of_text
from harness.store import Home
from harness.study.document import Mistakes
from harness.study.load import Study, load_study

Stamp = tuple[int, int]  # how many runs there are, and when the newest ended

ROOT = Path(__file__).resolve().parents[2]


class Unreadable(Exception):
    """What cannot be shown, and what to do about it."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what)
        self.what, self.remedy = what, remedy


@dataclass(frozen=True)
class Entry:
    """A study as the list of studies has it; `states` count its trials, each by its newest result."""

    name: str
    question: str
    states: dict[str, int]
    stamp: Stamp
    seconds: float

    @property
    def count(self) -> int:
        return sum(self.states.values())


@dataclass(frozen=True)
class Found:
    """A study's runs and what they measured."""

    name: str
    stamp: Stamp
    recorded: tuple[Run, ...]
    runs: pd.DataFrame
    rows: pd.DataFrame


def tracker() -> Tracker:
    home = Home.here()
    return Tracker(uri(home), home)


@contextmanager
def database() -> Iterator[sqlite3.Connection]:
    """The database, opened so that nothing can be written; what is wrong with it is said in words."""
    file = tracker().file
    if file is None:
        remedy = "Its own page shows them. For this one, unset MLFLOW_TRACKING_URI or set it to sqlite:///PATH."
        raise Unreadable(
            f"Runs are recorded on a server ({tracker().uri}), and this page reads a file.", remedy
        )
    try:
        refuse_no_database(file)
    except ValueError as error:
        raise Unreadable(str(error), "Then load this page again.") from None
    if not file.exists() or not file.stat().st_size:
        raise Unreadable(
            f"Nothing has been recorded in {file} yet.",
            "Run a study there, such as `harness run studies/smoke.yaml`, or start the dashboard with HARNESS_HOME "
            "set to the folder of another mlflow.db.",
        )
    try:
        with closing(opened(file)) as db:
            yield db
    except sqlite3.OperationalError as error:
        raise Unreadable(*_trouble(file, str(error))) from None
    except sqlite3.DatabaseError as error:
        remedy = (
            "Restore it, or move it away: `harness run` fills a new one without training again."
        )
        raise Unreadable(f"{file} is damaged: {error}.", remedy) from None


def _trouble(file: Path, error: str) -> tuple[str, str]:
    if "no such" in error:
        remedy = f"`mlflow db upgrade sqlite:///{file}` brings it up to date, and so does the next `harness run`."
        return f"{file} has the tables of another version of MLflow ({error}).", remedy
    return f"{file} cannot be read just now: {error}.", "Load this page again in a moment."


OURS = """FROM runs r JOIN experiments e USING (experiment_id)
    JOIN experiment_tags o ON o.experiment_id = e.experiment_id AND o.key = 'harness' AND o.value = 'study'
    WHERE r.lifecycle_stage = 'active' AND e.lifecycle_stage = 'active'"""


def stamp(study: str | None = None) -> Stamp:
    """Changes when a run has ended, and with nothing else."""
    chosen, args = ("AND e.name = ?", (study,)) if study is not None else ("", ())
    with database() as db:
        count, newest = db.execute(
            f"SELECT count(*), coalesce(max(end_time), 0) {OURS} {chosen}", args
        ).fetchone()
    return int(count), int(newest)


def overview() -> tuple[Entry, ...]:
    """The studies, newest first."""
    return _overview(str(tracker().file), stamp())


def foreign() -> int:
    """How many experiments with runs are not harness's."""
    others = """SELECT count(DISTINCT r.experiment_id) FROM runs r JOIN experiments e USING (experiment_id)
        WHERE r.lifecycle_stage = 'active' AND e.lifecycle_stage = 'active' AND e.experiment_id NOT IN
        (SELECT experiment_id FROM experiment_tags WHERE key = 'harness' AND value = 'study')"""
    with database() as db:
        return int(db.execute(others).fetchone()[0])


@st.cache_resource(max_entries=4, show_spinner=False)
def _overview(file: str, stamp: Stamp) -> tuple[Entry, ...]:
    with database() as db:
        listed = db.execute(
            """SELECT e.experiment_id, e.name, q.value FROM experiments e JOIN experiment_tags o
            ON o.experiment_id = e.experiment_id AND o.key = 'harness' AND o.value = 'study'
            LEFT JOIN experiment_tags q ON q.experiment_id = e.experiment_id AND q.key = 'mlflow.note.content'
            WHERE e.lifecycle_stage = 'active'"""
        ).fetchall()
        ended = db.execute(
            f"""SELECT r.experiment_id, k.value, s.value, r.end_time, f.value, r.run_uuid, r.status {
                OURS.replace(
                    "WHERE",
                    '''JOIN tags k ON k.run_uuid = r.run_uuid AND k.key = 'harness.trial'
                LEFT JOIN tags s ON s.run_uuid = r.run_uuid AND s.key = 'harness.state'
                LEFT JOIN tags f ON f.run_uuid = r.run_uuid AND f.key = 'harness.fit' WHERE''',
                )
            }
            ORDER BY r.start_time"""
        ).fetchall()
        spent = db.execute(
            "SELECT run_uuid, key, value FROM latest_metrics WHERE key IN ('seconds/fit', 'seconds/measure')"
        ).fetchall()
    seconds = {(run, key): value for run, key, value in spent}
    mine: dict[int, list[tuple[Any, ...]]] = {}
    for id, *rest in ended:
        mine.setdefault(id, []).append(tuple(rest))
    found = [
        _entry(name, question or "", mine.get(id, []), seconds) for id, name, question in listed
    ]
    return tuple(sorted(found, key=lambda e: e.stamp[1], reverse=True))


def _entry(
    name: str, question: str, runs: list[tuple[Any, ...]], seconds: dict[tuple[str, str], float]
) -> Entry:
    """A fit that several trials stand on costs its time once."""
    newest: dict[str, str] = {}
    for key, state, _, _, _, status in runs:
        result = (state, status) in (("finished", "FINISHED"), ("diverged", "FAILED"))
        if result or newest.get(key) not in ("finished", "diverged"):
            newest[key] = state if status != "RUNNING" else "running"
    fits = {fit: seconds.get((run, "seconds/fit"), 0.0) for _, _, _, fit, run, _ in runs}
    measuring = sum(seconds.get((run, "seconds/measure"), 0.0) for _, _, _, _, run, _ in runs)
    ended = max((end or 0 for _, _, end, _, _, _ in runs), default=0)
    states = {str(state): n for state, n in Counter(newest.values()).items()}
    return Entry(name, question, states, (len(runs), ended), sum(fits.values()) + measuring)


def found(study: str) -> Found:
    """A study's runs and rows, read again only when a run has ended."""
    return _found(str(tracker().file), study, stamp(study))


@st.cache_resource(max_entries=8, show_spinner="Reading what was measured …")
def _found(file: str, study: str, stamp: Stamp) -> Found:
    with database():  # says what is wrong before anything is read
        recorded = tracker().runs(study)
    runs, rows = table_of(recorded, tracker().home, _remembered)
    for path in {p for run in recorded for p in run.levels} & set(runs.columns):
        runs[path] = runs[path].map(
            level_of_text, na_action="ignore"
        )  # version 0.1 wrote 1.0 where it is 1 now
        runs = runs.assign(
            **{f"{path}.name": runs[path].str.split("(").str[0]}
        )  # a component by its bare name
    _read()[file, study] = stamp
    return Found(study, stamp, tuple(recorded), runs, rows)


def in_memory(study: str) -> bool:
    """Whether a study's runs have been read since the last of them ended."""
    return _read().get((str(tracker().file), study)) == stamp(study)


@st.cache_resource(show_spinner=False)
def _read() -> dict[tuple[str, str], Stamp]:
    return {}


@st.cache_resource(show_spinner=False)
def _memory() -> dict[str, tuple[int, pa.Table]]:
    return {}


def _remembered(path: Path) -> pa.Table:
    """The rows of a trial; they never change, so that a study that grows is not read again and again."""
    known, when = _memory(), path.stat().st_mtime_ns
    held = known.get(str(path))
    if held is None or held[0] != when:
        held = known[str(path)] = (when, rows_in(path))
    return held[1]


def study_of(found: Found) -> Study:
    """The study file behind the runs, as it is now; `Unreadable` says why there is none."""
    path, changed = file_of(found)
    return _study(found.name, path, str(Home.here().folder), changed)


def file_of(found: Found) -> tuple[str, int]:
    """The study file behind the runs, and when it last changed."""
    said = next(
        (
            r.tags["mlflow.source.name"]
            for r in reversed(found.recorded)
            if "mlflow.source.name" in r.tags
        ),
        "",
    )
    places = [folder / said for folder in (Home.here().folder, Path.cwd(), ROOT)] if said else []
    path = next((p for p in places if p.is_file()), None)
    if path is None:
        what = f"The study file {said or 'of these runs'} is not here, so its comparisons cannot be judged."
        raise Unreadable(
            what, "Put it back, or start the dashboard in the folder where the study was run."
        )
    return str(path), _changed(path)


def _changed(path: Path) -> int:
    """When a study file, or one that it may extend, last changed."""
    near = [*path.parent.glob("*.y*ml"), *path.parent.parent.glob("*.y*ml")]
    return max(p.stat().st_mtime_ns for p in near if p.is_file())


@st.cache_resource(max_entries=16, show_spinner="Reading the study file …")
def _study(name: str, path: str, home: str, changed: int) -> Study:
    try:
        study = load_study(Path(path))
        if study.name != name:
            raise Unreadable(
                f"{path} is now the study {study.name}.",
                f"Put back the file of {name}, or run it again.",
            )
        return identified(study, Home(Path(home)))
    except Mistakes as mistakes:
        listed = "; ".join(str(problem) for problem in mistakes.problems[:3])
        raise Unreadable(
            f"The study file has mistakes: {listed}", "Mend them; `harness plan` lists all."
        ) from None
    except OSError as error:
        raise Unreadable(f"The study file cannot be read: {error}.", "Make it readable.") from None
