"""Correlations averaged over the strata of their comparison, beside what a paper printed."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from harness.judge.arms import levels_text
from harness.judge.correlation_averages import average_correlations
from harness.judge.sentences import number
from harness.judge.verdicts import Verdict
from harness.report.formats import csv_text, markdown_table, markdown_text
from harness.report.templates import render
from harness.study.comparison import Comparison
from harness.study.load import Study
from harness.study.published_averages import Average, read_averages

TITLE = "Correlations averaged over targets"
HEAD = ("comparison", "test", "targets", "average", "deviation", "published", "from")
CSV_HEAD = (*HEAD[:5], "published average", "published deviation", "from")
NO_AVERAGE = Average(math.nan, math.nan)


@dataclass(frozen=True)
class AverageRow:
    """The correlations of one comparison: their mean, and how far its strata lie apart."""

    comparison: str
    test: str
    strata: int
    measured: Average
    published: Average
    origin: str

    @property
    def cells(self) -> list[str]:
        """The row as people read it."""
        return [
            self.comparison,
            self.test,
            str(self.strata),
            number(self.measured.value),
            number(self.measured.deviation),
            _with_deviation(self.published),
            self.origin,
        ]


def average_rows(study: Study, verdicts: Sequence[Verdict]) -> list[AverageRow]:
    """A row for each correlation that is asked in several strata, or that was published."""
    rows = []
    for verdict in verdicts:
        comparison = verdict.comparison
        published = _average_in_print(study, comparison)
        averages = average_correlations(comparison, verdict.contrasts)
        for average in averages:
            name = comparison.name
            if average.stratum:
                name += f", {levels_text(average.stratum)}"
            measured = Average(average.mean, average.deviation)
            strata = len(average.values)
            rows.append(
                AverageRow(name, average.test, strata, measured, published, comparison.from_)
            )
        if comparison.published is not None and not averages:
            test = comparison.test_name or ""
            rows.append(
                AverageRow(comparison.name, test, 0, NO_AVERAGE, published, comparison.from_)
            )
    return rows


def _average_in_print(study: Study, comparison: Comparison) -> Average:
    """What was published of a comparison."""
    if comparison.published is None:
        return NO_AVERAGE
    file = study.path.parent / comparison.published
    return read_averages(file, study.name).get(comparison.name, NO_AVERAGE)


def averages_html(rows: Sequence[AverageRow]) -> str:
    """The section of the page; nothing where there are no such correlations."""
    if not rows:
        return ""
    cells = [row.cells for row in rows]
    return render("averages.html", title=TITLE, head=HEAD, rows=cells)


def averages_markdown(rows: Sequence[AverageRow]) -> str:
    """The same as Markdown."""
    if not rows:
        return ""
    lines = [list(map(markdown_text, row.cells)) for row in rows]
    table = markdown_table(HEAD, lines)
    return f"\n## {TITLE}\n\n{table}\n"


def averages_csv(rows: Sequence[AverageRow]) -> str:
    """The same for machines."""
    lines = []
    for row in rows:
        numbers = [row.measured.value, row.measured.deviation]
        numbers += [row.published.value, row.published.deviation]
        lines.append([row.comparison, row.test, row.strata, *numbers, row.origin])
    return csv_text(CSV_HEAD, lines)


def _with_deviation(average: Average) -> str:
    """'0.83 ± 0.07', as a paper prints it."""
    if math.isnan(average.value):
        return ""
    if math.isnan(average.deviation):
        return f"{average.value:.2f}"
    return f"{average.value:.2f} ± {average.deviation:.2f}"
