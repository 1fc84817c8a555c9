"""P values of a family are corrected together."""

from pathlib import Path

import numpy as np
import pytest

from harness.judge.answer import judge
from tests.judge.two_batches import score
from tests.made.synthetic import results, study_in


def test_holm_covers_all_contrasts_and_primary_ones_share_a_family(tmp_path: Path) -> None:
    study = study_in(tmp_path, (
        "seeds: 8\ngrid:\n  fit.batch: [2, 3, 4]\ncompare:\n"
        "  - {name: a, metric: dice, by: fit.batch, unit: seed, primary: true}\n"
        "  - {name: b, metric: iou, by: fit.batch, against: '2', unit: seed, primary: true}\n"
        "  - {name: c, metric: iou, by: fit.batch, against: '2', unit: seed, correct: bonferroni}\n"
    ))  # fmt: skip
    runs, rows = results(study, score)
    a, b, c = judge(study, runs, rows).verdicts
    primary = [*a.contrasts, *b.contrasts]
    raw = [contrast.p for contrast in primary]
    order = np.argsort(raw, kind="stable")
    best = 0.0
    expected = dict.fromkeys(range(5), 0.0)
    for rank, i in enumerate(order):
        best = max(best, min(1, raw[i] * (5 - rank)))
        expected[int(i)] = best
    assert [contrast.corrected for contrast in primary] == pytest.approx(list(expected.values()))
    assert a.family == 5
    assert b.family == 5
    assert c.family == 2
    assert [contrast.corrected for contrast in c.contrasts] == pytest.approx(
        [min(1, 2 * contrast.p) for contrast in c.contrasts]
    )
