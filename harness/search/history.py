"""What a search has tried so far, as values that a report and a page read."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from harness.store import Home

if TYPE_CHECKING:
    from harness.study.load import Study

PointState = Literal["racing", "rejected", "incumbent", "infeasible", "failed", "complete"]


@dataclass(frozen=True)
class Objective:
    """A metric that the search makes as high, or as low, as it can."""

    metric: str
    maximise: bool = True


@dataclass(frozen=True)
class Dimension:
    """A setting that the search varies: its choices, or the ends of its range."""

    path: str
    kind: Literal["categorical", "int", "float"]
    levels: tuple[str, ...] = ()  # of a categorical one, in the order of the file
    low: float | None = None
    high: float | None = None
    log: bool = False
    step: float | None = None
    condition: str = ""  # when it counts, as the file says it: fit.method=sgd


@dataclass(frozen=True)
class SearchPoint:
    """One point of a search: its levels, its scores seed by seed, and what became of it."""

    number: int
    levels: Mapping[str, str]
    # (seed, a value for each objective), in the order in which they were raced
    scores: tuple[tuple[int, tuple[float, ...]], ...]
    state: PointState
    reason: str
    means: tuple[float, ...] | None  # a mean for each objective over the seeds
    trial_keys: tuple[str, ...]  # of the trials behind the scores, in the same order
    began: float | None  # in seconds since 1970
    trainings_before: int  # trainings that the search had spent when the point was asked for
    known: bool = False  # answered from an earlier point that is the same trial


@dataclass(frozen=True)
class Confirmed:
    """A point on fresh seeds beside what the search saw of it: the difference is the bias."""

    point: int
    seen: tuple[float, ...]  # the mean for each objective on the seeds of the search
    fresh: tuple[float, ...]  # the mean for each objective on fresh seeds


@dataclass(frozen=True)
class SearchHistory:
    """A search as far as it has come."""

    study: str
    objectives: tuple[Objective, ...]
    dimensions: tuple[Dimension, ...]
    sampler: str  # its name, arguments, version and seed as one line
    points: tuple[SearchPoint, ...]
    budget: str  # as a person reads it: 60 trainings
    spent_trainings: int
    confirmed: tuple[Confirmed, ...] = ()


def read_history(study: "Study", home: Home) -> SearchHistory | None:
    """What the search of a study has tried; None for a study that searches nothing, or not yet."""
    del home
    if getattr(study, "search", None) is None:
        return None
    raise NotImplementedError
