"""A study of several comparisons with made-up results, judged, for the tests of its report."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from harness.judge.answer import judge
from harness.judge.verdicts import Verdicts
from harness.report.page import page
from harness.report.provenance import provenance
from harness.spec.values import Trial
from harness.study.load import Study
from tests.made.synthetic import recorded_runs, results, study_in

TEXT = """
seeds: 8
grid:
  fit.batch: [2, 4, 8]
  fit.method.loss: [bce, dice]
compare:
  - {name: start, primary: true, metric: dice, by: fit.batch, against: '2', unit: seed}
  - {name: all, metric: dice, by: fit.batch, unit: seed, within: [fit.method.loss]}
  - {name: pooled, metric: dice, by: fit.method.loss, unit: image}
  - {name: agree, unit: seed, correlate: {x: dice, y: iou, over: [fit.batch, fit.method.loss]}}
"""


@dataclass(frozen=True)
class JudgedStudy:
    """A study, its verdicts and the page of its report."""

    study: Study
    verdicts: Verdicts
    html: str


def score(trial: Trial, rng: np.random.Generator) -> float:
    """A Dice that rises with the batch, and differs a little between networks and images."""
    seed = trial.fit.seed
    batch = trial.fit.batch
    of_network = np.random.default_rng([seed, batch]).normal(0, 0.01)
    of_image = rng.normal(0, 0.01)
    return 0.6 + 0.03 * batch + of_network + of_image


def state_of(trial: Trial) -> str:
    """All trials finish but those of one seed at one batch."""
    if (trial.fit.seed, trial.fit.batch) == (3, 8):
        return "failed"
    return "finished"


def judge_study(folder: Path) -> JudgedStudy:
    """Judges the study, whose file is written into a folder."""
    study = study_in(folder, TEXT)
    runs, rows = results(study, score, state=state_of)
    run_list = recorded_runs(study, runs)
    verdicts = judge(study, runs, rows, run_list)
    html = page(verdicts, [("axis", "2: a, b")], provenance(study, run_list))
    return JudgedStudy(study, verdicts, html)
