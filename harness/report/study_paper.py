"""What of a study can go into a paper: methods, checklists, references, curves and figures."""

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from harness.judge.verdicts import Verdicts
from harness.report.bibliography import (
    Reference,
    bibtex,
    data_reference,
    references_of,
    software_references,
    user_of,
)
from harness.report.checklists import LEGEND, checklists_of
from harness.report.evidence import Evidence
from harness.report.methods.data import data_sets
from harness.report.methods.machines import commits_text, software_versions
from harness.report.methods.paragraphs import methods_of, trials_of
from harness.report.methods.statistics import statistics_used
from harness.report.paper import Paper, ShownFigure
from harness.report.training_curves import curves_legend, training_curves
from harness.search.history import SearchHistory
from harness.spec.values import Trial
from harness.spec.walk import parts_in
from harness.study.load import Study


def paper_of(
    study: Study,
    verdicts: Verdicts,
    evidence: Evidence,
    history: SearchHistory | None = None,
    figures: Sequence[ShownFigure] = (),
) -> Paper:
    """Everything that the page shows beside design, verdicts and provenance."""
    curves = training_curves(study, evidence)
    return Paper(
        figures=figures,
        curves=[Markup(curve) for curve in curves],
        curves_legend=curves_legend(study, evidence, len(curves)),
        methods=methods_of(study, verdicts, evidence, history),
        checklists=checklists_of(study, verdicts, evidence),
        checklist_legend=LEGEND,
        bibtex=bibtex(list(_references(trials_of(study), verdicts, evidence))),
    )


def _references(
    trials: Sequence[Trial], verdicts: Verdicts, evidence: Evidence
) -> Iterator[Reference]:
    """What a study stands on: papers of its components and tests, its data, its software."""
    users = {"checklist/reforms", "checklist/metrics_reloaded"}
    users.update(statistics_used(verdicts.verdicts))
    for trial in trials:
        users.update(user_of(part) for part in parts_in(trial))
    yield from references_of(users)
    for part in data_sets(trials):
        reference = data_reference(part)
        if reference is not None:
            yield reference
    yield from software_references(software_versions(evidence), commits_text(evidence.runs))
