"""The comparisons of a report for a paper: tables of arms and of contrasts in LaTeX (booktabs)."""

import math
from collections.abc import Collection, Iterator

from harness.judge.arms import Levels
from harness.judge.contrasts import Contrast
from harness.judge.sentences import estimate, number, p_number, spread
from harness.judge.verdicts import Arm, Verdict, Verdicts
from harness.report.comparison_text import arms_by_stratum, best_arm
from harness.report.latex import NEEDS, Cell, Column, Group, table_floats
from harness.report.letters import Letters, letters_of
from harness.report.table_captions import arms_caption, contrasts_caption
from harness.study.comparison import Comparison
from harness.study.names import NO_NAMES, Names, display_name

EMPTY = Cell("–")
WITHOUT_EFFECT = 0.16  # of the line's width, which the names get where there is no effect size


def comparisons_latex(verdicts: Verdicts, lower: Collection[str], names: Names = NO_NAMES) -> str:
    """Every comparison: a table of its arms, and a table of its contrasts."""
    title = f"% {verdicts.study}: {verdicts.headline}"
    parts = [title.replace("\n", " "), NEEDS]
    for verdict in verdicts.verdicts:
        if verdict.arms:
            parts += _arms_latex(verdict, lower, names)
        if verdict.contrasts:
            parts += _contrasts_latex(verdict, names)
    return "\n".join(parts) + "\n"


def _arms_latex(verdict: Verdict, lower: Collection[str], names: Names) -> Iterator[str]:
    """The arms of a comparison, with letters that mark which of them differ."""
    comparison = verdict.comparison
    has_best = has_letters = False
    groups = []
    for arms in arms_by_stratum(verdict).values():
        best = best_arm(verdict, arms, lower)
        letters = letters_of(verdict, arms)
        marks_differences = any(letter.differs_from for letter in letters.values())
        rows = []
        for arm in arms:
            letter = letters[arm.name] if marks_differences else None
            rows.append(_arm_row(arm, letter, is_best=arm is best))
        groups.append(Group(arms[0].at, rows))
        has_best = has_best or best is not None
        has_letters = has_letters or marks_differences
    metrics = ", ".join(display_name(metric, names) for metric in comparison.metrics)
    columns = (
        Column(display_name(comparison.by or comparison.trend or "arm", names), 0.38),
        Column(metrics, 0.18, is_number=True),
        Column("interval", 0.25, is_number=True),
        Column("n", 0.10, is_number=True),
    )
    caption = arms_caption(verdict, names, has_best=has_best, has_letters=has_letters)
    yield from table_floats(caption, columns, groups)


def _arm_row(arm: Arm, letter: Letters | None, *, is_best: bool) -> tuple[Cell, ...]:
    """The cells of an arm; its letters are printed where some arm of its stratum differs."""
    own = f"({letter.own})" if letter else ""
    others = letter.differs_from if letter else ""
    mean = interval = EMPTY
    if arm.mean is not None:
        low, high = arm.mean.low, arm.mean.high
        mean = Cell(number(arm.mean.value, high - low), is_bold=is_best, raised=others)
        interval = Cell(spread(low, high))
    return Cell(arm.name, raised=own), mean, interval, Cell(str(len(arm.sample.units)))


def _contrasts_latex(verdict: Verdict, names: Names) -> Iterator[str]:
    """The contrasts of a comparison: difference, interval, n, p, effect and verdict."""
    strata: dict[Levels, list[tuple[Cell, ...]]] = {}
    titles: dict[Levels, str] = {}
    has_effect = any(contrast.effect is not None for contrast in verdict.contrasts)
    for contrast in verdict.contrasts:
        row = _contrast_row(verdict.comparison, contrast, names, has_effect=has_effect)
        strata.setdefault(contrast.stratum, []).append(row)
        titles[contrast.stratum] = contrast.at
    groups = [Group(titles[stratum], rows) for stratum, rows in strata.items()]
    columns = _contrast_columns(verdict, has_effect=has_effect)
    yield from table_floats(contrasts_caption(verdict, names), columns, groups)


def _contrast_columns(verdict: Verdict, *, has_effect: bool) -> list[Column]:
    """The columns of a table of contrasts."""
    comparison = verdict.comparison
    heads = {"groups": "difference", "trend": "change", "correlate": "correlation"}
    spare = 0.0 if has_effect else WITHOUT_EFFECT
    columns = [
        Column("term" if comparison.kind == "model" else "contrast", 0.225 + spare),
        Column(heads.get(comparison.kind, "statistic"), 0.21, is_number=True),
        Column("n", 0.075, is_number=True),
        Column("p", 0.08, is_number=True),
    ]
    if has_effect:
        columns.append(Column("effect", WITHOUT_EFFECT, is_number=True))
    columns.append(Column("verdict", 0.13))
    return columns


def _contrast_row(
    comparison: Comparison, contrast: Contrast, names: Names, *, has_effect: bool
) -> tuple[Cell, ...]:
    """The cells of a contrast, whose stratum stands above it."""
    name = _contrast_name(comparison, contrast, names)
    value = estimate(contrast.estimate, contrast.low, contrast.high)
    if math.isnan(contrast.estimate):
        value = number(contrast.statistic)
    cells = [
        Cell(name),
        Cell(value),
        Cell(_count(contrast)),
        Cell(p_number(contrast.corrected)),
    ]
    if has_effect:
        cells.append(Cell(_effect(contrast)))
    verdict = contrast.outcome
    if contrast.transfer:
        verdict += f": {contrast.transfer}"
    cells.append(Cell(verdict))
    return tuple(cells)


def _contrast_name(comparison: Comparison, contrast: Contrast, names: Names) -> str:
    """What is compared with what."""
    if comparison.correlate is not None:
        question = comparison.correlate
        return f"{display_name(question.x, names)} and {display_name(question.y, names)}"
    if not contrast.second:
        return contrast.first
    joint = "after" if comparison.kind == "trend" else "−"
    return f"{contrast.first} {joint} {contrast.second}"


def _count(contrast: Contrast) -> str:
    """'5' pairs, '5 / 4' units of two arms."""
    if contrast.paired:
        return str(contrast.n[0])
    return " / ".join(map(str, contrast.n))


def _effect(contrast: Contrast) -> str:
    """The value of an effect size with its interval; its name stands in the caption."""
    effect = contrast.effect
    if effect is None:
        return "–"
    if math.isnan(effect.low):
        return number(effect.value)
    return estimate(effect.value, effect.low, effect.high)
