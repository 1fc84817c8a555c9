"""The comparisons of a report for a text (Markdown)."""

from collections.abc import Collection, Iterator

from harness.judge.arms import Levels
from harness.judge.contrasts import Contrast
from harness.judge.sentences import estimate, p_number
from harness.judge.sentences import mean as mean_text
from harness.judge.verdicts import Arm, Verdict, Verdicts
from harness.report.formats import markdown_table, markdown_text


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


def arms_by_stratum(verdict: Verdict) -> dict[Levels, list[Arm]]:
    """The arms of a verdict, those of each stratum together."""
    strata: dict[Levels, list[Arm]] = {}
    for arm in verdict.arms:
        strata.setdefault(arm.stratum, []).append(arm)
    return strata


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
    for stratum, arms in arms_by_stratum(verdict).items():
        if stratum:
            yield f"### {markdown_text(arms[0].at)}"
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
