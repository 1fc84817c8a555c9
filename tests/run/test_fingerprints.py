"""The bytes of a person's own files are part of what is recorded."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from harness.record.contents import FOLDER_TAG
from harness.run.carry_out import run
from harness.run.engines import inline
from harness.run.fingerprints import as_recorded, with_fingerprints
from harness.run.plan import plan
from harness.store import Home
from harness.study.load import Study, load_study
from harness.study.marks import Mistakes
from tests.made.outside import folder_of_components, write_component
from tests.made.own_study import write_own_study
from tests.made.studies import tracker_of


def run_own_study(home: Home, file: Path) -> Study:
    """Runs a study on a person's own files, and returns it with their fingerprints."""
    tracker = tracker_of(home)
    tracker.prepare()
    study = with_fingerprints(load_study(file), home)
    executor = inline(home.folder, "cpu")
    study_plan = plan(study, home, tracker.runs())
    summary = run(study_plan, home, tracker, executor, lambda progress, outcome: None)
    assert summary.recorded == 1, [outcome.error for outcome in summary.failures]
    return study


def test_a_study_on_files_of_ones_own_is_recorded_with_their_fingerprints(
    home: Home, tmp_path: Path
) -> None:
    study = run_own_study(home, write_own_study(tmp_path))
    assert tracker_of(home).runs("own")[0].status == "FINISHED"
    with closing(sqlite3.connect(home.database)) as db:
        digests = [digest for (digest,) in db.execute("SELECT digest FROM datasets")]
    trial = study.cells[0].trial
    marks = [data.options["fingerprint"] for data in (trial.fit.train_on, trial.test_on)]
    assert sorted(digests) == sorted(mark[:36] for mark in marks)


def test_results_are_judged_on_the_bytes_that_were_looked_at_without_the_data(
    home: Home, tmp_path: Path
) -> None:
    file = write_own_study(tmp_path)
    study = run_own_study(home, file)
    for path in tmp_path.glob("*.npy"):
        path.unlink()
    (run_,) = tracker_of(home).runs("own")
    assert run_.tags[FOLDER_TAG] == os.getcwd()
    recorded = as_recorded(load_study(file), home, [run_])
    assert [cell.trial.key for cell in recorded.cells] == [cell.trial.key for cell in study.cells]
    with pytest.raises(Mistakes, match=r"raw\.npy"):
        as_recorded(load_study(file), home, [])


ADAPTING = """
base:
  fit:
    train_on: {name: volume, images: raw.npy, masks: masks.npy, splits: {train: [0, 2]}}
    adapt_to: {name: volume, images: other.npy, masks: two_masks.npy, splits: {train: [0, 2]}}
    net: {arch: tiny_unet, width: 2}
    patch: 32
    method: adapting
  test_on: {name: volume, images: raw.npy, masks: masks.npy, splits: {test: [3, 6]}}
"""


METHOD = '''
from harness.components.methods import method


@method(needs=("adapt_to",))
def adapting(net, data):
    """Needs a target."""
'''


def test_images_to_adapt_to_are_no_test_images_by_another_name(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = np.random.default_rng(0).integers(0, 256, (6, 32, 32), dtype=np.uint8)
    np.save(tmp_path / "raw.npy", images)
    np.save(tmp_path / "other.npy", images[4:])
    np.save(tmp_path / "masks.npy", np.ones((6, 32, 32), dtype=np.uint8))
    np.save(tmp_path / "two_masks.npy", np.ones((2, 32, 32), dtype=np.uint8))
    file = tmp_path / "own.yaml"
    file.write_text(ADAPTING)
    with folder_of_components(tmp_path / "lab", monkeypatch) as folder:
        write_component(folder, "methods.py", METHOD)
        with pytest.raises(Mistakes, match="shares 2 images with the images to adapt to,"):
            with_fingerprints(load_study(file), home)
        file.write_text(f"{ADAPTING}transductive: true\n")
        assert len(with_fingerprints(load_study(file), home).cells) == 1


TARGETS = """
name: targets
base:
  fit:
    train_on: {name: volume, images: raw.npy, masks: masks.npy, splits: {train: [0, 3]}}
    net: {arch: tiny_unet, width: 2}
    patch: 32
  test_on: {name: volume, images: raw.npy, masks: masks.npy, splits: {test: [3, 4]}}
grid:
  fit.method: [supervised, adapting]
  fit.adapt_to:
    - {name: volume, images: raw.npy, masks: masks.npy, splits: {train: [4, 5]}, label: first}
    - {name: volume, images: raw.npy, masks: masks.npy, splits: {train: [5, 6]}, label: second}
"""


def test_source_only_stands_beside_every_target_of_known_bytes(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = np.random.default_rng(0).integers(0, 256, (6, 32, 32), dtype=np.uint8)
    np.save(tmp_path / "raw.npy", images)
    np.save(tmp_path / "masks.npy", np.ones((6, 32, 32), dtype=np.uint8))
    file = tmp_path / "targets.yaml"
    file.write_text(TARGETS)
    with folder_of_components(tmp_path / "lab", monkeypatch) as folder:
        write_component(folder, "methods.py", METHOD)
        source_only, *adapted = with_fingerprints(load_study(file), home).cells
    targets = [trial.fit.adapt_to for trial in source_only.positions]
    assert [target.level for target in targets if target] == ["first", "second"]
    assert all(target.options["fingerprint"] for target in targets if target)
    assert len({trial.key for trial in source_only.positions}) == 1
    assert len({cell.trial.key for cell in adapted}) == 2


SHOTS = """
base:
  fit:
    train_on: {name: volume, images: raw.npy, masks: masks.npy, splits: {train: [0, 2]}}
    net: {arch: tiny_unet, width: 2}
    patch: 32
    shots: 3
  test_on: {name: volume, images: raw.npy, masks: masks.npy, splits: {test: [3, 6]}}
"""


def test_more_shots_than_labelled_images_are_refused_in_the_plan(
    home: Home, tmp_path: Path
) -> None:
    images = np.random.default_rng(0).integers(0, 256, (6, 32, 32), dtype=np.uint8)
    np.save(tmp_path / "raw.npy", images)
    np.save(tmp_path / "masks.npy", np.ones((6, 32, 32), dtype=np.uint8))
    file = tmp_path / "own.yaml"
    file.write_text(SHOTS)
    with pytest.raises(Mistakes, match=r"fit\.shots: 3 is more than the 2 labelled"):
        with_fingerprints(load_study(file), home)
    file.write_text(SHOTS.replace("shots: 3", "shots: 2"))
    assert len(with_fingerprints(load_study(file), home).cells) == 1
