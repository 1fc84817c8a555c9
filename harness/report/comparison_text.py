"""The comparisons of a report for a paper (LaTeX, booktabs) and for a text (Markdown)."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from string import ascii_lowercase

from harness.judge.arms import Levels, at_stratum, levels_text
from harness.judge.contrasts import Contrast
from harness.judge.sentences import estimate, number, p_number, p_value, spread
from harness.judge.sentences import mean as mean_text
from harness.judge.verdicts import Arm, Verdict, Verdicts
from harness.report.formats import latex_text, markdown_table, markdown_text, with_capital


@dataclass(frozen=True)
class Letters:
    """The letter of an arm, and the letters of the arms that it differs from."""

    own: str
    differs_from: str


def best_arm(verdict: Verdict, arms: list[Arm], lower: Collection[str]) -> Arm | None:
    """The arm with the best mean; None where none or several have it.

    Of the metrics in `lower` the least is best, unless the comparison says otherwise.
    """
    better = verdict.comparison.better
    is_lower_better = better == "lower"
    if better is None:
        is_lower_better = not set(lower).isdisjoint(verdict.comparison.metrics)
    means = [arm.mean.value for arm in arms if arm.mean is not None]
    if len(means) < 2:
        return None
    best = min(means) if is_lower_better else max(means)
    first = [arm for arm in arms if arm.mean is not None and arm.mean.value == best]
    if len(first) != 1:
        return None
    return first[0]


def letters_of(verdict: Verdict, arms: list[Arm]) -> dict[str, Letters]:
    """For each arm of a stratum its letter, and the letters of the arms that it differs from."""
    if not arms:
        return {}
    own = {}
    for i, arm in enumerate(arms):
        own[arm.name] = ascii_lowercase[i % 26] * (1 + i // 26)
    differs_from: dict[str, list[str]] = {name: [] for name in own}
    for contrast in verdict.contrasts_of(arms[0].stratum):
        first, second = contrast.first, contrast.second
        if contrast.outcome == "differs" and first in own and second in own:
            differs_from[first].append(own[second])
            differs_from[second].append(own[first])
    letters = {}
    for name, letter in own.items():
        letters[name] = Letters(letter, ",".join(sorted(differs_from[name])))
    return letters


def _arms_by_stratum(verdict: Verdict) -> dict[Levels, list[Arm]]:
    """The arms of a verdict, those of each stratum together."""
    strata: dict[Levels, list[Arm]] = {}
    for arm in verdict.arms:
        strata.setdefault(arm.stratum, []).append(arm)
    return strata


def comparisons_latex(verdicts: Verdicts, lower: Collection[str]) -> str:
    r"""Every comparison as a table; \usepackage{booktabs} is all that it needs."""
    title = f"% {verdicts.study}: {verdicts.headline}"
    parts = [title.replace("\n", " "), r"% needs \usepackage{booktabs}"]
    for verdict in verdicts.verdicts:
        for arms in _arms_by_stratum(verdict).values():
            parts.append(_arms_latex(verdict, arms, lower))
    for verdict in verdicts.verdicts:
        if not verdict.arms:
            parts.append(_contrasts_latex(verdict))
    return "\n".join(parts) + "\n"


def _arms_latex(verdict: Verdict, arms: list[Arm], lower: Collection[str]) -> str:
    """The arms of a stratum, with letters that mark which of them differ."""
    comparison = verdict.comparison
    best, letters = best_arm(verdict, arms, lower), letters_of(verdict, arms)
    lines = [_arm_latex(arm, arm is best, letters[arm.name]) for arm in arms]
    factor = latex_text(comparison.by or comparison.trend or "arm")
    metrics = latex_text(", ".join(comparison.metrics))
    head = rf"{factor} & {metrics} & interval & $n$ \\"
    return _table_latex(_caption(verdict, arms[0].stratum), head, lines)


def _arm_latex(arm: Arm, is_best: bool, letters: Letters) -> str:
    """The line of an arm."""
    mean = interval = "--"
    if arm.mean is not None:
        low, high = arm.mean.low, arm.mean.high
        mean = latex_text(number(arm.mean.value, high - low))
        interval = latex_text(spread(low, high))
    if is_best:
        mean = rf"\textbf{{{mean}}}"
    if letters.differs_from:
        mean += rf"\textsuperscript{{{letters.differs_from}}}"
    name = rf"{latex_text(arm.name)}\textsuperscript{{({letters.own})}}"
    return rf"{name} & {mean} & {interval} & {len(arm.sample.units)} \\"


def _caption(verdict: Verdict, stratum: Levels) -> str:
    """What the numbers, the bold print and the letters of a table of arms say."""
    comparison = verdict.comparison
    correction = "uncorrected"
    if comparison.correct:
        correction = f"after {comparison.correct} correction among {verdict.family}"
    test = verdict.contrasts[0].test if verdict.contrasts else ""
    exploratory = "" if verdict.confirmatory else "; exploratory"
    survival = f" {with_capital(verdict.survival)}." if verdict.survival else ""
    return (
        f"{comparison.name}: {', '.join(comparison.metrics)}{at_stratum(stratum)}, "
        f"mean and {1 - comparison.alpha:.0%} interval ({comparison.interval_name}) over "
        f"{verdict.tested_unit or comparison.unit}s; bold: best mean; "
        "raised letters without brackets: "
        f"differs from that row at {comparison.alpha:g} ({test}, {correction}){exploratory}."
        f"{survival}"
    )


def _contrasts_latex(verdict: Verdict) -> str:
    """The contrasts of a comparison without arms."""
    lines = []
    for contrast in verdict.contrasts:
        name, p = latex_text(contrast.name), latex_text(p_value(contrast.corrected))
        statistic = latex_text(number(contrast.statistic))
        n = " / ".join(map(str, contrast.n))
        lines.append(rf"{name} & {statistic} & {p} & {n} \\")
    caption = f"{verdict.comparison.name}: {verdict.sentence}"
    if verdict.survival:
        caption += f" {with_capital(verdict.survival)}."
    return _table_latex(caption, r"contrast & statistic & $p$ & $n$ \\", lines)


def _table_latex(caption: str, head: str, lines: list[str]) -> str:
    """A float with a column of names and three of numbers."""
    parts = [
        "",
        r"\begin{table}",
        r"\centering",
        rf"\caption{{{latex_text(caption)}}}",
        r"\begin{tabular}{lrrr}",
        r"\toprule",
        head,
        r"\midrule",
        "\n".join(lines),
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{table}",
        "",
    ]
    return "\n".join(parts)


def comparisons_markdown(verdicts: Verdicts, lower: Collection[str]) -> str:
    """The report as text."""
    counts = [f"{count} {state}" for state, count in verdicts.states.items() if count]
    parts = [
        f"# {markdown_text(verdicts.study)}",
        markdown_text(verdicts.headline),
        markdown_text(verdicts.question),
        f"Trials: {', '.join(counts)}.",
    ]
    if verdicts.changed:
        parts.append(f"**{markdown_text(verdicts.changed)}**")
    for verdict in verdicts.verdicts:
        parts += _markdown_parts(verdict, lower)
    return "\n\n".join(parts) + "\n"


def _markdown_parts(verdict: Verdict, lower: Collection[str]) -> Iterator[str]:
    """The answer of a comparison, its arms, its contrasts and its notes."""
    comparison = verdict.comparison
    standing = "confirmatory" if verdict.confirmatory else "exploratory"
    yield f"## {markdown_text(comparison.name)}"
    yield f"*{standing}, unit {comparison.unit}.* {markdown_text(verdict.sentence)}"
    for stratum, arms in _arms_by_stratum(verdict).items():
        if stratum:
            yield f"### {markdown_text(levels_text(stratum))}"
        yield _arms_markdown(verdict, arms, lower)
    contrasts = list(map(_contrast_row, verdict.contrasts))
    yield markdown_table(("contrast", "estimate", "p", "corrected", "verdict"), contrasts)
    notes = [*verdict.answers]
    if verdict.survival:
        notes.append(verdict.survival)
    notes += [pooled.sentence for pooled in verdict.pooled]
    notes += verdict.notes
    if notes:
        yield "\n".join(f"- {markdown_text(note)}" for note in notes)


def _arms_markdown(verdict: Verdict, arms: list[Arm], lower: Collection[str]) -> str:
    """The arms of a stratum as a table; the best is bold."""
    best = best_arm(verdict, arms, lower)
    rows = []
    for arm in arms:
        name = markdown_text(arm.name)
        if arm is best:
            name = f"**{name}**"
        rows.append((name, mean_text(arm.mean), str(len(arm.sample.units))))
    comparison = verdict.comparison
    head = ("arm", ", ".join(comparison.metrics), f"{comparison.unit}s")
    return markdown_table(head, rows)


def _contrast_row(contrast: Contrast) -> tuple[str, ...]:
    """The cells of a contrast."""
    return (
        markdown_text(contrast.name),
        estimate(contrast.estimate, contrast.low, contrast.high),
        p_number(contrast.p),
        p_number(contrast.corrected),
        contrast.outcome,
    )
