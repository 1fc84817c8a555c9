"""What a study offers to ask about a shift: its metrics of images and of layers, its factors.

An axis may be written as `perturb.name` and `perturb.strength`, or as `perturb` with a list of
whole perturbations; kind and strength are settings of a trial either way.
"""

from collections.abc import Iterable

from dashboard.ask.facts import (
    KIND,
    SHIFT,
    STRENGTH,
    factors,
    levels_in,
    metrics,
    row_dimensions,
    settings,
)
from dashboard.read.records import StudyRuns

LAYER = "layer"


def paths_of_shift(study_runs: StudyRuns) -> list[str]:
    """Returns what can be crossed on the page Shift: all that varies, kind and strength too."""
    paths = [*settings(study_runs), *row_dimensions(study_runs)]
    for path in (KIND, STRENGTH):
        if path not in paths and len(levels_in(study_runs, path)) > 1:
            paths.append(path)
    return paths


def factors_beside_shift(study_runs: StudyRuns) -> list[str]:
    """Returns the settings that vary and are no part of the shift itself."""
    return _beside_shift(factors(study_runs))


def _beside_shift(paths: Iterable[str]) -> list[str]:
    return [path for path in paths if path.split(".")[0] != SHIFT]


def paths_of_one_shift(study_runs: StudyRuns) -> list[str]:
    """Returns the settings that say together which shift is meant."""
    if SHIFT in settings(study_runs):
        return [SHIFT]
    return [path for path in (KIND, STRENGTH) if len(levels_in(study_runs, path)) > 1]


def metrics_of_layers(study_runs: StudyRuns) -> list[str]:
    """Returns the metrics whose rows are of a layer."""
    rows = study_runs.rows
    if LAYER not in rows:
        return []
    return list(rows.loc[rows[LAYER].notna(), "metric"].unique())


def metrics_of_images(study_runs: StudyRuns) -> list[str]:
    """Returns the metrics whose rows are of whole images."""
    of_layers = metrics_of_layers(study_runs)
    return [metric for metric in metrics(study_runs) if metric not in of_layers]


def crossed_pairs(paths: list[str]) -> dict[str, tuple[str, str]]:
    """Returns the pairs of factors, down and across, that a heat map can be drawn of, by name."""
    pairs = [(KIND, STRENGTH), (LAYER, STRENGTH), (LAYER, KIND), (LAYER, SHIFT)]
    for path in _beside_shift(paths):
        if path != LAYER:
            pairs += [(path, SHIFT), (path, STRENGTH)]
    by_name = {}
    for down, across in pairs:
        if down in paths and across in paths:
            by_name[f"{down} × {across}"] = (down, across)
    return by_name
