"""A researcher who adds seeds until p is small: how often the answer is called confirmatory."""

import numpy as np

from benchmarks.calibration_designs import BY, TWO, comparing, over_seeds
from benchmarks.null_comparisons import NullStudies, Outcome, study_of
from harness.judge.answer import judge
from harness.record.database import Run
from harness.spec.paths import settings
from harness.study.load import Study

LOOKS = (6, 8, 10, 12, 14, 16)  # seeds after which the researcher looks


def looks(rng: np.random.Generator) -> Outcome:
    """Looks at one study without a difference again and again; a rejection counts where it is the
    last look and the verdict is called confirmatory.
    """
    largest = _study(LOOKS[-1])
    values = over_seeds([cell.trial for cell in largest.cells], rng)
    keys = [cell.trial.key for cell in largest.cells]
    by_trial = dict(zip(keys, values, strict=True))
    recorded: list[Run] = []
    for seeds in LOOKS:
        study = _study(seeds)
        recorded += _new_runs(study, recorded)
        outcome = _look(study, by_trial, recorded)
        if outcome is not None:
            return outcome
    return Outcome(rejects=False)


def _study(seeds: int) -> Study:
    return study_of(f"seeds: {seeds}\n" + TWO + comparing(BY + "seed"))


def _look(study: Study, values: dict[str, float], recorded: list[Run]) -> Outcome | None:
    """The outcome where p is small enough to stop at."""
    trials = [cell.trial for cell in study.cells]

    def scores(*_: object) -> np.ndarray:
        return np.array([values[trial.key] for trial in trials])

    tables = NullStudies("", scores).tables(study, np.random.default_rng(0))
    (verdict,) = judge(study, *tables, recorded).verdicts
    (contrast,) = verdict.contrasts
    if contrast.outcome != "differs":
        return None
    return Outcome(rejects=verdict.confirmatory)


def _new_runs(study: Study, recorded: list[Run]) -> list[Run]:
    """The runs of trials that were not there before, as the tracker would write them."""
    tags = {"harness.design": study.design}
    tags["harness.declared.0"] = study.declaration.text()
    present = {run.key for run in recorded}
    runs = []
    for cell in study.cells:
        key = cell.trial.key
        if key not in present:
            levels, params = cell.levels, settings(cell.trial)
            run = Run(key, key, study.name, key, "FINISHED", "finished", 1, 2, levels, params, tags)
            runs.append(run)
    return runs
