"""A study's comparisons and the finished table -> verdicts."""

import dataclasses
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from harness import contrasts, registry, wording
from harness.choice import corrected
from harness.comparison import Comparison
from harness.contrasts import Contrast, arms_of, blocks, least, omnibus, tried
from harness.levels import short
from harness.places import Layout, layout, shown
from harness.samples import Measured, Sample, Tally, measured
from harness.stats.clusters import effective_n, icc1
from harness.stats.result import Effect, Interval, Result
from harness.study import Study
from harness.track import Run


@dataclass(frozen=True)
class Arm:
    """One row of a comparison's table: its values with their units and runs, their mean, and the fate of its trials."""

    within: str
    name: str
    full: str
    sample: Sample
    mean: Interval | None
    tally: Tally


@dataclass(frozen=True)
class Pooled:
    """What pooling the images of a network amounts to, in one arm."""

    arm: str
    images: int
    networks: int
    icc: Effect | None
    worth: float  # how many independent values they are


@dataclass(frozen=True)
class Ranking:
    """Several paired arms by their mean ranks within units: a critical-difference diagram."""

    within: str
    names: tuple[str, ...]
    table: tuple[tuple[float, ...], ...]  # arms x units
    result: Result


@dataclass(frozen=True)
class Verdict:
    """The answer to one declared comparison."""

    comparison: Comparison
    sentence: str
    arms: tuple[Arm, ...]
    contrasts: tuple[Contrast, ...]
    family: int  # how many p values were corrected together
    notes: tuple[str, ...]
    averaged: tuple[str, ...]
    pooled: tuple[Pooled, ...] = ()
    rankings: tuple[Ranking, ...] = ()
    omnibus: tuple[tuple[str, Result], ...] = ()
    confirmatory: bool = True


@dataclass(frozen=True)
class Verdicts:
    """The answers of a study."""

    study: str
    question: str
    states: dict[str, int]
    verdicts: tuple[Verdict, ...]
    changed: str = ""  # what became of the comparisons after the first trial ran

    @property
    def headline(self) -> str:
        """The answer in one sentence: that of the first primary comparison, else of the first."""
        ranked = sorted(self.verdicts, key=lambda v: not v.comparison.primary)
        return ranked[0].sentence if ranked else "The study declares no comparison, so there is nothing to answer."


def judge(study: Study, runs: pd.DataFrame, rows: pd.DataFrame, recorded: Sequence[Run] = ()) -> Verdicts:
    """Every declared comparison of a study answered; `recorded` are its runs, for when it was declared."""
    drafts = [_draft(study, one, runs, rows) for one in study.compare]
    sizes: Counter[str] = Counter()
    for draft in drafts:
        sizes[draft.comparison.together] += len(_tested(draft))
    early, changed = _declared_before(study, recorded)
    done = _corrected(drafts)
    verdicts = [_worded(draft, sizes[draft.comparison.together], draft.comparison.key in early) for draft in done]
    return Verdicts(study.name, study.question, states(study, runs), tuple(verdicts), changed)


def states(study: Study, runs: pd.DataFrame) -> dict[str, int]:
    """How the planned trials ended; runs of trials that the study no longer has are counted apart."""
    planned = {cell.trial.key for cell in study.cells}
    ended = dict(zip(runs["trial"], runs["state"], strict=True)) if len(runs) else {}
    counts = Counter(ended.get(key, "missing") for key in planned)
    found = {state: counts[state] for state in ("finished", "diverged", "failed", "missing")}
    return {"planned": len(planned), **found, "of earlier versions": len(ended.keys() - planned)}


def _draft(study: Study, one: Comparison, runs: pd.DataFrame, rows: pd.DataFrame) -> Verdict:
    """A comparison with its p values, not yet corrected."""
    laid = layout(study, one)
    got = [measured(laid, one, metric, runs, rows) for metric in one.metrics]
    first = got[0]
    if one.kind == "correlate":
        made = list(contrasts.correlation(one, laid, first, got[1]))
    else:
        make = {"groups": contrasts.groups, "trend": contrasts.trend, "model": contrasts.model}[one.kind]
        made = list(make(one, laid, first))
    notes = [*laid.notes, *(note for each in got for note in each.notes), *_losses(first)]
    arms = _arms(one, first)
    rankings, several = _several(one, laid, first)
    pooled = tuple(_pooled(one, s) for s in first.samples) if one.unit == "image" else ()
    return Verdict(one, "", arms, tuple(made), 0, tuple(notes), laid.averaged, pooled, rankings, several)


def _losses(found: Measured) -> Iterator[str]:
    for tally in found.tallies:
        name = shown(tally.arm) or "all trials"
        bad = [f"{n} {state}" for state, n in tally.states.items() if n and state != "finished"]
        if bad:
            yield f"{name}: {' and '.join(bad)} of {sum(tally.states.values())} trials"
        if tally.states["diverged"]:
            yield f"{name}: its mean is of the trials that did not diverge, which flatters it"
        if tally.lost:
            yield f"{name}: without a complete value: {', '.join(tally.lost)}"
        if tally.undefined:
            yield f"{name}: {tally.undefined} undefined values were left out"


def _arms(one: Comparison, found: Measured) -> tuple[Arm, ...]:
    if one.kind == "correlate":
        return ()
    part = "at" if one.kind == "trend" else "arm"
    tallies = {(t.within, t.arm): t for t in found.tallies}
    names = short(getattr(s, part) for s in found.samples)
    made = []
    for sample in sorted(found.samples, key=lambda s: (s.within, float(s.at))) if part == "at" else found.samples:
        full = getattr(sample, part)
        clusters = (np.array(sample.clusters),) if one.interval == "hierarchical" else ()
        mean = tried(registry.load("interval", one.interval), sample.array(), *clusters, level=1 - one.alpha)[0]
        tally = tallies.get((sample.within, full), Tally(sample.within, full, {}))
        made.append(Arm(sample.within, shown(names[full]), shown(full), sample, mean, tally))
    return tuple(made)


def _several(
    one: Comparison, laid: Layout, found: Measured
) -> tuple[tuple[Ranking, ...], tuple[tuple[str, Result], ...]]:
    """What can be said of three or more arms at once."""
    rankings, several = [], []
    for within in dict.fromkeys(s.within for s in found.samples) if one.kind == "groups" else ():
        arms = arms_of(laid, found, within)
        result = omnibus(one, found, within, arms)
        if result is None:
            continue
        several.append((within, result))
        if result.test == "friedman" and (table := blocks(one, found, within, arms)) is not None:
            names = short(arms)
            columns = tuple(tuple(map(float, column)) for column in table)
            rankings.append(Ranking(within, tuple(shown(names[a]) for a in arms), columns, result))
    return tuple(rankings), tuple(several)


def _pooled(one: Comparison, sample: Sample) -> Pooled:
    clusters = np.array(sample.clusters)
    networks = len(set(sample.clusters))
    icc = tried(icc1, sample.array(), clusters)[0]
    worth = tried(effective_n, sample.array(), clusters)[0] if networks > 1 else 1.0
    name = shown(sample.arm) or f"{one.trend} {sample.at}"
    return Pooled(name, len(sample.units), networks, icc, worth if worth is not None else math.nan)


def _tested(draft: Verdict) -> list[int]:
    return [i for i, c in enumerate(draft.contrasts) if not math.isnan(c.p)]


def _corrected(drafts: list[Verdict]) -> list[Verdict]:
    """Each family of p values corrected together; what no test could be made of takes no part."""
    families: dict[str, list[tuple[int, int]]] = {}
    for d, draft in enumerate(drafts):
        for i in _tested(draft):
            if not draft.contrasts[i].already:
                families.setdefault(draft.comparison.together, []).append((d, i))
    found = [[replace(c, corrected=c.p) for c in draft.contrasts] for draft in drafts]
    for places in families.values():
        one = drafts[places[0][0]].comparison
        raw = [drafts[d].contrasts[i].p for d, i in places]
        values, trouble = tried(corrected, one, raw)  # shaffer refuses a family that lost a pair
        for (d, i), p in zip(places, values or np.minimum(1, np.array(raw) * len(raw)), strict=True):
            note = "; ".join(t for t in (found[d][i].note, trouble and f"{trouble}: bonferroni instead") if t)
            found[d][i] = replace(found[d][i], corrected=float(p), note=note)
    return [replace(draft, contrasts=tuple(made)) for draft, made in zip(drafts, found, strict=True)]


def _worded(draft: Verdict, family: int, early: bool) -> Verdict:
    one = draft.comparison
    made = []
    for c in draft.contrasts:
        strata = {a.within for a in draft.arms}
        arms = len(draft.arms) // max(1, len(strata))
        c = replace(c, smallest=least(one, c, max(1, family), arms))
        c = replace(c, outcome=wording.outcome(one, c))
        made.append(replace(c, sentence=wording.sentence(one, c, family)))
    gone = {unit for c in made for unit in c.removed}
    word = "points" if one.kind == "correlate" else f"{one.unit}s"
    removed = [f"removed, for they are not in both arms: {word} {', '.join(sorted(gone))}"] if gone else []
    text = wording.summary(one, made)
    return replace(
        draft, contrasts=tuple(made), family=family, sentence=text, confirmatory=early, notes=(*draft.notes, *removed)
    )


def _declared_before(study: Study, recorded: Sequence[Run]) -> tuple[set[str], str]:
    """The comparisons that stood in the file when the first trial ran, and what has changed since."""
    now = {one.key: one.name for one in study.compare}
    first = min((r for r in recorded if r.study == study.name), key=lambda r: r.started, default=None)
    if first is None or "harness.design" not in first.tags:
        return set(now), ""
    then = set(first.tags["harness.design"].split())
    added = [name for key, name in now.items() if key not in then]
    parts = [f"written or changed after the first trial ran, so exploratory: {', '.join(added)}"] if added else []
    if gone := then - now.keys():
        parts.append(
            f"{len(gone)} comparison{'s' * (len(gone) > 1)} declared before the first trial {'is' if len(gone) == 1 else 'are'} no longer in the file"
        )
    return then & now.keys(), "; ".join(parts)


def value(verdicts: Verdicts) -> dict[str, Any]:
    """Verdicts as plain values for JSON: what is not a finite number is null."""

    def plain(found: Any) -> Any:
        if isinstance(found, float):
            return found if math.isfinite(found) else None
        if isinstance(found, dict):
            return {k: plain(v) for k, v in found.items()}
        return [plain(v) for v in found] if isinstance(found, list | tuple) else found

    return {"headline": verdicts.headline, **plain(dataclasses.asdict(verdicts))}


def lines(verdicts: Verdicts) -> Iterator[str]:
    """Verdicts as lines of a terminal."""
    yield verdicts.headline
    yield "trials: " + ", ".join(f"{n} {state}" for state, n in verdicts.states.items() if n)
    if verdicts.changed:
        yield f"declared: {verdicts.changed}"
    for verdict in verdicts.verdicts:
        yield from _verdict_lines(verdict)


def _verdict_lines(verdict: Verdict) -> Iterator[str]:
    one = verdict.comparison
    rank = "primary, " if one.primary else ""
    yield f"{one.name} ({rank}{'confirmatory' if verdict.confirmatory else 'exploratory'}, unit {one.unit})"
    width = max([len(arm.name) for arm in verdict.arms], default=0)
    for arm in verdict.arms:
        where = f"  at {shown(arm.within)}" if arm.within else ""
        mean = (
            f"{wording.number(arm.mean.value, arm.mean.high - arm.mean.low)} {wording.spread(arm.mean.low, arm.mean.high)}"
            if arm.mean
            else "no mean"
        )
        yield f"  {arm.name:{width}}  {mean}  n = {len(arm.sample.units)}{where}"
    for c in verdict.contrasts:
        how = f" [{c.test}{', exact' if c.exact else ''}; {c.why}]" if c.test else ""
        yield f"  {c.sentence}{how}"
    for pooled in verdict.pooled:
        yield f"  {wording.pooled(pooled.arm, pooled.images, pooled.networks, pooled.icc.value if pooled.icc else math.nan, pooled.worth)}"
    for note in verdict.notes:
        yield f"  note: {note}"
