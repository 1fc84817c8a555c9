"""What MLflow's page of a study says above its runs: the question, and the unit of each metric."""

from collections.abc import Iterable, Mapping

from harness.record.units import unit_lines
from harness.study.load import Study

QUESTION_TAG = "harness.question"
NOTE_TAG = "mlflow.note.content"  # MLflow shows it as the description
DESCRIPTION_LENGTH = 4900  # of which a server takes no more

HOW_TO_LOAD = (
    "The weights of a run are its model, in plain torch: `examples/load_network.py`, or "
    "`mlflow.pyfunc.load_model('runs:/RUN/model')`."
)


def tags_of_experiment(study: Study) -> dict[str, str]:
    """The tags of a study's experiment, with the unit of every metric of its probes."""
    metrics: dict[str, None] = {}
    for cell in study.cells:
        for part in cell.trial.probes:
            metrics.update(dict.fromkeys(part.component.facts.metrics))
    return tags_for_question(study.name, study.question, metrics)


def tags_for_question(study: str, question: str, metrics: Iterable[str] = ()) -> dict[str, str]:
    """The tags of an experiment of which a name, a question and these metrics are known."""
    text = question or study
    return {"harness": "study", QUESTION_TAG: text, NOTE_TAG: _description(text, metrics)}


def question_of(tags: Mapping[str, str]) -> str | None:
    """The question of a study; one that an earlier version recorded has it as its description."""
    question = tags.get(QUESTION_TAG)
    if question:
        return question
    return tags.get(NOTE_TAG)


def _description(question: str, metrics: Iterable[str]) -> str:
    """The description of an experiment, in Markdown; without metrics it is the question alone."""
    names = list(metrics)
    if not names:
        return question
    units = "\n".join(unit_lines(names))
    text = f"{question}\n\nUnits of the metrics:\n\n{units}\n\n{HOW_TO_LOAD}"
    return text[:DESCRIPTION_LENGTH]
