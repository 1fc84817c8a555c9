"""The bytes of a person's own files are part of what is recorded."""

import sqlite3
from contextlib import closing
from pathlib import Path

from harness.run.carry_out import run
from harness.run.engines import inline
from harness.run.fingerprints import with_fingerprints
from harness.run.plan import plan
from harness.store import Home
from harness.study.load import load_study
from tests.made.own_study import write_own_study
from tests.made.studies import tracker_of


def test_a_study_on_files_of_ones_own_is_recorded_with_their_fingerprints(
    home: Home, tmp_path: Path
) -> None:
    file = write_own_study(tmp_path)
    tracker = tracker_of(home)
    tracker.prepare()
    study = with_fingerprints(load_study(file), home)
    study_plan = plan(study, home, tracker.runs())
    executor = inline(home.folder, "cpu")
    summary = run(study_plan, home, tracker, executor, lambda progress, outcome: None)
    assert summary.recorded == 1, [outcome.error for outcome in summary.failures]
    assert tracker.runs("own")[0].status == "FINISHED"
    with closing(sqlite3.connect(home.database)) as db:
        digests = [digest for (digest,) in db.execute("SELECT digest FROM datasets")]
    trial = study.cells[0].trial
    marks = [data.options["fingerprint"] for data in (trial.fit.train_on, trial.test_on)]
    assert sorted(digests) == sorted(mark[:36] for mark in marks)
