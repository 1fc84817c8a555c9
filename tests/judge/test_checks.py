"""Pooled images are flagged with what they are worth, and a verdict lists its doubts."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from harness.judge.answer import judge
from harness.stats.clusters import icc1
from tests.judge.two_batches import score, study_of_two
from tests.made.synthetic import results


def test_pooled_images_are_flagged_with_clusters_and_their_correlation(tmp_path: Path) -> None:
    study = study_of_two(tmp_path, seeds=3)
    study = replace(study, compare=(replace(study.compare[0], unit="image"),))
    runs, rows = results(study, score, images=20)
    (verdict,) = judge(study, runs, rows).verdicts
    assert verdict.contrasts[0].n == (60, 60)
    for arm, pooled in zip(verdict.arms, verdict.pooled, strict=True):
        assert pooled.images == 60
        assert pooled.networks == 3
        assert pooled.icc == icc1(arm.sample.array(), np.array(arm.sample.clusters))
        assert "60 images pooled of 3 networks; intraclass correlation" in pooled.sentence
    (seedwise,) = judge(
        replace(study, compare=(replace(study.compare[0], unit="seed"),)), runs, rows
    ).verdicts
    assert seedwise.contrasts[0].n == (3, 3)
    assert seedwise.pooled == ()


def test_checks_list_notes_test_pairs_and_normality(tmp_path: Path) -> None:
    study = study_of_two(tmp_path, options=", test: wilcoxon")
    runs, rows = results(study, score)
    (verdict,) = judge(study, runs, rows[rows["run"] != "run0003"]).verdicts
    contrast = replace(verdict.contrasts[0], note="a note")
    checks = list(replace(verdict, averaged=("fit.patch",), contrasts=(contrast,)).checks())
    assert checks[: len(verdict.notes)] == list(verdict.notes)
    assert checks[len(verdict.notes) :] == [
        "averaged over fit.patch",
        "test: wilcoxon, declared",
        "pairs: paired, 8 seeds are in both arms",
        "batch 4 − batch 2: a note",
        *verdict.normality,
    ]
    assert len(verdict.normality) == 2
