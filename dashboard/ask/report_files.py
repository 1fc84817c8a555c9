"""The files of a study's report, written once for a page that is drawn again and again."""

import streamlit as st

from dashboard.ask.answers import AnswerKey, answer_key
from dashboard.read.records import StudyRuns
from dashboard.read.search import history_of
from harness.judge.verdicts import Verdicts
from harness.report.write import runs_used, texts
from harness.study.load import Study


def report_files(study_runs: StudyRuns, study: Study, verdicts: Verdicts) -> dict[str, str]:
    """Returns every file of the report by its name; of a search as it stands at this moment."""
    if study.search is not None:
        return _write(study_runs, study, verdicts)
    return _write_once(answer_key(study_runs), study_runs, study, verdicts)


@st.cache_resource(max_entries=4, show_spinner="Writing the report …")
def _write_once(
    key: AnswerKey, _study_runs: StudyRuns, _study: Study, _verdicts: Verdicts
) -> dict[str, str]:
    """Writes them; `key` tells the cache when to do it again."""
    del key
    return _write(_study_runs, _study, _verdicts)


def _write(study_runs: StudyRuns, study: Study, verdicts: Verdicts) -> dict[str, str]:
    history = None if study.search is None else history_of(study_runs)
    runs = runs_used(study, study_runs.runs, study_runs.recorded, history)
    return texts(study, verdicts, runs, history=history)
