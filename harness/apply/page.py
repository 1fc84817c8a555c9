"""A ranking as one HTML page that needs nothing beside it, the answer in its first line."""

import base64
import io
from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup
from PIL import Image

from harness.apply.answer import answer, because, rank_text, score_text, warnings
from harness.apply.draws import LEVEL
from harness.apply.figure import dots
from harness.apply.score_table import ScoreTable
from harness.apply.scores import Selection
from harness.apply.standings import Ranking, Standing
from harness.judge.sentences import number, p_number
from harness.report.page import NOTHING_ELSE
from harness.report.style import STYLE
from harness.report.templates import render
from harness.study.names import interval_name

FEW = 5  # models; the order of fewer is alike by chance
OWN_STYLE = """
td.n,th.n{text-align:right;padding-right:18px}tr.best td{font-weight:650}
td.tie{color:var(--orange)}td.apart{color:var(--soft)}
img.sheet{width:100%;min-width:560px;height:auto;display:block;\
border:1px solid var(--rule);background:#fff}
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


@dataclass(frozen=True)
class ModelRow:
    """A model as a row of the table, and how it stands beside the first."""

    rank: str
    name: str
    score: str
    first: str
    standing: str
    against: str


@dataclass(frozen=True)
class AgreementRow:
    """How alike two estimators order the models."""

    first: str
    second: str
    tau: str
    p: str


def page(content: PageContent) -> str:
    """The whole page."""
    ranking = content.ranking
    standings = ranking.first.standings
    return render(
        "ranking.html",
        policy=NOTHING_ELSE,
        style=Markup(STYLE + OWN_STYLE),
        answer=answer(ranking),
        count=len(content.table.models),
        few=FEW,
        because=because(ranking),
        warnings=list(warnings(ranking, content.table, content.selection)),
        level=interval_name(LEVEL),
        models=[_model_row(standing, rank) for rank, standing in enumerate(standings)],
        figure=Markup(dots(ranking.first)),
        legend=_legend(ranking),
        sheet=_picture_address(content.sheet),
        names=[standing.model for standing in standings],
        estimators=_estimators(ranking),
        agreements=list(_agreements(ranking)),
        not_used=_not_used(content),
        facts=content.facts,
    )


def _legend(ranking: Ranking) -> str:
    """What the table and the figure of the models say."""
    column = ranking.first.column
    return (
        f"{column.label}: the {column.average} over images, higher is better. Intervals of scores "
        "and ranks, and how often a model is first, come from drawing the "
        f"{ranking.count} {ranking.unit} again with replacement; the gap to the first is judged at "
        f"{LEVEL:.0%} for all models together."
    )


def _model_row(standing: Standing, rank: int) -> ModelRow:
    """A model as a row of the table."""
    share = "–" if standing.first != standing.first else f"{standing.first:.0%}"
    if rank == 0:
        kind, against = "first", "the first"
    elif standing.told_apart:
        kind, against = "apart", "behind it"
    else:
        kind, against = "tie", "cannot be told from it"
    return ModelRow(rank_text(standing), standing.model, score_text(standing), share, kind, against)


def _picture_address(picture: Image.Image) -> str:
    """The picture itself as an address, for the page needs nothing beside it."""
    content = io.BytesIO()
    picture.save(content, format="PNG", optimize=True)
    encoded = base64.b64encode(content.getvalue()).decode()
    return f"data:image/png;base64,{encoded}"


def _estimators(ranking: Ranking) -> list[list[str]]:
    """The rank of every model by every column; nothing where there is one column."""
    if len(ranking.columns) < 2:
        return []
    rows = []
    for column in ranking.columns:
        cells = [column.column.label]
        for first in ranking.first.standings:
            standing = column.of(first.model)
            text = f"{rank_text(standing)} · {standing.score:.3f}"
            if standing.score != standing.score:
                text = "not ranked"
            cells.append(text)
        rows.append(cells)
    return rows


def _agreements(ranking: Ranking) -> Iterator[AgreementRow]:
    """How alike each two estimators order the models."""
    for pair in ranking.agreements:
        tau = number(pair.tau)
        yield AgreementRow(pair.first, pair.second, tau, p_number(pair.p))


def _not_used(content: PageContent) -> list[tuple[str, str]]:
    """The models, images and estimators that were left out, and why."""
    table = content.table
    facts = [(model.name, model.reason) for model in table.left_out]
    facts += [("a question", gap) for gap in table.gaps]
    facts += [("an image", problem) for problem in table.unread]
    for name, need in content.estimators_left_out.items():
        facts.append((name, f"an estimator that needs {need}, which is not here"))
    return facts
