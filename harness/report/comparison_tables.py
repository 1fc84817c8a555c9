"""The tables of a report for a paper (LaTeX, booktabs), for a text (Markdown) and for machines (CSV)."""

import csv
import io
import math
from collections.abc import Iterable, Iterator, Sequence
from string import ascii_lowercase
from typing import Any

from harness.judge.arms import Levels, levels_text
from harness.judge.sentences import estimate, number, p_value, spread
from harness.judge.sentences import mean as mean_wording
from harness.judge.verdicts import Arm, Verdict, Verdicts

SPECIAL = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "−": "$-$", "±": r"$\pm$",
           "·": r"$\cdot$", "–": "--", "∞": r"$\infty$", "[": "{[}", "<": r"$<$", ">": r"$>$",
           **{c: f"\\{c}" for c in "&%$#_{}"}}  # fmt: skip


def tex(text: str) -> str:
    """A text as LaTeX prints it."""
    return "".join(SPECIAL.get(c, c) for c in text.replace("\n", " "))


def best(verdict: Verdict, arms: list[Arm], lower: Iterable[str]) -> Arm | None:
    """The arm with the best mean; None where none or several have it."""
    one = verdict.comparison
    sign = (
        -1 if one.better == "lower" or (one.better is None and set(one.metrics) & set(lower)) else 1
    )
    known = [a for a in arms if a.mean is not None]
    if len(known) < 2:
        return None
    top = max(sign * a.mean.value for a in known if a.mean)
    first = [a for a in known if a.mean and sign * a.mean.value == top]
    return first[0] if len(first) == 1 else None


def marks(verdict: Verdict, arms: list[Arm]) -> dict[str, tuple[str, str]]:
    """For each arm its letter, and the letters of the arms that it differs from."""
    letters = {a.name: ascii_lowercase[i % 26] * (1 + i // 26) for i, a in enumerate(arms)}
    stratum = arms[0].stratum if arms else ()
    found: dict[str, list[str]] = {name: [] for name in letters}
    for c in verdict.contrasts:
        if (
            c.stratum == stratum
            and c.outcome == "differs"
            and c.first in letters
            and c.second in letters
        ):
            found[c.first].append(letters[c.second])
            found[c.second].append(letters[c.first])
    return {name: (letters[name], ",".join(sorted(others))) for name, others in found.items()}


def _strata(verdict: Verdict) -> Iterator[tuple[Levels, list[Arm]]]:
    for stratum in dict.fromkeys(a.stratum for a in verdict.arms):
        yield stratum, [a for a in verdict.arms if a.stratum == stratum]


def latex(verdicts: Verdicts, lower: Iterable[str]) -> str:
    r"""Every comparison as a table; \usepackage{booktabs} is all that it needs."""
    head = [
        f"% {verdicts.study}: {verdicts.headline}".replace("\n", " "),
        r"% needs \usepackage{booktabs}",
    ]
    bodies = [
        _latex(v, stratum, arms, lower) for v in verdicts.verdicts for stratum, arms in _strata(v)
    ]
    bodies += [_latex_contrasts(v) for v in verdicts.verdicts if not v.arms]
    return "\n".join([*head, *bodies]) + "\n"


def _latex(verdict: Verdict, stratum: Levels, arms: list[Arm], lower: Iterable[str]) -> str:
    one, top, marked = verdict.comparison, best(verdict, arms, lower), marks(verdict, arms)
    lines = []
    for arm in arms:
        letter, others = marked[arm.name]
        mean = tex(number(arm.mean.value, arm.mean.high - arm.mean.low)) if arm.mean else "--"
        mean = rf"\textbf{{{mean}}}" if arm is top else mean
        mean += rf"\textsuperscript{{{others}}}" if others else ""
        around = tex(spread(arm.mean.low, arm.mean.high)) if arm.mean else "--"
        lines.append(
            rf"{tex(arm.name)}\textsuperscript{{({letter})}} & {mean} & {around} & {len(arm.sample.units)} \\"
        )
    correct = (
        f"after {one.correct} correction among {verdict.family}" if one.correct else "uncorrected"
    )
    test = verdict.contrasts[0].test if verdict.contrasts else ""
    where = f" at {levels_text(stratum)}" if stratum else ""
    caption = (
        f"{one.name}: {', '.join(one.metrics)}{where}, mean and {1 - one.alpha:.0%} interval ({one.interval}) over "
        f"{one.unit}s; bold: best mean; raised letters without brackets: differs from that row at {one.alpha:g} "
        f"({test}, {correct}){'' if verdict.confirmatory else '; exploratory'}."
    )
    head = (
        rf"{tex(one.by or one.trend or 'arm')} & {tex(', '.join(one.metrics))} & interval & $n$ \\"
    )
    return _wrapped(caption, "lrrr", head, lines)


def _latex_contrasts(verdict: Verdict) -> str:
    one = verdict.comparison
    lines = [
        rf"{tex(c.name)} & {tex(number(c.statistic))} & {tex(p_value(c.corrected))} & "
        rf"{' / '.join(map(str, c.n))} \\"
        for c in verdict.contrasts
    ]
    return _wrapped(
        f"{one.name}: {verdict.sentence}", "lrrr", r"contrast & statistic & $p$ & $n$ \\", lines
    )


def _wrapped(caption: str, columns: str, head: str, lines: list[str]) -> str:
    body = "\n".join(lines)
    return (
        f"\n\\begin{{table}}\n\\centering\n\\caption{{{tex(caption)}}}\n\\begin{{tabular}}{{{columns}}}\n\\toprule\n"
        f"{head}\n\\midrule\n{body}\n\\bottomrule\n\\end{{tabular}}\n\\end{{table}}\n"
    )


def markdown(verdicts: Verdicts, lower: Iterable[str]) -> str:
    """The report as text."""
    counts = ", ".join(f"{n} {state}" for state, n in verdicts.states.items() if n)
    parts = [
        f"# {plain(verdicts.study)}",
        plain(verdicts.headline),
        plain(verdicts.question),
        f"Trials: {counts}.",
    ]
    parts += [f"**{plain(verdicts.changed)}**"] if verdicts.changed else []
    for verdict in verdicts.verdicts:
        one = verdict.comparison
        when = "confirmatory" if verdict.confirmatory else "exploratory"
        parts += [f"## {plain(one.name)}", f"*{when}, unit {one.unit}.* {plain(verdict.sentence)}"]
        for stratum, arms in _strata(verdict):
            top = best(verdict, arms, lower)
            rows = [
                (_bold(arm.name, arm is top), mean_wording(arm.mean), str(len(arm.sample.units)))
                for arm in arms
            ]
            parts += [f"### {plain(levels_text(stratum))}"] if stratum else []
            parts.append(grid(("arm", ", ".join(one.metrics), f"{one.unit}s"), rows))
        found = [
            (
                plain(c.name),
                estimate(c.estimate, c.low, c.high),
                _p(c.p),
                _p(c.corrected),
                c.outcome,
            )
            for c in verdict.contrasts
        ]
        parts.append(grid(("contrast", "estimate", "p", "corrected", "verdict"), found))
        notes = [p.sentence for p in verdict.pooled] + list(verdict.notes)
        parts += ["\n".join(f"- {plain(note)}" for note in notes)] if notes else []
    return "\n\n".join(parts) + "\n"


def _p(p: float) -> str:
    return p_value(p).removeprefix("p = ").removeprefix("p ")


def _bold(text: str, yes: bool) -> str:
    return f"**{plain(text)}**" if yes else plain(text)


def plain(text: str) -> str:
    """A text that Markdown leaves as it is: no tags, no table bars, no emphasis."""
    escaped = "".join(f"\\{c}" if c in "\\`*_[]|#" else c for c in " ".join(text.split()))
    return escaped.replace("<", "&lt;").replace(">", "&gt;")


def grid(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    listed = [tuple(map(plain, head)), ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in listed)


def arms_csv(verdicts: Verdicts) -> str:
    """A line for each arm."""
    head = ["comparison", "metric", "unit", "within", "arm", "n", "mean", "low", "high", "interval",
            "finished", "diverged", "failed", "missing", "undefined"]  # fmt: skip
    lines = []
    for v in verdicts.verdicts:
        one = v.comparison
        for a in v.arms:
            mean = [a.mean.value, a.mean.low, a.mean.high] if a.mean else [math.nan] * 3
            states = [a.tally.states.get(s, 0) for s in head[-5:-1]]
            about = [
                one.name,
                "+".join(one.metrics),
                one.unit,
                levels_text(a.stratum),
                a.full,
                len(a.sample.units),
            ]
            lines.append([*about, *mean, one.interval, *states, a.tally.undefined])
    return as_csv(head, lines)


def contrasts_csv(verdicts: Verdicts) -> str:
    """A line for each contrast."""
    head = ["comparison", "primary", "confirmatory", "within", "first", "second", "n", "test", "exact", "statistic",
            "p", "corrected", "correct", "family", "estimate", "low", "high", "level", "effect", "effect_value",
            "effect_low", "effect_high", "outcome", "sentence", "runs"]  # fmt: skip
    lines = []
    for v in verdicts.verdicts:
        one = v.comparison
        for c in v.contrasts:
            effect = (
                [c.effect.name, c.effect.value, c.effect.low, c.effect.high]
                if c.effect
                else ["", *[math.nan] * 3]
            )
            lines.append([one.name, one.primary, v.confirmatory, levels_text(c.stratum), c.first, c.second,
                          " ".join(map(str, c.n)), c.test, c.exact, c.statistic, c.p, c.corrected, one.correct or "",
                          v.family, c.estimate, c.low, c.high, c.level, *effect, c.outcome, c.sentence,
                          " ".join(c.runs)])  # fmt: skip
    return as_csv(head, lines)


def values_csv(verdicts: Verdicts) -> str:
    """A line for each unit of each arm: what every test was made of."""
    head = ["comparison", "metric", "within", "arm", "trend", "unit", "network", "value", "runs"]
    lines = []
    for v in verdicts.verdicts:
        for s in [a.sample for a in v.arms]:
            about = [
                v.comparison.name,
                "+".join(v.comparison.metrics),
                levels_text(s.stratum),
                levels_text(s.arm),
                s.point,
            ]
            for unit, cluster, value, runs in zip(
                s.units, s.clusters, s.values, s.runs, strict=True
            ):
                lines.append([*about, unit, cluster, value, " ".join(runs)])
    return as_csv(head, lines)


def as_csv(head: list[str], lines: Iterable[list[Any]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(
        [["" if isinstance(v, float) and math.isnan(v) else v for v in line] for line in lines]
    )
    return out.getvalue()
