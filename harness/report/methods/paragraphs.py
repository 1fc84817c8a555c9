"""The methods of a study, from its data to its machines, as a paper prints them."""

from collections import Counter
from collections.abc import Iterator, Sequence

from harness.judge.verdicts import Verdicts
from harness.report.evidence import Evidence
from harness.report.formats import cut_text
from harness.report.methods.data import data_text
from harness.report.methods.machines import hardware_text, software_text
from harness.report.methods.statistics import statistics_text
from harness.report.methods.training import (
    network_text,
    selection_text,
    start_text,
    training_text,
    upstream_of,
)
from harness.report.methods.words import count_text, distinct, levels_text, list_text, numbers_in
from harness.report.paper import Paragraph
from harness.search.history import SearchHistory
from harness.spec.repetitions import FOLD
from harness.spec.values import Trial
from harness.study.load import Study
from harness.study.names import display_name, level_display_names

LONGEST_LEVEL = 48  # characters of a level in a sentence


def methods_of(
    study: Study, verdicts: Verdicts, evidence: Evidence, history: SearchHistory | None = None
) -> list[Paragraph]:
    """The methods as paragraphs; of results from elsewhere only what was done here."""
    paragraphs = [Paragraph("Design", _design_text(study))]
    trials = trials_of(study)
    if history is not None:
        paragraphs.append(Paragraph("Search", _search_text(study, history)))
    if trials:
        paragraphs += [
            Paragraph("Data", data_text(trials)),
            Paragraph("Network", network_text(trials, evidence)),
            Paragraph("Initialisation", start_text(trials)),
            Paragraph("Training", training_text(trials)),
            Paragraph("Selection and measurement", selection_text(trials)),
        ]
    paragraphs.append(Paragraph("Statistics", statistics_text(study, verdicts)))
    if evidence.results:
        paragraphs += [
            Paragraph("Software", software_text(evidence)),
            Paragraph("Hardware", hardware_text(evidence, others_before=bool(upstream_of(trials)))),
        ]
    return paragraphs


def trials_of(study: Study) -> list[Trial]:
    """The trials that harness trains and measures; none where results come from elsewhere."""
    if study.scores is not None:
        return []
    return [cell.trial for cell in study.cells]


def _design_text(study: Study) -> str:
    """What was varied, and what the grid left out."""
    if study.scores is not None:
        return (
            f"Results were trained and measured elsewhere and read from {study.scores.path.name}."
        )
    if study.search is not None and not study.cells:
        return "Settings are searched; the best of them have not been confirmed on fresh seeds yet."
    varied = list(_axes(study))
    trials = count_text(len(study.cells), "trial")
    if study.search is not None:
        return f"The study has {trials}, which confirm the best points of its search."
    if not varied:
        return f"The study has {trials} and varies nothing."
    text = f"The study has {trials} and varies {list_text(varied)}."
    left_out = _left_out(study)
    if left_out:
        text += f" Left out of the grid: {'; '.join(left_out)}."
    if study.transductive:
        text += " Networks may adapt to the images that they are tested on, without their masks."
    return text


def _left_out(study: Study) -> list[str]:
    """The reasons for which cells are left out, each with how many it leaves out."""
    counts: Counter[str] = Counter()
    for reason, count in study.expansion.excluded.items():
        counts[reason.split(" (")[0]] += count
    return [f"{reason} ({count_text(count, 'cell')})" for reason, count in counts.items()]


def _axes(study: Study) -> Iterator[str]:
    """The axes of the grid with their levels; those that move together are said together."""
    for axis in study.axes:
        texts = []
        for path in axis.paths:
            if path == FOLD:
                texts.append("the fold of a cross-validation")
                continue
            levels = distinct(cell.levels[path] for cell in study.cells if path in cell.levels)
            if not numbers_in(levels):
                levels = _names_of(study, path, levels)
            texts.append(f"{display_name(path, study.names)} ({levels_text(levels)})")
        yield " together with ".join(texts)


def _names_of(study: Study, path: str, levels: Sequence[str]) -> list[str]:
    """Levels as people read them, none too long for a sentence."""
    short_names = level_display_names(levels, path, study.names)
    return [cut_text(short_names[level], LONGEST_LEVEL) for level in levels]


def _search_text(study: Study, history: SearchHistory) -> str:
    """How settings were searched."""
    objectives = list_text([objective.text for objective in history.objectives])
    paths: Sequence[str] = [dimension.path for dimension in history.dimensions]
    text = (
        f"Settings were searched to {objectives} over {list_text(paths)} by {history.sampler}: "
        f"{count_text(len(history.points), 'point')}, {history.spent_trainings} trainings of a "
        f"budget of {history.budget}."
    )
    if study.cells:
        text += " The best points were then trained on fresh seeds, which alone are judged."
    return text
