"""The comparisons of a study as sections of the page: figures, tables, checks, every number with
its runs.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from harness.judge.arms import Levels, stratum_name
from harness.judge.contrast_words import names_of_sides
from harness.judge.enough_shots import is_curve_of_shots
from harness.judge.look_words import STOPPED, level_in_words
from harness.judge.verdicts import Arm, Verdict
from harness.report.correlation_figure import figures_of_strata
from harness.report.difference_plot import difference_plot, has_differences
from harness.report.figures import boxes, scatter
from harness.report.formats import with_capital
from harness.report.learning_curve import learning_curve
from harness.report.page_contrasts import contrast_legend, contrast_row
from harness.report.rank_diagram import rank_diagram
from harness.report.templates import render
from harness.stats.result import Interval
from harness.study.comparison import Comparison
from harness.study.names import NO_NAMES, Names, display_name, interval_name

NO_COLOURS: Mapping[str, str] = {}  # everything is blue
FOLDED = 6  # strata drawn before the rest is folded away


@dataclass(frozen=True)
class ArmRow:
    """An arm as a row of the table; its numbers lead to the list of its runs."""

    anchor: str
    name: str
    full: str
    mean: Interval | None
    units: int
    trials: str
    undefined: int
    runs: Sequence[str]


@dataclass(frozen=True)
class StratumPart:
    """What the page shows of a stratum; the last of many are folded away."""

    name: str
    is_folded: bool
    figures: Sequence[Markup]
    arms: Sequence[ArmRow]


def section_of_comparison(
    i: int, verdict: Verdict, names: Names = NO_NAMES, colours: Mapping[str, str] = NO_COLOURS
) -> Markup:
    """A section for the comparison at position `i`; `colours` are those of its arms."""
    comparison = verdict.comparison
    contrasts = []
    for j, contrast in enumerate(verdict.contrasts):
        contrasts.append(contrast_row(f"contrast-{i}-{j}", contrast))
    return render(
        "comparison.html",
        position=i,
        title=comparison.name,
        badges=_badges(verdict),
        verdict=verdict,
        unit=comparison.unit,
        overview=[Markup(figure) for figure in _figures_over_strata(verdict, names)],
        margin_legend=_margin_legend(verdict),
        strata=list(_strata(i, verdict, names, colours)),
        figure_legend=_figure_legend(verdict) if verdict.arms else "",
        contrasts=contrasts,
        contrast_legend=contrast_legend(verdict) if contrasts else "",
        sentences=[contrast.sentence for contrast in verdict.contrasts],
    )


def _badges(verdict: Verdict) -> list[str]:
    """What kind of claim a comparison makes."""
    comparison = verdict.comparison
    return [
        "primary" if comparison.primary else "secondary",
        "confirmatory" if verdict.confirmatory else "exploratory",
        f"unit: {comparison.unit}",
    ]


def _strata(
    i: int, verdict: Verdict, names: Names, colours: Mapping[str, str]
) -> Iterator[StratumPart]:
    """The figures and the table of the arms, for each stratum."""
    for position, stratum in enumerate(verdict.strata):
        arms = []
        for arm in verdict.arms_of(stratum):
            anchor = f"runs-{i}-{verdict.arms.index(arm)}"
            arms.append(_arm_row(arm, anchor))
        drawn = _figures(verdict, stratum, names, colours)
        figures = [Markup(figure) for figure in drawn if figure]
        name = stratum_name(verdict.comparison, stratum, names)
        yield StratumPart(name, position >= FOLDED, figures, arms)


def _figures_over_strata(verdict: Verdict, names: Names) -> Iterator[str]:
    """The figures that show several strata together."""
    if verdict.comparison.correlate is not None and verdict.contrasts:
        metrics = names_of_sides(verdict.comparison, verdict.contrasts[0], names)
        yield from figures_of_strata(verdict.contrasts, metrics)
    if has_differences(verdict):
        yield difference_plot(verdict, _metric_label(verdict.comparison, names))


def _figures(
    verdict: Verdict, stratum: Levels, names: Names, colours: Mapping[str, str]
) -> Iterator[str]:
    """The figures of a stratum that have something to show.

    Where equivalence is asked, a critical difference would answer another question.
    """
    comparison = verdict.comparison
    arms = verdict.arms_of(stratum)
    label = _metric_label(comparison, names)
    if is_curve_of_shots(comparison):
        yield learning_curve(arms, label)
    if any(arm.sample.values for arm in arms):
        yield boxes(arms, label, _is_paired(verdict), colours)
    for ranking in verdict.rankings:
        if ranking.stratum == stratum and comparison.margin is None:
            yield rank_diagram(ranking, comparison.alpha)
    for contrast in verdict.contrasts_of(stratum):
        if len(contrast.points) > 1:
            yield scatter(contrast.points, names_of_sides(comparison, contrast, names))


def _metric_label(comparison: Comparison, names: Names) -> str:
    """What the numbers of the arms are."""
    metrics = [display_name(metric, names) for metric in comparison.metrics]
    label = ", ".join(metrics)
    if comparison.by and comparison.trend:
        return f"{label}, area under the curve over {display_name(comparison.trend, names)}"
    return label


def _is_paired(verdict: Verdict) -> bool:
    return any(contrast.paired for contrast in verdict.contrasts)


def _figure_legend(verdict: Verdict) -> str:
    """How to read the figure of the arms."""
    comparison = verdict.comparison
    text = (
        f"A dot is one {comparison.unit}; the box holds the middle half; "
        f"the diamond is the mean with its {interval_name(1 - comparison.alpha)}"
    )
    lines = " Lines join the values of one unit." if _is_paired(verdict) else ""
    text += f" ({display_name(comparison.interval_name)}).{lines}"
    if verdict.has_looks:
        text += f" {with_capital(STOPPED)}."
    return text


def _margin_legend(verdict: Verdict) -> str:
    """How to read the figure of the differences; nothing where there is none."""
    if not has_differences(verdict):
        return ""
    comparison = verdict.comparison
    interval = level_in_words(verdict.contrasts[0])
    text = f"A difference with its {interval}, which is not corrected"
    if comparison.margin is None:
        return f"{text}; one that leaves out zero is filled."
    return (
        f"{text}; the band is the margin of ±{comparison.margin:g} within which arms count as "
        "equivalent, and an interval that lies inside it is filled."
    )


def _arm_row(arm: Arm, anchor: str) -> ArmRow:
    """The cells of an arm."""
    states = [f"{count} {state}" for state, count in arm.tally.states.items() if count]
    runs: dict[str, None] = {}
    for runs_of_unit in arm.sample.runs:
        runs.update(dict.fromkeys(runs_of_unit))
    return ArmRow(
        anchor,
        arm.name,
        arm.full,
        arm.mean,
        units=len(arm.sample.units),
        trials=", ".join(states),
        undefined=arm.tally.undefined,
        runs=list(runs),
    )
