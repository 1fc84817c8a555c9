"""A study's comparisons and the finished table -> verdicts."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import cast

import pandas as pd

from harness.judge import associations, contrasts, sequence
from harness.judge.all_arms import rankings, tests_of_all_arms
from harness.judge.arms import Layout, arm_names, lay_out, levels_text, stratum_name
from harness.judge.checks import normality
from harness.judge.contrast_sentences import outcome, sentence, summary
from harness.judge.contrast_words import sides_in_words
from harness.judge.contrasts import Contrast
from harness.judge.correlation_averages import notes_on_correlations
from harness.judge.declared_before import declared_before
from harness.judge.doubts import confinements, losses, pooled_arms
from harness.judge.enough_shots import shots_answers
from harness.judge.estimates import mean_of_sample
from harness.judge.families import correct_families, tested_contrasts
from harness.judge.leave_one_out import Draft, leave_one_out
from harness.judge.looks import in_order_of_seeds
from harness.judge.measured import Measured, Tally
from harness.judge.network_level import (
    NOT_CONFIRMATORY,
    inference_of,
)
from harness.judge.plain_answer import plain_answer
from harness.judge.published_notes import published_notes
from harness.judge.repetitions import notes_on_folds, with_real_unit
from harness.judge.samples import measured_samples
from harness.judge.shared_starts import shared_start
from harness.judge.tallies import STATES, count_states
from harness.judge.transfer import transfer_answers, transfer_of
from harness.judge.verdicts import Arm, Verdict, Verdicts
from harness.record.database import Run
from harness.spec.catalogue import catalogue
from harness.study.comparison import Comparison, Unit
from harness.study.load import Study
from harness.study.names import Names


def judge(
    study: Study,
    runs: pd.DataFrame,
    rows: pd.DataFrame,
    recorded: Sequence[Run] = (),
    *,
    leaving_out: bool = False,
) -> Verdicts:
    """Every declared comparison of a study answered; `recorded` are its runs, for when it was
    declared. `leaving_out` asks each again without any one of its units.
    """
    study = sequence.as_far_as_it_went(study, runs)
    drafts = []
    sizes: Counter[str] = Counter()
    for comparison in study.compare:
        draft = _draft(study, comparison, runs, rows)
        sizes[comparison.together] += len(tested_contrasts(draft.verdict))
        drafts.append(draft)
    early, changed = declared_before(study, recorded)
    lower = lower_metrics(study)
    verdicts = []
    corrected = correct_families([draft.verdict for draft in drafts])
    for declared, verdict in zip(study.compare, corrected, strict=True):
        family = sizes[declared.together]
        confirmatory = declared.key in early
        reasons = tuple(sequence.reasons_to_explore(study, verdict))
        verdict = replace(verdict, exploratory_because=reasons)
        verdict = _with_sentences(verdict, family, lower, study.names, confirmatory=confirmatory)
        verdicts.append(replace(verdict, plain=plain_answer(verdict, study.names)))
    if leaving_out:
        verdicts = leave_one_out(drafts, verdicts)
    return Verdicts(study.name, study.question, states(study, runs), tuple(verdicts), changed)


def lower_metrics(study: Study) -> set[str]:
    """The metrics of which less is better, as their probes say; of those of a table, as any probe
    of their name does.
    """
    probes: set[str] = set()
    if study.scores is not None:
        probes.update(catalogue("probe"))
    for cell in study.cells:
        probes.update(probe.name for probe in cell.trial.probes)
    metrics: set[str] = set()
    for name in probes:
        metrics.update(catalogue("probe")[name].facts.lower)
    return metrics


def states(study: Study, runs: pd.DataFrame) -> dict[str, int]:
    """How the planned trials ended; runs of trials that left the study are counted apart."""
    study = sequence.as_far_as_it_went(study, runs)
    planned = {cell.trial.key for cell in study.cells}
    states_of_planned = count_states(planned, runs)
    counts = {"planned": len(planned)}
    for state in STATES:
        counts[state] = states_of_planned[state]
    recorded = set(runs["trial"]) if len(runs) else set()
    counts["of earlier versions"] = len(recorded - planned)
    return counts


def _draft(study: Study, declared: Comparison, runs: pd.DataFrame, rows: pd.DataFrame) -> Draft:
    """A comparison with its p values, not yet corrected."""
    comparison = with_real_unit(study, declared)
    plan = lay_out(study, comparison)
    inference = inference_of(plan, comparison)
    question = sequence.in_sequence(study, inference.question)
    of_metrics = []
    for metric in comparison.metrics:
        of_metric = measured_samples(
            plan, question, metric, runs, rows, within_network=inference.within_network
        )
        of_metrics.append(of_metric)
    first = of_metrics[0]
    arms = _arms(question, plan, first)
    notes = list(confinements(comparison))
    notes += notes_on_folds(declared, comparison)
    notes += plan.notes
    for measured in of_metrics:
        notes += measured.notes
    notes += filter(None, [inference.note, shared_start(plan)])
    notes += losses(question, first, plan.names)
    notes += published_notes(study, comparison)
    tests = [] if study.until is not None else tests_of_all_arms(question, plan, first)
    answers = list(_contrasts(question, plan, of_metrics))
    notes += notes_on_correlations(question, answers)
    if inference.only_these_networks:
        answers = [replace(answer, only_these_networks=True) for answer in answers]
    verdict = Verdict(
        comparison,
        sentence="",
        arms=arms,
        contrasts=tuple(answers),
        family=0,
        notes=tuple(dict.fromkeys(notes)),
        averaged=plan.averaged,
        pooled=tuple(pooled_arms(comparison, plan, runs, rows, inference)),
        rankings=tuple(rankings(question, plan, first, tests)),
        omnibus=tuple(tests),
        normality=tuple(normality(arms)),
        tested_unit=question.unit,
    )
    answers_of = partial(_contrasts, question, plan)
    return Draft(verdict, question, tuple(of_metrics), answers_of)


def _contrasts(
    comparison: Comparison,
    plan: Layout,
    of_metrics: Sequence[Measured],
) -> Iterator[Contrast]:
    """The contrasts of a comparison, made as its kind says."""
    if comparison.kind == "correlate":
        return associations.correlation(comparison, plan, *of_metrics[:2])
    if comparison.kind == "trend":
        return associations.trend(comparison, plan, of_metrics[0])
    if comparison.kind == "model":
        return associations.model(comparison, plan, of_metrics[0])
    return contrasts.groups(comparison, plan, of_metrics[0])


def _arms(comparison: Comparison, plan: Layout, measured: Measured) -> tuple[Arm, ...]:
    """The rows of a comparison's table; a correlation has none."""
    if comparison.kind == "correlate":
        return ()
    samples = list(measured.samples)
    if comparison.kind == "trend":
        samples.sort(key=lambda sample: (sample.stratum, float(sample.point)))
    levels_of_arms = [sample.arm_or_point for sample in measured.samples]
    names = arm_names(comparison, levels_of_arms, plan.names)
    tallies = {(tally.stratum, tally.arm): tally for tally in measured.tallies}
    arms = []
    for sample in samples:
        levels = sample.arm_or_point
        arm = Arm(
            sample.stratum,
            name=names[levels],
            full=levels_text(levels),
            sample=sample,
            mean=mean_of_sample(comparison, sample),
            tally=tallies.get((sample.stratum, levels), Tally(sample.stratum, levels, {})),
            at=stratum_name(comparison, sample.stratum, plan.names),
        )
        arms.append(arm)
    return tuple(arms)


def _with_sentences(
    draft: Verdict, family: int, lower: Collection[str], names: Names, *, confirmatory: bool
) -> Verdict:
    """A verdict in words, once its p values are corrected; of metrics in `lower` less is better."""
    comparison = draft.comparison
    if draft.tested_unit != comparison.unit:
        comparison = replace(comparison, unit=cast(Unit, draft.tested_unit))
    answered = []
    for contrast in draft.contrasts:
        contrast = replace(contrast, outcome=outcome(comparison, contrast))
        contrast = replace(contrast, transfer=transfer_of(comparison, contrast, lower))
        contrast = replace(
            contrast,
            sentence=sentence(comparison, contrast, family, names),
            at=stratum_name(comparison, contrast.stratum, names),
            sides=sides_in_words(comparison, contrast, names),
        )
        answered.append(contrast)
    notes = list(draft.notes)
    if any(0 < contrast.decided_after < contrast.looked.most for contrast in answered):
        notes.append(sequence.BIASED)
    reasons = list(draft.exploratory_because)
    if any(contrast.only_these_networks for contrast in answered):
        reasons.append(NOT_CONFIRMATORY)
    removed: set[str] = set()
    for contrast in answered:
        removed.update(contrast.removed)
    if removed and draft.has_looks:
        seeds = ", ".join(in_order_of_seeds(removed))
        notes.append(f"not in every contrast, for they were trained for others or failed: {seeds}")
    elif removed:
        lacking = "an arm"
        if comparison.kind == "correlate":
            lacking = "a metric"
        notes.append(f"left out, for {lacking} lacks them: {', '.join(sorted(removed))}")
    return replace(
        draft,
        contrasts=tuple(answered),
        family=family,
        sentence=summary(comparison, answered),
        confirmatory=confirmatory and not reasons,
        exploratory_because=tuple(reasons),
        notes=tuple(notes),
        answers=(
            *transfer_answers(comparison, answered, names),
            *shots_answers(comparison, answered, names),
        ),
    )
