"""Questions to a study's runs, answered as `harness compare` answers them."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard.read.database import Unreadable, readable, tracker
from dashboard.read.overview import StudySummary
from dashboard.read.records import StudyRuns
from dashboard.read.study_file import file_of, find_study_file, study_of
from harness.judge.answer import judge
from harness.judge.arms import Levels
from harness.judge.contrasts import Contrast
from harness.judge.verdicts import Arm, Verdict, Verdicts
from harness.record.lookups import Version
from harness.record.one_run import newest_run
from harness.report.answer_file import KeptAnswer, keep_answer, kept_answer
from harness.spec.collector import collector_paused
from harness.store import Home
from harness.study.comparison_checks import read_comparisons
from harness.study.load import Study

Question = dict[str, Any]  # an entry of `compare`, as a study file would have it
FEW_RUNS = 2000  # whose questions are asked again without each single unit
AnswerKey = tuple[str, str, Version, tuple[str, int]]


@dataclass(frozen=True)
class Stratum:
    """The part of a verdict that belongs to one stratum; `levels` is empty where there is one."""

    levels: Levels
    arms: list[Arm]
    contrasts: list[Contrast]


def answers(study_runs: StudyRuns) -> Verdicts:
    """Answers the comparisons of the study file."""
    return _judge_declared(answer_key(study_runs), study_of(study_runs), study_runs)


def answer_at_hand(summary: StudySummary) -> KeptAnswer | None:
    """Returns what a study answers if it was judged on these records; nothing is judged for it."""
    with readable() as reader:
        newest = newest_run(reader, summary.name)
    if newest is None:
        return None
    try:
        path, _ = find_study_file([newest])
    except Unreadable:
        return None
    return kept_answer(Home.here(), summary.name, Path(path), summary.version)


def answer_key(study_runs: StudyRuns) -> AnswerKey:
    """Returns what an answer depends on: the runs, and the study file."""
    return tracker().uri, study_runs.name, study_runs.version, file_of(study_runs)


@st.cache_resource(max_entries=16, show_spinner="Judging …")
def _judge_declared(key: AnswerKey, _study: Study, _study_runs: StudyRuns) -> Verdicts:
    remedy = "Mend the comparison in the study file; `harness plan` says what it can answer."
    verdicts = _judge(_study, _study_runs, remedy, is_declared=True)
    keep_answer(Home.here(), _study, verdicts, _study_runs.version)
    return verdicts


def _judge(study: Study, study_runs: StudyRuns, remedy: str, *, is_declared: bool) -> Verdicts:
    """Judges a study; `Unreadable` with this remedy where the runs have no answer.

    When a question of one's own was declared is not looked for, as it is exploratory anyway; of
    many runs it is not asked again without each single unit.
    """
    runs, rows = study_runs.runs, study_runs.rows
    recorded = study_runs.recorded if is_declared else ()
    leaving_out = is_declared or len(runs) <= FEW_RUNS
    try:
        with collector_paused():
            return judge(study, runs, rows, recorded, leaving_out=leaving_out)
    except (ValueError, LookupError) as error:
        raise Unreadable(f"This has no answer in these runs: {error}.", remedy) from None


def answer_question(study_runs: StudyRuns, question: Question) -> Verdict:
    """Answers a question that the file does not declare.

    It is exploratory, and its p values are corrected in a family of its own.
    """
    options = {}
    for name, value in question.items():
        if value not in (None, [], {}, ""):
            options[name] = value
    text = json.dumps(options, sort_keys=True)
    return _judge_question(answer_key(study_runs), text, study_of(study_runs), study_runs)


@st.cache_resource(max_entries=256, show_spinner="Judging …")
def _judge_question(
    key: AnswerKey,
    question: str,
    _study: Study,
    _study_runs: StudyRuns,
) -> Verdict:
    """Checks a question as an entry of the study file would be checked, and judges it alone."""
    comparisons, problems = read_comparisons([json.loads(question)], _study.expansion)
    if problems or not comparisons:
        texts = []
        for steps, problem in problems:
            option = ".".join(map(str, steps[2:]))
            texts.append(f"{option}: {problem}".lstrip(": "))
        raise Unreadable(
            f"This question cannot be asked: {'; '.join(texts)}.", "Choose something else above."
        )
    study = replace(_study, compare=tuple(comparisons))
    verdicts = _judge(study, _study_runs, "Choose something else.", is_declared=False)
    return replace(verdicts.verdicts[0], confirmatory=False)


def strata_of(verdict: Verdict) -> list[Stratum]:
    """Cuts a verdict into its strata, in the order of its arms and then of its contrasts."""
    strata: dict[Levels, Stratum] = {}
    for arm in verdict.arms:
        strata.setdefault(arm.stratum, Stratum(arm.stratum, [], [])).arms.append(arm)
    for contrast in verdict.contrasts:
        levels = contrast.stratum
        strata.setdefault(levels, Stratum(levels, [], [])).contrasts.append(contrast)
    return list(strata.values())
