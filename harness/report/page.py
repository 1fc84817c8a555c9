"""A report as one HTML page that needs nothing beside it."""

import math
from collections.abc import Iterable, Iterator
from html import escape

from harness.judge.arms import Levels, levels_text
from harness.judge.contrasts import Contrast
from harness.judge.sentences import estimate, mean, number, p_value, spread
from harness.judge.tables import Tabulated
from harness.judge.verdicts import Arm, Verdict, Verdicts
from harness.report import figures
from harness.report.paper_tables_html import laid_out
from harness.report.provenance import Provenance
from harness.report.style import STYLE

Cells = Iterable[tuple[str, str]]  # a column's name and a cell's HTML

FOLDED = 6  # strata drawn before the rest is folded away


def page(
    verdicts: Verdicts,
    design: list[tuple[str, str]],
    origin: Provenance,
    tables: Iterable[Tabulated] = (),
) -> str:
    """The whole page."""
    answer = f'<h1 class="answer">{escape(_upper(verdicts.headline))}</h1>'
    question = f'<p class="question">{escape(verdicts.study)}: {escape(verdicts.question)}</p>'
    sections = [
        f"<header>{answer}{question}</header>",
        _warnings([*([verdicts.changed] if verdicts.changed else []), *origin.warnings]),
        f"<section><h2>Design</h2>{_facts((k, escape(v)) for k, v in design)}{_states(verdicts)}</section>",
        *(_section(i, verdict) for i, verdict in enumerate(verdicts.verdicts)),
        *laid_out(tables),
        f"<section><h2>Where the numbers come from</h2>{_facts((k, escape(v)) for k, v in origin.facts)}</section>",
        f'<section id="runs"><h2>Runs</h2>{_runs(origin)}</section>',
    ]
    body = "\n".join(part for part in sections if part)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{escape(verdicts.study)}</title><style>{STYLE}</style></head><body><main>\n{body}\n</main></body></html>\n"
    )


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _warnings(found: list[str]) -> str:
    return "".join(f'<p class="warning">{escape(_upper(text))}.</p>' for text in found)


def _facts(pairs: Cells) -> str:
    return f"<dl>{''.join(f'<dt>{escape(k)}</dt><dd>{v}</dd>' for k, v in pairs)}</dl>"


def _states(verdicts: Verdicts) -> str:
    listed = [
        f"<b>{n}</b> {escape(state)}"
        for state, n in verdicts.states.items()
        if n or state in ("planned", "missing")
    ]
    return f'<p class="states"><a href="#runs">Trials</a>: {", ".join(listed)}</p>'


def _section(i: int, verdict: Verdict) -> str:
    one = verdict.comparison
    badges = [
        "primary" if one.primary else "secondary",
        "confirmatory" if verdict.confirmatory else "exploratory",
        f"unit: {one.unit}",
    ]
    head = "".join(f'<span class="badge {b}">{escape(b)}</span>' for b in badges)
    flags = [f'<p class="warning">{escape(p.sentence)}</p>' for p in verdict.pooled]
    parts = [
        f'<section id="compare-{i}"><h2>{escape(one.name)} {head}</h2>',
        f'<p class="verdict">{escape(_upper(verdict.sentence))}</p>',
        *flags,
        *_strata(i, verdict),
        _contrasts(i, verdict),
        _checks(verdict),
        "</section>",
    ]
    return "\n".join(part for part in parts if part)


def _strata(i: int, verdict: Verdict) -> Iterator[str]:
    """The figure and the table of the arms, for each stratum."""
    one = verdict.comparison
    paired = any(c.paired for c in verdict.contrasts)
    label = (
        f"{one.metric}, area under the curve over {one.trend}"
        if one.by and one.trend
        else ", ".join(one.metrics)
    )
    strata = list(
        dict.fromkeys([a.stratum for a in verdict.arms] + [c.stratum for c in verdict.contrasts])
    )
    for s, stratum in enumerate(strata):
        arms = [a for a in verdict.arms if a.stratum == stratum]
        head = f"<h3>{escape(levels_text(stratum))}</h3>" if stratum else ""
        drawn = [figures.boxes(arms, label, paired)]
        drawn += [figures.critical(r, one.alpha) for r in verdict.rankings if r.stratum == stratum]
        drawn += [
            figures.scatter(c.points, (c.first, c.second))
            for c in verdict.contrasts
            if c.stratum == stratum
        ]
        pictures = "".join(f"<figure>{d}</figure>" for d in drawn if d)
        body = f'{head}<div class="figures">{pictures}</div>{_arms(i, arms, stratum, verdict)}'
        folded = f"<details><summary>{escape(levels_text(stratum))}</summary>{body}</details>"
        yield folded if s >= FOLDED else body
    if verdict.arms:
        level = f"{1 - one.alpha:.0%}"
        joined = " Lines join the values of one unit." if paired else ""
        text = f"A dot is one {one.unit}; the box holds the middle half; the diamond is the mean with its {level} interval"
        yield f'<p class="legend">{escape(text)} ({escape(one.interval)}).{joined}</p>'


def _arms(i: int, arms: list[Arm], stratum: Levels, verdict: Verdict) -> str:
    if not arms:
        return ""
    rows = []
    for arm in arms:
        states = [f"{n} {state}" for state, n in arm.tally.states.items() if n]
        n = f'<a href="#{_anchor(i, verdict, arm)}">{len(arm.sample.units)}</a>'
        cells = [
            ("arm", f'<span title="{escape(arm.full)}">{escape(arm.name)}</span>'),
            ("mean", f'<a href="#{_anchor(i, verdict, arm)}">{escape(mean(arm.mean))}</a>'),
            (f"{verdict.comparison.unit}s", n),
            ("trials", escape(", ".join(states))),
            ("undefined values", str(arm.tally.undefined)),
            (
                "runs",
                _linked(
                    dict.fromkeys(r for of in arm.sample.runs for r in of), _anchor(i, verdict, arm)
                ),
            ),
        ]
        rows.append(cells)
    return _table(rows)


def _anchor(i: int, verdict: Verdict, arm: Arm) -> str:
    return f"runs-{i}-{verdict.arms.index(arm)}"


def _linked(runs: Iterable[str], anchor: str) -> str:
    """The runs behind a number, folded away."""
    listed = list(runs)
    links = " ".join(f'<a href="#run-{escape(r)}">{escape(r[:8])}</a>' for r in listed)
    return f'<details id="{escape(anchor)}"><summary>{len(listed)}</summary>{links}</details>'


def _contrasts(i: int, verdict: Verdict) -> str:
    one = verdict.comparison
    if not verdict.contrasts:
        return ""
    rows = [_contrast(f"contrast-{i}-{j}", c) for j, c in enumerate(verdict.contrasts)]
    how = (
        f"corrected by {one.correct} among {verdict.family} of the family {one.together}"
        if one.correct
        else "uncorrected"
    )
    how = how if verdict.family > 1 else "not corrected, as its family has no other"
    level = f"{verdict.contrasts[0].level:.0%}"
    text = (
        f"p is two-sided and {how}; alpha {one.alpha:g}; intervals are {level} and not corrected."
    )
    text = (
        text.replace("p is two-sided", "p is that of two one-sided tests")
        if one.margin is not None
        else text
    )
    many = (
        [f"<li>{escape(_upper(c.sentence))}</li>" for c in verdict.contrasts]
        if len(verdict.contrasts) > 1
        else []
    )
    sentences = (
        f"<details><summary>Each in a sentence</summary><ul>{''.join(many)}</ul></details>"
        if many
        else ""
    )
    return f'{_table(rows)}<p class="legend">{escape(text)}</p>{sentences}'


def _contrast(anchor: str, c: Contrast) -> list[tuple[str, str]]:
    effect = "–"
    if c.effect is not None:
        word = f", {c.effect.magnitude}" if c.effect.magnitude else ""
        around = f" {spread(c.effect.low, c.effect.high)}" if not math.isnan(c.effect.low) else ""
        effect = f"{c.effect.name} {number(c.effect.value)}{around}{word}"
    exact = "exact" if c.exact else "approximate"
    n = str(c.n[0]) + " pairs" if c.paired and len(c.n) == 2 else " / ".join(map(str, c.n))
    return [
        ("contrast", escape(c.name)),
        ("estimate", f'<a href="#{anchor}">{escape(estimate(c.estimate, c.low, c.high))}</a>'),
        ("n", escape(n)),
        ("p", escape(p_value(c.p).removeprefix("p = ").removeprefix("p "))),
        (
            "corrected",
            f"<b>{escape(p_value(c.corrected).removeprefix('p = ').removeprefix('p '))}</b>",
        ),
        ("effect", escape(effect)),
        ("test", escape(f"{c.test}, {exact}" if c.test else "–")),
        ("verdict", f'<span class="outcome">{escape(c.outcome)}</span>'),
        ("runs", _linked(c.runs, anchor)),
    ]


def _checks(verdict: Verdict) -> str:
    """What a reader should know before believing it; information, never a gate."""
    found = list(verdict.notes)
    if verdict.averaged:
        found.append(f"averaged over {', '.join(verdict.averaged)}")
    for c in verdict.contrasts[:1]:
        found += [f"test: {c.test}, {c.why}"] if c.test else []
        found += (
            [f"pairs: {'paired' if c.paired else 'not paired'}, {c.pairing}"] if c.pairing else []
        )
    found += [f"{c.name}: {c.note}" for c in verdict.contrasts if c.note]
    for stratum, result in verdict.omnibus:
        where = f" at {levels_text(stratum)}" if stratum else ""
        found.append(
            f"all arms at once{where}: {result.test} {number(result.statistic)}, {p_value(result.p)}"
        )
    found += list(verdict.normality)
    return f"<details open><summary>Checks</summary><ul>{''.join(f'<li>{escape(t)}</li>' for t in found)}</ul></details>"


def _table(rows: list[list[tuple[str, str]]]) -> str:
    head = "".join(f"<th>{escape(k)}</th>" for k, _ in rows[0])
    lines = ["".join(f'<td data-k="{escape(k)}">{v}</td>' for k, v in row) for row in rows]
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    return f'<table class="cards"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def _runs(origin: Provenance) -> str:
    if not origin.runs:
        return "<p>No run is recorded.</p>"
    head = "".join(f"<th>{escape(k)}</th>" for k in origin.runs[0])
    lines = [
        (row["run"], "".join(f"<td>{escape(v)}</td>" for v in row.values())) for row in origin.runs
    ]
    body = "".join(f'<tr id="run-{escape(run)}">{cells}</tr>' for run, cells in lines)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
