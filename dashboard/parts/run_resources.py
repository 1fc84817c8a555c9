"""What one run took of its machine, as the page Run names it."""

from dashboard.parts.text import duration_text
from dashboard.read.numbers import numbers_of
from dashboard.read.records import StudyRuns
from harness.judge.sentences import number
from harness.record.database import Run
from harness.record.units import SECONDS, USE_WORDS

OF_MLFLOW = "system/"  # metrics of memory and of the card, where MLflow itself recorded them


def resources_of(study_runs: StudyRuns, run: Run) -> dict[str, str]:
    """Returns the time of a run, and its use of memory and of the card where it was recorded."""
    numbers = numbers_of(study_runs)
    if run.id not in numbers.index:
        return {}
    resources = {}
    values = numbers.loc[[run.id]].iloc[0].dropna()
    for name, value in values.to_dict().items():
        metric = str(name)
        cost, _, work = metric.partition("/")
        if cost == SECONDS:
            resources[f"time to {work}"] = duration_text(value)
        elif cost in USE_WORDS:
            words, unit = USE_WORDS[cost]
            resources[f"{words} to {work}"] = f"{value:.3g} {unit}"
        elif metric.startswith(OF_MLFLOW):
            resources[metric] = number(value)
    return resources
