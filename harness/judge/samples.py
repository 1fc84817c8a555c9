"""Rows averaged down to the declared unit: one value for each unit of each arm, and what was lost on the way."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from harness.judge.arms import JOIN, Layout, Place
from harness.spec.naming import level_name, numeric
from harness.study.comparison import Comparison

STATES = ("finished", "diverged", "failed", "missing")


@dataclass(frozen=True)
class Sample:
    """The values of one arm (at one level of a trend), one for each unit, and the runs behind each."""

    within: str
    arm: str
    at: str
    units: tuple[str, ...]
    values: tuple[float, ...]
    clusters: tuple[str, ...]  # the network that each value is of
    runs: tuple[tuple[str, ...], ...]

    def array(self, units: Iterable[str] | None = None) -> Any:
        """The values, of all units or of these in this order."""
        if units is None:
            return np.array(self.values)
        known = dict(zip(self.units, self.values, strict=True))
        return np.array([known[u] for u in units])


@dataclass(frozen=True)
class Tally:
    """What became of the trials, rows and units of an arm."""

    within: str
    arm: str
    states: dict[str, int]
    undefined: int = 0  # rows without a finite value
    lost: tuple[str, ...] = ()  # planned units without a complete value
    runs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Measured:
    """The samples of a comparison and the fate of everything planned."""

    samples: tuple[Sample, ...]
    tallies: tuple[Tally, ...]
    notes: list[str] = field(default_factory=list)

    def of(self, within: str, arm: str) -> Sample | None:
        return next((s for s in self.samples if s.within == within and s.arm == arm), None)


PLACE = ["within", "arm", "at"]


def measured(
    laid: Layout, one: Comparison, metric: str, runs: pd.DataFrame, rows: pd.DataFrame
) -> Measured:
    """The samples of one metric."""
    frame = pd.DataFrame(laid.places, columns=list(Place._fields))
    known = (
        runs[["run", "trial", "state"]]
        if len(runs)
        else pd.DataFrame(columns=["run", "trial", "state"], dtype=str)
    )
    frame = frame.merge(known, on="trial", how="left")
    frame["state"] = frame["state"].fillna("missing")
    frame["base"] = _base(frame, one)
    data = rows[rows["metric"] == metric]
    data = data.drop(columns=["seed", "fold"], errors="ignore").merge(
        frame[["run", "trial", "seed", "fold", "test_on", "base"]], on="run"
    )
    data = data.merge(
        frame[["run", *PLACE]].rename(columns={k: f"planned_{k}" for k in PLACE}), on="run"
    )
    data, notes = _placed(_chosen(data, laid), laid)
    undefined = (
        data[~np.isfinite(data["value"].astype(float))].groupby(["within", "arm"]).size().to_dict()
    )
    data = _united(data[np.isfinite(data["value"].astype(float))], one, metric, notes)
    values = _values(data, frame, one)
    samples = _samples(values)
    samples = tuple(s for within in strata(laid, samples) for s in samples if s.within == within)
    if one.trend and one.by:
        samples = _areas(samples, laid)
    return Measured(samples, _tallies(frame, samples, undefined, one, laid), notes)


def _base(frame: pd.DataFrame, one: Comparison) -> pd.Series:
    """The part of a unit that is known before anything is measured."""
    if one.unit == "fold":
        return "fold " + frame["fold"].map(lambda f: "none" if pd.isna(f) else str(int(f)))
    if one.unit == "patient":
        return frame["test_on"]
    return _network(frame) if one.unit == "image" else "seed " + frame["seed"].astype(str)


def _network(frame: pd.DataFrame) -> pd.Series:
    fold = frame["fold"].map(lambda f: "" if pd.isna(f) else f" fold {int(f)}")
    return "seed " + frame["seed"].astype(str) + fold


UNITS = ("metric", "value", "image", "group", "seed", "fold", "run", "trial", "test_on", "base")


def _levels(data: pd.DataFrame, path: str) -> list[str]:
    if path not in data.columns:
        return ["none"] * len(data)
    codes, found = pd.factorize(data[path], use_na_sentinel=False)
    names = [level_name(value) for value in found]
    return [names[code] for code in codes]


def _chosen(data: pd.DataFrame, laid: Layout) -> pd.DataFrame:
    """The rows at the levels that the comparison is confined to."""
    for path, wanted in laid.only.items():
        data = data[np.array([one in wanted for one in _levels(data, path)], dtype=bool)]
    return data


def _placed(data: pd.DataFrame, laid: Layout) -> tuple[pd.DataFrame, list[str]]:
    """Fills in the factors that are dimensions of the rows, and says which dimensions are averaged over."""
    data, notes = data.copy(), []
    for part in PLACE:
        data[part] = data[f"planned_{part}"]
        inside = [path for path in laid.parts[part] if path in laid.dimensions]
        if not inside:
            continue
        notes += [f"no row has the dimension {path}" for path in inside if path not in data.columns]
        known = [text.split(JOIN) for text in data[part]]
        columns = {path: _levels(data, path) for path in inside}
        data[part] = [
            JOIN.join(
                columns[path][i] if path in columns else settings.pop(0)
                for path in laid.parts[part]
            )
            for i, settings in enumerate(known)
        ]
    if "at" in laid.dimensions.values():
        there = np.array([numeric(at) for at in data["at"]], dtype=bool)
        notes += (
            [f"{int((~there).sum())} rows at no number of the trend were left out"]
            if not there.all()
            else []
        )
        data = data[there]
    return data, [*notes, *_averaged(data, laid)]


def _averaged(data: pd.DataFrame, laid: Layout) -> Iterable[str]:
    """Dimensions of the rows that the comparison does not name, and that vary within an arm."""
    about = {*UNITS, *PLACE, *(f"planned_{part}" for part in PLACE), *laid.dimensions}
    for path in [str(name) for name in data.columns if name not in about]:
        levels = pd.Series(_levels(data, path), index=data.index, dtype=str)
        count = levels.groupby([data[part] for part in PLACE], sort=False).nunique().max()
        if count > 1:
            yield f"averaged over {path} ({count} levels)"


def _united(data: pd.DataFrame, one: Comparison, metric: str, notes: list[str]) -> pd.DataFrame:
    """Names the unit of each row, and the network that it is of."""
    data = data.assign(cluster=_network(data), unit=data["base"])
    column = {"image": "image", "patient": "group"}.get(one.unit)
    if column is None:
        return data
    there = data[column].notna() if column in data.columns else pd.Series(False, index=data.index)
    if not there.all():
        notes.append(
            f"{int((~there).sum())} rows of {metric} belong to no {one.unit} and were left out"
        )
    data = data[there]
    several = data["test_on"].nunique() > 1  # test-000 of one set is not test-000 of another
    owner = data["test_on"] + " " if several else ""
    name = owner + data[column].astype(str) if column in data.columns else data["base"]
    return data.assign(unit=data["cluster"] + " " + name if one.unit == "image" else name)


def _values(data: pd.DataFrame, frame: pd.DataFrame, one: Comparison) -> pd.DataFrame:
    """First a mean within each trial, then over the trials of a unit, where all that were planned are there."""
    planned = [f"planned_{k}" for k in PLACE]
    keys = [*PLACE, *planned, "base", "unit", "cluster"]
    if one.unit == "patient":
        data = data.assign(cluster="")
    trials = data.groupby([*keys, "run"], sort=False)["value"].mean().reset_index()
    grouped = trials.groupby(keys, sort=False)
    found = grouped.agg(
        value=("value", "mean"), have=("run", "size"), runs=("run", tuple)
    ).reset_index()
    if one.unit in ("seed", "fold"):  # images and patients of a failed trial cannot be counted
        merged = found.groupby([*PLACE, *planned, "base", "unit"], sort=False)
        found = merged.agg(
            value=("value", "mean"), have=("have", "sum"), runs=("runs", "sum")
        ).reset_index()
        found["cluster"] = found["unit"]
    if one.unit == "patient":
        return found
    need = frame.groupby([*PLACE, "base"]).size().rename("need").reset_index()
    need = need.rename(columns={k: f"planned_{k}" for k in PLACE})
    found = found.merge(need, on=[*planned, "base"], how="left")
    return found[found["have"] == found["need"]] if one.unit != "image" else found


def strata(laid: Layout, samples: Iterable[Sample]) -> list[str]:
    """Where a question is asked separately, in the order of the grid: as measured, or as planned where nothing was."""
    there = list(dict.fromkeys(s.within for s in samples))
    planned = dict.fromkeys(p.within for p in laid.places)
    return [w for p in planned for w in [w for w in there if laid.planned("within", w) == p] or [p]]


def _samples(values: pd.DataFrame) -> tuple[Sample, ...]:
    return tuple(
        Sample(
            str(w),
            str(a),
            str(t),
            tuple(g["unit"]),
            tuple(map(float, g["value"])),
            tuple(g["cluster"]),
            tuple(g["runs"]),
        )
        for (w, a, t), g in values.groupby(PLACE, sort=False)
    )


def _areas(samples: tuple[Sample, ...], laid: Layout) -> tuple[Sample, ...]:
    """One value for each unit: the area under its curve over the trend, per width, so in the metric's own unit."""
    curves: dict[tuple[str, str], list[Sample]] = {}
    for sample in samples:
        curves.setdefault((sample.within, sample.arm), []).append(sample)
    areas = []
    for (within, arm), points in curves.items():
        curve = sorted(points, key=lambda point: float(point.at))
        areas.append(_area(within, arm, curve, _planned_points(laid, within, arm)))
    return tuple(areas)


def _planned_points(laid: Layout, within: str, arm: str) -> set[str]:
    """The levels of the trend that the grid plans for an arm; none where the trend is a dimension of the rows."""
    if "at" in laid.dimensions.values():
        return set()
    stratum, planned_arm = laid.planned("within", within), laid.planned("arm", arm)
    return {
        place.at for place in laid.places if (place.within, place.arm) == (stratum, planned_arm)
    }


def _area(within: str, arm: str, curve: list[Sample], planned: set[str]) -> Sample:
    """The units that have every point of a curve, and the area under the curve of each."""
    complete = len(curve) > 1 and planned <= {point.at for point in curve}
    units = (
        [unit for unit in curve[0].units if all(unit in point.units for point in curve)]
        if complete
        else []
    )
    x = np.array([float(point.at) for point in curve])
    y = np.array([point.array(units) for point in curve])  # (points, units)
    values = np.trapezoid(y, x, axis=0) / (x[-1] - x[0]) if units else np.empty(0)
    networks = dict(zip(curve[0].units, curve[0].clusters, strict=True))
    runs = tuple(_runs_of(curve, unit) for unit in units)
    clusters = tuple(networks[unit] for unit in units)
    return Sample(within, arm, "", tuple(units), tuple(map(float, values)), clusters, runs)


def _runs_of(curve: list[Sample], unit: str) -> tuple[str, ...]:
    """Every run behind a curve of one unit; a run that measures several points counts once."""
    runs: dict[str, None] = {}
    for point in curve:
        runs.update(dict.fromkeys(point.runs[point.units.index(unit)]))
    return tuple(runs)


def _tallies(
    frame: pd.DataFrame,
    samples: tuple[Sample, ...],
    undefined: dict[Any, int],
    one: Comparison,
    laid: Layout,
) -> tuple[Tally, ...]:
    """What was planned and what came of it, for each arm; a trend without arms counts its levels."""
    part = "at" if one.kind == "trend" else "arm"
    places = list(dict.fromkeys((s.within, getattr(s, part)) for s in samples))
    if part not in laid.dimensions.values():  # an arm that came to nothing is told of too
        planned = dict.fromkeys(zip(frame["within"], frame[part], strict=True))
        places = [
            (w, name)
            for w in strata(laid, samples)
            for p, name in planned
            if p == laid.planned("within", w)
        ]
    found = []
    for within, name in places:
        planned_there = (frame["within"] == laid.planned("within", within)) & (
            frame[part] == laid.planned(part, name)
        )
        here = frame[planned_there]
        counts = here["state"].value_counts().to_dict()
        there = {
            u for s in samples if s.within == within and getattr(s, part) == name for u in s.units
        }
        lost = sorted(set(here["base"]) - there) if one.unit in ("seed", "fold") else []
        dropped = sum(
            n for (w, a), n in undefined.items() if w == within and (part == "at" or a == name)
        )
        states = {state: int(counts.get(state, 0)) for state in STATES}
        runs = tuple(here["run"].dropna())
        found.append(Tally(within, name, states, int(dropped), tuple(lost), runs))
    return tuple(found)
