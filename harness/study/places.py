"""Where a study file says what a trial is made of: for what is found out after it was read."""

from harness.spec.values import Steps
from harness.study.extends import read_with_parents
from harness.study.load import Study, steps_in_file
from harness.study.marks import Problem
from harness.study.problems import Problems


def problem_of_trial(study: Study, steps: Steps, text: str) -> Problem:
    """A problem with its place: an axis, the base, or the nearest thing around it."""
    problems = Problems(read_with_parents(study.path))
    problems.add(steps_in_file(problems, steps), text)
    return problems.entries[0]
