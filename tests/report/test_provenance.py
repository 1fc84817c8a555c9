"""A report says where its numbers come from, and warns where that is more than one place."""

from dataclasses import replace
from pathlib import Path

from harness.report.provenance import provenance
from tests.made.synthetic import recorded_runs, results, study_in
from tests.report.judged import TEXT, score


def test_mixed_versions_are_warned_of(tmp_path: Path) -> None:
    study = study_in(tmp_path, TEXT)
    runs, _ = results(study, score)
    first, *rest = recorded_runs(study, runs)
    tags = {**first.tags, "mlflow.source.git.commit": "d" * 40, "harness.dirty": "true"}
    warnings = provenance(study, [replace(first, tags=tags), *rest]).warnings
    assert "the runs come from 2 versions of the code" in warnings[0]
    assert "1 of 48 runs come from code with uncommitted changes" in warnings[1]


def test_a_transductive_study_is_warned_of(tmp_path: Path) -> None:
    study = study_in(tmp_path, TEXT)
    assert not provenance(study, []).warnings
    warnings = provenance(replace(study, transductive=True), []).warnings
    assert "adapted to the images that they are tested on" in warnings[0]


def test_runs_that_an_oracle_picked_are_warned_of(tmp_path: Path) -> None:
    study = study_in(tmp_path, TEXT)
    runs, _ = results(study, score)
    first, *rest = recorded_runs(study, runs)
    assert not provenance(study, [first, *rest]).warnings
    by_oracle = replace(first, params={**first.params, "pick": "Oracle of target labels"})
    origin = provenance(study, [by_oracle, *rest])
    assert "1 of 48 runs are tested at a checkpoint that an oracle picked" in origin.warnings[0]
    checkpoints = dict(origin.facts)["checkpoints by"]
    assert "Oracle of target labels (oracle: it saw target labels)" in checkpoints


def test_runs_whose_batches_were_cut_are_warned_of(tmp_path: Path) -> None:
    study = study_in(tmp_path, TEXT)
    runs, _ = results(study, score)
    first, *rest = recorded_runs(study, runs)
    cut = replace(first, tags={**first.tags, "harness.pieces": '{"net": 2}'})
    (warning,) = provenance(study, [cut, *rest]).warnings
    assert "1 of 48 runs learned from batches that were cut" in warning
