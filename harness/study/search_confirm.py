"""`confirm` of a search: what its best points are compared with, on fresh seeds."""

from collections.abc import Sequence
from typing import Any

from harness.spec.naming import level_name
from harness.spec.options import Count, did_you_mean
from harness.spec.values import Steps
from harness.study.comparison import Comparison
from harness.study.comparison_checks import contradictions
from harness.study.entries import STATISTICS, entry_options, read_entry
from harness.study.marks import KEY
from harness.study.problems import Finding, Problems
from harness.study.search import Confirm, Objective
from harness.study.statistic_checks import statistic_problems

STEPS: Steps = ("search", "confirm")
OWN_OPTIONS = ("best", "seeds", "against")
# What a confirmation may say of its comparison; the rest follows from the search.
OPTIONS_OF_COMPARISON = (*STATISTICS, "post_hoc", "correct", "alpha", "margin", "expect")


def read_confirm(
    problems: Problems, paths: Sequence[str], objectives: Sequence[Objective]
) -> Confirm | None:
    """What a search is confirmed by; None where it is not, or where something is wrong."""
    if problems.raw_at(STEPS) is None:
        return None
    before = len(problems.entries)
    raw = problems.read_mapping(STEPS)
    options = (*OWN_OPTIONS, *OPTIONS_OF_COMPARISON)
    for name in raw.keys() - set(options):
        text = f"`confirm` has no setting {name!r}; {did_you_mean(name, options)}"
        problems.add((*STEPS, name, KEY), text)
    best = problems.read((*STEPS, "best"), Count, 1)
    seeds = problems.read((*STEPS, "seeds"), Count, 8)
    label, settings = _read_baseline(problems, raw.get("against", "baseline"))
    if len(problems.entries) > before or not objectives or not paths:
        return None
    compared = _outermost([*paths, *[path for path in settings if path not in paths]])
    comparisons = []
    for objective in objectives:
        comparison = _read_comparison(problems, raw, compared, objective, label)
        if comparison is not None:
            comparisons.append(comparison)
    return Confirm(best, seeds, label, settings, tuple(comparisons))


def _outermost(paths: Sequence[str]) -> list[str]:
    """The paths that lie in no other of them: the level of a component names its options."""
    outermost = []
    for path in paths:
        if not any(path.startswith(f"{outer}.") for outer in paths):
            outermost.append(path)
    return outermost


def _read_baseline(problems: Problems, raw: Any) -> tuple[str, dict[str, Any]]:
    """What the baseline is called, and the settings by which it differs from the base."""
    if isinstance(raw, str) and raw.strip():
        return raw, {}
    if isinstance(raw, dict) and raw:
        settings = {str(path): value for path, value in raw.items()}
        words = [f"{path.split('.')[-1]} {level_name(value)}" for path, value in settings.items()]
        return ", ".join(words), settings
    text = (
        "should be settings of the baseline, {fit.init: random}, or a word such as `baseline` "
        "for what `base` says"
    )
    problems.add((*STEPS, "against"), text)
    return "baseline", {}


def _read_comparison(
    problems: Problems,
    raw: dict[str, Any],
    paths: Sequence[str],
    objective: Objective,
    label: str,
) -> Comparison | None:
    """The comparison that the search declares: every best point against the baseline."""
    options = entry_options(Comparison)
    entry: dict[str, Any] = {
        "name": f"{objective.metric} of the best points against {label}",
        "unit": "seed",
        "metric": objective.metric,
        "by": ", ".join(paths),
        "better": "higher" if objective.maximise else "lower",
        "primary": True,
    }
    for name in OPTIONS_OF_COMPARISON:
        if name in raw and name in options:
            entry[name] = raw[name]
    findings: list[Finding] = []
    comparison = read_entry(Comparison, entry, STEPS, findings, "a comparison")
    if comparison is not None:
        for check in (contradictions, statistic_problems):
            findings += [((*STEPS, *steps), text) for steps, text in check(comparison)]
    for steps, text in findings:
        problems.add(steps, text)
    return comparison
