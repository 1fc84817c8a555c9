"""The comparisons of a study as sections of the page: figures, tables, checks, every number with
its runs.
"""

import math
from collections.abc import Iterable, Iterator
from html import escape

from harness.judge.arms import Levels, levels_text
from harness.judge.contrasts import Contrast
from harness.judge.enough_shots import is_curve_of_shots
from harness.judge.sentences import estimate, mean, number, p_number, spread
from harness.judge.verdicts import Arm, Verdict
from harness.report.correlation_figure import figures_of_strata
from harness.report.figures import boxes, scatter
from harness.report.formats import with_capital
from harness.report.learning_curve import learning_curve
from harness.report.rank_diagram import rank_diagram
from harness.study.comparison import Comparison

Cell = tuple[str, str]  # a column's name and a cell's HTML

FOLDED = 6  # strata drawn before the rest is folded away


def section_of_comparison(i: int, verdict: Verdict) -> str:
    """A section for the comparison at position `i`."""
    parts = [
        f'<section id="compare-{i}">{_title(verdict)}',
        f'<p class="verdict">{escape(with_capital(verdict.sentence))}</p>',
    ]
    if verdict.survival:
        parts.append(f'<p class="legend">{escape(with_capital(verdict.survival))}.</p>')
    for pooled in verdict.pooled:
        parts.append(f'<p class="warning">{escape(pooled.sentence)}</p>')
    parts += _figures_over_strata(verdict)
    parts += _strata(i, verdict)
    if verdict.arms:
        parts.append(_figure_legend(verdict))
    if verdict.contrasts:
        parts.append(_contrasts(i, verdict))
    parts += [_checks(verdict), "</section>"]
    return "\n".join(parts)


def _title(verdict: Verdict) -> str:
    """The name of a comparison, and what kind of claim it makes."""
    comparison = verdict.comparison
    badges = [
        "primary" if comparison.primary else "secondary",
        "confirmatory" if verdict.confirmatory else "exploratory",
        f"unit: {comparison.unit}",
    ]
    spans = "".join(f'<span class="badge {badge}">{escape(badge)}</span>' for badge in badges)
    return f"<h2>{escape(comparison.name)} {spans}</h2>"


def _strata(i: int, verdict: Verdict) -> Iterator[str]:
    """The figures and the table of the arms, for each stratum; the last of many are folded away."""
    for position, stratum in enumerate(verdict.strata):
        name = escape(levels_text(stratum))
        head = f"<h3>{name}</h3>" if stratum else ""
        figures = "".join(f"<figure>{figure}</figure>" for figure in _figures(verdict, stratum))
        body = f'{head}<div class="figures">{figures}</div>{_arms(i, verdict, stratum)}'
        if position >= FOLDED:
            body = f"<details><summary>{name}</summary>{body}</details>"
        yield body


def _figures_over_strata(verdict: Verdict) -> Iterator[str]:
    """The figures that show several strata together."""
    figures = list(figures_of_strata(verdict.contrasts))
    if figures:
        body = "".join(f"<figure>{figure}</figure>" for figure in figures)
        yield f'<div class="figures">{body}</div>'


def _figures(verdict: Verdict, stratum: Levels) -> Iterator[str]:
    """The figures of a stratum that have something to show."""
    comparison = verdict.comparison
    arms = verdict.arms_of(stratum)
    if is_curve_of_shots(comparison):
        yield learning_curve(arms, _metric_label(comparison))
    if any(arm.sample.values for arm in arms):
        yield boxes(arms, _metric_label(comparison), _is_paired(verdict))
    for ranking in verdict.rankings:
        if ranking.stratum == stratum:
            yield rank_diagram(ranking, comparison.alpha)
    for contrast in verdict.contrasts_of(stratum):
        if len(contrast.points) > 1:
            yield scatter(contrast.points, (contrast.first, contrast.second))


def _metric_label(comparison: Comparison) -> str:
    """What the numbers of the arms are."""
    if comparison.by and comparison.trend:
        return f"{comparison.metric}, area under the curve over {comparison.trend}"
    return ", ".join(comparison.metrics)


def _is_paired(verdict: Verdict) -> bool:
    return any(contrast.paired for contrast in verdict.contrasts)


def _figure_legend(verdict: Verdict) -> str:
    """How to read the figure of the arms."""
    comparison = verdict.comparison
    text = (
        f"A dot is one {comparison.unit}; the box holds the middle half; "
        f"the diamond is the mean with its {1 - comparison.alpha:.0%} interval"
    )
    lines = " Lines join the values of one unit." if _is_paired(verdict) else ""
    return f'<p class="legend">{escape(text)} ({escape(comparison.interval_name)}).{lines}</p>'


def _arms(i: int, verdict: Verdict, stratum: Levels) -> str:
    """The arms of a stratum as a table."""
    rows = []
    for arm in verdict.arms_of(stratum):
        anchor = f"runs-{i}-{verdict.arms.index(arm)}"
        rows.append(_arm_row(arm, verdict.comparison.unit, anchor))
    if not rows:
        return ""
    return _table(rows)


def _arm_row(arm: Arm, unit: str, anchor: str) -> list[Cell]:
    """The cells of an arm; its numbers lead to the list of its runs."""
    states = [f"{count} {state}" for state, count in arm.tally.states.items() if count]
    runs: dict[str, None] = {}
    for runs_of_unit in arm.sample.runs:
        runs.update(dict.fromkeys(runs_of_unit))
    return [
        ("arm", f'<span title="{escape(arm.full)}">{escape(arm.name)}</span>'),
        ("mean", f'<a href="#{anchor}">{escape(mean(arm.mean))}</a>'),
        (f"{unit}s", f'<a href="#{anchor}">{len(arm.sample.units)}</a>'),
        ("trials", escape(", ".join(states))),
        ("undefined values", str(arm.tally.undefined)),
        ("runs", _run_links(runs, anchor)),
    ]


def _run_links(runs: Iterable[str], anchor: str) -> str:
    """The runs behind a number, folded away."""
    links = []
    for run in runs:
        short_name = escape(run[:8])
        links.append(f'<a href="#run-{escape(run)}">{short_name}</a>')
    summary = f"<summary>{len(links)}</summary>"
    return f'<details id="{escape(anchor)}">{summary}{" ".join(links)}</details>'


def _contrasts(i: int, verdict: Verdict) -> str:
    """The contrasts as a table, how to read it, and each in a sentence."""
    rows = []
    sentences = ""
    for j, contrast in enumerate(verdict.contrasts):
        rows.append(_contrast_row(f"contrast-{i}-{j}", contrast))
        sentences += f"<li>{escape(with_capital(contrast.sentence))}</li>"
    table = f'{_table(rows)}<p class="legend">{escape(_contrast_legend(verdict))}</p>'
    if len(rows) == 1:
        return table
    summary = "<summary>Each in a sentence</summary>"
    return f"{table}<details>{summary}<ul>{sentences}</ul></details>"


def _contrast_legend(verdict: Verdict) -> str:
    """How the p values and intervals of the contrasts came about."""
    comparison = verdict.comparison
    p = "p is two-sided"
    if comparison.margin is not None:
        p = "p is that of two one-sided tests"
    level = f"{verdict.contrasts[0].level:.0%}"
    return (
        f"{p} and {_correction(verdict)}; alpha {comparison.alpha:g}; "
        f"intervals are {level} and not corrected."
    )


def _correction(verdict: Verdict) -> str:
    """How the p values were corrected."""
    comparison = verdict.comparison
    if verdict.family <= 1:
        return "not corrected, as its family has no other"
    if not comparison.correct:
        return "uncorrected"
    family = f"{verdict.family} of the family {comparison.together}"
    return f"corrected by {comparison.correct} among {family}"


def _contrast_row(anchor: str, contrast: Contrast) -> list[Cell]:
    """The cells of a contrast; its estimate leads to the list of its runs."""
    interval = estimate(contrast.estimate, contrast.low, contrast.high)
    test = "–"
    if contrast.test:
        exact = "exact" if contrast.exact else "approximate"
        test = f"{contrast.test}, {exact}"
    return [
        ("contrast", escape(contrast.name)),
        ("estimate", f'<a href="#{anchor}">{escape(interval)}</a>'),
        ("n", escape(_count(contrast))),
        ("p", escape(p_number(contrast.p))),
        ("corrected", f"<b>{escape(p_number(contrast.corrected))}</b>"),
        ("effect", escape(_effect(contrast))),
        ("test", escape(test)),
        ("verdict", f'<span class="outcome">{escape(_outcome(contrast))}</span>'),
        ("runs", _run_links(contrast.runs, anchor)),
    ]


def _outcome(contrast: Contrast) -> str:
    """The kind of answer, and what it says of transfer where that is asked."""
    return f"{contrast.outcome}: {contrast.transfer}" if contrast.transfer else contrast.outcome


def _count(contrast: Contrast) -> str:
    """'5 pairs', '5 / 4'."""
    if contrast.paired and len(contrast.n) == 2:
        return f"{contrast.n[0]} pairs"
    return " / ".join(map(str, contrast.n))


def _effect(contrast: Contrast) -> str:
    """An effect size with its interval and what it is called by its size."""
    effect = contrast.effect
    if effect is None:
        return "–"
    text = f"{effect.name} {number(effect.value)}"
    if not math.isnan(effect.low):
        text += f" {spread(effect.low, effect.high)}"
    if effect.magnitude:
        text += f", {effect.magnitude}"
    return text


def _checks(verdict: Verdict) -> str:
    """What a reader should know before believing it."""
    items = "".join(f"<li>{escape(text)}</li>" for text in verdict.checks())
    return f"<details open><summary>Checks</summary><ul>{items}</ul></details>"


def _table(rows: list[list[Cell]]) -> str:
    """A table whose rows become cards on a narrow screen."""
    head = "".join(f"<th>{escape(column)}</th>" for column, _ in rows[0])
    lines = []
    for row in rows:
        cells = "".join(f'<td data-k="{escape(column)}">{html}</td>' for column, html in row)
        lines.append(f"<tr>{cells}</tr>")
    body = f"<thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody>"
    return f'<table class="cards">{body}</table>'
