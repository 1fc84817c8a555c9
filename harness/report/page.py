"""A report as one HTML page that needs nothing beside it."""

from collections.abc import Iterable, Iterator, Sequence
from html import escape

from harness.judge.tables import Tabulated
from harness.judge.verdicts import Verdicts
from harness.report.averages import AverageRow, averages_html
from harness.report.fact_list import fact_list
from harness.report.formats import with_capital
from harness.report.page_comparisons import section_of_comparison
from harness.report.paper_tables_html import sections_of_tables
from harness.report.provenance import Provenance
from harness.report.style import STYLE

# The page may load nothing, from here or elsewhere, but its own style.
NOTHING_ELSE = "default-src 'none'; style-src 'unsafe-inline'"


def page(
    verdicts: Verdicts,
    design: list[tuple[str, str]],
    origin: Provenance,
    tables: Iterable[Tabulated] = (),
    *,
    averages: Sequence[AverageRow] = (),
    searches: Sequence[str] = (),
) -> str:
    """The whole page; `searches` are sections that are HTML already."""
    sections = [*searches, averages_html(averages), *sections_of_tables(tables)]
    parts = _parts(verdicts, design, origin, sections)
    body = "\n".join(part for part in parts if part)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{NOTHING_ELSE}">'
        f"<title>{escape(verdicts.study)}</title><style>{STYLE}</style></head>"
        f"<body><main>\n{body}\n</main></body></html>\n"
    )


def _parts(
    verdicts: Verdicts,
    design: list[tuple[str, str]],
    origin: Provenance,
    tables: Iterable[str],
) -> Iterator[str]:
    """The parts of the page from top to bottom: the answer first."""
    answer = f'<h1 class="answer">{escape(with_capital(verdicts.headline))}</h1>'
    question = f'<p class="question">{escape(verdicts.study)}: {escape(verdicts.question)}</p>'
    yield f"<header>{answer}{question}</header>"
    yield _warnings(verdicts, origin)
    yield _answers(verdicts)
    yield f"<section><h2>Design</h2>{fact_list(design)}{_states(verdicts)}</section>"
    for i, verdict in enumerate(verdicts.verdicts):
        yield section_of_comparison(i, verdict)
    yield from tables
    yield f"<section><h2>Where the numbers come from</h2>{fact_list(origin.facts)}</section>"
    yield f'<section id="runs"><h2>Runs</h2>{_runs(origin)}</section>'


def _warnings(verdicts: Verdicts, origin: Provenance) -> str:
    """What became of the comparisons since the first run, and what speaks against the runs."""
    texts = [verdicts.changed] if verdicts.changed else []
    texts += origin.warnings
    return "".join(f'<p class="warning">{escape(with_capital(text))}.</p>' for text in texts)


def _answers(verdicts: Verdicts) -> str:
    """What comparisons say as a whole: each negative transfer, and how many shots are enough."""
    items = "".join(f"<li>{escape(with_capital(answer))}</li>" for answer in verdicts.answers)
    if not items:
        return ""
    return f"<section><h2>Transfer and shots</h2><ul>{items}</ul></section>"


def _states(verdicts: Verdicts) -> str:
    """How many trials are in each state."""
    counts = []
    for state, count in verdicts.states.items():
        if count or state in ("planned", "missing"):
            counts.append(f"<b>{count}</b> {escape(state)}")
    return f'<p class="states"><a href="#runs">Trials</a>: {", ".join(counts)}</p>'


def _runs(origin: Provenance) -> str:
    """The table of all runs, to which every number of the page leads."""
    if not origin.runs:
        return "<p>No run is recorded.</p>"
    head = "".join(f"<th>{escape(name)}</th>" for name in origin.runs[0])
    lines = []
    for row in origin.runs:
        cells = "".join(f"<td>{escape(value)}</td>" for value in row.values())
        lines.append(f'<tr id="run-{escape(row["run"])}">{cells}</tr>')
    table = f"<thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody>"
    return f'<div class="wide"><table>{table}</table></div>'
