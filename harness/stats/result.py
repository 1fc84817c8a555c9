"""What a statistic returns: frozen values that carry their n and whatever a reader must know."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of one test; `p` is two-sided unless the note says otherwise."""

    test: str
    statistic: float
    p: float
    n: tuple[int, ...]
    exact: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class Effect:
    """How large a difference is; a bound is infinite where so few values cannot give one."""

    name: str
    value: float
    low: float
    high: float
    magnitude: str | None = None


@dataclass(frozen=True, slots=True)
class Interval:
    """A location and the interval around it."""

    name: str
    value: float
    low: float
    high: float
    n: tuple[int, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Correlation:
    """How two scores agree over the same things, with the p of no association."""

    name: str
    value: float
    p: float
    low: float
    high: float
    n: int
    exact: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class Term:
    """One line of a model's table: a main effect or an interaction."""

    name: str
    df: tuple[float, float]
    statistic: float
    p: float
    partial_eta2: float | None = None
    taken_at: str = ""  # where the numeric factors stand that it goes along with


@dataclass(frozen=True, slots=True)
class Model:
    """A fitted model: its terms, and the variance that each random factor explains."""

    formula: str
    terms: tuple[Term, ...]
    variances: tuple[tuple[str, float], ...]
    n: int
    note: str = ""
