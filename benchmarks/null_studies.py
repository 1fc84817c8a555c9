"""Studies without any difference, judged as a finished study is: the grid, the runs and the rows of
every image go through the judge; only the training is left out.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from harness.judge.answer import judge
from harness.judge.contrasts import Contrast
from harness.stats.result import Array
from harness.study.load import Study, load_study

HEAD = """name: null
question: Does a setting that does nothing show?
base:
  fit: {train_on: {name: phantom}, net: {arch: tiny_unet}}
"""
Draw = Callable[[np.random.Generator, pd.DataFrame], Array]


@dataclass(frozen=True)
class NullStudy:
    """A study file, how its scores are drawn, and which of its trials failed."""

    name: str
    text: str
    draw: Draw
    images: int = 8
    failed: Callable[[pd.DataFrame], pd.Series] | None = None
    term: str | None = None  # of a model: the term that does nothing


@dataclass(frozen=True)
class Promise:
    """How often a true null was rejected, and how often the interval held the truth."""

    rejected: float
    covered: float  # NaN where no contrast has an interval of other trainings
    only_these: float  # share of studies whose verdict is of the trained networks only


def normal_of(rng: np.random.Generator, table: pd.DataFrame, *columns: str) -> Array:
    """One standard normal number for each combination of levels, given to all of its rows."""
    groups = table.groupby(list(columns), sort=False)
    codes = groups.ngroup().to_numpy()
    count = codes.max() + 1
    numbers = rng.normal(size=count)
    return numbers[codes]


def load_text(text: str) -> Study:
    """The study that a text declares."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "study.yaml"
        file.write_text(HEAD + text)
        return load_study(file)


def planned_rows(study: Study, images: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The runs of a study, all finished, and a row of two metrics for each image; no values yet."""
    runs = []
    rows = []
    for number, cell in enumerate(study.cells):
        fit = cell.trial.fit
        run = f"run{number:04}"
        runs.append({"run": run, "trial": cell.trial.key, "state": "finished", "ended": number})
        line = {"run": run, "seed": fit.seed, "fold": fit.fold and fit.fold[0], "fit": fit.key}
        line.update({"cell": number, "test_set": str(cell.levels.get("test_on", ""))})
        line["strength"] = float(cell.levels.get("perturb.strength", 0))
        for image in range(images):
            of_image = {"image": f"image {image}", "group": f"patient {image // 2}"}
            for metric in ("dice", "iou"):
                rows.append({"metric": metric, **of_image, **line})
    return pd.DataFrame(runs), pd.DataFrame(rows)


NOT_ROWS = ["fit", "cell", "test_set", "strength"]


def promise_of(null: NullStudy, count: int) -> Promise:
    """Judges as many studies in which nothing differs."""
    study = load_text(null.text)
    runs, rows = planned_rows(study, null.images)
    if null.failed is not None:
        has_failed = rows[null.failed(rows)]["run"].unique()
        runs.loc[runs["run"].isin(has_failed), "state"] = "failed"
        rows = rows[~rows["run"].isin(has_failed)].reset_index(drop=True)
    rng = np.random.default_rng(len(rows))
    rejected = 0
    only_these = 0
    covered = []
    plain = rows.drop(columns=NOT_ROWS)
    for _ in range(count):
        answers = judge(study, runs, plain.assign(value=null.draw(rng, rows)))
        contrast = _contrast_of(null, answers.verdicts[0].contrasts)
        rejected += contrast.outcome in ("differs", "equivalent")
        is_only = bool(getattr(contrast, "only_these_networks", False))
        only_these += is_only
        if not is_only and np.isfinite(contrast.low):
            covered.append(contrast.low <= 0 <= contrast.high)
    share = float(np.mean(covered)) if covered else float("nan")
    return Promise(rejected / count, share, only_these / count)


def _contrast_of(null: NullStudy, contrasts: tuple[Contrast, ...]) -> Contrast:
    """The contrast that is counted: the first, or the term of a model that does nothing."""
    for contrast in contrasts:
        if null.term in (None, contrast.first):
            return contrast
    return replace(contrasts[0], outcome="no test")


def score_of_networks(rng: np.random.Generator, table: pd.DataFrame) -> Array:
    """Scores whose images and patients are as hard for every network, and whose networks differ."""
    patients = normal_of(rng, table, "test_set", "group")
    images = normal_of(rng, table, "test_set", "image")
    networks = normal_of(rng, table, "fit")
    rest = rng.normal(size=len(table))
    return patients + 0.5 * images + networks + 0.5 * rest


def score_of_seeds(rng: np.random.Generator, table: pd.DataFrame) -> Array:
    """The same, where networks of one seed resemble each other in every arm."""
    scores = score_of_networks(rng, table)
    seeds = normal_of(rng, table, "seed")
    return scores + 2 * seeds


def curves(rng: np.random.Generator, table: pd.DataFrame) -> Array:
    """Two metrics that have nothing to do with one another; each network has a curve of its own."""
    strength = table["strength"].to_numpy()
    height = normal_of(rng, table, "fit", "metric")
    slope = normal_of(rng, table, "fit", "metric")
    return height + slope * strength + 0.3 * rng.normal(size=len(table))


def failed_once(table: pd.DataFrame) -> pd.Series:
    """The first seed of the second arm failed."""
    first_fit = table["fit"].iloc[0]
    is_first_seed = table["seed"] == 0
    is_second_arm = table["cell"] > 0
    is_another_fit = table["fit"] != first_fit
    return is_first_seed & is_second_arm & is_another_fit


BY = "compare:\n  - {name: a, metric: dice, by: fit.batch, unit: %s}\n"
GRID = "seeds: %d\ngrid:\n  fit.batch: [2, 4]\n"
STRENGTHS = "  perturb.strength: [0.2, 0.4, 0.6, 0.8, 1.0, 1.2]\n"
BRIGHTNESS = "  perturb: {name: brightness}\n"
SETS = (
    "  test_on: [{name: phantom, style: lucchi}, {name: phantom, style: snemi}, {name: phantom}]\n"
)
MODEL = 'compare:\n  - {name: m, unit: seed, model: "dice ~ fit.batch * %s"}\n'
CORRELATE = "compare:\n  - {name: r, unit: seed, correlate: {x: dice, y: iou, over: [%s]}}\n"


def null_studies() -> list[NullStudy]:
    """Every way in which values of one network could pass for independent ones."""
    studies = []
    for unit in ("patient", "image", "seed"):
        for seeds in (1, 3, 8):
            if (unit, seeds) == ("seed", 1):
                continue
            text = GRID % seeds + BY % unit
            name = f"{unit}, {seeds} networks an arm"
            studies.append(NullStudy(name, text, score_of_networks, images=24))
    for seeds in (3, 8):
        text = GRID % seeds + BY % "patient"
        name = f"patient, {seeds} networks, one failed"
        studies.append(NullStudy(name, text, score_of_seeds, 24, failed_once))
    strengths = BRIGHTNESS + GRID % 6 + STRENGTHS + MODEL % "perturb.strength"
    sets = GRID % 6 + SETS + MODEL % "test_on"
    studies.append(NullStudy("model over strengths", strengths, curves, 2, term="fit.batch"))
    studies.append(NullStudy("model over test sets", sets, score_of_networks, term="fit.batch"))
    paired = NullStudy("model, seeds alike in the arms", sets, score_of_seeds, term="fit.batch")
    studies.append(paired)
    for seeds in (3, 8):
        base = BRIGHTNESS + f"seeds: {seeds}\ngrid:\n" + STRENGTHS
        over = CORRELATE % "perturb.strength"
        studies.append(
            NullStudy(f"correlate over strengths, {seeds} seeds", base + over, curves, 2)
        )
        over = CORRELATE % "fit.seed, perturb.strength"
        name = f"correlate over seeds and strengths, {seeds} seeds"
        studies.append(NullStudy(name, base + over, curves, 2))
    base = f"seeds: 2\ngrid:\n  fit.batch: [2, 3, 4, 5, 6, 7, 8]\n{CORRELATE % 'fit.batch'}"
    studies.append(NullStudy("correlate over settings of networks", base, curves, 2))
    return studies
