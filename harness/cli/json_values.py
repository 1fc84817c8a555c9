"""What the commands print for machines, with --json."""

from typing import Any

from harness.cli.screen import END_STATES
from harness.record.tracker import Tracker
from harness.run.carry_out import RunSummary
from harness.run.plan import Plan
from harness.run.progress import Progress, remaining
from harness.spec.catalogue import Component, catalogue
from harness.spec.options import REQUIRED, readable
from harness.study.levels import idle_targets
from harness.study.load import Study


def component_values(kind: str) -> list[dict[str, Any]]:
    """The components of a kind, for machines."""
    components = catalogue(kind).values()
    return [component_value(component) for component in components]


def component_value(component: Component) -> dict[str, Any]:
    """A component for machines: its sentence, its options with types and defaults, its facts."""
    options: dict[str, dict[str, Any]] = {}
    for option in component.options.values():
        options[option.name] = {"type": readable(option.type)}
        if option.default is not REQUIRED:
            options[option.name]["default"] = option.default
    return {
        "name": component.name,
        "sentence": component.sentence,
        "options": options,
        **component.facts.to_plain(),
    }


def plan_value(plan: Plan) -> dict[str, Any]:
    """A plan for machines."""
    grid = plan.study.expansion
    fits = []
    for fit_plan in plan.fits:
        fit = {"key": fit_plan.fit.key, "label": fit_plan.fit.level}
        fits.append({**fit, "cached": fit_plan.cached, "trials": fit_plan.trials})
    trials = []
    for trial_plan in plan.trials:
        trial = {"key": trial_plan.cell.trial.key, "levels": trial_plan.cell.levels}
        trials.append({**trial, "action": trial_plan.action, "reason": trial_plan.reason})
    return {
        "study": plan.study.name,
        "cells": grid.total,
        "excluded": grid.excluded,
        "inert": grid.inert,
        "unused": idle_targets(plan.study.cells),
        "fits": fits,
        "trials": trials,
        "seconds": plan.seconds,
        "jobs_without_estimate": plan.unknown,
    }


def progress_value(progress: Progress, is_alive: bool) -> dict[str, Any]:
    """How far a study is, for machines."""
    estimate = {"alive": is_alive, "remaining": remaining(progress)}
    return {**progress.to_plain(), **estimate}


def summary_value(study: Study, summary: RunSummary | None, tracker: Tracker) -> dict[str, Any]:
    """What came of a run, for machines."""
    counts = dict.fromkeys(END_STATES, 0)
    by_others = 0
    failures = []
    if summary is not None:
        counts = {state: summary.count(state) for state in END_STATES}
        by_others = summary.count_by_others
        for outcome in summary.failures:
            failures.append({"name": outcome.job.name, "error": outcome.error})
    return {
        "study": study.name,
        "trials": counts,
        "by_others": by_others,
        "failures": failures,
        "uri": tracker.shown_uri,
    }
