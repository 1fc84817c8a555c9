"""Made-up studies in which nothing differs, judged by the real judge: what it says of them."""

import math
import tempfile
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from harness.judge.answer import judge
from harness.judge.contrasts import Contrast
from harness.judge.verdicts import Verdicts
from harness.spec.values import Trial
from harness.stats.result import Array
from harness.study.load import Study, load_study

HEAD = """
name: nothing
base:
  fit:
    train_on: {name: phantom}
    net: {arch: tiny_unet}
"""

Scores = Callable[[Sequence[Trial], np.random.Generator], Array]  # a value for each trial


@dataclass(frozen=True)
class Outcome:
    """What the judge said of one study: whether anything true was rejected, and whether the first
    interval holds the truth; None where it gave none.
    """

    rejects: bool
    covers: bool | None = None


Judged = Callable[[np.random.Generator], Outcome]  # one study, drawn and judged


@dataclass(frozen=True)
class NullStudies:
    """Studies of one design in which the null is true."""

    text: str  # the study behind its head
    scores: Scores
    truth: float = 0.0  # what the interval of the first contrast should hold
    lost: float = 0.0  # the chance that a trial failed
    term: str = ""  # of a model, the one term that is null

    def __call__(self, rng: np.random.Generator) -> Outcome:
        """Draws a study and judges it."""
        study = study_of(self.text)
        return self.outcome(judge(study, *self.tables(study, rng)))

    def tables(self, study: Study, rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
        """The runs and rows of a study: one image for each trial that did not fail."""
        trials = [cell.trial for cell in study.cells]
        values = self.scores(trials, rng)
        is_lost = rng.uniform(size=len(trials)) < self.lost
        states = np.where(is_lost, "failed", "finished")
        runs = runs_of(trials, states.tolist())
        rows = pd.DataFrame(
            {
                "run": runs["run"],
                "metric": "dice",
                "value": values,
                "image": "image",
                "group": "patient",
            }
        )
        return runs, rows[~is_lost]

    def outcome(self, verdicts: Verdicts) -> Outcome:
        """What the verdicts of a study say of what is null."""
        contrasts: list[Contrast] = []
        for verdict in verdicts.verdicts:
            contrasts.extend(verdict.contrasts)
        if self.term:
            contrasts = [contrast for contrast in contrasts if contrast.first == self.term]
        rejects = any(is_rejected(contrast) for contrast in contrasts)
        covers = None
        if contrasts and math.isfinite(contrasts[0].low):
            covers = contrasts[0].low <= self.truth <= contrasts[0].high
        return Outcome(rejects, covers)


def is_rejected(contrast: Contrast) -> bool:
    """Whether a null is rejected, or equivalence claimed."""
    return contrast.outcome in ("differs", "equivalent")


@cache
def study_of(text: str) -> Study:
    """The study that a text describes."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "study.yaml"
        file.write_text(HEAD + text)
        return load_study(file)


def runs_of(trials: Sequence[Trial], states: Sequence[str]) -> pd.DataFrame:
    """A run for each trial."""
    numbers = range(len(trials))
    return pd.DataFrame(
        {
            "run": [f"run{number}" for number in numbers],
            "trial": [trial.key for trial in trials],
            "state": states,
            "ended": numbers,
        }
    )


def effects(
    trials: Sequence[Trial],
    thing: Callable[[Trial], Hashable],
    rng: np.random.Generator,
    spread: float = 1.0,
) -> Array:
    """A normal value for each thing that trials have in common: its seed, its fold, its arm."""
    values: dict[Hashable, float] = {}
    drawn = []
    for trial in trials:
        name = thing(trial)
        if name not in values:
            values[name] = rng.normal(0, spread)
        drawn.append(values[name])
    return np.array(drawn)
