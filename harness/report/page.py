"""A report as one HTML page that needs nothing beside it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from harness.judge.tables import Tabulated
from harness.judge.verdicts import Verdicts
from harness.report.averages import AverageRow, averages_html
from harness.report.page_comparisons import NO_COLOURS, section_of_comparison
from harness.report.paper import NO_PAPER, Paper
from harness.report.paper_tables_html import sections_of_tables
from harness.report.provenance import Provenance
from harness.report.style import STYLE
from harness.report.templates import render
from harness.study.names import NO_NAMES, Names

# The page may load nothing, from here or elsewhere, but its own style and the pictures within it.
NOTHING_ELSE = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


NO_COLOURS_OF_ARMS: Mapping[str, Mapping[str, str]] = {}


@dataclass(frozen=True)
class Answer:
    """What a comparison says, in plain words that lead to its section."""

    position: int
    name: str
    sentence: str


def page(
    verdicts: Verdicts,
    design: list[tuple[str, str]],
    origin: Provenance,
    tables: Iterable[Tabulated] = (),
    *,
    averages: Sequence[AverageRow] = (),
    searches: Sequence[str] = (),
    paper: Paper = NO_PAPER,
    names: Names = NO_NAMES,
    colours: Mapping[str, Mapping[str, str]] = NO_COLOURS_OF_ARMS,
) -> str:
    """The whole page; `searches` are sections that are HTML already, and `colours` are those of the
    arms of each comparison, by its name.
    """
    answers = list(_answers(verdicts))
    sections: list[str] = []
    for i, verdict in enumerate(verdicts.verdicts):
        of_arms = colours.get(verdict.comparison.name, NO_COLOURS)
        sections.append(section_of_comparison(i, verdict, names, of_arms))
    sections += [*searches, averages_html(averages), *sections_of_tables(tables)]
    return render(
        "page.html",
        policy=NOTHING_ELSE,
        style=Markup(STYLE),
        verdicts=verdicts,
        leading=[answer for answer in answers if answer.sentence in verdicts.headline],
        answers=[answer for answer in answers if answer.sentence not in verdicts.headline],
        figures=paper.figures,
        warnings=[*filter(None, [verdicts.changed]), *origin.warnings],
        said_together=list(verdicts.answers),
        design=design,
        states=list(_states(verdicts)),
        sections=[Markup(section) for section in sections if section],
        paper=paper,
        origin=origin,
    )


def _answers(verdicts: Verdicts) -> Iterator[Answer]:
    """The answer of each comparison, those of primary ones first."""
    for verdict in verdicts.primary_first:
        position = verdicts.verdicts.index(verdict)
        yield Answer(position, verdict.comparison.name, verdict.plain)


def _states(verdicts: Verdicts) -> Iterator[tuple[str, int]]:
    """How many trials are in each state."""
    for state, count in verdicts.states.items():
        if count or state in ("planned", "missing"):
            yield state, count
