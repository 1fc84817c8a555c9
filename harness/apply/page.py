"""A ranking as one HTML page that needs nothing beside it, the answer in its first line."""

import base64
import io
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from PIL import Image

from harness.apply.answer import answer, because, rank_text, score_text, warnings
from harness.apply.draws import LEVEL
from harness.apply.figure import dots
from harness.apply.score_table import ScoreTable
from harness.apply.scores import Selection
from harness.apply.standings import ColumnRanking, Ranking, Standing
from harness.report.fact_list import fact_list
from harness.report.formats import with_capital
from harness.report.style import STYLE

ONLY_OWN_IMAGES = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
OWN_STYLE = """
td.n,th.n{text-align:right;padding-right:18px}tr.best td{font-weight:650}
td.tie{color:var(--orange)}td.apart{color:var(--soft)}
img.sheet{width:100%;height:auto;display:block;border:1px solid var(--rule);background:#fff}
table.across td,table.across th{white-space:nowrap;padding-right:18px}
"""


@dataclass(frozen=True)
class PageContent:
    """What the page tells."""

    ranking: Ranking
    table: ScoreTable
    selection: Selection
    sheet: Image.Image
    facts: tuple[tuple[str, str], ...]
    estimators_left_out: dict[str, str]


def page(content: PageContent) -> str:
    """The whole page."""
    title = answer(content.ranking)
    body = "\n".join(part for part in _parts(content, title) if part)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{ONLY_OWN_IMAGES}">'
        f"<title>{escape(title)}</title><style>{STYLE}{OWN_STYLE}</style></head>"
        f"<body><main>\n{body}\n</main></body></html>\n"
    )


def _parts(content: PageContent, title: str) -> Iterator[str]:
    """The parts of the page from top to bottom."""
    ranking = content.ranking
    question = f"Which of {len(content.table.models)} models should I use on these images?"
    yield (
        f'<header><h1 class="answer">{escape(with_capital(title))}</h1>'
        f'<p class="question">{escape(question)}</p><p>{escape(because(ranking))}</p></header>'
    )
    for sentence in warnings(ranking, content.table, content.selection):
        yield f'<p class="warning">{escape(with_capital(sentence))}.</p>'
    yield _models(ranking)
    yield _sheet(content.sheet)
    if len(ranking.columns) > 1:
        yield _estimators(ranking)
    yield _agreement(ranking)
    yield _not_used(content)
    yield f"<section><h2>How this was made</h2>{fact_list(content.facts)}</section>"


def _models(ranking: Ranking) -> str:
    """The models by the first column, as a table and as a figure."""
    first = ranking.first
    head = "".join(
        [
            '<th class="n">Rank</th><th>Model</th><th>Score (95 % interval)</th>',
            '<th class="n">First in</th><th>Against the first</th>',
        ]
    )
    lines = [_line(first, number) for number in range(len(first.standings))]
    drawn = f"{ranking.count} {ranking.unit}"
    legend = (
        f"{first.column.label}: the {first.column.average} over images, higher is better. "
        f"Intervals of scores and ranks, and how often a model is first, come from drawing the "
        f"{drawn} again with replacement; the gap to the first is judged at {LEVEL:.0%} for all "
        "models together."
    )
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table>"
    figure = f'<div class="figures"><figure>{dots(first)}</figure></div>'
    return (
        f"<section><h2>The models</h2>{table}{figure}"
        f'<p class="legend">{escape(with_capital(legend))}</p></section>'
    )


def _line(first: ColumnRanking, number: int) -> str:
    """A model as a line of the table."""
    standing = first.standings[number]
    style = ' class="best"' if number == 0 else ""
    share = "–" if standing.first != standing.first else f"{standing.first:.0%}"
    return (
        f'<tr{style}><td class="n">{escape(rank_text(standing))}</td>'
        f"<td>{escape(standing.model)}</td><td>{escape(score_text(standing))}</td>"
        f'<td class="n">{share}</td>{_against_first(standing, number)}</tr>'
    )


def _against_first(standing: Standing, number: int) -> str:
    if number == 0:
        return "<td>the first</td>"
    if standing.told_apart:
        return '<td class="apart">behind it</td>'
    return '<td class="tie">cannot be told from it</td>'


def _sheet(sheet: Image.Image) -> str:
    """The predictions side by side, inside the page."""
    content = io.BytesIO()
    sheet.save(content, format="PNG", optimize=True)
    encoded = base64.b64encode(content.getvalue()).decode()
    return (
        "<section><h2>What they predict</h2>"
        '<p class="legend">The middle of some images, each under the mask of each model, the best '
        "model first. Look before you believe a number.</p>"
        f'<img class="sheet" alt="predictions of the models side by side" '
        f'src="data:image/png;base64,{encoded}"></section>'
    )


def _estimators(ranking: Ranking) -> str:
    """The rank of every model by every column."""
    names = [standing.model for standing in ranking.first.standings]
    head = "<th>Estimator</th>" + "".join(f"<th>{escape(name)}</th>" for name in names)
    lines = []
    for column in ranking.columns:
        cells = [f"<td>{escape(column.column.label)}</td>"]
        for name in names:
            standing = column.of(name)
            text = f"{rank_text(standing)} · {standing.score:.3f}"
            if standing.score != standing.score:
                text = "not ranked"
            cells.append(f"<td>{escape(text)}</td>")
        lines.append(f"<tr>{''.join(cells)}</tr>")
    return (
        "<section><h2>Every estimator</h2>"
        '<p class="legend">The rank with its interval, then the score. All of them are higher '
        "where a model should do better.</p>"
        f'<div class="wide"><table class="across"><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(lines)}</tbody></table></div></section>"
    )


def _agreement(ranking: Ranking) -> str:
    """How alike the estimators order the models."""
    if not ranking.agreements:
        return ""
    lines = []
    for pair in ranking.agreements:
        lines.append(
            f"<tr><td>{escape(pair.first)}</td><td>{escape(pair.second)}</td>"
            f'<td class="n">{pair.tau:+.2f}</td><td class="n">{pair.p:.3g}</td></tr>'
        )
    count = len(ranking.first.standings)
    remark = ""
    if count < 5:
        remark = f" With {count} models no agreement can be told from chance."
    return (
        "<section><h2>Do the estimators agree?</h2>"
        '<p class="legend">Kendall’s τ over the models: 1 is the same order, −1 the opposite.'
        f"{remark}</p>"
        '<table><thead><tr><th>Estimator</th><th>Other</th><th class="n">τ</th>'
        f'<th class="n">p</th></tr></thead><tbody>{"".join(lines)}</tbody></table></section>'
    )


def _not_used(content: PageContent) -> str:
    """The models, images and estimators that were left out, and why."""
    table = content.table
    facts = [(model.name, model.reason) for model in table.left_out]
    facts += [("a question", gap) for gap in table.gaps]
    facts += [("an image", problem) for problem in table.unread]
    for name, need in content.estimators_left_out.items():
        facts.append((name, f"an estimator that needs {need}, which is not here"))
    if not facts:
        return ""
    return f"<section><h2>Not used</h2>{fact_list(facts)}</section>"
