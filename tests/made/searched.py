"""A search with a history made by hand: what each setting is worth is known."""

import math
import random
from dataclasses import replace

from harness.search.history import Confirmed, PointState, SearchHistory, SearchPoint
from harness.study.search import Dimension, Objective

METHODS = ("supervised", "pseudo_labels")
DIMENSIONS = (
    Dimension("fit.init", "categorical", ("random", "contrastive")),
    Dimension("fit.net.prune", "categorical", ("[]", "[1]")),
    Dimension("fit.method", "categorical", METHODS),
    Dimension(
        "fit.method.weight",
        "float",
        low=0.01,
        high=1.0,
        log=True,
        when={"fit.method": "pseudo_labels"},
    ),
)
DICE = Objective("dice")
ECE = Objective("ece", maximise=False)


def point(
    number: int,
    means: tuple[float, ...] | None,
    state: PointState = "rejected",
    *,
    seeds: int = 1,
    levels: dict[str, str] | None = None,
    before: int | None = None,
) -> SearchPoint:
    """A point whose every seed had the same score."""
    scores = []
    for seed in range(seeds if means is not None else 0):
        scores.append((seed, means or ()))
    return SearchPoint(
        number=number,
        levels=levels or {"fit.init": "random", "fit.net.prune": "[]", "fit.method": "supervised"},
        scores=tuple(scores),
        state=state,
        reason="below another after 1 seed",
        means=means,
        trial_keys=tuple(f"trial-{number}-{seed}" for seed in range(len(scores))),
        began=None,
        trainings_before=number if before is None else before,
    )


def history(*points: SearchPoint, objectives: tuple[Objective, ...] = (DICE,)) -> SearchHistory:
    """A search of these points."""
    return SearchHistory(
        study="made",
        objectives=objectives,
        dimensions=DIMENSIONS,
        sampler="random(seed=0), optuna 5.0.0",
        points=points,
        budget="60 trainings",
        spent_trainings=sum(len(point.scores) for point in points),
    )


def race_of_many(count: int = 60, seed: int = 0) -> SearchHistory:
    """A race in which the start is worth 0.2 and noise 0.02; nothing else is worth anything."""
    rng = random.Random(seed)
    points: list[SearchPoint] = []
    best: SearchPoint | None = None
    spent = 0
    for number in range(count):
        levels = {
            "fit.init": rng.choice(("random", "contrastive")),
            "fit.net.prune": rng.choice(("[]", "[1]")),
            "fit.method": rng.choice(METHODS),
        }
        if levels["fit.method"] == "pseudo_labels":
            weight = 10 ** rng.uniform(-2, 0)
            levels["fit.method.weight"] = f"{weight:.4g}"
        value = 0.5 + 0.2 * (levels["fit.init"] == "contrastive") + rng.gauss(0, 0.02)
        is_best = best is None or value > _mean(best)
        seeds = 2 if is_best else 1
        new = point(number, (value,), seeds=seeds, levels=levels, before=spent)
        spent += seeds
        points.append(new)
        best = new if is_best else best
    if best is not None:
        points[best.number] = replace(best, state="incumbent")
    points.append(point(count, None, "infeasible", before=spent))
    points.append(point(count + 1, None, "failed", before=spent))
    search = history(*points)
    return replace(search, confirmed=_fresh_seeds(search))


def _mean(point: SearchPoint) -> float:
    return point.means[0] if point.means else -math.inf


def _fresh_seeds(history: SearchHistory) -> tuple[Confirmed, ...]:
    """The two best points, each a little worse on fresh seeds."""
    ranked = sorted(history.points, key=lambda point: -_mean(point))
    confirmed = []
    for best in ranked[:2]:
        fresh = _mean(best) - 0.03
        confirmed.append(Confirmed(best.number, (_mean(best),), (fresh,)))
    return tuple(confirmed)
