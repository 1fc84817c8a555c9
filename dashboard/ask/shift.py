"""What a study offers to ask about a shift: its metrics of images and of layers, its factors."""

from dashboard.ask.facts import metrics
from dashboard.read.records import StudyRuns

STRENGTH = "perturb.strength"
KIND = "perturb.name"
LAYER = "layer"


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
    pairs = [(KIND, STRENGTH), (LAYER, STRENGTH), (LAYER, KIND)]
    for path in paths:
        if path != LAYER and not path.startswith("perturb."):
            pairs.append((path, STRENGTH))
    by_name = {}
    for down, across in pairs:
        if down in paths and across in paths:
            by_name[f"{down} × {across}"] = (down, across)
    return by_name
