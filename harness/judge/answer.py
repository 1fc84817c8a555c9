"""A study's comparisons and the finished table -> verdicts."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy import stats

from harness.judge import associations, contrasts
from harness.judge.arms import Layout, Levels, arm_names, layout, levels_text
from harness.judge.choose_test import corrected
from harness.judge.contrasts import arms_of, blocks, omnibus, result_or_reason, smallest_p
from harness.judge.samples import Measured, Sample, Tally, measured_samples
from harness.judge.sentences import outcome, p_value, sentence, summary
from harness.judge.verdicts import Arm, Pooled, Ranking, Verdict, Verdicts
from harness.record.database import Run
from harness.spec.catalogue import load_component
from harness.spec.naming import listed
from harness.stats.clusters import effective_n, icc1
from harness.stats.result import Result
from harness.study.comparison import Comparison
from harness.study.load import Study


def judge(
    study: Study, runs: pd.DataFrame, rows: pd.DataFrame, recorded: Sequence[Run] = ()
) -> Verdicts:
    """Every declared comparison of a study answered; `recorded` are its runs, for when it was declared."""
    drafts = [_draft(study, one, runs, rows) for one in study.compare]
    sizes: Counter[str] = Counter()
    for draft in drafts:
        sizes[draft.comparison.together] += len(_tested(draft))
    early, changed = _declared_before(study, recorded)
    done = _corrected(drafts)
    verdicts = [
        _worded(draft, sizes[draft.comparison.together], draft.comparison.key in early)
        for draft in done
    ]
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
    got = [measured_samples(laid, one, metric, runs, rows) for metric in one.metrics]
    first = got[0]
    if one.kind == "correlate":
        made = list(associations.correlation(one, laid, first, got[1]))
    else:
        make = {
            "groups": contrasts.groups,
            "trend": associations.trend,
            "model": associations.model,
        }[one.kind]
        made = list(make(one, laid, first))
    only = [
        f"only where {path} is {' or '.join(listed(level))}" for path, level in one.where.items()
    ]
    notes = dict.fromkeys(
        [*only, *laid.notes, *(note for each in got for note in each.notes), *_losses(one, first)]
    )
    arms = _arms(one, first)
    rankings, several = _several(one, laid, first)
    pooled = tuple(_pooled(one, s) for s in first.samples) if one.unit == "image" else ()
    normal = tuple(_normality(one, arms))
    return Verdict(
        one,
        "",
        arms,
        tuple(made),
        0,
        tuple(notes),
        laid.averaged,
        pooled,
        rankings,
        several,
        normal,
    )


def _losses(one: Comparison, found: Measured) -> Iterator[str]:
    called = arm_names(one, (t.arm for t in found.tallies))
    for tally in found.tallies:
        name = called.get(tally.arm, levels_text(tally.arm)) or "all trials"
        name += f" at {levels_text(tally.stratum)}" if tally.stratum else ""
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
    tallies = {(t.stratum, t.arm): t for t in found.tallies}
    called = arm_names(one, (s.arm_or_point for s in found.samples))
    made = []
    for sample in (
        sorted(found.samples, key=lambda s: (s.stratum, float(s.point)))
        if one.kind == "trend"
        else found.samples
    ):
        full = sample.arm_or_point
        clusters = (np.array(sample.clusters),) if one.interval == "hierarchical" else ()
        mean = result_or_reason(
            load_component("interval", one.interval), sample.array(), *clusters, level=1 - one.alpha
        )[0]
        tally = tallies.get((sample.stratum, full), Tally(sample.stratum, full, {}))
        made.append(Arm(sample.stratum, called[full], levels_text(full), sample, mean, tally))
    return tuple(made)


def _normality(one: Comparison, arms: tuple[Arm, ...]) -> Iterator[str]:
    """Shapiro-Wilk for each arm that varies."""
    for arm in arms:
        values = arm.sample.array()
        if 3 <= values.size <= 5000 and np.ptp(values) > 0:
            where = f" at {levels_text(arm.stratum)}" if arm.stratum else ""
            p = float(stats.shapiro(values).pvalue)
            few = ", with little power at this n" if values.size < 20 else ""
            yield f"normality of {arm.name}{where}: Shapiro-Wilk {p_value(p)}{few}; for information only"


def _several(
    one: Comparison, laid: Layout, found: Measured
) -> tuple[tuple[Ranking, ...], tuple[tuple[Levels, Result], ...]]:
    """What can be said of three or more arms at once."""
    rankings, several = [], []
    for stratum in dict.fromkeys(s.stratum for s in found.samples) if one.kind == "groups" else ():
        arms = arms_of(laid, found, stratum)
        result = omnibus(one, found, stratum, arms)
        if result is None:
            continue
        several.append((stratum, result))
        if result.test == "friedman" and (table := blocks(one, found, stratum, arms)) is not None:
            called = arm_names(one, arms)
            columns = tuple(tuple(map(float, column)) for column in table)
            rankings.append(Ranking(stratum, tuple(called[a] for a in arms), columns, result))
    return tuple(rankings), tuple(several)


def _pooled(one: Comparison, sample: Sample) -> Pooled:
    clusters = np.array(sample.clusters)
    networks = len(set(sample.clusters))
    icc = result_or_reason(icc1, sample.array(), clusters)[0]
    worth = result_or_reason(effective_n, sample.array(), clusters)[0] if networks > 1 else 1.0
    full = sample.arm_or_point
    name = arm_names(one, [full])[full]
    return Pooled(name, len(sample.units), networks, icc, worth if worth is not None else math.nan)


def _tested(draft: Verdict) -> list[int]:
    return [i for i, c in enumerate(draft.contrasts) if not math.isnan(c.p)]


def _corrected(drafts: list[Verdict]) -> list[Verdict]:
    """Each family of p values corrected together, and the smallest that it could have given; no test, no part."""
    families: dict[str, list[tuple[int, int]]] = {}
    floors = [[smallest_p(d.comparison, c, _size(d)) for c in d.contrasts] for d in drafts]
    found = [
        [
            replace(c, corrected=c.p, smallest=least)
            for c, least in zip(draft.contrasts, mine, strict=True)
        ]
        for draft, mine in zip(drafts, floors, strict=True)
    ]
    for d, draft in enumerate(drafts):
        for i in _tested(draft):
            if not draft.contrasts[i].corrected_by_test:
                families.setdefault(draft.comparison.together, []).append((d, i))
    for places in families.values():
        one = drafts[places[0][0]].comparison
        p, trouble = _family(one, [drafts[d].contrasts[i].p for d, i in places])
        least, _ = _family(one, [floors[d][i] for d, i in places])
        for (d, i), mine, best in zip(places, p, least, strict=True):
            note = "; ".join(t for t in (found[d][i].note, trouble) if t)
            found[d][i] = replace(found[d][i], corrected=mine, smallest=best, note=note)
    return [
        replace(draft, contrasts=tuple(made)) for draft, made in zip(drafts, found, strict=True)
    ]


def _family(one: Comparison, p: list[float]) -> tuple[list[float], str]:
    """Shaffer's correction refuses a family that lost a pair; Holm's holds for any."""
    values, trouble = result_or_reason(corrected, one, p)
    if values is None:
        return corrected(replace(one, correct="holm"), p), f"{trouble}: corrected by holm instead"
    return values, ""


def _size(draft: Verdict) -> int:
    """How many arms stand side by side."""
    return len(draft.arms) // max(1, len({a.stratum for a in draft.arms}))


def _worded(draft: Verdict, family: int, early: bool) -> Verdict:
    one = draft.comparison
    made = [replace(c, outcome=outcome(one, c)) for c in draft.contrasts]
    made = [replace(c, sentence=sentence(one, c, family)) for c in made]
    gone = sorted({unit for c in made for unit in c.removed})
    what = "a metric" if one.kind == "correlate" else "an arm"
    removed = [f"left out, for {what} lacks them: {', '.join(gone)}"] if gone else []
    text = summary(one, made)
    return replace(
        draft,
        contrasts=tuple(made),
        family=family,
        sentence=text,
        confirmatory=early,
        notes=(*draft.notes, *removed),
    )


def _declared_before(study: Study, recorded: Sequence[Run]) -> tuple[set[str], str]:
    """The comparisons that stood in the file when the first trial ran, and what has changed since."""
    now = {one.key: one.name for one in study.compare}
    first = min(
        (r for r in recorded if r.study == study.name), key=lambda r: r.started, default=None
    )
    if first is None or "harness.design" not in first.tags:
        return set(now), ""
    then = set(first.tags["harness.design"].split())
    added = [name for key, name in now.items() if key not in then]
    parts = (
        [f"written or changed after the first trial ran, so exploratory: {', '.join(added)}"]
        if added
        else []
    )
    if gone := len(then - now.keys()):
        which = (
            "comparison declared before the first trial is"
            if gone == 1
            else "comparisons declared then are"
        )
        parts.append(f"{gone} {which} no longer in the file")
    return then & now.keys(), "; ".join(parts)
